/* Numbers: floats, and integers that are not the plain ones. */
#include "http/json_scan.h"

/* A number too large for its type breaks `max`, or `min` if negative; one that is no integer its type. */
static enum flarei_rule range_rule(flare_err err, const char *at)
{
    if (err != FLARE_ERR_RANGE)
        return FLAREI_RULE_TYPE;
    return *at == '-' ? FLAREI_RULE_MIN : FLAREI_RULE_MAX;
}

static bool starts_number(const char *at)
{
    return *at == '-' || (unsigned)(unsigned char)*at - '0' <= 9u;
}

#define DEFINE_SLOW(linkage, name, type, parse)                                                              \
    linkage const char *flarei_json_##name##_slow(struct flarei_json *json, const char *at,                  \
                                                  const struct flarei_json_path *path, const char *key,      \
                                                  type min, type max, type *out)                             \
    {                                                                                                        \
        const char *behind;                                                                                  \
        enum flarei_rule rule = FLAREI_FINE;                                                                 \
        type value = 0;                                                                                      \
        flare_err err;                                                                                       \
                                                                                                             \
        if (!starts_number(at))                                                                              \
            return flarei_json_drop(json, at, path, key, FLAREI_RULE_TYPE);                                  \
        behind = skip_number(at, json->end);                                                                 \
        if (behind == NULL)                                                                                  \
            return NULL;                                                                                     \
        err = parse((flare_str){at, (size_t)(behind - at)}, &value);                                         \
        if (err != FLARE_OK)                                                                                 \
            rule = range_rule(err, at);                                                                      \
        else if (value < min)                                                                                \
            rule = FLAREI_RULE_MIN;                                                                          \
        else if (value > max)                                                                                \
            rule = FLAREI_RULE_MAX;                                                                          \
        if (rule != FLAREI_FINE)                                                                             \
            flarei_json_fail(json, path, key, rule);                                                         \
        else                                                                                                 \
            *out = value;                                                                                    \
        return behind;                                                                                       \
    }
DEFINE_SLOW(, u64, uint64_t, flare_u64_parse)
DEFINE_SLOW(, i64, int64_t, flare_i64_parse)
DEFINE_SLOW(static, f64, double, flare_f64_parse)
DEFINE_SLOW(static, f32, float, flare_f32_parse)

/* Appends digits to a sum that wraps when they are too many, which their count shows. */
static inline const char *take_digits(const char *at, const char *end, uint64_t *sum)
{
    uint64_t total = *sum;
    uint32_t four;

    while (end - at >= 8 && (unsigned)(unsigned char)at[7] - '0' <= 9) {
        uint32_t eight;

        if (!flarei_eight_digits(at, &eight))
            break;
        total = total * 100000000 + eight;
        at += 8;
    }
    if (end - at >= 4 && flarei_four_digits(at, &four)) {
        total = total * 10000 + four;
        at += 4;
    }
    for (unsigned digit; (digit = (unsigned)(unsigned char)*at - '0') <= 9; at++)
        total = total * 10 + digit;
    *sum = total;
    return at;
}

/* A number in one pass. @return the place behind it if it is well-formed and `value` is its nearest, else
 * NULL */
static const char *take_double(const char *at, const char *end, double *value)
{
    const bool negative = *at == '-';
    const char *const start = at + negative, *fraction;
    uint64_t significand = 0;
    int exponent = 0;
    ptrdiff_t digits;

    at = take_digits(start, end, &significand);
    if (at == start || (*start == '0' && at != start + 1))
        return NULL;
    digits = at - start;
    if (*at == '.') {
        fraction = at + 1;
        at = take_digits(fraction, end, &significand);
        if (at == fraction)
            return NULL;
        digits += at - fraction;
        exponent = -(int)(at - fraction);
    }
    if (digits > 19)
        return NULL;
    if (*at == 'e' || *at == 'E') {
        const char *p = at + 1;
        const bool below = *p == '-';
        uint64_t power = 0;
        const char *first;

        p += *p == '-' || *p == '+';
        first = p;
        p = take_digits(p, end, &power);
        if (p == first || p - first > 4)
            return NULL;
        exponent += below ? -(int)power : (int)power;
        at = p;
    }
    if (!flarei_f64_compose(significand, exponent, value))
        return NULL;
    *value = negative ? -*value : *value;
    return at;
}

const char *flarei_json_f64(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                            const char *key, double min, double max, double *out)
{
    double value;
    const char *const behind = take_double(at, json->end, &value);

    if (FLARE_UNLIKELY(behind == NULL || value < min || value > max))
        return flarei_json_f64_slow(json, at, path, key, min, max, out);
    *out = value;
    return behind;
}

const char *flarei_json_f32(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                            const char *key, float min, float max, float *out)
{
    return flarei_json_f32_slow(json, at, path, key, min, max, out);
}
