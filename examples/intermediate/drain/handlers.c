#include "drain.flare.h"

#include <poll.h>

/* On a thread of the pool: a drain waits for it. */
drain_job_reply drain_job(flare_request *rq, const drain_job_in *in)
{
    (void)poll(NULL, 0, (int)in->ms);
    return drain_job_ok(rq, FLARE_STR("all done\n"));
}

/* A drain ends the sleep; the reply is sent all the same. */
drain_watch_reply drain_watch(flare_request *rq, const drain_watch_in *in)
{
    if (flare_sleep(in->ms) == FLARE_OK)
        return drain_watch_ok(rq, FLARE_STR("nothing happened\n"));
    if (flare_cancel_reason(rq) == FLARE_CANCEL_DRAIN)
        return drain_watch_ok(rq, FLARE_STR("nothing happened so far\n"));
    return drain_watch_cancelled(rq);
}
