/* A client's WebSocket over HTTP/2 (RFC 8441), before a server that the test plays frame by frame. */
#include "allocator.h"
#include "played.h"

#include <nghttp2/nghttp2.h>

enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };

/* ---- The server's frames ---- */

static void frame(unsigned type, unsigned flags, unsigned id, const void *payload, size_t bytes)
{
    char whole[1 << 15] = {(char)(bytes >> 16), (char)(bytes >> 8), (char)bytes,     (char)type, (char)flags,
                           (char)(id >> 24),    (char)(id >> 16),   (char)(id >> 8), (char)id};

    memcpy(whole + 9, payload, bytes);
    if (peer >= 0)
        say(whole, 9 + bytes);
}

#define FRAME(type, flags, id, literal) frame(type, flags, id, literal, sizeof(literal) - 1)

/* Takes extended CONNECT. */
static void settle(void)
{
    FRAME(SETTINGS, 0, 0, "\0\x08\0\0\0\x01");
    FRAME(SETTINGS, ACK, 0, ""); /* of the client's, whose windows count from here on */
}

/* A head without Huffman codes and indices: `name: value\n` each. */
static void head(unsigned flags, const char *fields)
{
    char block[1 << 14];
    size_t at = 0;

    while (*fields != '\0') {
        const char *const colon = strchr(fields + 1, ':'), *const end = strchr(fields, '\n');
        const size_t name = (size_t)(colon - fields), value = (size_t)(end - colon - 2);

        block[at++] = 0;
        block[at++] = (char)name;
        memcpy(block + at, fields, name);
        at += name;
        block[at++] = (char)value; /* below 127 */
        memcpy(block + at, colon + 2, value);
        at += value;
        fields = end + 1;
    }
    frame(HEADERS, flags | END_HEADERS, 1, block, at);
}

/* ---- What the client sends ---- */

static struct {
    unsigned type, flags, id;
    size_t bytes;
    char payload[1 << 15];
} got;

static bool prefaced;

/* The next frame. @return its type, -1 without one */
static int next(void)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const size_t before = prefaced ? 0 : sizeof preface - 1;
    const uint8_t *const at = (const uint8_t *)heard + before;

    if (!hear(before + 9))
        return -1;
    if (!prefaced)
        CHECK(memcmp(heard, preface, sizeof preface - 1) == 0);
    got.bytes = (size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2];
    got.type = at[3];
    got.flags = at[4];
    got.id = (unsigned)(at[5] << 24 | at[6] << 16 | at[7] << 8 | at[8]);
    if (got.bytes > sizeof got.payload || !hear(before + 9 + got.bytes))
        return -1;
    memcpy(got.payload, at + 9, got.bytes);
    heard_bytes -= before + 9 + got.bytes;
    memmove(heard, at + 9 + got.bytes, heard_bytes);
    prefaced = true;
    return (int)got.type;
}

/* The next one of this type, others passed over. */
static bool next_of(unsigned type)
{
    for (int is = next(); is >= 0; is = next())
        if ((unsigned)is == type)
            return true;
    return false;
}

static char fields[2048]; /* of the request */

static bool hear_connect(void)
{
    nghttp2_hd_inflater *inflater;
    size_t at = 0;
    int flags = 0;

    if (!next_of(HEADERS) || nghttp2_hd_inflate_new(&inflater) != 0)
        return false;
    CHECK_INT(got.id, 1);
    CHECK_INT(got.flags & END_STREAM, 0);
    const uint8_t *block = (const uint8_t *)got.payload;
    size_t left = got.bytes;

    if ((got.flags & 0x20) != 0) { /* a priority in front */
        block += 5;
        left -= 5;
    }
    while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
        nghttp2_nv nv;
        const ssize_t used = nghttp2_hd_inflate_hd2(inflater, &nv, &flags, block, left, 1);

        if (used < 0)
            break;
        block += used;
        left -= (size_t)used;
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
            at += (size_t)snprintf(fields + at, sizeof fields - at, "%s: %s\n", (const char *)nv.name,
                                   (const char *)nv.value);
    }
    nghttp2_hd_inflate_del(inflater);
    return (flags & NGHTTP2_HD_INFLATE_FINAL) != 0;
}

/* The next WebSocket frame, unmasked, that came in one frame of DATA. @return its first byte */
static int next_message(flare_str *payload)
{
    if (!next_of(DATA) || got.bytes < 6)
        return -1;
    CHECK((got.payload[1] & 0x80) != 0);
    const size_t bytes = (size_t)(got.payload[1] & 0x7f);

    CHECK_INT(got.bytes, 6 + bytes);
    flarei_ws_mask(got.payload + 6, bytes, (const uint8_t *)got.payload + 2, 0);
    *payload = (flare_str){got.payload + 6, bytes};
    return (uint8_t)got.payload[0];
}

