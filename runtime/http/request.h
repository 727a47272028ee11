/* http/request.h - the life of a request between a wire and a service's dispatch. */
#ifndef FLAREI_HTTP_REQUEST_H
#define FLAREI_HTTP_REQUEST_H

#include <flare/gen.h>

/** Begins a request. The wire has zeroed nothing: every member is set here or by the caller afterwards.
 *  @param rq a slot of the worker's pool, in state FREE; its arena is set and reset
 *  @param service whose request it is @param state of the service @param out where h1 writes the reply */
void flarei_request_begin(flare_request *rq, const flare_service *service, void *state, flare_buffer *out);

/** Sets path and query from the target's raw parts: dot segments (escaped too) are refused, and a path with
 * '%' gets a copy in the request's memory in which escaped unreserved characters are plain and other escapes
 * in upper case.
 *  @param has_percent whether the path holds a '%' @param may_have_dots whether it holds a "/."
 *  @return FLARE_OK; FLARE_ERR_SYNTAX (400: a bad escape, an escaped NUL, a dot segment); FLARE_ERR_MEMORY.
 * RFC 3986 section 6.2.2 */
flare_err flarei_request_target(flare_request *rq, flare_str path, flare_str query, bool has_percent,
                                bool may_have_dots);

/** Runs the service: 501 for an unregistered method, OPTIONS * and CONNECT answered, else dispatch; then
 * judges the reply: one that no constructor made becomes a 500 and a log line. On return the state is REPLIED
 * or PARKED. */
void flarei_request_dispatch(flare_request *rq);

/** Goes on with a parked request whose body is complete in rq->body; judges as above. The state becomes
 * REPLIED. */
void flarei_request_resume(flare_request *rq);

/** A refusal outside the service (400, 408, 413, 414, 417, 431, 500, 501, 503, 505): problem+json,
 * Connection: close. Undoes whatever this request wrote before. @param detail for the log and for the body: a
 * constant that tells nothing about the inside */
void flarei_request_refuse(flare_request *rq, unsigned status, flare_str detail);

/** After-phases of a request that was replied to; then its memory is given back and the slot is FREE. */
void flarei_request_end(flare_request *rq);

#endif
