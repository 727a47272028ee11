/* connection.c - orders on an open connection: sent, answered, lost. */
#include "postgres/connection.h"

#include "net/sys.h"
#include "postgres/result.h"
#include "postgres/values.h"

#include <flare/memory.h>

#include <openssl/ssl.h>

/* ---- The line ---- */

/* What is answered first. */
static struct flarei_postgres_order *first_of(const struct flarei_postgres_connection *connection)
{
    return FLARE_OWNER(connection->line.first, struct flarei_postgres_order, order);
}

/* Where its handler waits for it, a result is its own from then on. */
static void give(struct flarei_postgres_order *order, PGresult *result)
{
    if (order->order.fiber != NULL)
        flarei_postgres_result_take(&order->commands[order->order.answered].result, result);
    else
        PQclear(result);
}

void flarei_postgres_connection_lose(struct flarei_postgres_connection *connection, flare_err err)
{
    struct flarei_orders *const orders = connection->line.orders;

    while (connection->line.first != NULL) {
        struct flarei_postgres_order *const order = first_of(connection);

        if (connection->kept != NULL && PQresultStatus(connection->kept) == PGRES_FATAL_ERROR) {
            give(order, connection->kept); /* what it said before it went */
            order->order.answered++;
        } else {
            PQclear(connection->kept);
        }
        connection->kept = NULL;
        flarei_line_fail_first(&connection->line, err);
    }
    flarei_postgres_connection_close(&connection->line);
    flarei_orders_turn_later(orders);
}

/* ---- Answers ---- */

/* Keeps the last of a command's results, or the first error. */
static void keep(struct flarei_postgres_connection *connection, PGresult *result)
{
    connection->results++;
    if (connection->kept != NULL && PQresultStatus(connection->kept) == PGRES_FATAL_ERROR) {
        PQclear(result);
        return;
    }
    PQclear(connection->kept);
    connection->kept = result;
}

/* A statement that the server does not know, or knows otherwise by now, is for a fresh connection. */
static bool is_stale(const char *sqlstate)
{
    return sqlstate != NULL && (strcmp(sqlstate, "26000") == 0 || strcmp(sqlstate, "0A000") == 0);
}

/* The server has come to the end of a command. */
static void command_over(struct flarei_postgres_connection *connection)
{
    struct flarei_postgres_order *const order = first_of(connection);
    struct flarei_postgres_statement *const preparing = order->preparing[order->order.answered];
    const bool releases = order->releases;
    PGresult *const kept = connection->kept;

    if (PQresultStatus(kept) == PGRES_FATAL_ERROR) {
        if (preparing != NULL && connection->results == 1)
            preparing->prepared = false;
        if (is_stale(PQresultErrorField(kept, PG_DIAG_SQLSTATE)))
            connection->retired = true;
    }
    give(order, kept);
    connection->kept = NULL;
    connection->results = 0;
    if (flarei_line_answered(&connection->line) && releases)
        connection->held = false;
}

/* Takes the answers that libpq has. @return false: it can't go on */
static bool take_answers(struct flarei_postgres_connection *connection)
{
    unsigned nothing = 0; /* one stands behind each result */

    while (connection->line.first != NULL && nothing < 2 && PQisBusy(connection->pg) == 0) {
        PGresult *const result = PQgetResult(connection->pg);

        if (result == NULL) {
            nothing++;
            continue;
        }
        nothing = 0;
        switch (PQresultStatus(result)) {
        case PGRES_PIPELINE_SYNC:
            PQclear(result);
            command_over(connection);
            break;
        case PGRES_PIPELINE_ABORTED:
            PQclear(result);
            break;
        case PGRES_COPY_IN:
        case PGRES_COPY_OUT:
        case PGRES_COPY_BOTH:
            PQclear(result);
            return false;
        case PGRES_EMPTY_QUERY:
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_SINGLE_TUPLE:
        case PGRES_BAD_RESPONSE:
        case PGRES_NONFATAL_ERROR:
        case PGRES_FATAL_ERROR:
            keep(connection, result);
            break;
        }
    }
    return true;
}

/* ---- Bytes ---- */

/* Is there more to receive? libpq does not say whether it took all, and the loop reports what is new alone.
 */
static bool is_more(const struct flarei_postgres_connection *connection)
{
    struct pollfd item = {.fd = connection->watch.fd, .events = POLLIN};
    SSL *const tls = PQsslStruct(connection->pg, "OpenSSL");

    return (tls != NULL && SSL_pending(tls) > 0) || flarei_sys.poll(&item, 1, 0) > 0;
}

/* Sends what waits. @return false: the connection is gone */
static bool flush(struct flarei_postgres_connection *connection)
{
    const int left = PQflush(connection->pg);

    connection->watch.want = left > 0 ? FLARE_READ | FLARE_WRITE : FLARE_READ;
    return left >= 0;
}

