#include "http2.flare.h"

flare_reply http2_page(flare_request *rq)
{
    return flare_bytes(rq, 200, FLARE_STR("text/html"),
                       FLARE_STR("<!doctype html><img src=/tile/1><img src=/tile/2><img src=/tile/3>\n"));
}

flare_reply http2_tile(flare_request *rq, const http2_tile_in *in)
{
    const flare_str svg =
        flare_format(rq,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect width=\"8\" height=\"8\" "
                     "fill=\"#%02x%02x%02x\"/></svg>\n",
                     in->n * 3, 255 - in->n * 3, in->n);

    return flare_bytes(rq, 200, FLARE_STR("image/svg+xml"), svg);
}

flare_reply http2_measure(flare_request *rq, const http2_measure_in *in)
{
    return flare_textf(rq, 200, "%zu bytes\n", in->body.len);
}
