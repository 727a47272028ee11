/* server/work.h - a request whose handler is at work while the loop goes on.
 *
 *                      +-- peer gone --> orphan: ends alone, its reply goes nowhere
 *                      |
 *     dispatch ----> WORK ---- the handler returned ----> delivered on the worker's thread
 *
 * It lives in the request's arena. The request, its input and the work stay together until the handler has
 * returned, whatever becomes of the connection. Files that serve plain handlers too reach it only through
 * `calls`, so that a service without such handlers does not hold this code.
 */
#ifndef FLAREI_SERVER_WORK_H
#define FLAREI_SERVER_WORK_H

#include "fiber/cancel.h"
#include "server/exchange.h"

#include <flare/gen_work.h>

struct flarei_h2_request;
struct flarei_h2_reply_head;

struct flarei_work_calls {
    /** A reason to end early. */
    void (*cancel)(struct flarei_work *work, unsigned reason);
    /** Nobody waits for the reply, and the exchange is the work's own from here on. @param input that the
     * request's slices are in, or NULL */
    void (*leave)(struct flarei_work *work, struct flarei_in_buffer *input);
};

struct flarei_work {
    struct flarei_cancel cancel;
    const struct flarei_work_calls *calls;
    const struct flarei_work_rule *rule;
    struct flarei_exchange *exchange;
    struct flarei_site *site;
    struct flarei_connection *connection; /* NULL: nobody waits */
    struct flarei_h2_request *stream;     /* NULL: HTTP/1 */
    struct flarei_h2_reply_head *h2_head; /* HTTP/2: of the reply */
    struct flarei_in_buffer *input;       /* kept for an orphan */
    struct flarei_out_buffer *output;     /* what the reply is made in, once it is not the connection's */
    struct flarei_work *next;             /* of the worker's */
    struct flarei_work *previous;
    flare_timer deadline;
    void *argument; /* copy of the inputs */
    flare_reply reply;
    bool replied; /* before its first wait */
    bool unbound; /* its body comes or its reply leaves: the service's time is no limit meanwhile */
    bool waited;
    bool done;    /* the handler has returned */
};

/** The connection or stream of a request at work is gone. */
static inline void flarei_work_leave(flare_request *rq, struct flarei_in_buffer *input)
{
    rq->work->calls->leave(rq->work, input);
}

static inline void flarei_work_cancel(flare_request *rq, unsigned reason)
{
    rq->work->calls->cancel(rq->work, reason);
}

#endif
