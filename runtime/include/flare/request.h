/* flare/request.h - what a handler sees of a request.
 *
 *     flare_reply hello_home(flare_request *rq)
 *     {
 *         flare_str agent;
 *         if (flare_request_header(rq, FLARE_STR("User-Agent"), &agent))
 *             return flare_textf(rq, 200, "hello, %.*s\n", FLARE_STR_ARG(agent));
 *         return flare_text(rq, 200, FLARE_STR("hello\n"));
 *     }
 *
 * A request belongs to the worker thread that runs its handler. Every slice that it hands out is borrowed and
 * lives until the request's reply is made; a request must not be touched after its reply, but by an
 * after-phase (FLARE_ASSERT=safe catches it).
 */
#ifndef FLARE_REQUEST_H
#define FLARE_REQUEST_H

#include <flare/err.h>
#include <flare/field.h>
#include <flare/method.h>

FLARE_BEGIN

/** One request: opaque, borrowed by the handler. */
typedef struct flare_request flare_request;

/** @return the method (RFC 9110 section 9). @param rq the request. Its worker's thread. */
enum flare_method flare_request_method(const flare_request *rq);

/** @return the path as routed: escapes of unreserved characters resolved, others kept; borrowed from the
 * request.
 *  @param rq the request. Its worker's thread. RFC 3986 section 6.2.2.2 */
flare_str flare_request_path(const flare_request *rq);

/** @return the query after the `?`, still escaped, empty if there is none; borrowed. @param rq the request.
 * Its worker's thread. */
flare_str flare_request_query(const flare_request *rq);

/** Finds the first field line of a name, case-insensitively (RFC 9110 section 5.1).
 *  @param rq the request @param name the field name @param value set to the borrowed value when found
 *  @return whether there is one. Its worker's thread. */
bool flare_request_header(const flare_request *rq, flare_str name, flare_str *value);

/** All field lines in the order received; borrowed. @param rq the request @param count set to how many
 *  @return the first of them. Its worker's thread. */
const flare_field *flare_request_fields(const flare_request *rq, size_t *count);

/** What to send as `traceparent` with requests that this one causes (W3C Trace Context): its trace, and as
 * span the request's own. @param rq the request @return 55 characters that live as long as it, or empty where
 * the service has no `use trace()`. Its worker's thread. */
flare_str flare_request_traceparent(const flare_request *rq);

/** Adds an entry to `Server-Timing`, where the service has `use server_timing()`: how long a part of the work
 * took. Before the reply is made. @param rq the request @param name a token, such as "db"; another one, or
 * one that the line has no room for, is left out @param ns nanoseconds. No errors. Its worker's thread. */
void flare_request_timing(flare_request *rq, flare_str name, int64_t ns);

/** @return the body of a route that declares one, else empty; borrowed. @param rq the request. Its worker's
 * thread. */
flare_str flare_request_body(const flare_request *rq);

/** @return the request's id where the service has `use request_id()`, else empty; borrowed. @param rq the
 * request. Its worker's thread. */
flare_str flare_request_id(const flare_request *rq);

/** The address that the request came from, such as `192.0.2.1:50123` or `[2001:db8::1]:50123`; `-` for a Unix
 * socket. Behind trusted proxies (flare_options.trusted_proxies) it is the client's: the last one in the
 * chain that is none of them, without a port where they do not tell it (RFC 7239, section 5.2).
 *  @param rq the request @return borrowed, as long as the request. Its worker's thread. */
flare_str flare_request_peer(flare_request *rq);

/** @return the pattern of the route that matched, such as "/users/:id", or empty; constant. @param rq the
 * request. Its worker's thread. */
flare_str flare_request_route(const flare_request *rq);

/** @return in an after-phase: the status that was sent, 0 if the peer went away before; elsewhere 0.
 *  @param rq the request. Its worker's thread. */
unsigned flare_request_status(const flare_request *rq);

/** @return in an after-phase: bytes of content in the reply; elsewhere 0. @param rq the request. Its worker's
 * thread. */
uint64_t flare_request_reply_bytes(const flare_request *rq);

/** @return nanoseconds since the head was complete; 0 in a service
 * that neither logs nor has an after-phase. @param rq the request. Its worker's thread. */
int64_t flare_request_elapsed_ns(const flare_request *rq);

/** Memory that lives as long as the request, 16-byte aligned, not zeroed.
 *  @param rq the request @param bytes how much @return NULL when the request's memory limit is reached or
 * there is no memory: reply with flare_fail(). Its worker's thread. */
void *flare_alloc(flare_request *rq, size_t bytes) FLARE_MUST_USE;

/** printf into the request's memory. @param rq the request @param format as printf
 *  @return the text, which lives as long as the request, ended by a NUL that is not counted; an empty slice
 * with NULL ptr without memory. Its worker's thread. */
flare_str flare_format(flare_request *rq, const char *format, ...) FLARE_PRINTF(2, 3) FLARE_MUST_USE;

FLARE_END
#endif
