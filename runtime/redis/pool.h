/* redis/pool.h - the connections of one worker, and the orders that wait for one.
 *
 * An order is what one handler asks for at once: one command or several. It waits in the pool's queue, goes
 * to a connection, and stands there in line with others until its last reply came. Its memory is the
 * handler's while that waits; one that nobody waits for any more (abandoned) is the connection's, which drops
 * the replies.
 *
 *     submit --> waiting --> in line on a connection --> done (its fiber is woken)
 *                   |                  |
 *                abandon: gone      abandon: replies are dropped
 *
 * All of this runs on the thread of one loop. What a handler asks for first is sent at once; what comes while
 * its connection is busy is written behind it, and leaves together at the end of the loop's turn.
 */
#ifndef FLAREI_REDIS_POOL_H
#define FLAREI_REDIS_POOL_H

#include "redis/place.h"

#include <flare/loop.h>
#include <flare/redis.h>

struct flarei_fiber;
struct flarei_redis_connection;

struct flarei_redis_order {
    struct flarei_redis_order *next;
    struct flarei_redis_order *previous;        /* in the queue only */
    struct flarei_redis_connection *connection; /* once sent */
    struct flarei_fiber *fiber;                 /* NULL: nobody waits */
    flare_redis_command *commands;              /* the handler's; NULL: nobody waits */
    flare_timer timer;                          /* how long it may wait, then for a reply */
    size_t count;
    size_t answered;
    bool waiting; /* in the queue */
    bool done;
    bool late; /* the timer was due */
};

struct flare_redis {
    flare_loop *loop; /* of the first that used it */
    struct flarei_redis_place place;
    flare_tls_connector *tls; /* or NULL */
    uint32_t connections_max;
    uint32_t pipeline_max;
    uint32_t connect_ms;
    uint32_t acquire_ms;
    uint32_t answer_ms;
    uint32_t retry_ms;
    uint32_t retry_max_ms;
    uint32_t reply_max_bytes;
    bool dialled; /* an attempt was given up: a lookup's answer may be on the way to the loop */
    bool crowded; /* an order had to go behind another one's */
    struct flarei_redis_connection *connections; /* that can be used */
    struct flarei_redis_connection *opening;     /* one at a time */
    uint32_t connection_count;                   /* of `connections` */
    uint32_t failures;                           /* since one was opened */
    uint64_t retry_ms_at;                        /* none is opened before */
    struct flarei_redis_order *first;            /* in the queue */
    struct flarei_redis_order *last;
    flare_timer turn; /* on the loop's own stack: see flarei_redis_pool_turn_later() */
};

/** It was answered, or failed: wakes who waits for it, or frees it. */
void flarei_redis_order_done(struct flarei_redis_order *order);

/** Writes an error into the replies that it has not got yet. */
void flarei_redis_order_fail(struct flarei_redis_order *order, flare_err err);

/** Puts it into the queue, and sends what can be sent. */
void flarei_redis_pool_submit(struct flare_redis *pool, struct flarei_redis_order *order);

/** Nobody waits for it any more: it must not touch its commands after this, and is not the caller's. */
void flarei_redis_pool_abandon(struct flare_redis *pool, struct flarei_redis_order *order);

/** Sends from the queue what can be sent, and has a connection opened where one is wanted. */
void flarei_redis_pool_dispatch(struct flare_redis *pool);

/** The same, and whatever was written and not sent, soon, from the loop. */
void flarei_redis_pool_turn_later(struct flare_redis *pool);

/** The connection that was being opened can be used. */
void flarei_redis_pool_opened(struct flare_redis *pool, struct flarei_redis_connection *connection);

/** It could not be opened, and is about to go. @param why a few words */
void flarei_redis_pool_not_opened(struct flare_redis *pool, flare_str why);

#endif
