/* Quiet, slow and deaf peers of WebSockets, on HTTP/1 and on streams of HTTP/2: each limit just below and
 * just above. */
#include "h2_client.h"
#include "socket_service.h"
#include "test.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- A peer that is the same on either wire ---- */

static struct harness h;
static bool on_h2;

static struct peer {
    int fd;               /* HTTP/1 */
    struct h2_client *h2; /* or this; its stream is 1 */
    size_t length;        /* of `held` */
    bool ended;
    uint64_t opened_ms;
    unsigned char held[1 << 16];
} peer;

/* @return false after `patience_ms` without a byte, or at the end */
static bool more(unsigned patience_ms)
{
    static struct h2_frame frame;
    struct pollfd ready = {.fd = on_h2 ? peer.h2->fd : peer.fd, .events = POLLIN};
    ssize_t got;

    if (peer.ended || poll(&ready, 1, (int)patience_ms) <= 0)
        return false;
    if (!on_h2) {
        got = recv(peer.fd, peer.held + peer.length, sizeof peer.held - peer.length, 0);
        peer.ended = got <= 0;
        peer.length += got > 0 ? (size_t)got : 0;
        return !peer.ended;
    }
    h2_next(peer.h2, &frame);
    peer.ended = frame.type < 0 || frame.type == H2_RST_STREAM || frame.type == H2_GOAWAY;
    if (frame.type == H2_DATA) {
        memcpy(peer.held + peer.length, frame.payload, frame.length);
        peer.length += frame.length;
        peer.ended = (frame.flags & H2_END_STREAM) != 0;
    }
    return true;
}

static void open_peer(const char *path, const flare_limits *limits, bool small)
{
    char head[256];

    socket_limits = limits != NULL ? *limits : (flare_limits){0};
    atomic_store(&socket_end_count, 0);
    atomic_store(&socket_again_count, 0);
    CHECK(harness_start(&h, &socket_service));
    peer.length = 0;
    peer.ended = false;
    peer.opened_ms = now_ms();
    if (on_h2) {
        peer.h2 = h2_open_with(&h, (const uint32_t[][2]){{4, small ? 1000 : 60000}}, 1);
        h2_request(peer.h2, 0, 1, "CONNECT", path, ":protocol: websocket\nsec-websocket-version: 13\n");
        h2_send(peer.h2);
    } else {
        peer.fd = small ? client_dial_small(&h) : client_dial(&h);
        snprintf(head, sizeof head,
                 "GET %s HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                 path);
        client_send(peer.fd, head);
        while (peer.length < 4 || memmem(peer.held, peer.length, "\r\n\r\n", 4) == NULL)
            if (!more(3000))
                break;
        const unsigned char *const end = memmem(peer.held, peer.length, "\r\n\r\n", 4);
        CHECK(end != NULL);
        peer.length -= (size_t)(end + 4 - peer.held);
        memmove(peer.held, end + 4, peer.length);
    }
    for (int i = 0; i < 300 && atomic_load(&socket_open_count) == 0; i++)
        sleep_ms(5);
    CHECK_INT(atomic_load(&socket_open_count), 1);
}

static void close_peer(void)
{
    if (on_h2)
        h2_hang_up(peer.h2);
    else
        close(peer.fd);
    harness_stop(&h);
    CHECK_INT(atomic_load(&socket_open_count), 0);
}

static void send_bytes(const void *bytes, size_t length)
{
    if (on_h2) {
        h2_frame(peer.h2, H2_DATA, 0, 1, bytes, length);
        h2_send(peer.h2);
    } else {
        client_send_bytes(peer.fd, bytes, length);
    }
}

/* A short frame; the mask is 0. */
static void say(unsigned first, const char *payload)
{
    unsigned char bytes[64] = {(unsigned char)first, (unsigned char)(0x80 | strlen(payload))};

    memcpy(bytes + 6, payload, strlen(payload));
    send_bytes(bytes, 6 + strlen(payload));
}

/* The next short frame's first byte; 0 at the end, -1 if nothing comes for 3 s. The payload goes to
 * `payload`. */
static char payload[130];
static int hear(void)
{
    size_t length;
    int first;

    while (peer.length < 2 || peer.length < 2u + peer.held[1])
        if (!more(3000) && !peer.ended)
            return -1;
        else if (peer.ended && peer.length < 2)
            return 0;
    first = peer.held[0];
    length = peer.held[1];
    memcpy(payload, peer.held + 2, length);
    payload[length] = '\0';
    peer.length -= 2 + length;
    memmove(peer.held, peer.held + 2 + length, peer.length);
    return first;
}

static unsigned close_code(void)
{
    return (unsigned)(unsigned char)payload[0] << 8 | (unsigned char)payload[1];
}

/* Is it `want_ms` since then, or up to 600 ms more on a busy machine? */
static bool about(uint64_t since_ms, uint64_t want_ms)
{
    const uint64_t took = now_ms() - since_ms;

    if (took + 30 >= want_ms && took <= want_ms + 600)
        return true;
    fprintf(stderr, "took %d ms, not %d\n", (int)took, (int)want_ms);
    return false;
}

/* ---- Pings ---- */

static void one_that_never_pongs(void)
{
    open_peer("/timed", NULL, false);
    CHECK_INT(hear(), 0x89);
    CHECK(about(peer.opened_ms, SOCKET_PING_MS));
    CHECK_INT(hear(), 0);
    CHECK(about(peer.opened_ms, SOCKET_PING_MS + SOCKET_PONG_MS));
    CHECK(socket_ends(1));
    CHECK_INT(atomic_load(&socket_last_code), 1006);
    close_peer();
}

static void one_that_pongs_in_time_and_then_too_late(void)
{
    open_peer("/timed", NULL, false);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(hear(), 0x89);
        sleep_ms(SOCKET_PONG_MS / 2);
        say(0x8a, "");
    }
    CHECK_INT(hear(), 0x89);
    CHECK_INT(atomic_load(&socket_end_count), 0);
    sleep_ms(SOCKET_PONG_MS + 100);
    CHECK_INT(atomic_load(&socket_end_count), 1);
    CHECK_INT(hear(), 0);
    close_peer();
}

