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
