/* Decimal text to the nearest float. Three ways, each exact: both parts small enough to be floats themselves;
 * a 128-bit product whose error can't reach the middle between two floats; and strtod() on a copy of the
 * digits, bounded because no digit after the 767th can do more than break a tie. */
#include <flare/number.h>

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/power10.h"

#define DIGITS_MAX 800

/* The parts of a number of the JSON grammar. */
struct parts {
    const char *digits, *digits_end; /* from the first digit that is not 0; may hold one point */
    uint64_t significand;            /* of the first 19 digits */
    int64_t exponent;                /* of ten, for that significand */
    bool negative, more;             /* more digits than the significand has */
};

static bool is_digit(const char *p, const char *end)
{
    return p < end && (unsigned)(unsigned char)*p - '0' <= 9u;
}

/* [eE][+-]?[0-9]+ from *at on. Stops counting where no float could be told from 0 or infinity. */
static bool scan_exponent(const char **at, const char *end, int64_t *exponent)
{
    const char *p = *at + 1;
    const bool negative = p < end && *p == '-';
    int64_t sum = 0;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (!is_digit(p, end))
        return false;
    for (; is_digit(p, end); p++) {
        if (sum < INT64_C(100000000000000000))
            sum = sum * 10 + (*p - '0');
    }
    *exponent = negative ? -sum : sum;
    *at = p;
    return true;
}

/* Takes the number apart. @return is it of the grammar? */
static bool scan(flare_str text, struct parts *parts)
{
    const char *p = text.ptr, *const end = flarei_str_end(text), *point = NULL;
    int64_t exponent = 0;
    size_t significant = 0;

    if (text.len == 0)
        return false;
    *parts = (struct parts){.negative = *p == '-'};
    p += parts->negative;
    if (!is_digit(p, end) || (*p == '0' && is_digit(p + 1, end)))
        return false;
    for (;; p++) {
        if (p < end && *p == '.' && point == NULL) {
            point = p;
            if (!is_digit(p + 1, end))
                return false;
            continue;
        }
        if (!is_digit(p, end))
            break;
        if (significant > 0 || *p != '0') {
            if (significant == 0)
                parts->digits = p;
            if (significant < 19)
                parts->significand = parts->significand * 10 + (unsigned)(*p - '0');
            else
                parts->exponent++;
            significant++;
        }
        if (point)
            parts->exponent--;
    }
    parts->digits_end = p;
    parts->more = significant > 19;
    if (p < end && (*p == 'e' || *p == 'E') && !scan_exponent(&p, end, &exponent))
        return false;
    parts->exponent += exponent;
    return p == end;
}

/* Whole digits and an exponent: without a point there is nothing that depends on a locale. */
static void copy_for_strtod(const struct parts *parts, char *out)
{
    int64_t exponent = parts->exponent;
    bool cut = false;
    size_t count = 0;

    for (const char *p = parts->digits; p < parts->digits_end; p++) {
        if (*p == '.')
            continue;
        if (count < DIGITS_MAX) {
            out[count++] = *p;
            exponent -= count > 19;
        } else {
            cut = cut || *p != '0';
        }
    }
    if (cut) {
        out[count++] = '1';
        exponent--;
    }
    exponent = exponent > 99999 ? 99999 : exponent < -99999 ? -99999 : exponent;
    out[count++] = 'e';
    count += flare_i64_format(exponent, out + count);
    out[count] = '\0';
}

/* The zero bits above the highest that is set; there is one. */
static inline int zeros_above(uint64_t w)
{
#if defined(__GNUC__)
    return __builtin_clzll(w);
#else
    int zeros = 0;

    for (int step = 32; step > 0; step /= 2) {
        if (w >> (64 - step) == 0) {
            w <<= step;
            zeros += step;
        }
    }
    return zeros;
#endif
}

/* The product of significand and power of ten as `bits` of binary significand: c * 2^*q. 0 if it is too close
 * to a tie, or outside what the table or normal floats cover. */
