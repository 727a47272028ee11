/* Strings that are long, near the end of the text, escaped, not ASCII, or wrong. */
#include "http/json_scan.h"

/* What is known of a string while it is read. */
struct string {
    size_t scalars;
    bool odd; /* half a surrogate pair, or U+0000 */
};

/* The place of the quote that ends the string, of whatever content; `end` if there is none. */
static const char *find_close(const char *at, const char *end)
{
    for (;;) {
        at = skip_plain(at, end);
        if (at >= end)
            return end;
        if (*at == '"')
            return at;
        at += *at == '\\' ? 2 : 1;
    }
}

/* Takes one escape. @return the place behind it, or NULL if it is malformed */
static const char *take_escape(const char *at, const char *end, struct string *string, uint32_t *scalar)
{
    if (end - at < 2)
        return NULL;
    if (at[1] != 'u') {
        *scalar = (unsigned char)short_escape(at[1]);
        return *scalar != 0 ? at + 2 : NULL;
    }
    if (!take_unit(&at, end, scalar))
        return NULL;
    if (*scalar == 0 || *scalar == UINT32_MAX) {
        string->odd = true;
        *scalar = '?';
    }
    return at;
}

/* Bytes that a copy in whole blocks may write behind what it is for. */
#define SLACK 16

/* Reads the rest of a string, from its first escape on, into *out. What has no room there is counted only,
 * since the string is too long then. @return the place of the closing quote, or NULL */
static const char *unescape(const char *at, const char *end, char **out, const char *out_end,
                            struct string *string)
{
    char *to = *out;

    while (at < end) {
        size_t bytes = 1;
        uint32_t scalar;

#if FLAREI_JSON_SIMD
        if (end - at >= 16 && out_end - to >= SLACK) {
            const unsigned stops = flarei_json_stops(at);
            const size_t run = stops != 0 ? (size_t)__builtin_ctz(stops) : 16;

            memcpy(to, at, 16);
            to += run;
            at += run;
            string->scalars += run;
            if (stops == 0)
                continue;
        }
#endif
        if (*at == '"') {
            *out = to;
            return at;
        }
        string->scalars++;
        if (*at == '\\') {
            at = take_escape(at, end, string, &scalar);
            if (at == NULL)
                return NULL;
            if (FLARE_LIKELY(out_end - to >= 4))
                to += put_scalar(scalar, to);
            continue;
        }
        if ((unsigned char)*at < 0x20)
            return NULL;
        if ((unsigned char)*at >= 0x80)
            bytes = flarei_utf8_sequence_bytes((const unsigned char *)at, (size_t)(end - at));
        if (bytes == 0)
            return NULL;
        for (size_t i = 0; i < bytes && to < out_end; i++)
            *to++ = at[i];
        at += bytes;
    }
    return NULL;
}

/* The string that starts at `start` and has its first escape at `at`, into the arena. */
static const char *take_escaped(struct flarei_json *json, const char *start, const char *at, size_t max,
                                struct string *string, flare_str *value)
{
    const char *const end = json->end;
    const size_t before = (size_t)(at - start);
    size_t room = (size_t)(end - start);
    char *copy, *to;

    /* The rest of a short text is a cheap bound. Else the string's own bytes are, and what it may have at
     * all. */
    if (room + SLACK > json->arena->room)
        room = (size_t)(find_close(at, end) - start);
    if (max < room / 4)
        room = 4 * max;
    room += SLACK;
    copy = (char *)flarei_arena_alloc(json->arena, room);
    if (copy == NULL)
        return flarei_json_stop(json, FLAREI_JSON_NO_MEMORY);
    to = copy;
    if (before <= 16 && end - start >= 16)
        memcpy(copy, start, 16);
    else if (before <= room)
        memcpy(copy, start, before);
    if (before <= room)
        to += before;
    at = unescape(at, end, &to, copy + room, string);
    *value =
        (flare_str){copy, at != NULL && !string->odd && string->scalars <= max ? (size_t)(to - copy) : 0};
    flarei_arena_trim(json->arena, copy, value->len);
    return at;
}

const char *flarei_json_string_slow(struct flarei_json *json, const char *at,
                                    const struct flarei_json_path *path, const char *key, size_t min,
                                    size_t max, flare_str *out)
{
    const char *const end = json->end, *const start = at + 1;
    struct string string = {0, false};
    size_t tails = 0;
    flare_str value;

    if (FLARE_UNLIKELY(*at != '"'))
        return flarei_json_drop(json, at, path, key, FLAREI_RULE_TYPE);
    at = skip_plain(start, end);
    while (at < end && (unsigned char)*at >= 0x80) {
        at = skip_wide(at, end, &tails);
        if (at == NULL)
            return NULL;
        at = skip_plain(at, end);
    }
    string.scalars = (size_t)(at - start) - tails;
    value = (flare_str){start, (size_t)(at - start)};
    if (at < end && *at == '\\')
        at = take_escaped(json, start, at, max, &string, &value);
    if (at == NULL || at == end || *at != '"')
        return NULL;
    if (FLARE_UNLIKELY(string.odd || string.scalars < min || string.scalars > max))
        flarei_json_fail(json, path, key,
                         string.odd             ? FLAREI_RULE_UTF8
                         : string.scalars < min ? FLAREI_RULE_MIN_LENGTH
                                                : FLAREI_RULE_MAX_LENGTH);
    else
        *out = value;
    return at + 1;
}
