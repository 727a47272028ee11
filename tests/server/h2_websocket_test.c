/* WebSockets on streams of HTTP/2 (RFC 8441), by a raw client: what is accepted and refused, how it ends, and
 * peers that mean harm. */
#include "h2_client.h"
#include "meter.h"
#include "socket_service.h"
#include "test.h"

#include <sys/socket.h>
#include <unistd.h>

static struct harness h;
static struct h2_client *c;
static struct h2_answer answer;
static struct h2_frame frame;

#define SOCKET ":protocol: websocket\nsec-websocket-version: 13\n"

/* ---- A client's frames, whose mask is 0 ---- */

static size_t ws_frame(unsigned char *to, unsigned first, const void *payload, size_t length)
{
    size_t at = 0;

    to[at++] = (unsigned char)first;
    if (length < 126) {
        to[at++] = (unsigned char)(0x80 | length);
    } else {
        to[at++] = 0x80 | 126;
        to[at++] = (unsigned char)(length >> 8);
        to[at++] = (unsigned char)length;
    }
    memset(to + at, 0, 4);
    if (length != 0)
        memcpy(to + at + 4, payload, length);
    return at + 4 + length;
}

static void say(unsigned id, unsigned first, const void *payload, size_t length)
{
    static unsigned char bytes[1 << 16];

    h2_frame(c, H2_DATA, 0, id, bytes, ws_frame(bytes, first, payload, length));
}

static void open_socket(unsigned id, const char *path)
{
    h2_request(c, 0, id, "CONNECT", path, SOCKET);
    h2_send(c);
    do
        h2_next(c, &frame);
    while (frame.type >= 0 && !(frame.type == H2_HEADERS && frame.id == id));
    CHECK_INT(frame.type, H2_HEADERS);
    CHECK_INT(h2_status(&frame), 200);
    CHECK_INT(frame.flags & H2_END_STREAM, 0);
}

/* The next frame of a stream that says something. @return its type, or below 0 */
static int next_of(unsigned id)
{
    do
        h2_next(c, &frame);
    while (frame.type >= 0 && (frame.id != id || (frame.type != H2_DATA && frame.type != H2_RST_STREAM &&
                                                  frame.type != H2_HEADERS)));
    return frame.type;
}

/* Does exactly this come of the stream, however it is cut? */
static bool hears(unsigned id, const char *bytes, size_t length)
{
    for (size_t at = 0; at < length; at += frame.length)
        if (next_of(id) != H2_DATA || frame.length > length - at ||
            memcmp(frame.payload, bytes + at, frame.length) != 0)
            return false;
    return true;
}

#define HEARS(id, bytes) CHECK(hears(id, bytes, sizeof(bytes) - 1))

static void ends_stream(unsigned id)
{
    if ((frame.flags & H2_END_STREAM) == 0)
        CHECK_INT(next_of(id), H2_DATA);
    CHECK((frame.flags & H2_END_STREAM) != 0);
}

static void begin(const flare_limits *limits, const uint32_t (*settings)[2], size_t count)
{
    socket_limits = limits != NULL ? *limits : (flare_limits){0};
    atomic_store(&socket_end_count, 0);
    atomic_store(&socket_again_count, 0);
    CHECK(harness_start(&h, &socket_service));
    c = h2_open_with(&h, settings, count);
}

/* The connection still serves. */
static void serves(unsigned id)
{
    h2_get(c, id, "/plain");
    h2_read(c, id, &answer);
    CHECK_INT(answer.status, 200);
}

static void end(void)
{
    h2_hang_up(c);
    harness_stop(&h);
    CHECK_INT(atomic_load(&socket_open_count), 0);
}

/* ---- Handshakes ---- */

/* The value of SETTINGS_ENABLE_CONNECT_PROTOCOL, or -1. */
static int announced(const flare_service *service)
{
    int value = -1;

    CHECK(harness_start(&h, service));
    c = h2_open(&h);
    h2_next(c, &frame);
    CHECK_INT(frame.type, H2_SETTINGS);
    for (size_t at = 0; at + 6 <= frame.length; at += 6)
        if (frame.payload[at + 1] == 8)
            value = frame.payload[at + 5];
    return value;
}

TEST(only_a_service_with_sockets_says_so)
{
    CHECK_INT(announced(&socket_service), 1);
    h2_hang_up(c);
    harness_stop(&h);
    CHECK_INT(announced(&socket_silent_service), -1);
    h2_request(c, 0, 1, "CONNECT", "/echo", SOCKET);
    h2_send(c);
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 0);
    CHECK_INT(answer.reset, 1); /* malformed (RFC 8441, section 4) */
    h2_hang_up(c);
    harness_stop(&h);
}

