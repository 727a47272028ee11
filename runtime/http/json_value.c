/* Values of any shape, read where they stand (RFC 8259): the text is checked once, then walked. */
#include "http/json_scan.h"

#include <flare/json.h>

static const flare_json_value none = {.kind = FLARE_JSON_NONE};

/* ---- Going over a text ---- */

/* The place behind the value at `at`, or NULL. @param too_deep set if that is why */
static const char *behind(const char *at, const char *end, bool *too_deep)
{
    struct flarei_json json;
    const char *next;

    json.start = at;
    json.end = end;
    json.verdict = FLAREI_JSON_FINE;
    next = flarei_json_skip(&json, at, FLARE_JSON_DEPTH_MAX);
    *too_deep = json.verdict == FLAREI_JSON_TOO_DEEP;
    return next;
}

static const char *skip_blanks(const char *at, const char *end)
{
    return at < end && (unsigned char)*at <= ' ' ? flarei_json_blanks_slow(at, end) : at;
}

static flare_json_kind kind_of(char first)
{
    switch (first) {
    case '{':
        return FLARE_JSON_OBJECT;
    case '[':
        return FLARE_JSON_ARRAY;
    case '"':
        return FLARE_JSON_STRING;
    case 't':
    case 'f':
        return FLARE_JSON_BOOL;
    case 'n':
        return FLARE_JSON_NULL;
    default:
        return FLARE_JSON_NUMBER;
    }
}

/* The value at `*at`, which is moved behind it. */
static flare_json_value take(const char **at, const char *end)
{
    const char *const start = *at;
    bool too_deep;

    *at = behind(start, end, &too_deep);
    return (flare_json_value){kind_of(*start), {start, (size_t)(*at - start)}};
}

flare_err flare_json_read(flare_str text, flare_json_value *root)
{
    const char *const end = flarei_str_end(text);
    const char *const at = skip_blanks(text.ptr, end);
    bool too_deep = false;
    const char *const next = at < end ? behind(at, end, &too_deep) : NULL;

    *root = none;
    if (next == NULL || skip_blanks(next, end) != end)
        return too_deep ? FLARE_ERR_LIMIT : FLARE_ERR_SYNTAX;
    *root = (flare_json_value){kind_of(*at), {at, (size_t)(next - at)}};
    return FLARE_OK;
}

/* ---- Containers ---- */

flare_json_items flare_json_items_of(flare_json_value value)
{
    const bool named = value.kind == FLARE_JSON_OBJECT;
    const char *end;

    if (!named && value.kind != FLARE_JSON_ARRAY)
        return (flare_json_items){.at = NULL};
    end = value.text.ptr + value.text.len - 1; /* at the bracket that closes it */
    return (flare_json_items){skip_blanks(value.text.ptr + 1, end), end, named};
}

bool flare_json_next(flare_json_items *items, flare_json_value *name, flare_json_value *value)
{
    const char *at = items->at;
    const char *const end = items->end;

    if (name != NULL)
        *name = none;
    *value = none;
    if (at == end)
        return false;
    if (items->named) {
        const flare_json_value key = take(&at, end);

        if (name != NULL)
            *name = key;
        at = skip_blanks(skip_blanks(at, end) + 1, end); /* the colon */
    }
    *value = take(&at, end);
    at = skip_blanks(at, end);
    items->at = at == end ? end : skip_blanks(at + 1, end); /* the comma */
    return true;
}

flare_json_value flare_json_member(flare_json_value object, flare_str name)
{
    flare_json_items items = flare_json_items_of(object);
    flare_json_value key, value;

    while (items.named && flare_json_next(&items, &key, &value))
        if (flare_json_is(key, name))
            return value;
    return none;
}

/* Digits without leading zeros (RFC 6901, section 4). */
static bool read_index(flare_str token, uint64_t *index)
{
    if (token.len == 0 || (token.ptr[0] == '0' && token.len > 1))
        return false;
    return flare_u64_parse(token, index) == FLARE_OK;
}

static flare_json_value item_at(flare_json_value array, flare_str token)
{
    flare_json_items items = flare_json_items_of(array);
    flare_json_value value;
    uint64_t index;

    if (!read_index(token, &index))
        return none;
    while (flare_json_next(&items, NULL, &value))
        if (index-- == 0)
            return value;
    return none;
}

/* A name of a pointer, its ~0 and ~1 undone. @return false if it can't be */
static bool take_token(const char **at, const char *end, char *room, flare_str *token)
{
    size_t length = 0;

    for ((*at)++; *at < end && **at != '/'; (*at)++) {
        char byte = **at;

        if (byte == '~') {
            if (++*at == end || (**at != '0' && **at != '1'))
                return false;
            byte = **at == '0' ? '~' : '/';
        }
        if (length == FLARE_JSON_POINTER_NAME_MAX_BYTES)
            return false;
        room[length++] = byte;
    }
    *token = (flare_str){room, length};
    return true;
}

