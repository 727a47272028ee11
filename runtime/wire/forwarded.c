#include "wire/forwarded.h"

#include <flare/text.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static flare_str trim(flare_str text)
{
    while (text.len != 0 && is_space(text.ptr[0]))
        text = (flare_str){text.ptr + 1, text.len - 1};
    while (text.len != 0 && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* Cuts off what stands behind the last separator that is not between quotes, and the separator. */
static flare_str cut_last(flare_str *list, char separator, bool quotes)
{
    bool quoted = false;
    size_t at = list->len;
    flare_str last;

    while (at > 0 && (quoted || list->ptr[at - 1] != separator)) {
        if (quotes && list->ptr[at - 1] == '"')
            quoted = !quoted;
        at--;
    }
    last = (flare_str){list->ptr + at, list->len - at};
    list->len = at > 0 ? at - 1 : 0;
    return trim(last);
}

bool flarei_forwarded_for_take(flare_str *list, struct flarei_hop *hop)
{
    while (list->len != 0) {
        const flare_str last = cut_last(list, ',', false);

        if (last.len == 0)
            continue;
        *hop = flarei_hop_parse(last);
        return true;
    }
    return false;
}

/* The value of a pair, without its quotes; what has escapes names nobody. */
static flare_str unquote(flare_str value)
{
    if (value.len < 2 || value.ptr[0] != '"' || value.ptr[value.len - 1] != '"')
        return value;
    return (flare_str){value.ptr + 1, value.len - 2};
}

static struct flarei_hop read_element(flare_str element)
{
    struct flarei_hop hop = {.kind = FLAREI_HOP_UNKNOWN};
    bool found = false;

    while (element.len != 0) {
        const flare_str pair = cut_last(&element, ';', true);
        const char *const equals = pair.len != 0 ? memchr(pair.ptr, '=', pair.len) : NULL;

        if (equals == NULL ||
            !flare_str_equal_nocase((flare_str){pair.ptr, (size_t)(equals - pair.ptr)}, FLARE_STR("for")))
            continue;
        if (found) /* twice in one entry: it names nobody */
            return (struct flarei_hop){.kind = FLAREI_HOP_UNKNOWN};
        found = true;
        hop = flarei_hop_parse(unquote((flare_str){equals + 1, (size_t)(flarei_str_end(pair) - equals) - 1}));
    }
    return hop;
}

bool flarei_forwarded_take(flare_str *list, struct flarei_hop *hop)
{
    while (list->len != 0) {
        const flare_str last = cut_last(list, ',', true);

        if (last.len == 0)
            continue;
        *hop = read_element(last);
        return true;
    }
    return false;
}
