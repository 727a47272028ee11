#include "http/inflate.h"
#include "http/reply.h"
#include "http/request.h"
#include "http/upload.h"

#include <flare/text.h>

/* The type/subtype of a Content-Type, without its parameters (RFC 9110, section 8.3.1). */
static flare_str essence(flare_str content_type)
{
    const char *semicolon =
        content_type.len ? (const char *)memchr(content_type.ptr, ';', content_type.len) : NULL;

    if (semicolon != NULL)
        content_type.len = (size_t)(semicolon - content_type.ptr);
    while (content_type.len &&
           (content_type.ptr[content_type.len - 1] == ' ' || content_type.ptr[content_type.len - 1] == '\t'))
        content_type.len--;
    return content_type;
}

/* "image/png" matches itself, "image/" + "*" any image, "+json" any type of that suffix (RFC 6838,
 * section 4.2.8). */
static bool media_type_matches(flare_str declared, flare_str got)
{
    if (declared.ptr[0] == '+') {
        if (got.len <= declared.len || memchr(got.ptr, '/', got.len) == NULL)
            return false;
        got = (flare_str){flarei_str_end(got) - declared.len, declared.len};
    }
    if (declared.len > 2 && declared.ptr[declared.len - 1] == '*' && declared.ptr[declared.len - 2] == '/') {
        declared.len--;
        if (got.len <= declared.len)
            return false;
        got.len = declared.len;
    }
    return flare_str_equal_nocase(declared, got);
}

bool flarei_media_type_among(const flare_str *declared, uint32_t count, flare_str content_type)
{
    const flare_str got = essence(content_type);

    for (uint32_t i = 0; i < count; i++)
        if (media_type_matches(declared[i], got))
            return true;
    return count == 0;
}

static const flare_str wrong_type = FLARE_STR_INIT("the content type is not one that is taken here");

static enum flarei_body_state refuse(flare_request *rq, unsigned status, flare_str detail)
{
    rq->body_refusal = (uint16_t)status;
    rq->body_refusal_detail = detail;
    return FLAREI_BODY_REFUSED;
}

/* A body that is read as it comes is not decoded. */
static bool is_coded_well(const flare_request *rq, const struct flarei_body_rule *rule)
{
    return (rq->marks & FLAREI_MARK_INFLATE) != 0 && rule->begin == NULL && !rule->streamed &&
           rq->inflate_calls->is_known(rq);
}

enum flarei_body_state flarei_body(flare_request *rq, const struct flarei_body_rule *rule)
{
    const uint64_t max_bytes = rule->max_bytes != 0 ? rule->max_bytes : rq->limits->body_max_bytes;
    flare_str coding;

    /* A client that has none to send may say so by a length of zero (RFC 9110, section 8.6). */
    if (!rq->has_body || (rule->media_type_count != 0 && rq->body_length == 0 && rq->content_type.len == 0)) {
        rq->body = FLARE_STR("");
        if (rule->required)
            return refuse(rq, 400, FLARE_STR("a body is required"));
        return rq->content_type.len == 0 ||
                       flarei_media_type_among(rule->media_types, rule->media_type_count, rq->content_type)
                   ? FLAREI_BODY_READY
                   : refuse(rq, 415, wrong_type);
    }
    if (flarei_request_field(rq, FLARE_STR("Content-Encoding"), &coding) &&
        !flare_str_equal_nocase(coding, FLARE_STR("identity"))) {
        if (!is_coded_well(rq, rule))
            return refuse(rq, 415, FLARE_STR("the content coding is not supported"));
        rq->marks |= FLAREI_MARK_CODED;
    }
    if (!flarei_media_type_among(rule->media_types, rule->media_type_count, rq->content_type))
        return refuse(rq, 415, wrong_type);
    if (rq->body_length != UINT64_MAX && rq->body_length > max_bytes)
        return refuse(rq, 413, FLARE_STR("the body is too large"));
    if (rule->streamed) {
        rq->body_max_bytes = max_bytes;
        rq->body_rule = rule;
        if (rq->body_complete && rq->body.len > max_bytes)
            return refuse(rq, 413, FLARE_STR("the body is too large"));
        return FLAREI_BODY_READY;
    }
    if (!rq->body_complete) {
        rq->body_max_bytes = max_bytes;
        rq->body_rule = rule;
        return rule->begin == NULL || rule->begin(rq, rule->multipart) ? FLAREI_BODY_LATER
                                                                       : FLAREI_BODY_REFUSED;
    }
    if (rq->body.len > max_bytes)
        return refuse(rq, 413, FLARE_STR("the body is too large"));
    if (rule->begin != NULL && !rule->begin(rq, rule->multipart))
        return FLAREI_BODY_REFUSED;
    if ((rq->marks & FLAREI_MARK_CODED) != 0 &&
        !rq->inflate_calls->decode(rq, flarei_inflated_max_bytes(rule, max_bytes)))
        return FLAREI_BODY_REFUSED;
    return FLAREI_BODY_READY;
}

/* The value of a parameter of Content-Type (RFC 9110, section 5.6.6), quotes taken off. */
static bool parameter(flare_str content_type, flare_str name, flare_str *value)
{
    const char *at = content_type.ptr;
    const char *const end = flarei_str_end(content_type);

    while (at < end && (at = (const char *)memchr(at, ';', (size_t)(end - at))) != NULL) {
        const char *start;

        for (at++; at < end && (*at == ' ' || *at == '\t'); at++)
            continue;
        start = at;
        while (at < end && *at != '=' && *at != ';')
            at++;
        if (at == end || *at == ';' ||
            !flare_str_equal_nocase((flare_str){start, (size_t)(at - start)}, name))
            continue;
        start = ++at;
        while (at < end && *at != ';' && *at != ' ' && *at != '\t')
            at++;
        *value = (flare_str){start, (size_t)(at - start)};
        if (value->len >= 2 && value->ptr[0] == '"' && value->ptr[value->len - 1] == '"')
            *value = (flare_str){start + 1, value->len - 2};
        return true;
    }
    return false;
}

bool flarei_body_text(flare_request *rq, flare_str *text)
{
    flare_str charset;
    size_t scalars;

    if (parameter(rq->content_type, FLARE_STR("charset"), &charset) &&
        !flare_str_equal_nocase(charset, FLARE_STR("utf-8")) &&
        !flare_str_equal_nocase(charset, FLARE_STR("us-ascii"))) {
        (void)refuse(rq, 415, FLARE_STR("the charset is not one that is taken here"));
        return false;
    }
    if (!flare_utf8_count(rq->body, FLARE_UTF8_NO_NUL, &scalars)) {
        (void)refuse(rq, 400, FLARE_STR("the body is not text in UTF-8"));
        return false;
    }
    *text = rq->body;
    return true;
}

flare_reply flarei_reply_body_refused(flare_request *rq)
{
    if (!rq->body_complete && rq->body_refusal == 413)
        rq->keep_alive = false;
    return flarei_reply_problem_of(rq, rq->body_refusal, FLARE_STR(""), rq->body_refusal_detail);
}
