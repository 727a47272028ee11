/* postgres/pool.h - the connections of one worker, and what handlers order of them: see fiber/orders.h.
 *
 * libpq's opening of connections, which wants a larger stack, runs on the loop's alone.
 */
#ifndef FLAREI_POSTGRES_POOL_H
#define FLAREI_POSTGRES_POOL_H

#include "fiber/orders.h"

#include <flare/postgres.h>

#include <libpq-fe.h>

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
    struct flarei_order order;
    flare_postgres_command *commands;              /* the handler's */
    struct flare_postgres *transaction;            /* that begins with it, or NULL */
    bool releases;                                 /* with its answer the connection is free again */
    struct flarei_postgres_statement *preparing[]; /* that go with each command, or NULL */
};

struct flarei_postgres_pool {
    struct flarei_orders orders;
    struct flare_postgres handle; /* what the service has of it */
    struct flarei_threads *threads;
    PQconninfoOption *conninfo;
    bool unprepared;
    bool looked_up; /* a lookup was forgotten: its answer may be on the way to the loop */
    char *scratch;  /* for values on their way */
    size_t scratch_bytes;
};

/** Makes an order of so many commands. @return NULL without memory */
struct flarei_postgres_order *flarei_postgres_order_new(flare_postgres_command *commands, size_t count);

#endif
