/* flare/async.h - handlers that take their time, in straight-line C.
 *
 *     GET /report/:id -> async report { path id: u64; limits(time: 2s); reply 200 text; }
 *
 *     app_report_reply app_report(flare_request *rq, const app_report_in *in)
 *     {
 *         if (flare_sleep(100) != FLARE_OK)
 *             return app_report_cancelled(rq);
 *         return app_report_ok(rq, FLARE_STR("done"));
 *     }
 *
 *   async     runs on its worker's thread, on a small stack of its own; what waits here gives the thread to
 *             others meanwhile
 *   blocking  runs on a thread of a pool (--blocking-threads); it may call what blocks
 *   deferred  returns at once and replies later, from any thread
 *
 * All of them are told when nobody waits for the reply any more, or its time (`limits(time: ...)`) is over:
 * flare_cancelled() turns true, and what waits returns FLARE_ERR_CANCELLED. The handler then returns; what it
 * replies is sent where somebody can still read it. A drain ends waits for time to pass and for news to come;
 * one for work that is under way (a descriptor, a branch, a blocking call) goes on.
 *
 * An async handler's stack has 64 KiB: keep large arrays off it. One that needs more ends the process at
 * once, at a guard page; its last words say `stack=full`.
 */
#ifndef FLARE_ASYNC_H
#define FLARE_ASYNC_H

#include <flare/await.h>
#include <flare/reply.h>

FLARE_BEGIN

/* ---- Whether anybody waits for the reply ---- */

/** Why a request is not waited for any more. */
typedef enum flare_cancel {
    FLARE_CANCEL_NONE = 0, /**< it is */
    FLARE_CANCEL_DRAIN,    /**< the server was asked to end: come to an end soon; the reply will be sent */
    FLARE_CANCEL_DEADLINE, /**< the handler's time is over; a reply made within half a second will be sent */
    FLARE_CANCEL_PEER      /**< the peer shut down its side, reset the connection or the stream */
} flare_cancel;

/** Should the handler end early?
 *  @param rq its request @return whether there is a reason, at most 50 ms after it arose. No errors. The
 * handler's thread; of a deferred one any. */
bool flare_cancelled(const flare_request *rq);

/** The reason, the strongest of several. @param rq the request @return FLARE_CANCEL_NONE while somebody
 * waits. No errors. Threads as flare_cancelled(). */
flare_cancel flare_cancel_reason(const flare_request *rq);

/** How long the handler still has, by `limits(time: …)` of its route or service: what is called on its behalf
 * need not take longer. A stream goes on beyond the service's time; it ends by its route's alone.
 *  @param rq the request @return milliseconds, 0 when it is over; FLARE_FOREVER in a plain handler. No
 * errors. The handler's thread; of a deferred one any. */
uint64_t flare_time_left_ms(const flare_request *rq);

/** The reply of a handler that ended early and has nothing to say: 503, with no line in the log. Routes that
 * declare replies have a typed one of their own, X_cancelled(). @param rq the request @return what the
 * handler returns. The handler's thread. */
flare_reply flare_cancelled_reply(flare_request *rq) FLARE_MUST_USE;

/* ---- Replying later: deferred handlers ---- */

/** A reply that a deferred handler owes: given to it, and owned until it is delivered. */
typedef struct flare_deferred flare_deferred;

/** The request to make the reply for; one thread at a time uses it. @param later not delivered
 *  @return borrowed until the delivery. No errors. Any thread. */
flare_request *flare_deferred_request(flare_deferred *later);

/** Sends the reply, where somebody still waits for it, and ends the handle: exactly once for each. Routes
 * that declare replies have a typed one of their own, X_deliver().
 *  @param later not delivered; gone after this @param reply made for its request; one that no constructor
 * made is sent as 500 and logged. No errors. Any thread. */
void flare_deliver(flare_deferred *later, flare_reply reply);

/** Gives up: 500, and a line in the log. @param later as for flare_deliver(). No errors. Any thread. */
void flare_deferred_drop(flare_deferred *later);

FLARE_END
#endif