static void begin(flare_ws_client_options options)
{
    options.http2 = FLARE_WS_CLIENT_HTTP2_KNOWN;
    if (options.timeout_ms == 0)
        options.timeout_ms = 2000;
    prefaced = false;
    CHECK_INT(dial_with(options, "/chat?q=1"), FLARE_OK);
    CHECK(next_of(SETTINGS));
}

static void open_socket(flare_ws_client_options options, const char *more)
{
    char reply[512];

    begin(options);
    settle();
    CHECK(hear_connect());
    (void)snprintf(reply, sizeof reply, ":status: 200\n%s", more);
    head(0, reply);
    CHECK(run_until(&seen.opened));
    CHECK_INT(seen.err, FLARE_OK);
    CHECK(flare_ws_client_is_http2(seen.ws));
}

/* ---- Handshakes ---- */

TEST(the_request)
{
    static const flare_str protocols[] = {FLARE_STR_INIT("chat"), FLARE_STR_INIT("log")};
    static const flare_field more[] = {{FLARE_STR_INIT("Origin"), FLARE_STR_INIT("https://example.org")},
                                       {FLARE_STR_INIT("TE"), FLARE_STR_INIT("gzip")}};
    char authority[64];

    begin((flare_ws_client_options){
        .protocols = protocols, .protocol_count = 2, .fields = more, .field_count = 2});
    CHECK_INT(next(), WINDOW_UPDATE);
    run_for(5);
    CHECK_INT(heard_bytes, 0); /* nothing is asked before the server's settings */
    settle();
    CHECK(hear_connect());
    (void)snprintf(authority, sizeof authority, ":authority: 127.0.0.1:%u\n", listener.address.port);
    CHECK(strstr(fields, ":method: CONNECT\n:protocol: websocket\n:scheme: http\n:path: /chat?q=1\n") ==
          fields);
    CHECK(strstr(fields, authority) != NULL);
    CHECK(strstr(fields, "\nsec-websocket-version: 13\n") != NULL);
    CHECK(strstr(fields, "\nsec-websocket-protocol: chat, log\n") != NULL);
    CHECK(strstr(fields, "\nsec-websocket-extensions: permessage-deflate; client_max_window_bits\n") != NULL);
    CHECK(strstr(fields, "\norigin: https://example.org\n") != NULL);
    CHECK(strstr(fields, "sec-websocket-key") == NULL && strstr(fields, "upgrade") == NULL);
    CHECK(strstr(fields, "connection:") == NULL && strstr(fields, "\nte:") == NULL);
    head(0, ":status: 103\nsec-websocket-protocol: nonsense\n");
    run_for(5);
    CHECK(!seen.opened);
    head(0, ":status: 200\nsec-websocket-protocol: log\n");
    CHECK(run_until(&seen.opened));
    CHECK_INT(seen.err, FLARE_OK);
    const flare_str protocol = flare_ws_client_protocol(seen.ws);

    CHECK_STR(protocol, "log");
    CHECK_INT(flare_ws_client_status(seen.ws), 200);
    end();
}

static void check_end(flare_err err, unsigned status, bool has_why)
{
    CHECK(run_until(&seen.opened));
    CHECK_INT(seen.err, err);
    CHECK_INT(flare_ws_client_status(seen.ws), status);
    CHECK_INT(flare_ws_client_why(seen.ws) != NULL, has_why);
    CHECK_INT(flare_ws_client_send_text(seen.ws, FLARE_STR("x")), FLARE_ERR_CLOSED);
    end();
}

TEST(servers_that_take_none)
{
    begin((flare_ws_client_options){.timeout_ms = 0});
    FRAME(SETTINGS, 0, 0, "");
    check_end(FLARE_ERR_UNSUPPORTED, 0, true);
    begin((flare_ws_client_options){.timeout_ms = 0});
    settle();
    CHECK(hear_connect());
    FRAME(RST_STREAM, 0, 1, "\0\0\0\x0d"); /* HTTP_1_1_REQUIRED */
    check_end(FLARE_ERR_UNSUPPORTED, 0, true);
}

