/* WebSockets whose functions take their time: in order, one message ahead at most, told when their peer
 * leaves, on either wire and by either way. */
#include "../server/h2_client.h"
#include "talk.h"
#include "net/sys.h"
#include "test.h"

#include <flare/memory.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BIG_BYTES = 60000, WINDOW_BYTES = 65536 };

static struct harness h;
static bool on_h2;
static const char *way; /* "async" or "blocking" */

/* ---- A peer that is the same on either wire ---- */

static struct peer {
    int fd;               /* HTTP/1 */
    struct h2_client *h2; /* or this; its stream is 1 */
    size_t length;        /* of `held` */
    size_t window;        /* that WINDOW_UPDATEs of the stream gave */
    bool ended;
    unsigned char held[1 << 17];
} peer;

/* @return false after `patience_ms` without a byte, or at the end */
static bool more(int patience_ms)
{
    static struct h2_frame frame;
    struct pollfd ready = {.fd = on_h2 ? peer.h2->fd : peer.fd, .events = POLLIN};
    ssize_t got;

    if (peer.ended || poll(&ready, 1, patience_ms) <= 0)
        return false;
    if (!on_h2) {
        got = recv(peer.fd, peer.held + peer.length, sizeof peer.held - peer.length, 0);
        peer.ended = got <= 0;
        peer.length += got > 0 ? (size_t)got : 0;
        return !peer.ended;
    }
    h2_next(peer.h2, &frame);
    peer.ended = frame.type < 0 || frame.type == H2_RST_STREAM;
    if (frame.type == H2_WINDOW_UPDATE && frame.id == 1)
        peer.window += (size_t)frame.payload[0] << 24 | (size_t)frame.payload[1] << 16 |
                       (size_t)frame.payload[2] << 8 | frame.payload[3];
    if (frame.type == H2_DATA) {
        memcpy(peer.held + peer.length, frame.payload, frame.length);
        peer.length += frame.length;
        peer.ended = (frame.flags & H2_END_STREAM) != 0;
    }
    return true;
}

static bool comes(const atomic_int *what, int want)
{
    for (int i = 0; i < 1500; i++) {
        if (atomic_load(what) == want)
            return true;
        sleep_ms(2);
    }
    fprintf(stderr, "it is %d, not %d\n", atomic_load(what), want);
    return false;
}

static void dial(int *fd, const char *path)
{
    char head[256];
    char reply[512] = "";

    *fd = client_dial(&h);
    snprintf(head, sizeof head,
             "GET %s HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
             path);
    client_send(*fd, head);
    for (size_t length = 0; length < sizeof reply - 1 && strstr(reply, "\r\n\r\n") == NULL; length++)
        if (recv(*fd, reply + length, 1, 0) != 1)
            break;
    CHECK(strncmp(reply, "HTTP/1.1 101 ", 13) == 0);
}

static void open_peer(const char *route)
{
    char path[64];

    talk_reset();
    peer.length = peer.window = 0;
    peer.ended = false;
    snprintf(path, sizeof path, "/%s/%s", way, route);
    CHECK(harness_start(&h, &talk_service));
    if (on_h2) {
        peer.h2 = h2_open(&h);
        h2_request(peer.h2, 0, 1, "CONNECT", path, ":protocol: websocket\nsec-websocket-version: 13\n");
        h2_send(peer.h2);
    } else {
        dial(&peer.fd, path);
    }
    CHECK(comes(&talk_open, 1));
}

static void hang_up(void)
{
    if (on_h2)
        h2_hang_up(peer.h2);
    else
        close(peer.fd);
}

