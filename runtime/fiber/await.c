/* await.c - what a handler can wait for: time, descriptors, a call that blocks. */
#include "fiber/fiber.h"
#include "fiber/threads.h"
#include "net/sys.h"

#include <flare/assert.h>
#include <flare/await.h>

/* A thread that waits looks so often whether it still should. */
enum { LOOK_MS = 20 };

/* ---- Time ---- */

struct alarm {
    flare_timer timer;
    struct flarei_fiber *fiber;
    bool due;
};

static void alarm_due(flare_loop *loop, flare_timer *timer)
{
    struct alarm *const alarm = FLARE_OWNER(timer, struct alarm, timer);

    (void)loop;
    alarm->due = true;
    flarei_fiber_wake(alarm->fiber);
}

static void alarm_set(struct alarm *alarm, struct flarei_fiber *fiber, uint64_t delay_ms)
{
    *alarm = (struct alarm){.timer.callback = alarm_due, .fiber = fiber};
    if (delay_ms != FLARE_FOREVER)
        flare_timer_set(fiber->home->loop, &alarm->timer, delay_ms);
}

static flare_err sleep_on_fiber(struct flarei_fiber *fiber, uint64_t delay_ms)
{
    struct alarm alarm;
    flare_err err = flarei_fiber_cancelled(fiber, true);

    if (err != FLARE_OK)
        return err;
    if (delay_ms == 0) {
        flarei_fiber_yield();
        return flarei_fiber_cancelled(fiber, true);
    }
    alarm_set(&alarm, fiber, delay_ms);
    while (!alarm.due && err == FLARE_OK) {
        flarei_fiber_park();
        err = flarei_fiber_cancelled(fiber, true);
    }
    flare_timer_cancel(fiber->home->loop, &alarm.timer);
    return err;
}

static flare_err sleep_on_thread(uint64_t delay_ms)
{
    const struct flarei_cancel *const cancel = flarei_threads_cancel();

    for (;;) {
        const int step_ms = delay_ms < LOOK_MS ? (int)delay_ms : LOOK_MS;

        if (cancel != NULL && flarei_cancel_ends(cancel, true))
            return FLARE_ERR_CANCELLED;
        if (delay_ms == 0)
            return FLARE_OK;
        (void)flarei_sys.poll(NULL, 0, step_ms);
        if (delay_ms != FLARE_FOREVER)
            delay_ms -= (uint64_t)step_ms;
    }
}

flare_err flare_sleep(uint64_t delay_ms)
{
    struct flarei_fiber *const fiber = flarei_fiber_current();

    if (fiber != NULL)
        return sleep_on_fiber(fiber, delay_ms);
    if (!FLARE_ASSERT(flarei_threads_here(), "only async and blocking handlers wait"))
        return FLARE_ERR_STATE;
    return sleep_on_thread(delay_ms);
}

/* ---- Descriptors ---- */

struct looker {
    flare_watch watch;
    struct flarei_fiber *fiber;
    bool ready;
};

static void looker_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct looker *const looker = FLARE_OWNER(watch, struct looker, watch);

    (void)loop, (void)ready;
    looker->ready = true;
    flarei_fiber_wake(looker->fiber);
}

flare_err flare_wait_fd(int fd, unsigned want, uint64_t timeout_ms)
{
    struct flarei_fiber *const fiber = flarei_fiber_current();
    struct looker looker = {.watch = {.callback = looker_ready, .fd = fd, .want = (uint8_t)want},
                            .fiber = fiber};
    struct alarm alarm;
    flare_err err;

    if (!FLARE_ASSERT(fiber != NULL, "only async handlers wait for descriptors"))
        return FLARE_ERR_STATE;
    err = flarei_fiber_cancelled(fiber, false);
    if (err == FLARE_OK)
        err = flare_loop_add(fiber->home->loop, &looker.watch);
    if (err != FLARE_OK)
        return err;
    alarm_set(&alarm, fiber, timeout_ms);
    while (!looker.ready && !alarm.due && err == FLARE_OK) {
        flarei_fiber_park();
        err = flarei_fiber_cancelled(fiber, false);
    }
    flare_timer_cancel(fiber->home->loop, &alarm.timer);
    flare_loop_remove(fiber->home->loop, &looker.watch);
    if (looker.ready)
        return FLARE_OK;
    return err != FLARE_OK ? err : FLARE_ERR_TIMEOUT;
}

