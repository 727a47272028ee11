#include "waiting.flare.h"

waiting_plain_reply waiting_plain(flare_request *rq)
{
    return waiting_plain_ok(rq, FLARE_STR("Hello, World!"));
}

waiting_soon_reply waiting_soon(flare_request *rq)
{
    return waiting_soon_ok(rq, FLARE_STR("Hello, World!"));
}

waiting_yields_reply waiting_yields(flare_request *rq)
{
    if (flare_sleep(0) != FLARE_OK)
        return waiting_yields_cancelled(rq);
    return waiting_yields_ok(rq, FLARE_STR("Hello, World!"));
}

waiting_waits_reply waiting_waits(flare_request *rq)
{
    if (flare_sleep(50000) != FLARE_OK)
        return waiting_waits_cancelled(rq);
    return waiting_waits_ok(rq, FLARE_STR("Hello, World!"));
}
