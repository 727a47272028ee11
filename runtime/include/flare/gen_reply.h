/* flare/gen_reply.h - how emitted C replies: baked heads, contents, JSON; a part of gen.h. */
#ifndef FLARE_GEN_REPLY_H
#define FLARE_GEN_REPLY_H

#include <flare/gen.h>

FLARE_BEGIN

/* ---- Replies ---- */

/* A reply's head, baked. */
struct flarei_head {
    uint32_t status;
    flare_str
        h1; /* "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n": all but length, date, connection */
    flare_str content_type;    /* for other wires and the log */
    const flare_field *fields; /* the declared constant fields, for other wires; they are in h1 too */
    uint32_t field_count;
    bool secret; /* its content holds what is secret: never compressed, since lengths tell */
};

/** A baked head: FLAREI_HEAD(200, "OK", "text/plain", "X-Fixed: 1\r\n") */
#define FLAREI_HEAD(status, reason, content_type, fields)                                                    \
    {                                                                                                        \
        status,                                                                                              \
            FLARE_STR_INIT("HTTP/1.1 " #status " " reason "\r\nContent-Type: " content_type "\r\n" fields),  \
            FLARE_STR_INIT(content_type), NULL, 0, false                                                     \
    }
/** A baked head of a reply without content. */
#define FLAREI_HEAD_EMPTY(status, reason, fields)                                                            \
    {                                                                                                        \
        status, FLARE_STR_INIT("HTTP/1.1 " #status " " reason "\r\n" fields), {NULL, 0}, NULL, 0, false      \
    }

/** Writes a whole reply. */
flare_reply flarei_reply_whole(flare_request *rq, const struct flarei_head *head,
                               flare_str body) FLARE_MUST_USE;
/** Writes a reply without content (204, 304, or Content-Length: 0). */
flare_reply flarei_reply_empty(flare_request *rq, const struct flarei_head *head) FLARE_MUST_USE;
/** Begins a reply whose content's length isn't known yet: the caller appends it. @return NULL when it can't;
 * close all the same */
flare_buffer *flarei_reply_open(flare_request *rq, const struct flarei_head *head,
                                size_t length_hint) FLARE_MUST_USE;
/** Ends it: the length is filled in. */
flare_reply flarei_reply_close(flare_request *rq) FLARE_MUST_USE;
/** A declared problem: baked JSON text. */
flare_reply flarei_reply_problem(flare_request *rq, const struct flarei_head *head,
                                 flare_str json) FLARE_MUST_USE;
/** Undoes what a constructor wrote and answers 500. @param why for the log only */
flare_reply flarei_reply_fail(flare_request *rq, const char *why) FLARE_MUST_USE;
/** Declared reply fields, before the constructor's open or whole. @return FLARE_OK, else reply with
 * flarei_reply_fail() */
flare_err flarei_reply_field(flare_request *rq, flare_str name, flare_str value) FLARE_MUST_USE;
flare_err flarei_reply_field_u64(flare_request *rq, flare_str name, uint64_t value) FLARE_MUST_USE;
flare_err flarei_reply_field_i64(flare_request *rq, flare_str name, int64_t value) FLARE_MUST_USE;
/** Adds a Set-Cookie line. @param value cookie octets (RFC 6265 section 4.1.1) @param attributes a constant
 * such as "; Path=/" @return false: it is of other octets, or there is no memory */
bool flarei_reply_cookie(flare_request *rq, flare_str name, flare_str value,
                         flare_str attributes) FLARE_MUST_USE;
/** May this stand in a field line? No CR, LF, NUL or other control characters (RFC 9110 section 5.5). */
bool flarei_field_value_valid(flare_str value) FLARE_MUST_USE;

/* ---- JSON writing ---- */

#define FLAREI_PUT(out, literal) flarei_put((out), "" literal, sizeof(literal) - 1)

static inline void flarei_put(flare_buffer *out, const char *text, size_t length)
{
    (void)flarei_buffer_append(out, text, length);
}
void flarei_put_string(flare_buffer *out, flare_str value);
/* JSON as it is, not looked at; none at all is a failure. */
void flarei_put_raw(flare_buffer *out, flare_str value);
void flarei_put_bool(flare_buffer *out, bool value);
void flarei_put_u64(flare_buffer *out, uint64_t value);
void flarei_put_i64(flare_buffer *out, int64_t value);
void flarei_put_f64(flare_buffer *out, double value);
void flarei_put_f32(flare_buffer *out, float value);
void flarei_put_bytes(flare_buffer *out, flare_str value); /* base64 */
void flarei_put_uuid(flare_buffer *out, flare_uuid value);
void flarei_put_date(flare_buffer *out, flare_date value);
void flarei_put_datetime(flare_buffer *out, flare_time value);
void flarei_put_ipv4(flare_buffer *out, flare_ipv4 value);
void flarei_put_ipv6(flare_buffer *out, flare_ipv6 value);
/** Marks the output as not to be sent: an enumerator that was never set, say. The reply becomes a 500. */
void flarei_put_failed(flare_buffer *out, const char *why);
/** Begins a container of a type that may hold itself. One that holds itself in memory, or is nested over
 * FLAREI_JSON_DEPTH_MAX, fails the output.
 *  @return false: write nothing of it; else flarei_put_leave() must follow */
FLARE_MUST_USE bool flarei_put_enter(flare_buffer *out);
static inline void flarei_put_leave(flare_buffer *out)
{
    out->depth--;
}

FLARE_END

#endif
