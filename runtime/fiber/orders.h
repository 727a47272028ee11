/* fiber/orders.h - what fibers ask of a server elsewhere: the connections of one worker, and the orders that
 * wait for one.
 *
 * An order is what one fiber asks for at once: one command or several. It waits in the queue, goes to a
 * connection, and stands there in line with others until its last answer came. Its memory is the fiber's
 * while that waits; one that nobody waits for any more (abandoned) is the connection's, which drops the
 * answers.
 *
 *     submit --> waiting --> in line on a connection --> done (its fiber is woken)
 *                   |                  |
 *                abandon: gone      abandon: answers are dropped
 *
 * One connection is opened at a time. After a failure the next try has a pause, and while there is no
 * connection at all, orders fail at once. What is said on a connection is its protocol's: see struct
 * flarei_orders_calls. All of this runs on the thread of one loop, on the loop's own stack or on a fiber's.
 */
#ifndef FLAREI_FIBER_ORDERS_H
#define FLAREI_FIBER_ORDERS_H

#include "base/link.h"

#include <flare/err.h>
#include <flare/loop.h>

struct flarei_fiber;
struct flarei_line;
struct flarei_orders;

/** One order: the first field of what a protocol has of it, which comes from flarei_calloc(). */
struct flarei_order {
    struct flarei_link place;   /* in the queue */
    struct flarei_order *next;  /* in its line */
    struct flarei_line *line;   /* once sent */
    struct flarei_fiber *fiber; /* NULL: nobody waits, and nothing of the fiber's may be touched */
    flare_timer timer;          /* how long it may wait, then for an answer */
    size_t count;               /* of its commands */
    size_t answered;
    bool alone;   /* it goes to a connection that has no other */
    bool waiting; /* in the queue */
    bool done;
    bool late; /* the timer was due */
};

/** The orders in line on one connection, a field of it. */
struct flarei_line {
    struct flarei_orders *orders;
    struct flarei_line *next;
    struct flarei_order *first;
    struct flarei_order *last;
    flare_timer timer; /* while it opens: its time, set by its protocol; then of what nobody waits for */
    uint32_t in_line;
};

/** What a protocol does. */
struct flarei_orders_calls {
    const char *name; /* in the log */
    /** Begins to open a connection: flarei_line_opening(), then flarei_line_opened() or
     * flarei_orders_not_opened(), maybe within this call. On the loop's own stack. */
    void (*open)(struct flarei_orders *orders);
    /** Closes one, open or not; no order is in line. */
    void (*close)(struct flarei_line *line);
    /** It takes too long to open, or nobody waits any more for what it has to answer: closes it. */
    void (*give_up)(struct flarei_line *line);
    /** May it have another order now, as far as the protocol knows? */
    bool (*takes)(struct flarei_line *line);
    /** Sends an order: flarei_line_add(); else flarei_orders_fail(). The order may be done, and the
     * connection gone, when this returns. */
    void (*send)(struct flarei_line *line, struct flarei_order *order);
    /** Sends what was written and not sent, at the end of the loop's turn; or NULL. */
    void (*flush)(struct flarei_orders *orders);
    /** Writes an error into the results that the order has not got yet. */
    void (*fail)(struct flarei_order *order, flare_err err);
};

/** In numbers and milliseconds. */
struct flarei_orders_limits {
    uint32_t connections_max;
    uint32_t pipeline_max; /* orders in line on one */
    uint32_t connect_ms;
    uint32_t acquire_ms; /* for which an order waits for a connection */
    uint32_t answer_ms;  /* then for its answers */
    uint32_t retry_ms;   /* the first pause, which doubles */
    uint32_t retry_max_ms;
};

struct flarei_orders {
    const struct flarei_orders_calls *calls;
    flare_loop *loop; /* of the first fiber that asked */
    struct flarei_orders_limits limits;
    struct flarei_line *lines;   /* that can be used */
    struct flarei_line *opening; /* one at a time */
    uint32_t line_count;         /* of `lines` */
    uint32_t failures;           /* since one was opened */
    uint64_t retry_ms_at;        /* none is opened before */
    struct flarei_link queue;
    flare_timer turn; /* on the loop's own stack: see flarei_orders_turn_later() */
    bool crowded;     /* an order had to go behind another one's */
};

/** Prepares it. @param calls a constant @param asked where it is 0, the default holds */
void flarei_orders_init(struct flarei_orders *orders, const struct flarei_orders_calls *calls,
                        const struct flarei_orders_limits *asked,
                        const struct flarei_orders_limits *defaults);

/** Closes all connections; no order is left. */
void flarei_orders_clear(struct flarei_orders *orders);

/** The fiber that calls, if it may wait here: the first one binds this to its loop. @return else NULL */
struct flarei_fiber *flarei_orders_caller(struct flarei_orders *orders);

/** Waits until an order is done, or its fiber's wait is over, and frees it: its results say how it went.
 *  @param order with its fiber and what it counts @param line NULL: any of its queue's choice */
void flarei_orders_carry_out(struct flarei_orders *orders, struct flarei_order *order,
                             struct flarei_line *line);

/** Is it worth it to ask later, is the server just away? Of the errors that come from here. */
static inline bool flarei_orders_unavailable(flare_err err)
{
    return err == FLARE_ERR_REFUSED || err == FLARE_ERR_TIMEOUT || err == FLARE_ERR_CLOSED ||
           err == FLARE_ERR_CANCELLED;
}

/** Sends from the queue what can be sent, and has a connection opened where one is wanted. */
void flarei_orders_dispatch(struct flarei_orders *orders);

/** The same, and whatever was written and not sent, soon, from the loop. */
void flarei_orders_turn_later(struct flarei_orders *orders);

/** An order that is in no line has failed. */
void flarei_orders_fail(struct flarei_orders *orders, struct flarei_order *order, flare_err err);

/** A connection begins to open. @param line zeroed */
void flarei_line_opening(struct flarei_line *line, struct flarei_orders *orders);

/** It can be used. */
void flarei_line_opened(struct flarei_line *line);

/** The one that was to open could not, and is about to go. @param why one sentence or more */
void flarei_orders_not_opened(struct flarei_orders *orders, flare_str why);

/** It is about to go: takes it out, whatever it was, and stops its timer. */
void flarei_line_forget(struct flarei_line *line);

/** Puts an order into line: from then on it waits for its answers. */
void flarei_line_add(struct flarei_line *line, struct flarei_order *order);

/** One command of the first order was answered. @return whether it was its last: then the order is gone */
bool flarei_line_answered(struct flarei_line *line);

/** The first order fails, and is gone. */
void flarei_line_fail_first(struct flarei_line *line, flare_err err);

#endif
