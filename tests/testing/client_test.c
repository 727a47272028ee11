/* The HTTP client before a service in the same process. */
#include "counter.flare.h"
#include "test.h"

#include "net/sys.h"

#include <flare/testing.h>

#include <errno.h>

static flare_test *test;
static flare_client *client;

static void open_both(const flare_client_options *options)
{
    CHECK_INT(flare_test_open(&test, &counter_service, NULL), FLARE_OK);
    CHECK_INT(flare_test_client(&client, test, options), FLARE_OK);
}

static void close_both(void)
{
    flare_client_free(client);
    flare_test_close(test);
}

static flare_err ask(flare_fetch_options options, flare_fetch **fetch, const flare_fetch_reply **reply)
{
    return flare_fetch_wait(fetch, client, &options, reply);
}

static void expect(flare_fetch_options options, unsigned status, const char *content)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    CHECK_INT(ask(options, &fetch, &reply), FLARE_OK);
    CHECK_INT(reply->status, status);
    CHECK_STR(reply->content, content);
    flare_fetch_free(fetch);
}

TEST(requests)
{
    static const flare_field shout = {FLARE_STR_INIT("Shout"), FLARE_STR_INIT("true")};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;
    flare_str field;

    open_both(NULL);
    expect((flare_fetch_options){.url = FLARE_STR("http://anywhere.test/hits")}, 200, "1");
    expect((flare_fetch_options){.url = FLARE_STR("http://127.0.0.1:1/hits")}, 200, "2");
    expect((flare_fetch_options){.url = FLARE_STR("http://counter/sum"),
                                 .content = FLARE_STR("{\"a\":2,\"b\":40}"),
                                 .content_type = FLARE_STR("application/json")},
           201, "42");
    CHECK_INT(ask((flare_fetch_options){.url = FLARE_STR("http://counter/hi/Ada"),
                                        .fields = &shout,
                                        .field_count = 1},
                  &fetch, &reply),
              FLARE_OK);
    field = flare_fetch_field(reply, FLARE_STR("X-Shout"));
    CHECK_STR(field, "yes");
    CHECK(reply->reused);
    flare_fetch_free(fetch);
    field = flare_test_get(test, "/hits")->body; /* beside the client */
    CHECK_STR(field, "3");
    expect((flare_fetch_options){.url = FLARE_STR("http://counter/slow")}, 204, "");
    CHECK_INT(ask((flare_fetch_options){.url = FLARE_STR("https://counter/hits")}, &fetch, &reply),
              FLARE_ERR_UNSUPPORTED);
    flare_fetch_free(fetch);
    CHECK_INT(ask((flare_fetch_options){.url = FLARE_STR("/hits")}, &fetch, &reply), FLARE_ERR_ARGUMENT);
    close_both();
}

TEST(a_refusal_as_json)
{
    const flare_fetch_reply *reply;
    flare_json_value problem;
    flare_fetch *fetch;
    int64_t status = 0;

    open_both(NULL);
    CHECK_INT(ask((flare_fetch_options){.url = FLARE_STR("http://counter/sum"),
                                        .content = FLARE_STR("{\"a\":2}"),
                                        .content_type = FLARE_STR("application/json")},
                  &fetch, &reply),
              FLARE_OK);
    CHECK_INT(reply->status, 422);
    CHECK_INT(flare_fetch_json(reply, &problem), FLARE_OK);
    CHECK_INT(flare_json_i64(flare_json_at(problem, FLARE_STR("/status")), &status), FLARE_OK);
    CHECK_INT(status, 422);
    CHECK(flare_json_is(flare_json_at(problem, FLARE_STR("/errors/0/pointer")), FLARE_STR("/b")));
    flare_fetch_free(fetch);
    CHECK_INT(ask((flare_fetch_options){.url = FLARE_STR("http://counter/hits")}, &fetch, &reply), FLARE_OK);
    CHECK_INT(flare_fetch_json(reply, &problem), FLARE_ERR_UNSUPPORTED);
    CHECK_INT(problem.kind, FLARE_JSON_NONE);
    flare_fetch_free(fetch);
    close_both();
}

/* Content larger than what a pair of sockets takes, by parts both ways. */
TEST(content_that_is_written_and_read_by_parts)
{
    static char much[60000];
    const flare_fetch_source source = {.length = sizeof much};
    const flare_fetch_options options = {
        .url = FLARE_STR("http://counter/echo"), .source = &source, .content_type = FLARE_STR("text/plain")};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;
    flare_str part;
    size_t got = 0;

    memset(much, 'x', sizeof much);
    open_both(NULL);
    CHECK_INT(flare_fetch_begin(&fetch, client, &options), FLARE_OK);
    for (size_t at = 0; at < sizeof much; at += 10000)
        CHECK_INT(flare_fetch_write(fetch, (flare_str){much + at, 10000}), FLARE_OK);
    CHECK_INT(flare_fetch_finish(fetch, &reply), FLARE_OK);
    CHECK_INT(reply->status, 200);
    while (flare_fetch_read(fetch, &part) == FLARE_OK && part.len != 0)
        got += part.len;
    CHECK_INT(got, sizeof much);
    flare_fetch_free(fetch);
    close_both();
}

#if TEST_HTTP2
TEST(over_http2)
{
    const flare_client_options known = {.http2 = FLARE_CLIENT_HTTP2_KNOWN};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    open_both(&known);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_INT(ask((flare_fetch_options){.url = FLARE_STR("http://counter/hi/Ada")}, &fetch, &reply),
                  FLARE_OK);
        CHECK_INT(reply->version, 20);
        CHECK_STR(reply->content, "hi Ada");
        flare_fetch_free(fetch);
    }
    CHECK_INT(flare_client_connections(client), 1);
    close_both();
}
#endif

static int no_pair(int domain, int type, int protocol, int ends[2])
{
    (void)domain, (void)type, (void)protocol, (void)ends;
    errno = EMFILE;
    return -1;
}

TEST(no_connection_to_be_had)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    open_both(NULL);
    flarei_sys.socketpair = no_pair;
    CHECK_INT(ask((flare_fetch_options){.url = FLARE_STR("http://counter/hits")}, &fetch, &reply),
              FLARE_ERR_DESCRIPTORS);
    flare_fetch_free(fetch);
    flarei_sys_reset();
    expect((flare_fetch_options){.url = FLARE_STR("http://counter/hits")}, 200, "1");
    close_both();
}

TEST(ends_in_any_order)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    open_both(NULL);
    CHECK_INT(ask((flare_fetch_options){.url = FLARE_STR("http://counter/hits")}, &fetch, &reply), FLARE_OK);
    close_both();
    flare_fetch_free(fetch); /* the client is no more */
    CHECK_INT(flare_test_open(&test, &counter_service, NULL), FLARE_OK);
    CHECK_INT(flare_test_client(&client, test, &(flare_client_options){.user_agent = "a\r\nb"}),
              FLARE_ERR_ARGUMENT);
    CHECK(client == NULL);
    flare_test_close(test);
}

int main(void)
{
    RUN(requests);
    RUN(a_refusal_as_json);
    RUN(content_that_is_written_and_read_by_parts);
#if TEST_HTTP2
    RUN(over_http2);
#endif
    RUN(no_connection_to_be_had);
    RUN(ends_in_any_order);
    return TEST_END();
}
