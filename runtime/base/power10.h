/* base/power10.h - powers of ten in 128 bits, rounded up, and the arithmetic that goes with them. */
#ifndef FLARE_BASE_POWER10_H
#define FLARE_BASE_POWER10_H

#include <stdint.h>

#define FLAREI_POWER10_MIN (-292)
#define FLAREI_POWER10_MAX 324

/** The 128 highest bits of 10^k, rounded up: the top bit of `high` is set. Exact for k from 0 to 55. */
struct flarei_power10 {
    uint64_t high, low;
};
extern const struct flarei_power10 flarei_power10_table[FLAREI_POWER10_MAX - FLAREI_POWER10_MIN + 1];

/** @return the entry of 10^k. @param k from FLAREI_POWER10_MIN to FLAREI_POWER10_MAX */
static inline struct flarei_power10 flarei_power10_of(int k)
{
    return flarei_power10_table[k - FLAREI_POWER10_MIN];
}

/** @return floor(n / 2^by), also for a negative n. */
static inline int flarei_floor_shift(int n, int by)
{
    return n >= 0 ? n >> by : -((-n + (1 << by) - 1) >> by);
}

/** @return floor(log2(10^k)), exact for |k| <= 1233. */
static inline int flarei_power10_log2(int k)
{
    return flarei_floor_shift(k * 1741647, 19);
}

/** @return the high 64 bits of a * b; the low ones go to *low. */
static inline uint64_t flarei_multiply_128(uint64_t a, uint64_t b, uint64_t *low)
{
    const uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    const uint64_t middle = a1 * b0 + ((a0 * b0) >> 32);
    const uint64_t other = a0 * b1 + (uint32_t)middle;

    *low = a * b;
    return a1 * b1 + (middle >> 32) + (other >> 32);
}

#endif
