#include "cert_reload.flare.h"

cert_reload_home_reply cert_reload_home(flare_request *rq)
{
    return cert_reload_home_ok(rq, FLARE_STR("still here\n"));
}