TEST(replies_that_open_nothing)
{
    static const struct {
        const char *fields;
        flare_err err;
        unsigned status;
    } rows[] = {
        {":status: 403\n", FLARE_ERR_REFUSED, 403},
        {":status: 307\nlocation: /\n", FLARE_ERR_REFUSED, 307},
        {":status: 200\nsec-websocket-protocol: x\n", FLARE_ERR_SYNTAX, 200},
        {":status: 200\nsec-websocket-extensions: permessage-deflate\nsec-websocket-extensions: "
         "permessage-deflate\n",
         FLARE_ERR_SYNTAX, 200},
        {":status: 200\nsec-websocket-extensions: other\n", FLARE_ERR_SYNTAX, 200},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin((flare_ws_client_options){.timeout_ms = 0});
        settle();
        CHECK(hear_connect());
        head(rows[i].err == FLARE_ERR_REFUSED ? END_STREAM : 0, rows[i].fields);
        check_end(rows[i].err, rows[i].status, true);
    }
}

/* One field of 127 bytes, and `again` times the index that stands for it. */
static void large_head(size_t again)
{
    char block[512] = "\x88\x40\x01"
                      "a\x7e"; /* :status 200 */

    memset(block + 5, 'v', 126);
    memset(block + 131, 0xbe, again);
    frame(HEADERS, END_HEADERS, 1, block, 131 + again);
}

TEST(a_head_at_the_limit_and_above)
{
    for (size_t over = 0; over < 2; over++) {
        begin((flare_ws_client_options){.timeout_ms = 0});
        settle();
        CHECK(hear_connect());
        large_head((FLARE_WS_CLIENT_HEAD_MAX_BYTES - 10) / 127 - 1 + over);
        if (over) {
            check_end(FLARE_ERR_LIMIT, 0, false);
            break;
        }
        CHECK(run_until(&seen.opened));
        CHECK_INT(seen.err, FLARE_OK);
        end();
    }
}

TEST(servers_that_are_none)
{
    begin((flare_ws_client_options){.timeout_ms = 300});
    check_end(FLARE_ERR_TIMEOUT, 0, false); /* no settings */
    begin((flare_ws_client_options){.timeout_ms = 300});
    settle();
    CHECK(hear_connect());
    check_end(FLARE_ERR_TIMEOUT, 0, false);
    begin((flare_ws_client_options){.timeout_ms = 0});
    SAY("HTTP/1.1 400 Bad Request\r\n\r\n");
    check_end(FLARE_ERR_SYNTAX, 0, true);
    begin((flare_ws_client_options){.timeout_ms = 0});
    settle();
    CHECK(hear_connect());
    (void)shutdown(peer, SHUT_WR);
    check_end(FLARE_ERR_CLOSED, 0, false);
    begin((flare_ws_client_options){.timeout_ms = 0});
    settle();
    CHECK(hear_connect());
    FRAME(RST_STREAM, 0, 1, "\0\0\0\x07");
    check_end(FLARE_ERR_RESET, 0, false);
    begin((flare_ws_client_options){.timeout_ms = 0});
    settle();
    CHECK(hear_connect());
    FRAME(GOAWAY, 0, 0, "\0\0\0\0\0\0\0\0"); /* did not look at it */
    check_end(FLARE_ERR_RESET, 0, false);
    begin((flare_ws_client_options){.timeout_ms = 0});
    settle();
    CHECK(hear_connect());
    FRAME(DATA, 0, 1, "x"); /* before its head */
    CHECK(run_until(&seen.opened));
    CHECK(seen.err == FLARE_ERR_SYNTAX || seen.err == FLARE_ERR_RESET);
    end();
}

/* ---- Messages ---- */

TEST(messages_both_ways)
{
    flare_str payload;

    open_socket((flare_ws_client_options){.timeout_ms = 0}, "sec-websocket-extensions: permessage-deflate\n");
    CHECK(flare_ws_client_deflates(seen.ws));
    CHECK_INT(flare_ws_client_send_text(seen.ws, FLARE_STR("hello")), FLARE_OK);
    CHECK_INT(next_message(&payload), 0x81);
    CHECK_STR(payload, "hello");
    FRAME(DATA, 0, 1, "\x81");
    FRAME(PING, 0, 0, "12345678");
    FRAME(DATA, 0, 1, "\x02hi\xc1\x07\xf2\x48\xcd\xc9\xc9\x07"); /* RFC 7692, section 7.2.3.1 */
    FRAME(DATA, 0, 1, "\0\x89\x01p");
    CHECK_INT(next_message(&payload), 0x8a);
    CHECK_STR(payload, "p");
    CHECK_INT(seen.messages, 2);
    CHECK(seen.last_bytes == 5 && memcmp(seen.last, "Hello", 5) == 0);
    end();
}

