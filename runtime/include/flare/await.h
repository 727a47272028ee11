/* flare/await.h - what async and blocking handlers wait by.
 *
 *     if (flare_sleep(100) != FLARE_OK)
 *         return app_report_cancelled(rq);
 *
 * Each wait ends early when the request is cancelled: see flare/async.h. A drain ends waits for time to pass
 * and for news to come; one for work that is under way (a descriptor, a branch, a blocking call) goes on.
 */
#ifndef FLARE_AWAIT_H
#define FLARE_AWAIT_H

#include <flare/loop.h>

FLARE_BEGIN

/* ---- Waiting: in async and blocking handlers ---- */

/** No limit to a wait, but that of the request. */
#define FLARE_FOREVER UINT64_MAX

/** Waits.
 *  @param delay_ms how long; 0 lets others run
 *  @return FLARE_OK; FLARE_ERR_CANCELLED, by a drain too; FLARE_ERR_STATE in a handler of another kind The
 * handler's thread. */
flare_err flare_sleep(uint64_t delay_ms) FLARE_MUST_USE;

/** Waits until a descriptor is ready. Async handlers; one at a time waits for a descriptor.
 *  @param fd borrowed; open and not watched otherwise by the worker's loop
 *  @param want FLARE_READ, FLARE_WRITE or both
 *  @param timeout_ms or FLARE_FOREVER
 *  @return FLARE_OK: ready, or it would report an error; FLARE_ERR_TIMEOUT; FLARE_ERR_CANCELLED;
 * FLARE_ERR_STATE in a handler of another kind; or as flare_loop_add() The handler's thread. */
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
 * flare_join() returns the same. The handler's thread. */
flare_err flare_spawn(flare_branch *branch, flare_err (*run)(void *argument), void *argument);

/** Waits until it has returned, in any case: what it uses is on the caller's stack.
 *  @param branch spawned @return what it returned: FLARE_OK or an error; or what flare_spawn() returned So
 * FLARE_ERR_CANCELLED, FLARE_ERR_MEMORY and others. The handler's thread. */
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

FLARE_END
#endif