/* Whatever comes is a sign of life: no Ping is needed. */
static void one_that_talks(void)
{
    open_peer("/timed", NULL, false);
    for (int i = 0; i < 4; i++) {
        sleep_ms(SOCKET_PING_MS / 2);
        say(0x81, "x");
        CHECK_INT(hear(), 0x81);
    }
    close_peer();
}

/* ---- Messages ---- */

static void pongs_are_no_messages(void)
{
    int first;

    open_peer("/talk", NULL, false);
    while ((first = hear()) == 0x89)
        say(0x8a, "");
    CHECK_INT(first, 0x88);
    CHECK_INT(close_code(), 1001);
    CHECK(about(peer.opened_ms, SOCKET_TALK_MS));
    say(0x88, "");
    CHECK_INT(hear(), 0);
    close_peer();
}

/* A frame that comes byte by byte: in time, or not. */
static void trickle(unsigned bytes, unsigned pause_ms)
{
    unsigned char frame[70] = {0x81, (unsigned char)(0x80 | bytes)};

    memset(frame + 6, 'x', bytes);
    for (unsigned i = 0; i < 6 + bytes && !peer.ended; i++) {
        send_bytes(frame + i, 1);
        (void)more(pause_ms);
        sleep_ms(pause_ms);
    }
}

static void a_frame_that_trickles_in_time(void)
{
    open_peer("/talk", NULL, false);
    trickle(2, SOCKET_TALK_MS / 24); /* 8 bytes in about a third to two thirds of the time */
    while (peer.length != 0 && peer.held[0] == 0x89)
        (void)hear();
    CHECK_INT(hear(), 0x81);
    CHECK_INT(atomic_load(&socket_end_count), 0);
    close_peer();
}

static void a_frame_that_trickles_for_ever(void)
{
    int first;

    open_peer("/talk", NULL, false);
    trickle(40, 10);
    do
        first = hear();
    while (first == 0x89);
    CHECK_INT(first, 0x88);
    CHECK_INT(close_code(), 1001);
    close_peer();
}

