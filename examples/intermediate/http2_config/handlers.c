#include "http2_config.flare.h"

flare_reply http2_config_up(flare_request *rq)
{
    return flare_text(rq, 200, FLARE_STR("up\n"));
}

flare_reply http2_config_note(flare_request *rq, const http2_config_note_in *in)
{
    return flare_textf(rq, 200, "noted %zu bytes\n", in->body.len);
}
