/* What a client does on its own: follow redirects, keep secrets, try again, decode, wait; and TLS. */
#include "ends.h"
#include "server.h"

#include <flare/client.h>

#include <zlib.h>

static flare_client *client;
static char told[8][2048]; /* the first requests */

#define EMPTY "Content-Length: 0\r\n\r\n"

static flare_err ask(flare_fetch_options options, flare_fetch **fetch, const flare_fetch_reply **reply)
{
    memset(told, 0, sizeof told);
    return flare_fetch_wait(fetch, client, &options, reply);
}

static void note(const char *request, unsigned number)
{
    if (number < 8)
        (void)snprintf(told[number], sizeof told[0], "%s", request);
}

/* ---- Redirects ---- */

static char reply_text[4096];
static unsigned redirect_status;
static const char *redirect_to;

/* The first request is redirected, the others are not. */
static const struct script *redirect(const char *request, unsigned number)
{
    static struct script script;

    note(request, number);
    if (number == 0)
        (void)snprintf(reply_text, sizeof reply_text,
                       "HTTP/1.1 %u Go\r\nLocation: %s\r\nContent-Length: 3\r\n\r\nbye", redirect_status,
                       redirect_to);
    else
        (void)snprintf(reply_text, sizeof reply_text, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere");
    script = (struct script){.reply = reply_text};
    return &script;
}

TEST(methods_and_content_after_redirects)
{
    static const struct {
        unsigned status;
        const char *method;
        const char *then;
        bool content;
    } cases[] = {
        {301, "GET", "GET /b", false},  {302, "GET", "GET /b", false},  {303, "GET", "GET /b", false},
        {307, "GET", "GET /b", false},  {308, "GET", "GET /b", false},  {301, "POST", "GET /b", false},
        {302, "POST", "GET /b", false}, {303, "POST", "GET /b", false}, {307, "POST", "POST /b", true},
        {308, "POST", "POST /b", true}, {301, "PUT", "PUT /b", true},   {303, "PUT", "GET /b", false},
        {303, "HEAD", "HEAD /b", false}};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bool sends = strcmp(cases[i].method, "POST") == 0 || strcmp(cases[i].method, "PUT") == 0;

        flare_client_close_idle(client);
        play((struct script){.reply = ""});
        server.choose = redirect;
        redirect_status = cases[i].status;
        redirect_to = "b?x=%20";
        CHECK_INT(ask((flare_fetch_options){.url = url_of("/a"),
                                            .method = flare_str_of(cases[i].method),
                                            .content = sends ? FLARE_STR("data") : FLARE_STR(""),
                                            .content_type = sends ? FLARE_STR("text/plain") : FLARE_STR("")},
                      &fetch, &reply),
                  FLARE_OK);
        if (fetch == NULL)
            continue;
        CHECK_INT(reply->redirects, 1);
        CHECK(memcmp(told[1], cases[i].then, strlen(cases[i].then)) == 0);
        CHECK_INT(strstr(told[1], "\r\n\r\ndata") != NULL, cases[i].content);
        CHECK_INT(strstr(told[1], "Content-Type") != NULL, cases[i].content);
        CHECK(reply->url.len > 8 && memcmp(flarei_str_end(reply->url) - 8, "/b?x=%20", 8) == 0);
        flare_fetch_free(fetch);
    }
}

