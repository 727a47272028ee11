/* A request and its reply over HTTP/1.1, and the connections they share. */
#include "server.h"

#include <flare/client.h>

static flare_client *client;

static const char hello[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello";

static flare_err fetch_with(flare_fetch_options options, flare_fetch **fetch, const flare_fetch_reply **reply)
{
    return flare_fetch_wait(fetch, client, &options, reply);
}

static bool heard(const char *text)
{
    return strstr(last_request(), text) != NULL;
}

/* ---- A request ---- */

TEST(get)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    play((struct script){.reply = hello});
    CHECK_INT(fetch_with((flare_fetch_options){.url = url_of("/a?b=c#d")}, &fetch, &reply), FLARE_OK);
    CHECK_INT(reply->status, 200);
    CHECK_INT(reply->version, 11);
    CHECK_STR(reply->content, "hello");
    CHECK_INT(reply->field_count, 3);
    flare_str value = flare_fetch_field(reply, FLARE_STR("X-a"));
    CHECK_STR(value, "1");
    value = flare_fetch_field(reply, FLARE_STR("X-b"));
    CHECK(value.ptr == NULL);
    CHECK(heard("GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:"));
    CHECK(heard("\r\nUser-Agent: flare/"));
    CHECK(heard("\r\nAccept: */*\r\n"));
    CHECK(!heard("Content-Length"));
    flare_fetch_free(fetch);
}

TEST(json)
{
    static const struct {
        const char *type;
        bool is;
    } rows[] = {{"application/json", true},
                {"Application/JSON; charset=utf-8", true},
                {"application/json ;a=b", true},
                {"application/problem+json", true},
                {"application/json-seq", false},
                {"text/plain", false},
                {"text/plain; a=+json", false},
                {"+json", false},
                {"", false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const flare_field field = {FLARE_STR("Content-Type"), flare_str_of(rows[i].type)};
        const flare_fetch_reply reply = {.fields = &field, .field_count = 1};

        CHECK_INT(flare_fetch_is_json(&reply), rows[i].is);
    }
    CHECK(!flare_fetch_is_json(&(flare_fetch_reply){.status = 200}));
}

TEST(without_a_path)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    play((struct script){.reply = hello});
    CHECK_INT(fetch_with((flare_fetch_options){.url = url_of("")}, &fetch, &reply), FLARE_OK);
    CHECK(heard("GET / HTTP/1.1\r\n"));
    flare_fetch_free(fetch);
    CHECK_INT(fetch_with((flare_fetch_options){.url = url_of("?x")}, &fetch, &reply), FLARE_OK);
    CHECK(heard("GET /?x HTTP/1.1\r\n"));
    flare_fetch_free(fetch);
}

TEST(content_and_fields)
{
    static const flare_field fields[] = {{FLARE_STR_INIT("X-Mine"), FLARE_STR_INIT("yes")},
                                         {FLARE_STR_INIT("accept"), FLARE_STR_INIT("text/plain")},
                                         {FLARE_STR_INIT("User-Agent"), FLARE_STR_INIT("me")}};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    play((struct script){.reply = hello});
    CHECK_INT(fetch_with((flare_fetch_options){.url = url_of("/"),
                                               .method = FLARE_STR("PUT"),
                                               .fields = fields,
                                               .field_count = 3,
                                               .content = FLARE_STR("some text"),
                                               .content_type = FLARE_STR("text/plain")},
                         &fetch, &reply),
              FLARE_OK);
    CHECK(heard("PUT / HTTP/1.1\r\n"));
    CHECK(heard("X-Mine: yes\r\naccept: text/plain\r\nUser-Agent: me\r\n"));
    CHECK(heard("Content-Type: text/plain\r\nContent-Length: 9\r\n\r\nsome text"));
    CHECK(!heard("Accept: */*") && !heard("flare/"));
    flare_fetch_free(fetch);
    CHECK_INT(
        fetch_with((flare_fetch_options){.url = url_of("/"), .content = FLARE_STR("{}")}, &fetch, &reply),
        FLARE_OK);
    CHECK(heard("POST / HTTP/1.1\r\n"));
    flare_fetch_free(fetch);
    CHECK_INT(
        fetch_with(
            (flare_fetch_options){.url = url_of("/"), .method = FLARE_STR("GET"), .content = FLARE_STR("{}")},
            &fetch, &reply),
        FLARE_OK);
    CHECK(heard("GET / HTTP/1.1\r\n"));
    flare_fetch_free(fetch);
    CHECK_INT(
        fetch_with((flare_fetch_options){.url = url_of("/"), .method = FLARE_STR("POST")}, &fetch, &reply),
        FLARE_OK);
    CHECK(heard("Content-Length: 0\r\n"));
    flare_fetch_free(fetch);
}

