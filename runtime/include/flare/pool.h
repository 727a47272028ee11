/* flare/pool.h - a free list of equal things, such as buffers, kept as large as lately needed.
 *
 *     flare_pool buffers;
 *     flare_pool_of_blocks(&buffers, 16384, 8);
 *     char *room = flare_pool_take(&buffers);               (NULL: no memory)
 *     flare_pool_give(&buffers, room);
 *     ...every few seconds: flare_pool_trim(&buffers);
 *     flare_pool_clear(&buffers);
 *
 * A thing is made once and used many times, the last given first taken, so it is warm. Things other than
 * blocks begin with a flare_pool_item, and their pool says how they are made. A pool belongs to one thread at
 * a time, mostly to a worker.
 */
#ifndef FLARE_POOL_H
#define FLARE_POOL_H

#include <flare/str.h>

FLARE_BEGIN

/** The first member of everything that is pooled; of a block, its first bytes while it is free. */
typedef struct flare_pool_item {
    struct flare_pool_item *next; /**< the pool's, while it is free */
} flare_pool_item;

/** A pool. Fill in the last four, or let flare_pool_of_blocks() do so; the others begin as zeros. */
typedef struct flare_pool {
    flare_pool_item *free;                   /**< the library's */
    uint32_t free_count;                     /**< how many are free */
    uint32_t lowest;                         /**< fewest free since the last trim: so many were not needed */
    uint32_t keep;                           /**< free things that a trim leaves */
    flare_pool_item *(*make)(void *context); /**< gives a new one, or NULL without memory */
    void (*destroy)(flare_pool_item *item);  /**< ends a free one */
    void *context;                           /**< given to `make` */
} flare_pool;

/** Makes it a pool of blocks of one size, from flarei_malloc(). @param pool to fill
 *  @param bytes of each, at least sizeof(flare_pool_item) @param keep how many free ones a trim leaves. The
 * owner's thread. No errors. */
void flare_pool_of_blocks(flare_pool *pool, size_t bytes, uint32_t keep);

/** Takes a free thing, or makes one. @param pool filled @return the thing, the caller's to give back; NULL
 * without memory. The owner's thread. */
FLARE_MUST_USE static inline void *flare_pool_take(flare_pool *pool)
{
    flare_pool_item *const item = pool->free;

    if (FLARE_UNLIKELY(item == NULL))
        return pool->make(pool->context);
    pool->free = item->next;
    if (--pool->free_count < pool->lowest)
        pool->lowest = pool->free_count;
    return item;
}

/** Gives a thing back. @param pool that it is of @param thing taken from it; its first bytes are the pool's
 * from here on. The owner's thread. No errors. */
static inline void flare_pool_give(flare_pool *pool, void *thing)
{
    flare_pool_item *const item = (flare_pool_item *)thing;

    item->next = pool->free;
    pool->free = item;
    pool->free_count++;
}

/** Destroys the free things that were not needed since the last trim, beyond `keep`. @param pool filled
 *  @return whether there were any. The owner's thread. No errors. */
bool flare_pool_trim(flare_pool *pool);

/** Destroys all free things; what is taken is to be given back before. @param pool filled. The owner's
 * thread. No errors. */
void flare_pool_clear(flare_pool *pool);

/** The `destroy` of things that are one block of flarei_malloc(). @param item free. The owner's thread. No
 * errors. */
void flare_pool_item_free(flare_pool_item *item);

FLARE_END
#endif
