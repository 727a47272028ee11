/* Strings that are long, near the end of the text, escaped, not ASCII, or wrong. */
#include "http/json_scan.h"

/* What is known of a string while it is read. */
struct string {
    size_t scalars;
    size_t tails; /* bytes that are not a scalar value's first, counted among them so far */
    bool odd;     /* half a surrogate pair, or U+0000 */
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
static inline const char *unescape(const struct flarei_json *json, const char *at, char **out,
                                   const char *out_end, struct string *string)
{
    const char *const end = json->end;
    char *to = *out;

    while (*at == '\\') {
        const char *stop;
        uint32_t scalar;
        size_t run;

        at = take_escape(at, end, string, &scalar);
        if (at == NULL)
            return NULL;
        if (FLARE_LIKELY(out_end - to >= 4))
            to += put_scalar(scalar, to);
        stop = skip_text(json->start, at, end, &string->tails);
        if (stop == NULL || stop == end)
            return NULL;
        run = (size_t)(stop - at);
        if (FLARE_LIKELY(run <= SLACK && end - at >= SLACK && out_end - to >= SLACK))
            memcpy(to, at, SLACK);
        else if (run <= (size_t)(out_end - to))
            memcpy(to, at, run);
        to += run <= (size_t)(out_end - to) ? run : 0;
        string->scalars += 1 + run;
        at = stop;
    }
    *out = to;
    return *at == '"' ? at : NULL;
}

/* The string that starts at `start` and has its first escape at `at`, into the arena. */
static inline const char *take_escaped(struct flarei_json *json, const char *start, const char *at,
                                       size_t max, struct string *string, flare_str *value)
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
    at = unescape(json, at, &to, copy + room, string);
    string->scalars -= string->tails;
    *value =
        (flare_str){copy, at != NULL && !string->odd && string->scalars <= max ? (size_t)(to - copy) : 0};
    flarei_arena_trim(json->arena, copy, value->len);
    return at;
}

/* A string with escapes, or of a length that is not taken. `at` is its first byte that needs a look. */
static const char *odd_string(struct flarei_json *json, const char *start, const char *at, size_t tails,
                              const struct flarei_json_path *path, const char *key, size_t min, size_t max,
                              flare_str *out)
{
    struct string string = {(size_t)(at - start), tails, false};
    flare_str value = {start, (size_t)(at - start)};

    if (at == json->end)
        return NULL;
    if (*at == '\\')
        at = take_escaped(json, start, at, max, &string, &value);
    else
        string.scalars -= tails;
    if (at == NULL || *at != '"')
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

const char *flarei_json_string_slow(struct flarei_json *json, const char *at,
                                    const struct flarei_json_path *path, const char *key, size_t min,
                                    size_t max, flare_str *out)
{
    const char *const start = at + 1;
    size_t tails = 0, length, scalars;

    if (FLARE_UNLIKELY(*at != '"'))
        return flarei_json_drop(json, at, path, key, FLAREI_RULE_TYPE);
    at = skip_text(json->start, start, json->end, &tails);
    if (FLARE_UNLIKELY(at == NULL))
        return NULL;
    length = (size_t)(at - start);
    scalars = length - tails;
    if (FLARE_UNLIKELY(at == json->end || *at != '"' || scalars < min || scalars > max))
        return odd_string(json, start, at, tails, path, key, min, max, out);
    *out = (flare_str){start, length};
    return at + 1;
}
