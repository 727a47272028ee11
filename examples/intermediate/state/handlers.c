#include "state.flare.h"

#include <stdatomic.h>
#include <stdlib.h>

/* One for the whole service: workers are threads, so what they share must be atomic. */
struct counter_state {
    atomic_uint_fast64_t hits;
};

struct counter_state *counter_state_open(void)
{
    return calloc(1, sizeof(struct counter_state));
}

void counter_state_close(struct counter_state *state)
{
    free(state);
}

counter_home_reply counter_home(flare_request *rq)
{
    const uint64_t hits = atomic_fetch_add(&counter_state_of(rq)->hits, 1) + 1;

    return counter_home_ok(rq, FLARE_STR("home"), hits);
}

counter_hits_reply counter_hits(flare_request *rq)
{
    const unsigned long long hits = atomic_load(&counter_state_of(rq)->hits);

    return counter_hits_ok(rq, flare_format(rq, "%llu", hits));
}
