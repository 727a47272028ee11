/* Each kind of input through an emitted client, blocking and awaited: what breaks the spec is told by the
 * rules' names, and not sent. */
#include "calls.h"

/* ---- Inputs ---- */

TEST(absent_inputs_are_not_sent)
{
    const asked_client_get_thing_in in = {.id = id, .name = NAME("a")};
    asked_client_get_thing_out out;

    CHECK_INT(asked_client_get_thing(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_GET_THING_OK);
    CHECK_STR(out.as.ok.body.text, "ab a 20 0:0  0 1 -1 -1 -  0 -");
    CHECK_INT(out.as.ok.count, 7);
    CHECK(!out.as.ok.day.has && !out.as.ok.body_.has);
    CHECK_INT(out.as.ok.seen, ASKED_COLOR_RED);
    CHECK_INT(out.call.reply->status, 200);
    CHECK(out.call.failure_count == 0 && out.call.why == NULL && out.call.problem.status == 0);
    flare_call_free(&out.call);
    CHECK(out.call.reply == NULL && out.call.kept == NULL);
    flare_call_free(&out.call);
    flare_call_free(NULL);
}

TEST(inputs_of_each_kind_arrive)
{
    static const asked_color colors[] = {ASKED_COLOR_OFF_WHITE, ASKED_COLOR_RED};
    static const flare_str tags[] = {NAME("one"), NAME("two")};
    const asked_client_get_thing_in in = {
        .id = id,
        .name = NAME("a/b ?#%&+\xc3\xa9"),
        .page = {.limit = {true, 5}, .after = {true, UINT64_MAX}},
        .color = {colors, 2},
        .ratio = {true, -0.5},
        .flag = {true, false},
        .ip = {true, {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}}},
        .size = {true, ASKED_SIZE_LARGE},
        .raw = {true, NAME("&=+ ")},
        .body = {true, 255},
        .tags = {tags, 2},
        .day = {true, {2026, 2, 28}},
        .sid = {true, NAME("s1d")},
    };
    asked_client_get_thing_out out;

    CHECK_INT(asked_client_get_thing(&remote, &in, &out), FLARE_OK);
    CHECK_STR(out.as.ok.body.text,
              "ab a/b ?#%&+\xc3\xa9 5 1:18446744073709551615 2,1, -0.5 0 9 2 &=+  one;two; 28 s1d");
    CHECK_INT(out.as.ok.day.value.month, 2);
    CHECK_INT(out.as.ok.seen, ASKED_COLOR_OFF_WHITE);
    flare_call_free(&out.call);
}