TEST(handshakes)
{
    static const struct {
        const char *method, *path, *fields;
        int status; /* or 0 ... */
        int reset;  /* ... and this */
    } rows[] = {
        {"CONNECT", "/echo", SOCKET, 200, -1},
        {"CONNECT", "/echo", ":protocol: WebSocket\nsec-websocket-version: 13\n", 200, -1},
        {"CONNECT", "/echo?a=1", SOCKET "sec-websocket-key: ?\nsec-websocket-protocol: none\n", 200, -1},
        {"CONNECT", "/echo", ":protocol: websocket\n", 426, -1},
        {"CONNECT", "/echo", ":protocol: websocket\nsec-websocket-version: 12\n", 426, -1},
        {"CONNECT", "/echo", SOCKET "sec-websocket-version: 13\n", 426, -1},
        {"CONNECT", "/echo", SOCKET "content-length: 5\n", 400, -1},
        {"CONNECT", "/echo", SOCKET "sec-websocket-extensions: ;\n", 400, -1},
        {"CONNECT", "/echo", ":protocol: connect-udp\n", 501, -1},
        {"CONNECT", "/echo", ":protocol: \n", 0, 1},
        {"CONNECT", "/echo", ":protocol: websockets\nsec-websocket-version: 13\n", 501, -1},
        {"CONNECT", "/plain", SOCKET, 405, -1},
        {"CONNECT", "/nothing", SOCKET, 404, -1},
        {"CONNECT", "/refused", SOCKET, 403, -1},
        {"CONNECT", "/a/../b", SOCKET, 400, -1},
        {"CONNECT", "*", SOCKET, 0, 1},
        {"CONNECT", "/echo", "", 0, 1}, /* a CONNECT without :protocol has no path */
        {"CONNECT", "/echo", SOCKET ":protocol: websocket\n", 0, 1},
        {"CONNECT", "/echo", SOCKET "connection: upgrade\n", 0, 1},
        {"CONNECT", "/echo", SOCKET "upgrade: websocket\n", 0, 1},
        {"GET", "/echo", SOCKET, 0, 1},
        {"GET", "/echo", "sec-websocket-version: 13\n", 426, -1},
        {"OPTIONS", "/echo", SOCKET, 0, 1},
    };
    unsigned id = 1;

    begin(NULL, NULL, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++, id += 2) {
        h2_request(c, 0, id, rows[i].method, rows[i].path, rows[i].fields);
        h2_send(c);
        answer = (struct h2_answer){.reset = -1};
        if (rows[i].status == 200) {
            CHECK_INT(next_of(id), H2_HEADERS);
            CHECK_INT(h2_status(&frame), 200);
            CHECK_INT(frame.flags & H2_END_STREAM, 0);
            say(id, 0x81, "hi", 2);
            h2_send(c);
            HEARS(id, "\x81\x02hi");
            continue;
        }
        h2_read(c, id, &answer);
        if (answer.status != rows[i].status || answer.reset != rows[i].reset)
            fprintf(stderr, "row %d\n", (int)i);
        CHECK_INT(answer.status, rows[i].status);
        CHECK_INT(answer.reset, rows[i].reset);
    }
    serves(id);
    end();
}

/* What was agreed on is said, and no key is. */
TEST(the_reply_says_what_was_agreed_on)
{
    begin(NULL, NULL, 0);
    h2_request(
        c, 0, 1, "CONNECT", "/echo",
        SOCKET
        "sec-websocket-protocol: other, v1.test, v2.test\nsec-websocket-extensions: permessage-deflate\n");
    h2_send(c);
    CHECK_INT(next_of(1), H2_HEADERS);
    CHECK(memmem(frame.payload, frame.length, "permessage-deflate", 18) != NULL || frame.length > 60);
    end();
}

/* ---- Life ---- */

TEST(several_sockets_beside_requests)
{
    begin(NULL, NULL, 0);
    open_socket(1, "/echo");
    open_socket(3, "/echo");
    serves(5);
    for (int i = 0; i < 3; i++) {
        say(1, 0x81, "one", 3);
        say(3, 0x82, "three", 5);
        h2_send(c);
        HEARS(1, "\x81\x03one");
        HEARS(3, "\x82\x05three");
    }
    serves(7);
    end();
    CHECK_INT(atomic_load(&socket_end_count), 2);
}

