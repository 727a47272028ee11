#include "http/reply.h"
#include "http/stream.h"
#include "wire/h1.h"

#include <flare/log.h>

#include <stdarg.h>
#include <stdio.h>

/* "Content-Length: " with 20 digits, "Connection: keep-alive" and the line ends. */
static const size_t tail_max_bytes = 16 + 20 + 2 + 24 + 2;

enum { TITLE_MAX_BYTES = 64 }; /* of a problem */
enum { DATE_FIELD_BYTES = sizeof("Date: \r\n") - 1 + FLARE_TIME_HTTP_BYTES };

static char *put(char *to, const char *text, size_t length)
{
    memcpy(to, text, length);
    return to + length;
}

#define PUT_LITERAL(to, literal) put((to), (literal), sizeof(literal) - 1)

/* For texts that are nearly always short: two words that overlap, without a call. */
static inline char *put_short(char *to, flare_str text)
{
    if (FLARE_UNLIKELY(text.len < 8 || text.len > 16))
        return text.len != 0 ? put(to, text.ptr, text.len) : to; /* memcpy forbids NULL, even for no bytes */
    memcpy(to, text.ptr, 8);
    memcpy(to + text.len - 8, text.ptr + text.len - 8, 8);
    return to + text.len;
}

/* A length's digits: those of nearly all bodies that a head costs more than. */
static inline char *put_length(char *to, size_t length)
{
    const size_t tens = length * 103 >> 10; /* a tenth, up to 178 */

    if (FLARE_UNLIKELY(length < 10 || length >= 100))
        return to + flare_u64_format(length, to);
    to[0] = (char)('0' + tens);
    to[1] = (char)('0' + (length - 10 * tens));
    return to + 2;
}

static flare_reply made(flare_request *rq)
{
    rq->state = FLAREI_REQUEST_REPLIED;
    return (flare_reply){rq->mark};
}

void flarei_reply_undo(flare_request *rq)
{
    flarei_buffer_truncate(rq->out, rq->reply_start);
    rq->reply_field_count = rq->kept_fields;
    rq->state = FLAREI_REQUEST_OPEN;
}

/* Nothing can be written any more: the connection must end. */
static flare_reply lost(flare_request *rq)
{
    flarei_buffer_truncate(rq->out, rq->reply_start);
    rq->reply_status = 0;
    rq->keep_alive = false;
    return made(rq);
}

/* May a reply be made now? Also settles whether the connection can go on behind a body that was not read. */
FLARE_ALWAYS_INLINE bool begin(flare_request *rq, unsigned status)
{
    if (!FLARE_ASSERT(rq->state == FLAREI_REQUEST_OPEN,
                      "a request is replied to once, while its handler runs"))
        return false;
    rq->reply_status = status;
    rq->reply_start = flarei_buffer_len(rq->out);
    rq->reply_bytes = 0;
    if (FLARE_UNLIKELY(!rq->body_complete)) {
        const bool too_long = rq->body_length != UINT64_MAX && rq->body_length > rq->limits->body_max_bytes;

        if (rq->expects_continue || too_long)
            rq->keep_alive = false;
    }
    return true;
}

bool flarei_reply_begin(flare_request *rq, unsigned status)
{
    return begin(rq, status);
}

static FLARE_NOINLINE_COLD size_t sum_of_fields(const flare_request *rq)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < rq->reply_field_count; i++)
        bytes += rq->reply_fields[i].name.len + rq->reply_fields[i].value.len + 4;
    return bytes;
}

static inline size_t fields_bytes(const flare_request *rq)
{
    return FLARE_LIKELY(rq->reply_field_count == 0) ? 0 : sum_of_fields(rq);
}

static FLARE_NOINLINE_COLD char *put_fields(const flare_request *rq, char *to)
{
    for (uint32_t i = 0; i < rq->reply_field_count; i++) {
        to = put(to, rq->reply_fields[i].name.ptr, rq->reply_fields[i].name.len);
        to = PUT_LITERAL(to, ": ");
        to = put(to, rq->reply_fields[i].value.ptr, rq->reply_fields[i].value.len);
        to = PUT_LITERAL(to, "\r\n");
    }
    return to;
}

