#include "hello.flare.h"

flare_reply hello_home(flare_request *rq)
{
    return flare_text(rq, 200, FLARE_STR("flare is up"));
}

flare_reply hello_greet(flare_request *rq, const hello_greet_in *in)
{
    return flare_textf(rq, 200, "hello, %.*s", FLARE_STR_ARG(in->name));
}

hello_health_reply hello_health(flare_request *rq)
{
    const hello_status status = {.status = FLARE_STR("ok")};

    return hello_health_ok(rq, &status);
}

flare_reply hello_plaintext(flare_request *rq)
{
    return flare_bytes(rq, 200, FLARE_STR("text/plain"), FLARE_STR("Hello, World!"));
}