TEST(what_breaks_the_spec_is_told_at_once_and_not_sent)
{
    static const asked_color colors[] = {ASKED_COLOR_RED, ASKED_COLOR_RED, (asked_color)0,
                                         ASKED_COLOR_OFF_WHITE};
    static const flare_str tags[] = {NAME(""), NAME("a,b"), NAME(" c")};
    const asked_client_get_thing_in in = {
        .id = id,
        .name = NAME("..."
                     "...................."),
        .page = {.limit = {true, 101}},
        .color = {colors, 4},
        .ratio = {true, 1e300 * 1e300},
        .size = {true, ASKED_SIZE_UNKNOWN},
        .raw = {true, NAME("12345")},
        .tags = {tags, 3},
        .day = {true, {2026, 2, 29}},
        .sid = {true, NAME("a;b")},
    };
    asked_client_get_thing_out out;

    CHECK_INT(asked_client_get_thing(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK(out.call.reply == NULL && out.call.why != NULL && out.reply == 0);
    CHECK_FAILURES(&out.call, "path name max_length;query limit max;query color max_items;query color unique;"
                              "query color/2 enum;query ratio type;query size enum;query raw max_length;"
                              "header X-Tags/0 min_length;header X-Tags/1 escape;header X-Tags/2 escape;"
                              "header X-Day type;cookie sid escape;");
    flare_call_free(&out.call);
}

TEST(a_path_holds_no_dots_and_nothing_empty)
{
    static const struct {
        const char *name, *failures;
    } cases[] = {{"..", "path name escape;"},
                 {".", "path name escape;"},
                 {"", "path name min_length;"},
                 {"\xff", "path name utf8;"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const asked_client_get_thing_in in = {.id = id, .name = flare_str_of(cases[i].name)};
        asked_client_get_thing_out out;

        CHECK_INT(asked_client_get_thing(&remote, &in, &out), FLARE_ERR_ARGUMENT);
        CHECK_FAILURES(&out.call, cases[i].failures);
        flare_call_free(&out.call);
    }
}

TEST(the_rest_of_a_path_keeps_its_slashes)
{
    asked_client_get_file_in in = {.rest = NAME("a b/c?d//e%2F")};
    asked_client_get_file_out out;

    CHECK_INT(asked_client_get_file(&remote, &in, &out), FLARE_OK);
    CHECK_STR(out.as.ok.body, "a b/c?d//e%2F");
    flare_call_free(&out.call);
    in.rest = FLARE_STR("");
    CHECK_INT(asked_client_get_file(&remote, &in, &out), FLARE_OK);
    CHECK_STR(out.as.ok.body, "");
    flare_call_free(&out.call);
    in.rest = FLARE_STR("a/../b");
    CHECK_INT(asked_client_get_file(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "path * escape;");
    flare_call_free(&out.call);
    in.rest = FLARE_STR("\xc3");
    CHECK_INT(asked_client_get_file(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "path * utf8;");
    flare_call_free(&out.call);
}

TEST(what_a_guard_reads_is_told_or_comes_with_the_remote)
{
    static const flare_field key[] = {{NAME("X-Key"), NAME("good")}};
    flare_remote with_key = remote;
    asked_client_secret_in in = {.token = NAME("abc.def=")};
    asked_client_secret_out out;

    with_key.options.fields = key;
    with_key.options.field_count = 1;
    CHECK_INT(asked_client_secret(&with_key, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_SECRET_OK);
    CHECK_STR(out.as.ok.body, "abc.def=");
    flare_call_free(&out.call);
    in.keyed.key = (flare_str_opt){true, FLARE_STR("none")};
    CHECK_INT(asked_client_secret(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_SECRET_KEYED_FORBIDDEN);
    flare_call_free(&out.call);
    in.keyed.key.value = FLARE_STR("evil");
    CHECK_INT(asked_client_secret(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_SECRET_KEYED_WRONG_KEY);
    CHECK_STR(out.call.problem.type, "wrong-key");
    CHECK_STR(out.call.problem.title, "Wrong key");
    flare_call_free(&out.call);
    in.keyed.key.value = FLARE_STR("short");
    in.token = FLARE_STR("no blanks");
    CHECK_INT(asked_client_secret(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "header Authorization type;header X-Key max_length;");
    flare_call_free(&out.call);
    /* Nobody has the key: what the service says then is not declared. */
    in = (asked_client_secret_in){.token = NAME("abc")};
    CHECK_INT(asked_client_secret(&remote, &in, &out), FLARE_ERR_CONTRACT);
    CHECK_INT(out.call.reply->status, 400);
    flare_call_free(&out.call);
}

TEST(credentials_are_told_by_their_type)
{
    asked_client_who_in in = {.who = {true, {NAME("Ada \xc3\xa9"), NAME("a:b")}}};
    asked_client_who_out out;

    CHECK_INT(asked_client_who(&remote, &in, &out), FLARE_OK);
    CHECK_STR(out.as.ok.body, "Ada \xc3\xa9|a:b");
    flare_call_free(&out.call);
    in.who.value = (flare_basic){NAME("a:b"), NAME("")};
    CHECK_INT(asked_client_who(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "header Authorization escape;");
    flare_call_free(&out.call);
    in.who.value = (flare_basic){NAME("a"), NAME("b\n")};
    CHECK_INT(asked_client_who(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "header Authorization type;");
    flare_call_free(&out.call);
    in.who.value = (flare_basic){NAME("\xff"), NAME("b")};
    CHECK_INT(asked_client_who(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "header Authorization utf8;");
    flare_call_free(&out.call);
    in.who.has = false;
    CHECK_INT(asked_client_who(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_WHO_UNAUTHORIZED);
    flare_call_free(&out.call);
}

/* ---- Awaited ---- */

TEST(a_handler_awaits_a_call)
{
    asked_client_relay_in in = {.id = id, .url = flare_str_of(asked.url)};
    asked_client_relay_out out;

    CHECK_INT(asked_client_relay(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_RELAY_OK);
    CHECK_STR(out.as.ok.body, "ab relayed 20 0:0  0 1 -1 -1 -  0 -");
    flare_call_free(&out.call);
    in.url = flare_str_of(wild.url);
    CHECK_INT(asked_client_relay(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_RELAY_BAD_GATEWAY);
    flare_call_free(&out.call);
}

static void all(void)
{
    RUN(absent_inputs_are_not_sent);
    RUN(inputs_of_each_kind_arrive);
    RUN(what_breaks_the_spec_is_told_at_once_and_not_sent);
    RUN(a_path_holds_no_dots_and_nothing_empty);
    RUN(the_rest_of_a_path_keeps_its_slashes);
    RUN(what_a_guard_reads_is_told_or_comes_with_the_remote);
    RUN(credentials_are_told_by_their_type);
    RUN(a_handler_awaits_a_call);
}

int main(void)
{
    return calls_end(all);
}