TEST(frames_however_they_are_cut)
{
    unsigned char bytes[64];
    const size_t length = ws_frame(bytes, 0x81, "hello", 5);

    begin(NULL, NULL, 0);
    h2_request(c, 0, 1, "CONNECT", "/echo", SOCKET);
    h2_frame(c, H2_DATA, 0, 1, bytes, length); /* with the handshake */
    for (size_t i = 0; i < length; i++)
        h2_frame(c, H2_DATA, 0, 1, bytes + i, 1);
    h2_frame(c, H2_DATA, H2_PADDED, 1, "\3\x81\0\0\0", 5); /* one byte, and padding behind it */
    h2_frame(c, H2_DATA, 0, 1, bytes + 1, length - 1);
    say(1, 0x01, "fra", 3); /* in two parts, a Ping between them */
    say(1, 0x89, "!", 1);
    say(1, 0x80, "gment", 5);
    h2_send(c);
    CHECK_INT(next_of(1), H2_HEADERS);
    HEARS(1, "\x81\x05hello\x81\x05hello\x81\x05hello\x8a\x01!\x81\x08"
             "fragment");
    end();
}

TEST(it_ends_as_connections_do)
{
    static const struct {
        const char *close;
        size_t close_bytes;
        unsigned flags; /* of that DATA */
        const char *heard;
        size_t heard_bytes;
        unsigned code;
    } rows[] = {
        {"\x88\x82\0\0\0\0\x03\xe8", 8, H2_END_STREAM, "\x88\x02\x03\xe8", 4, 1000},
        {"\x88\x82\0\0\0\0\x03\xe8", 8, 0, "\x88\x02\x03\xe8", 4, 1000},
        {"\x88\x80\0\0\0\0", 6, 0, "\x88\x00", 2, 1005},
        {"", 0, H2_END_STREAM, "", 0, 1006},
        {"\x81\x82\0\0", 4, H2_END_STREAM, "", 0, 1006}, /* in the midst of a frame */
        {"\x81\x81\0\0\0\0a", 7, H2_END_STREAM,
         "\x81\x01"
         "a",
         3, 1006}, /* what came before is heard */
        {"\x81\x01"
         "a",
         3, 0, "\x88", 1, 1002},                                                      /* not masked */
        {"\x82\xff\x3f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14, 0, "\x88", 1, 1009}, /* a huge frame */
        {"\x81\x83\0\0\0\0bye\x88\x82\0\0\0\0\x0b\xb8", 17, H2_END_STREAM, "\x88", 1, 3000},
    };
    unsigned id = 1;

    begin(NULL, NULL, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++, id += 2) {
        open_socket(id, "/echo");
        h2_frame(c, H2_DATA, rows[i].flags, id, rows[i].close, rows[i].close_bytes);
        h2_send(c);
        CHECK_INT(next_of(id), H2_DATA);
        CHECK(frame.length >= rows[i].heard_bytes &&
              (rows[i].heard_bytes == 0 || memcmp(frame.payload, rows[i].heard, rows[i].heard_bytes) == 0));
        ends_stream(id);
        CHECK(socket_ends((unsigned)i + 1));
        CHECK_INT(atomic_load(&socket_last_code), rows[i].code);
    }
    serves(id);
    CHECK_INT(atomic_load(&socket_open_count), 0);
    end();
}

/* A peer that says nothing after its Close is reset, in order. */
TEST(a_stream_that_is_left_open_is_reset)
{
    begin(NULL, NULL, 0);
    open_socket(1, "/echo");
    h2_frame(c, H2_DATA, 0, 1, "\x88\x80\0\0\0\0", 6);
    h2_send(c);
    CHECK_INT(next_of(1), H2_DATA);
    ends_stream(1);
    CHECK_INT(next_of(1), H2_RST_STREAM);
    CHECK_INT(frame.payload[3], 0);
    serves(3);
    end();
}

TEST(a_reset_amid_a_message)
{
    begin(NULL, NULL, 0);
    open_socket(1, "/echo");
    open_socket(3, "/echo");
    h2_frame(c, H2_DATA, 0, 1, "\x81\xfe\x10\0\0\0\0\0half", 12);
    h2_frame(c, H2_RST_STREAM, 0, 1, "\0\0\0\10", 4);
    h2_send(c);
    CHECK(socket_ends(1));
    CHECK_INT(atomic_load(&socket_last_code), 1006);
    say(3, 0x81, "on", 2);
    h2_send(c);
    HEARS(3, "\x81\x02on");
    end();
    CHECK_INT(atomic_load(&socket_end_count), 2);
}

TEST(the_connection_is_lost)
{
    begin(NULL, NULL, 0);
    for (unsigned id = 1; id < 21; id += 2)
        open_socket(id, "/all");
    CHECK_INT(atomic_load(&socket_open_count), 10);
    h2_frame(c, H2_DATA, 0, 1, "\x81\x85\0\0\0\0he", 8);
    h2_send(c);
    h2_hang_up(c);
    CHECK(socket_ends(10));
    CHECK_INT(atomic_load(&socket_last_code), 1006);
    harness_stop(&h);
}

TEST(one_frame_to_all_streams)
{
    begin(NULL, NULL, 0);
    for (unsigned id = 1; id < 41; id += 2)
        open_socket(id, "/all");
    say(7, 0x81, "hear", 4);
    h2_send(c);
    for (unsigned heard = 0; heard < 20; heard++) {
        do
            h2_next(c, &frame);
        while (frame.type >= 0 && frame.type != H2_DATA);
        CHECK_INT(frame.length, 6);
    }
    end();
}

TEST(the_drain)
{
    begin(NULL, NULL, 0);
    open_socket(1, "/echo");
    open_socket(3, "/all");
    flare_server_stop(h.server);
    HEARS(1, "\x88\x02\x03\xe9");
    say(1, 0x88, "\x03\xe9", 2);
    h2_send(c);
    ends_stream(1);
    say(3, 0x88, "\x03\xe9", 2);
    h2_send(c);
    h2_read(c, 0, &answer);
    CHECK(answer.closed);
    CHECK_INT(answer.goaway, 0);
    harness_join(&h);
    h2_hang_up(c);
    CHECK_INT(atomic_load(&socket_end_count), 2);
    CHECK_INT(atomic_load(&socket_last_code), 1001);
}

/* ---- Windows ---- */

/* A peer that opens no window is not read from, holds no more than its socket's limit, and is reset in time.
 */
TEST(a_window_that_stays_shut)
{
    static const char block[16000];
    const flare_limits limits = {.write_time_ms = 500};
    uint64_t began;

    begin(&limits, (const uint32_t[][2]){{4, 0}}, 1);
    open_socket(1, "/echo");
    meter_begin();
    began = now_ms();
    for (int i = 0; i < 10; i++) /* more than is taken, less than the window */
        say(1, 0x82, block, sizeof block);
    h2_send(c);
    CHECK_INT(next_of(1), H2_RST_STREAM);
    CHECK_INT(frame.payload[3], 8);
    const uint64_t took = now_ms() - began;
    if (took < 450 || took >= 2500)
        CHECK_INT(took, 500);
    CHECK(meter_peak() < 1u << 20);
    CHECK(socket_ends(1));
    CHECK_INT(atomic_load(&socket_last_code), 1006);
    end();
}

/* The same, but now and then it opens it a little: slow is not gone. */
TEST(a_window_that_opens_slowly)
{
    const flare_limits limits = {.write_time_ms = 400};

    begin(&limits, (const uint32_t[][2]){{4, 0}}, 1);
    open_socket(1, "/echo");
    say(1, 0x81, "123456", 6);
    h2_send(c);
    for (int i = 0; i < 8; i++) {
        sleep_ms(200);
        h2_window(c, 1, 1);
        h2_send(c);
        CHECK_INT(next_of(1), H2_DATA);
        CHECK_INT(frame.length, 1);
    }
    CHECK_INT(atomic_load(&socket_end_count), 0);
    end();
}

/* The handler is told: AGAIN, at its limit. */
TEST(sending_to_a_shut_window)
{
    begin(NULL, (const uint32_t[][2]){{4, 0}}, 1);
    meter_begin();
    open_socket(1, "/flood");
    CHECK_INT(atomic_load(&socket_again_count), 1);
    CHECK(atomic_load(&socket_flooded_bytes) < 1u << 20);
    CHECK(atomic_load(&socket_flooded_bytes) > (1u << 20) - 5000);
    CHECK(meter_peak() < 3u << 20);
    end();
}

/* More than the window that the server gave is its peer's fault. */
TEST(more_than_the_window)
{
    static const char block[16384];
    const flare_limits limits = {.window_bytes = 70000};

    begin(&limits, (const uint32_t[][2]){{4, 0}}, 1);
    open_socket(1, "/flood"); /* whose output is full: nothing is taken */
    for (int i = 0; i < 6; i++)
        h2_frame(c, H2_DATA, 0, 1, block, sizeof block);
    h2_send(c);
    h2_read(c, 1, &answer);
    CHECK(answer.reset == 3 || answer.goaway == 3);
    end();
}

/* ---- Faults ---- */

/* Every allocation fails once: whatever the peer gets, the server goes on and gives all back. */
TEST(memory_that_ends)
{
    static char part[5000];
    size_t last = 0;

    for (size_t nth = 1; nth <= last + 1 && nth < 500; nth++) {
        socket_limits = (flare_limits){0};
        CHECK(harness_start(&h, &socket_service));
        CHECK_INT(client_status(&h, GET("/plain")), 200);
        meter_fail(nth);
        c = h2_open_with(&h, (const uint32_t[][2]){{4, 3000}}, 1);
        h2_request(c, 0, 1, "CONNECT", "/echo", SOCKET "sec-websocket-extensions: permessage-deflate\n");
        h2_request(c, 0, 3, "CONNECT", "/all", SOCKET);
        say(1, 0x82, part, sizeof part);
        say(3, 0x81, "all", 3);
        h2_send(c);
        h2_window(c, 1, 20000);
        say(1, 0x88, "\x03\xe8", 2);
        h2_send(c);
        h2_read(c, 1, &answer);
        last = meter_fail(0);
        h2_hang_up(c);
        c = h2_open(&h);
        serves(1);
        end();
    }
    CHECK(last > 10);
}

/* Whoever was to be accepted is told of the end, so that nothing is kept for it: on HTTP/1, whose head is
 * written as the open function runs. */
TEST(no_memory_to_accept)
{
    size_t last = 0;
    char reply[1024];

    for (size_t nth = 1; nth <= last + 1 && nth < 100; nth++) {
        socket_limits = (flare_limits){0};
        CHECK(harness_start(&h, &socket_service));
        CHECK_INT(client_status(&h, GET("/plain")), 200);
        const unsigned ended = atomic_load(&socket_end_count);
        meter_fail(nth);
        const int fd = client_dial(&h);
        client_send(fd, "GET /long HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
        const ssize_t got = recv(fd, reply, 13, MSG_WAITALL);
        last = meter_fail(0);
        if (got == 13 && memcmp(reply, "HTTP/1.1 5", 10) == 0 && atomic_load(&socket_end_count) > ended)
            CHECK_INT(atomic_load(&socket_last_code), 1006);
        close(fd);
        for (int i = 0; i < 1500 && atomic_load(&socket_open_count) != 0; i++)
            sleep_ms(2);
        CHECK_INT(atomic_load(&socket_open_count), 0);
        CHECK_INT(client_status(&h, GET("/plain")), 200);
        harness_stop(&h);
    }
    CHECK(last > 2);
}

TEST(accepted_and_replied_otherwise)
{
    socket_limits = (flare_limits){0};
    CHECK(harness_start(&h, &socket_service));
    for (int on_h2 = 0; on_h2 < 2; on_h2++) {
        const unsigned ended = atomic_load(&socket_end_count);

        if (on_h2 == 0) {
            CHECK_INT(client_status(&h,
                                    "GET /other HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                                    "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                    "Sec-WebSocket-Version: 13\r\n\r\n"),
                      500);
        } else {
            c = h2_open(&h);
            h2_request(c, 0, 1, "CONNECT", "/other", SOCKET);
            h2_read(c, 1, &answer);
            CHECK_INT(answer.status, 500);
            h2_hang_up(c);
        }
        CHECK(socket_ends(ended + 1));
        CHECK_INT(atomic_load(&socket_last_code), 1006);
        CHECK_INT(atomic_load(&socket_open_count), 0);
    }
    harness_stop(&h);
}

TEST(no_byte_is_left)
{
    CHECK_INT(meter_live(), 0);
}

int main(void)
{
    meter_install();
    RUN(only_a_service_with_sockets_says_so);
    RUN(handshakes);
    RUN(the_reply_says_what_was_agreed_on);
    RUN(several_sockets_beside_requests);
    RUN(frames_however_they_are_cut);
    RUN(it_ends_as_connections_do);
    RUN(a_stream_that_is_left_open_is_reset);
    RUN(a_reset_amid_a_message);
    RUN(the_connection_is_lost);
    RUN(one_frame_to_all_streams);
    RUN(the_drain);
    RUN(a_window_that_stays_shut);
    RUN(a_window_that_opens_slowly);
    RUN(sending_to_a_shut_window);
    RUN(more_than_the_window);
    RUN(memory_that_ends);
    RUN(no_memory_to_accept);
    RUN(accepted_and_replied_otherwise);
    RUN(no_byte_is_left);
    return TEST_END();
}
