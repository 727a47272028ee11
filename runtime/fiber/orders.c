#include "fiber/orders.h"

#include "fiber/fiber.h"
#include "fiber/retry.h"

#include <flare/assert.h>
#include <flare/log.h>
#include <flare/memory.h>

/* What nobody waits for any more has so long to end by itself, before its connection is given up for it. */
enum { ABANDONED_MS = 250, WHY_MAX_BYTES = 1000 };

/* ---- The queue ---- */

static void add_to_queue(struct flarei_orders *orders, struct flarei_order *order)
{
    order->waiting = true;
    flarei_link_before(&orders->queue, &order->place);
}

static void take_from_queue(struct flarei_order *order)
{
    flarei_link_take(&order->place);
    order->waiting = false;
}

static struct flarei_order *first_in_queue(const struct flarei_orders *orders)
{
    return flarei_link_alone(&orders->queue) ? NULL
                                             : FLARE_OWNER(orders->queue.next, struct flarei_order, place);
}

static void done(struct flarei_order *order)
{
    order->done = true;
    if (order->fiber != NULL)
        flarei_fiber_wake(order->fiber);
    else
        flarei_free(order);
}

void flarei_orders_fail(struct flarei_orders *orders, struct flarei_order *order, flare_err err)
{
    if (order->fiber != NULL)
        orders->calls->fail(order, err);
    done(order);
}

static void fail_queue(struct flarei_orders *orders, flare_err err)
{
    struct flarei_order *order;

    while ((order = first_in_queue(orders)) != NULL) {
        take_from_queue(order);
        flarei_orders_fail(orders, order, err);
    }
}

/* The connection for an order: one without work; else, as far as they may share, the one with the least. One
 * whose first order is abandoned may be slow to answer, so nobody goes behind that. */
static struct flarei_line *pick(struct flarei_orders *orders, const struct flarei_order *order)
{
    struct flarei_line *best = NULL;
    uint32_t best_in_line = order->alone ? 1 : orders->limits.pipeline_max;

    for (struct flarei_line *line = orders->lines; line != NULL && best_in_line > 0; line = line->next)
        if (line->in_line < best_in_line && (line->first == NULL || line->first->fiber != NULL) &&
            orders->calls->takes(line)) {
            best = line;
            best_in_line = line->in_line;
        }
    return best;
}

static void serve_queue(struct flarei_orders *orders)
{
    struct flarei_order *order;
    struct flarei_line *line;

    while ((order = first_in_queue(orders)) != NULL && (line = pick(orders, order)) != NULL) {
        take_from_queue(order);
        orders->crowded |= line->in_line > 0;
        orders->calls->send(line, order);
    }
}

/* Is a connection to be opened now? What can't be served before a pause is over fails at once. */
static bool wants_another(struct flarei_orders *orders)
{
    if ((flarei_link_alone(&orders->queue) && !orders->crowded) || orders->opening != NULL ||
        orders->line_count >= orders->limits.connections_max)
        return false;
    if (flare_loop_now_ms(orders->loop) >= orders->retry_ms_at)
        return true;
    if (orders->line_count == 0)
        fail_queue(orders, FLARE_ERR_REFUSED);
    return false;
}

void flarei_orders_dispatch(struct flarei_orders *orders)
{
    serve_queue(orders);
    if (wants_another(orders))
        flarei_orders_turn_later(orders);
}

static void turn_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_orders *const orders = FLARE_OWNER(timer, struct flarei_orders, turn);

    (void)loop;
    serve_queue(orders);
    if (orders->calls->flush != NULL)
        orders->calls->flush(orders);
    if (wants_another(orders)) {
        orders->crowded = false;
        orders->calls->open(orders);
    }
}

void flarei_orders_turn_later(struct flarei_orders *orders)
{
    if (!flare_timer_active(&orders->turn))
        flare_timer_set(orders->loop, &orders->turn, 0);
}

/* ---- Who waits ---- */

struct flarei_fiber *flarei_orders_caller(struct flarei_orders *orders)
{
    struct flarei_fiber *const fiber = flarei_fiber_current();

    if (!FLARE_ASSERT(fiber != NULL, "only async handlers wait for databases"))
        return NULL;
    if (orders->loop == NULL)
        orders->loop = fiber->home->loop;
    return FLARE_ASSERT(orders->loop == fiber->home->loop, "a pool belongs to one worker") ? fiber : NULL;
}

static void order_late(flare_loop *loop, flare_timer *timer)
{
    struct flarei_order *const order = FLARE_OWNER(timer, struct flarei_order, timer);

    (void)loop;
    order->late = true;
    if (order->fiber != NULL)
        flarei_fiber_wake(order->fiber);
}

/* Nobody waits for it any more. */
static void abandon(struct flarei_orders *orders, struct flarei_order *order)
{
    if (order->waiting) {
        take_from_queue(order);
        flarei_free(order);
        flarei_orders_turn_later(orders); /* it may have held up others */
        return;
    }
    order->fiber = NULL;
    if (!flare_timer_active(&order->line->timer))
        flare_timer_set(orders->loop, &order->line->timer, ABANDONED_MS);
}

void flarei_orders_carry_out(struct flarei_orders *orders, struct flarei_order *order,
                             struct flarei_line *line)
{
    struct flarei_fiber *const fiber = order->fiber;
    flare_err err = FLARE_OK;

