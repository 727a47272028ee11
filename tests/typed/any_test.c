/* Routes of any method, through an emitted client: the caller says which. */
#include "calls.h"

TEST(methods_are_the_callers)
{
    static const enum flare_method methods[] = {
        FLARE_METHOD_GET,      FLARE_METHOD_POST,   FLARE_METHOD_DELETE,
        FLARE_METHOD_PROPFIND, FLARE_METHOD_PATCH,  FLARE_METHOD_TRACE,
        FLARE_METHOD_OPTIONS,  FLARE_METHOD_UPDATE, FLARE_METHOD_QUERY};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const asked_client_any_thing_in in = {.method = methods[i], .id = 1, .note = {true, NAME("heard")}};
        asked_client_any_thing_out out;

        CHECK_INT(asked_client_any_thing(&remote, &in, &out), FLARE_OK);
        CHECK_INT(out.reply, ASKED_CLIENT_ANY_THING_OK);
        CHECK_STR(out.as.ok.body.text, "heard");
        CHECK(flare_str_equal(out.as.ok.method, flare_method_name(methods[i])));
        flare_call_free(&out.call);
    }
}

TEST(a_head_has_no_content)
{
    asked_client_any_thing_in in = {.method = FLARE_METHOD_HEAD, .id = 1};
    asked_client_any_thing_out out;

    CHECK_INT(asked_client_any_thing(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_ANY_THING_OK);
    CHECK(out.as.ok.body.text.len == 0);
    CHECK_STR(out.as.ok.method, "HEAD");
    flare_call_free(&out.call);
    in.id = 9;
    CHECK_INT(asked_client_any_thing(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_ANY_THING_TAKEN);
    flare_call_free(&out.call);
    in.method = FLARE_METHOD_GET;
    CHECK_INT(asked_client_any_thing(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.as.taken.body.x, 1);
    flare_call_free(&out.call);
    in.id = 0;
    CHECK_INT(asked_client_any_thing(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_ANY_THING_NO_CONTENT);
    flare_call_free(&out.call);
}

TEST(methods_that_no_route_takes)
{
    static const enum flare_method methods[] = {FLARE_METHOD_UNKNOWN, FLARE_METHOD_CONNECT, FLARE_METHOD_PRI,
                                                FLARE_METHOD_COUNT, (enum flare_method)1000};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const asked_client_any_thing_in in = {.method = methods[i], .id = 1};
        asked_client_any_thing_out out;

        CHECK_INT(asked_client_any_thing(&remote, &in, &out), FLARE_ERR_ARGUMENT);
        CHECK(out.call.reply == NULL && out.call.why != NULL);
        flare_call_free(&out.call);
    }
}

TEST(bodies_go_with_any)
{
    asked_client_keep_in in = {.method_ = FLARE_METHOD_POST, .method = FLARE_STR("m"), .body = {7, 0.25}};
    asked_client_keep_out out;

    CHECK_INT(asked_client_keep(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.as.ok.body.x, 7);
    flare_call_free(&out.call);
    in.method_ = FLARE_METHOD_SEARCH;
    CHECK_INT(asked_client_keep(&remote, &in, &out), FLARE_OK);
    flare_call_free(&out.call);
    in.body.x = 101;
    CHECK_INT(asked_client_keep(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "body /x max;");
    flare_call_free(&out.call);
}

TEST(replies_that_are_free)
{
    const asked_client_free_for_all_in in = {.method = FLARE_METHOD_LOCK, .rest = FLARE_STR("a/b c")};
    asked_client_free_for_all_out out;

    CHECK_INT(asked_client_free_for_all(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.call.reply->status, 203);
    CHECK_STR(out.call.reply->content, "a/b c");
    flare_call_free(&out.call);
}

static void run(void)
{
    RUN(methods_are_the_callers);
    RUN(a_head_has_no_content);
    RUN(methods_that_no_route_takes);
    RUN(bodies_go_with_any);
    RUN(replies_that_are_free);
}

int main(void)
{
    return calls_end(run);
}
