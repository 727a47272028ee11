#include "guards.flare.h"

#include <flare/digest.h>

struct guards_user {
    flare_str token, name, team;
    bool admin;
};

static struct guards_user users[] = {
    {FLARE_STR_INIT("ada-1"), FLARE_STR_INIT("ada"), FLARE_STR_INIT("engines"), true},
    {FLARE_STR_INIT("bob-2"), FLARE_STR_INIT("bob"), FLARE_STR_INIT("engines"), false},
};

guards_signed_in_verdict guards_signed_in(flare_request *rq, const guards_signed_in_in *in)
{
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        if (flare_str_equal(users[i].token, in->token))
            return guards_signed_in_pass(rq, &users[i]);
    }
    return guards_signed_in_unauthorized(rq);
}

guards_member_verdict guards_member(flare_request *rq, const guards_member_in *in)
{
    const guards_badge badge = {.name = in->user->name, .admin = in->user->admin};

    if (!flare_str_equal(in->team, FLARE_STR("engines")))
        return guards_member_not_found(rq);
    if (!flare_str_equal(in->team, in->user->team))
        return guards_member_forbidden(rq);
    return guards_member_pass(rq, &badge);
}

guards_admin_verdict guards_admin(flare_request *rq, const guards_admin_in *in)
{
    return in->badge.admin ? guards_admin_pass(rq) : guards_admin_not_an_admin(rq);
}

/* In earnest a slow hash of the password is kept, and compared by flare_secret_equal() too. */
guards_keeper_verdict guards_keeper(flare_request *rq, const guards_keeper_in *in)
{
    const bool known = flare_str_equal(in->login.user, FLARE_STR("keeper"));

    return flare_secret_equal(in->login.password, FLARE_STR("sesame:9")) && known
               ? guards_keeper_pass(rq)
               : guards_keeper_unauthorized(rq);
}

guards_report_reply guards_report(flare_request *rq)
{
    return guards_report_ok(rq, FLARE_STR("2 users\n"));
}

guards_me_reply guards_me(flare_request *rq, const guards_me_in *in)
{
    return guards_me_ok(rq, &in->badge);
}

guards_list_pages_reply guards_list_pages(flare_request *rq, const guards_list_pages_in *in)
{
    const flare_str after = in->page.after.has ? in->page.after.value : FLARE_STR("the first");

    return guards_list_pages_ok(rq, flare_format(rq, "%u pages of %.*s after %.*s", (unsigned)in->page.limit,
                                                 FLARE_STR_ARG(in->team), FLARE_STR_ARG(after)));
}

guards_add_page_reply guards_add_page(flare_request *rq, const guards_add_page_in *in)
{
    return guards_add_page_created(
        rq, flare_format(rq, "%.*s by %.*s", FLARE_STR_ARG(in->body.title), FLARE_STR_ARG(in->user->name)));
}

guards_put_page_reply guards_put_page(flare_request *rq, const guards_put_page_in *in)
{
    if (in->if_match.has && !flare_etag_matches(in->if_match.value, FLARE_STR("\"v1\"")))
        return guards_put_page_precondition_failed(rq);
    return guards_put_page_no_content(rq, FLARE_STR("\"v2\""));
}

guards_login_reply guards_login(flare_request *rq, const guards_login_in *in)
{
    const flare_str_opt dark = {true, FLARE_STR("dark")}, none = {false, FLARE_STR("")};

    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        if (flare_str_equal(users[i].name, in->user))
            return guards_login_no_content(rq, users[i].token, users[i].admin ? dark : none);
    }
    return guards_login_unauthorized(rq);
}

guards_logout_reply guards_logout(flare_request *rq)
{
    return guards_logout_no_content(rq);
}