/* 127.0.0.1 by another name is another origin. */
TEST(credentials_stay_with_their_origin)
{
    static const flare_field fields[] = {{FLARE_STR_INIT("Cookie"), FLARE_STR_INIT("a=b")},
                                         {FLARE_STR_INIT("X-Kept"), FLARE_STR_INIT("yes")}};
    char elsewhere[128];
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    (void)snprintf(elsewhere, sizeof elsewhere, "http://localhost:%u/b", server.listener.address.port);
    answer("127.0.0.1", NULL);
    for (int other = 0; other < 2; other++) {
        play((struct script){.reply = ""});
        server.choose = redirect;
        redirect_status = 307;
        redirect_to = other ? elsewhere : "/b";
        CHECK_INT(ask((flare_fetch_options){.url = url_of("/a"),
                                            .fields = fields,
                                            .field_count = 2,
                                            .user = FLARE_STR("Aladdin"),
                                            .password = FLARE_STR("open sesame")},
                      &fetch, &reply),
                  FLARE_OK);
        CHECK(strstr(told[0], "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n") != NULL);
        CHECK(strstr(told[0], "\r\nCookie: a=b\r\n") != NULL);
        CHECK_INT(strstr(told[1], "Authorization") != NULL, !other);
        CHECK_INT(strstr(told[1], "Cookie") != NULL, !other);
        CHECK(strstr(told[1], "X-Kept: yes") != NULL);
        flare_fetch_free(fetch);
    }
}

TEST(redirects_that_are_kept)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    play((struct script){.reply = "HTTP/1.1 302 Found\r\nLocation: /x\r\n" EMPTY});
    CHECK_INT(ask((flare_fetch_options){.url = url_of("/a"), .keep_redirects = true}, &fetch, &reply),
              FLARE_OK);
    CHECK_INT(reply->status, 302);
    flare_fetch_free(fetch);
    CHECK_INT(ask((flare_fetch_options){.url = url_of("/a"), .redirects_max = 3}, &fetch, &reply),
              FLARE_ERR_LIMIT);
    CHECK_INT(reply->redirects, 3);
    CHECK_INT(server.requests, 5);
    flare_fetch_free(fetch);
}

TEST(bearer)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    play((struct script){.reply = "HTTP/1.1 200 OK\r\n" EMPTY});
    CHECK_INT(ask((flare_fetch_options){.url = url_of("/a"), .bearer = FLARE_STR("abc.def")}, &fetch, &reply),
              FLARE_OK);
    CHECK(strstr(last_request(), "\r\nAuthorization: Bearer abc.def\r\n") != NULL);
    flare_fetch_free(fetch);
    CHECK_INT(ask((flare_fetch_options){.url = url_of("/a"), .bearer = FLARE_STR("a\r\nb")}, &fetch, &reply),
              FLARE_ERR_ARGUMENT);
    CHECK_INT(ask((flare_fetch_options){.url = url_of("/a"), .user = FLARE_STR("a:b")}, &fetch, &reply),
              FLARE_ERR_ARGUMENT);
}

/* ---- Why there is no connection ---- */

static void expect_why(uint32_t connect_ms, flare_err err, const char *why)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    CHECK_INT(ask((flare_fetch_options){.url = FLARE_STR("http://a.test:1/"), .connect_ms = connect_ms},
                  &fetch, &reply),
              err);
    const flare_str got_why = flare_str_of(flare_fetch_why(fetch));
    CHECK_STR(got_why, why);
    flare_fetch_free(fetch);
}

TEST(why_there_is_no_connection)
{
    answer("127.0.0.1", NULL);
    expect_why(0, FLARE_ERR_REFUSED, "");
    answer_late(0, EAI_NONAME);
    expect_why(0, FLARE_ERR_NOT_FOUND, "there is no such host");
    answer_late(300, 0);
    expect_why(20, FLARE_ERR_TIMEOUT, "connecting took too long");
    answer_late(0, 0);
}

/* ---- Another try ---- */

static unsigned failures;
static struct script failing;

static const struct script *fail_first(const char *request, unsigned number)
{
    static const struct script good = {.reply = "HTTP/1.1 200 OK\r\n" EMPTY};

    note(request, number);
    return number < failures ? &failing : &good;
}

static void expect_tries(struct script script, unsigned times, const char *method, uint32_t retries_max,
                         flare_err err, unsigned status)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    play(script);
    failing = script;
    failures = times;
    server.choose = fail_first;
    CHECK_INT(ask((flare_fetch_options){.url = url_of("/"),
                                        .method = flare_str_of(method),
                                        .retries_max = retries_max,
                                        .silence_ms = script.after == STALL ? 50 : 5000},
                  &fetch, &reply),
              err);
    CHECK_INT(reply->status, status);
    flare_fetch_free(fetch);
}

