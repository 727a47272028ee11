/* server/work.h - a request whose handler is at work while the loop goes on.
 *
 *                      +-- peer gone, or too late --> orphan: ends alone, its reply goes nowhere
 *                      |
 *     dispatch ----> WORK ---- the handler returned ----> delivered on the worker's thread
 *
 * It lives in the request's slot. Request, inputs and work stay together until the handler has returned,
 * whatever becomes of the connection. Files that serve plain handlers too reach it only through `calls`, so
 * that a service without such handlers does not hold this code.
 */
#ifndef FLAREI_SERVER_WORK_H
#define FLAREI_SERVER_WORK_H

#include "fiber/cancel.h"
#include "fiber/threads.h"
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

/** Heads what a work remembers that has to do with others: see joined.c. */
struct flarei_joined {
    /** There is a reason to end early, and not just a drain. */
    void (*cancelled)(struct flarei_joined *joined);
    /** It has its reply, judged, or nobody waits for that. */
    void (*over)(struct flarei_joined *joined);
};

struct flarei_work {
    struct flarei_cancel cancel;
    const struct flarei_work_calls *calls;
    struct flarei_joined *joined; /* or NULL */
    const struct flarei_work_rule *rule;
    struct flarei_exchange *exchange;
    struct flarei_site *site;
    struct flarei_connection *connection; /* NULL: nobody waits */
    struct flarei_h2_request *stream;     /* NULL: HTTP/1 */
    struct flarei_h2_reply_head *h2_head; /* HTTP/2: of the reply */
    struct flarei_in_buffer *input;       /* kept for an orphan */
    struct flarei_out_buffer *output;     /* what the reply is made in, once it is not the connection's */
    flare_buffer *shared;                 /* what it would be made in otherwise, as dispatch began */
    size_t shared_start;
    struct flarei_link place; /* among the worker's */
    flare_timer deadline;
    uint64_t ends_ns; /* by the loop's clock: when it is due */
    void *argument;   /* copy of the inputs */
    flare_reply reply;
    bool waited;           /* async: it has */
    bool unbound;          /* its body comes or its reply leaves: the service's time is no limit meanwhile */
    bool done;             /* the handler has returned */
    bool late;             /* its time was over, and it was replied to */
    bool never_ran;        /* blocking: it was cancelled first */
    atomic_bool delivered; /* deferred */
    struct flarei_job job; /* blocking */
    flare_task over;       /* blocking and deferred: posted by whoever has the reply */
    char date[64];         /* the same: the worker's changes meanwhile */
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

/* ---- Between the kinds ---- */

/** Makes the work of a request, with a copy of the inputs. @return NULL without memory */
struct flarei_work *flarei_work_new(flare_request *rq, const struct flarei_work_rule *rule,
                                    const void *input);

/** 503: it can't be run. */
flare_reply flarei_work_refused(flare_request *rq);

/** The request waits from here on. @return what dispatch returns */
flare_reply flarei_work_begun(struct flarei_work *work);

/** It could not be run after all. */
void flarei_work_unbegin(struct flarei_work *work);

/** The same of one that has waited: 503, and it is finished. */
void flarei_work_unable(struct flarei_work *work);

/** It may reply now, after a wait: date and buffer are what they have to be. */
void flarei_work_resumed(struct flarei_work *work);

/** The handler has returned: delivers the reply, or forgets it. */
void flarei_work_finish(struct flarei_work *work);

/** From here on the reply is made in a buffer of the work's own. */
void flarei_work_prepare_output(struct flarei_work *work);
void flarei_work_give_output(struct flarei_work *work);

#endif