static inline uint64_t multiply(const struct parts *parts, int bits, int q_min, int q_max, int *q)
{
    uint64_t high, low;

    if (parts->more || parts->exponent < FLAREI_POWER10_MIN || parts->exponent > FLAREI_POWER10_MAX)
        return 0;
    const int shift = zeros_above(parts->significand);
    const uint64_t w = parts->significand << shift;
    const int k = (int)parts->exponent;
    const struct flarei_power10 power = flarei_power10_of(k);

    high = flarei_multiply_128(w, power.high, &low);
    /* The rest of the power adds at most one to `high`: that is looked at only where it may tell. */
    const uint64_t near = (UINT64_C(1) << (64 - bits - 2)) - 1;

    if (FLARE_UNLIKELY(((high + 1) & near) <= 1)) {
        uint64_t ignored;
        const uint64_t carry = flarei_multiply_128(w, power.low, &ignored);

        low += carry;
        high += low < carry;
    }

    /* The true product is less than one unit of `low` away from high:low, so only a tie is undecided. */
    const int drop = 64 - bits - (high >> 63 == 0);
    const uint64_t rest = high & ((UINT64_C(1) << drop) - 1), half = UINT64_C(1) << (drop - 1);
    uint64_t c = high >> drop;

    if (rest == half && low == 0)
        return 0;
    c += rest >= half;
    *q = drop + 1 - shift + flarei_power10_log2(k);
    if (c >> bits != 0) {
        c >>= 1;
        ++*q;
    }
    return *q < q_min || *q > q_max ? 0 : c;
}

/* The nearest to the parts without their sign; false if only all digits tell. */
static inline bool compose(const struct parts *parts, double *magnitude)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int q;

    if (parts->significand == 0) {
        *magnitude = 0;
        return true;
    }
    if (FLT_EVAL_METHOD == 0 && !parts->more && parts->significand <= UINT64_C(1) << 53 &&
        parts->exponent >= -22 && parts->exponent <= 22) {
        const double whole = (double)parts->significand;

        *magnitude = parts->exponent < 0 ? whole / powers[-parts->exponent] : whole * powers[parts->exponent];
        return true;
    }
    const uint64_t c = multiply(parts, 53, -1074, 971, &q);

    if (c == 0)
        return false;
    const uint64_t bits = (c & ((UINT64_C(1) << 52) - 1)) | (uint64_t)(q + 1075) << 52;

    memcpy(magnitude, &bits, sizeof bits);
    return true;
}

bool flarei_f64_compose(uint64_t significand, int exponent, double *value)
{
    const struct parts parts = {.significand = significand, .exponent = exponent};

    return compose(&parts, value);
}

flare_err flare_f64_parse(flare_str text, double *value)
{
    struct parts parts;
    double magnitude;

    if (!scan(text, &parts))
        return FLARE_ERR_SYNTAX;
    if (!compose(&parts, &magnitude)) {
        const int saved_errno = errno;
        char copy[DIGITS_MAX + 32];

        copy_for_strtod(&parts, copy);
        magnitude = strtod(copy, NULL);
        errno = saved_errno;
        if (isinf(magnitude))
            return FLARE_ERR_RANGE;
    }
    *value = parts.negative ? -magnitude : magnitude;
    return FLARE_OK;
}

flare_err flare_f32_parse(flare_str text, float *value)
{
    static const float powers[] = {1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f, 1e8f, 1e9f, 1e10f};
    struct parts parts;
    float magnitude;

    if (!scan(text, &parts))
        return FLARE_ERR_SYNTAX;
    if (parts.significand == 0) {
        magnitude = 0;
    } else if (FLT_EVAL_METHOD == 0 && !parts.more && parts.significand <= UINT64_C(1) << 24 &&
               parts.exponent >= -10 && parts.exponent <= 10) {
        magnitude = (float)parts.significand;
        magnitude =
            parts.exponent < 0 ? magnitude / powers[-parts.exponent] : magnitude * powers[parts.exponent];
    } else {
        int q;
        const uint64_t c = multiply(&parts, 24, -149, 104, &q);

        if (c != 0) {
            const uint32_t bits = (uint32_t)((c & ((UINT64_C(1) << 23) - 1)) | (uint64_t)(q + 150) << 23);

            memcpy(&magnitude, &bits, sizeof magnitude);
        } else {
            const int saved_errno = errno;
            char copy[DIGITS_MAX + 32];

            copy_for_strtod(&parts, copy);
            magnitude = strtof(copy, NULL);
            errno = saved_errno;
            if (isinf(magnitude))
                return FLARE_ERR_RANGE;
        }
    }
    *value = parts.negative ? -magnitude : magnitude;
    return FLARE_OK;
}
