#include "documented.flare.h"

documented_greet_reply documented_greet(flare_request *rq, const documented_greet_in *in)
{
    return documented_greet_ok(rq, in->name);
}
