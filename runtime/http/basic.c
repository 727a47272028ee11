/* basic.c - Basic credentials (RFC 7617), as an input. */
#include "http/request.h"

#include <flare/gen_input.h>
#include <flare/text.h>

/* Section 2: no control characters in either. */
static bool has_control(flare_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return true;
    return false;
}

/* `Basic` in any case, blanks, and base64 of what a colon parts. */
static enum flarei_rule take(flare_request *rq, flare_str raw, flare_basic *out)
{
    static const flare_str scheme = FLARE_STR_INIT("basic");
    size_t at = scheme.len, length, scalars;
    const char *colon;
    char *text;

    if (raw.len <= at || !flare_str_equal_nocase((flare_str){raw.ptr, at}, scheme) || raw.ptr[at] != ' ')
        return FLAREI_RULE_TYPE;
    while (at < raw.len && raw.ptr[at] == ' ')
        at++;
    raw = (flare_str){raw.ptr + at, raw.len - at};
    text = (char *)flarei_arena_alloc(rq->arena, flare_base64_decoded_max(raw.len) + 1);
    if (text == NULL)
        return FLAREI_RULE_MEMORY;
    if (flare_base64_decode(FLARE_BASE64, raw, text, &length) != FLARE_OK)
        return FLAREI_RULE_TYPE;
    colon = (const char *)memchr(text, ':', length);
    if (colon == NULL || has_control((flare_str){text, length}))
        return FLAREI_RULE_TYPE;
    if (!flare_utf8_count((flare_str){text, length}, FLARE_UTF8_NO_NUL, &scalars))
        return FLAREI_RULE_UTF8;
    out->user = (flare_str){text, (size_t)(colon - text)};
    out->password = (flare_str){colon + 1, length - out->user.len - 1};
    return FLAREI_FINE;
}

bool flarei_read_basic(flare_request *rq, const struct flarei_input *input, flare_basic *out)
{
    flare_str raw;

    if (!flarei_find(rq, input, &raw))
        return false;
    flarei_note(rq, input, take(rq, raw, out));
    return true;
}
