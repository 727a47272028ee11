/* flare/async.h - handlers that take their time, in straight-line C.
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
 * once, at a guard page.
 */
#ifndef FLARE_ASYNC_H
#define FLARE_ASYNC_H

#include <flare/err.h>
#include <flare/loop.h>
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

/** The reply of a handler that ended early and has nothing to say: 503, with no line in the log. Routes that
 * declare replies have a typed one of their own, X_cancelled(). @param rq the request @return what the
 * handler returns. The handler's thread. */
flare_reply flare_cancelled_reply(flare_request *rq) FLARE_MUST_USE;

/* ---- Waiting: in async and blocking handlers ---- */

/** No limit to a wait, but that of the request. */
#define FLARE_FOREVER UINT64_MAX

/** Waits.
 *  @param delay_ms how long; 0 lets others run
 *  @return FLARE_OK; FLARE_ERR_CANCELLED, by a drain too; FLARE_ERR_STATE in a handler of another kind */
flare_err flare_sleep(uint64_t delay_ms) FLARE_MUST_USE;

/** Waits until a descriptor is ready. Async handlers; one at a time waits for a descriptor.
 *  @param fd borrowed; open and not watched otherwise by the worker's loop
 *  @param want FLARE_READ, FLARE_WRITE or both
 *  @param timeout_ms or FLARE_FOREVER
 *  @return FLARE_OK: ready, or it would report an error; FLARE_ERR_TIMEOUT; FLARE_ERR_CANCELLED;
 * FLARE_ERR_STATE in a handler of another kind; or as flare_loop_add() */
flare_err flare_wait_fd(int fd, unsigned want, uint64_t timeout_ms) FLARE_MUST_USE;

/** Runs a function that blocks on a thread of the pool, and waits for it. In a blocking handler it is a call.
 *  @param run what to run; it must not reply @param argument given to it
 *  @return FLARE_OK: it ran, to its end; FLARE_ERR_CANCELLED: it did not run; FLARE_ERR_MEMORY or
 * FLARE_ERR_AGAIN without a thread; FLARE_ERR_STATE in a handler of another kind */
flare_err flare_run_blocking(void (*run)(void *argument), void *argument) FLARE_MUST_USE;

/* ---- Side by side: in async handlers ---- */

/** A function that runs beside the handler that spawned it; the caller's, on its stack, until it is joined.
 * The members are the library's. */
typedef struct flare_branch {
    flare_err (*run)(void *argument); /**< what it runs */
    void *argument;                   /**< given to it */
    void *owner;                      /**< who joins it */
    flare_err result;                 /**< once ended */
    bool ended;                       /**< it has returned */
} flare_branch;

/** Has a function run beside this one, on a stack of its own, from the next wait on. It is cancelled with the
 * request. Each is joined before the function that spawned it returns.
 *  @param branch the caller's @param run may wait as handlers do; it must not reply @param argument given to
 * it
 *  @return FLARE_OK; FLARE_ERR_MEMORY; FLARE_ERR_STATE in a handler of another kind. After an error
 * flare_join() returns the same. */
flare_err flare_spawn(flare_branch *branch, flare_err (*run)(void *argument), void *argument);

/** Waits until it has returned, in any case: what it uses is on the caller's stack.
 *  @param branch spawned @return what it returned */
flare_err flare_join(flare_branch *branch);

/* ---- Queues: between handlers, and to them from any thread ---- */

/** A queue of pointers with room for so many. */
typedef struct flare_queue flare_queue;

/** Makes one. @param queue set; the caller ends it with flare_queue_free() @param capacity at least 1
 *  @return FLARE_OK or FLARE_ERR_MEMORY. Any thread. */
flare_err flare_queue_new(flare_queue **queue, size_t capacity) FLARE_MUST_USE;

/** Adds an item at the end.
 *  @param queue any @param item the receiver's from then on
 *  @param timeout_ms how long to wait for room; 0 does not wait
 *  @return FLARE_OK; FLARE_ERR_CLOSED; FLARE_ERR_TIMEOUT; FLARE_ERR_CANCELLED, by a drain too.
 * Any thread; with a timeout not on a worker's own, outside of async handlers. */
flare_err flare_queue_push(flare_queue *queue, void *item, uint64_t timeout_ms) FLARE_MUST_USE;

/** Takes the first one. @param queue any @param item set on success @param timeout_ms as above
 *  @return as above; FLARE_ERR_CLOSED when it was closed and is empty. Threads as above. */
flare_err flare_queue_pop(flare_queue *queue, void **item, uint64_t timeout_ms) FLARE_MUST_USE;

/** No more is added: who waits for room is told so, and who waits for an item once there are none.
 *  @param queue any. No errors. Any thread. */
void flare_queue_close(flare_queue *queue);

/** Frees it; what is in it is forgotten. @param queue may be NULL; nobody uses it any more. No errors. Any
 * thread. */
void flare_queue_free(flare_queue *queue);

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
