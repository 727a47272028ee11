/* fiber/fiber.h - straight-line code that waits without holding a thread.
 *
 * A fiber runs on a stack of its own, on the thread of one loop, until it parks; whoever has what it waits
 * for wakes it. Each loop has its own set of them; a fiber never moves to another thread.
 *
 *     while (!there_is_something())        (an await: wakes may come for other reasons, so look again)
 *         flarei_fiber_park();
 *
 *              start                     park                      wake
 *     (none) --------> RUNNING ----------------------> PARKED ------------------> READY --+
 *                      |  ^                                                               |
 *                 ended|  +---------------------------------------------------------------+
 *
 * A wake of a fiber that is not parked is kept: its next park returns at once. So no wake is lost, whichever
 * comes first. All functions run on the loop's thread; another thread posts a flare_task first.
 */
#ifndef FLAREI_FIBER_FIBER_H
#define FLAREI_FIBER_FIBER_H

#include "fiber/cancel.h"
#include "fiber/context.h"
#include "fiber/stack.h"

#include <flare/err.h>
#include <flare/loop.h>

/** A stack's bytes where nothing else is asked for. Only what a fiber uses of them becomes resident. */
#define FLAREI_FIBER_STACK_BYTES 65536u

struct flarei_fiber;
struct flarei_threads;

/** What a fiber does; each is called with its argument. All but `run` may be NULL and run on the loop's
 * stack. */
struct flarei_fiber_calls {
    void (*run)(void *argument);
    void (*ended)(void *argument);   /* not if it ended within the call that started it */
    void (*resumed)(void *argument); /* it was woken, and goes on next */
    void (*parked)(void *argument);  /* it waits again, for the second time or later */
};

enum flarei_fiber_state {
    FLAREI_FIBER_ENDED, /* or there was none */
    FLAREI_FIBER_RUNNING,
    FLAREI_FIBER_PARKED,
    FLAREI_FIBER_READY
};

/** The fibers of one loop. */
struct flarei_fibers {
    flare_loop *loop;
    struct flarei_threads *threads; /* for calls that block; the owner's, or NULL */
    struct flarei_fiber *current;   /* NULL while the loop's own code runs */
    struct flarei_context outside;
    struct flarei_link ready;
    struct flarei_link waiting; /* parked, and their stacks not looked at yet */
    struct flarei_fiber *free;  /* ended ones, whose stacks are kept */
    size_t stack_bytes;
    uint32_t count; /* of fibers that have not ended */
    uint32_t free_count;
    uint32_t free_lowest; /* since the last trim */
    bool running;         /* the ready ones are being run */
    bool posted;
    flare_timer ready_timer;
    flare_timer trim_timer;
    flare_task ready_task;
};

/** At the upper end of its own stack. */
struct flarei_fiber {
    struct flarei_context context;
    struct flarei_fibers *home;
    const struct flarei_fiber_calls *calls;
    void *argument;
    struct flarei_cancel *cancel; /* what ends its waits; NULL: nothing does */
    struct flarei_link under;     /* of the same `cancel` */
    struct flarei_link place;     /* among the ready or the waiting */
    struct flarei_fiber *next;    /* among the free */
    uint64_t parked_ms;
    struct flarei_stack stack;
    uint32_t branches; /* of its own that have not ended */
    uint8_t state;     /* enum flarei_fiber_state */
    bool woken;        /* the next park returns at once */
    bool listed;       /* in `waiting` */
};

/** Makes an empty set. @param stack_bytes at least two pages; rounded up to pages */
void flarei_fibers_init(struct flarei_fibers *fibers, flare_loop *loop, size_t stack_bytes);

/** Gives back all stacks; no fiber is left that has not ended. */
void flarei_fibers_clear(struct flarei_fibers *fibers);

/** Runs `calls->run(argument)` on a fiber. Called by the loop's own code it runs at once, up to its end or
 * its first park; called by a fiber, it is made ready.
 *  @param calls a constant
 *  @param cancel what ends its waits, or NULL; outlives it
 *  @param state set to ENDED, PARKED or READY
 *  @return NULL without memory for a stack, else the fiber: gone already where the state is ENDED */
struct flarei_fiber *flarei_fiber_start(struct flarei_fibers *fibers, const struct flarei_fiber_calls *calls,
                                        void *argument, struct flarei_cancel *cancel,
                                        enum flarei_fiber_state *state);

/** Waits for a wake. Inside of a fiber only. */
void flarei_fiber_park(void);

/** Lets others run first. Inside of a fiber only. */
void flarei_fiber_yield(void);

/** Makes it go on, after what runs now. @param fiber not ended */
void flarei_fiber_wake(struct flarei_fiber *fiber);

/** Waits until the running fiber's branches have ended; that it has none left is its owner's duty. */
void flarei_fiber_join_all(void);

/** The one that runs on this thread, or NULL. */
struct flarei_fiber *flarei_fiber_current(void);

/** Is the wait of the running fiber over? Ask before each park, and after it.
 *  @param soft whether a drain ends this wait too: one for time to pass or for news to come, not one for work
 *  that is under way
 *  @return FLARE_OK, or FLARE_ERR_CANCELLED */
static inline flare_err flarei_fiber_cancelled(const struct flarei_fiber *fiber, bool soft)
{
    return fiber->cancel != NULL && flarei_cancel_ends(fiber->cancel, soft) ? FLARE_ERR_CANCELLED : FLARE_OK;
}

#endif
