#include "guarded.flare.h"

struct guarded_user {
    uint64_t length;
};

static struct guarded_user user;

guarded_known_verdict guarded_known(flare_request *rq, const guarded_known_in *in)
{
    user.length = in->token.len;
    return guarded_known_pass(rq, &user);
}

guarded_member_verdict guarded_member(flare_request *rq, const guarded_member_in *in)
{
    return guarded_member_pass(rq, in->user->length);
}

guarded_timed_verdict guarded_timed(flare_request *rq)
{
    return guarded_timed_pass(rq, flare_request_elapsed_ns(rq));
}

void guarded_timed_after(flare_request *rq, const guarded_timed_gives *gives)
{
    (void)rq;
    (void)gives;
}

guarded_item_reply guarded_item(flare_request *rq, const guarded_item_in *in)
{
    return guarded_item_ok(rq, flare_format(rq, "%llu %.*s %llu\n", (unsigned long long)in->id,
                                            FLARE_STR_ARG(in->team), (unsigned long long)in->length));
}
