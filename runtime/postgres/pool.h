/* postgres/pool.h - the connections of one worker, and the orders that wait for one.
 *
 * An order is what one handler asks for at once: one command or several. It waits in the pool's queue, goes
 * to a connection, and stands there in line with others until its last answer came. Its memory is the
 * handler's while that waits; one that nobody waits for any more (abandoned) is the connection's, which drops
 * the answers.
 *
 *     submit --> waiting --> in line on a connection --> done (its fiber is woken)
 *                   |                  |
 *                abandon: gone      abandon: answers are dropped
 *
 * All of this runs on the thread of one loop, on the loop's own stack or on a fiber's; libpq's opening of
 * connections, which wants a larger one, on the loop's alone.
 */
#ifndef FLAREI_POSTGRES_POOL_H
#define FLAREI_POSTGRES_POOL_H

#include <flare/loop.h>
#include <flare/postgres.h>

#include <libpq-fe.h>

struct flarei_fiber;
struct flarei_threads;
struct flarei_postgres_connection;
struct flarei_postgres_statement;

/** A pool, or a transaction. */
struct flare_postgres {
    struct flarei_postgres_pool *pool;
    struct flarei_postgres_connection *held; /* of a transaction, until it is lost */
    bool transaction;
};

struct flarei_postgres_order {
    struct flarei_postgres_order *next;
    struct flarei_postgres_order *previous;        /* in the queue only */
    struct flarei_postgres_connection *connection; /* once sent */
    struct flarei_fiber *fiber;                    /* NULL: nobody waits */
    flare_postgres_command *commands;              /* the handler's; NULL: nobody waits */
    struct flare_postgres *transaction;            /* that begins with it, or NULL */
    flare_timer timer;                             /* how long it may wait, then for an answer */
    size_t count;
    size_t answered;
    bool waiting; /* in the queue */
    bool done;
    bool late;                                     /* the timer was due */
    bool releases;                                 /* with its answer the connection is free again */
    struct flarei_postgres_statement *preparing[]; /* that go with each command, or NULL */
};

struct flarei_postgres_pool {
    struct flare_postgres handle; /* what the service has of it */
    flare_loop *loop;             /* of the first that used it */
    struct flarei_threads *threads;
    PQconninfoOption *conninfo;
    uint32_t connections_max;
    uint32_t pipeline_max;
    uint32_t connect_ms;
    uint32_t acquire_ms;
    uint32_t answer_ms;
    uint32_t retry_ms;
    uint32_t retry_max_ms;
    bool unprepared;
    bool looked_up; /* a lookup was forgotten: its answer may be on the way to the loop */
    bool crowded;   /* an order had to go behind another one's */
    struct flarei_postgres_connection *connections; /* that can be used */
    struct flarei_postgres_connection *opening;     /* one at a time */
    uint32_t connection_count;                      /* of `connections` */
    uint32_t failures;                              /* since one was opened */
    uint64_t retry_ms_at;                           /* none is opened before */
    struct flarei_postgres_order *first;            /* in the queue */
    struct flarei_postgres_order *last;
    flare_timer turn; /* on the loop's own stack: see _pool_turn_later() */
    char *scratch;    /* for values on their way */
    size_t scratch_bytes;
};

/** Makes an order of so many commands. @return NULL without memory */
struct flarei_postgres_order *flarei_postgres_order_new(flare_postgres_command *commands, size_t count);

/** It was answered, or failed: wakes who waits for it, or frees it. */
void flarei_postgres_order_done(struct flarei_postgres_order *order);

/** Writes an error into the results that it has not got yet. */
void flarei_postgres_order_fail(struct flarei_postgres_order *order, flare_err err);

/** Puts it into the queue, and sends what can be sent. */
void flarei_postgres_pool_submit(struct flarei_postgres_pool *pool, struct flarei_postgres_order *order);

/** Nobody waits for it any more: it must not touch its commands after this, and is not the caller's. */
void flarei_postgres_pool_abandon(struct flarei_postgres_pool *pool, struct flarei_postgres_order *order);

/** Sends from the queue what can be sent, and has a connection opened where one is wanted. */
void flarei_postgres_pool_dispatch(struct flarei_postgres_pool *pool);

/** The same, soon, from the loop. */
void flarei_postgres_pool_turn_later(struct flarei_postgres_pool *pool);

/** The connection that was being opened can be used. */
void flarei_postgres_pool_opened(struct flarei_postgres_pool *pool,
                                 struct flarei_postgres_connection *connection);

/** It could not be opened, and is gone. @param why one sentence or more */
void flarei_postgres_pool_not_opened(struct flarei_postgres_pool *pool, const char *why);

#endif
