#include "postgres/pool.h"

#include "postgres/connection.h"
#include "postgres/result.h"

#include <flare/log.h>
#include <flare/memory.h>

/* ---- Orders ---- */

struct flarei_postgres_order *flarei_postgres_order_new(flare_postgres_command *commands, size_t count)
{
    struct flarei_postgres_order *const order =
        flarei_calloc(1, sizeof *order + count * sizeof order->preparing[0]);

    if (order == NULL)
        return NULL;
    order->commands = commands;
    order->order.count = count;
    return order;
}

static void order_fail(struct flarei_order *base, flare_err err)
{
    const struct flarei_postgres_order *const order = FLARE_OWNER(base, struct flarei_postgres_order, order);

    for (size_t i = base->answered; i < base->count; i++)
        flarei_postgres_result_fail(&order->commands[i].result, err);
}

static const struct flarei_orders_calls calls = {
    .name = "postgres",
    .open = flarei_postgres_connection_open,
    .close = flarei_postgres_connection_close,
    .give_up = flarei_postgres_connection_give_up,
    .takes = flarei_postgres_connection_takes,
    .send = flarei_postgres_connection_send,
    .fail = order_fail,
};

/* ---- A pool ---- */

static void apply(struct flarei_postgres_pool *pool, const flare_postgres_options *options)
{
    const struct flarei_orders_limits asked = {.connections_max = options->connections_max,
                                               .pipeline_max = options->pipeline_max,
                                               .connect_ms = options->connect_ms,
                                               .acquire_ms = options->acquire_ms,
                                               .answer_ms = options->answer_ms,
                                               .retry_ms = options->retry_ms,
                                               .retry_max_ms = options->retry_max_ms};
    static const struct flarei_orders_limits defaults = {.connections_max = FLARE_POSTGRES_CONNECTIONS_MAX,
                                                         .pipeline_max = FLARE_POSTGRES_PIPELINE_MAX,
                                                         .connect_ms = FLARE_POSTGRES_CONNECT_MS,
                                                         .acquire_ms = FLARE_POSTGRES_ACQUIRE_MS,
                                                         .answer_ms = FLARE_POSTGRES_ANSWER_MS,
                                                         .retry_ms = FLARE_POSTGRES_RETRY_MS,
                                                         .retry_max_ms = FLARE_POSTGRES_RETRY_MAX_MS};

    flarei_orders_init(&pool->orders, &calls, &asked, &defaults);
    pool->unprepared = options->unprepared;
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
    apply(pool, options);
    *out = &pool->handle;
    return FLARE_OK;
}

void flare_postgres_close(flare_postgres *handle)
{
    struct flarei_postgres_pool *pool;

    if (handle == NULL)
        return;
    pool = handle->pool;
    flarei_orders_clear(&pool->orders);
    if (pool->looked_up)
        (void)flare_loop_run_once(pool->orders.loop, 0);
    PQconninfoFree(pool->conninfo);
    flarei_free(pool->scratch);
    flarei_free(pool);
}

size_t flare_postgres_connections(const flare_postgres *pool)
{
    return pool->pool->orders.line_count;
}
