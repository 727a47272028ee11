/* flare/loop.h - the reactor: one loop per thread runs callbacks when descriptors are ready and timers are
 * due.
 *
 *     struct client { flare_watch watch; flare_timer idle; ... };
 *
 *     static void client_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
 *     {
 *         struct client *client = FLARE_OWNER(watch, struct client, watch);
 *         ...receive; on error or end:
 *         flare_timer_cancel(loop, &client->idle);
 *         flare_loop_close(loop, watch);
 *     }
 *
 *     client->watch = (flare_watch){.callback = client_ready, .fd = fd, .want = FLARE_READ};
 *     err = flare_loop_add(loop, &client->watch);
 *     flare_timer_set(loop, &client->idle, 60 * 1000);
 *
 * Watches, timers and tasks are part of their owner's struct: the loop allocates nothing for them but a table
 * of 8 bytes per descriptor number. All calls belong to the loop's thread, but flare_loop_post() and
 * flare_loop_stop(), which any thread may make. A callback may add, remove, set and cancel anything, itself
 * too, and may free the struct that held it: after a removal no callback of that watch runs, even if it was
 * reported ready in the same batch.
 */
#ifndef FLARE_LOOP_H
#define FLARE_LOOP_H

#include <flare/err.h>
#include <flare/str.h>

FLARE_BEGIN

/** A reactor; opaque. */
typedef struct flare_loop flare_loop;

/* ---- The loop ---- */

/** How a loop learns what is ready. */
typedef enum flare_loop_backend {
    FLARE_LOOP_DEFAULT = 0, /**< the best one of the system: epoll on Linux, else poll */
    FLARE_LOOP_EPOLL,       /**< epoll, edge triggered; Linux */
    FLARE_LOOP_POLL         /**< poll(2): every POSIX system; the cost of a wake-up grows with the watches */
} flare_loop_backend;

/** Makes a loop. It may be made in one thread and run in another.
 *  @param loop receives it; owned by the caller, who ends it with flare_loop_destroy(); NULL on failure
 *  @param backend which one
 *  @return FLARE_OK; FLARE_ERR_MEMORY; FLARE_ERR_DESCRIPTORS; FLARE_ERR_UNSUPPORTED (not on this system); or
 * another system error. Any thread. */
flare_err flare_loop_create(flare_loop **loop, flare_loop_backend backend) FLARE_MUST_USE;

/** Ends a loop that is not running. Watches, timers and tasks that it still knows are forgotten: no callback
 * runs, no descriptor of theirs is closed. @param loop may be NULL. No thread may use it any more. */
void flare_loop_destroy(flare_loop *loop);

/** Which back end a loop uses. @param loop any @return EPOLL or POLL, never DEFAULT. Any thread. */
flare_loop_backend flare_loop_backend_of(const flare_loop *loop);

/** Runs callbacks until flare_loop_stop(); makes the calling thread the loop's thread meanwhile.
 *  @param loop not running @return FLARE_OK after a stop; FLARE_ERR_STATE if it is running already; or the
 * system error that ended it, such as FLARE_ERR_MEMORY. Any thread, one at a time. */
flare_err flare_loop_run(flare_loop *loop);

/** One wake-up: waits until something is ready, a timer is due or the time is over, and runs the callbacks.
 *  @param loop not running @param timeout_ms the longest wait; 0 only looks, negative waits without end
 *  @return FLARE_OK (also when nothing happened, or a signal arrived), FLARE_ERR_STATE if it is running
 *  already; or a system error of the wait, such as FLARE_ERR_MEMORY. Any thread, one at a time. */
flare_err flare_loop_run_once(flare_loop *loop, int timeout_ms);

/** Makes flare_loop_run() return after the callbacks of its present wake-up; before a run it ends that run at
 * once.
 *  @param loop any. No errors. Any thread, but not from a signal handler. */
void flare_loop_stop(flare_loop *loop);

/* ---- Time: read once per wake-up ---- */

/** The monotonic clock at the present wake-up, in nanoseconds since an arbitrary moment. Loop's thread. No
 * errors.
 *  @param loop any @return nanoseconds; never goes back */
uint64_t flare_loop_now_ns(const flare_loop *loop);
/** The same clock in whole milliseconds: flare_loop_now_ns() / 1000000. Loop's thread. No errors.
 *  @param loop any @return milliseconds */
uint64_t flare_loop_now_ms(const flare_loop *loop);
/** Reads the clock again, for a callback that took long or before the first wake-up. Loop's thread. No
 * errors.
 *  @param loop any */
void flare_loop_update_now(flare_loop *loop);
/** The wall clock, for date text: seconds since 1970 (UTC). The system's clock is read at most once a second,
 * so a step of it shows within a second; equal results mean that the text made last is still right. Loop's
 * thread. No errors. @param loop any @return seconds */
int64_t flare_loop_wall_s(flare_loop *loop);

/* ---- Watches ---- */

/** Bits of flare_watch.want and of what a callback is told. */
enum {
    FLARE_READ = 1,  /**< receiving (accepting) may succeed, or would report the end or an error */
    FLARE_WRITE = 2, /**< sending may succeed, or would report an error */
    FLARE_HANGUP = 4 /**< the peer sent FIN or the connection is gone; reported whatever the watch wants */
};

