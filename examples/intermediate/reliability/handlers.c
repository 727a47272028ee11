#include "reliability.flare.h"

#include <flare/retry.h>

#include <stdatomic.h>
#include <stdlib.h>

struct reliability_state {
    flare_breaker *breaker; /* for all workers: what one finds out helps the others */
    atomic_uint failing, delay_ms;
};

struct reliability_state *reliability_state_open(void)
{
    static const flare_breaker_options options = {.calls = 4, .failures = 2, .open_ms = 5000};
    struct reliability_state *const state = calloc(1, sizeof *state);

    if (state != NULL && flare_breaker_new(&state->breaker, &options) == FLARE_OK)
        return state;
    free(state);
    return NULL;
}

void reliability_state_close(struct reliability_state *state)
{
    flare_breaker_free(state->breaker);
    free(state);
}

/* Stands for the call of another service. */
static flare_err ask_upstream(struct reliability_state *state)
{
    unsigned failing = atomic_load(&state->failing);

    if (flare_sleep(atomic_load(&state->delay_ms)) != FLARE_OK)
        return FLARE_ERR_CANCELLED;
    while (failing != 0 && !atomic_compare_exchange_weak(&state->failing, &failing, failing - 1))
        continue;
    return failing != 0 ? FLARE_ERR_REFUSED : FLARE_OK;
}

reliability_quote_reply reliability_quote(flare_request *rq)
{
    struct reliability_state *const state = reliability_state_of(rq);
    flare_retry retry = {.tries = 3, .first_ms = 10, .most_ms = 100};
    uint32_t wait_ms;
    flare_err err;

    if (!flare_breaker_enter(state->breaker)) {
        (void)flare_breaker_look(state->breaker, &wait_ms);
        return reliability_quote_upstream_down(rq, wait_ms / 1000 + 1);
    }
    do
        err = ask_upstream(state);
    while (err != FLARE_OK && flare_retry_wait(&retry, flare_time_left_ms(rq)));

    /* That this caller has gone tells nothing of the other service; that it took too long does. */
    const flare_cancel reason = flare_cancel_reason(rq);
    flare_breaker_leave(state->breaker, err == FLARE_OK || reason == FLARE_CANCEL_PEER);
    if (reason == FLARE_CANCEL_DEADLINE)
        return reliability_quote_upstream_slow(rq);
    if (err != FLARE_OK)
        return reliability_quote_upstream_failed(rq);
    return reliability_quote_ok(rq, FLARE_STR("less is more\n"), retry.made + 1);
}

reliability_show_breaker_reply reliability_show_breaker(flare_request *rq)
{
    static const flare_str states[] = {[FLARE_BREAKER_CLOSED] = FLARE_STR_INIT("closed"),
                                       [FLARE_BREAKER_OPEN] = FLARE_STR_INIT("open"),
                                       [FLARE_BREAKER_PROBING] = FLARE_STR_INIT("probing")};
    reliability_breaker shown;

    shown.state = states[flare_breaker_look(reliability_state_of(rq)->breaker, &shown.wait)];
    return reliability_show_breaker_ok(rq, &shown);
}

reliability_set_upstream_reply reliability_set_upstream(flare_request *rq,
                                                        const reliability_set_upstream_in *in)
{
    atomic_store(&reliability_state_of(rq)->failing, in->body.failing);
    atomic_store(&reliability_state_of(rq)->delay_ms, in->body.delay);
    return reliability_set_upstream_no_content(rq);
}
