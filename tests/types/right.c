#include "right.flare.h"

right_who_reply right_who(flare_request *rq, const right_who_in *in)
{
    return right_who_ok(rq, in->user.name);
}
