#include "sessions.flare.h"

#include <flare/time.h>

#include <time.h>

sessions_show_cart_reply sessions_show_cart(flare_request *rq, const sessions_show_cart_in *in)
{
    return sessions_show_cart_ok(rq, &in->cart.value); /* empty where there is none */
}

sessions_add_item_reply sessions_add_item(flare_request *rq, const sessions_add_item_in *in)
{
    uint64_t items[6];
    const sessions_cart cart = {.items = {items, in->cart.value.items.count + 1}};

    for (size_t i = 0; i < in->cart.value.items.count; i++)
        items[i] = in->cart.value.items.items[i];
    items[in->cart.value.items.count] = in->item;
    switch (sessions_cart_save(rq, &cart)) {
    case FLARE_OK:
        return sessions_add_item_no_content(rq);
    case FLARE_ERR_RANGE: /* the spec's own limit of items */
        return sessions_add_item_conflict(rq);
    default:
        return sessions_add_item_fail(rq, "the cart can't be kept");
    }
}

sessions_empty_cart_reply sessions_empty_cart(flare_request *rq, const sessions_empty_cart_in *in)
{
    (void)in;
    if (sessions_cart_end(rq) != FLARE_OK)
        return sessions_empty_cart_fail(rq, "the cart can't be removed");
    return sessions_empty_cart_no_content(rq);
}

sessions_show_taste_reply sessions_show_taste(flare_request *rq, const sessions_show_taste_in *in)
{
    return in->taste.has ? sessions_show_taste_ok(rq, &in->taste.value) : sessions_show_taste_not_found(rq);
}

sessions_set_taste_reply sessions_set_taste(flare_request *rq, const sessions_set_taste_in *in)
{
    if (sessions_taste_save(rq, &in->body) != FLARE_OK)
        return sessions_set_taste_fail(rq, "the taste can't be kept");
    return sessions_set_taste_no_content(rq);
}

sessions_signed_in_verdict sessions_signed_in(flare_request *rq, const sessions_signed_in_in *in)
{
    return in->login.has ? sessions_signed_in_pass(rq, in->login.value.user)
                         : sessions_signed_in_unauthorized(rq);
}

sessions_log_in_reply sessions_log_in(flare_request *rq, const sessions_log_in_in *in)
{
    const sessions_login login = {.user = in->body.user, .since = time(NULL) * FLARE_TIME_SECOND};

    if (!flare_str_equal(in->body.password, FLARE_STR("sesame")))
        return sessions_log_in_unauthorized(rq);
    /* Renewed, not saved: a name that somebody planted in the browser before must not become the user's. */
    if (sessions_login_renew(rq, &login) != FLARE_OK)
        return sessions_log_in_fail(rq, "the login can't be kept");
    return sessions_log_in_no_content(rq);
}

sessions_log_out_reply sessions_log_out(flare_request *rq)
{
    if (sessions_login_end(rq) != FLARE_OK)
        return sessions_log_out_fail(rq, "the login can't be ended");
    return sessions_log_out_no_content(rq);
}

sessions_me_reply sessions_me(flare_request *rq, const sessions_me_in *in)
{
    return sessions_me_ok(rq, flare_format(rq, "user %llu", (unsigned long long)in->user));
}
