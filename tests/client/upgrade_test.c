/* HTTP/2 by Upgrade, before a server that takes the offer. */
#include "harness.h"
#include "test.h"

#include <flare/client.h>

#include <stdio.h>
#include <string.h>

static struct harness server;

static flare_str url_of(const char *path)
{
    static char urls[4][64];
    static unsigned next;
    char *const url = urls[next++ % 4];

    (void)snprintf(url, sizeof urls[0], "http://127.0.0.1:%u%s", server.port, path);
    return flare_str_of(url);
}

static void check(flare_client *client, const flare_fetch_options *options, unsigned version,
                  const char *content)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    CHECK_INT(flare_fetch_wait(&fetch, client, options, &reply), FLARE_OK);
    CHECK_INT(reply->status, 200);
    CHECK_INT(reply->version, version);
    CHECK_STR(reply->content, content);
    flare_fetch_free(fetch);
}

TEST(the_first_request_offers_it)
{
    const flare_client_options how = {.http2 = FLARE_CLIENT_HTTP2_UPGRADED};
    const flare_fetch_options get = {.url = url_of("/plaintext")};
    const flare_fetch_options post = {
        .url = url_of("/echo"), .method = FLARE_STR("POST"), .content = FLARE_STR("hello")};
    flare_client *client;

    CHECK_INT(flare_client_create(&client, NULL, &how), FLARE_OK);
    check(client, &post, 11, "hello"); /* content can't be upgraded */
    flare_client_close_idle(client);
    check(client, &get, 20, "Hello, World!");
    check(client, &post, 20, "hello");
    for (int i = 0; i < 10; i++)
        check(client, &get, 20, "Hello, World!");
    CHECK_INT(flare_client_connections(client), 1);
    flare_client_free(client);
}

TEST(a_large_reply_follows_the_upgrade)
{
    const flare_client_options how = {.http2 = FLARE_CLIENT_HTTP2_UPGRADED};
    const flare_fetch_options big = {.url = url_of("/big/700000")};
    const flare_fetch_reply *reply;
    flare_client *client;
    flare_fetch *fetch;

    CHECK_INT(flare_client_create(&client, NULL, &how), FLARE_OK);
    CHECK_INT(flare_fetch_wait(&fetch, client, &big, &reply), FLARE_OK);
    CHECK_INT(reply->version, 20);
    CHECK_INT(reply->content.len, 700000);
    flare_fetch_free(fetch);
    flare_client_free(client);
}

/* Content that waits for 100 (Continue) over HTTP/2, and for nothing where that does not come in time. */
TEST(content_that_waits_for_a_word)
{
    static char content[300000];
    const flare_client_options how = {.http2 = FLARE_CLIENT_HTTP2_KNOWN};
    const flare_fetch_options post = {.url = url_of("/echo"),
                                      .method = FLARE_STR("POST"),
                                      .content = FLARE_STR("hello"),
                                      .expect_ms = 60000,
                                      .timeout_ms = 30000};
    const flare_fetch_options refused = {.url = url_of("/missing"),
                                         .method = FLARE_STR("POST"),
                                         .content = {content, sizeof content},
                                         .expect_ms = 60000,
                                         .timeout_ms = 30000};
    const flare_fetch_reply *reply;
    flare_client *client;
    flare_fetch *fetch;

    CHECK_INT(flare_client_create(&client, NULL, &how), FLARE_OK);
    check(client, &post, 20, "hello");
    CHECK_INT(flare_fetch_wait(&fetch, client, &refused, &reply), FLARE_OK);
    CHECK_INT(reply->status, 404);
    flare_fetch_free(fetch);
    check(client, &post, 20, "hello");
    CHECK_INT(flare_client_connections(client), 1);
    flare_client_free(client);
}

/* The server refuses what is too long while it is still being sent. */
TEST(a_reply_that_comes_early)
{
    static char part[65536];
    const flare_client_options how = {.http2 = FLARE_CLIENT_HTTP2_KNOWN};
    const flare_fetch_source source = {.length = FLARE_FETCH_LENGTH_UNKNOWN};
    const flare_fetch_options options = {
        .url = url_of("/echo"), .method = FLARE_STR("POST"), .source = &source};
    const flare_fetch_reply *reply;
    flare_err err = FLARE_OK;
    flare_client *client;
    flare_fetch *fetch;

    CHECK_INT(flare_client_create(&client, NULL, &how), FLARE_OK);
    CHECK_INT(flare_fetch_begin(&fetch, client, &options), FLARE_OK);
    for (int i = 0; i < 10000 && err == FLARE_OK; i++)
        err = flare_fetch_write(fetch, (flare_str){part, sizeof part});
    CHECK_INT(err, FLARE_ERR_CLOSED);
    CHECK_INT(flare_fetch_finish(fetch, &reply), FLARE_OK);
    CHECK_INT(reply->status, 413);
    flare_fetch_free(fetch);
    const flare_fetch_options get = {.url = url_of("/plaintext")};
    check(client, &get, 20, "Hello, World!");
    CHECK_INT(flare_client_connections(client), 1);
    flare_client_free(client);
}

int main(void)
{
    if (!harness_start(&server, NULL))
        return 1;
    RUN(the_first_request_offers_it);
    RUN(a_large_reply_follows_the_upgrade);
    RUN(content_that_waits_for_a_word);
    RUN(a_reply_that_comes_early);
    harness_stop(&server);
    CHECK_INT(server.result, FLARE_OK);
    return TEST_END();
}
