/* ask.c - what handlers call. */
#include "fiber/fiber.h"
#include "redis/command.h"
#include "redis/pool.h"
#include "redis/reply.h"

#include <flare/memory.h>

bool flare_redis_unavailable(flare_err err)
{
    return flarei_orders_unavailable(err);
}

static flare_err fail_all(flare_redis_command *commands, size_t count, flare_err err)
{
    for (size_t i = 0; i < count; i++)
        flarei_redis_reply_fail(&commands[i].reply, err);
    return err;
}

flare_err flare_redis_ask_all(flare_redis *pool, flare_redis_command *commands, size_t count)
{
    struct flarei_fiber *const fiber = flarei_orders_caller(&pool->orders);
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
    order->order.count = count;
    order->order.fiber = fiber;
    flarei_orders_carry_out(&pool->orders, &order->order, NULL);
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