/* Date, added fields and Connection: what stands in every head behind its baked part. */
static inline char *put_common(const flare_request *rq, char *to)
{
    if (FLARE_LIKELY(rq->date.len == DATE_FIELD_BYTES)) /* a copy of constant size is a few moves */
        to = put(to, rq->date.ptr, DATE_FIELD_BYTES);
    else
        to = put(to, rq->date.ptr, rq->date.len);
    if (FLARE_UNLIKELY(rq->reply_field_count != 0))
        to = put_fields(rq, to);
    if (FLARE_UNLIKELY(!rq->keep_alive))
        to = PUT_LITERAL(to, "Connection: close\r\n");
    else if (FLARE_UNLIKELY(rq->version_minor == 0))
        to = PUT_LITERAL(to, "Connection: keep-alive\r\n");
    return to;
}

/* The baked part of a head: in one piece, or a status line and a media type. */
static inline char *put_baked(char *to, const struct flarei_head *head)
{
    if (FLARE_LIKELY(head->h1.len != 0))
        return put(to, head->h1.ptr, head->h1.len);
    if (FLARE_LIKELY(head->status == 200 && head->content_type.len != 0)) {
        to = PUT_LITERAL(to, "HTTP/1.1 200 OK\r\nContent-Type: ");
        to = put_short(to, head->content_type);
        return PUT_LITERAL(to, "\r\n");
    }
    to += flarei_h1_write_status_line(to, head->status);
    if (head->content_type.len != 0) {
        to = PUT_LITERAL(to, "Content-Type: ");
        to = put(to, head->content_type.ptr, head->content_type.len);
        to = PUT_LITERAL(to, "\r\n");
    }
    return to;
}

static inline size_t baked_max_bytes(const struct flarei_head *head)
{
    return head->h1.len != 0 ? head->h1.len : FLAREI_H1_STATUS_LINE_MAX_BYTES + 16 + head->content_type.len;
}

/* RFC 9110, sections 15.3.5 and 15.4.5 */
static bool has_content(unsigned status)
{
    return status != 204 && status != 304;
}

/* Writes the reply that has begun; inlined where the head is known in part. */
FLARE_ALWAYS_INLINE flare_reply write_whole(flare_request *rq, const struct flarei_head *head, flare_str body)
{
    flare_buffer *const out = rq->out;
    char *to = flarei_buffer_reserve(out, baked_max_bytes(head) + tail_max_bytes + rq->date.len +
                                              fields_bytes(rq) + body.len);

    if (FLARE_UNLIKELY(to == NULL))
        return flarei_reply_fail(rq, "no memory for the reply");
    to = put_baked(to, head);
    if (FLARE_UNLIKELY(!has_content(head->status))) {
        body.len = 0;
    } else {
        to = PUT_LITERAL(to, "Content-Length: ");
        to = put_length(to, body.len);
        to = PUT_LITERAL(to, "\r\n");
    }
    to = put_common(rq, to);
    to = PUT_LITERAL(to, "\r\n");
    if (FLARE_LIKELY(!rq->head_only)) {
        to = put_short(to, body);
        rq->reply_bytes = body.len;
    }
    flarei_buffer_commit(out, (size_t)(to - (out->ptr + out->end)));
    return made(rq);
}

flare_reply flarei_reply_whole(flare_request *rq, const struct flarei_head *head, flare_str body)
{
    if (!begin(rq, head->status))
        return (flare_reply){0};
    if (rq->wire != NULL)
        return rq->wire->whole(rq, head, body);
    return write_whole(rq, head, body);
}

bool flarei_reply_head(flare_request *rq, const struct flarei_head *head, flare_str framing)
{
    char *const start = flarei_buffer_reserve(rq->out, baked_max_bytes(head) + tail_max_bytes + rq->date.len +
                                                           fields_bytes(rq) + framing.len);
    char *to = start;

    if (start == NULL)
        return false;
    to = put_baked(to, head);
    to = put(to, framing.ptr, framing.len);
    to = put_common(rq, to);
    to = PUT_LITERAL(to, "\r\n");
    flarei_buffer_commit(rq->out, (size_t)(to - start));
    return true;
}

