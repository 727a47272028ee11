#include "fiber/fiber.h"

#include "loop/loop.h"

enum {
    ROUNDS_MAX = 64,     /* of fibers that wake each other, before the loop looks at its descriptors again */
    TRIM_MS = 1000,      /* one that waits for so long gives back what it does not use of its stack */
    FREE_STACKS_MIN = 16 /* kept for good */
};

static _Thread_local struct flarei_fibers *on_this_thread;

/* ---- Stacks ---- */

static size_t usable_bytes(const struct flarei_fibers *fibers)
{
    return (fibers->stack_bytes - sizeof(struct flarei_fiber)) / 16 * 16;
}

static struct flarei_fiber *take(struct flarei_fibers *fibers)
{
    struct flarei_fiber *fiber = fibers->free;
    struct flarei_stack stack;

    if (fiber != NULL) {
        fibers->free = fiber->next;
        if (--fibers->free_count < fibers->free_lowest)
            fibers->free_lowest = fibers->free_count;
        return fiber;
    }
    if (!flarei_stack_map(&stack, fibers->stack_bytes))
        return NULL;
    fiber = (struct flarei_fiber *)(void *)(stack.lowest + usable_bytes(fibers));
    fiber->stack = stack;
    fiber->home = fibers;
    return fiber;
}

static void give(struct flarei_fibers *fibers, struct flarei_fiber *fiber)
{
    fiber->next = fibers->free;
    fibers->free = fiber;
    fibers->free_count++;
}

static void unmap_free(struct flarei_fibers *fibers, uint32_t count)
{
    while (count-- > 0) {
        struct flarei_fiber *const fiber = fibers->free;
        const struct flarei_stack stack = fiber->stack;

        fibers->free = fiber->next;
        fibers->free_count--;
        flarei_stack_unmap(&stack);
    }
}

/* Who has waited since the last time goes on to; free stacks that nobody needed since then go. */
static void trim_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_fibers *const fibers = FLARE_OWNER(timer, struct flarei_fibers, trim_timer);
    const uint64_t now_ms = flare_loop_now_ms(loop);
    const uint32_t spare = fibers->free_count > FREE_STACKS_MIN ? fibers->free_count - FREE_STACKS_MIN : 0;

    while (!flarei_link_alone(&fibers->waiting)) {
        struct flarei_fiber *const fiber = FLARE_OWNER(fibers->waiting.next, struct flarei_fiber, place);

        if (fiber->parked_ms + TRIM_MS > now_ms)
            break;
        flarei_link_take(&fiber->place);
        fiber->listed = false;
        flarei_stack_shrink(&fiber->stack, flarei_context_lowest(&fiber->context));
    }
    unmap_free(fibers, spare < fibers->free_lowest ? spare : fibers->free_lowest);
    fibers->free_lowest = fibers->free_count;
    if (!flarei_link_alone(&fibers->waiting) || fibers->free_count > FREE_STACKS_MIN)
        flare_timer_set(loop, timer, TRIM_MS);
}

static void trim_later(struct flarei_fibers *fibers)
{
    if (!flare_timer_active(&fibers->trim_timer))
        flare_timer_set(fibers->loop, &fibers->trim_timer, TRIM_MS);
}

/* ---- Running ---- */

static void finished(struct flarei_fibers *fibers, struct flarei_fiber *fiber)
{
    flarei_context_drop(&fiber->context);
    if (fiber->cancel != NULL)
        flarei_cancel_part(fiber);
    fibers->count--;
    give(fibers, fiber);
    if (FLARE_UNLIKELY(fibers->free_count > FREE_STACKS_MIN))
        trim_later(fibers);
}

/* Lets it run up to its next park or its end. */
static void go_on(struct flarei_fibers *fibers, struct flarei_fiber *fiber)
{
    on_this_thread = fibers;
    fibers->current = fiber;
    fiber->state = FLAREI_FIBER_RUNNING;
    flarei_context_switch(&fibers->outside, &fiber->context);
    fibers->current = NULL;
}

static void resume(struct flarei_fibers *fibers, struct flarei_fiber *fiber)
{
    const struct flarei_fiber_calls *const calls = fiber->calls;
    void *const argument = fiber->argument;

    if (calls->resumed != NULL)
        calls->resumed(argument);
    go_on(fibers, fiber);
    if (fiber->state == FLAREI_FIBER_ENDED) {
        finished(fibers, fiber);
        if (calls->ended != NULL)
            calls->ended(argument);
    } else if (calls->parked != NULL) {
        calls->parked(argument);
    }
}

static void run_round(struct flarei_fibers *fibers)
{
    const struct flarei_link *const last = fibers->ready.prev;
    bool more = true;

    while (more && !flarei_link_alone(&fibers->ready)) {
        struct flarei_link *const first = fibers->ready.next;

        more = first != last;
        flarei_link_take(first);
        resume(fibers, FLARE_OWNER(first, struct flarei_fiber, place));
    }
}

