/* flare/async.h - handlers that wait, in straight-line C.
 *
 *     GET /report/:id -> async report { path id: u64; limits(time: 2s); reply 200 text; }
 *
 *     app_report_reply app_report(flare_request *rq, const app_report_in *in)
 *     {
 *         if (flare_sleep(100) != FLARE_OK)
 *             return app_report_fail(rq, "nobody waits any more");
 *         return app_report_ok(rq, FLARE_STR("done"));
 *     }
 *
 * An `async` handler runs on its worker's thread, on a small stack of its own. What waits here gives the
 * thread to others meanwhile, and returns FLARE_ERR_CANCELLED as soon as nobody waits for the reply any more,
 * or its time
 * (`limits(time: …)`) is over. The handler then returns; what it replies is sent where somebody can still
 * read it.
 *
 * The stack has 64 KiB: keep large arrays off it. Needing more ends the process at once, at a guard page.
 */
#ifndef FLARE_ASYNC_H
#define FLARE_ASYNC_H

#include <flare/err.h>
#include <flare/request.h>

FLARE_BEGIN

/* ---- Whether anybody waits for the reply ---- */

/** Why a request is not waited for any more. */
typedef enum flare_cancel {
    FLARE_CANCEL_NONE = 0, /**< it is */
    FLARE_CANCEL_DRAIN,    /**< the server was asked to end: come to an end soon; the reply will be sent */
    FLARE_CANCEL_DEADLINE, /**< the handler's time is over; a reply made at once will be sent */
    FLARE_CANCEL_PEER      /**< the peer shut down its side, reset the connection or the stream */
} flare_cancel;

/** Should the handler end early? Costs next to nothing in `async`, `blocking` and `deferred` handlers.
 *  @param rq its request @return whether there is a reason. The handler's thread; a deferred one's: any. */
bool flare_cancelled(const flare_request *rq);

/** The reason, the strongest of several. @param rq the request @return FLARE_CANCEL_NONE while somebody
 * waits. Threads as flare_cancelled(). */
flare_cancel flare_cancel_reason(const flare_request *rq);

/* ---- Waiting: in async handlers ---- */

/** Waits.
 *  @param delay_ms how long; 0 lets others run
 *  @return FLARE_OK; FLARE_ERR_CANCELLED, by a drain too; FLARE_ERR_STATE outside of an async handler */
flare_err flare_sleep(uint64_t delay_ms) FLARE_MUST_USE;

FLARE_END
#endif
