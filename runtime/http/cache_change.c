#include "http/cache_change.h"

#include "base/hash.h"

#include <stdatomic.h>

enum { COUNTERS = 4096 };

/* What the counters count up to meets `cleared` only in their sum, which never goes back. */
static atomic_uint_least64_t counters[COUNTERS], cleared;

static atomic_uint_least64_t *counter_of(flare_str path)
{
    return &counters[flarei_hash64_seeded(0, path) % COUNTERS];
}

uint64_t flarei_cache_generation(flare_str path)
{
    return atomic_load(counter_of(path)) + atomic_load(&cleared);
}

void flare_cache_forget(flare_str path)
{
    (void)atomic_fetch_add(counter_of(path), 1);
}

void flare_cache_clear(void)
{
    (void)atomic_fetch_add(&cleared, 1);
}
