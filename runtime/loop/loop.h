/* loop/loop.h - inside the loop: its state, and what a back end must do. */
#ifndef FLAREI_LOOP_LOOP_H
#define FLAREI_LOOP_LOOP_H

#include <flare/assert.h>
#include <flare/loop.h>

#include "loop/wheel.h"
#include "net/sys.h"

#include <stdatomic.h>

/** A back end: how the loop learns what is ready. All run on the loop's thread. */
struct flarei_poller {
    flare_loop_backend backend;
    /** Sets loop->poller_state. */
    flare_err (*open)(flare_loop *loop);
    void (*close)(flare_loop *loop);
    /** Begins to watch; fd, generation and flags are set. Leaves nothing behind when it fails. */
    flare_err (*add)(flare_loop *loop, flare_watch *watch);
    /** Ends it; asserts that the descriptor is still the one that was added. */
    void (*remove)(flare_loop *loop, flare_watch *watch);
    /** As remove, for a descriptor that is closed next: the system may forget it by itself. */
    void (*forget)(flare_loop *loop, flare_watch *watch);
    /** Reports it once more if it is ready, behind what is ready now. */
    flare_err (*again)(flare_loop *loop, flare_watch *watch);
    /** Waits, updates the loop's clock, then calls flarei_loop_report() for each descriptor that is ready. */
    flare_err (*wait)(flare_loop *loop, int timeout_ms);
};

extern const struct flarei_poller flarei_poll_poller;
#if defined(__linux__)
extern const struct flarei_poller flarei_epoll_poller;
#endif

/** How many descriptors one wake-up reports at most with epoll. */
#define FLAREI_LOOP_BATCH 256

struct flare_loop {
    uint64_t now_ns;
    uint64_t now_ms;
    const struct flarei_poller *poller;
    void *poller_state;
    flare_watch **watches; /**< by descriptor number; NULL where none is */
    uint32_t watches_size;
    uint32_t generation; /**< of the watch added last; tells a watch from an earlier one on the same number */
    bool running;
    int64_t wall_s;
    uint64_t wall_until_ns; /**< on the monotonic clock: when wall_s must be read again */
    flare_watch wake_watch; /**< reads what wake_fd was written to */
    int wake_fd;
    struct flarei_wheel wheel;
    _Alignas(64) _Atomic(flare_task *) tasks; /**< a stack, the last one posted first; other threads' line */
    atomic_bool stop;
};

/** What a back end keeps of a watch while the system waits: the number and the generation. Unlike a pointer
 * it can't dangle, so whatever the system reports late is told from the present and dropped. */
static inline uint64_t flarei_watch_tag(const flare_watch *watch)
{
    return (uint64_t)watch->generation << 32 | (uint32_t)watch->fd;
}

/** Calls the watch of a tag if it is still there and wants to know. */
static inline void flarei_loop_report(flare_loop *loop, uint64_t tag, unsigned ready)
{
    flare_watch *watch = loop->watches[(uint32_t)tag];
    if (FLARE_UNLIKELY(!watch || watch->generation != (uint32_t)(tag >> 32)))
        return;
    unsigned wanted = ready & watch->want;
    if (FLARE_UNLIKELY(ready & FLARE_HANGUP)) {
        if (!wanted && (watch->told & FLARE_HANGUP))
            return;
        watch->told |= FLARE_HANGUP;
        wanted |= FLARE_HANGUP;
    }
    if (wanted)
        watch->callback(loop, watch, wanted);
}

/** The monotonic clock, in nanoseconds; 0 if the system can't tell. What is compared with a loop's time is
 * read by this one, through the seam; flarei_clock_monotonic() is for rooms that know no loop. Any thread. */
static inline uint64_t flarei_loop_clock_ns(void)
{
    struct timespec time;
    if (FLARE_UNLIKELY(flarei_sys.clock_gettime(CLOCK_MONOTONIC, &time) != 0))
        return 0;
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
}

/** When the system's monotonic clock will have gone on so far, for pthread_cond_timedwait(), which asks that
 * one and no seam. Any thread. */
static inline struct timespec flarei_loop_clock_after(uint64_t delay_ms)
{
    struct timespec time = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += (time_t)(delay_ms / 1000);
    time.tv_nsec += (long)(delay_ms % 1000) * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

/** Reads the clock, as each wait does when it is over. */
static inline void flarei_loop_read_clock(flare_loop *loop)
{
    uint64_t now_ns = flarei_loop_clock_ns();
    if (FLARE_UNLIKELY(now_ns <= loop->now_ns))
        return;
    loop->now_ns = now_ns;
    loop->now_ms = now_ns / 1000000;
}

/** Has what a watch wants reported once more in the loop's next turn if it is ready, behind what is ready
 * now. @return FLARE_OK, or why the system refused */
flare_err flarei_loop_again(flare_loop *loop, flare_watch *watch);

/** Has an inactive timer run without a wait before it, after the descriptors that are ready and the timers
 * that are due by now. */
void flarei_timer_set_now(flare_loop *loop, flare_timer *timer);

/** Did a signal arrive that the loop has not told of yet? Any thread. */
bool flarei_signals_pending(int number);

/** From here on SIGHUP waits, and unless `reload_only` SIGTERM and SIGINT, until they are let come. The
 * calling thread, and those that it starts. */
void flarei_signals_hold(bool reload_only);
void flarei_signals_let_come(void);

/** Wakes the loop's wait. Any thread. */
void flarei_loop_wake(flare_loop *loop);
/** Makes the wake-up descriptors and watches them. */
flare_err flarei_wake_open(flare_loop *loop);
/** Closes them; allowed when half open. */
void flarei_wake_close(flare_loop *loop);

#endif
