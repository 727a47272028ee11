/* A service called in the same process. */
#include "counter.flare.h"
#include "test.h"

#include <flare/number.h>
#include <flare/testing.h>

#include <stdlib.h>

extern bool counter_refuses;

static flare_test *test;

static void open_test(const flare_test_options *options)
{
    CHECK_INT(flare_test_open(&test, &counter_service, options), FLARE_OK);
}

TEST(replies_and_their_fields)
{
    const flare_test_reply *reply;
    flare_str type;

    open_test(NULL);
    reply = flare_test_get(test, "/hi/Ada");
    CHECK_INT(reply->err, FLARE_OK);
    CHECK_INT(reply->status, 200);
    CHECK_STR(reply->body, "hi Ada");
    type = flare_test_reply_header(reply, FLARE_STR("x-SHOUT"));
    CHECK_STR(type, "no");
    CHECK(flare_test_reply_header(reply, FLARE_STR("X-None")).ptr == NULL);

    flare_test_request(test, "GET", "/hi/%41da");
    flare_test_header(test, FLARE_STR("Shout"), FLARE_STR("true"));
    reply = flare_test_send(test);
    CHECK_STR(reply->body, "hi Ada");
    type = flare_test_reply_header(reply, FLARE_STR("X-Shout"));
    CHECK_STR(type, "yes");

    reply = flare_test_get(test, "/nowhere");
    CHECK_INT(reply->status, 404);
    flare_test_request(test, "DELETE", "/hits");
    reply = flare_test_send(test);
    CHECK_INT(reply->status, 405);
    flare_test_request(test, "HEAD", "/hi/Ada");
    reply = flare_test_send(test);
    CHECK_INT(reply->status, 200);
    CHECK_INT(reply->body.len, 0);
    reply = flare_test_get(test, "/slow");
    CHECK_INT(reply->status, 204);
    flare_test_close(test);
}

TEST(one_state_for_all_requests)
{
    open_test(NULL);
    CHECK(flare_test_state(test) != NULL);
    for (unsigned i = 1; i < 2000; i++) {
        const flare_test_reply *const reply = flare_test_get(test, "/hits");
        uint64_t hits = 0;

        if (flare_u64_parse(reply->body, &hits) != FLARE_OK || hits != i) {
            CHECK_INT(reply->status, 200);
            CHECK_STR(reply->body, "its number");
            break;
        }
    }
    flare_test_close(test);
}

TEST(bodies)
{
    static char much[65536];
    const flare_test_reply *reply;

    open_test(NULL);
    flare_test_request(test, "POST", "/sum");
    flare_test_body(test, FLARE_STR("application/json"), FLARE_STR("{\"a\":2,\"b\":40}"));
    reply = flare_test_send(test);
    CHECK_INT(reply->status, 201);
    CHECK_STR(reply->body, "42");
    flare_test_request(test, "POST", "/sum");
    flare_test_body(test, FLARE_STR("application/json"), FLARE_STR("{\"a\":2}"));
    reply = flare_test_send(test);
    CHECK_INT(reply->status, 422);

    memset(much, 'x', sizeof much);
    flare_test_request(test, "POST", "/echo");
    flare_test_body(test, FLARE_STR("text/plain"), (flare_str){much, sizeof much});
    reply = flare_test_send(test);
    CHECK_INT(reply->status, 200);
    CHECK_INT(reply->body.len, sizeof much);
    CHECK(reply->body.len == sizeof much && memcmp(reply->body.ptr, much, sizeof much) == 0);
    flare_test_close(test);
}

/* The service replies before it has all, and ends the connection: the next request has another. */
TEST(a_body_that_is_refused)
{
    char *const much = calloc(1, 8u << 20);
    const flare_test_reply *reply;

    open_test(NULL);
    flare_test_request(test, "POST", "/echo");
    flare_test_body(test, FLARE_STR("text/plain"), (flare_str){much, 8u << 20});
    reply = flare_test_send(test);
    CHECK_INT(reply->err, FLARE_OK);
    CHECK_INT(reply->status, 413);
    reply = flare_test_get(test, "/hits");
    CHECK_STR(reply->body, "1");
    flare_test_request(test, "GET", "/hits");
    flare_test_header(test, FLARE_STR("Connection"), FLARE_STR("close"));
    reply = flare_test_send(test);
    CHECK_STR(reply->body, "2");
    reply = flare_test_get(test, "/hits");
    CHECK_STR(reply->body, "3");
    flare_test_close(test);
    free(much);
}

