/* How a client's WebSocket opens (RFC 6455, section 4.1). */
#include "played.h"

/* ---- The URL and the request ---- */

TEST(urls)
{
    static const struct {
        const char *text;
        const char *host; /* NULL: none */
        unsigned port;
        const char *target;
    } rows[] = {
        {"ws://example.org", "example.org", 80, ""},
        {"wss://example.org", "example.org", 443, ""},
        {"WSS://example.org:8443/a/b?c=d", "example.org", 8443, "/a/b?c=d"},
        {"ws://[::1]:9/x", "[::1]", 9, "/x"},
        {"ws://h?q", "h", 80, "?q"},
        {"ws://h:65535/", "h", 65535, "/"},
        {"ws://h:65536/", NULL, 0, NULL},
        {"ws://h:0/", NULL, 0, NULL},
        {"ws://h:/", NULL, 0, NULL},
        {"http://h/", NULL, 0, NULL},
        {"ws:/h/", NULL, 0, NULL},
        {"ws://", NULL, 0, NULL},
        {"ws:///x", NULL, 0, NULL},
        {"ws://u@h/", NULL, 0, NULL},
        {"ws://h/#f", NULL, 0, NULL},
        {"ws://h/a b", NULL, 0, NULL},
        {"ws://h/\r\nX: y", NULL, 0, NULL},
        {"ws://[::1/", NULL, 0, NULL},
        {"ws://[::1]x/", NULL, 0, NULL},
        {"", NULL, 0, NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct flarei_url url;
        const bool good = flarei_url_read(flare_str_of(rows[i].text), "ws", "wss", &url);

        CHECK_INT(good, rows[i].host != NULL);
        if (!good || rows[i].host == NULL)
            continue;
        CHECK_STR(url.host, rows[i].host);
        CHECK_INT(url.port, rows[i].port);
        CHECK_STR(url.target, rows[i].target);
    }
}

TEST(the_request)
{
    static const flare_str protocols[] = {FLARE_STR_INIT("chat"), FLARE_STR_INIT("log")};
    static const flare_field fields[] = {{FLARE_STR_INIT("Origin"), FLARE_STR_INIT("https://example.org")}};
    const flare_ws_client_options options = {
        .protocols = protocols,
        .protocol_count = 2,
        .fields = fields,
        .field_count = 1,
        .deflate = {.client_no_context = true, .server_max_window_bits = 10}};
    char host[64], key[2][25];

    for (int i = 0; i < 2; i++) {
        CHECK_INT(dial_with(options, "?q=1"), FLARE_OK);
        CHECK(hear_request());
        CHECK(strncmp(heard, "GET /?q=1 HTTP/1.1\r\n", 20) == 0);
        (void)snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%u\r\n", listener.address.port);
        CHECK(strstr(heard, host) != NULL);
        CHECK(strstr(heard, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n") != NULL);
        CHECK(strstr(heard, "\r\nSec-WebSocket-Version: 13\r\n") != NULL);
        CHECK(strstr(heard, "\r\nSec-WebSocket-Protocol: chat, log\r\n") != NULL);
        CHECK(strstr(heard, "\r\nSec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; "
                            "server_max_window_bits=10; client_max_window_bits\r\n") != NULL);
        CHECK(strstr(heard, "\r\nOrigin: https://example.org\r\n") != NULL);
        (void)snprintf(key[i], sizeof key[i], "%s", strstr(heard, "Sec-WebSocket-Key: ") + 19);
        CHECK(flarei_ws_key_valid((flare_str){key[i], 24}));
        agree("Sec-WebSocket-Protocol: log\r\n");
        CHECK(run_until(&seen.opened));
        CHECK_INT(seen.err, FLARE_OK);
        const flare_str protocol = flare_ws_client_protocol(seen.ws);

        CHECK_STR(protocol, "log");
        CHECK(!flare_ws_client_deflates(seen.ws));
        CHECK_INT(flare_ws_client_status(seen.ws), 101);
        end();
    }
    CHECK(strcmp(key[0], key[1]) != 0);
}

TEST(what_may_not_be_asked_for)
{
    static const flare_str spaced = FLARE_STR_INIT("a b");
    static const flare_field ours = {FLARE_STR_INIT("SEC-WebSocket-Key"), FLARE_STR_INIT("x")};
    static const flare_field host = {FLARE_STR_INIT("Host"), FLARE_STR_INIT("x")};
    static const flare_field split = {FLARE_STR_INIT("X"), FLARE_STR_INIT("a\r\nY: b")};
    const flare_ws_client_options rows[] = {
        {.protocols = &spaced, .protocol_count = 1}, {.fields = &ours, .field_count = 1},
        {.fields = &host, .field_count = 1},         {.fields = &split, .field_count = 1},
        {.deflate = {.client_max_window_bits = 8}},  {.deflate = {.server_max_window_bits = 16}},
    };
    flare_ws_client_options wss = {.url = FLARE_STR("wss://localhost/")};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(dial_with(rows[i], "/"), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_ws_client_open(&seen.ws, loop, &wss, &handler, &seen), FLARE_ERR_ARGUMENT);
    wss.url = FLARE_STR("https://localhost/");
    CHECK_INT(flare_ws_client_open(&seen.ws, loop, &wss, &handler, &seen), FLARE_ERR_SYNTAX);
    flare_ws_client_free(NULL);
}

/* ---- Replies ---- */

static void check_reply(const char *reply, size_t bytes, flare_err err, unsigned status)
{
    CHECK_INT(dial_with((flare_ws_client_options){.timeout_ms = 1000}, "/"), FLARE_OK);
    CHECK(hear_request());
    say(reply, bytes);
    if (err == FLARE_ERR_CLOSED)
        (void)shutdown(peer, SHUT_WR);
    CHECK(run_until(&seen.opened));
    CHECK_INT(seen.err, err);
    CHECK_INT(flare_ws_client_status(seen.ws), status);
    CHECK((flare_ws_client_why(seen.ws) != NULL) == (err == FLARE_ERR_SYNTAX || err == FLARE_ERR_REFUSED));
    CHECK_INT(flare_ws_client_send_text(seen.ws, FLARE_STR("x")), FLARE_ERR_CLOSED);
    end();
}

TEST(replies_that_open_nothing)
{
    static char endless[FLARE_WS_CLIENT_HEAD_MAX_BYTES + 1] = "HTTP/1.1 101 x\r\nA: ";
    static const char refused[] = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    static const char strange[] = "SSH-2.0-x\r\n";
    static const char keyless[] = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n";

    check_reply(refused, sizeof refused - 1, FLARE_ERR_REFUSED, 403);
    check_reply(strange, sizeof strange - 1, FLARE_ERR_SYNTAX, 0);
    check_reply(keyless, sizeof keyless - 1, FLARE_ERR_SYNTAX, 101);
    check_reply("HTTP/1.1", 8, FLARE_ERR_CLOSED, 0);
    check_reply("HTTP/1.1", 8, FLARE_ERR_TIMEOUT, 0);
    memset(endless + 19, 'a', sizeof endless - 19);
    check_reply(endless, FLARE_WS_CLIENT_HEAD_MAX_BYTES, FLARE_ERR_LIMIT, 0);
    check_reply(endless, FLARE_WS_CLIENT_HEAD_MAX_BYTES - 1, FLARE_ERR_TIMEOUT, 0);
}

/* ---- Refusals that are asked for whole ---- */

static void check_refusal(const char *reply, size_t bytes, size_t max_bytes, flare_err err,
                          const char *content)
{
    const flare_ws_client_options options = {.timeout_ms = 1000, .refusal_max_bytes = max_bytes};
    const flare_ws_client_refusal *refusal;

    CHECK_INT(dial_with(options, "/"), FLARE_OK);
    CHECK(hear_request());
    for (size_t i = 0; i < bytes; i++) {
        say(reply + i, 1);
        if (i % 16 == 0)
            run_for(1);
    }
    (void)shutdown(peer, SHUT_WR);
    CHECK(run_until(&seen.opened));
    CHECK_INT(seen.err, err);
    refusal = flare_ws_client_refused(seen.ws);
    CHECK((refusal != NULL) == (content != NULL));
    if (refusal != NULL && content != NULL) {
        CHECK_INT(refusal->status, 403);
        CHECK_INT(refusal->version, 11);
        CHECK(refusal->field_count != 0);
        CHECK_STR(refusal->fields[0].name, "A");
        CHECK_STR(refusal->fields[0].value, "b");
        CHECK_STR(refusal->content, content);
    }
    end();
}

#define REFUSAL(literal, max_bytes, err, content)                                                            \
    check_refusal("HTTP/1.1 403 Forbidden\r\nA: b\r\n" literal,                                              \
                  sizeof("HTTP/1.1 403 Forbidden\r\nA: b\r\n" literal) - 1, max_bytes, err, content)

TEST(refusals_with_content)
{
    REFUSAL("Content-Length: 5\r\n\r\nhello", 5, FLARE_ERR_REFUSED, "hello");
    REFUSAL("Content-Length: 5\r\n\r\nhello", 4, FLARE_ERR_LIMIT, NULL);
    REFUSAL("Content-Length: 5\r\n\r\nhello", 0, FLARE_ERR_REFUSED, NULL);
    REFUSAL("Content-Length: 5\r\n\r\nhell", 5, FLARE_ERR_CLOSED, NULL);
    REFUSAL("Content-Length: 0\r\n\r\n", 5, FLARE_ERR_REFUSED, "");
    REFUSAL("Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: t\r\n\r\n", 5,
            FLARE_ERR_REFUSED, "hello");
    REFUSAL("Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 4, FLARE_ERR_LIMIT, NULL);
    REFUSAL("Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", 9, FLARE_ERR_CLOSED, NULL);
    REFUSAL("Transfer-Encoding: chunked\r\n\r\nx\r\n", 9, FLARE_ERR_SYNTAX, NULL);
    REFUSAL("Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 9, FLARE_ERR_SYNTAX, NULL);
    REFUSAL("\r\nhello", 5, FLARE_ERR_REFUSED, "hello");
    REFUSAL("\r\nhello", 4, FLARE_ERR_LIMIT, NULL);
    REFUSAL("\r\n", 5, FLARE_ERR_REFUSED, "");
}

TEST(nobody_listens)
{
    flare_listener other = listen_on("127.0.0.1:0");
    char url[64];
    flare_ws_client_options options = {.timeout_ms = 1000};

    (void)snprintf(url, sizeof url, "ws://127.0.0.1:%u/", other.address.port);
    flare_listener_close(&other);
    options.url = flare_str_of(url);
    memset(&seen, 0, sizeof seen);
    CHECK_INT(flare_ws_client_open(&seen.ws, loop, &options, &handler, &seen), FLARE_OK);
    CHECK(run_until(&seen.opened));
    CHECK_INT(seen.err, FLARE_ERR_REFUSED);
    end();
}

/* The reply in single bytes, an interim one before it and a message behind it. */
TEST(replies_in_pieces)
{
    CHECK_INT(dial_with((flare_ws_client_options){.timeout_ms = 2000}, "/"), FLARE_OK);
    CHECK(hear_request());
    SAY("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nH");
    run_for(3);
    CHECK(!seen.opened);
    (void)hear(0);
    char whole[512];
    char accept[FLAREI_WS_ACCEPT_BYTES];

    flarei_ws_accept((flare_str){strstr(heard, "Sec-WebSocket-Key: ") + 19, 24}, accept);
    const int bytes =
        snprintf(whole, sizeof whole,
                 "TTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                 "%.*s\r\n\r\n\x81\x02hi",
                 (int)sizeof accept, accept);

    for (int i = 0; i < bytes; i++) {
        say(whole + i, 1);
        (void)flare_loop_run_once(loop, 1);
    }
    CHECK(run_until(&seen.opened));
    run_for(3);
    CHECK_INT(seen.messages, 1);
    CHECK(seen.last_text && seen.last_bytes == 2 && memcmp(seen.last, "hi", 2) == 0);
    end();
}

int main(void)
{
    begin_playing();
    RUN(urls);
    RUN(the_request);
    RUN(what_may_not_be_asked_for);
    RUN(replies_that_open_nothing);
    RUN(refusals_with_content);
    RUN(nobody_listens);
    RUN(replies_in_pieces);
    end_playing();
    return TEST_END();
}
