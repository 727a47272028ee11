/* server/pool.h - a free list of equal things, kept as large as lately needed.
 *
 *     struct thing { struct flarei_pool_item item; ... };
 *     struct thing *thing = flarei_pool_take(&pool);      (NULL: no memory)
 *     flarei_pool_give(&pool, &thing->item);
 *
 * A thing is made once and used many times, last given first taken. A pool belongs to one worker.
 */
#ifndef FLAREI_SERVER_POOL_H
#define FLAREI_SERVER_POOL_H

#include <flare/str.h>

/** The first member of everything that is pooled. */
struct flarei_pool_item {
    struct flarei_pool_item *next;
};

struct flarei_pool {
    struct flarei_pool_item *free;
    uint32_t free_count;
    uint32_t lowest; /* fewest free since the last trim: so many were not needed */
    uint32_t keep;   /* free things that a trim leaves */
    struct flarei_pool_item *(*make)(void *context); /* NULL: no memory */
    void (*destroy)(struct flarei_pool_item *item);
    void *context;
};

/** Takes a free thing, or makes one. @return NULL without memory */
static inline void *flarei_pool_take(struct flarei_pool *pool)
{
    struct flarei_pool_item *item = pool->free;

    if (FLARE_UNLIKELY(item == NULL))
        return pool->make(pool->context);
    pool->free = item->next;
    if (--pool->free_count < pool->lowest)
        pool->lowest = pool->free_count;
    return item;
}

/** Gives a thing back. */
static inline void flarei_pool_give(struct flarei_pool *pool, struct flarei_pool_item *item)
{
    item->next = pool->free;
    pool->free = item;
    pool->free_count++;
}

/** Destroys the free things that were not needed since the last trim, beyond `keep`. @return whether there
 * were any */
bool flarei_pool_trim(struct flarei_pool *pool);

/** Destroys all free things. */
void flarei_pool_clear(struct flarei_pool *pool);

/** The `destroy` of things that are one block. */
void flarei_pool_item_free(struct flarei_pool_item *item);

#endif