/* ---- Calls that block ---- */

struct call {
    struct flarei_job job;
    flare_task task;
    flare_loop *loop;
    struct flarei_fiber *fiber;
    void (*run)(void *argument);
    void *argument;
    bool over;
};

static void call_over(flare_loop *loop, flare_task *task)
{
    struct call *const call = FLARE_OWNER(task, struct call, task);

    (void)loop;
    call->over = true;
    flarei_fiber_wake(call->fiber);
}

static void call_run(struct flarei_job *job)
{
    struct call *const call = FLARE_OWNER(job, struct call, job);

    call->run(call->argument);
    flare_loop_post(call->loop, &call->task);
}

flare_err flare_run_blocking(void (*run)(void *argument), void *argument)
{
    struct flarei_fiber *const fiber = flarei_fiber_current();
    struct call call = {
        .job.run = call_run, .task.callback = call_over, .fiber = fiber, .run = run, .argument = argument};
    flare_err err;

    if (fiber == NULL && flarei_threads_here()) {
        run(argument);
        return FLARE_OK;
    }
    if (!FLARE_ASSERT(fiber != NULL && fiber->home->threads != NULL, "only async and blocking handlers wait"))
        return FLARE_ERR_STATE;
    call.loop = fiber->home->loop;
    call.job.cancel = fiber->cancel;
    err = flarei_fiber_cancelled(fiber, false);
    if (err == FLARE_OK)
        err = flarei_threads_add(fiber->home->threads, &call.job);
    if (err != FLARE_OK)
        return err;
    while (!call.over) {
        flarei_fiber_park();
        if (!call.over && flarei_fiber_cancelled(fiber, false) != FLARE_OK &&
            flarei_threads_take_back(fiber->home->threads, &call.job))
            return FLARE_ERR_CANCELLED;
    }
    return FLARE_OK;
}

/* ---- Branches ---- */

static void branch_run(void *argument)
{
    flare_branch *const branch = argument;

    branch->result = branch->run(branch->argument);
    flarei_fiber_join_all();
}

static void branch_ended(void *argument)
{
    flare_branch *const branch = argument;
    struct flarei_fiber *const owner = branch->owner;

    branch->ended = true;
    owner->branches--;
    flarei_fiber_wake(owner);
}

flare_err flare_spawn(flare_branch *branch, flare_err (*run)(void *argument), void *argument)
{
    static const struct flarei_fiber_calls calls = {.run = branch_run, .ended = branch_ended};
    struct flarei_fiber *const owner = flarei_fiber_current();
    enum flarei_fiber_state state;

    *branch = (flare_branch){
        .run = run, .argument = argument, .owner = owner, .result = FLARE_ERR_STATE, .ended = true};
    if (!FLARE_ASSERT(owner != NULL, "only async handlers have branches"))
        return FLARE_ERR_STATE;
    branch->result = FLARE_ERR_MEMORY;
    if (flarei_fiber_start(owner->home, &calls, branch, owner->cancel, &state) == NULL)
        return FLARE_ERR_MEMORY;
    branch->ended = false;
    owner->branches++;
    return FLARE_OK;
}

flare_err flare_join(flare_branch *branch)
{
    while (!branch->ended)
        flarei_fiber_park();
    return branch->result;
}

void flarei_fiber_join_all(void)
{
    struct flarei_fiber *const fiber = flarei_fiber_current();

    (void)FLARE_ASSERT(fiber->branches == 0, "who spawns a branch joins it before it returns");
    while (fiber->branches != 0)
        flarei_fiber_park();
}
