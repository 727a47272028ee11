/* flare/remote.h - a service elsewhere, and what a call of it brings back. `flarec client` emits the calls:
 *
 *     const flare_remote shop = {client, {.url = FLARE_STR("https://shop.example.com"), .timeout_ms = 5000}};
 *     const shop_client_get_product_in in = {.id = id};
 *     shop_client_get_product_out out;
 *     const flare_err err = shop_client_get_product(&shop, &in, &out);
 *
 *     if (err == FLARE_OK && out.reply == SHOP_CLIENT_GET_PRODUCT_OK)
 *         show(out.as.ok.body.name);
 *     flare_call_free(&out.call);
 *
 * A call waits as flare_fetch_wait() does: in an async handler its worker serves others meanwhile. Of a
 * WebSocket's route there are three: `_open()`, then `_send()` and `_next()` as often as there is something
 * to say or hear, and flare_call_close() in the end.
 */
#ifndef FLARE_REMOTE_H
#define FLARE_REMOTE_H

#include <flare/await.h>
#include <flare/client.h>
#include <flare/reply.h>
#include <flare/websocket.h>

FLARE_BEGIN

/** Failures of a call that are told at most. */
#define FLARE_CALL_FAILURES_MAX 32

/** Whom a typed client asks, and how. One may be used by any number of calls, also at a time. */
typedef struct flare_remote {
    flare_client *client;        /**< borrowed for each call: the calling thread's */
    flare_fetch_options options; /**< of every call. The path of a route is put behind `url`, which has no
                                    query; `fields` go with each request. What the call sets is passed over:
                                    method, content, source and content_type */
} flare_remote;

/** What is not as the spec says, in the words of the `errors` that a service replies. Constant, or as long
 * lived as its call. */
typedef struct flare_call_failure {
    flare_str in;      /**< "path", "query", "header", "cookie" or "body" */
    flare_str name;    /**< of the input or field; empty of JSON */
    flare_str pointer; /**< of JSON, or of an item: where (RFC 6901); else empty */
    flare_str rule;    /**< such as "max_length" */
} flare_call_failure;

/** What is known of a call's WebSocket. */
typedef struct flare_call_socket {
    flare_str subprotocol; /**< that was agreed on; empty: none */
    bool http2;            /**< it is on a stream of HTTP/2 (RFC 8441) */
    unsigned code;         /**< once over: the server's, else this side's, or FLARE_WS_LOST; before that 0 */
    flare_str reason;      /**< the server's, of its Close */
} flare_call_socket;

struct flarei_call_kept;

/** One call. All of it, and what its `out` holds, lives until flare_call_free(). */
typedef struct flare_call {
    const flare_fetch_reply *reply; /**< what came, whatever it is; NULL: nothing did. Of a WebSocket that is
                                       open its status is 101, over HTTP/2 too */
    flare_problem_info problem;     /**< of a reply of application/problem+json; else its status is 0 */
    const char *why;                /**< a constant sentence where more is known than the error; or NULL */
    const flare_call_failure *failures; /**< of FLARE_ERR_ARGUMENT: of the inputs, and nothing was sent; of
                                           FLARE_ERR_CONTRACT: of the reply. Of a message likewise */
    size_t failure_count;               /**< 0: none are told */
    flare_call_socket socket;           /**< of a WebSocket's route; else zero */
    struct flarei_call_kept *kept;      /**< the library's */
} flare_call;

/** Ends a WebSocket: says Close behind what was sent, drops what still comes, and waits for the server's
 * Close, at most 5 s; `call->socket` then has its code and reason.
 *  @param call whose socket is open @param code FLARE_WS_NORMAL or another that may be said, or 3000 to 4999
 *  @param reason UTF-8; cut at 123 bytes
 *  @return FLARE_OK: both sides said so; FLARE_ERR_CLOSED: it was over before; FLARE_ERR_STATE: none was
 * opened; FLARE_ERR_ARGUMENT (the code); FLARE_ERR_CONTRACT: the server had sent what the spec does not
 * declare; FLARE_ERR_TIMEOUT, FLARE_ERR_RESET or another error of the connection; FLARE_ERR_CANCELLED;
 * FLARE_ERR_MEMORY. The client's thread. */
flare_err flare_call_close(flare_call *call, unsigned code, flare_str reason);

/** Gives back what a call holds, whatever it returned; a WebSocket that is open is cut. @param call of a call
 * that was made, or zero; then as zero. NULL is fine. The client's thread. No errors. */
void flare_call_free(flare_call *call);

FLARE_END
#endif
