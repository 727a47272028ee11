#include <flare/gen.h>

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
TAKE_NUMBER(i64, int64_t)
TAKE_NUMBER(u64, uint64_t)
TAKE_NUMBER(f64, double)
TAKE_NUMBER(f32, float)

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

static enum flarei_rule unescape(flare_request *rq, flare_str raw, flare_percent_rule percent, flare_str *out)
{
    const flare_err err = flarei_percent_decode_in(rq->arena, raw, percent, out);

    if (FLARE_LIKELY(err == FLARE_OK))
        return FLAREI_FINE;
    *out = (flare_str){raw.ptr, 0};
    return err == FLARE_ERR_MEMORY || err == FLARE_ERR_LIMIT ? FLAREI_RULE_MEMORY : FLAREI_RULE_ESCAPE;
}

enum flarei_rule flarei_unescape_path(flare_request *rq, flare_str raw, flare_str *out)
{
    return unescape(rq, raw, FLARE_PERCENT_PATH, out);
}

bool flarei_query_next(struct flarei_query_walk *walk)
{
    while (walk->at != walk->end) {
        const char *const start = walk->at;
        const char *stop = (const char *)memchr(start, '&', (size_t)(walk->end - start));
        const char *equals;

        if (stop == NULL)
            stop = walk->end;
        walk->at = stop == walk->end ? stop : stop + 1;
        if (stop == start)
            continue;
        equals = (const char *)memchr(start, '=', (size_t)(stop - start));
        walk->name = (flare_str){start, (size_t)((equals ? equals : stop) - start)};
        walk->value = equals ? (flare_str){equals + 1, (size_t)(stop - equals - 1)} : (flare_str){stop, 0};
        /* A name with a bad escape is no declared name. */
        if (unescape(walk->rq, walk->name, FLARE_PERCENT_FORM, &walk->name) != FLAREI_FINE)
            continue;
        walk->rule = unescape(walk->rq, walk->value, FLARE_PERCENT_FORM, &walk->value);
        return true;
    }
    return false;
}

static flare_str trimmed(const char *start, const char *end)
{
    while (start != end && (*start == ' ' || *start == '\t'))
        start++;
    while (end != start && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (flare_str){start, (size_t)(end - start)};
}

bool flarei_cookie_next(struct flarei_cookie_walk *walk)
{
    for (;;) {
        while (walk->at == walk->end) {
            const flare_field *field;

            if (walk->field == walk->rq->field_count)
                return false;
            field = &walk->rq->fields[walk->field++];
            if (!FLAREI_NAME_IS(field->name, "cookie") || field->value.len == 0)
                continue;
            walk->at = field->value.ptr;
            walk->end = field->value.ptr + field->value.len;
        }
        const char *const start = walk->at;
        const char *stop = (const char *)memchr(start, ';', (size_t)(walk->end - start));
        const char *equals;

        if (stop == NULL)
            stop = walk->end;
        walk->at = stop == walk->end ? stop : stop + 1;
        equals = (const char *)memchr(start, '=', (size_t)(stop - start));
        if (equals == NULL)
            continue;
        walk->name = trimmed(start, equals);
        walk->value = trimmed(equals + 1, stop);
        if (walk->value.len >= 2 && walk->value.ptr[0] == '"' && walk->value.ptr[walk->value.len - 1] == '"')
            walk->value = (flare_str){walk->value.ptr + 1, walk->value.len - 2};
        if (walk->name.len != 0)
            return true;
    }
}

bool flarei_name_is(flare_str name, const char *lower, size_t length)
{
    if (name.len != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (flarei_ascii_lower(name.ptr[i]) != lower[i])
            return false;
    return true;
}

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
        *member = trimmed(start, at);
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
