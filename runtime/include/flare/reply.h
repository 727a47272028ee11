/* flare/reply.h - how a handler answers where its route declares no replies of its own.
 *
 *     return flare_text(rq, 200, FLARE_STR("done"));
 *
 * Each constructor has written everything when it returns, so what it was given need live no longer. It is
 * called once a request, and the handler returns what it returned. All run on the request's worker thread. A
 * constructor that can't write (no memory, a field that isn't legal) turns into a 500 with a line in the log.
 */
#ifndef FLARE_REPLY_H
#define FLARE_REPLY_H

#include <flare/request.h>

FLARE_BEGIN

/** Proof that a reply was made. Only constructors make one: a forged `{0}` is a 500 and a log line. */
typedef struct flare_reply {
    uint32_t flarei_mark;
} flare_reply;

/** An error that the server answers by itself, for a service's own error page. Borrowed: it lives until the
 * page returns. */
typedef struct flare_problem_info {
    unsigned status;  /**< 400 to 599 */
    flare_str type;   /**< "about:blank", or a stable name such as "urn:flare:invalid-request" */
    flare_str title;  /**< "Not Found" */
    flare_str detail; /**< more, or empty; of a 500 only with --expose-errors */
} flare_problem_info;

/** Replies with text/plain; charset=utf-8. @param rq the request @param status 200 to 599 @param body UTF-8
 * text, copied
 *  @return what the handler returns. The request's thread. */
flare_reply flare_text(flare_request *rq, int status, flare_str body) FLARE_MUST_USE;

/** As flare_text, with a printf format. @param rq the request @param status 200 to 599 @param format as
 * printf
 *  @return what the handler returns. The request's thread. */
flare_reply flare_textf(flare_request *rq, int status, const char *format, ...)
    FLARE_PRINTF(3, 4) FLARE_MUST_USE;

/** Replies with any bytes. @param rq the request @param status 200 to 599 @param content_type a media type,
 * or empty for none
 *  @param body copied @return what the handler returns. The request's thread. RFC 9110 section 8.3 */
flare_reply flare_bytes(flare_request *rq, int status, flare_str content_type, flare_str body) FLARE_MUST_USE;

/** Replies with JSON text that the caller made. @param rq the request @param status 200 to 599 @param json
 * copied, not checked
 *  @return what the handler returns. The request's thread. */
flare_reply flare_json(flare_request *rq, int status, flare_str json) FLARE_MUST_USE;

/** Replies without content. @param rq the request @param status 200 to 599 @return what the handler returns.
 * The request's thread. */
flare_reply flare_empty(flare_request *rq, int status) FLARE_MUST_USE;

/** Redirects. @param rq the request @param status 301, 302, 303, 307 or 308 @param location a URI reference,
 * copied
 *  @return what the handler returns. The request's thread. RFC 9110 section 15.4 */
flare_reply flare_redirect(flare_request *rq, int status, flare_str location) FLARE_MUST_USE;

/** Replies with application/problem+json: type, title and status. The title is the slug in words, "Sku
 * taken", and the status's reason without one. @param rq the request @param status 400 to 599
 *  @param slug a stable problem name such as "sku-taken", or empty for about:blank @return what the handler
 * returns. The request's thread. RFC 9457 */
flare_reply flare_problem(flare_request *rq, int status, flare_str slug) FLARE_MUST_USE;

/** Fails: a 500 whose text only the log has (and the body, with --expose-errors). @param rq the request
 *  @param err why, or FLARE_OK @param text for the log, copied @return what the handler returns. The
 * request's thread. */
flare_reply flare_fail(flare_request *rq, flare_err err, const char *text) FLARE_MUST_USE;

/** Adds a field line to the reply that the next constructor writes. @param rq the request @param name a token
 *  @param value copied @return FLARE_OK; FLARE_ERR_SYNTAX if the name or value can't be a field line (RFC
 * 9110 section 5.5: CR, LF, NUL), or if the name is one that the server writes itself (Content-Length,
 * Transfer-Encoding, Connection, Date, Content-Type); FLARE_ERR_MEMORY; FLARE_ERR_LIMIT past 64 lines. The
 * request's thread. */
flare_err flare_reply_header(flare_request *rq, flare_str name, flare_str value);

FLARE_END
#endif
