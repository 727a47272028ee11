/* open.c - connections: opened, closed, and told to stop. */
#include "fiber/threads.h"
#include "net/sys.h"
#include "postgres/connection.h"

#include <flare/memory.h>

#include <stdlib.h>

/* ---- Closing ---- */

void flarei_postgres_connection_close(struct flarei_line *line)
{
    struct flarei_postgres_connection *const connection =
        FLARE_OWNER(line, struct flarei_postgres_connection, line);
    struct flarei_postgres_pool *const pool = connection->pool;
    const bool open = connection->watch.callback == flarei_postgres_connection_ready;

    flarei_line_forget(line);
    if (flarei_postgres_hosts_clear(&connection->hosts))
        pool->looked_up = true;
    if (connection->holder != NULL)
        connection->holder->held = NULL;
    if (open)
        flare_loop_close(pool->orders.loop, &connection->watch);
    else
        flare_loop_remove(pool->orders.loop, &connection->watch);
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

static void cancel(struct flarei_postgres_connection *connection)
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

/* @param why NULL: libpq knows */
static void fail(struct flarei_postgres_connection *connection, const char *why)
{
    flare_str text = flare_str_of(why != NULL ? why : PQerrorMessage(connection->pg));

    while (text.len > 0 && text.ptr[text.len - 1] == '\n')
        text.len--;
    flarei_orders_not_opened(connection->line.orders, text);
    flarei_postgres_connection_close(&connection->line);
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
    connection->watch.fd = fd;
    connection->watch.want = FLARE_READ;
    if (flare_loop_add(pool->orders.loop, &connection->watch) != FLARE_OK) {
        (void)flarei_sys.close(fd);
        fail(connection, "the loop has no room for it");
        return;
    }
    connection->watch.callback = flarei_postgres_connection_ready;
    flarei_postgres_hosts_clear(&connection->hosts);
    flarei_line_opened(&connection->line);
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
    else if (flare_loop_add(connection->line.orders->loop, &connection->watch) != FLARE_OK)
        fail(connection, "the loop has no room for it");
}

void flarei_postgres_connection_give_up(struct flarei_line *line)
{
    struct flarei_postgres_connection *const connection =
        FLARE_OWNER(line, struct flarei_postgres_connection, line);

    if (line->orders->opening == line) {
        fail(connection, "the server does not answer");
        return;
    }
    cancel(connection);
    flarei_postgres_connection_lose(connection, FLARE_ERR_CANCELLED);
}

/* ---- What libpq is told: what the service said, and what of its defaults would block ---- */

enum { PARAMETERS_MAX = 80 };

struct parameters {
    const char *names[PARAMETERS_MAX + 1];
    const char *values[PARAMETERS_MAX + 1];
    size_t count;
};

/* What the conninfo says, or the environment; "" is nothing, as in libpq. */
static const char *told(const struct flarei_postgres_pool *pool, const char *keyword)
{
    for (const PQconninfoOption *option = pool->conninfo; option->keyword != NULL; option++) {
        const char *const value = option->val != NULL      ? option->val
                                  : option->envvar != NULL ? getenv(option->envvar)
                                                           : NULL;

        if (strcmp(option->keyword, keyword) == 0)
            return value != NULL ? value : "";
    }
    return "";
}

static void tell(struct parameters *parameters, const char *name, const char *value)
{
    for (size_t i = 0; i < parameters->count; i++)
        if (strcmp(parameters->names[i], name) == 0) {
            parameters->values[i] = value;
            return;
        }
    if (parameters->count == PARAMETERS_MAX)
        return;
    parameters->names[parameters->count] = name;
    parameters->values[parameters->count++] = value;
}

static void begin(struct flarei_postgres_connection *connection)
{
    struct flarei_postgres_pool *const pool = connection->pool;
    struct parameters parameters = {.count = 0};

    tell(&parameters, "gssencmode", "disable");
    for (const PQconninfoOption *option = pool->conninfo; option->keyword != NULL; option++)
        if (option->val != NULL)
            tell(&parameters, option->keyword, option->val);
    if (connection->hosts.count > 0) {
        tell(&parameters, "host", connection->hosts.names.ptr);
        tell(&parameters, "hostaddr", connection->hosts.addresses.ptr);
        tell(&parameters, "port", connection->hosts.ports.ptr);
    }
    connection->pg = PQconnectStartParams(parameters.names, parameters.values, 0);
    if (connection->pg == NULL || PQstatus(connection->pg) == CONNECTION_BAD) {
        fail(connection, connection->pg == NULL ? "out of memory" : NULL);
        return;
    }
    (void)PQsetNoticeReceiver(connection->pg, drop_notice, NULL);
    connection->watch.fd = PQsocket(connection->pg);
    connection->watch.want = FLARE_WRITE;
    if (flare_loop_add(pool->orders.loop, &connection->watch) != FLARE_OK)
        fail(connection, "the loop has no room for it");
}

static void hosts_done(struct flarei_postgres_hosts *hosts, flare_err err)
{
    struct flarei_postgres_connection *const connection =
        FLARE_OWNER(hosts, struct flarei_postgres_connection, hosts);

    if (err == FLARE_OK)
        begin(connection);
    else
        fail(connection, flare_err_text(err));
}

void flarei_postgres_connection_open(struct flarei_orders *orders)
{
    struct flarei_postgres_pool *const pool = FLARE_OWNER(orders, struct flarei_postgres_pool, orders);
    struct flarei_postgres_connection *const connection = flarei_calloc(1, sizeof *connection);
    const char *const host = told(pool, "host");

    if (connection == NULL) {
        flarei_orders_not_opened(orders, FLARE_STR("out of memory"));
        return;
    }
    connection->pool = pool;
    connection->watch.callback = opening_ready;
    connection->hosts.done = hosts_done;
    flarei_line_opening(&connection->line, orders);
    flare_timer_set(orders->loop, &connection->line.timer, orders->limits.connect_ms);
    if (told(pool, "hostaddr")[0] == '\0' && flarei_postgres_hosts_has_name(host))
        flarei_postgres_hosts_start(&connection->hosts, orders->loop, host, told(pool, "port"));
    else
        begin(connection);
}
