#include "static_response.flare.h"

static_response_hello_reply static_response_hello(flare_request *rq, const static_response_hello_in *in)
{
    if (flare_str_equal(in->language, FLARE_STR("de")))
        return static_response_hello_ok(rq, FLARE_STR("Guten Tag\n"), FLARE_STR("de"));
    return static_response_hello_ok(rq, FLARE_STR("Good day\n"), FLARE_STR("en"));
}
