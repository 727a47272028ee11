/* What runs beside HTTP on the worker's loop: a listener of lines, a socket of datagrams, and a timer. */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINE_MAX_BYTES = 64, TICK_MS = 100, IDLE_MS = 60000, BATCH = 16 };

struct peer {
    struct peer *next;
    struct peer **link; /* what points at it */
    flare_stream *stream;
    flare_reader reader;
    flare_timer idle;
};

static struct {
    flare_listener listener;
    flare_watch accepting;
    flare_watch datagrams;
    flare_timer tick;
    struct peer *peers;
} guest = {.listener = {.fd = -1}, .datagrams = {.fd = -1}};

/* ---- One peer that speaks lines ---- */

static void leave(struct peer *peer)
{
    flare_timer_cancel(flare_stream_loop(peer->stream), &peer->idle);
    flare_reader_free(&peer->reader);
    flare_stream_close(peer->stream);
    *peer->link = peer->next;
    if (peer->next != NULL)
        peer->next->link = peer->link;
    board.lines--;
    free(peer);
}

static void idle_too_long(flare_loop *loop, flare_timer *timer)
{
    (void)loop;
    leave(FLARE_OWNER(timer, struct peer, idle));
}

/* An answer is a few bytes: a peer that does not take them does not read. */
static bool say(struct peer *peer, flare_str text)
{
    return flare_stream_write(peer->stream, text.ptr, text.len) == (ptrdiff_t)text.len;
}

/* `get NAME` or `set NAME NUMBER`. @return whether to go on */
static bool obey(struct peer *peer, flare_str line)
{
    flare_reader words;
    flare_str verb, name;
    char answer[32];

    flare_reader_over_memory(&words, line);
    if (flare_reader_until(&words, FLARE_STR(" "), &verb) != FLARE_OK)
        return say(peer, FLARE_STR("?\n"));
    if (flare_str_equal(verb, FLARE_STR("get"))) {
        const struct board_value *const value = board_find(flare_reader_rest(&words));

        if (value == NULL)
            return say(peer, FLARE_STR("none\n"));
        (void)snprintf(answer, sizeof answer, "%llu\n", (unsigned long long)value->number);
        return say(peer, flare_str_of(answer));
    }
    if (flare_str_equal(verb, FLARE_STR("set")) &&
        flare_reader_until(&words, FLARE_STR(" "), &name) == FLARE_OK &&
        board_set(name, flare_reader_rest(&words)))
        return say(peer, FLARE_STR("ok\n"));
    return say(peer, FLARE_STR("?\n"));
}

static void peer_ready(flare_stream *stream, void *context, unsigned ready)
{
    struct peer *const peer = context;
    flare_str line;
    flare_err err;

    (void)ready;
    flare_timer_set(flare_stream_loop(stream), &peer->idle, IDLE_MS);
    while ((err = flare_reader_line(&peer->reader, &line)) == FLARE_OK)
        if (!obey(peer, line)) {
            leave(peer);
            return;
        }
    if (err != FLARE_ERR_AGAIN)
        leave(peer);
}

static void peer_opened(flare_stream *stream, void *context, flare_err err)
{
    struct peer *const peer = context;

    if (err != FLARE_OK) {
        leave(peer);
        return;
    }
    flare_stream_watch(stream, FLARE_READ, peer_ready, peer);
    peer_ready(stream, peer, FLARE_READ);
}

/* @return whether fd is somebody's now */
static bool welcome(flare_loop *loop, int fd)
{
    struct peer *const peer = calloc(1, sizeof *peer);

    if (peer == NULL ||
        flare_stream_accept(&peer->stream, loop, fd, NULL, 0, peer_opened, peer) != FLARE_OK) {
        free(peer);
        return false;
    }
    flare_reader_over_stream(&peer->reader, peer->stream, 0, LINE_MAX_BYTES);
    peer->idle.callback = idle_too_long;
    peer->link = &guest.peers;
    peer->next = guest.peers;
    if (peer->next != NULL)
        peer->next->link = &peer->next;
    guest.peers = peer;
    board.lines++;
    return true;
}

