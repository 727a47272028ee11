/* await.c - what a fiber can wait for: time, and descriptors. */
#include "fiber/fiber.h"

#include <flare/assert.h>
#include <flare/async.h>

struct sleeper {
    flare_timer timer;
    struct flarei_fiber *fiber;
    bool due;
};

static void sleep_due(flare_loop *loop, flare_timer *timer)
{
    struct sleeper *const sleeper = FLARE_OWNER(timer, struct sleeper, timer);

    (void)loop;
    sleeper->due = true;
    flarei_fiber_wake(sleeper->fiber);
}

flare_err flare_sleep(uint64_t delay_ms)
{
    struct sleeper sleeper = {.timer.callback = sleep_due, .fiber = flarei_fiber_current()};
    flare_err err;

    if (!FLARE_ASSERT(sleeper.fiber != NULL, "only an async handler waits: declare it so in the spec"))
        return FLARE_ERR_STATE;
    flare_loop *const loop = sleeper.fiber->home->loop;
    err = flarei_fiber_cancelled(sleeper.fiber, true);
    if (err != FLARE_OK)
        return err;
    flare_timer_set(loop, &sleeper.timer, delay_ms);
    while (!sleeper.due && err == FLARE_OK) {
        flarei_fiber_park();
        err = flarei_fiber_cancelled(sleeper.fiber, true);
    }
    flare_timer_cancel(loop, &sleeper.timer);
    return err;
}
