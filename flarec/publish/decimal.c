/* decimal.c - a pattern of the whole numbers from one to another, as JSON writes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish/publish.h"

#define DIGITS_MAX 20

static void add_branch(struct output *out, const char *prefix, size_t length, char from, char to, size_t rest)
{
    output_format(out, "%s%.*s", out->length != 0 ? "|" : "", (int)length, prefix);
    if (from == to)
        output_format(out, "%c", from);
    else
        output_format(out, "[%c-%c]", from, to);
    if (rest == 1)
        output_text(out, "[0-9]");
    else if (rest > 1)
        output_format(out, "[0-9]{%zu}", rest);
}

static bool all_are(const char *digits, size_t count, char digit)
{
    for (size_t i = 0; i < count; i++) {
        if (digits[i] != digit)
            return false;
    }
    return true;
}

/* Numbers of one length: up to the first digit that differs both ends agree; then those between are free, and
 * at either end the rest is bounded on one side, digit by digit. */
static void add_same_length(struct output *out, const char *low, const char *high, size_t length)
{
    size_t common = 0;

    while (common + 1 < length && low[common] == high[common])
        common++;
    const size_t rest = length - common - 1;
    const bool low_free = all_are(low + common + 1, rest, '0');
    const bool high_free = all_are(high + common + 1, rest, '9');
    const char from = (char)(low[common] + !low_free), to = (char)(high[common] - !high_free);

    for (size_t at = length; !low_free && at-- > common + 1;) {
        const char next = (char)(low[at] + (at + 1 < length));
        if (next <= '9')
            add_branch(out, low, at, next, '9', length - at - 1);
    }
    if (from <= to)
        add_branch(out, low, common, from, to, rest);
    for (size_t at = common + 1; !high_free && at < length; at++) {
        const char last = (char)(high[at] - (at + 1 < length));
        if (last >= '0')
            add_branch(out, high, at, '0', last, length - at - 1);
    }
}

/* Magnitudes from one to another, one length after the other. */
static const char *magnitudes(struct arena *arena, uint64_t low, uint64_t high)
{
    struct output out = {0};
    char low_text[DIGITS_MAX + 2], high_text[DIGITS_MAX + 2];
    const size_t least = (size_t)snprintf(low_text, sizeof low_text, "%llu", (unsigned long long)low);
    const size_t most = (size_t)snprintf(high_text, sizeof high_text, "%llu", (unsigned long long)high);

    for (size_t length = least; length <= most; length++) {
        char first[DIGITS_MAX + 2], last[DIGITS_MAX + 2];

        memset(first, '0', length);
        memset(last, '9', length);
        first[0] = '1';
        add_same_length(&out, length == least ? low_text : first, length == most ? high_text : last, length);
    }
    const char *const text = arena_copy(arena, out.text, out.length);
    free(out.text);
    return text;
}

const char *decimal_pattern(struct arena *arena, struct number least, struct number greatest)
{
    if (!least.negative)
        return arena_format(arena, "^(?:%s)$", magnitudes(arena, least.magnitude, greatest.magnitude));
    if (greatest.negative)
        return arena_format(arena, "^-(?:%s)$", magnitudes(arena, greatest.magnitude, least.magnitude));
    return arena_format(arena, "^(?:-(?:%s)|%s)$", magnitudes(arena, 1, least.magnitude),
                        magnitudes(arena, 0, greatest.magnitude));
}
