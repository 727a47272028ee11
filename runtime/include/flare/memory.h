/* flare/memory.h - the one place all heap memory of flare comes from.
 *
 * A program may set an allocator of its own before it makes anything else of flare's; tests set one that
 * counts, or that fails the nth call.
 */
#ifndef FLARE_MEMORY_H
#define FLARE_MEMORY_H

#include <flare/str.h>

FLARE_BEGIN

/** An allocator: the contracts of malloc, realloc and free, plus a context. Called from any thread. */
typedef struct flare_allocator {
    void *context;
    void *(*allocate)(void *context, size_t bytes);
    void *(*reallocate)(void *context, void *block, size_t bytes);
    void (*release)(void *context, void *block);
} flare_allocator;

/** Replaces the allocator of the whole process. Not thread safe: call it before any other flare function.
 *  @param allocator copied; NULL restores malloc, realloc and free */
void flare_allocator_set(const flare_allocator *allocator);

/** @return a block of `bytes` (at least 1), or NULL; free it with flarei_free(). Any thread. */
void *flarei_malloc(size_t bytes) FLARE_MUST_USE;
/** @return a zeroed block of count*size bytes, or NULL (also on overflow). Any thread. */
void *flarei_calloc(size_t count, size_t size) FLARE_MUST_USE;
/** As realloc(3): the old block stays valid when it returns NULL. Any thread. */
void *flarei_realloc(void *block, size_t bytes) FLARE_MUST_USE;
/** Frees a block of the three above; NULL is allowed. Any thread. */
void flarei_free(void *block);

FLARE_END
#endif
