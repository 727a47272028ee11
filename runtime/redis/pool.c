#include "redis/pool.h"

#include "fiber/fiber.h"
#include "redis/connection.h"

#include <flare/log.h>
#include <flare/memory.h>
#include <flare/random.h>

#include <stdlib.h>

/* ---- Orders ---- */

void flarei_redis_order_fail(struct flarei_redis_order *order, flare_err err)
{
    if (order->commands != NULL)
        for (size_t i = order->answered; i < order->count; i++)
            flarei_redis_reply_fail(&order->commands[i].reply, err);
}

void flarei_redis_order_done(struct flarei_redis_order *order)
{
    order->done = true;
    if (order->fiber != NULL)
        flarei_fiber_wake(order->fiber);
    else
        flarei_free(order);
}

/* ---- The queue ---- */

static void take_from_queue(struct flare_redis *pool, struct flarei_redis_order *order)
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

static void fail_queue(struct flare_redis *pool, flare_err err)
{
    struct flarei_redis_order *order;

    while ((order = pool->first) != NULL) {
        take_from_queue(pool, order);
        flarei_redis_order_fail(order, err);
        flarei_redis_order_done(order);
    }
}

/* The connection with the least in line of those that take an order. */
static struct flarei_redis_connection *pick(const struct flare_redis *pool)
{
    struct flarei_redis_connection *best = NULL;

    for (struct flarei_redis_connection *one = pool->connections; one != NULL; one = one->next)
        if (flarei_redis_connection_takes(one) && (best == NULL || one->in_line < best->in_line))
            best = one;
    return best;
}

static bool wants_another(const struct flare_redis *pool)
{
    return (pool->first != NULL || pool->crowded) && pool->opening == NULL &&
           pool->connection_count < pool->connections_max;
}

static void serve_queue(struct flare_redis *pool)
{
    struct flarei_redis_order *order;
    struct flarei_redis_connection *connection;

    while ((order = pool->first) != NULL && (connection = pick(pool)) != NULL) {
        take_from_queue(pool, order);
        pool->crowded |= connection->in_line > 0;
        flarei_redis_connection_send(connection, order);
    }
}

/* Is one to be opened now? What can't be served before a pause is over fails at once. */
static bool is_time(struct flare_redis *pool)
{
    if (!wants_another(pool))
        return false;
    if (flare_loop_now_ms(pool->loop) >= pool->retry_ms_at)
        return true;
    if (pool->connection_count == 0)
        fail_queue(pool, FLARE_ERR_REFUSED);
    return false;
}

void flarei_redis_pool_dispatch(struct flare_redis *pool)
{
    serve_queue(pool);
    if (is_time(pool))
        flarei_redis_pool_turn_later(pool);
}

static void send_all(struct flare_redis *pool)
{
    struct flarei_redis_connection *one = pool->connections;

    while (one != NULL) {
        struct flarei_redis_connection *const next = one->next;

        (void)flarei_redis_connection_flush(one); /* it may be gone; the others are not */
        one = next;
    }
}

static void turn_due(flare_loop *loop, flare_timer *timer)
{
    struct flare_redis *const pool = FLARE_OWNER(timer, struct flare_redis, turn);

    (void)loop;
    serve_queue(pool);
    send_all(pool);
    if (is_time(pool)) {
        pool->crowded = false;
        flarei_redis_connection_open(pool);
    }
}

void flarei_redis_pool_turn_later(struct flare_redis *pool)
{
    if (!flare_timer_active(&pool->turn))
        flare_timer_set(pool->loop, &pool->turn, 0);
}

void flarei_redis_pool_submit(struct flare_redis *pool, struct flarei_redis_order *order)
{
    order->waiting = true;
    order->previous = pool->last;
    if (pool->last != NULL)
        pool->last->next = order;
    else
        pool->first = order;
    pool->last = order;
    flarei_redis_pool_dispatch(pool);
}

void flarei_redis_pool_abandon(struct flare_redis *pool, struct flarei_redis_order *order)
{
    if (order->waiting) {
        take_from_queue(pool, order);
        flarei_free(order);
        return;
    }
    order->fiber = NULL;
    order->commands = NULL;
    flarei_redis_connection_abandoned(order->connection);
}

/* ---- Growing ---- */

void flarei_redis_pool_opened(struct flare_redis *pool, struct flarei_redis_connection *connection)
{
    pool->opening = NULL;
    connection->next = pool->connections;
    pool->connections = connection;
    pool->connection_count++;
    if (pool->failures > 0)
        flare_log(FLARE_LOG_INFO, "redis: connected again");
    pool->failures = 0;
    pool->retry_ms_at = 0;
    flarei_redis_pool_turn_later(pool);
}

/* Doubles with each failure, and is cut by up to a half, so that many pools do not come back at once. */
static uint64_t pause_ms(const struct flare_redis *pool)
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

void flarei_redis_pool_not_opened(struct flare_redis *pool, flare_str why)
{
    pool->opening = NULL;
    if (pool->failures < UINT32_MAX)
        pool->failures++;
    if (pool->failures == 1)
        flare_log(FLARE_LOG_ERROR, "redis: no connection: %.*s", (int)(why.len < 1000 ? why.len : 1000),
                  why.ptr);
    pool->retry_ms_at = flare_loop_now_ms(pool->loop) + pause_ms(pool);
    if (pool->connection_count == 0)
        fail_queue(pool, FLARE_ERR_REFUSED);
}

/* ---- A pool ---- */

static uint32_t or_default(uint32_t asked, uint32_t otherwise)
{
    return asked != 0 ? asked : otherwise;
}

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
    pool->turn.callback = turn_due;
    pool->connections_max = or_default(options->connections_max, FLARE_REDIS_CONNECTIONS_MAX);
    pool->pipeline_max = or_default(options->pipeline_max, FLARE_REDIS_PIPELINE_MAX);
    pool->connect_ms = or_default(options->connect_ms, FLARE_REDIS_CONNECT_MS);
    pool->acquire_ms = or_default(options->acquire_ms, FLARE_REDIS_ACQUIRE_MS);
    pool->answer_ms = or_default(options->answer_ms, FLARE_REDIS_ANSWER_MS);
    pool->retry_ms = or_default(options->retry_ms, FLARE_REDIS_RETRY_MS);
    pool->retry_max_ms = or_default(options->retry_max_ms, FLARE_REDIS_RETRY_MAX_MS);
    pool->reply_max_bytes = or_default(options->reply_max_bytes, FLARE_REDIS_REPLY_MAX_BYTES);
    *out = pool;
    return FLARE_OK;
}

void flare_redis_close(flare_redis *pool)
{
    if (pool == NULL)
        return;
    if (pool->loop != NULL)
        flare_timer_cancel(pool->loop, &pool->turn);
    if (pool->opening != NULL)
        flarei_redis_connection_close(pool->opening);
    while (pool->connections != NULL)
        flarei_redis_connection_close(pool->connections);
    if (pool->dialled)
        (void)flare_loop_run_once(pool->loop, 0);
    flare_tls_connector_free(pool->tls);
    flarei_redis_place_clear(&pool->place);
    flarei_free(pool);
}

size_t flare_redis_connections(const flare_redis *pool)
{
    return pool->connection_count;
}
