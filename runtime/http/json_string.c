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

/* Appends a run that means itself, in whole blocks where both sides have room for them. */
static char *put_run(char *out, const char *run, size_t length, const char *run_end, const char *out_end)
{
    if (length <= 16 && run_end - run >= 16 && out_end - out >= 16)
        memcpy(out, run, 16);
    else
        memcpy(out, run, length);
    return out + length;
}

/* Reads the rest of a string from its first escape on. `at` may hold up to `most` bytes unescaped; those that
 * have no room any more are counted only, since the string is too long then.
 * @return the place of the closing quote, or NULL */
static const char *unescape(const char *at, const char *end, char **out, char *out_end, struct string *string)
{
    char *to = *out;

    while (at < end && *at != '"') {
        const char *const start = at;
        size_t tails = 0;
        uint32_t scalar;

        if (*at == '\\') {
            at = take_escape(at, end, string, &scalar);
            if (at == NULL)
                return NULL;
            string->scalars++;
            if (FLARE_LIKELY(out_end - to >= 4))
                to += put_scalar(scalar, to);
            continue;
        }
        at = skip_plain(at, end);
        if (at < end && (unsigned char)*at >= 0x80)
            at = skip_wide(at, end, &tails);
        if (at == NULL || at == start) /* not UTF-8, or a control character */
            return NULL;
        const size_t length = (size_t)(at - start);

        string->scalars += length - tails;
        if (FLARE_LIKELY((size_t)(out_end - to) >= length))
            to = put_run(to, start, length, end, out_end);
    }
    *out = to;
    return at < end ? at : NULL;
}

/* The string that starts at `start` and has its first escape at `at`, into the arena. */
static const char *take_escaped(struct flarei_json *json, const char *start, const char *at, size_t max,
                                struct string *string, flare_str *value)
{
    const char *const end = json->end;
    size_t room = (size_t)(end - start);
    char *copy, *to;

    /* The rest of a short text is a cheap bound. Else the string's own bytes are, and what it may have at
     * all. */
    if (room + 4 > json->arena->room)
        room = (size_t)(find_close(at, end) - start);
    if (max < room / 4)
        room = 4 * max;
    room += 4;
    copy = (char *)flarei_arena_alloc(json->arena, room);
    if (copy == NULL)
        return flarei_json_stop(json, FLAREI_JSON_NO_MEMORY);
    to = copy;
    if ((size_t)(at - start) <= room)
        to = put_run(copy, start, (size_t)(at - start), end, copy + room);
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