TEST(tries_again)
{
    const struct script busy = {.reply = "HTTP/1.1 503 Busy\r\n" EMPTY};
    const struct script gone = {.reply = "HTTP/1.1 2", .after = CLOSE};
    const struct script silent = {.reply = "", .after = STALL};

    expect_tries(busy, 1, "GET", 2, FLARE_OK, 200);
    CHECK_INT(server.requests, 2);
    expect_tries(busy, 9, "GET", 1, FLARE_OK, 503);
    CHECK_INT(server.requests, 2);
    expect_tries(busy, 1, "GET", 0, FLARE_OK, 503);
    expect_tries(busy, 1, "POST", 2, FLARE_OK, 503);
    CHECK_INT(server.requests, 1);
    expect_tries(gone, 1, "GET", 1, FLARE_OK, 200);
    expect_tries(gone, 1, "POST", 1, FLARE_ERR_CLOSED, 0);
    expect_tries(silent, 1, "DELETE", 1, FLARE_OK, 200);
}

TEST(retry_after_is_kept)
{
    const struct script busy = {.reply = "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\n" EMPTY};
    const uint64_t before = now_ms();

    expect_tries(busy, 1, "GET", 1, FLARE_OK, 200);
    CHECK(now_ms() - before >= 1000);
}

TEST(a_deadline_ends_all)
{
    const flare_fetch_reply *reply;
    const uint64_t before = now_ms();
    flare_fetch *fetch;

    play((struct script){.reply = "HTTP/1.1 503 Busy\r\nRetry-After: 20\r\n" EMPTY});
    CHECK_INT(
        ask((flare_fetch_options){.url = url_of("/"), .retries_max = 5, .timeout_ms = 100}, &fetch, &reply),
        FLARE_ERR_TIMEOUT);
    CHECK(now_ms() - before < 2000);
    flare_fetch_free(fetch);
}

/* ---- Codings ---- */

static size_t compress_with(int bits, const char *text, size_t len, char *out, size_t room)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)len};

    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)room;
    (void)deflateInit2(&stream, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY);
    (void)deflate(&stream, Z_FINISH);
    (void)deflateEnd(&stream);
    return room - stream.avail_out;
}

static size_t coded_reply(const char *coding, int bits, const char *text, size_t len, char *out, size_t room)
{
    char *const coded = malloc(room);
    const size_t bytes = compress_with(bits, text, len, coded, room);
    const size_t head = (size_t)snprintf(
        out, room, "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %zu\r\n\r\n", coding, bytes);

    memcpy(out + head, coded, bytes);
    free(coded);
    return head + bytes;
}

TEST(decodes)
{
    static const struct {
        const char *coding;
        int bits;
    } cases[] = {{"gzip", 31}, {"x-gzip", 31}, {"GZIP", 31}, {"deflate", 15}, {"deflate", -15}};
    static char text[300000], reply_bytes[400000];
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i * i % 23);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const size_t bytes = coded_reply(cases[i / 2].coding, cases[i / 2].bits, text, sizeof text,
                                         reply_bytes, sizeof reply_bytes);

        play((struct script){.reply = reply_bytes, .reply_bytes = bytes, .step = i % 2 ? 97 : 0});
        CHECK_INT(ask((flare_fetch_options){.url = url_of("/")}, &fetch, &reply), FLARE_OK);
        CHECK(strstr(last_request(), "\r\nAccept-Encoding: gzip, deflate\r\n") != NULL);
        CHECK_INT(reply->content.len, sizeof text);
        CHECK(reply->content.len == sizeof text && memcmp(reply->content.ptr, text, sizeof text) == 0);
        flare_fetch_free(fetch);
        CHECK_INT(ask((flare_fetch_options){.url = url_of("/"), .keep_coded = true}, &fetch, &reply),
                  FLARE_OK);
        CHECK(strstr(last_request(), "Accept-Encoding") == NULL);
        CHECK(reply->content.len < sizeof text);
        flare_fetch_free(fetch);
    }
}

