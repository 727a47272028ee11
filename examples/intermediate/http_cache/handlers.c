#include "http_cache.flare.h"

#include <stdatomic.h>
#include <stdlib.h>

struct http_cache_state {
    atomic_uint_least64_t looked_up; /* how often, since the price changed */
    atomic_uint cents;               /* of bread, all that is sold */
    atomic_uint reports;             /* that were made */
};

struct http_cache_state *http_cache_state_open(void)
{
    struct http_cache_state *const state = calloc(1, sizeof *state);

    if (state != NULL)
        atomic_store(&state->cents, 350);
    return state;
}

void http_cache_state_close(struct http_cache_state *state)
{
    free(state);
}

http_cache_get_price_reply http_cache_get_price(flare_request *rq, const http_cache_get_price_in *in)
{
    struct http_cache_state *const state = http_cache_state_of(rq);
    const bool dollars = flare_str_equal(in->currency, FLARE_STR("USD"));

    if (!flare_str_equal(in->item, FLARE_STR("bread")))
        return http_cache_get_price_not_found(rq);

    const uint32_t cents = atomic_load(&state->cents);
    const http_cache_price price = {
        .item = in->item,
        .cents = dollars ? cents + cents / 10 : cents,
        .currency = in->currency,
        .looked_up = atomic_fetch_add(&state->looked_up, 1) + 1,
    };

    return http_cache_get_price_ok(rq, &price);
}

http_cache_put_price_reply http_cache_put_price(flare_request *rq, const http_cache_put_price_in *in)
{
    struct http_cache_state *const state = http_cache_state_of(rq);

    atomic_store(&state->cents, in->body.cents);
    atomic_store(&state->looked_up, 0);
    return http_cache_put_price_no_content(rq);
}

http_cache_get_report_reply http_cache_get_report(flare_request *rq, const http_cache_get_report_in *in)
{
    struct http_cache_state *const state = http_cache_state_of(rq);
    const unsigned number = atomic_fetch_add(&state->reports, 1) + 1;

    if (flare_sleep(500) != FLARE_OK) /* for what takes long to put together */
        return http_cache_get_report_cancelled(rq);
    return http_cache_get_report_ok(
        rq, flare_format(rq, "%u: all went well (report %u)\n", (unsigned)in->year, number));
}

http_cache_get_rates_reply http_cache_get_rates(flare_request *rq)
{
    return http_cache_get_rates_ok(rq, FLARE_STR("USD 1.10\n"));
}

http_cache_get_basket_reply http_cache_get_basket(flare_request *rq, const http_cache_get_basket_in *in)
{
    return http_cache_get_basket_ok(rq, in->basket.has ? in->basket.value : FLARE_STR("empty\n"));
}