flare_reply flarei_reply_empty(flare_request *rq, const struct flarei_head *head)
{
    return flarei_reply_whole(rq, head, FLARE_STR(""));
}

/* Content-Length stands last in the head, so that its digits can be filled in when the content is known. Room
 * is left for as many digits as the hint has; the content moves in the rare case that it has others. */
flare_buffer *flarei_reply_open(flare_request *rq, const struct flarei_head *head, size_t length_hint)
{
    char digits[FLARE_U64_MAX_BYTES];
    const size_t width = flare_u64_format(length_hint, digits);
    char *to, *start;

    if (!begin(rq, head->status))
        return NULL;
    if (rq->wire != NULL)
        return rq->wire->open(rq, head, length_hint);
    to = start = flarei_buffer_reserve(rq->out, baked_max_bytes(head) + tail_max_bytes + rq->date.len +
                                                    fields_bytes(rq) + length_hint);
    if (FLARE_UNLIKELY(to == NULL))
        return NULL;
    to = put_common(rq, put_baked(to, head));
    to = PUT_LITERAL(to, "Content-Length: ");
    to = put(to, digits, width);
    to = PUT_LITERAL(to, "\r\n\r\n");
    flarei_buffer_commit(rq->out, (size_t)(to - start));
    rq->reply_body = flarei_buffer_len(rq->out);
    rq->reply_length_width = (uint8_t)width;
    return rq->out;
}

flare_reply flarei_reply_close(flare_request *rq)
{
    flare_buffer *const out = rq->out;
    char digits[FLARE_U64_MAX_BYTES];
    size_t length, width;
    char *body;

    if (!FLARE_ASSERT(rq->state == FLAREI_REQUEST_OPEN,
                      "a request is replied to once, while its handler runs"))
        return (flare_reply){0};
    if (rq->wire != NULL)
        return rq->wire->close(rq);
    if (FLARE_UNLIKELY(out->failed || rq->reply_length_width == 0))
        return flarei_reply_fail(rq, "the reply's content could not be written");
    length = flarei_buffer_len(out) - rq->reply_body;
    width = flare_u64_format(length, digits);
    if (width != rq->reply_length_width) {
        if (flarei_buffer_reserve(out, width) == NULL)
            return flarei_reply_fail(rq, "no memory for the reply");
        body = out->ptr + out->start + rq->reply_body;
        memmove(body - rq->reply_length_width + width, body, length);
        PUT_LITERAL(body - 4 - rq->reply_length_width + width, "\r\n\r\n");
        out->end = out->end - rq->reply_length_width + width;
        memcpy(body - 4 - rq->reply_length_width, digits, width);
    } else {
        body = out->ptr + out->start + rq->reply_body;
        memcpy(body - 4 - width, digits, width);
    }
    if (rq->head_only)
        flarei_buffer_truncate(out, flarei_buffer_len(out) - length);
    else
        rq->reply_bytes = length;
    return made(rq);
}

flare_reply flarei_reply_problem(flare_request *rq, const struct flarei_head *head, flare_str json)
{
    return flarei_reply_whole(rq, head, json);
}

flare_reply flarei_reply_fail(flare_request *rq, const char *why)
{
    return flare_fail(rq, FLARE_OK, why);
}

static FLARE_NOINLINE_COLD flare_reply bytes_by_wire(flare_request *rq, unsigned status,
                                                     flare_str content_type, flare_str body)
{
    const struct flarei_head head = {.status = status, .content_type = content_type};

    return flarei_reply_whole(rq, &head, body);
}

/* Status and media type are the handler's, so its head is made at run time. */
flare_reply flare_bytes(flare_request *rq, int status, flare_str content_type, flare_str body)
{
    const struct flarei_head head = {.status = (uint32_t)status, .content_type = content_type};

    if (!FLARE_ASSERT(status >= 200 && status <= 599, "a final status is 200 to 599"))
        return flarei_reply_fail(rq, "the handler's status is not 200 to 599");
    if (FLARE_UNLIKELY(!flarei_field_value_plain(content_type) && !flarei_field_value_valid(content_type)))
        return flarei_reply_fail(rq, "the handler's content type can't be sent");
    if (FLARE_UNLIKELY(rq->wire != NULL))
        return bytes_by_wire(rq, head.status, content_type, body);
    if (!begin(rq, head.status))
        return (flare_reply){0};
    return write_whole(rq, &head, body);
}

