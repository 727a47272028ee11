#include <flare/pool.h>

#include <flare/memory.h>

static void drop(flare_pool *pool, uint32_t count)
{
    while (count-- > 0) {
        flare_pool_item *item = pool->free;

        pool->free = item->next;
        pool->free_count--;
        pool->destroy(item);
    }
}

bool flare_pool_trim(flare_pool *pool)
{
    const uint32_t spare = pool->free_count > pool->keep ? pool->free_count - pool->keep : 0;
    const uint32_t count = spare < pool->lowest ? spare : pool->lowest;

    drop(pool, count);
    pool->lowest = pool->free_count;
    return count > 0;
}

void flare_pool_clear(flare_pool *pool)
{
    drop(pool, pool->free_count);
    pool->lowest = 0;
}

void flare_pool_item_free(flare_pool_item *item)
{
    flarei_free(item);
}

static flare_pool_item *make_block(void *context)
{
    return flarei_malloc((size_t)(uintptr_t)context);
}

void flare_pool_of_blocks(flare_pool *pool, size_t bytes, uint32_t keep)
{
    *pool = (flare_pool){
        .keep = keep,
        .make = make_block,
        .destroy = flare_pool_item_free,
        .context = (void *)(uintptr_t)(bytes > sizeof(flare_pool_item) ? bytes : sizeof(flare_pool_item))};
}
