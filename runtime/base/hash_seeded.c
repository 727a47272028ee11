#include "base/hash.h"

#include <flare/random.h>
#include <flare/time.h>

#include <pthread.h>

static uint64_t seeds[2];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void draw_seeds(void)
{
    if (!flarei_random_bytes(seeds, sizeof seeds)) {
        seeds[0] = (uint64_t)flarei_clock_wall();
        seeds[1] = (uint64_t)flarei_clock_monotonic();
    }
}

void flarei_hash_seed(void)
{
    (void)pthread_once(&once, draw_seeds);
}

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

uint64_t flarei_hash64_seeded(uint64_t before, flare_str bytes)
{
    uint64_t value, word;

    flarei_hash_seed();
    value = before ^ seeds[0] ^ bytes.len;
    for (size_t at = 0; at < bytes.len; at += sizeof word) {
        word = 0;
        memcpy(&word, bytes.ptr + at, bytes.len - at < sizeof word ? bytes.len - at : sizeof word);
        value = mix(value ^ word) + seeds[1];
    }
    return mix(value);
}