static void run_ready(struct flarei_fibers *fibers)
{
    fibers->running = true;
    for (unsigned round = 0; round < ROUNDS_MAX && !flarei_link_alone(&fibers->ready); round++)
        run_round(fibers);
    fibers->running = false;
    if (!flarei_link_alone(&fibers->ready) && !fibers->posted) {
        fibers->posted = true;
        flare_loop_post(fibers->loop, &fibers->ready_task);
    }
}

static void ready_due(flare_loop *loop, flare_timer *timer)
{
    (void)loop;
    run_ready(FLARE_OWNER(timer, struct flarei_fibers, ready_timer));
}

static void ready_posted(flare_loop *loop, flare_task *task)
{
    struct flarei_fibers *const fibers = FLARE_OWNER(task, struct flarei_fibers, ready_task);

    (void)loop;
    fibers->posted = false;
    run_ready(fibers);
}

static void make_ready(struct flarei_fibers *fibers, struct flarei_fiber *fiber)
{
    fiber->state = FLAREI_FIBER_READY;
    flarei_link_before(&fibers->ready, &fiber->place);
    if (!fibers->running && !fibers->posted && !flare_timer_active(&fibers->ready_timer))
        flarei_timer_set_now(fibers->loop, &fibers->ready_timer);
}

/* A stack's first function. */
static void entry(void *argument)
{
    struct flarei_fiber *const fiber = argument;
    struct flarei_fibers *const fibers = fiber->home;

    flarei_context_entered(&fiber->context, &fibers->outside);
    fiber->calls->run(fiber->argument);
    fiber->state = FLAREI_FIBER_ENDED;
    flarei_context_leave(&fiber->context, &fibers->outside);
}

struct flarei_fiber *flarei_fiber_start(struct flarei_fibers *fibers, const struct flarei_fiber_calls *calls,
                                        void *argument, struct flarei_cancel *cancel,
                                        enum flarei_fiber_state *state)
{
    struct flarei_fiber *const fiber = take(fibers);

    *state = FLAREI_FIBER_ENDED;
    if (fiber == NULL)
        return NULL;
    fiber->calls = calls;
    fiber->argument = argument;
    fiber->cancel = cancel;
    fiber->branches = 0;
    fiber->woken = fiber->listed = false;
    flarei_context_make(&fiber->context, fiber->stack.lowest, usable_bytes(fibers), entry, fiber);
    fibers->count++;
    if (cancel != NULL)
        flarei_cancel_join(cancel, fiber);
    if (fibers->current != NULL) {
        make_ready(fibers, fiber);
        *state = FLAREI_FIBER_READY;
        return fiber;
    }
    go_on(fibers, fiber);
    *state = (enum flarei_fiber_state)fiber->state;
    if (fiber->state == FLAREI_FIBER_ENDED)
        finished(fibers, fiber);
    return fiber;
}

struct flarei_fiber *flarei_fiber_current(void)
{
    return on_this_thread != NULL ? on_this_thread->current : NULL;
}

void flarei_fiber_park(void)
{
    struct flarei_fiber *const fiber = flarei_fiber_current();

    if (!FLARE_ASSERT(fiber != NULL, "only a fiber parks: declare the handler async"))
        return;
    if (!fiber->woken) {
        struct flarei_fibers *const fibers = fiber->home;

        fiber->state = FLAREI_FIBER_PARKED;
        fiber->parked_ms = flare_loop_now_ms(fibers->loop);
        fiber->listed = true;
        flarei_link_before(&fibers->waiting, &fiber->place);
        trim_later(fibers);
        flarei_context_switch(&fiber->context, &fibers->outside);
    }
    fiber->woken = false;
}

void flarei_fiber_yield(void)
{
    struct flarei_fiber *const fiber = flarei_fiber_current();

    make_ready(fiber->home, fiber);
    flarei_context_switch(&fiber->context, &fiber->home->outside);
}

void flarei_fiber_wake(struct flarei_fiber *fiber)
{
    if (fiber->state != FLAREI_FIBER_PARKED) {
        fiber->woken = fiber->state == FLAREI_FIBER_RUNNING;
        return;
    }
    if (fiber->listed) {
        flarei_link_take(&fiber->place);
        fiber->listed = false;
    }
    make_ready(fiber->home, fiber);
}

/* ---- A set ---- */

void flarei_fibers_init(struct flarei_fibers *fibers, flare_loop *loop, size_t stack_bytes)
{
    const size_t page = flarei_stack_page_bytes();

    *fibers = (struct flarei_fibers){.loop = loop};
    flarei_link_init(&fibers->ready);
    flarei_link_init(&fibers->waiting);
    fibers->stack_bytes = (stack_bytes + page - 1) / page * page;
    fibers->ready_timer.callback = ready_due;
    fibers->ready_task.callback = ready_posted;
    fibers->trim_timer.callback = trim_due;
}

void flarei_fibers_clear(struct flarei_fibers *fibers)
{
    (void)FLARE_ASSERT(fibers->count == 0, "fibers end before their loop does");
    flare_timer_cancel(fibers->loop, &fibers->ready_timer);
    flare_timer_cancel(fibers->loop, &fibers->trim_timer);
    unmap_free(fibers, fibers->free_count);
    if (on_this_thread == fibers)
        on_this_thread = NULL;
}
