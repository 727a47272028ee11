#include "alpn.flare.h"

alpn_home_reply alpn_home(flare_request *rq)
{
    return alpn_home_ok(rq, FLARE_STR("the same on every wire\n"));
}
