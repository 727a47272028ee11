#include "http/range.h"

#include <string.h>
#include <strings.h>

static void skip_space(flare_str *rest)
{
    while (rest->len != 0 && (*rest->ptr == ' ' || *rest->ptr == '\t')) {
        rest->ptr++;
        rest->len--;
    }
}

static bool take_byte(flare_str *rest, char byte)
{
    if (rest->len == 0 || *rest->ptr != byte)
        return false;
    rest->ptr++;
    rest->len--;
    return true;
}

/* A number beyond all sizes is the largest one. @return false without a digit */
static bool take_number(flare_str *rest, uint64_t *number)
{
    const char *const start = rest->ptr;

    *number = 0;
    for (; rest->len != 0 && *rest->ptr >= '0' && *rest->ptr <= '9'; rest->ptr++, rest->len--) {
        const uint64_t digit = (uint64_t)(*rest->ptr - '0');

        *number = *number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *number * 10 + digit;
    }
    return rest->ptr != start;
}

/* One range-spec: "1-2", "1-" or "-2". @return false for what is none; no bytes where it has nothing of the
 * content */
static bool take_range(flare_str *rest, uint64_t size, struct flarei_range *range)
{
    uint64_t first, last;

    *range = (struct flarei_range){0, 0};
    if (take_byte(rest, '-')) {
        if (!take_number(rest, &last))
            return false;
        range->bytes = last < size ? last : size;
        range->first = size - range->bytes;
        return true;
    }
    if (!take_number(rest, &first) || !take_byte(rest, '-'))
        return false;
    if (!take_number(rest, &last))
        last = UINT64_MAX;
    else if (last < first)
        return false;
    if (first >= size)
        return true;
    range->first = first;
    range->bytes = (last < size ? last + 1 : size) - first;
    return true;
}

static bool overlap(const struct flarei_range *ranges, unsigned count, const struct flarei_range *other)
{
    for (unsigned i = 0; i < count; i++) {
        if (ranges[i].first < other->first + other->bytes && other->first < ranges[i].first + ranges[i].bytes)
            return true;
    }
    return false;
}

/* Overlapping ones are how a client makes a server send a file many times over (RFC 9110 section 17.15). */
static enum flarei_ranges parse(flare_str value, uint64_t size, struct flarei_range *ranges, unsigned *count)
{
    static const char unit[] = "bytes=";
    bool some = false;

    *count = 0;
    if (value.len < sizeof unit - 1 || strncasecmp(value.ptr, unit, sizeof unit - 1) != 0)
        return FLAREI_RANGES_NONE;
    value.ptr += sizeof unit - 1;
    value.len -= sizeof unit - 1;
    for (;;) {
        struct flarei_range range;

        skip_space(&value);
        if (value.len == 0)
            break;
        if (take_byte(&value, ','))
            continue;
        if (!take_range(&value, size, &range))
            return FLAREI_RANGES_NONE;
        skip_space(&value);
        if (value.len != 0 && *value.ptr != ',')
            return FLAREI_RANGES_NONE;
        some = true;
        if (range.bytes == 0)
            continue;
        if (*count == FLAREI_RANGES_MAX || overlap(ranges, *count, &range))
            return FLAREI_RANGES_NONE;
        ranges[(*count)++] = range;
    }
    if (*count != 0)
        return FLAREI_RANGES_SOME;
    return some ? FLAREI_RANGES_UNSATISFIABLE : FLAREI_RANGES_NONE;
}

enum flarei_ranges flarei_ranges_parse(flare_str value, uint64_t size,
                                       struct flarei_range ranges[static FLAREI_RANGES_MAX], unsigned *count)
{
    const enum flarei_ranges what = parse(value, size, ranges, count);

    if (what != FLAREI_RANGES_SOME)
        *count = 0;
    return what;
}