/* Content that does not fit into what the system takes at once. */
TEST(large_content)
{
    enum { BYTES = 900000 };
    char *const content = malloc(BYTES);
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    memset(content, 'x', BYTES);
    play((struct script){.reply = hello});
    CHECK_INT(fetch_with((flare_fetch_options){.url = url_of("/"),
                                               .method = FLARE_STR("POST"),
                                               .content = {content, BYTES}},
                         &fetch, &reply),
              FLARE_OK);
    CHECK(heard("Content-Length: 900000"));
    flare_fetch_free(fetch);
    free(content);
}

TEST(what_can_not_be_asked)
{
    static const flare_field bad[] = {{FLARE_STR_INIT("Host"), FLARE_STR_INIT("a")},
                                      {FLARE_STR_INIT("content-length"), FLARE_STR_INIT("1")},
                                      {FLARE_STR_INIT("Transfer-Encoding"), FLARE_STR_INIT("chunked")},
                                      {FLARE_STR_INIT("Connection"), FLARE_STR_INIT("close")},
                                      {FLARE_STR_INIT(""), FLARE_STR_INIT("a")},
                                      {FLARE_STR_INIT("a b"), FLARE_STR_INIT("a")},
                                      {FLARE_STR_INIT("a"), FLARE_STR_INIT("a\r\nb: c")}};
    static const char *const urls[] = {"",
                                       "ftp://a/",
                                       "http://",
                                       "http:///a",
                                       "http://u@a/",
                                       "http://a:0/",
                                       "http://a:65536/",
                                       "http://a b/",
                                       "http://a/ b",
                                       "//a/"};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(fetch_with((flare_fetch_options){.url = url_of("/"), .fields = &bad[i], .field_count = 1},
                             &fetch, &reply),
                  FLARE_ERR_ARGUMENT);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        CHECK_INT(fetch_with((flare_fetch_options){.url = flare_str_of(urls[i])}, &fetch, &reply),
                  FLARE_ERR_ARGUMENT);
    CHECK_INT(
        fetch_with((flare_fetch_options){.url = url_of("/"), .method = FLARE_STR("GET /")}, &fetch, &reply),
        FLARE_ERR_ARGUMENT);
    CHECK_INT(
        fetch_with((flare_fetch_options){.url = url_of("/"), .method = FLARE_STR("CONNECT")}, &fetch, &reply),
        FLARE_ERR_ARGUMENT);
    CHECK(fetch == NULL && reply == NULL);
    CHECK(flare_fetch_why(fetch) == NULL);
}

/* ---- Connections ---- */

TEST(a_connection_is_used_again)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    flare_client_close_idle(client);
    play((struct script){.reply = hello});
    for (int i = 0; i < 10; i++) {
        CHECK_INT(fetch_with((flare_fetch_options){.url = url_of("/")}, &fetch, &reply), FLARE_OK);
        CHECK_INT(reply->reused, i > 0);
        flare_fetch_free(fetch);
    }
    CHECK_INT(server.connections, 1);
    CHECK_INT(server.requests, 10);
    CHECK_INT(flare_client_connections(client), 1);
    CHECK_INT(flare_client_idle(client), 1);
    flare_client_close_idle(client);
    CHECK_INT(flare_client_connections(client), 0);
}