/* After work on it: closes one that has nothing to do and should not have more. */
static void settle(struct flarei_postgres_connection *connection)
{
    if (connection->line.first != NULL || connection->held)
        return;
    if (connection->retired || PQtransactionStatus(connection->pg) != PQTRANS_IDLE)
        flarei_postgres_connection_lose(connection, FLARE_ERR_CLOSED);
}

static flare_err step(struct flarei_postgres_connection *connection, bool hangup)
{
    bool more;

    do {
        const bool whole = flush(connection) && PQconsumeInput(connection->pg) != 0;

        if (!take_answers(connection))
            return FLARE_ERR_UNSUPPORTED;
        if (!whole || PQstatus(connection->pg) != CONNECTION_OK)
            return FLARE_ERR_CLOSED;
        more = hangup || (connection->line.first != NULL && is_more(connection));
    } while (more);
    return FLARE_OK;
}

void flarei_postgres_connection_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct flarei_postgres_connection *const connection =
        FLARE_OWNER(watch, struct flarei_postgres_connection, watch);
    struct flarei_orders *const orders = connection->line.orders;
    const flare_err err = step(connection, (ready & FLARE_HANGUP) != 0);

    (void)loop;
    if (err != FLARE_OK)
        flarei_postgres_connection_lose(connection, err);
    else
        settle(connection);
    flarei_orders_dispatch(orders);
}

/* ---- Sending ---- */

/* So that each command fails or holds by itself. Before libpq 17 this sends at once, later ones gather. */
static bool sync_command(PGconn *pg)
{
#if FLAREI_LIBPQ_SEND_SYNC
    return PQsendPipelineSync(pg) != 0;
#else
    return PQpipelineSync(pg) != 0;
#endif
}

static bool send_command(struct flarei_postgres_connection *connection, const flare_postgres_command *command,
                         struct flarei_postgres_statement **preparing)
{
    struct flarei_postgres_pool *const pool = connection->pool;
    struct flarei_postgres_statement *statement = NULL;
    struct flarei_postgres_values values;
    int sent;

    if (!flarei_postgres_values_lay_out(pool, command->values, command->count, &values))
        return false;
    if (!pool->unprepared && !command->unprepared)
        statement = flarei_postgres_statement_find(&connection->statements, command->sql);
    if (statement == NULL) {
        sent = PQsendQueryParams(connection->pg, command->sql, values.count, NULL, values.texts,
                                 values.lengths, values.formats, 0);
    } else {
        if (!statement->prepared) {
            if (PQsendPrepare(connection->pg, statement->name, statement->sql, 0, NULL) == 0)
                return false;
            statement->prepared = true;
            *preparing = statement;
        }
        sent = PQsendQueryPrepared(connection->pg, statement->name, values.count, values.texts,
                                   values.lengths, values.formats, 0);
    }
    return sent != 0 && sync_command(connection->pg);
}

bool flarei_postgres_connection_takes(struct flarei_line *line)
{
    const struct flarei_postgres_connection *const connection =
        FLARE_OWNER(line, struct flarei_postgres_connection, line);

    return !connection->held && !connection->retired;
}

void flarei_postgres_connection_send(struct flarei_line *line, struct flarei_order *base)
{
    struct flarei_postgres_connection *const connection =
        FLARE_OWNER(line, struct flarei_postgres_connection, line);
    struct flarei_postgres_order *const order = FLARE_OWNER(base, struct flarei_postgres_order, order);
    bool whole = true;

    if (order->transaction != NULL) {
        connection->held = true;
        connection->holder = order->transaction;
        order->transaction->held = connection;
    }
    flarei_line_add(line, base);
    for (size_t i = 0; i < base->count && whole; i++)
        whole = send_command(connection, &order->commands[i], &order->preparing[i]);
    /* Where sending had to wait, libpq may have received. */
    if (!whole || !flush(connection) || !take_answers(connection))
        flarei_postgres_connection_lose(connection, FLARE_ERR_CLOSED);
}

void flarei_postgres_connection_roll_back(struct flarei_postgres_connection *connection)
{
    static flare_postgres_command command = {.sql = "ROLLBACK", .unprepared = true};
    const struct flarei_orders *const orders = connection->line.orders;
    struct flarei_postgres_order *const order = flarei_postgres_order_new(&command, 1);

    connection->holder = NULL;
    if (order == NULL) {
        flarei_postgres_connection_lose(connection, FLARE_ERR_MEMORY);
        return;
    }
    order->releases = true;
    if (!flare_timer_active(&connection->line.timer))
        flare_timer_set(orders->loop, &connection->line.timer, orders->limits.answer_ms);
    flarei_postgres_connection_send(&connection->line, &order->order);
}

void flarei_postgres_connection_release(struct flarei_postgres_connection *connection)
{
    struct flarei_orders *const orders = connection->line.orders;

    connection->holder = NULL;
    connection->held = false;
    settle(connection);
    flarei_orders_turn_later(orders);
}
