#include "redis/pool.h"

#include "redis/connection.h"

#include <flare/log.h>
#include <flare/memory.h>

#include <stdlib.h>

/* ---- Orders ---- */

static void order_fail(struct flarei_order *base, flare_err err)
{
    const struct flarei_redis_order *const order = FLARE_OWNER(base, struct flarei_redis_order, order);

    for (size_t i = base->answered; i < base->count; i++)
        flarei_redis_reply_fail(&order->commands[i].reply, err);
}

static void flush_all(struct flarei_orders *orders)
{
    struct flarei_line *line = orders->lines;

    while (line != NULL) {
        struct flarei_line *const next = line->next;

        /* It may be gone; the others are not. */
        (void)flarei_redis_connection_flush(FLARE_OWNER(line, struct flarei_redis_connection, line));
        line = next;
    }
}

static const struct flarei_orders_calls calls = {
    .name = "redis",
    .open = flarei_redis_connection_open,
    .close = flarei_redis_connection_close,
    .give_up = flarei_redis_connection_give_up,
    .takes = flarei_redis_connection_takes,
    .send = flarei_redis_connection_send,
    .flush = flush_all,
    .fail = order_fail,
};

/* ---- A pool ---- */

static const char *url_of(const flare_redis_options *options)
{
    const char *const told = options->url != NULL ? options->url : getenv("REDIS_URL");

    return told != NULL && told[0] != '\0' ? told : "redis://127.0.0.1:6379";
}

/* What it needs to connect. */
static flare_err prepare(struct flare_redis *pool, const flare_redis_options *options)
{
    char why[256] = "";
    flare_err err = flarei_redis_place_read(&pool->place, url_of(options));

    if (err == FLARE_ERR_SYNTAX) /* without it: there may be a password in it */
        flare_log(FLARE_LOG_ERROR, "redis: the URL is none, such as redis://user:password@host:6379/0");
    if (err != FLARE_OK || !pool->place.secure)
        return err;
    err = flare_tls_connector_create(&pool->tls, options->tls, why, sizeof why);
    if (err != FLARE_OK)
        flare_log(FLARE_LOG_ERROR, "redis: %s", why);
    return err;
}

static void apply(struct flare_redis *pool, const flare_redis_options *options)
{
    const struct flarei_orders_limits asked = {.connections_max = options->connections_max,
                                               .pipeline_max = options->pipeline_max,
                                               .connect_ms = options->connect_ms,
                                               .acquire_ms = options->acquire_ms,
                                               .answer_ms = options->answer_ms,
                                               .retry_ms = options->retry_ms,
                                               .retry_max_ms = options->retry_max_ms};
    static const struct flarei_orders_limits defaults = {.connections_max = FLARE_REDIS_CONNECTIONS_MAX,
                                                         .pipeline_max = FLARE_REDIS_PIPELINE_MAX,
                                                         .connect_ms = FLARE_REDIS_CONNECT_MS,
                                                         .acquire_ms = FLARE_REDIS_ACQUIRE_MS,
                                                         .answer_ms = FLARE_REDIS_ANSWER_MS,
                                                         .retry_ms = FLARE_REDIS_RETRY_MS,
                                                         .retry_max_ms = FLARE_REDIS_RETRY_MAX_MS};

    flarei_orders_init(&pool->orders, &calls, &asked, &defaults);
    pool->reply_max_bytes =
        options->reply_max_bytes != 0 ? options->reply_max_bytes : FLARE_REDIS_REPLY_MAX_BYTES;
}

flare_err flare_redis_open(flare_redis **out, const flare_redis_options *options)
{
    static const flare_redis_options defaults = {0};
    struct flare_redis *pool = flarei_calloc(1, sizeof *pool);
    flare_err err;

    *out = NULL;
    if (pool == NULL)
        return FLARE_ERR_MEMORY;
    if (options == NULL)
        options = &defaults;
    err = prepare(pool, options);
    if (err != FLARE_OK) {
        flare_redis_close(pool);
        return err;
    }
    apply(pool, options);
    *out = pool;
    return FLARE_OK;
}

void flare_redis_close(flare_redis *pool)
{
    if (pool == NULL)
        return;
    flarei_orders_clear(&pool->orders);
    if (pool->dialled)
        (void)flare_loop_run_once(pool->orders.loop, 0);
    flare_tls_connector_free(pool->tls);
    flarei_redis_place_clear(&pool->place);
    flarei_free(pool);
}

size_t flare_redis_connections(const flare_redis *pool)
{
    return pool->orders.line_count;
}
