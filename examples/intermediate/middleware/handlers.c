#include "middleware.flare.h"

#include <stdatomic.h>
#include <stdlib.h>

struct middleware_state {
    atomic_uint good, refused, failed; /* replies of 2xx and 3xx, 4xx, 5xx */
    atomic_uint timed;
};

/* Of one thread: no locks. */
struct middleware_worker {
    uint32_t queued;
};

struct middleware_state *middleware_state_open(void)
{
    return (struct middleware_state *)calloc(1, sizeof(struct middleware_state));
}

void middleware_state_close(struct middleware_state *state)
{
    free(state);
}

struct middleware_worker *middleware_worker_open(struct middleware_state *state)
{
    (void)state;
    return (struct middleware_worker *)calloc(1, sizeof(struct middleware_worker));
}

void middleware_worker_close(struct middleware_worker *worker)
{
    free(worker);
}

/* ---- around handlers ---- */

void middleware_counted_after(flare_request *rq)
{
    struct middleware_state *state = middleware_state_of(rq);
    const unsigned status = flare_request_status(rq);

    atomic_fetch_add(status < 400 ? &state->good : status < 500 ? &state->refused : &state->failed, 1);
}

middleware_timed_verdict middleware_timed(flare_request *rq)
{
    return middleware_timed_pass(rq, flare_request_elapsed_ns(rq));
}

void middleware_timed_after(flare_request *rq, const middleware_timed_gives *gives)
{
    if (flare_request_elapsed_ns(rq) >= gives->started)
        atomic_fetch_add(&middleware_state_of(rq)->timed, 1);
}

middleware_queued_verdict middleware_queued(flare_request *rq)
{
    struct middleware_worker *worker = middleware_worker_of(rq);

    if (worker->queued == 2)
        return middleware_queued_service_unavailable(rq);
    return middleware_queued_pass(rq, ++worker->queued);
}

/* Runs for whatever the handler answered, also if it was never asked. */
void middleware_queued_after(flare_request *rq, const middleware_queued_gives *gives)
{
    if (gives->place <= 2)
        middleware_worker_of(rq)->queued--;
}

/* ---- pages of errors ---- */

flare_reply middleware_page(flare_request *rq, const flare_problem_info *problem)
{
    return flare_textf(rq, (int)problem->status, "Sorry: %.*s", FLARE_STR_ARG(problem->title));
}

flare_reply middleware_failed(flare_request *rq, const flare_problem_info *problem)
{
    (void)problem;
    return flare_textf(rq, 500, "That went wrong. Tell us %zu bytes of id.", flare_request_id(rq).len);
}

/* ---- handlers ---- */

middleware_home_reply middleware_home(flare_request *rq, const middleware_home_in *in)
{
    return middleware_home_ok(rq, in->started >= 0 ? FLARE_STR("home") : FLARE_STR("early"));
}

middleware_queued_page_reply middleware_queued_page(flare_request *rq, const middleware_queued_page_in *in)
{
    if (in->fail)
        return middleware_queued_page_not_found(rq);
    return middleware_queued_page_ok(rq, flare_format(rq, "place %u", (unsigned)in->place));
}

middleware_stats_reply middleware_stats(flare_request *rq)
{
    const struct middleware_state *state = middleware_state_of(rq);

    return middleware_stats_ok(rq, flare_format(rq, "good %u, refused %u, failed %u, timed %u",
                                                atomic_load(&state->good), atomic_load(&state->refused),
                                                atomic_load(&state->failed), atomic_load(&state->timed)));
}

/* No constructor made it: a 500 and a line in the log. */
middleware_forged_reply middleware_forged(flare_request *rq)
{
    (void)rq;
    return (middleware_forged_reply){0};
}
