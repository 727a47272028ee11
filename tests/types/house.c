/* What the library's guards do: written once for both services. */
#include "house.h"

static struct house_place place;
struct house_place *const house_last = &place;

house_signed_in_verdict house_signed_in(flare_request *rq, const house_signed_in_in *in)
{
    const house_user user = {.id = in->sid.len, .name = in->sid};

    if (flare_str_equal(in->sid, FLARE_STR("nobody")))
        return house_signed_in_unauthorized(rq, FLARE_STR("who?"), FLARE_STR("unknown"));
    if (flare_str_equal(in->sid, FLARE_STR("mallory")))
        return house_signed_in_banned(rq);
    if (flare_str_equal(in->sid, FLARE_STR("broken")))
        return house_signed_in_fail(rq, "broken");
    return house_signed_in_pass(rq, &user);
}

house_member_verdict house_member(flare_request *rq, const house_member_in *in)
{
    if (in->tenant == 9)
        return house_member_not_found(rq);
    place.tenant = in->tenant;
    place.user = in->user.id;
    return house_member_pass(rq, &place);
}

void house_member_after(flare_request *rq, const house_member_gives *gives)
{
    (void)rq;
    gives->place->left++;
}
