#include "http/accept.h"

#include <flare/text.h>

int flarei_weight_parse(flare_str text)
{
    int weight;

    if (text.len == 0 || text.len > 5 || (text.ptr[0] != '0' && text.ptr[0] != '1') ||
        (text.len > 1 && text.ptr[1] != '.'))
        return -1;
    weight = (text.ptr[0] - '0') * 1000;
    for (size_t i = 2, unit = 100; i < text.len; i++, unit /= 10) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return -1;
        weight += (text.ptr[i] - '0') * (int)unit;
    }
    return weight <= 1000 ? weight : -1;
}

static flare_str trimmed(flare_str text)
{
    while (text.len != 0 && (*text.ptr == ' ' || *text.ptr == '\t')) {
        text.ptr++;
        text.len--;
    }
    while (text.len != 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* "gzip;q=0.5": cuts the member at its weight. @return false for a malformed one, which nobody meant */
static bool split(flare_str *member, int *weight)
{
    const char *const semicolon = (const char *)memchr(member->ptr, ';', member->len);
    flare_str rest;

    *weight = 1000;
    if (semicolon == NULL)
        return true;
    rest = trimmed((flare_str){semicolon + 1, (size_t)(flarei_str_end(*member) - semicolon - 1)});
    *member = trimmed((flare_str){member->ptr, (size_t)(semicolon - member->ptr)});
    if (rest.len < 3 || (rest.ptr[0] | 0x20) != 'q' || rest.ptr[1] != '=')
        return false;
    *weight = flarei_weight_parse((flare_str){rest.ptr + 2, rest.len - 2});
    return *weight >= 0;
}

void flarei_accept_codings(flare_str line, const flare_str *names, size_t count,
                           int weights[static FLAREI_CODINGS_MAX + 2])
{
    flare_str member;
    int weight;

    while (flarei_list_next(&line, &member)) {
        if (member.len == 0 || !split(&member, &weight))
            continue;
        if (flare_str_equal_nocase(member, FLARE_STR("x-gzip"))) /* section 8.4.1.3 */
            member = FLARE_STR("gzip");
        if (flare_str_equal(member, FLARE_STR("*")))
            weights[FLAREI_CODINGS_MAX + 1] = weight;
        else if (flare_str_equal_nocase(member, FLARE_STR("identity")))
            weights[FLAREI_CODINGS_MAX] = weight;
        for (size_t i = 0; i < count; i++) {
            if (flare_str_equal_nocase(member, names[i]))
                weights[i] = weight;
        }
    }
}

size_t flarei_accept_choose(const int weights[static FLAREI_CODINGS_MAX + 2], size_t count)
{
    const int others = weights[FLAREI_CODINGS_MAX + 1];
    int best = weights[FLAREI_CODINGS_MAX] > 0 ? weights[FLAREI_CODINGS_MAX] - 1 : 0; /* equals: coded */
    size_t chosen = count;

    for (size_t i = 0; i < count; i++) {
        const int weight = weights[i] >= 0 ? weights[i] : others;

        if (weight > best) {
            best = weight;
            chosen = i;
        }
    }
    return chosen;
}
