/* ask.c - what handlers call. */
#include "fiber/fiber.h"
#include "redis/command.h"
#include "redis/pool.h"
#include "redis/reply.h"

#include <flare/assert.h>
#include <flare/memory.h>

bool flare_redis_unavailable(flare_err err)
{
    return err == FLARE_ERR_REFUSED || err == FLARE_ERR_TIMEOUT || err == FLARE_ERR_CLOSED ||
           err == FLARE_ERR_CANCELLED;
}

/* The fiber that calls, if it may wait for this pool. */
static struct flarei_fiber *caller(struct flare_redis *pool)
{
    struct flarei_fiber *const fiber = flarei_fiber_current();

    if (!FLARE_ASSERT(fiber != NULL, "only async handlers wait for Redis"))
        return NULL;
    if (pool->loop == NULL)
        pool->loop = fiber->home->loop;
    return FLARE_ASSERT(pool->loop == fiber->home->loop, "a pool belongs to one worker") ? fiber : NULL;
}

static void order_late(flare_loop *loop, flare_timer *timer)
{
    struct flarei_redis_order *const order = FLARE_OWNER(timer, struct flarei_redis_order, timer);

    (void)loop;
    order->late = true;
    if (order->fiber != NULL)
        flarei_fiber_wake(order->fiber);
}

/* Has an order carried out. The commands' replies say how it went. */
static void carry_out(struct flare_redis *pool, struct flarei_redis_order *order)
{
    struct flarei_fiber *const fiber = order->fiber;
    flare_err err = FLARE_OK;

    order->timer.callback = order_late;
    flare_timer_set(pool->loop, &order->timer, pool->acquire_ms);
    flarei_redis_pool_submit(pool, order);
    while (!order->done && err == FLARE_OK) {
        flarei_fiber_park();
        err = order->done ? FLARE_OK : order->late ? FLARE_ERR_TIMEOUT : flarei_fiber_cancelled(fiber, false);
    }
    flare_timer_cancel(pool->loop, &order->timer);
    if (order->done) {
        flarei_free(order);
        return;
    }
    flarei_redis_order_fail(order, err);
    flarei_redis_pool_abandon(pool, order);
}

static flare_err fail_all(flare_redis_command *commands, size_t count, flare_err err)
{
    for (size_t i = 0; i < count; i++)
        flarei_redis_reply_fail(&commands[i].reply, err);
    return err;
}

flare_err flare_redis_ask_all(flare_redis *pool, flare_redis_command *commands, size_t count)
{
    struct flarei_fiber *const fiber = caller(pool);
    struct flarei_redis_order *order;
    flare_err err = fiber == NULL ? FLARE_ERR_STATE : flarei_fiber_cancelled(fiber, false);

    if (err == FLARE_OK)
        err = flarei_redis_commands_check(commands, count);
    if (err != FLARE_OK)
        return fail_all(commands, count, err);
    if (count == 0)
        return FLARE_OK;
    order = flarei_calloc(1, sizeof *order);
    if (order == NULL)
        return fail_all(commands, count, FLARE_ERR_MEMORY);
    order->commands = commands;
    order->count = count;
    order->fiber = fiber;
    carry_out(pool, order);
    for (size_t i = 0; i < count && err == FLARE_OK; i++)
        err = commands[i].reply.err;
    return err;
}

flare_err flare_redis_ask(flare_redis *pool, flare_redis_reply *reply, const flare_str *words, size_t count)
{
    flare_redis_command command = {.words = words, .count = count};
    const flare_err err = flare_redis_ask_all(pool, &command, 1);

    *reply = command.reply;
    return err;
}