static void stop(void)
{
    CHECK(comes(&talk_open, 0));
    CHECK_INT(atomic_load(&talk_overlaps), 0);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

static void end(void)
{
    hang_up();
    stop();
}

/* A frame of which nobody knows more than its first byte; the mask is 0. */
static size_t frame_of(unsigned char *bytes, unsigned first, const char *payload, size_t length)
{
    size_t at = 0;

    bytes[at++] = (unsigned char)first;
    bytes[at++] = (unsigned char)(0x80 | (length < 126 ? length : 126));
    if (length >= 126) {
        bytes[at++] = (unsigned char)(length >> 8);
        bytes[at++] = (unsigned char)length;
    }
    memset(bytes + at, 0, 4);
    memcpy(bytes + at + 4, payload, length);
    return at + 4 + length;
}

static void say(unsigned first, const char *payload)
{
    unsigned char bytes[160];
    const size_t length = frame_of(bytes, first, payload, strlen(payload));

    if (on_h2) {
        h2_frame(peer.h2, H2_DATA, 0, 1, bytes, length);
        h2_send(peer.h2);
    } else {
        client_send_bytes(peer.fd, bytes, length);
    }
}

/* The next short frame's first byte; 0 at the end, -1 if nothing comes for 3 s. */
static char payload[130];
static int hear(void)
{
    size_t length;
    int first;

    while (peer.length < 2 || peer.length < 2u + peer.held[1])
        if (!more(3000))
            return peer.ended ? 0 : -1;
    first = peer.held[0];
    length = peer.held[1];
    memcpy(payload, peer.held + 2, length);
    payload[length] = '\0';
    peer.length -= 2 + length;
    memmove(peer.held, peer.held + 2 + length, peer.length);
    return first;
}

#define HEARS(first, text)                                                                                   \
    do {                                                                                                     \
        CHECK_INT(hear(), first);                                                                            \
        CHECK(strcmp(payload, text) == 0);                                                                   \
    } while (0)

static unsigned close_code(void)
{
    return (unsigned)(unsigned char)payload[0] << 8 | (unsigned char)payload[1];
}

/* ---- Messages ---- */

static void messages_come_one_after_the_other(void)
{
    char text[16];

    open_peer("talk");
    for (int i = 0; i < 8; i++) {
        snprintf(text, sizeof text, "e%d", i);
        say(0x81, text);
    }
    for (int i = 0; i < 8; i++) {
        snprintf(text, sizeof text, "e%d", i);
        HEARS(0x81, text);
    }
    say(0x88, "\x03\xe8");
    CHECK_INT(hear(), 0x88);
    CHECK_INT(close_code(), 1000);
    CHECK(comes(&talk_open, 0));
    CHECK_INT(atomic_load(&talk_code), 1000);
    CHECK_INT(atomic_load(&talk_waited), FLARE_OK);
    end();
}

static void pings_are_answered_and_others_served_meanwhile(void)
{
    open_peer("talk");
    say(0x81, "gate");
    CHECK(comes(&talk_began, 1));
    say(0x89, "are you there");
    HEARS(0x8a, "are you there");
    CHECK_INT(client_status(&h, GET("/plain")), 200);
    CHECK_INT(atomic_load(&talk_ended), 0);
    atomic_store(&talk_gate, true);
    CHECK(comes(&talk_ended, 1));
    end();
}

static void one_that_is_said_goodbye_to(void)
{
    open_peer("talk");
    say(0x81, "gate");
    say(0x81, "bye");
    say(0x81, "echo");
    CHECK(comes(&talk_began, 1));
    atomic_store(&talk_gate, true);
    CHECK_INT(hear(), 0x88);
    CHECK_INT(close_code(), 3000);
    say(0x88, "\x0b\xb8");
    CHECK(comes(&talk_open, 0));
    CHECK_INT(atomic_load(&talk_began), 2);
    CHECK_INT(atomic_load(&talk_code), 3000);
    end();
}

static void values_are_read_and_written(void)
{
    open_peer("typed");
    say(0x81, "{\"text\":\"one\"}");
    say(0x81, "{\"text\":\"\\u0074wo\"}");
    say(0x81, "{\"text\":3}");
    HEARS(0x81, "{\"text\":\"one\"}");
    HEARS(0x81, "{\"text\":\"two\"}");
    CHECK_INT(hear(), 0x88);
    CHECK_INT(close_code(), 1007);
    CHECK(strcmp(payload + 2, "\"/text\" breaks its type") == 0);
    end();
}

static void bytes_are_no_text(void)
{
    open_peer("talk");
    say(0x82, "echo");
    CHECK_INT(hear(), 0x88);
    CHECK_INT(close_code(), 1003);
    end();
}

/* ---- Who is behind is not hurried ---- */

/* @return how many whole frames the server's side took in, with the rest of the last sent afterwards */
static int push_frames(const unsigned char *frame, size_t length)
{
    struct pollfd room = {.fd = peer.fd, .events = POLLOUT};
    size_t sent = 0;

    while (sent < 64u << 20 && poll(&room, 1, 150) > 0) {
        const ssize_t got = send(peer.fd, frame + sent % length, length - sent % length, MSG_DONTWAIT);

        if (got > 0)
            sent += (size_t)got;
    }
    CHECK(sent < 64u << 20);
    CHECK_INT(atomic_load(&talk_began), 1);
    atomic_store(&talk_gate, true);
    if (sent % length != 0)
        client_send_bytes(peer.fd, frame + sent % length, length - sent % length);
    return (int)((sent + length - 1) / length);
}

/* What is taken in is the one at work and the next; what is behind them stays in the window. */
static int push_windows(const unsigned char *frame, size_t length)
{
    const size_t begun = WINDOW_BYTES;
    size_t sent = 0;

    for (;;) {
        const size_t left = begun + peer.window - sent, rest = length - sent % length;
        const size_t piece = left < rest ? left : rest;

        if (piece != 0) {
            h2_frame(peer.h2, H2_DATA, 0, 1, frame + sent % length, piece < 15000 ? piece : 15000);
            h2_send(peer.h2);
            sent += piece < 15000 ? piece : 15000;
        } else if (!atomic_load(&talk_gate)) {
            if (more(150))
                continue;
            CHECK(sent <= 2 * length + WINDOW_BYTES);
            CHECK_INT(atomic_load(&talk_began), 1);
            atomic_store(&talk_gate, true);
        } else if (!more(3000)) {
            break;
        }
        if (atomic_load(&talk_gate) && sent % length == 0)
            break;
    }
    return (int)(sent / length);
}

static void what_is_not_handled_is_not_read(void)
{
    static char text[BIG_BYTES];
    static unsigned char frame[BIG_BYTES + 8];
    size_t length;
    int frames;

    memset(text, 'g', sizeof text);
    length = frame_of(frame, 0x81, text, sizeof text);
    open_peer("talk");
    frames = on_h2 ? push_windows(frame, length) : push_frames(frame, length);
    CHECK(comes(&talk_ended, frames));
    say(0x81, "echo");
    HEARS(0x81, "echo");
    end();
}

static void a_peer_that_does_not_read(void)
{
    open_peer("talk");
    say(0x81, "flood");
    CHECK(comes(&talk_ended, 1));
    CHECK_INT(atomic_load(&talk_sent), FLARE_ERR_AGAIN);
    hang_up();
    CHECK(comes(&talk_open, 0));
    stop();
}

/* ---- Peers that leave ---- */

enum leaving { FIN, GONE, RESET, CLOSE, LEAVINGS };

static void leave(enum leaving leaving)
{
    const struct linger at_once = {.l_onoff = 1};

    if (leaving == CLOSE) {
        say(0x88, "\x03\xe9");
    } else if (leaving == GONE) {
        hang_up();
    } else if (on_h2 && leaving == FIN) {
        h2_frame(peer.h2, H2_DATA, H2_END_STREAM, 1, "", 0);
        h2_send(peer.h2);
    } else if (on_h2) {
        h2_frame(peer.h2, H2_RST_STREAM, 0, 1, "\0\0\0\x08", 4);
        h2_send(peer.h2);
    } else if (leaving == FIN) {
        (void)shutdown(peer.fd, SHUT_WR);
    } else {
        (void)setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        hang_up();
    }
    CHECK(comes(&talk_cancelled, 1));
    CHECK(comes(&talk_open, 0));
    CHECK_INT(atomic_load(&talk_code), leaving == CLOSE ? 1001 : 1006);
    CHECK_INT(atomic_load(&talk_waited), FLARE_OK);
    if (leaving == CLOSE || leaving == FIN || (on_h2 && leaving == RESET))
        hang_up();
    stop();
}

static void a_handler_is_told_that_its_peer_left(void)
{
    for (int leaving = 0; leaving < LEAVINGS; leaving++) {
        open_peer("talk");
        say(0x81, "until");
        CHECK(comes(&talk_began, 1));
        leave((enum leaving)leaving);
        CHECK_INT(atomic_load(&talk_sent), FLARE_ERR_CLOSED);
    }
}

/* A Close would be read later. */
static void so_is_one_that_is_behind(void)
{
    for (int leaving = 0; leaving < CLOSE; leaving++) {
        open_peer("talk");
        say(0x81, "until");
        CHECK(comes(&talk_began, 1));
        say(0x81, "echo");
        say(0x81, "echo");
        say(0x81, "echo");
        sleep_ms(10); /* none of it need be there yet */
        leave((enum leaving)leaving);
    }
}

static void its_time_ends_and_the_socket_goes_on(void)
{
    open_peer("timed");
    say(0x81, "until");
    HEARS(0x81, "until");
    CHECK_INT(atomic_load(&talk_cancelled), 1);
    say(0x81, "echo");
    HEARS(0x81, "echo");
    CHECK_INT(atomic_load(&talk_cancelled), 1);
    end();
}

static void a_drain_tells_it_and_waits(void)
{
    open_peer("talk");
    say(0x81, "until");
    say(0x81, "echo");
    CHECK(comes(&talk_began, 1));
    flare_server_stop(h.server);
    CHECK_INT(hear(), 0x88);
    CHECK_INT(close_code(), 1001);
    CHECK(comes(&talk_cancelled, 1));
    say(0x88, "\x03\xe9");
    CHECK(comes(&talk_open, 0));
    CHECK_INT(atomic_load(&talk_began), 1);
    CHECK_INT(atomic_load(&talk_sent), FLARE_ERR_CLOSED);
    hang_up();
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

#define EACH(X)                                                                                              \
    X(messages_come_one_after_the_other)                                                                     \
    X(pings_are_answered_and_others_served_meanwhile)                                                        \
    X(one_that_is_said_goodbye_to)                                                                           \
    X(values_are_read_and_written)                                                                           \
    X(bytes_are_no_text)                                                                                     \
    X(what_is_not_handled_is_not_read)                                                                       \
    X(a_peer_that_does_not_read)                                                                             \
    X(a_handler_is_told_that_its_peer_left)                                                                  \
    X(so_is_one_that_is_behind)                                                                              \
    X(its_time_ends_and_the_socket_goes_on)                                                                  \
    X(a_drain_tells_it_and_waits)

#define DECLARE(name)                                                                                        \
    TEST(each_##name)                                                                                        \
    {                                                                                                        \
        for (int i = 0; i < 4; i++) {                                                                        \
            on_h2 = i / 2 != 0;                                                                              \
            way = i % 2 != 0 ? "blocking" : "async";                                                         \
            name();                                                                                          \
            if (!test_ok) {                                                                                  \
                fprintf(stderr, "with %s on %s\n", way, on_h2 ? "HTTP/2" : "HTTP/1");                        \
                return;                                                                                      \
            }                                                                                                \
        }                                                                                                    \
    }
EACH(DECLARE)

/* ---- Threads and workers ---- */

TEST(threads_send_to_the_sockets_of_all_workers)
{
    enum { MEMBERS = 6, SAID = 5 };
    static const char heard[] = "\x81\x0c{\"text\":\"x\"}";
    int fds[MEMBERS];
    unsigned char word[16];
    const size_t length = frame_of(word, 0x81, "x", 1);
    char got[sizeof heard - 1];

    on_h2 = false;
    talk_reset();
    harness_options.workers = 2;
    CHECK(harness_start(&h, &talk_service));
    harness_options.workers = 1;
    for (int i = 0; i < MEMBERS; i++)
        dial(&fds[i], "/blocking/room");
    CHECK(comes(&talk_open, MEMBERS));
    for (int k = 0; k < SAID; k++)
        for (int i = 0; i < MEMBERS; i++)
            client_send_bytes(fds[i], word, length);
    for (int i = 0; i < MEMBERS; i++)
        for (int k = 0; k < MEMBERS * SAID; k++) {
            CHECK_INT(recv(fds[i], got, sizeof got, MSG_WAITALL), sizeof got);
            CHECK(memcmp(got, heard, sizeof got) == 0);
        }
    for (int i = 0; i < MEMBERS; i++)
        close(fds[i]);
    CHECK(comes(&talk_open, 0));
    harness_stop(&h);
}

/* ---- No memory ---- */

static atomic_bool no_stacks;

static void *fail_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    if (!atomic_load(&no_stacks))
        return mmap(at, bytes, protection, flags, fd, offset);
    errno = ENOMEM;
    return MAP_FAILED;
}

/* A message is lost, and said to be; the close function waits until it can run. */
TEST(without_a_stack_a_socket_ends)
{
    on_h2 = false;
    way = "async";
    flarei_sys.mmap = fail_mmap;
    atomic_store(&no_stacks, true);
    open_peer("talk");
    say(0x81, "echo");
    CHECK_INT(hear(), 0x88);
    CHECK_INT(close_code(), 1011);
    hang_up();
    sleep_ms(120);
    CHECK_INT(atomic_load(&talk_open), 1);
    atomic_store(&no_stacks, false);
    stop();
    CHECK_INT(atomic_load(&talk_began), 0);
    flarei_sys_reset();
}

static atomic_int calls_left; /* until one gets NULL */
static atomic_int blocks;     /* not released */

static bool fails(void)
{
    return atomic_fetch_sub(&calls_left, 1) == 1;
}

static void *allocate(void *context, size_t bytes)
{
    void *const block = fails() ? NULL : malloc(bytes);

    (void)context;
    atomic_fetch_add(&blocks, block != NULL);
    return block;
}

static void *reallocate(void *context, void *block, size_t bytes)
{
    if (block == NULL)
        return allocate(context, bytes);
    return fails() ? NULL : realloc(block, bytes);
}

static void release(void *context, void *block)
{
    (void)context;
    atomic_fetch_sub(&blocks, 1);
    free(block);
}

/* Whichever call gets none: the message is answered, or the socket ends; and nothing is left behind. */
static void memory_that_ends(int at)
{
    int first;

    open_peer("typed");
    atomic_store(&calls_left, at);
    say(0x81, "{\"text\":\"wh\\u0061t is said\"}");
    first = hear();
    CHECK(first == 0x81 || first == 0x88 || first == 0);
    if (first == 0x88)
        CHECK(close_code() == 1011 || close_code() == 1007);
    end();
    atomic_store(&calls_left, 0);
}

TEST(memory_that_ends_anywhere)
{
    const flare_allocator allocator = {NULL, allocate, reallocate, release};

    flare_allocator_set(&allocator);
    on_h2 = false;
    for (int at = 1; at <= 8; at++) {
        way = at % 2 != 0 ? "blocking" : "async";
        memory_that_ends(at / 2 + 1);
    }
    CHECK_INT(atomic_load(&blocks), 0);
    flare_allocator_set(NULL);
}

#define RUN_EACH(name) RUN(each_##name);

int main(void)
{
    EACH(RUN_EACH)
    RUN(threads_send_to_the_sockets_of_all_workers);
    RUN(without_a_stack_a_socket_ends);
    RUN(memory_that_ends_anywhere);
    return TEST_END();
}
