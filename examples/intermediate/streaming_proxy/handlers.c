#include "streaming_proxy.flare.h"

streaming_proxy_known_verdict streaming_proxy_known(flare_request *rq, const streaming_proxy_known_in *in)
{
    if (!flare_str_equal(in->key, FLARE_STR("open sesame")))
        return streaming_proxy_known_unauthorized(rq);
    return streaming_proxy_known_pass(rq);
}