/* The server closed it meanwhile, which may be seen only after the next request left. */
TEST(a_connection_that_is_gone)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    flare_client_close_idle(client);
    play((struct script){.reply = hello, .requests = 1});
    for (int i = 0; i < 10; i++) {
        CHECK_INT(fetch_with((flare_fetch_options){.url = url_of("/")}, &fetch, &reply), FLARE_OK);
        flare_fetch_free(fetch);
        if (i % 2)
            (void)usleep(5000);
    }
    CHECK_INT(server.connections, 10);
}

/* An offer of HTTP/2 that the server does not take is made once. */
TEST(an_offer_that_is_declined)
{
    const flare_client_options options = {.http2 = FLARE_CLIENT_HTTP2_UPGRADED};
    const flare_fetch_options post = {
        .url = url_of("/"), .method = FLARE_STR("POST"), .content = FLARE_STR("a")};
    const flare_fetch_reply *reply;
    flare_client *offering;
    flare_fetch *fetch;

    CHECK_INT(flare_client_create(&offering, NULL, &options), FLARE_OK);
    play((struct script){.reply = hello});
    CHECK_INT(flare_fetch_wait(&fetch, offering, &post, &reply), FLARE_OK);
    CHECK(!heard("Upgrade"));
    flare_fetch_free(fetch);
    flare_client_close_idle(offering);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(flare_fetch_wait(&fetch, offering, &(flare_fetch_options){.url = url_of("/")}, &reply),
                  FLARE_OK);
        CHECK_STR(reply->content, "hello");
        CHECK_INT(reply->version, 11);
        CHECK_INT(heard("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAI"),
                  i == 0);
        flare_fetch_free(fetch);
    }
    flare_client_close_idle(offering);
    play((struct script){.reply = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                  "Upgrade: websocket\r\n\r\n",
                         .after = CLOSE});
    CHECK_INT(flare_fetch_wait(&fetch, offering, &(flare_fetch_options){.url = url_of("/")}, &reply),
              FLARE_ERR_SYNTAX);
    flare_fetch_free(fetch);
    flare_client_free(offering);
}

static unsigned finished;
static flare_err errs[64];

static void count(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    (void)reply;
    errs[(size_t)(uintptr_t)context] = err;
    finished++;
    flare_fetch_free(fetch);
}

TEST(many_at_once_share_what_is_allowed)
{
    const flare_client_options few = {.origin_connections_max = 3, .connections_max = 5};
    const flare_fetch_handler handler = {.done = count};
    const flare_fetch_options options = {.url = url_of("/")};
    flare_client *pool;
    flare_fetch *fetch;

    play((struct script){.reply = hello, .step = 20, .pause_ms = 1});
    CHECK_INT(flare_client_create(&pool, loop, &few), FLARE_OK);
    finished = 0;
    for (size_t i = 0; i < 40; i++)
        CHECK_INT(flare_fetch_start(&fetch, pool, &options, &handler, (void *)(uintptr_t)i), FLARE_OK);
    CHECK_INT(finished, 0);
    CHECK_INT(flare_client_connections(pool), 3);
    for (const uint64_t until = now_ms() + 10000; finished < 40 && now_ms() < until;)
        (void)flare_loop_run_once(loop, 50);
    CHECK_INT(finished, 40);
    CHECK_INT(server.connections, 3);
    CHECK_INT(server.requests, 40);
    for (size_t i = 0; i < 40; i++)
        CHECK_INT(errs[i], FLARE_OK);
    CHECK_INT(flare_client_idle(pool), 3);
    flare_client_free(pool);
}