TEST(a_bomb_ends_at_the_limit)
{
    static char zeros[10 << 20], reply_bytes[1 << 20];
    const size_t bytes = coded_reply("gzip", 31, zeros, sizeof zeros, reply_bytes, sizeof reply_bytes);
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    play((struct script){.reply = reply_bytes, .reply_bytes = bytes});
    CHECK_INT(
        ask((flare_fetch_options){.url = url_of("/"), .content_max_bytes = sizeof zeros - 1}, &fetch, &reply),
        FLARE_ERR_LIMIT);
    CHECK(reply->content.len < sizeof zeros);
    flare_fetch_free(fetch);
    CHECK_INT(
        ask((flare_fetch_options){.url = url_of("/"), .content_max_bytes = sizeof zeros}, &fetch, &reply),
        FLARE_OK);
    CHECK_INT(reply->content.len, sizeof zeros);
    flare_fetch_free(fetch);
}

/* ---- Content as it comes ---- */

static struct {
    flare_fetch *fetch;
    size_t bytes;
    unsigned parts, heads;
    flare_err err;
    bool done, pauses, frees;
} got;

static void on_head(flare_fetch *fetch, void *context, const flare_fetch_reply *reply)
{
    (void)fetch, (void)context;
    CHECK_INT(reply->status, 200);
    CHECK_INT(got.parts, 0);
    got.heads++;
}

static void on_content(flare_fetch *fetch, void *context, flare_str part)
{
    (void)context;
    CHECK(part.len != 0);
    got.bytes += part.len;
    got.parts++;
    if (got.pauses)
        flare_fetch_pause(fetch);
    if (got.frees) {
        flare_fetch_free(fetch);
        got.done = true;
    }
}

static void on_done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    (void)context;
    CHECK(!got.done);
    CHECK_INT(reply->content.len, 0);
    got.err = err;
    got.done = true;
    flare_fetch_free(fetch);
}

static void stream_one(flare_client *streaming, bool pauses, bool frees, size_t expected)
{
    const flare_fetch_handler handler = {on_done, on_head, on_content};
    const flare_fetch_options options = {.url = url_of("/"), .silence_ms = 2000};

    memset(&got, 0, sizeof got);
    got.pauses = pauses;
    got.frees = frees;
    CHECK_INT(flare_fetch_start(&got.fetch, streaming, &options, &handler, NULL), FLARE_OK);
    for (const uint64_t until = now_ms() + 10000; !got.done && now_ms() < until;) {
        (void)flare_loop_run_once(loop, 5);
        if (!got.done)
            flare_fetch_resume(got.fetch);
    }
    CHECK(got.done);
    CHECK_INT(got.heads, 1);
    if (!frees) {
        CHECK_INT(got.err, FLARE_OK);
        CHECK_INT(got.bytes, expected);
    }
}

TEST(content_as_it_comes)
{
    static char text[1 << 20], reply_bytes[2 << 20];
    flare_client *streaming;
    size_t bytes;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * i >> 7);
    CHECK_INT(flare_client_create(&streaming, loop, NULL), FLARE_OK);
    bytes = (size_t)snprintf(reply_bytes, sizeof reply_bytes,
                             "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", sizeof text);
    memcpy(reply_bytes + bytes, text, sizeof text);
    for (int coded = 0; coded < 2; coded++) {
        play((struct script){.reply = reply_bytes, .reply_bytes = bytes + sizeof text});
        if (coded)
            server.script.reply_bytes =
                coded_reply("gzip", 31, text, sizeof text, reply_bytes, sizeof reply_bytes);
        stream_one(streaming, false, false, sizeof text);
        stream_one(streaming, true, false, sizeof text);
        stream_one(streaming, false, true, sizeof text);
    }
    flare_client_free(streaming);
}

static void free_both(flare_fetch *fetch, void *context, flare_str part)
{
    (void)part;
    flare_client_free(context);
    flare_fetch_free(fetch);
    got.done = true;
}