static const struct flarei_head text_ok = FLAREI_HEAD(200, "OK", "text/plain; charset=utf-8", "");
static const struct flarei_head json_ok = FLAREI_HEAD(200, "OK", "application/json", "");

flare_reply flare_text(flare_request *rq, int status, flare_str body)
{
    if (FLARE_LIKELY(status == 200))
        return flarei_reply_whole(rq, &text_ok, body);
    return flare_bytes(rq, status, text_ok.content_type, body);
}

flare_reply flare_json(flare_request *rq, int status, flare_str json)
{
    if (FLARE_LIKELY(status == 200))
        return flarei_reply_whole(rq, &json_ok, json);
    return flare_bytes(rq, status, json_ok.content_type, json);
}

flare_reply flare_textf(flare_request *rq, int status, const char *format, ...)
{
    char text[1024], *longer;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return flarei_reply_fail(rq, "the handler's text could not be formatted");
    if ((size_t)length < sizeof text)
        return flare_text(rq, status, (flare_str){text, (size_t)length});
    longer = (char *)flare_alloc(rq, (size_t)length + 1);
    if (longer == NULL)
        return flarei_reply_fail(rq, "no memory for the reply");
    va_start(arguments, format);
    length = vsnprintf(longer, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return flare_text(rq, status, (flare_str){longer, (size_t)length});
}

flare_reply flare_empty(flare_request *rq, int status)
{
    return flare_bytes(rq, status, FLARE_STR(""), FLARE_STR(""));
}

flare_reply flare_redirect(flare_request *rq, int status, flare_str location)
{
    if (!FLARE_ASSERT(status == 301 || status == 302 || status == 303 || status == 307 || status == 308,
                      "a redirect's status is 301, 302, 303, 307 or 308"))
        return flarei_reply_fail(rq, "the handler's status is not a redirect's");
    if (flare_reply_header(rq, FLARE_STR("Location"), location) != FLARE_OK)
        return flarei_reply_fail(rq, "the handler's location can't be sent");
    return flare_empty(rq, status);
}

flare_reply flare_fail(flare_request *rq, flare_err err, const char *text)
{
    const char *const name = err == FLARE_OK ? "" : flare_err_name(err);

    if (FLARE_UNLIKELY(rq->body_failed) && rq->state == FLAREI_REQUEST_OPEN) /* it is the client's fault */
        return flarei_reply_body_refused(rq);
    if (!FLARE_ASSERT(rq->state == FLAREI_REQUEST_OPEN || rq->state == FLAREI_REQUEST_STREAMING,
                      "a request is replied to once, while its handler runs"))
        return (flare_reply){0};
    flare_log(FLARE_LOG_ERROR, "%.*s: %s%s%s", FLARE_STR_ARG(rq->route ? rq->route->name : rq->service->name),
              text, *name ? ": " : "", name);
    if (rq->state == FLAREI_REQUEST_STREAMING)
        return flarei_stream_break(rq);
    flarei_reply_undo(rq);
    (void)flarei_reply_problem_of(rq, 500, FLARE_STR(""),
                                  rq->expose_errors ? flare_str_of(text) : FLARE_STR(""));
    if (rq->state == FLAREI_REQUEST_REPLIED)
        return (flare_reply){rq->mark};
    return lost(rq);
}

/* The words of a slug, of a URI's last part: "urn:shop:out-of-stock" is "Out of stock". Without one, or with
 * one too long for `storage`, the status's reason, as RFC 9457 section 4.2.1 has it for about:blank. */
static flare_str problem_title(unsigned status, flare_str slug, char storage[static TITLE_MAX_BYTES])
{
    size_t start = slug.len;

    while (start > 0 && slug.ptr[start - 1] != ':' && slug.ptr[start - 1] != '/')
        start--;
    if (start == slug.len || slug.len - start > TITLE_MAX_BYTES)
        return flarei_h1_reason(status);
    for (size_t i = start; i < slug.len; i++)
        storage[i - start] = slug.ptr[i] == '-' || slug.ptr[i] == '_' ? ' ' : slug.ptr[i];
    if (storage[0] >= 'a' && storage[0] <= 'z')
        storage[0] = (char)(storage[0] - 32);
    return (flare_str){storage, slug.len - start};
}

static flare_reply write_problem(flare_request *rq, unsigned status, flare_str slug, flare_str detail)
{
    struct flarei_head head = {.status = status, .content_type = FLARE_STR_INIT("application/problem+json")};
    char title[TITLE_MAX_BYTES], storage[512], digits[FLARE_U64_MAX_BYTES];
    flare_buffer json;

    /* A buffer over the stack that can't grow: the texts are short, or cut to what fits. */
    flarei_buffer_over(&json, storage, sizeof storage);
    FLAREI_PUT(&json, "{\"type\":");
    flarei_put_string(&json, slug.len ? slug : FLARE_STR("about:blank"));
    FLAREI_PUT(&json, ",\"title\":");
    flarei_put_string(&json, problem_title(status, slug, title));
    FLAREI_PUT(&json, ",\"status\":");
    flarei_put(&json, digits, flare_u64_format(status, digits));
    if (detail.len != 0 && detail.len < 200) {
        FLAREI_PUT(&json, ",\"detail\":");
        flarei_put_string(&json, detail);
    }
    FLAREI_PUT(&json, "}");
    if (!begin(rq, status))
        return (flare_reply){0};
    if (flarei_buffer_reserve(rq->out, baked_max_bytes(&head) + tail_max_bytes + rq->date.len +
                                           fields_bytes(rq) + sizeof storage) == NULL)
        return lost(rq);
    return flarei_reply_whole(rq, &head, flarei_buffer_str(&json));
}

bool flarei_reply_page(flare_request *rq, const flare_problem_info *problem, flare_reply *reply)
{
    const uint8_t fields = rq->reply_field_count;

    if (FLARE_LIKELY(rq->service->page == NULL) || rq->in_page || rq->state != FLAREI_REQUEST_OPEN)
        return false;
    rq->in_page = true;
    if (!rq->service->page(rq, problem, reply)) {
        rq->in_page = false;
        return false;
    }
    if (reply->flarei_mark == rq->mark && rq->state == FLAREI_REQUEST_REPLIED)
        return true;
    flare_log(FLARE_LOG_ERROR, "%.*s: its page for %u returned a reply that no constructor made",
              FLARE_STR_ARG(rq->service->name), problem->status);
    flarei_reply_undo(rq);
    rq->reply_field_count = fields;
    return false;
}

flare_reply flarei_reply_problem_of(flare_request *rq, unsigned status, flare_str slug, flare_str detail)
{
    char storage[TITLE_MAX_BYTES];
    const flare_problem_info problem = {
        .status = status,
        .type = slug.len != 0 ? slug : FLARE_STR("about:blank"),
        .title = problem_title(status, slug, storage),
        .detail = detail,
    };
    flare_reply reply;

    if (flarei_reply_page(rq, &problem, &reply))
        return reply;
    return write_problem(rq, status, slug, detail);
}

flare_reply flare_problem(flare_request *rq, int status, flare_str slug)
{
    if (!FLARE_ASSERT(status >= 400 && status <= 599, "a problem's status is 400 to 599"))
        return flarei_reply_fail(rq, "the handler's status is not a problem's");
    return write_problem(rq, (unsigned)status, slug, FLARE_STR(""));
}

flare_reply flarei_reply_not_found(flare_request *rq)
{
    return flarei_reply_problem_of(rq, 404, FLARE_STR(""), FLARE_STR(""));
}

flare_reply flarei_reply_not_allowed(flare_request *rq, flare_str allow)
{
    if (flarei_reply_field_constant(rq, FLARE_STR("Allow"), allow) != FLARE_OK)
        return flarei_reply_fail(rq, "no room for Allow");
    return flarei_reply_problem_of(rq, 405, FLARE_STR(""), FLARE_STR(""));
}

flare_reply flarei_reply_options(flare_request *rq, flare_str allow)
{
    if (flarei_reply_field_constant(rq, FLARE_STR("Allow"), allow) != FLARE_OK)
        return flarei_reply_fail(rq, "no room for Allow");
    return flare_empty(rq, 204);
}
