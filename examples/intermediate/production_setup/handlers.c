#include "production_setup.flare.h"

#include <flare/digest.h>

#include <pthread.h>
#include <stdlib.h>

enum { ORDERS_MAX = 1000, ITEM_MAX_BYTES = 80 * 4 };

struct order {
    uint32_t quantity;
    size_t length;
    char item[ITEM_MAX_BYTES];
};

struct production_setup_state {
    pthread_mutex_t lock;
    uint32_t count;
    struct order orders[ORDERS_MAX];
};

struct production_setup_state *production_setup_state_open(void)
{
    struct production_setup_state *const state = calloc(1, sizeof *state);

    if (state != NULL)
        (void)pthread_mutex_init(&state->lock, NULL);
    return state;
}

void production_setup_state_close(struct production_setup_state *state)
{
    (void)pthread_mutex_destroy(&state->lock);
    free(state);
}

/* What ready() asks: a service that can't take orders gets no requests. */
bool production_setup_has_room(flare_request *rq)
{
    struct production_setup_state *const state = production_setup_state_of(rq);

    (void)pthread_mutex_lock(&state->lock);
    const bool has_room = state->count < ORDERS_MAX;
    (void)pthread_mutex_unlock(&state->lock);
    return has_room;
}

/* In earnest the key comes from where secrets are kept; how long the comparison takes tells nothing of it. */
production_setup_with_key_verdict production_setup_with_key(flare_request *rq,
                                                            const production_setup_with_key_in *in)
{
    const char *const key = getenv("ORDERS_KEY");

    if (flare_secret_equal(in->key, flare_str_of(key != NULL ? key : "not-so-secret")))
        return production_setup_with_key_pass(rq);
    return production_setup_with_key_unauthorized(rq);
}

production_setup_list_orders_reply production_setup_list_orders(flare_request *rq,
                                                                const production_setup_list_orders_in *in)
{
    struct production_setup_state *const state = production_setup_state_of(rq);
    production_setup_order *const orders = flare_alloc(rq, in->limit * sizeof *orders);
    uint32_t count = 0;

    if (orders == NULL)
        return production_setup_list_orders_fail(rq, "no memory");
    (void)pthread_mutex_lock(&state->lock);
    for (; count < in->limit && count < state->count; count++) {
        const struct order *const order = &state->orders[count];

        orders[count] = (production_setup_order){count + 1, {order->item, order->length}, order->quantity};
    }
    (void)pthread_mutex_unlock(&state->lock); /* orders stay as they are, and where they are */

    const production_setup_order_array all = {orders, count};
    return production_setup_list_orders_ok(rq, &all);
}

/* @return its number; 0: there are too many */
static uint32_t keep(struct production_setup_state *state, const production_setup_new_order *order)
{
    uint32_t id = 0;

    (void)pthread_mutex_lock(&state->lock);
    if (state->count < ORDERS_MAX) {
        struct order *const kept = &state->orders[state->count];

        kept->quantity = order->quantity;
        kept->length = order->item.len;
        memcpy(kept->item, order->item.ptr, order->item.len);
        id = ++state->count;
    }
    (void)pthread_mutex_unlock(&state->lock);
    return id;
}

production_setup_add_order_reply production_setup_add_order(flare_request *rq,
                                                            const production_setup_add_order_in *in)
{
    /* As a payment elsewhere would take: the worker serves others meanwhile. */
    if (flare_sleep(5) != FLARE_OK)
        return production_setup_add_order_cancelled(rq);

    const uint32_t id = keep(production_setup_state_of(rq), &in->body);
    if (id == 0)
        return production_setup_add_order_too_many_orders(rq);

    const production_setup_order order = {id, in->body.item, in->body.quantity};
    const flare_str location = flare_format(rq, "/orders/%u", (unsigned)id);
    return production_setup_add_order_created(rq, &order, location);
}
