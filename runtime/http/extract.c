#include "http/cookie.h"

static enum flarei_rule rule_of(flare_err err)
{
    return err == FLARE_OK ? FLAREI_FINE : FLAREI_RULE_TYPE;
}

enum flarei_rule flarei_take_bool(flare_str raw, bool *out)
{
    return rule_of(flare_bool_parse(raw, out));
}

/* A number too large for its type breaks `max`, or `min` if negative: the text is a number all the same. */
static enum flarei_rule range_rule(flare_err err, flare_str raw)
{
    if (err != FLARE_ERR_RANGE)
        return FLAREI_RULE_TYPE;
    return raw.len && raw.ptr[0] == '-' ? FLAREI_RULE_MIN : FLAREI_RULE_MAX;
}

#define TAKE_NUMBER(name, type)                                                                              \
    enum flarei_rule flarei_take_##name(flare_str raw, type min, type max, type *out)                        \
    {                                                                                                        \
        const flare_err err = flare_##name##_parse(raw, out);                                                \
                                                                                                             \
        if (FLARE_UNLIKELY(err != FLARE_OK))                                                                 \
            return range_rule(err, raw);                                                                     \
        if (*out < min)                                                                                      \
            return FLAREI_RULE_MIN;                                                                          \
        return *out > max ? FLAREI_RULE_MAX : FLAREI_FINE;                                                   \
    }
FLAREI_NUMBERS(TAKE_NUMBER)

enum flarei_rule flarei_take_uuid(flare_str raw, flare_uuid *out)
{
    return rule_of(flare_uuid_parse(raw, out));
}

enum flarei_rule flarei_take_date(flare_str raw, flare_date *out)
{
    return rule_of(flare_date_parse(raw, out));
}

enum flarei_rule flarei_take_datetime(flare_str raw, flare_time *out)
{
    return rule_of(flare_time_parse(raw, out));
}

enum flarei_rule flarei_take_ipv4(flare_str raw, flare_ipv4 *out)
{
    return rule_of(flare_ipv4_parse(raw, out));
}

enum flarei_rule flarei_take_ipv6(flare_str raw, flare_ipv6 *out)
{
    return rule_of(flare_ipv6_parse(raw, out));
}

enum flarei_rule flarei_take_email(flare_str raw, flare_str *out)
{
    *out = raw;
    return flare_email_valid(raw) ? FLAREI_FINE : FLAREI_RULE_TYPE;
}

enum flarei_rule flarei_take_url(flare_str raw, flare_str *out)
{
    *out = raw;
    return flare_url_valid(raw) ? FLAREI_FINE : FLAREI_RULE_TYPE;
}

enum flarei_rule flarei_take_url_of(flare_str raw, flare_str schemes, flare_str *out)
{
    flare_str scheme;

    *out = raw;
    if (!flarei_url_split(raw, &scheme))
        return FLAREI_RULE_TYPE;
    while (schemes.len != 0) {
        size_t length = 0;

        while (length < schemes.len && schemes.ptr[length] != ' ')
            length++;
        if (flare_str_equal_nocase(scheme, (flare_str){schemes.ptr, length}))
            return FLAREI_FINE;
        length += length < schemes.len;
        schemes.ptr += length;
        schemes.len -= length;
    }
    return FLAREI_RULE_SCHEME;
}

static enum flarei_rule length_rule(size_t length, size_t min, size_t max)
{
    if (length < min)
        return FLAREI_RULE_MIN_LENGTH;
    return length > max ? FLAREI_RULE_MAX_LENGTH : FLAREI_FINE;
}

enum flarei_rule flarei_take_string(flare_str raw, size_t min, size_t max, flare_str *out)
{
    *out = raw;
    return flarei_check_length(raw, min, max);
}

enum flarei_rule flarei_check_length(flare_str value, size_t min, size_t max)
{
    size_t scalars;

    if (!flare_utf8_count(value, FLARE_UTF8_NO_NUL, &scalars))
        return FLAREI_RULE_UTF8;
    return length_rule(scalars, min, max);
}

enum flarei_rule flarei_take_bytes(flare_str raw, size_t min, size_t max, flare_str *out)
{
    *out = raw;
    return length_rule(raw.len, min, max);
}

/* `Bearer` in any case, blanks, and a token68 (RFC 6750 section 2.1, RFC 9110 section 11.2). */
enum flarei_rule flarei_take_bearer(flare_str raw, size_t min, size_t max, flare_str *out)
{
    static const flare_str scheme = FLARE_STR_INIT("bearer");
    size_t at = scheme.len, tail;

    *out = raw;
    if (raw.len <= at || !flare_str_equal_nocase((flare_str){raw.ptr, at}, scheme) || raw.ptr[at] != ' ')
        return FLAREI_RULE_TYPE;
    while (at < raw.len && raw.ptr[at] == ' ')
        at++;
    *out = (flare_str){raw.ptr + at, raw.len - at};
    for (tail = raw.len; tail > at && raw.ptr[tail - 1] == '=';)
        tail--;
    if (tail == at)
        return FLAREI_RULE_TYPE;
    for (; at < tail; at++) {
        const char byte = raw.ptr[at];
        const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');

        if (!letter && !(byte >= '0' && byte <= '9') && (byte == '\0' || strchr("-._~+/", byte) == NULL))
            return FLAREI_RULE_TYPE;
    }
    return length_rule(out->len, min, max);
}

enum flarei_rule flarei_take_etag(flare_str raw, flare_str *out)
{
    *out = raw;
    return rule_of(flare_etag_list_valid(raw) ? FLARE_OK : FLARE_ERR_SYNTAX);
}

/* ---- Escapes ---- */

static enum flarei_rule unescape(flare_request *rq, flare_percent_rule percent, flare_str *text)
{
    const flare_err err = flarei_percent_decode_in(rq->arena, *text, percent, text);