/* ---- Ends ---- */

static void a_close_that_is_answered_in_time(void)
{
    open_peer("/timed", NULL, false);
    say(0x81, "bye");
    CHECK_INT(hear(), 0x88);
    CHECK_INT(close_code(), 3000);
    sleep_ms(SOCKET_CLOSE_MS / 2);
    CHECK_INT(atomic_load(&socket_end_count), 0);
    say(0x88, "\x0b\xb8");
    CHECK(socket_ends(1));
    CHECK_INT(atomic_load(&socket_last_code), 3000);
    CHECK_INT(hear(), 0);
    close_peer();
}

static void a_close_that_is_not_answered(void)
{
    uint64_t said_ms;

    open_peer("/timed", NULL, false);
    say(0x81, "bye");
    CHECK_INT(hear(), 0x88);
    said_ms = now_ms();
    for (int i = 0; i < 3; i++) { /* what else it says is no answer */
        sleep_ms(50);
        say(0x8a, "");
    }
    CHECK_INT(hear(), 0);
    CHECK(about(said_ms, SOCKET_CLOSE_MS));
    CHECK(socket_ends(1));
    CHECK_INT(atomic_load(&socket_last_code), 3000);
    close_peer();
}

/* ---- Peers that do not read ---- */

enum { WRITE_MS = 500, FLOODS = 12 };

static void fill(void)
{
    for (int i = 0; i < FLOODS; i++) {
        say(0x81, "more");
        sleep_ms(5);
    }
}

static void one_that_never_reads(void)
{
    const flare_limits limits = {.write_time_ms = WRITE_MS};
    uint64_t filled_ms;

    open_peer("/flood", &limits, true);
    filled_ms = now_ms();
    fill();
    CHECK(socket_ends(1));
    const uint64_t took =
        now_ms() - filled_ms; /* the kernel may take more at the first try: a second time begins */
    if (took < WRITE_MS - 100 || took > 4 * WRITE_MS)
        CHECK_INT(took, WRITE_MS);
    CHECK_INT(atomic_load(&socket_last_code), 1006);
    CHECK(atomic_load(&socket_again_count) > 0);
    close_peer();
}

/* It takes little, but in time, for longer than the limit: a slow peer is no dead one. */
static void one_that_reads_slowly(void)
{
    const flare_limits limits = {.write_time_ms = WRITE_MS};

    open_peer("/flood", &limits, true);
    fill();
    for (int i = 0; i < 8; i++) {
        const uint64_t until_ms = now_ms() + 100;

        while (now_ms() < until_ms && more(50)) {
            peer.length = 0;
            if (on_h2) {
                h2_window(peer.h2, 0, 1000);
                h2_window(peer.h2, 1, 1000);
                h2_send(peer.h2);
                sleep_ms(20);
            }
        }
        sleep_ms(100);
    }
    CHECK_INT(atomic_load(&socket_end_count), 0);
    close_peer();
}

#define EACH(X)                                                                                              \
    X(one_that_never_pongs)                                                                                  \
    X(one_that_pongs_in_time_and_then_too_late)                                                              \
    X(one_that_talks)                                                                                        \
    X(pongs_are_no_messages)                                                                                 \
    X(a_frame_that_trickles_in_time)                                                                         \
    X(a_frame_that_trickles_for_ever)                                                                        \
    X(a_close_that_is_answered_in_time)                                                                      \
    X(a_close_that_is_not_answered)                                                                          \
    X(one_that_never_reads)                                                                                  \
    X(one_that_reads_slowly)

#define DECLARE(name)                                                                                        \
    TEST(h1_##name)                                                                                          \
    {                                                                                                        \
        on_h2 = false;                                                                                       \
        name();                                                                                              \
    }                                                                                                        \
    TEST(h2_##name)                                                                                          \
    {                                                                                                        \
        on_h2 = true;                                                                                        \
        name();                                                                                              \
    }
EACH(DECLARE)

#define RUN_BOTH(name)                                                                                       \
    RUN(h1_##name);                                                                                          \
    RUN(h2_##name);

int main(void)
{
    EACH(RUN_BOTH)
    return TEST_END();
}
