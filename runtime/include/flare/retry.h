/* flare/retry.h - calls of others that fail: trying again, and not calling at all for a while.
 *
 *     flare_retry retry = {.tries = 4};
 *     flare_err err;
 *
 *     if (!flare_breaker_enter(state->upstream))
 *         return app_quote_upstream_down(rq);                   // at once, instead of after a timeout
 *     do
 *         err = ask_upstream(rq, &quote);
 *     while (err != FLARE_OK && flare_retry_wait(&retry, flare_time_left_ms(rq)));
 *     flare_breaker_leave(state->upstream, err == FLARE_OK);
 *
 * Only what may be done twice is tried again: the caller knows (RFC 9110 section 9.2.2).
 */
#ifndef FLARE_RETRY_H
#define FLARE_RETRY_H

#include <flare/err.h>
#include <flare/str.h>

FLARE_BEGIN

/* ---- Trying again ---- */

/** Tries of one call, the caller's. Pauses double from `first_ms` to `most_ms`, and each is drawn between
 * nothing and that, so that many who failed together do not come again together. */
typedef struct flare_retry {
    uint32_t tries;    /**< with the first one; 0: 3 */
    uint32_t first_ms; /**< 0: 50 */
    uint32_t most_ms;  /**< 0: 2000 */
    uint32_t made;     /**< tries that failed so far; the library's, 0 at first */
} flare_retry;

/** After a try that failed: is there to be another one? Waits for the pause before it.
 *  @param retry the caller's @param left_ms how long the caller has: flare_time_left_ms(), or FLARE_FOREVER
 *  @return false where there were enough, where the pause would outlast `left_ms`, and where the request was
 * cancelled, a drain included. The handler's thread, async or blocking. */
bool flare_retry_wait(flare_retry *retry, uint64_t left_ms) FLARE_MUST_USE;

/* ---- Not calling at all ---- */

/** Whether calls of somebody are worth it. Closed, it lets all pass; of the last `calls` it remembers how
 * they went. Where `failures` of them failed it opens, and nobody passes for `open_ms`. Then one call at a
 * time passes as a probe, and decides. */
typedef struct flare_breaker flare_breaker;

/** Settings of a breaker; zero is the default of each. */
typedef struct flare_breaker_options {
    uint32_t calls;    /**< that are looked at, at most 64. Default 20 */
    uint32_t failures; /**< among them, that open it. Default half of `calls` */
    uint32_t open_ms;  /**< until the first probe. Default 5 s */
} flare_breaker_options;

/** What it does. */
typedef enum flare_breaker_state {
    FLARE_BREAKER_CLOSED, /**< all pass */
    FLARE_BREAKER_OPEN,   /**< nobody does */
    FLARE_BREAKER_PROBING /**< one at a time does */
} flare_breaker_state;

/** Makes one, closed. @param breaker set; the caller's, freed by flare_breaker_free()
 *  @param options copied; NULL is all defaults
 *  @return FLARE_OK; FLARE_ERR_RANGE for more than 64 calls, or more failures than calls; FLARE_ERR_MEMORY.
 * Any thread. */
flare_err flare_breaker_new(flare_breaker **breaker, const flare_breaker_options *options) FLARE_MUST_USE;

/** Frees it. @param breaker may be NULL; nobody uses it any more. No errors. Any thread. */
void flare_breaker_free(flare_breaker *breaker);

/** May the call be made? @param breaker shared by all who make such calls
 *  @return true: flare_breaker_leave() must follow, on any thread. Any thread, never waits. */
bool flare_breaker_enter(flare_breaker *breaker) FLARE_MUST_USE;

/** Tells how a call went that was let pass. @param breaker that let it @param good did whom it called do what
 * it should? What the caller did wrong is good. No errors. Any thread. */
void flare_breaker_leave(flare_breaker *breaker, bool good);

/** What it does now, for metrics and pages. @param breaker any @param wait_ms set to how long until the next
 * probe, 0 where calls pass; or NULL @return its state. Any thread. */
flare_breaker_state flare_breaker_look(flare_breaker *breaker, uint32_t *wait_ms);

FLARE_END
#endif
