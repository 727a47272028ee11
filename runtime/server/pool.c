#include "server/pool.h"

#include <flare/memory.h>

static void drop(struct flarei_pool *pool, uint32_t count)
{
    while (count-- > 0) {
        struct flarei_pool_item *item = pool->free;

        pool->free = item->next;
        pool->free_count--;
        pool->destroy(item);
    }
}

bool flarei_pool_trim(struct flarei_pool *pool)
{
    const uint32_t spare = pool->free_count > pool->keep ? pool->free_count - pool->keep : 0;
    const uint32_t count = spare < pool->lowest ? spare : pool->lowest;

    drop(pool, count);
    pool->lowest = pool->free_count;
    return count > 0;
}

void flarei_pool_clear(struct flarei_pool *pool)
{
    drop(pool, pool->free_count);
    pool->lowest = 0;
}

void flarei_pool_item_free(struct flarei_pool_item *item)
{
    flarei_free(item);
}
