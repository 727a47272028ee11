#include "postgres/pool.h"

#include "fiber/fiber.h"
#include "postgres/connection.h"
#include "postgres/result.h"

#include <flare/log.h>
#include <flare/memory.h>
#include <flare/random.h>

/* ---- Orders ---- */

struct flarei_postgres_order *flarei_postgres_order_new(flare_postgres_command *commands, size_t count)
{
    struct flarei_postgres_order *const order =
        flarei_calloc(1, sizeof *order + count * sizeof order->preparing[0]);

    if (order == NULL)
        return NULL;
    order->commands = commands;
    order->count = count;
    return order;
}

void flarei_postgres_order_fail(struct flarei_postgres_order *order, flare_err err)
{
    if (order->commands != NULL)
        for (size_t i = order->answered; i < order->count; i++)
            flarei_postgres_result_fail(&order->commands[i].result, err);
}

void flarei_postgres_order_done(struct flarei_postgres_order *order)
{
    order->done = true;
    if (order->fiber != NULL)
        flarei_fiber_wake(order->fiber);
    else
        flarei_free(order);
}

/* ---- The queue ---- */

static void take_from_queue(struct flarei_postgres_pool *pool, struct flarei_postgres_order *order)
{
    if (order->previous != NULL)
        order->previous->next = order->next;
    else
        pool->first = order->next;
    if (order->next != NULL)
        order->next->previous = order->previous;
    else
        pool->last = order->previous;
    order->next = order->previous = NULL;
    order->waiting = false;
}

static void fail_queue(struct flarei_postgres_pool *pool, flare_err err)
{
    struct flarei_postgres_order *order;

    while ((order = pool->first) != NULL) {
        take_from_queue(pool, order);
        flarei_postgres_order_fail(order, err);
        flarei_postgres_order_done(order);
    }
}

/* The connection for an order: one without work; else, as far as they may share, the one with the least. One
 * whose first order is abandoned may be slow to answer, so nobody goes behind that. */
static struct flarei_postgres_connection *pick(struct flarei_postgres_pool *pool,
                                               const struct flarei_postgres_order *order)
{
    struct flarei_postgres_connection *best = NULL;
    uint32_t best_in_line = order->transaction != NULL ? 1 : pool->pipeline_max;

    for (struct flarei_postgres_connection *one = pool->connections; one != NULL && best_in_line > 0;
         one = one->next) {
        if (one->held || one->retired || one->in_line >= best_in_line)
            continue;
        if (one->first != NULL && one->first->fiber == NULL)
            continue;
        best = one;
        best_in_line = one->in_line;
    }
    return best;
}

static bool wants_another(const struct flarei_postgres_pool *pool)
{
    return (pool->first != NULL || pool->crowded) && pool->opening == NULL &&
           pool->connection_count < pool->connections_max;
}

static void serve_queue(struct flarei_postgres_pool *pool)
{
    struct flarei_postgres_order *order;
    struct flarei_postgres_connection *connection;

    while ((order = pool->first) != NULL && (connection = pick(pool, order)) != NULL) {
        take_from_queue(pool, order);
        pool->crowded |= connection->in_line > 0;
        if (order->transaction != NULL) {
            connection->held = true;
            connection->holder = order->transaction;
            order->transaction->held = connection;
        }
        flarei_postgres_connection_send(connection, order);
    }
}

void flarei_postgres_pool_dispatch(struct flarei_postgres_pool *pool)
{
    serve_queue(pool);
    if (!wants_another(pool))
        return;
    if (flare_loop_now_ms(pool->loop) >= pool->retry_ms_at)
        flarei_postgres_pool_turn_later(pool);
    else if (pool->connection_count == 0)
        fail_queue(pool, FLARE_ERR_REFUSED);
}

static void turn_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_postgres_pool *const pool = FLARE_OWNER(timer, struct flarei_postgres_pool, turn);

    serve_queue(pool);
    if (wants_another(pool) && flare_loop_now_ms(loop) >= pool->retry_ms_at) {
        pool->crowded = false;
        flarei_postgres_connection_open(pool);
    }
}

void flarei_postgres_pool_turn_later(struct flarei_postgres_pool *pool)
{
    if (!flare_timer_active(&pool->turn))
        flare_timer_set(pool->loop, &pool->turn, 0);
}

void flarei_postgres_pool_submit(struct flarei_postgres_pool *pool, struct flarei_postgres_order *order)
{
    order->waiting = true;
    order->previous = pool->last;
    if (pool->last != NULL)
        pool->last->next = order;
    else
        pool->first = order;
    pool->last = order;
    flarei_postgres_pool_dispatch(pool);
}

