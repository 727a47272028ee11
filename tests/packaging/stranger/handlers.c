#include "hello.flare.h"

flare_reply hello_home(flare_request *rq)
{
    return flare_text(rq, 200, FLARE_STR("flare is up"));
}

flare_reply hello_greet(flare_request *rq, const hello_greet_in *in)
{
    return flare_textf(rq, 200, "hello, %.*s", FLARE_STR_ARG(in->name));
}