TEST(frames_of_http2_are_answered)
{
    open_socket((flare_ws_client_options){.timeout_ms = 0}, "");
    FRAME(PING, 0, 0, "12345678");
    while (next_of(PING) && (got.flags & ACK) == 0)
        ;
    CHECK_INT(got.type, PING);
    CHECK(memcmp(got.payload, "12345678", 8) == 0);
    end();
}

TEST(a_window_that_opens)
{
    static char big[150000];
    flare_ws_client_options options = {.unsent_max_bytes = 80000, .deflate = {.off = true}};
    size_t bytes = 0;

    open_socket(options, "");
    CHECK_INT(flare_ws_client_send_bytes(seen.ws, (flare_str){big, sizeof big}), FLARE_OK);
    CHECK_INT(flare_ws_client_send_bytes(seen.ws, FLARE_STR("x")), FLARE_ERR_AGAIN);
    while (bytes < 65535 && next_of(DATA)) /* RFC 9113, section 6.9.2 */
        bytes += got.bytes;
    run_for(10);
    CHECK_INT(bytes, 65535);
    CHECK_INT(heard_bytes, 0);
    CHECK_INT(seen.writables, 0);
    seen.pause_in_message = true; /* windows count while it is paused, too */
    FRAME(DATA, 0, 1, "\x81\x01x");
    CHECK(run_until_messages(1));
    CHECK_INT(seen.messages, 1);
    FRAME(WINDOW_UPDATE, 0, 0, "\0\x10\0\0");
    FRAME(WINDOW_UPDATE, 0, 1, "\0\x10\0\0");
    while (bytes < sizeof big + 14 && next_of(DATA))
        bytes += got.bytes;
    CHECK_INT(bytes, sizeof big + 14);
    run_for(5);
    CHECK_INT(seen.writables, 1);
    CHECK_INT(flare_ws_client_unsent_bytes(seen.ws), 0);
    end();
}

TEST(what_is_read_opens_the_window)
{
    static char part[16384];
    size_t opened_bytes = 0, sent = 14;

    open_socket((flare_ws_client_options){.timeout_ms = 0}, "");
    FRAME(DATA, 0, 1, "\x82\x7f\0\0\0\0\0\x0c\0\0"); /* 768 KiB */
    for (; sent < 12 * 65536; sent += sizeof part) {
        frame(DATA, 0, 1, part, sizeof part);
        run_for(1);
    }
    while (opened_bytes < 500000 && next() >= 0)
        if (got.type == WINDOW_UPDATE && got.id == 1)
            opened_bytes += (size_t)((uint8_t)got.payload[1] << 16 | (uint8_t)got.payload[2] << 8 |
                                     (uint8_t)got.payload[3]);
    CHECK(opened_bytes >= 500000);
    end();
}

TEST(a_pause_keeps_the_window_shut)
{
    static char part[16384];

    open_socket((flare_ws_client_options){.timeout_ms = 0}, "");
    seen.pause_in_message = true;
    FRAME(DATA, 0, 1, "\x81\x01x");
    CHECK(run_until_messages(1));
    CHECK_INT(seen.messages, 1);
    FRAME(DATA, 0, 1, "\x82\x7f\0\0\0\0\0\x04\0\0"); /* 256 KiB */
    for (size_t sent = 0; sent < 4 * 65536; sent += sizeof part) {
        frame(DATA, 0, 1, part, sizeof part);
        run_for(1);
    }
    run_for(10);
    while (heard_bytes >= 9 && next() >= 0)
        CHECK(got.type != WINDOW_UPDATE || got.id != 1);
    CHECK_INT(seen.messages, 1);
    seen.pause_in_message = false;
    flare_ws_client_resume(seen.ws);
    CHECK(run_until_messages(2));
    CHECK_INT(seen.messages, 2);
    end();
}

TEST(what_came_before_a_reset_comes)
{
    open_socket((flare_ws_client_options){.timeout_ms = 0}, "");
    seen.pause_in_message = true;
    FRAME(DATA, 0, 1, "\x81\x01x\x89\x01p\x81\x01y");
    FRAME(RST_STREAM, 0, 1, "\0\0\0\x08");
    CHECK(run_until_messages(1));
    CHECK_INT(seen.messages, 1);
    CHECK(!seen.closed);
    seen.pause_in_message = false;
    flare_ws_client_resume(seen.ws);
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.messages, 2);
    CHECK_INT(seen.err, FLARE_ERR_RESET);
    end();
}

/* ---- The end ---- */