    order->timer.callback = order_late;
    if (line == NULL) {
        flare_timer_set(orders->loop, &order->timer, orders->limits.acquire_ms);
        add_to_queue(orders, order);
        flarei_orders_dispatch(orders);
    } else {
        orders->calls->send(line, order);
    }
    while (!order->done && err == FLARE_OK) {
        flarei_fiber_park();
        err = order->done ? FLARE_OK : order->late ? FLARE_ERR_TIMEOUT : flarei_fiber_cancelled(fiber, false);
    }
    flare_timer_cancel(orders->loop, &order->timer);
    if (order->done) {
        flarei_free(order);
        return;
    }
    orders->calls->fail(order, err);
    abandon(orders, order);
}

/* ---- In line ---- */

void flarei_line_add(struct flarei_line *line, struct flarei_order *order)
{
    order->line = line;
    if (line->last != NULL)
        line->last->next = order;
    else
        line->first = order;
    line->last = order;
    line->in_line++;
    if (order->fiber != NULL)
        flare_timer_set(line->orders->loop, &order->timer, line->orders->limits.answer_ms);
}

static struct flarei_order *take_first(struct flarei_line *line)
{
    struct flarei_order *const order = line->first;

    line->first = order->next;
    line->in_line--;
    if (line->first == NULL) {
        line->last = NULL;
        flare_timer_cancel(line->orders->loop, &line->timer);
    }
    return order;
}

bool flarei_line_answered(struct flarei_line *line)
{
    if (++line->first->answered < line->first->count)
        return false;
    done(take_first(line));
    return true;
}

void flarei_line_fail_first(struct flarei_line *line, flare_err err)
{
    flarei_orders_fail(line->orders, take_first(line), err);
}

/* Goes on while there is somebody in line who waits. */
static void line_late(flare_loop *loop, flare_timer *timer)
{
    struct flarei_line *const line = FLARE_OWNER(timer, struct flarei_line, timer);
    const struct flarei_order *order = line->first;

    while (order != NULL && order->fiber == NULL)
        order = order->next;
    if (order != NULL)
        flare_timer_set(loop, timer, ABANDONED_MS);
    else if (line->first != NULL || line->orders->opening == line)
        line->orders->calls->give_up(line);
}

/* ---- Growing ---- */

void flarei_line_opening(struct flarei_line *line, struct flarei_orders *orders)
{
    line->orders = orders;
    line->timer.callback = line_late;
    orders->opening = line;
}

void flarei_line_opened(struct flarei_line *line)
{
    struct flarei_orders *const orders = line->orders;

    flare_timer_cancel(orders->loop, &line->timer);
    orders->opening = NULL;
    line->next = orders->lines;
    orders->lines = line;
    orders->line_count++;
    if (orders->failures > 0)
        flare_log(FLARE_LOG_INFO, "%s: connected again", orders->calls->name);
    orders->failures = 0;
    orders->retry_ms_at = 0;
    flarei_orders_turn_later(orders);
}

/* Cut by up to a half, so that many pools do not come back at once. */
static uint64_t pause_ms(const struct flarei_orders *orders)
{
    const uint64_t pause =
        flarei_retry_longest_ms(orders->limits.retry_ms, orders->limits.retry_max_ms, orders->failures);

    return pause - pause / 2 + flarei_retry_drawn(pause / 2);
}

void flarei_orders_not_opened(struct flarei_orders *orders, flare_str why)
{
    orders->opening = NULL;
    if (orders->failures < UINT32_MAX)
        orders->failures++;
    if (orders->failures == 1)
        flare_log(FLARE_LOG_ERROR, "%s: no connection: %.*s", orders->calls->name,
                  (int)(why.len < WHY_MAX_BYTES ? why.len : WHY_MAX_BYTES), why.ptr);
    orders->retry_ms_at = flare_loop_now_ms(orders->loop) + pause_ms(orders);
    if (orders->line_count == 0)
        fail_queue(orders, FLARE_ERR_REFUSED);
}

void flarei_line_forget(struct flarei_line *line)
{
    struct flarei_orders *const orders = line->orders;
    struct flarei_line **at = &orders->lines;

    flare_timer_cancel(orders->loop, &line->timer);
    if (orders->opening == line)
        orders->opening = NULL;
    while (*at != NULL && *at != line)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at = line->next;
    orders->line_count--;
}

/* ---- All of it ---- */

static uint32_t or_default(uint32_t asked, uint32_t otherwise)
{
    return asked != 0 ? asked : otherwise;
}

void flarei_orders_init(struct flarei_orders *orders, const struct flarei_orders_calls *calls,
                        const struct flarei_orders_limits *asked, const struct flarei_orders_limits *defaults)
{
    *orders = (struct flarei_orders){
        .calls = calls,
        .turn.callback = turn_due,
        .limits = {.connections_max = or_default(asked->connections_max, defaults->connections_max),
                   .pipeline_max = or_default(asked->pipeline_max, defaults->pipeline_max),
                   .connect_ms = or_default(asked->connect_ms, defaults->connect_ms),
                   .acquire_ms = or_default(asked->acquire_ms, defaults->acquire_ms),
                   .answer_ms = or_default(asked->answer_ms, defaults->answer_ms),
                   .retry_ms = or_default(asked->retry_ms, defaults->retry_ms),
                   .retry_max_ms = or_default(asked->retry_max_ms, defaults->retry_max_ms)}};
    flarei_link_init(&orders->queue);
}

void flarei_orders_clear(struct flarei_orders *orders)
{
    if (orders->loop != NULL)
        flare_timer_cancel(orders->loop, &orders->turn);
    if (orders->opening != NULL)
        orders->calls->close(orders->opening);
    while (orders->lines != NULL)
        orders->calls->close(orders->lines);
}
