#include "http/cookie.h"
#include "http/reply.h"

#include <flare/log.h>

#define FIELDS_MAX 64

/* tchar of RFC 9110, section 5.6.2 */
bool flarei_token_valid(flare_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const unsigned char c = (unsigned char)name.ptr[i];
        const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (!letter && !(c >= '0' && c <= '9') && (c == 0 || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return name.len != 0;
}

bool flarei_field_value_valid(flare_str value)
{
    if (FLARE_LIKELY(flarei_field_value_plain(value)))
        return true;
    for (size_t i = 0; i < value.len; i++) {
        const unsigned char c = (unsigned char)value.ptr[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool written_by_server(flare_str name)
{
    static const flare_str names[] = {FLARE_STR_INIT("content-length"), FLARE_STR_INIT("transfer-encoding"),
                                      FLARE_STR_INIT("connection"), FLARE_STR_INIT("date"),
                                      FLARE_STR_INIT("content-type")};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (flare_str_equal_nocase(names[i], name))
            return true;
    return false;
}

flare_err flarei_reply_field_constant(flare_request *rq, flare_str name, flare_str value)
{
    const uint32_t own = sizeof rq->own_reply_fields / sizeof rq->own_reply_fields[0];

    if (rq->reply_field_count == FIELDS_MAX)
        return FLARE_ERR_LIMIT;
    if (rq->reply_field_count == 0)
        rq->reply_fields = rq->own_reply_fields;
    if (rq->reply_field_count == own) {
        flare_field *more = (flare_field *)flarei_arena_alloc(rq->arena, FIELDS_MAX * sizeof *more);

        if (more == NULL)
            return FLARE_ERR_MEMORY;
        memcpy(more, rq->reply_fields, own * sizeof *more);
        rq->reply_fields = more;
    }
    rq->reply_fields[rq->reply_field_count++] = (flare_field){name, value};
    return FLARE_OK;
}

flare_err flarei_reply_field_kept(flare_request *rq, flare_str name, flare_str value)
{
    const flare_err err = flarei_reply_field_constant(rq, name, value);

    if (err == FLARE_OK && rq->kept_fields == rq->reply_field_count - 1)
        rq->kept_fields++;
    return err;
}

flare_err flare_reply_header(flare_request *rq, flare_str name, flare_str value)
{
    if (!FLARE_ASSERT(rq->state == FLAREI_REQUEST_OPEN, "reply fields are added before the reply is made"))
        return FLARE_ERR_STATE;
    if (!flarei_token_valid(name) || !flarei_field_value_valid(value) || written_by_server(name))
        return FLARE_ERR_SYNTAX;
    if (!flarei_arena_copy(rq->arena, name, &name) || !flarei_arena_copy(rq->arena, value, &value))
        return FLARE_ERR_MEMORY;
    return flarei_reply_field_constant(rq, name, value);
}

flare_err flarei_reply_field(flare_request *rq, flare_str name, flare_str value)
{
    if (!FLARE_ASSERT(rq->state == FLAREI_REQUEST_OPEN,
                      "a request is replied to once, while its handler runs"))
        return FLARE_ERR_STATE;
    if (!flarei_field_value_valid(value))
        return FLARE_ERR_SYNTAX;
    if (!flarei_arena_copy(rq->arena, value, &value))
        return FLARE_ERR_MEMORY;
    return flarei_reply_field_constant(rq, name, value);
}

flare_err flarei_reply_field_u64(flare_request *rq, flare_str name, uint64_t value)
{
    char digits[FLARE_U64_MAX_BYTES];

    return flarei_reply_field(rq, name, (flare_str){digits, flare_u64_format(value, digits)});
}

flare_err flarei_reply_field_i64(flare_request *rq, flare_str name, int64_t value)
{
    char digits[FLARE_I64_MAX_BYTES];

    return flarei_reply_field(rq, name, (flare_str){digits, flare_i64_format(value, digits)});
}

bool flarei_reply_cookie(flare_request *rq, flare_str name, flare_str value, flare_str attributes)
{
    const size_t length = name.len + 1 + value.len + attributes.len;
    char *text;

    if (!FLARE_ASSERT(rq->state == FLAREI_REQUEST_OPEN,
                      "a request is replied to once, while its handler runs"))
        return false;
    if (!flarei_cookie_value_valid(value))
        return false;
    text = (char *)flarei_arena_alloc(rq->arena, length);
    if (text == NULL)
        return false;
    memcpy(text, name.ptr, name.len);
    text[name.len] = '=';
    if (value.len != 0)
        memcpy(text + name.len + 1, value.ptr, value.len);
    memcpy(text + name.len + 1 + value.len, attributes.ptr, attributes.len);
    return flarei_reply_field_constant(rq, FLARE_STR("Set-Cookie"), (flare_str){text, length}) == FLARE_OK;
}