TEST(closed_by_this_side)
{
    flare_str payload;

    open_socket((flare_ws_client_options){.timeout_ms = 0}, "");
    CHECK_INT(flare_ws_client_close(seen.ws, 4001, FLARE_STR("bye")), FLARE_OK);
    CHECK_INT(next_message(&payload), 0x88);
    FRAME(DATA, 0, 1, "\x88\x02\x0f\xa2");
    CHECK(next_of(DATA));
    CHECK_INT(got.flags & END_STREAM, END_STREAM); /* RFC 8441, section 5: instead of FIN */
    CHECK(!seen.closed);
    FRAME(DATA, END_STREAM, 1, "");
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.err, FLARE_OK);
    CHECK_INT(seen.code, 4002);
    CHECK(next_of(GOAWAY));
    end();
}

TEST(closed_by_the_server)
{
    flare_str payload;

    open_socket((flare_ws_client_options){.timeout_ms = 0}, "");
    FRAME(DATA, END_STREAM, 1, "\x88\x02\x03\xe9");
    CHECK_INT(next_message(&payload), 0x88);
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.err, FLARE_OK);
    CHECK_INT(seen.code, 1001);
    end();
}

TEST(lost)
{
    open_socket((flare_ws_client_options){.timeout_ms = 0}, "");
    FRAME(RST_STREAM, 0, 1, "\0\0\0\x08");
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.err, FLARE_ERR_RESET);
    CHECK_INT(seen.code, FLARE_WS_LOST);
    end();
    open_socket((flare_ws_client_options){.timeout_ms = 0}, "");
    FRAME(DATA, END_STREAM, 1, "");
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.err, FLARE_ERR_CLOSED);
    CHECK_INT(seen.code, FLARE_WS_LOST);
    end();
    open_socket((flare_ws_client_options){.timeout_ms = 0}, "");
    FRAME(PING, 0, 0, "short");
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.err, FLARE_ERR_SYNTAX);
    end();
}

TEST(freed_at_any_time)
{
    begin((flare_ws_client_options){.timeout_ms = 0});
    end();
    begin((flare_ws_client_options){.timeout_ms = 0});
    settle();
    CHECK(hear_connect());
    end();
    open_socket((flare_ws_client_options){.timeout_ms = 0}, "");
    seen.free_in_message = true;
    FRAME(DATA, 0, 1, "\x81\x01x\x81\x01y");
    CHECK(run_until_messages(1));
    CHECK_INT(seen.messages, 1);
    end();
}

/* ---- Without memory ---- */

/* Does it come so far that it says something? */
static bool comes(void)
{
    for (const uint64_t until = now_ms() + 3000; peer < 0 && !seen.opened && now_ms() < until;) {
        (void)flare_loop_run_once(loop, 1);
        peer = flare_listener_accept(&listener, NULL);
    }
    return peer >= 0 && hear(9);
}

/* @return whether all of it went well; what fails ends in one of its callbacks */
static bool whole_life(void)
{
    const uint64_t until = now_ms() + 400;
    const flare_ws_client_options options = {.timeout_ms = 300, .http2 = FLARE_WS_CLIENT_HTTP2_KNOWN};

    prefaced = false;
    const flare_err err = dial_with(options, "/");
    if (err == FLARE_OK && comes() && !seen.opened) {
        settle();
        if (!seen.opened && hear_connect()) {
            head(0, ":status: 200\nsec-websocket-extensions: permessage-deflate\n");
            (void)run_until(&seen.opened);
        }
    }
    if (seen.opened && seen.err == FLARE_OK) {
        FRAME(DATA, END_STREAM, 1, "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\0\x88\x02\x03\xe8");
        while (!seen.closed && now_ms() < until)
            (void)flare_loop_run_once(loop, 5);
        CHECK(seen.closed);
    } else {
        CHECK(err != FLARE_OK || seen.opened);
    }
    const bool good = err == FLARE_OK && seen.closed && seen.err == FLARE_OK && seen.messages == 1;

    end();
    return good;
}

TEST(memory_that_ends_anywhere)
{
    CHECK(test_allocator_end_anywhere(whole_life, 99) >= 5);
}

int main(void)
{
    begin_playing();
    RUN(the_request);
    RUN(servers_that_take_none);
    RUN(replies_that_open_nothing);
    RUN(a_head_at_the_limit_and_above);
    RUN(servers_that_are_none);
    RUN(messages_both_ways);
    RUN(frames_of_http2_are_answered);
    RUN(a_window_that_opens);
    RUN(what_is_read_opens_the_window);
    RUN(a_pause_keeps_the_window_shut);
    RUN(what_came_before_a_reset_comes);
    RUN(closed_by_this_side);
    RUN(closed_by_the_server);
    RUN(lost);
    RUN(freed_at_any_time);
    RUN(memory_that_ends_anywhere);
    end_playing();
    return TEST_END();
}