/** Bits of flare_watch.flags. */
enum {
    /** A listener that several loops watch: each connection wakes as few of them as the system can manage
     *  (EPOLLEXCLUSIVE), level triggered, reading only. epoll does not honour `want` here: to pause, remove
     * the watch. */
    FLARE_WATCH_SHARED = 1
};

/** The interest in one descriptor, see struct flare_watch; its owner's, used on the loop's thread. */
typedef struct flare_watch flare_watch;

/** Runs on the loop's thread. @param loop the watch's @param watch the one that was added, still added
 *  @param ready the bits that are ready and wanted, and FLARE_HANGUP; never 0 */
typedef void flare_watch_function(flare_loop *loop, flare_watch *watch, unsigned ready);

/** The interest in one descriptor; a field of its owner's struct. Zero it, set the first four fields, add it.
 *
 *  Readiness is reported at edges: once when it begins, and again only after the operation said
 * FLARE_ERR_AGAIN (a receive or send that did part of what was asked counts as AGAIN, unless FLARE_HANGUP was
 * reported too: then receive until FLARE_ERR_CLOSED). poll reports more often; a correct owner does not
 * notice.
 *
 *  `want` costs no system call: the owner writes it at will. What is not wanted is not reported, and is not
 * kept for later either: **an owner that switches an interest on again must try the operation at once**, and
 * wait for the callback only after FLARE_ERR_AGAIN. A watch with want 0 hears of FLARE_HANGUP only, once. */
struct flare_watch {
    flare_watch_function *callback; /**< owner's */
    int fd;                         /**< owner's; must not change while added */
    uint8_t want;                   /**< owner's: FLARE_READ | FLARE_WRITE, changed at any time */
    uint8_t flags;                  /**< owner's: 0 or FLARE_WATCH_SHARED */
    uint8_t told;                   /**< the loop's */
    uint32_t generation;            /**< the loop's; 0 when not added */
    uint32_t slot;                  /**< the loop's */
};

/** Begins to watch. A descriptor can have one watch in a loop. What is ready already is reported too.
 *  With FLARE_ASSERT=safe it is caught when fd is closed, when the watch is added already, or when another
 * watch was left on that number (its owner closed it without removing); the fallback is FLARE_ERR_STATE.
 *  @param loop the thread's @param watch filled in; stays where it is until removed
 *  @return FLARE_OK; FLARE_ERR_MEMORY; FLARE_ERR_LIMIT (the system allows no more watches);
 * FLARE_ERR_PERMISSION (not a descriptor that can be waited for, such as a file); FLARE_ERR_STATE. */
flare_err flare_loop_add(flare_loop *loop, flare_watch *watch) FLARE_MUST_USE;

/** Ends the interest and leaves the descriptor open; no callback of it comes after that. With
 * FLARE_ASSERT=safe a stale descriptor is caught: one that was closed, or closed and reused, while it was
 * watched.
 *  @param loop the thread's @param watch added to it; one that is not (generation 0) is left alone. No
 * errors. */
void flare_loop_remove(flare_loop *loop, flare_watch *watch);

/** Removes the watch, closes its descriptor and sets its fd to -1: a system call less than doing both.
 *  With FLARE_ASSERT=safe a number that is closed, or another watch's by now, is caught; with all, also one
 * that was reused by something that is not watched.
 *  @param loop the thread's @param watch added or not, its fd open. No errors. */
void flare_loop_close(flare_loop *loop, flare_watch *watch);

/** Is it added? @param watch zeroed once or used @return true between add and remove. Loop's thread; no
 * errors. */
static inline bool flare_watch_active(const flare_watch *watch)
{
    return watch->generation != 0;
}

/* ---- Timers ---- */

/** A timer, see struct flare_timer; its owner's, used on the loop's thread. */
typedef struct flare_timer flare_timer;

/** A place in a ring of timers that are due together. */
typedef struct flare_timer_link {
    struct flare_timer_link *next;     /**< the one set after it, or the ring's head */
    struct flare_timer_link *previous; /**< the one set before it, or the ring's head */
} flare_timer_link;

/** Runs on the loop's thread once per set; the timer is inactive then and may be set again or freed.
 *  @param loop the timer's @param timer the one that is due */
typedef void flare_timer_function(flare_loop *loop, flare_timer *timer);

/** A timer; a field of its owner's struct. Zero it, set the callback, then flare_timer_set().
 *
 *  Setting and cancelling take constant time. Still, a deadline that moves at each request need not be set
 * each time: keep the wanted deadline in a field of the owner, and let the callback, when it comes too early,
 * set the timer again for the rest. A busy connection then only writes the field. */
struct flare_timer {
    flare_timer_function *callback; /**< owner's */
    uint64_t due_ms;                /**< the loop's: when, on the clock of flare_loop_now_ms() */
    flare_timer_link link;          /**< the loop's; link.next is NULL when inactive */
};

