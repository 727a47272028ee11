#include "https_server.flare.h"

#include <flare/tls.h>

https_server_home_reply https_server_home(flare_request *rq)
{
    return https_server_home_ok(rq, FLARE_STR("hello over TLS\n"));
}

/* Where cookies and redirects depend on it. */
https_server_secure_reply https_server_secure(flare_request *rq)
{
    return https_server_secure_ok(rq, flare_request_is_secure(rq) ? FLARE_STR("yes\n") : FLARE_STR("no\n"));
}