void flarei_postgres_pool_abandon(struct flarei_postgres_pool *pool, struct flarei_postgres_order *order)
{
    if (order->waiting) {
        take_from_queue(pool, order);
        flarei_free(order);
        flarei_postgres_pool_turn_later(pool); /* it may have held up others */
        return;
    }
    order->fiber = NULL;
    order->commands = NULL;
    flarei_postgres_connection_abandoned(order->connection);
}

/* ---- Growing ---- */

void flarei_postgres_pool_opened(struct flarei_postgres_pool *pool,
                                 struct flarei_postgres_connection *connection)
{
    pool->opening = NULL;
    connection->next = pool->connections;
    pool->connections = connection;
    pool->connection_count++;
    if (pool->failures > 0)
        flare_log(FLARE_LOG_INFO, "postgres: connected again");
    pool->failures = 0;
    pool->retry_ms_at = 0;
    flarei_postgres_pool_turn_later(pool);
}

/* Doubles with each failure, and is cut by up to a half, so that many pools do not come back at once. */
static uint64_t pause_ms(const struct flarei_postgres_pool *pool)
{
    const uint32_t doublings = pool->failures < 16 ? pool->failures - 1 : 15;
    uint64_t pause = (uint64_t)pool->retry_ms << doublings;
    uint32_t chance = 0;

    if (pause > pool->retry_max_ms)
        pause = pool->retry_max_ms;
    if (!flarei_random_bytes(&chance, sizeof chance))
        chance = 0;
    return pause - chance % (pause / 2 + 1);
}

void flarei_postgres_pool_not_opened(struct flarei_postgres_pool *pool, const char *why)
{
    size_t len = strlen(why);

    while (len > 0 && why[len - 1] == '\n')
        len--;
    pool->opening = NULL;
    if (pool->failures < UINT32_MAX)
        pool->failures++;
    if (pool->failures == 1)
        flare_log(FLARE_LOG_ERROR, "postgres: no connection: %.*s", (int)(len < 1000 ? len : 1000), why);
    pool->retry_ms_at = flare_loop_now_ms(pool->loop) + pause_ms(pool);
    if (pool->connection_count == 0)
        fail_queue(pool, FLARE_ERR_REFUSED);
}

/* ---- A pool ---- */

static uint32_t or_default(uint32_t asked, uint32_t otherwise)
{
    return asked != 0 ? asked : otherwise;
}

flare_err flare_postgres_open(flare_postgres **out, const flare_postgres_options *options)
{
    static const flare_postgres_options defaults = {0};
    struct flarei_postgres_pool *pool;
    char *why = NULL;

    *out = NULL;
    if (options == NULL)
        options = &defaults;
    pool = flarei_calloc(1, sizeof *pool);
    if (pool == NULL)
        return FLARE_ERR_MEMORY;
    pool->conninfo = PQconninfoParse(options->conninfo != NULL ? options->conninfo : "", &why);
    if (pool->conninfo == NULL) {
        if (why != NULL)
            flare_log(FLARE_LOG_ERROR, "postgres: %.*s", (int)strcspn(why, "\n"), why);
        flarei_free(pool);
        PQfreemem(why);
        return why != NULL ? FLARE_ERR_SYNTAX : FLARE_ERR_MEMORY;
    }
    pool->handle.pool = pool;
    pool->turn.callback = turn_due;
    pool->connections_max = or_default(options->connections_max, FLARE_POSTGRES_CONNECTIONS_MAX);
    pool->pipeline_max = or_default(options->pipeline_max, FLARE_POSTGRES_PIPELINE_MAX);
    pool->connect_ms = or_default(options->connect_ms, FLARE_POSTGRES_CONNECT_MS);
    pool->acquire_ms = or_default(options->acquire_ms, FLARE_POSTGRES_ACQUIRE_MS);
    pool->answer_ms = or_default(options->answer_ms, FLARE_POSTGRES_ANSWER_MS);
    pool->retry_ms = or_default(options->retry_ms, FLARE_POSTGRES_RETRY_MS);
    pool->retry_max_ms = or_default(options->retry_max_ms, FLARE_POSTGRES_RETRY_MAX_MS);
    pool->unprepared = options->unprepared;
    *out = &pool->handle;
    return FLARE_OK;
}

void flare_postgres_close(flare_postgres *handle)
{
    struct flarei_postgres_pool *pool;

    if (handle == NULL)
        return;
    pool = handle->pool;
    if (pool->loop != NULL)
        flare_timer_cancel(pool->loop, &pool->turn);
    if (pool->opening != NULL)
        flarei_postgres_connection_close(pool->opening);
    while (pool->connections != NULL)
        flarei_postgres_connection_close(pool->connections);
    if (pool->looked_up)
        (void)flare_loop_run_once(pool->loop, 0);
    PQconninfoFree(pool->conninfo);
    flarei_free(pool->scratch);
    flarei_free(pool);
}

size_t flare_postgres_connections(const flare_postgres *pool)
{
    return pool->pool->connection_count;
}
