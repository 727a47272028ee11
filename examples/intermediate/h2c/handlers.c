#include "h2c.flare.h"

flare_reply h2c_who(flare_request *rq, const h2c_who_in *in)
{
    const flare_str nobody = FLARE_STR("nobody");
    const flare_str name = in->name.has ? in->name.value : nobody;

    return flare_textf(rq, 200, "%.*s at %.*s\n", FLARE_STR_ARG(name), FLARE_STR_ARG(in->host));
}