TEST(everything_freed_in_a_callback)
{
    const flare_fetch_handler handler = {.done = on_done, .content = free_both};
    const flare_fetch_options options = {.url = url_of("/")};
    flare_client *mine;

    play((struct script){.reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"});
    memset(&got, 0, sizeof got);
    CHECK_INT(flare_client_create(&mine, loop, NULL), FLARE_OK);
    CHECK_INT(flare_fetch_start(&got.fetch, mine, &options, &handler, mine), FLARE_OK);
    CHECK(run_until(&got.done));
}

/* ---- TLS ---- */

static const char tls_hello[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

static void tls_ready(flare_stream *stream, void *context, unsigned ready)
{
    char bytes[4096];

    (void)context, (void)ready;
    while (flare_stream_read(stream, bytes, sizeof bytes) > 0)
        CHECK_INT(flare_stream_write(stream, tls_hello, sizeof tls_hello - 1), sizeof tls_hello - 1);
}

static void expect_over_tls(const char *certificate, flare_err err)
{
    flare_tls_acceptor *const acceptor = accept_as(certificate, "http/1.1");
    flare_tls_connector *const connector =
        connect_as(&(flare_tls_connector_options){.ca = certificate_path("ca.crt")});
    const flare_client_options options = {.tls = connector};
    const flare_fetch_handler handler = {.done = on_done, .content = on_content};
    flare_client *secure;
    struct ends ends;
    char url[128];

    answer("127.0.0.1", NULL);
    listen_ends(&ends, "127.0.0.1:0", acceptor);
    (void)snprintf(url, sizeof url, "https://localhost:%u/", ends.listener.address.port);
    CHECK_INT(flare_client_create(&secure, loop, &options), FLARE_OK);
    const flare_fetch_options to = {.url = flare_str_of(url)};
    for (int i = 0; i < (err == FLARE_OK ? 3 : 1); i++) {
        memset(&got, 0, sizeof got);
        CHECK_INT(flare_fetch_start(&got.fetch, secure, &to, &handler, NULL), FLARE_OK);
        for (const uint64_t until = now_ms() + 5000; !got.done && now_ms() < until;) {
            (void)flare_loop_run_once(loop, 5);
            if (ends.server.told && ends.server.err == FLARE_OK && ends.server.stream != NULL) {
                flare_stream_watch(ends.server.stream, FLARE_READ, tls_ready, NULL);
                tls_ready(ends.server.stream, NULL, 0);
            }
        }
        CHECK(got.done);
        CHECK_INT(got.err, err);
        CHECK_INT(got.bytes, err == FLARE_OK ? 5 : 0);
    }
    flare_client_free(secure);
    close_ends(&ends);
    flare_tls_connector_free(connector);
    flare_tls_acceptor_free(acceptor);
}

TEST(over_tls)
{
    expect_over_tls("good", FLARE_OK);
    expect_over_tls("expired", FLARE_ERR_TLS_EXPIRED);
    expect_over_tls("early", FLARE_ERR_TLS_NOT_YET_VALID);
    expect_over_tls("other", FLARE_ERR_TLS_WRONG_HOST);
    expect_over_tls("stray", FLARE_ERR_TLS_UNTRUSTED);
    expect_over_tls("alone", FLARE_ERR_TLS_SELF_SIGNED);
}

int main(void)
{
    make_certificates();
    open_loop();
    begin_serving();
    CHECK_INT(flare_client_create(&client, NULL, NULL), FLARE_OK);
    RUN(methods_and_content_after_redirects);
    RUN(credentials_stay_with_their_origin);
    RUN(redirects_that_are_kept);
    RUN(why_there_is_no_connection);
    RUN(bearer);
    RUN(tries_again);
    RUN(retry_after_is_kept);
    RUN(a_deadline_ends_all);
    RUN(decodes);
    RUN(a_bomb_ends_at_the_limit);
    RUN(content_as_it_comes);
    RUN(everything_freed_in_a_callback);
    RUN(over_tls);
    flare_client_free(client);
    end_serving();
    flare_loop_destroy(loop);
    remove_certificates();
    return TEST_END();
}