/** The delay from which on timers are rounded up to a multiple of FLARE_TIMER_COARSE_MS. */
#define FLARE_TIMER_COARSE_FROM_MS 1024
/** The step of long timers, so that many deadlines share one wake-up. */
#define FLARE_TIMER_COARSE_MS 64
/** The longest delay, about 34 years; longer ones are shortened to it. */
#define FLARE_TIMER_MAX_MS (UINT64_C(1) << 40)

/** Sets a timer, or moves one that is set already, counted from flare_loop_now_ms(). It is never early; it is
 * late by up to 1 ms (up to 65 ms from FLARE_TIMER_COARSE_FROM_MS on) and by what other callbacks take.
 * Timers run in the order of their deadlines, equal ones in the order they were set.
 *  @param loop the thread's @param timer stays where it is while active @param delay_ms 0: at the next
 * wake-up. No errors. */
void flare_timer_set(flare_loop *loop, flare_timer *timer, uint64_t delay_ms);

/** Forgets a timer; one that is not active is left alone.
 *  @param loop the thread's, the one it was set on @param timer zeroed once or used. Loop's thread. No
 * errors. */
void flare_timer_cancel(flare_loop *loop, flare_timer *timer);

/** Is it set? @param timer zeroed once or used @return true between set and callback. Loop's thread; no
 * errors. */
static inline bool flare_timer_active(const flare_timer *timer)
{
    return timer->link.next != NULL;
}

/* ---- Tasks: work handed over from any thread ---- */

/** A piece of work, see struct flare_task; its owner's but while it is posted. */
typedef struct flare_task flare_task;

/** Runs on the loop's thread. The task is the owner's again: it may be posted again or freed.
 *  @param loop where it was posted to @param task the one posted */
typedef void flare_task_function(flare_loop *loop, flare_task *task);

/** A piece of work; a field of its owner's struct. Set the callback, then post it. */
struct flare_task {
    flare_task_function *callback; /**< owner's */
    flare_task *next;              /**< the loop's while posted */
};

/** Has `task->callback` called on the loop's thread, soon, in the order of posting (of one thread). What the
 * poster wrote before is visible to the callback. Never blocks, allocates or fails.
 *  @param loop must outlive the call @param task not posted now; the loop's until its callback. Any thread.
 */
void flare_loop_post(flare_loop *loop, flare_task *task);

/* ---- Workers: threads ---- */

/** A thread that was started; opaque. */
typedef struct flare_worker flare_worker;

/** What a worker runs, once. @param context as given to flare_worker_start() */
typedef void flare_worker_function(void *context);

/** How to start a worker. */
typedef struct flare_worker_options {
    const char *name; /**< shown by ps and debuggers, cut to 15 bytes; borrowed for the call; NULL for none */
    bool pin;         /**< keep it on one core */
    unsigned core;    /**< with pin: which of the cores that the process may use, modulo their number */
} flare_worker_options;

/** Starts a thread with all signals blocked, so that the main thread gets them.
 *  @param worker receives it; the caller must join it; NULL on failure
 *  @param options borrowed for the call; NULL for the defaults
 *  @param run what it does @param context given to run; borrowed until the join
 *  @return FLARE_OK; FLARE_ERR_MEMORY; FLARE_ERR_AGAIN (the system has no more threads); a system error of
 * pinning. Any thread. */
flare_err flare_worker_start(flare_worker **worker, const flare_worker_options *options,
                             flare_worker_function *run, void *context) FLARE_MUST_USE;

/** Waits until the worker's function returned, and frees the worker.
 *  @param worker started, not joined; NULL is allowed. Any other thread. No errors. */
void flare_worker_join(flare_worker *worker);

/** How many cores this process may use (sched_getaffinity, not what the machine has).
 *  @return 1 or more. Any thread. No errors. */
unsigned flare_worker_cores(void);

/* ---- Signals of a program ---- */

/** Runs on the loop's thread, in no signal context. Several arrivals before it runs may come as one.
 *  @param loop as given @param context as given @param number such as SIGTERM */
typedef void flare_signal_function(flare_loop *loop, void *context, int number);

/** Has a function called on a loop when one of these signals arrives, whichever thread the system gives it to
 *  (sigaction, and a pipe to the loop). For programs: a library inside another program leaves signals alone.
 * One loop of the process can have it at a time.
 *  @param loop the thread's @param numbers such as {SIGTERM, SIGINT}; borrowed for the call @param count how
 * many
 *  @param callback what to call @param context given to it
 *  @return FLARE_OK; FLARE_ERR_STATE (open already); FLARE_ERR_ARGUMENT (not a signal that can be caught);
 *  FLARE_ERR_DESCRIPTORS; FLARE_ERR_MEMORY. On failure nothing changed. */
flare_err flare_signals_open(flare_loop *loop, const int *numbers, size_t count,
                             flare_signal_function *callback, void *context) FLARE_MUST_USE;

/** Restores the actions that the signals had before. Call it before the loop is destroyed; harmless when not
 * open.
 *  @param loop the one it was opened on. Its thread (or when it does not run). No errors. */
void flare_signals_close(flare_loop *loop);

FLARE_END
#endif
