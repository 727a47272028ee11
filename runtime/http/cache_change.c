#include "http/cache_change.h"

#include "base/hash.h"
#include "base/shared.h"

#include <stdatomic.h>

enum { COUNTERS = 4096 };

/* What the counters count up to meets `cleared` only in their sum, which never goes back. */
struct changes {
    atomic_uint_least64_t counters[COUNTERS], cleared;
};

/* The processes of a supervisor count together. */
static struct changes *changes(void)
{
    static struct changes own;
    static _Atomic(struct changes *) kept;
    struct changes *found = atomic_load_explicit(&kept, memory_order_acquire);

    if (FLARE_UNLIKELY(found == NULL)) {
        found = (struct changes *)flarei_shared_make(&own, 0, sizeof own);
        if (found == NULL)
            found = &own;
        atomic_store_explicit(&kept, found, memory_order_release);
    }
    return found;
}

static atomic_uint_least64_t *counter_of(flare_str path)
{
    return &changes()->counters[flarei_hash64_seeded(0, path) % COUNTERS];
}

uint64_t flarei_cache_generation(flare_str path)
{
    return atomic_load(counter_of(path)) + atomic_load(&changes()->cleared);
}

void flare_cache_forget(flare_str path)
{
    (void)atomic_fetch_add(counter_of(path), 1);
}

void flare_cache_clear(void)
{
    (void)atomic_fetch_add(&changes()->cleared, 1);
}
