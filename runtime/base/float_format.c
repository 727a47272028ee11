/* The shortest decimal of a float: the Schubfach algorithm (R. Giulietti, "The Schubfach way to render
 * doubles", 2020), which compares scaled interval ends rounded to odd instead of long integers. */
#include <flare/number.h>

#include <float.h>
#include <math.h>

#include "base/power10.h"

/* digits * 10^exponent */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* floor(power * scaled / 2^128), its lowest bit set if anything was cut off. */
static uint64_t multiply_to_odd(struct flarei_power10 power, uint64_t scaled)
{
    uint64_t low, ignored;
    const uint64_t carry = flarei_multiply_128(power.low, scaled, &ignored);
    uint64_t high = flarei_multiply_128(power.high, scaled, &low);

    low += carry;
    high += low < carry;
    /* The power was rounded up, by which an exact product shows as 1 here. */
    return high | (low > 1);
}

/* The shortest decimal in the rounding interval of c * 2^q, and of those the nearest. `uneven` if c * 2^q is
 * a power of two, whose lower neighbour is nearer than the upper one. */
static struct decimal shortest(uint64_t c, int q, bool uneven)
{
    const int k = flarei_floor_shift(q * 1262611 - (uneven ? 524031 : 0), 22);
    const int h = q + flarei_power10_log2(-k) + 1;
    const struct flarei_power10 power = flarei_power10_of(-k);
    const bool odd = c % 2 != 0; /* the ends round to the even neighbour, so only an even c has them */
    const uint64_t value = multiply_to_odd(power, (4 * c) << h);
    const uint64_t lower = multiply_to_odd(power, (4 * c - 2 + uneven) << h) + odd;
    const uint64_t upper = multiply_to_odd(power, (4 * c + 2) << h) - odd;
    const uint64_t s = value / 4;

    if (s >= 10) {
        const uint64_t tens = s / 10;
        const bool below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;

        if (below != above)
            return (struct decimal){tens + above, k + 1};
    }
    const bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;

    if (below != above)
        return (struct decimal){s + above, k};
    const uint64_t middle = 4 * s + 2;

    return (struct decimal){s + (value > middle || (value == middle && s % 2 != 0)), k};
}

static char *put_zeros(char *p, int count)
{
    for (; count > 0; count--)
        *p++ = '0';
    return p;
}

/* Lays the digits out as RFC 8785 section 3.2.2.3 does. */
static size_t lay_out(struct decimal decimal, char *out)
{
    char digits[FLARE_U64_MAX_BYTES], *p = out;
    int count, point; /* 0.DIGITS * 10^point */

    /* A short decimal comes with up to 16 zeros behind it. */
    static const struct {
        uint64_t power;
        int zeros;
    } steps[] = {{100000000, 8}, {10000, 4}, {100, 2}, {10, 1}};

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        while (decimal.digits % steps[i].power == 0) {
            decimal.digits /= steps[i].power;
            decimal.exponent += steps[i].zeros;
        }
    }
    count = (int)flare_u64_format(decimal.digits, digits);
    point = count + decimal.exponent;

    if (point > 0 && point <= 21) {
        const int whole = count < point ? count : point;

        memcpy(p, digits, (size_t)whole);
        p = put_zeros(p + whole, point - whole);
        if (count > whole) {
            *p++ = '.';
            memcpy(p, digits + whole, (size_t)(count - whole));
            p += count - whole;
        }
        return (size_t)(p - out);
    }
    if (point > -6 && point <= 0) {
        *p++ = '0';
        *p++ = '.';
        p = put_zeros(p, -point);
        memcpy(p, digits, (size_t)count);
        return (size_t)(p + count - out);
    }
    *p++ = digits[0];
    if (count > 1) {
        *p++ = '.';
        memcpy(p, digits + 1, (size_t)(count - 1));
        p += count - 1;
    }
    *p++ = 'e';
    if (point > 0)
        *p++ = '+';
    return (size_t)(p - out) + flare_i64_format(point - 1, p);
}

/* A float of `fraction_bits` whose exponent field counts from `bias` for an integral significand. */
static size_t format(uint64_t fraction, int exponent, int fraction_bits, int bias, char *out)
{
    const uint64_t hidden = UINT64_C(1) << fraction_bits;

    if (exponent == 0 && fraction == 0) {
        *out = '0';
        return 1;
    }
    const uint64_t c = exponent ? fraction | hidden : fraction;
    const int q = (exponent ? exponent : 1) - bias;

    /* A whole number below 2^(fraction_bits + 1) is its own shortest decimal. */
    if (q <= 0 && q > -(fraction_bits + 1) && (c & ((UINT64_C(1) << -q) - 1)) == 0)
        return lay_out((struct decimal){c >> -q, 0}, out);
    return lay_out(shortest(c, q, fraction == 0 && exponent > 1), out);
}

size_t flare_f64_format(double value, char *out)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    const int exponent = (int)(bits >> 52 & 0x7ff);
    const size_t sign = bits >> 63;

    if (exponent == 0x7ff)
        return 0;
    *out = '-';
    /* Of at most 15 digits no two decimals are the same double, so one that is this value is its shortest. */
    if (FLT_EVAL_METHOD == 0 && fabs(value) < 1e11) {
        const uint64_t scaled = (uint64_t)(fabs(value) * 1e4 + 0.5);

        if (scaled != 0 && (double)scaled / 1e4 == fabs(value))
            return sign + lay_out((struct decimal){scaled, -4}, out + sign);
    }
    return sign + format(bits & ((UINT64_C(1) << 52) - 1), exponent, 52, 1075, out + sign);
}

size_t flare_f32_format(float value, char *out)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    const int exponent = (int)(bits >> 23 & 0xff);
    const size_t sign = bits >> 31;

    if (exponent == 0xff)
        return 0;
    *out = '-';
    return sign + format(bits & ((UINT32_C(1) << 23) - 1), exponent, 23, 150, out + sign);
}
