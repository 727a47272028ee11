/* open.c - connections: opened, closed, and told to stop. */
#include "fiber/threads.h"
#include "net/sys.h"
#include "postgres/connection.h"

#include <flare/memory.h>

/* ---- Closing ---- */

static void forget(struct flarei_postgres_connection *connection)
{
    struct flarei_postgres_pool *const pool = connection->pool;
    struct flarei_postgres_connection **at = &pool->connections;

    if (pool->opening == connection) {
        pool->opening = NULL;
        return;
    }
    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    pool->connection_count--;
}

void flarei_postgres_connection_close(struct flarei_postgres_connection *connection)
{
    struct flarei_postgres_pool *const pool = connection->pool;
    const bool open = pool->opening != connection;

    forget(connection);
    flare_timer_cancel(pool->loop, &connection->timer);
    if (connection->holder != NULL)
        connection->holder->held = NULL;
    if (open)
        flare_loop_close(pool->loop, &connection->watch);
    else
        flare_loop_remove(pool->loop, &connection->watch);
    PQclear(connection->kept);
    PQfinish(connection->pg);
    flarei_postgres_statements_clear(&connection->statements);
    flarei_free(connection);
}

/* ---- Cancelling: libpq's call blocks, so a thread of the pool makes it ---- */

struct cancelling {
    struct flarei_job job;
    PGcancel *cancel;
};

static void cancel_run(struct flarei_job *job)
{
    struct cancelling *const cancelling = FLARE_OWNER(job, struct cancelling, job);
    char why[256];

    (void)PQcancel(cancelling->cancel, why, (int)sizeof why);
    PQfreeCancel(cancelling->cancel);
    flarei_free(cancelling);
}

void flarei_postgres_connection_cancel(struct flarei_postgres_connection *connection)
{
    struct flarei_threads *const threads = connection->pool->threads;
    struct cancelling *const cancelling = flarei_calloc(1, sizeof *cancelling);

    if (cancelling == NULL)
        return;
    cancelling->job.run = cancel_run;
    cancelling->cancel = PQgetCancel(connection->pg);
    if (cancelling->cancel != NULL && threads != NULL &&
        flarei_threads_add(threads, &cancelling->job) == FLARE_OK)
        return;
    PQfreeCancel(cancelling->cancel);
    flarei_free(cancelling);
}

/* ---- Opening ---- */

static void fail(struct flarei_postgres_connection *connection, const char *why)
{
    struct flarei_postgres_pool *const pool = connection->pool;
    PGconn *const pg = connection->pg;

    connection->pg = NULL;
    flarei_postgres_connection_close(connection);
    flarei_postgres_pool_not_opened(pool, why != NULL ? why : PQerrorMessage(pg));
    PQfinish(pg);
}

/* Notices are for people at a terminal. */
static void drop_notice(void *context, const PGresult *result)
{
    (void)context, (void)result;
}

static void opened(struct flarei_postgres_connection *connection)
{
    struct flarei_postgres_pool *const pool = connection->pool;
    const int fd = flarei_sys.duplicate(PQsocket(connection->pg));

    if (fd < 0 || PQsetnonblocking(connection->pg, 1) != 0 || PQenterPipelineMode(connection->pg) == 0) {
        if (fd >= 0)
            (void)flarei_sys.close(fd);
        fail(connection, fd < 0 ? "too many open files" : NULL);
        return;
    }
    connection->watch.callback = flarei_postgres_connection_ready;
    connection->watch.fd = fd;
    connection->watch.want = FLARE_READ;
    if (flare_loop_add(pool->loop, &connection->watch) != FLARE_OK) {
        (void)flarei_sys.close(fd);
        fail(connection, "the loop has no room for it");
        return;
    }
    flare_timer_cancel(pool->loop, &connection->timer);
    flarei_postgres_pool_opened(pool, connection);
}

static void poll_again(struct flarei_postgres_connection *connection);

static void opening_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    (void)ready;
    flare_loop_remove(loop, watch); /* libpq may take another descriptor */
    poll_again(FLARE_OWNER(watch, struct flarei_postgres_connection, watch));
}

static void poll_again(struct flarei_postgres_connection *connection)
{
    const PostgresPollingStatusType next = PQconnectPoll(connection->pg);

    if (next == PGRES_POLLING_OK) {
        opened(connection);
        return;
    }
    connection->watch.fd = PQsocket(connection->pg);
    connection->watch.want = next == PGRES_POLLING_READING ? FLARE_READ : FLARE_WRITE;
    if (next == PGRES_POLLING_FAILED)
        fail(connection, NULL);
    else if (flare_loop_add(connection->pool->loop, &connection->watch) != FLARE_OK)
        fail(connection, "the loop has no room for it");
}

static void timer_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_postgres_connection *const connection =
        FLARE_OWNER(timer, struct flarei_postgres_connection, timer);

    (void)loop;
    if (connection->pool->opening == connection)
        fail(connection, "the server does not answer");
    else
        flarei_postgres_connection_overdue(connection);
}

/* What libpq is told: what the service said, and what of its defaults would block. */
enum { PARAMETERS_MAX = 80 };

static PGconn *start(const struct flarei_postgres_pool *pool)
{
    const char *names[PARAMETERS_MAX + 2], *values[PARAMETERS_MAX + 2];
    size_t count = 0;
    bool gss = false;

    for (const PQconninfoOption *option = pool->conninfo; option->keyword != NULL; option++) {
        if (option->val == NULL || count == PARAMETERS_MAX)
            continue;
        gss |= strcmp(option->keyword, "gssencmode") == 0;
        names[count] = option->keyword;
        values[count++] = option->val;
    }
    if (!gss) {
        names[count] = "gssencmode";
        values[count++] = "disable";
    }
    names[count] = values[count] = NULL;
    return PQconnectStartParams(names, values, 0);
}

void flarei_postgres_connection_open(struct flarei_postgres_pool *pool)
{
    struct flarei_postgres_connection *const connection = flarei_calloc(1, sizeof *connection);

    if (connection == NULL) {
        flarei_postgres_pool_not_opened(pool, "out of memory");
        return;
    }
    connection->pool = pool;
    connection->timer.callback = timer_due;
    connection->watch.callback = opening_ready;
    connection->pg = start(pool);
    pool->opening = connection;
    if (connection->pg == NULL || PQstatus(connection->pg) == CONNECTION_BAD) {
        fail(connection, connection->pg == NULL ? "out of memory" : NULL);
        return;
    }
    (void)PQsetNoticeReceiver(connection->pg, drop_notice, NULL);
    flare_timer_set(pool->loop, &connection->timer, pool->connect_ms);
    connection->watch.fd = PQsocket(connection->pg);
    connection->watch.want = FLARE_WRITE;
    if (flare_loop_add(pool->loop, &connection->watch) != FLARE_OK)
        fail(connection, "the loop has no room for it");
}
