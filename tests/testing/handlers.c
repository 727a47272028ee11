#include "counter.flare.h"

#include <stdlib.h>
#include <unistd.h>

struct counter_state {
    unsigned hits;
};

bool counter_refuses;

struct counter_state *counter_state_open(void)
{
    return counter_refuses ? NULL : calloc(1, sizeof(struct counter_state));
}

void counter_state_close(struct counter_state *state)
{
    free(state);
}

flare_reply counter_hits(flare_request *rq)
{
    return flare_textf(rq, 200, "%u", ++counter_state_of(rq)->hits);
}

flare_reply counter_greet(flare_request *rq, const counter_greet_in *in)
{
    (void)flare_reply_header(rq, FLARE_STR("X-Shout"), in->shout ? FLARE_STR("yes") : FLARE_STR("no"));
    return flare_textf(rq, 200, "hi %.*s", FLARE_STR_ARG(in->name));
}

flare_reply counter_sum(flare_request *rq, const counter_sum_in *in)
{
    return flare_textf(rq, 201, "%u", in->body.a + in->body.b);
}

flare_reply counter_echo(flare_request *rq, const counter_echo_in *in)
{
    return flare_bytes(rq, 200, FLARE_STR("text/plain"), in->body);
}

flare_reply counter_fail(flare_request *rq)
{
    return flare_fail(rq, FLARE_ERR_IO, "the drawer is stuck");
}

flare_reply counter_slow(flare_request *rq)
{
    (void)usleep(30000);
    return flare_empty(rq, 204);
}
