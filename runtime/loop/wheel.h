/* loop/wheel.h - timers by due time, to the millisecond; no clock, no allocation.
 *
 * A hierarchical wheel: level 0 has a ring for each of 64 milliseconds, level 1 for each of 64 spans of 64
 * ms, and so on until 64 bits of time are covered. A timer stands on the level of the highest group of six
 * bits in which its due time differs from now, and moves down when time enters its span. A bit map per level
 * finds the next ring in a few instructions however far away it is, so nothing ticks while nothing is due.
 */
#ifndef FLAREI_LOOP_WHEEL_H
#define FLAREI_LOOP_WHEEL_H

#include <flare/loop.h>

#define FLAREI_WHEEL_BITS   6
#define FLAREI_WHEEL_SLOTS  64
#define FLAREI_WHEEL_LEVELS 11

/** The next_ms of a wheel without timers. */
#define FLAREI_WHEEL_NEVER UINT64_MAX

/** The timers of one loop. One thread at a time. */
struct flarei_wheel {
    /** By when flarei_wheel_expire() must be called: the time of the first timer or a little earlier (the
     * start of its span), FLAREI_WHEEL_NEVER without timers. Before that a call does nothing and can be left
     * out. */
    uint64_t next_ms;
    uint64_t now_ms;                     /**< how far it has been turned */
    uint32_t levels;                     /**< bit n: level n holds a timer */
    uint64_t slots[FLAREI_WHEEL_LEVELS]; /**< bit n of a level: its ring n is not empty */
    flare_timer_link rings[FLAREI_WHEEL_LEVELS][FLAREI_WHEEL_SLOTS];
};

/** Empties it. @param now_ms its first moment. */
void flarei_wheel_init(struct flarei_wheel *wheel, uint64_t now_ms);

/** Turns the wheel without expiring anything, as far as no timer's span begins. A timer is placed by how far
 * it is from the wheel's own time, so this before an add spares it moves. Constant time. */
static inline void flarei_wheel_follow(struct flarei_wheel *wheel, uint64_t now_ms)
{
    if (now_ms > wheel->now_ms && now_ms < wheel->next_ms)
        wheel->now_ms = now_ms;
}

/** Adds an inactive timer; one that is due already runs at the next expiry. Constant time.
 *  @param due_ms below FLAREI_WHEEL_NEVER */
void flarei_wheel_add(struct flarei_wheel *wheel, flare_timer *timer, uint64_t due_ms);

/** Takes an active timer out. Constant time. */
void flarei_wheel_remove(struct flarei_wheel *wheel, flare_timer *timer);

/** Turns the wheel towards `now_ms` and stops at the first timer due by then.
 *  @return that timer, inactive now, or NULL when there is none (left). Call it until NULL. */
flare_timer *flarei_wheel_expire(struct flarei_wheel *wheel, uint64_t now_ms);

#endif
