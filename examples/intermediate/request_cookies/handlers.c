#include "request_cookies.flare.h"

#include <flare/sign.h>
#include <flare/text.h>

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

struct request_cookies_state {
    flare_keys *keys;
};

/* Keys of this process alone: a restart makes every voucher void. Those of a file are read by
 * flare_keys_read(). */
struct request_cookies_state *request_cookies_state_open(void)
{
    struct request_cookies_state *const state = calloc(1, sizeof *state);
    unsigned char bytes[FLARE_KEY_MIN_BYTES];
    char text[64];
    flare_str key = {text, 0};

    if (state == NULL || getentropy(bytes, sizeof bytes) != 0) {
        free(state);
        return NULL;
    }
    key.len = flare_base64_encode(FLARE_BASE64, bytes, sizeof bytes, text);
    if (flare_keys_parse(key, &state->keys) == FLARE_OK)
        return state;
    free(state);
    return NULL;
}

void request_cookies_state_close(struct request_cookies_state *state)
{
    flare_keys_free(state->keys);
    free(state);
}

request_cookies_home_reply request_cookies_home(flare_request *rq, const request_cookies_home_in *in)
{
    const request_cookies_seen seen = {.theme = in->theme, .visits = in->visits};

    return request_cookies_home_ok(rq, &seen, in->visits + 1);
}

request_cookies_set_theme_reply request_cookies_set_theme(flare_request *rq,
                                                          const request_cookies_set_theme_in *in)
{
    return request_cookies_set_theme_no_content(rq, in->theme);
}

request_cookies_reset_theme_reply request_cookies_reset_theme(flare_request *rq)
{
    return request_cookies_reset_theme_no_content(rq);
}

static const flare_str voucher = FLARE_STR_INIT("10");

request_cookies_give_voucher_reply request_cookies_give_voucher(flare_request *rq)
{
    char text[200];
    flare_str signed_text = {text, 0};

    if (flare_sign(request_cookies_state_of(rq)->keys, FLARE_STR("voucher"), voucher, time(NULL) + 3600, text,
                   sizeof text, &signed_text.len) != FLARE_OK)
        return request_cookies_give_voucher_fail(rq, "the voucher can't be signed");
    return request_cookies_give_voucher_no_content(rq, signed_text);
}

request_cookies_price_reply request_cookies_price(flare_request *rq, const request_cookies_price_in *in)
{
    char value[200];
    size_t len = 0;

    if (!in->voucher.has || flare_verify(request_cookies_state_of(rq)->keys, FLARE_STR("voucher"),
                                         in->voucher.value, time(NULL), value, &len) != FLARE_OK)
        return request_cookies_price_ok(rq, FLARE_STR("100"));
    return request_cookies_price_ok(rq, flare_format(rq, "100, less %.*s%%", (int)len, value));
}