TEST(idle_ones_are_closed)
{
    const flare_client_options soon = {.idle_ms = 30};
    const flare_fetch_handler handler = {.done = count};
    const flare_fetch_options options = {.url = url_of("/")};
    flare_client *pool;
    flare_fetch *fetch;

    play((struct script){.reply = hello});
    CHECK_INT(flare_client_create(&pool, loop, &soon), FLARE_OK);
    finished = 0;
    CHECK_INT(flare_fetch_start(&fetch, pool, &options, &handler, NULL), FLARE_OK);
    while (finished == 0)
        (void)flare_loop_run_once(loop, 50);
    CHECK_INT(flare_client_idle(pool), 1);
    run_for(60);
    CHECK_INT(flare_client_connections(pool), 0);
    flare_client_free(pool);
}

/* Whoever is slow may see its reply before it frees the fetch. */
static void leave_to_owner(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    (void)fetch, (void)context, (void)err, (void)reply;
}

TEST(freed_before_its_reply)
{
    const flare_fetch_handler handler = {.done = leave_to_owner};
    const flare_fetch_options options = {.url = url_of("/")};
    flare_client *pool;
    flare_fetch *fetch;

    play((struct script){.reply = hello, .step = 10, .pause_ms = 1});
    for (unsigned turns = 0; turns < 6; turns++) {
        CHECK_INT(flare_client_create(&pool, loop, NULL), FLARE_OK);
        CHECK_INT(flare_fetch_start(&fetch, pool, &options, &handler, NULL), FLARE_OK);
        for (unsigned i = 0; i < turns; i++)
            (void)flare_loop_run_once(loop, 2);
        flare_fetch_free(fetch);
        CHECK_INT(flare_client_connections(pool), turns == 0 ? 1 : flare_client_connections(pool));
        flare_client_free(pool);
        CHECK_INT(flare_client_create(&pool, loop, NULL), FLARE_OK);
        CHECK_INT(flare_fetch_start(&fetch, pool, &options, &handler, NULL), FLARE_OK);
        for (unsigned i = 0; i < turns; i++)
            (void)flare_loop_run_once(loop, 2);
        flare_client_free(pool);
        flare_fetch_free(fetch);
    }
    run_for(5);
}

/* Of a server at an IPv6 address: brackets in the URL and in Host, none where it is connected to. */
TEST(over_ipv6)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;
    char host[64];

    (void)snprintf(host, sizeof host, "\r\nHost: [::1]:%u\r\n", server.listener.address.port);
    play((struct script){.reply = hello});
    for (unsigned i = 0; i < 2; i++) {
        CHECK_INT(fetch_with((flare_fetch_options){.url = url_of("/a")}, &fetch, &reply), FLARE_OK);
        CHECK_STR(reply->content, "hello");
        CHECK_INT(reply->reused, i);
        CHECK(heard(host));
        flare_fetch_free(fetch);
    }
    CHECK_INT(server.connections, 1);
}

int main(void)
{
    open_loop();
    begin_serving();
    CHECK_INT(flare_client_create(&client, NULL, NULL), FLARE_OK);
    RUN(get);
    RUN(json);
    RUN(without_a_path);
    RUN(content_and_fields);
    RUN(large_content);
    RUN(what_can_not_be_asked);
    RUN(a_connection_is_used_again);
    RUN(a_connection_that_is_gone);
    RUN(an_offer_that_is_declined);
    RUN(many_at_once_share_what_is_allowed);
    RUN(idle_ones_are_closed);
    RUN(freed_before_its_reply);
    flare_client_close_idle(client);
    end_serving();
    if (has_ipv6()) {
        begin_serving_at("[::1]:0");
        RUN(over_ipv6);
        flare_client_close_idle(client);
        end_serving();
    } else {
        (void)printf("skipped: over_ipv6 because this machine has no IPv6\n");
    }
    flare_client_free(client);
    flare_loop_destroy(loop);
    return TEST_END();
}
