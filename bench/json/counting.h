/* counting.h - flare's allocations, counted, so that a contender can tell that it makes none while it is
 * timed. */
#ifndef BENCH_JSON_COUNTING_H
#define BENCH_JSON_COUNTING_H

#include <flare/memory.h>

#include <stdlib.h>

static long allocations;

static void *count_allocate(void *context, size_t bytes)
{
    (void)context;
    allocations++;
    return malloc(bytes);
}

static void *count_reallocate(void *context, void *block, size_t bytes)
{
    (void)context;
    allocations++;
    return realloc(block, bytes);
}

static void count_release(void *context, void *block)
{
    (void)context;
    free(block);
}

static void count_allocations(void)
{
    static const flare_allocator counter = {NULL, count_allocate, count_reallocate, count_release};

    flare_allocator_set(&counter);
}

#endif
