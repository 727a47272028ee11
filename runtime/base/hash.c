#include "base/hash.h"

#define PRIME_1 UINT64_C(0x9e3779b185ebca87)
#define PRIME_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define PRIME_3 UINT64_C(0x165667b19e3779f9)
#define PRIME_4 UINT64_C(0x85ebca77c2b2ae63)
#define PRIME_5 UINT64_C(0x27d4eb2f165667c5)

static uint64_t turn(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

/* Little-endian; compilers make one load of it. */
static uint64_t load(const unsigned char *at, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

static uint64_t stir(uint64_t lane, uint64_t word)
{
    return turn(lane + word * PRIME_2, 31) * PRIME_1;
}

static uint64_t join(uint64_t hash, uint64_t lane)
{
    return (hash ^ stir(0, lane)) * PRIME_1 + PRIME_4;
}

/* Four lanes that don't wait for each other. */
static uint64_t of_blocks(const unsigned char **at, const unsigned char *end)
{
    uint64_t lanes[4] = {PRIME_1 + PRIME_2, PRIME_2, 0, 0 - PRIME_1};
    uint64_t hash;

    for (; end - *at >= 32; *at += 32) {
        for (unsigned i = 0; i < 4; i++)
            lanes[i] = stir(lanes[i], load(*at + 8 * i, 8));
    }
    hash = turn(lanes[0], 1) + turn(lanes[1], 7) + turn(lanes[2], 12) + turn(lanes[3], 18);
    for (unsigned i = 0; i < 4; i++)
        hash = join(hash, lanes[i]);
    return hash;
}

uint64_t flarei_hash64(flare_str bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.ptr;
    const unsigned char *const end = (const unsigned char *)flarei_str_end(bytes);
    uint64_t hash = bytes.len >= 32 ? of_blocks(&at, end) : PRIME_5;

    hash += bytes.len;
    for (; end - at >= 8; at += 8)
        hash = turn(hash ^ stir(0, load(at, 8)), 27) * PRIME_1 + PRIME_4;
    if (end - at >= 4) {
        hash = turn(hash ^ load(at, 4) * PRIME_1, 23) * PRIME_2 + PRIME_3;
        at += 4;
    }
    for (; at != end; at++)
        hash = turn(hash ^ *at * PRIME_5, 11) * PRIME_1;
    hash = (hash ^ hash >> 33) * PRIME_2;
    hash = (hash ^ hash >> 29) * PRIME_3;
    return hash ^ hash >> 32;
}
