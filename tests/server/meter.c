#include "meter.h"

#include <flare/memory.h>

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

static _Atomic size_t live_bytes, peak_bytes;
static _Atomic size_t calls, fail_at; /* the call that gets NULL, from 1; 0 for none */

static bool fails(void)
{
    return atomic_fetch_add(&calls, 1) + 1 == atomic_load(&fail_at);
}

static void count(size_t bytes)
{
    const size_t live = atomic_fetch_add(&live_bytes, bytes) + bytes;

    if (live > atomic_load(&peak_bytes))
        atomic_store(&peak_bytes, live);
}

static void *allocate(void *context, size_t bytes)
{
    void *const block = fails() ? NULL : malloc(bytes);

    (void)context;
    count(malloc_usable_size(block));
    return block;
}

static void release(void *context, void *block)
{
    (void)context;
    atomic_fetch_sub(&live_bytes, malloc_usable_size(block));
    free(block);
}

static void *reallocate(void *context, void *block, size_t bytes)
{
    const size_t before = malloc_usable_size(block);
    void *const grown = fails() ? NULL : realloc(block, bytes);

    (void)context;
    if (grown != NULL) {
        atomic_fetch_sub(&live_bytes, before);
        count(malloc_usable_size(grown));
    }
    return grown;
}

static const flare_allocator meter = {NULL, allocate, reallocate, release};

void meter_install(void)
{
    flare_allocator_set(&meter);
}

size_t meter_live(void)
{
    return atomic_load(&live_bytes);
}

void meter_begin(void)
{
    atomic_store(&peak_bytes, atomic_load(&live_bytes));
}

size_t meter_peak(void)
{
    return atomic_load(&peak_bytes);
}

size_t meter_fail(size_t nth)
{
    const size_t before = atomic_exchange(&calls, 0);

    atomic_store(&fail_at, nth);
    return before;
}
