/* Handlers of logged.flare. */
#include "logged.flare.h"

logged_plain_reply logged_plain(flare_request *rq, const logged_plain_in *in)
{
    return logged_plain_ok(rq, in->name);
}

logged_reset_reply logged_reset(flare_request *rq, const logged_reset_in *in)
{
    (void)in;
    return logged_reset_ok(rq, FLARE_STR("reset"));
}

logged_endless_reply logged_endless(flare_request *rq)
{
    logged_endless_ok_stream *const stream = logged_endless_ok_open(rq);

    while (logged_endless_ok_send(stream, FLARE_STR("and so on\n")))
        continue;
    return logged_endless_ok(stream);
}