TEST(a_media_type_that_is_refused)
{
    const flare_test_reply *reply;

    open_test(NULL);
    flare_test_request(test, "POST", "/sum");
    flare_test_header(test, FLARE_STR("Host"), FLARE_STR("example.org"));
    flare_test_body(test, FLARE_STR("application/xml"), FLARE_STR("<a/>"));
    reply = flare_test_send(test);
    CHECK_INT(reply->status, 415);
    flare_test_close(test);
}

TEST(an_error_is_told_where_that_is_asked_for)
{
    const flare_test_options exposed = {.expose_errors = true};
    const flare_test_reply *reply;

    open_test(NULL);
    reply = flare_test_get(test, "/fail");
    CHECK_INT(reply->status, 500);
    CHECK(memmem(reply->body.ptr, reply->body.len, "drawer", 6) == NULL);
    flare_test_close(test);
    open_test(&exposed);
    reply = flare_test_get(test, "/fail");
    CHECK(memmem(reply->body.ptr, reply->body.len, "drawer", 6) != NULL);
    flare_test_close(test);
}

static flare_err err_of_header(const char *name, flare_str value)
{
    flare_test_request(test, "GET", "/hits");
    flare_test_header(test, flare_str_of(name), value);
    return flare_test_send(test)->err;
}

TEST(what_cannot_be_sent)
{
    open_test(NULL);
    CHECK_INT(flare_test_send(test)->err, FLARE_ERR_STATE);
    CHECK_INT(flare_test_get(test, "/a b")->err, FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_test_get(test, "")->err, FLARE_ERR_ARGUMENT);
    flare_test_request(test, "GET\r\n", "/hits");
    CHECK_INT(flare_test_send(test)->err, FLARE_ERR_ARGUMENT);
    CHECK_INT(err_of_header("a:b", FLARE_STR("c")), FLARE_ERR_ARGUMENT);
    CHECK_INT(err_of_header("", FLARE_STR("c")), FLARE_ERR_ARGUMENT);
    CHECK_INT(err_of_header("a", FLARE_STR("c\r\nd: e")), FLARE_ERR_ARGUMENT);
    CHECK_INT(err_of_header("a", FLARE_STR("c\0d")), FLARE_ERR_ARGUMENT);
    CHECK_INT(err_of_header("a", FLARE_STR("")), FLARE_OK);
    CHECK_INT(flare_test_send(test)->err, FLARE_ERR_STATE);
    flare_test_request(test, "POST", "/echo");
    flare_test_body(test, FLARE_STR(""), FLARE_STR("a"));
    flare_test_body(test, FLARE_STR(""), FLARE_STR("b"));
    CHECK_INT(flare_test_send(test)->err, FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_test_get(test, "/hits")->status, 200);
    flare_test_close(test);
}

TEST(a_state_that_cannot_be_opened)
{
    counter_refuses = true;
    CHECK_INT(flare_test_open(&test, &counter_service, NULL), FLARE_ERR_STATE);
    CHECK(test == NULL);
    counter_refuses = false;
    flare_test_close(NULL);
}

/* A declared body that never comes: the service would wait longer than the test. */
TEST(a_reply_that_does_not_come)
{
    const flare_test_options hasty = {.timeout_ms = 20};

    open_test(&hasty);
    flare_test_request(test, "POST", "/echo");
    flare_test_header(test, FLARE_STR("Content-Type"), FLARE_STR("text/plain"));
    flare_test_header(test, FLARE_STR("Content-Length"), FLARE_STR("5"));
    CHECK_INT(flare_test_send(test)->err, FLARE_ERR_TIMEOUT);
    CHECK_INT(flare_test_get(test, "/hits")->status, 200);
    flare_test_close(test);
}

int main(void)
{
    RUN(replies_and_their_fields);
    RUN(one_state_for_all_requests);
    RUN(bodies);
    RUN(a_body_that_is_refused);
    RUN(a_media_type_that_is_refused);
    RUN(an_error_is_told_where_that_is_asked_for);
    RUN(what_cannot_be_sent);
    RUN(a_state_that_cannot_be_opened);
    RUN(a_reply_that_does_not_come);
    return TEST_END();
}
