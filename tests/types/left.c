#include "left.flare.h"

left_admin_verdict left_admin(flare_request *rq, const left_admin_in *in)
{
    return flare_str_equal(in->user.name, FLARE_STR("root")) ? left_admin_pass(rq) : left_admin_forbidden(rq);
}

left_me_reply left_me(flare_request *rq, const left_me_in *in)
{
    return in->place != NULL ? left_me_ok(rq, &in->user) : left_me_fail(rq, "no place");
}

left_admin_page_reply left_admin_page(flare_request *rq, const left_admin_page_in *in)
{
    return left_admin_page_ok(rq, in->user.name);
}
