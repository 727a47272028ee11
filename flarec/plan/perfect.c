/* perfect.c - hash and displace: the fullest buckets look for their places first, while most are free. */
#include "plan/perfect.h"

/* Keys of a bucket, and places that stay free: few buckets make a small table, free places a short search. */
#define BUCKET_KEYS   3
#define PLACES_A_FREE 64
/* Keys of one bucket at most; more are a sign of a bad seed. */
#define BUCKET_KEYS_MAX 32

static size_t place(uint64_t hash, unsigned displacement, size_t places_count)
{
    const uint32_t mixed = (uint32_t)hash ^ (uint32_t)(displacement * UINT64_C(0x9e3779b9));

    return (size_t)((uint64_t)mixed * places_count >> 32);
}

size_t perfect_place(const struct perfect *perfect, uint64_t hash)
{
    return place(hash, perfect->displacements[hash >> (64 - perfect->bits)], perfect->places_count);
}

/* Finds places for the keys of one bucket. */
static bool settle(const uint64_t *keys, size_t count, bool *taken, size_t places_count, uint16_t *found)
{
    for (unsigned displacement = 0; displacement <= UINT16_MAX; displacement++) {
        size_t settled = 0;

        while (settled < count && !taken[place(keys[settled], displacement, places_count)])
            taken[place(keys[settled++], displacement, places_count)] = true;
        if (settled == count) {
            *found = (uint16_t)displacement;
            return true;
        }
        while (settled > 0)
            taken[place(keys[--settled], displacement, places_count)] = false;
    }
    return false;
}

bool perfect_make(struct arena *arena, const uint64_t *hashes, size_t count, struct perfect *perfect)
{
    uint16_t *displacements;
    uint64_t *keys;
    size_t *starts, buckets;
    bool *taken;

    perfect->bits = 1;
    while (((size_t)BUCKET_KEYS << perfect->bits) < count)
        perfect->bits++;
    buckets = (size_t)1 << perfect->bits;
    perfect->places_count = count + count / PLACES_A_FREE + 1;
    perfect->displacements = displacements = ARENA_ARRAY(arena, buckets, uint16_t);
    keys = ARENA_ARRAY(arena, count, uint64_t);
    starts = ARENA_ARRAY(arena, buckets + 1, size_t);
    taken = ARENA_ARRAY(arena, perfect->places_count, bool);
    for (size_t i = 0; i < count; i++)
        starts[(hashes[i] >> (64 - perfect->bits)) + 1]++;
    for (size_t i = 0; i < buckets; i++)
        starts[i + 1] += starts[i];
    for (size_t i = 0; i < count; i++)
        keys[starts[hashes[i] >> (64 - perfect->bits)]++] = hashes[i];
    /* Each start is now its bucket's end. */
    for (size_t size = BUCKET_KEYS_MAX; size > 0; size--) {
        for (size_t i = 0; i < buckets; i++) {
            const size_t start = i == 0 ? 0 : starts[i - 1];

            if (starts[i] - start > BUCKET_KEYS_MAX ||
                (starts[i] - start == size &&
                 !settle(&keys[start], size, taken, perfect->places_count, &displacements[i])))
                return false;
        }
    }
    return true;
}