    if (FLARE_LIKELY(err == FLARE_OK))
        return FLAREI_FINE;
    text->len = 0;
    return err == FLARE_ERR_MEMORY || err == FLARE_ERR_LIMIT ? FLAREI_RULE_MEMORY : FLAREI_RULE_ESCAPE;
}

enum flarei_rule flarei_unescape_path(flare_request *rq, flare_str *text)
{
    return unescape(rq, FLARE_PERCENT_PATH, text);
}

enum flarei_rule flarei_unescape_form(flare_request *rq, flare_str *text)
{
    return unescape(rq, FLARE_PERCENT_FORM, text);
}

void flarei_path_string_escaped(flare_request *rq, const struct flarei_input *input, size_t min, size_t max,
                                flare_str *text)
{
    enum flarei_rule rule = flarei_unescape_path(rq, text);

    if (rule == FLAREI_FINE)
        rule = flarei_check_length(*text, min, max);
    flarei_note(rq, input, rule);
}

/* ---- Cookies (RFC 6265 section 4.2.1) ---- */

/* ---- Inputs that come once ---- */

enum finding { ABSENT, FOUND, REFUSED };

static enum finding find_in_query(flare_request *rq, const struct flarei_input *input, flare_str *value)
{
    struct flarei_query_walk walk;

    if (rq->query.len == 0)
        return ABSENT;
    walk = flarei_query_walk_of(rq, input);
    if (!flarei_query_next(&walk))
        return ABSENT;
    *value = walk.value;
    if (FLARE_LIKELY(walk.rule == FLAREI_FINE && !flarei_query_next(&walk)))
        return FOUND;
    flarei_refuse(rq, input, walk.rule != FLAREI_FINE ? walk.rule : FLAREI_RULE_REPEATED);
    return REFUSED;
}

static enum finding find_in_fields(flare_request *rq, const struct flarei_input *input, flare_str *value)
{
    enum finding finding = ABSENT;

    for (uint32_t i = 0; i < rq->field_count; i++) {
        if (!flare_str_equal_nocase(rq->fields[i].name, input->name))
            continue;
        if (finding == FOUND) {
            flarei_refuse(rq, input, FLAREI_RULE_REPEATED);
            return REFUSED;
        }
        *value = rq->fields[i].value;
        finding = FOUND;
    }
    return finding;
}

static enum finding find_in_cookies(flare_request *rq, const struct flarei_input *input, flare_str *value)
{
    for (uint32_t i = 0; i < rq->field_count; i++) {
        if (flare_str_equal_nocase(rq->fields[i].name, FLARE_STR("cookie")) &&
            flarei_cookie_find(rq->fields[i].value, input->name, value))
            return FOUND;
    }
    return ABSENT;
}

bool flarei_find(flare_request *rq, const struct flarei_input *input, flare_str *value)
{
    const enum finding finding = input->place == FLAREI_IN_QUERY    ? find_in_query(rq, input, value)
                                 : input->place == FLAREI_IN_HEADER ? find_in_fields(rq, input, value)
                                                                    : find_in_cookies(rq, input, value);

    if (finding == ABSENT && input->required)
        flarei_refuse(rq, input, FLAREI_RULE_REQUIRED);
    return finding == FOUND;
}

#define READ(read, parameters, take)                                                                         \
    bool read parameters                                                                                     \
    {                                                                                                        \
        flare_str raw;                                                                                       \
                                                                                                             \
        if (!flarei_find(rq, input, &raw))                                                                   \
            return false;                                                                                    \
        flarei_note(rq, input, take);                                                                        \
        return true;                                                                                         \
    }
#define READ_NUMBER(name, type)                                                                              \
    READ(flarei_read_##name,                                                                                 \
         (flare_request * rq, const struct flarei_input *input, type min, type max, type *out),              \
         flarei_take_##name(raw, min, max, out))
#define READ_TEXT(name, type)                                                                                \
    READ(flarei_read_##name,                                                                                 \
         (flare_request * rq, const struct flarei_input *input, size_t min, size_t max, type *out),          \
         flarei_take_##name(raw, min, max, out))
#define READ_FORMAT(name, type)                                                                              \
    READ(flarei_read_##name, (flare_request * rq, const struct flarei_input *input, type *out),              \
         flarei_take_##name(raw, out))
FLAREI_NUMBERS(READ_NUMBER)
FLAREI_TEXTS(READ_TEXT)
FLAREI_FORMATS(READ_FORMAT)

/* ---- Repeated inputs ---- */

bool flarei_list_next(flare_str *rest, flare_str *member)
{
    const char *at = rest->ptr;
    const char *const end = flarei_str_end(*rest);

    while (at != end) {
        const char *const start = at;
        bool quoted = false;

        for (; at != end && (quoted || *at != ','); at++) {
            if (quoted && *at == '\\' && at + 1 != end)
                at++;
            else if (*at == '"')
                quoted = !quoted;
        }
        *member = flarei_trimmed(start, at);
        if (at != end)
            at++;
        if (member->len != 0) {
            *rest = (flare_str){at, (size_t)(end - at)};
            return true;
        }
    }
    *rest = (flare_str){end, 0};
    return false;
}

void *flarei_array_grow(flare_request *rq, void *items, size_t count, size_t item_bytes)
{
    void *more;

    /* Room doubles at 4, 8, 16, … so that the count alone tells whether there is some left. */
    if (count != 0 && (count < 4 || (count & (count - 1)) != 0))
        return items;
    more = flarei_arena_alloc_array(rq->arena, count < 4 ? 4 : 2 * count, item_bytes);
    if (more != NULL && count != 0)
        memcpy(more, items, count * item_bytes);
    return more;
}