flare_json_value flare_json_at(flare_json_value value, flare_str pointer)
{
    const char *at = pointer.ptr;
    const char *const end = flarei_str_end(pointer);
    char room[FLARE_JSON_POINTER_NAME_MAX_BYTES];
    flare_str token;

    while (at < end) {
        if (*at != '/' || !take_token(&at, end, room, &token))
            return none;
        value = value.kind == FLARE_JSON_OBJECT ? flare_json_member(value, token) : item_at(value, token);
    }
    return value;
}

/* ---- Strings ---- */

/* What stands at `*at` in a string, as UTF-8. @return its bytes; 0 for half a surrogate pair */
static size_t take_scalar(const char **at, const char *end, char bytes[4])
{
    uint32_t scalar;

    if (**at != '\\') {
        bytes[0] = *(*at)++;
        return 1;
    }
    if ((*at)[1] != 'u') {
        bytes[0] = short_escape((*at)[1]);
        *at += 2;
        return 1;
    }
    if (!take_unit(at, end, &scalar) || scalar == UINT32_MAX)
        return 0;
    return put_scalar(scalar, bytes);
}

/* Between the quotes. */
static flare_str inside(flare_json_value string)
{
    return (flare_str){string.text.ptr + 1, string.text.len - 2};
}

static bool has_escapes(flare_str text)
{
    return text.len != 0 && memchr(text.ptr, '\\', text.len) != NULL;
}

bool flare_json_is(flare_json_value value, flare_str text)
{
    const char *at, *end;

    if (value.kind != FLARE_JSON_STRING)
        return false;
    if (!has_escapes(inside(value)))
        return flare_str_equal(inside(value), text);
    at = inside(value).ptr;
    end = at + inside(value).len;
    while (at < end) {
        char bytes[4];
        const size_t count = take_scalar(&at, end, bytes);

        if (count == 0 || count > text.len || memcmp(bytes, text.ptr, count) != 0)
            return false;
        text = (flare_str){text.ptr + count, text.len - count};
    }
    return text.len == 0;
}

flare_err flare_json_string(flare_json_value value, char *room, size_t room_bytes, flare_str *text)
{
    const char *at, *end;
    size_t length = 0;

    if (value.kind != FLARE_JSON_STRING)
        return value.kind == FLARE_JSON_NONE ? FLARE_ERR_NOT_FOUND : FLARE_ERR_ARGUMENT;
    if (!has_escapes(inside(value))) {
        *text = inside(value);
        return FLARE_OK;
    }
    at = inside(value).ptr;
    end = at + inside(value).len;
    while (at < end) {
        char bytes[4];
        const size_t count = take_scalar(&at, end, bytes);

        if (count == 0)
            return FLARE_ERR_SYNTAX;
        if (count > room_bytes - length)
            return FLARE_ERR_LIMIT;
        memcpy(room + length, bytes, count);
        length += count;
    }
    *text = (flare_str){room, length};
    return FLARE_OK;
}

/* ---- Numbers and truth ---- */

static flare_err expect(flare_json_value value, flare_json_kind kind)
{
    if (value.kind == kind)
        return FLARE_OK;
    return value.kind == FLARE_JSON_NONE ? FLARE_ERR_NOT_FOUND : FLARE_ERR_ARGUMENT;
}

static bool is_whole(flare_str number)
{
    for (size_t i = 0; i < number.len; i++)
        if (number.ptr[i] == '.' || number.ptr[i] == 'e' || number.ptr[i] == 'E')
            return false;
    return true;
}

static bool is_minus_zero(flare_str number)
{
    return flare_str_equal(number, FLARE_STR("-0"));
}

flare_err flare_json_i64(flare_json_value value, int64_t *number)
{
    const flare_err err = expect(value, FLARE_JSON_NUMBER);

    if (err != FLARE_OK)
        return err;
    if (!is_whole(value.text))
        return FLARE_ERR_SYNTAX;
    return flare_i64_parse(is_minus_zero(value.text) ? FLARE_STR("0") : value.text, number);
}

flare_err flare_json_u64(flare_json_value value, uint64_t *number)
{
    const flare_err err = expect(value, FLARE_JSON_NUMBER);

    if (err != FLARE_OK)
        return err;
    if (!is_whole(value.text))
        return FLARE_ERR_SYNTAX;
    if (is_minus_zero(value.text)) {
        *number = 0;
        return FLARE_OK;
    }
    return value.text.ptr[0] == '-' ? FLARE_ERR_RANGE : flare_u64_parse(value.text, number);
}

flare_err flare_json_f64(flare_json_value value, double *number)
{
    const flare_err err = expect(value, FLARE_JSON_NUMBER);

    return err == FLARE_OK ? flare_f64_parse(value.text, number) : err;
}

flare_err flare_json_bool(flare_json_value value, bool *truth)
{
    const flare_err err = expect(value, FLARE_JSON_BOOL);

    if (err == FLARE_OK)
        *truth = value.text.ptr[0] == 't';
    return err;
}
