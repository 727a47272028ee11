#include "cancel.flare.h"

#include <stdio.h>

/* "partial: 3" or "done: 10" */
static flare_str report(char storage[static 32], uint32_t done, uint32_t count)
{
    const int length =
        snprintf(storage, 32, "%s: %u\n", done < count ? "partial" : "done", (unsigned)done);

    return (flare_str){storage, length > 0 ? (size_t)length : 0};
}

/* Each pause gives the worker to other requests, and ends early when nobody waits any more. */
static uint32_t work(uint32_t count, uint32_t pause_ms)
{
    uint32_t done = 0;

    while (done < count && flare_sleep(pause_ms) == FLARE_OK)
        done++;
    return done;
}

cancel_steps_reply cancel_steps(flare_request *rq, const cancel_steps_in *in)
{
    char storage[32];

    return cancel_steps_ok(rq, report(storage, work(in->count, in->pause_ms), in->count));
}

cancel_hurry_reply cancel_hurry(flare_request *rq, const cancel_hurry_in *in)
{
    char storage[32];

    return cancel_hurry_ok(rq, report(storage, work(in->count, 100), in->count));
}
