/* postgres/connection.h - one connection to the server, and the orders in line on it. */
#ifndef FLAREI_POSTGRES_CONNECTION_H
#define FLAREI_POSTGRES_CONNECTION_H

#include "postgres/hosts.h"
#include "postgres/pool.h"
#include "postgres/statements.h"

struct flarei_postgres_connection {
    struct flarei_postgres_pool *pool;
    struct flarei_postgres_connection *next;
    PGconn *pg;
    flare_watch watch; /* once it is open: on a descriptor of ours, as libpq closes its own when it likes */
    flare_timer timer; /* while it opens: its time; then: how long what nobody waits for is let run */
    struct flarei_postgres_order *first; /* in line */
    struct flarei_postgres_order *last;
    struct flare_postgres *holder; /* the transaction, while its handler has it */
    bool held;                     /* by a transaction, up to its very end */
    PGresult *kept;                /* of the command whose answers come: the last, or the first error */
    uint32_t results;              /* of that command, so far */
    uint32_t in_line;              /* orders */
    bool retired;                  /* takes no more, and is closed when it has nothing to do */
    struct flarei_postgres_statements statements;
    struct flarei_postgres_hosts hosts; /* while it opens */
};

/** Begins to open one: it becomes the pool's `opening`, and then flarei_postgres_pool_opened() or
 * _not_opened() is called, maybe within this call. On the loop's own stack. */
void flarei_postgres_connection_open(struct flarei_postgres_pool *pool);

/** Closes it; no order is left on it. */
void flarei_postgres_connection_close(struct flarei_postgres_connection *connection);

/** Sends an order, which is in line from then on; it may be done, and the connection gone, when this returns.
 */
void flarei_postgres_connection_send(struct flarei_postgres_connection *connection,
                                     struct flarei_postgres_order *order);

/** An order in line was abandoned. */
void flarei_postgres_connection_abandoned(struct flarei_postgres_connection *connection);

/** Sends ROLLBACK; the connection is free when it is answered. */
void flarei_postgres_connection_roll_back(struct flarei_postgres_connection *connection);

/** The transaction that held it has ended. */
void flarei_postgres_connection_release(struct flarei_postgres_connection *connection);

/** Has the server told to stop what runs on it, by a thread. */
void flarei_postgres_connection_cancel(struct flarei_postgres_connection *connection);

/** What was abandoned on it has had its time. */
void flarei_postgres_connection_overdue(struct flarei_postgres_connection *connection);

/** Is its watch's callback, once it is open. */
flare_watch_function flarei_postgres_connection_ready;

#endif