static void accept_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    int fd;

    (void)watch, (void)ready;
    while ((fd = flare_listener_accept(&guest.listener, NULL)) >= 0)
        if (!welcome(loop, fd))
            flare_socket_close(fd);
}

/* ---- Datagrams: `NAME NUMBER` ---- */

static void datagrams_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    flare_datagram batch[BATCH];
    char room[BATCH][LINE_MAX_BYTES];
    int got;

    (void)loop, (void)ready;
    for (size_t i = 0; i < BATCH; i++)
        batch[i] = (flare_datagram){.bytes = room[i], .capacity = LINE_MAX_BYTES};
    while ((got = flare_udp_receive_batch(watch->fd, batch, BATCH)) > 0)
        for (int i = 0; i < got; i++) {
            flare_reader words;
            flare_str name;

            flare_reader_over_memory(&words, (flare_str){batch[i].bytes, batch[i].length});
            if (flare_reader_until(&words, FLARE_STR(" "), &name) == FLARE_OK)
                (void)board_set(name, flare_reader_rest(&words));
        }
}

/* ---- The timer ---- */

static void tick_due(flare_loop *loop, flare_timer *timer)
{
    board.ticks++;
    flare_timer_set(loop, timer, TICK_MS);
}

/* ---- The guest ---- */

static flare_err open_lines(flare_loop *loop, const flare_address *address)
{
    flare_err err = flare_listener_open(&guest.listener, address, NULL);

    if (err != FLARE_OK)
        return err;
    guest.accepting = (flare_watch){.callback = accept_ready, .fd = guest.listener.fd, .want = FLARE_READ};
    return flare_loop_add(loop, &guest.accepting);
}

/* At the port of the lines. */
static flare_err open_datagrams(flare_loop *loop)
{
    const int fd = flare_udp_open(&guest.listener.address, NULL);

    if (fd < 0)
        return (flare_err)fd;
    guest.datagrams = (flare_watch){.callback = datagrams_ready, .fd = fd, .want = FLARE_READ};
    return flare_loop_add(loop, &guest.datagrams);
}

static void stop_listening(flare_loop *loop, unsigned worker, void *context)
{
    (void)worker, (void)context;
    flare_loop_remove(loop, &guest.accepting);
    flare_listener_close(&guest.listener);
}

static void close_guest(flare_loop *loop, unsigned worker, void *context)
{
    stop_listening(loop, worker, context);
    while (guest.peers != NULL)
        leave(guest.peers);
    if (guest.datagrams.fd >= 0)
        flare_loop_close(loop, &guest.datagrams);
    flare_timer_cancel(loop, &guest.tick);
}

static flare_err open_guest(flare_loop *loop, unsigned worker, void *context)
{
    const char *const asked = getenv("BOARD_LINES");
    char text[FLARE_ADDRESS_TEXT_MAX_BYTES];
    flare_address address;
    flare_err err;

    if (worker > 0) /* the board is of one thread */
        return FLARE_ERR_UNSUPPORTED;
    err = flare_address_parse(flare_str_of(asked ? asked : "127.0.0.1:0"), &address, NULL);
    if (err == FLARE_OK)
        err = open_lines(loop, &address);
    if (err == FLARE_OK)
        err = open_datagrams(loop);
    if (err != FLARE_OK) {
        close_guest(loop, worker, context);
        return err;
    }
    guest.tick.callback = tick_due;
    flare_timer_set(loop, &guest.tick, TICK_MS);
    (void)flare_address_format(&guest.listener.address, text, sizeof text);
    (void)printf("lines and datagrams at %s\n", text);
    (void)fflush(stdout);
    return FLARE_OK;
}

const flare_server_guest board_guest = {.open = open_guest, .drain = stop_listening, .close = close_guest};
