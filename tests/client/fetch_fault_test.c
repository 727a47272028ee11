/* Requests where each allocation fails in its turn: they succeed or end with an error, and nothing is left
 * behind. And what a server of HTTP/2 says byte by byte. */
#include "allocator.h"
#include "server.h"

#include <flare/form_data.h>

static const char gzipped[] =
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nSet-Cookie: a=b\r\nContent-Length: 26\r\n\r\n"
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\xe7\x02\x00\x20\x30\x3a\x36\x06\x00\x00"
    "\x00";

/* SETTINGS, its acknowledgement, `:status: 200` and x: y. */
#define H2_HEAD                                                                                              \
    "\x00\x00\x00\x04\x00\x00\x00\x00\x00"                                                                   \
    "\x00\x00\x00\x04\x01\x00\x00\x00\x00"                                                                   \
    "\x00\x00\x06\x01\x04\x00\x00\x00\x01\x88\x00\x01x\x01y"
#define H2_DATA    "\x00\x00\x06\x00\x00\x00\x00\x00\x01hello\n"
#define H2_LAST    "\x00\x00\x06\x00\x01\x00\x00\x00\x01hello\n"
#define H2_RESET   "\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x00"
#define RAW(bytes) ((struct script){.reply = bytes, .reply_bytes = sizeof(bytes) - 1, .after = STALL})

static flare_err ask(flare_client_http2 http2, bool form)
{
    flare_client_options how = {.http2 = http2};
    flare_fetch_options options = {.url = url_of("/")};
    flare_fetch_source source;
    const flare_fetch_reply *reply;
    flare_client *client = NULL;
    flare_fetch *fetch = NULL;
    flare_form_data *data = NULL;
    flare_str part;
    flare_err err = flare_cookie_jar_create(&how.cookies, NULL);

    if (err == FLARE_OK)
        err = flare_client_create(&client, NULL, &how);
    if (err == FLARE_OK && form)
        err = flare_form_data_create(&data);
    if (err == FLARE_OK && form)
        err = flare_form_data_add(data, FLARE_STR("a"), FLARE_STR("b"));
    if (err == FLARE_OK && form) {
        source = flare_form_data_source(data);
        options.source = &source;
        options.method = FLARE_STR("POST");
        options.content_type = flare_form_data_content_type(data);
    }
    if (err == FLARE_OK)
        err = flare_fetch_open(&fetch, client, &options, &reply);
    if (err == FLARE_OK)
        CHECK_INT(reply->status, 200);
    if (err == FLARE_OK) {
        err = flare_fetch_read(fetch, &part);
        CHECK_INT(part.len, err == FLARE_OK ? 6 : 0);
        if (err == FLARE_OK)
            err = flare_fetch_read(fetch, &part);
        CHECK_INT(part.len, 0);
    }
    flare_fetch_free(fetch);
    flare_client_free(client);
    flare_cookie_jar_free(how.cookies);
    flare_form_data_free(data);
    return err;
}

static void sweep(struct script script, flare_client_http2 http2, bool form)
{
    unsigned failed = 0;

    for (size_t at = 1;; at++) {
        struct test_allocator heap = {.fail_at = at};
        flare_err err;

        play(script);
        test_allocator_use(&heap);
        err = ask(http2, form);
        test_allocator_use(NULL);
        CHECK_INT(heap.live, 0);
        CHECK(err == FLARE_OK || err == FLARE_ERR_MEMORY);
        failed += err != FLARE_OK;
        if (heap.calls < at) {
            CHECK_INT(err, FLARE_OK);
            break;
        }
        if (!test_ok || at > 500) {
            fprintf(stderr, "  at the allocation %zu: %s\n", at, flare_err_name(err));
            CHECK(at <= 500);
            break;
        }
    }
    CHECK(failed > 5);
}

TEST(without_memory)
{
    sweep((struct script){.reply = gzipped, .reply_bytes = sizeof gzipped - 1}, FLARE_CLIENT_HTTP2_NEVER,
          false);
}

TEST(without_memory_for_a_form)
{
    sweep(
        (struct script){.reply =
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\n\r\n0\r\n\r\n"},
        FLARE_CLIENT_HTTP2_NEVER, true);
}

#if FLAREI_HTTP2
TEST(without_memory_over_http2)
{
    sweep(RAW(H2_HEAD H2_DATA "\x00\x00\x00\x00\x01\x00\x00\x00\x01"), FLARE_CLIENT_HTTP2_KNOWN, false);
}

/* A stream that is closed without END_STREAM leaves a reply that is not whole, whatever the code says. */
TEST(a_stream_that_breaks_off)
{
    play(RAW(H2_HEAD H2_LAST));
    CHECK_INT(ask(FLARE_CLIENT_HTTP2_KNOWN, false), FLARE_OK);
    play(RAW(H2_HEAD H2_DATA H2_RESET));
    CHECK_INT(ask(FLARE_CLIENT_HTTP2_KNOWN, false), FLARE_ERR_RESET);
}
#endif

int main(void)
{
    begin_serving();
    RUN(without_memory);
    RUN(without_memory_for_a_form);
#if FLAREI_HTTP2
    RUN(without_memory_over_http2);
    RUN(a_stream_that_breaks_off);
#endif
    end_serving();
    return TEST_END();
}
