/* The handshake's parts (RFC 6455, section 4) and permessage-deflate's parameters (RFC 7692, section 7.1). */
#include "wire/ws.h"

#include "test.h"

TEST(accept_is_the_rfcs)
{
    char accept[FLAREI_WS_ACCEPT_BYTES];
    const flare_str got = {accept, sizeof accept};

    flarei_ws_accept(FLARE_STR("dGhlIHNhbXBsZSBub25jZQ=="), accept); /* section 1.3 */
    CHECK_STR(got, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(keys_are_sixteen_bytes)
{
    CHECK(flarei_ws_key_valid(FLARE_STR("dGhlIHNhbXBsZSBub25jZQ==")));
    CHECK(!flarei_ws_key_valid(FLARE_STR("dGhlIHNhbXBsZSBub25jZQ=")));
    CHECK(!flarei_ws_key_valid(FLARE_STR("dGhlIHNhbXBsZSBub25jZQAA")));
    CHECK(!flarei_ws_key_valid(FLARE_STR("dGhlIHNhbXBsZSBub25jZ!==")));
    CHECK(!flarei_ws_key_valid(FLARE_STR("")));
}

TEST(lists_of_tokens)
{
    CHECK(flarei_ws_list_has(FLARE_STR("Upgrade"), FLARE_STR("upgrade")));
    CHECK(flarei_ws_list_has(FLARE_STR("keep-alive , Upgrade"), FLARE_STR("upgrade")));
    CHECK(flarei_ws_list_has(FLARE_STR(",,upgrade,"), FLARE_STR("upgrade")));
    CHECK(!flarei_ws_list_has(FLARE_STR("upgraded"), FLARE_STR("upgrade")));
    CHECK(!flarei_ws_list_has(FLARE_STR(""), FLARE_STR("upgrade")));
    CHECK(!flarei_ws_list_has((flare_str){NULL, 0}, FLARE_STR("upgrade")));
}

#define AGREED FLAREI_WS_OFFER_AGREED
#define NONE   FLAREI_WS_OFFER_NONE
#define BAD    FLAREI_WS_OFFER_MALFORMED
static const struct {
    const char *line;
    enum flarei_ws_offer result;
    const char *answer;
} offers[] = {
    {"permessage-deflate", AGREED, "permessage-deflate"},
    {"permessage-deflate; client_max_window_bits", AGREED, "permessage-deflate"},
    {"permessage-deflate; client_max_window_bits=10", AGREED,
     "permessage-deflate; client_max_window_bits=10"},
    {"permessage-deflate; client_max_window_bits=8", AGREED, "permessage-deflate; client_max_window_bits=8"},
    {"permessage-deflate; server_max_window_bits=\"9\"", AGREED,
     "permessage-deflate; server_max_window_bits=9"},
    {"permessage-deflate;server_no_context_takeover;client_no_context_takeover", AGREED,
     "permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
    {"x-webkit-deflate-frame, permessage-deflate", AGREED, "permessage-deflate"},
    {"permessage-deflate; server_max_window_bits=10, permessage-deflate", AGREED,
     "permessage-deflate; server_max_window_bits=10"}, /* the first that can be met */
    {"permessage-deflate; server_max_window_bits=8, permessage-deflate", AGREED, "permessage-deflate"},
    {"", NONE, ""},
    {"other; a=b", NONE, ""},
    {"permessage-deflate; server_max_window_bits=8", NONE, ""}, /* zlib can't */
    {"permessage-deflate; server_max_window_bits", NONE, ""},   /* 7.1.2.1: needs a value */
    {"permessage-deflate; server_max_window_bits=16", NONE, ""},
    {"permessage-deflate; server_max_window_bits=7", NONE, ""},
    {"permessage-deflate; server_max_window_bits=09", NONE, ""}, /* 7.1.2.1: no leading zeros */
    {"permessage-deflate; client_max_window_bits=16", NONE, ""},
    {"permessage-deflate; server_no_context_takeover=1", NONE, ""}, /* 7.1.1.1: has no value */
    {"permessage-deflate; unknown", NONE, ""},
    {"permessage-deflate; client_no_context_takeover; client_no_context_takeover", NONE, ""},
    {"permessage-deflate;", BAD, ""},
    {"permessage-deflate; =1", BAD, ""},
    {"permessage-deflate; server_max_window_bits=", BAD, ""},
    {"permessage-deflate; server_max_window_bits=\"9", BAD, ""},
    {"permessage-deflate server", BAD, ""},
    {"permessage-deflate, ;", BAD, ""},
};

TEST(server_chooses)
{
    static const struct flarei_ws_deflate most = {false, false, 15, 15};

    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
        struct flarei_ws_deflate agreed;
        char text[FLAREI_WS_DEFLATE_TEXT_BYTES];
        flare_str answer = {text, 0};
        const enum flarei_ws_offer result =
            flarei_ws_deflate_choose(&most, flare_str_of(offers[i].line), &agreed);

        if (result == AGREED)
            answer.len = flarei_ws_deflate_format(&agreed, false, text);
        if (result != offers[i].result)
            fprintf(stderr, "%s\n", offers[i].line);
        CHECK_INT(result, offers[i].result);
        CHECK_STR(answer, offers[i].answer);
    }
}

/* What the server wants is said too, where it may be (section 7.1.2.2). */
TEST(server_wants_less)
{
    static const struct flarei_ws_deflate wanted = {true, true, 10, 11};
    struct flarei_ws_deflate agreed;
    char text[FLAREI_WS_DEFLATE_TEXT_BYTES];
    flare_str answer = {text, 0};

    CHECK_INT(flarei_ws_deflate_choose(&wanted, FLARE_STR("permessage-deflate"), &agreed), AGREED);
    answer.len = flarei_ws_deflate_format(&agreed, false, text);
    CHECK_STR(answer, "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                      "server_max_window_bits=10");
    CHECK_INT(
        flarei_ws_deflate_choose(&wanted, FLARE_STR("permessage-deflate; client_max_window_bits"), &agreed),
        AGREED);
    answer.len = flarei_ws_deflate_format(&agreed, false, text);
    CHECK_STR(answer, "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                      "server_max_window_bits=10; client_max_window_bits=11");
}

/* Section 7.1: what a server's answer may say to an offer. */
TEST(client_agrees)
{
    static const struct {
        struct flarei_ws_deflate offered;
        const char *line;
        enum flarei_ws_offer result;
    } answers[] = {
        {{false, false, 15, 15}, "permessage-deflate", AGREED},
        {{false, false, 15, 15}, "permessage-deflate; client_max_window_bits=9", AGREED},
        {{false, false, 15, 15}, "permessage-deflate; client_max_window_bits", BAD},
        {{false, false, 15, 15}, "permessage-deflate; client_max_window_bits=8", BAD}, /* zlib can't */
        {{false, false, 15, 15}, "permessage-deflate, permessage-deflate", BAD},
        {{false, false, 15, 15}, "other", BAD},
        {{false, false, 15, 15}, "permessage-deflate; unknown", BAD},
        {{false, false, 15, 15}, "", NONE},
        {{true, false, 15, 15}, "permessage-deflate", BAD},
        {{true, false, 15, 15}, "permessage-deflate; server_no_context_takeover", AGREED},
        {{false, false, 10, 15}, "permessage-deflate", BAD},
        {{false, false, 10, 15}, "permessage-deflate; server_max_window_bits=11", BAD},
        {{false, false, 10, 15}, "permessage-deflate; server_max_window_bits=10", AGREED},
    };

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct flarei_ws_deflate agreed;

        CHECK_INT(flarei_ws_deflate_agree(&answers[i].offered, flare_str_of(answers[i].line), &agreed),
                  answers[i].result);
    }
}

TEST(offer_names_all)
{
    static const struct flarei_ws_deflate offered = {true, true, 12, 15};
    char text[FLAREI_WS_DEFLATE_TEXT_BYTES];
    flare_str offer = {text, flarei_ws_deflate_format(&offered, true, text)};

    CHECK_STR(offer, "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                     "server_max_window_bits=12; client_max_window_bits");
}

int main(void)
{
    RUN(accept_is_the_rfcs);
    RUN(keys_are_sixteen_bytes);
    RUN(lists_of_tokens);
    RUN(server_chooses);
    RUN(server_wants_less);
    RUN(client_agrees);
    RUN(offer_names_all);
    return TEST_END();
}
