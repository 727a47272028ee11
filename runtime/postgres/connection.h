/* postgres/connection.h - one connection to the server, and the orders in line on it. */
#ifndef FLAREI_POSTGRES_CONNECTION_H
#define FLAREI_POSTGRES_CONNECTION_H

#include "postgres/hosts.h"
#include "postgres/pool.h"
#include "postgres/statements.h"

struct flarei_postgres_connection {
    struct flarei_line line;
    struct flarei_postgres_pool *pool;
    PGconn *pg;
    flare_watch watch; /* once it is open: on a descriptor of ours, as libpq closes its own when it likes */
    struct flare_postgres *holder; /* the transaction, while its handler has it */
    bool held;                     /* by a transaction, up to its very end */
    PGresult *kept;                /* of the command whose answers come: the last, or the first error */
    uint32_t results;              /* of that command, so far */
    bool retired;                  /* takes no more, and is closed when it has nothing to do */
    struct flarei_postgres_statements statements;
    struct flarei_postgres_hosts hosts; /* while it opens */
};

/* What its pool calls: see struct flarei_orders_calls. */
void flarei_postgres_connection_open(struct flarei_orders *orders);
void flarei_postgres_connection_close(struct flarei_line *line);
void flarei_postgres_connection_give_up(struct flarei_line *line);
bool flarei_postgres_connection_takes(struct flarei_line *line);
void flarei_postgres_connection_send(struct flarei_line *line, struct flarei_order *base);

/** Sends ROLLBACK; the connection is free when it is answered. */
void flarei_postgres_connection_roll_back(struct flarei_postgres_connection *connection);

/** The transaction that held it has ended. */
void flarei_postgres_connection_release(struct flarei_postgres_connection *connection);

/** Opened, it is lost: all that is in line fails. */
void flarei_postgres_connection_lose(struct flarei_postgres_connection *connection, flare_err err);

/** Is its watch's callback, once it is open. */
flare_watch_function flarei_postgres_connection_ready;

#endif
