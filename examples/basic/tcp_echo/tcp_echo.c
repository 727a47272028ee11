/* An echo server on a loop, and a client of it, over IPv4 and IPv6. */
#include <flare/stream.h>

#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 4096 };

/* A peer of the server: bytes that were read and not yet written back. */
struct echo {
    flare_stream *stream;
    size_t from, to;
    char bytes[ROOM];
};

static void leave(struct echo *echo)
{
    flare_stream_close(echo->stream);
    free(echo);
}

/* Reads only while it holds nothing: who does not read what comes back is not read from. */
static void echo_ready(flare_stream *stream, void *context, unsigned ready)
{
    struct echo *const echo = context;
    ptrdiff_t moved = 0;

    (void)ready;
    do {
        if (echo->from == echo->to) {
            moved = flare_stream_read(stream, echo->bytes, ROOM);
            echo->from = 0;
            echo->to = moved > 0 ? (size_t)moved : 0;
        } else {
            moved = flare_stream_write(stream, echo->bytes + echo->from, echo->to - echo->from);
            echo->from += moved > 0 ? (size_t)moved : 0;
        }
    } while (moved > 0);
    if (moved != FLARE_ERR_AGAIN)
        leave(echo);
    else
        flare_stream_watch(stream, echo->from == echo->to ? FLARE_READ : FLARE_WRITE, echo_ready, echo);
}

static void echo_opened(flare_stream *stream, void *context, flare_err err)
{
    if (err != FLARE_OK)
        leave(context);
    else
        echo_ready(stream, context, FLARE_READ);
}

struct server {
    flare_listener listener;
    flare_watch watch;
};

static void accept_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct server *const server = FLARE_OWNER(watch, struct server, watch);
    int fd;

    (void)ready;
    while ((fd = flare_listener_accept(&server->listener, NULL)) >= 0) {
        struct echo *const echo = calloc(1, sizeof *echo);

        if (echo == NULL ||
            flare_stream_accept(&echo->stream, loop, fd, NULL, 0, echo_opened, echo) != FLARE_OK) {
            free(echo);
            flare_socket_close(fd);
        }
    }
}

/* ---- The client: says something, ends its side, and counts what comes back ---- */

struct client {
    flare_loop *loop;
    flare_err err;
    size_t sent, back;
};

static const char words[] = "all that is said comes back";

static void client_ready(flare_stream *stream, void *context, unsigned ready)
{
    struct client *const client = context;
    char room[ROOM];
    ptrdiff_t got;

    (void)ready;
    while ((got = flare_stream_read(stream, room, sizeof room)) > 0)
        client->back += (size_t)got;
    if (got == FLARE_ERR_AGAIN)
        return;
    client->err = got == FLARE_ERR_CLOSED ? FLARE_OK : (flare_err)got;
    flare_stream_close(stream);
    flare_loop_stop(client->loop);
}

static void client_opened(flare_stream *stream, void *context, flare_err err)
{
    struct client *const client = context;
    const ptrdiff_t sent = err == FLARE_OK ? flare_stream_write(stream, words, sizeof words - 1) : err;

    client->sent = sent > 0 ? (size_t)sent : 0;
    if (sent > 0 && flare_stream_shutdown(stream) == FLARE_OK) {
        flare_stream_watch(stream, FLARE_READ, client_ready, client);
        return;
    }
    client->err = err;
    flare_stream_close(stream);
    flare_loop_stop(client->loop);
}

/* ---- Both ---- */

static flare_err talk(flare_loop *loop, const char *place, const char *host)
{
    struct server server;
    struct client client = {.loop = loop, .err = FLARE_ERR_STATE};
    flare_dial_options to = {.to = {.host = flare_str_of(host), .timeout_ms = 2000}};
    flare_address address;
    flare_stream *stream;
    flare_err err = flare_address_parse(flare_str_of(place), &address, NULL);

    if (err == FLARE_OK)
        err = flare_listener_open(&server.listener, &address, NULL);
    if (err != FLARE_OK)
        return err;
    server.watch = (flare_watch){.callback = accept_ready, .fd = server.listener.fd, .want = FLARE_READ};
    err = flare_loop_add(loop, &server.watch);
    to.to.port = server.listener.address.port;
    if (err == FLARE_OK)
        err = flare_stream_dial(&stream, loop, &to, client_opened, &client);
    if (err == FLARE_OK)
        err = flare_loop_run(loop);
    flare_loop_remove(loop, &server.watch);
    flare_listener_close(&server.listener);
    (void)printf("%s: %zu bytes, %zu came back\n", host, client.sent, client.back);
    return err == FLARE_OK ? client.err : err;
}

int main(void)
{
    flare_loop *loop;
    flare_err err = flare_loop_create(&loop, FLARE_LOOP_DEFAULT);

    if (err == FLARE_OK)
        err = talk(loop, "127.0.0.1:0", "127.0.0.1");
    if (err == FLARE_OK)
        err = talk(loop, "[::1]:0", "::1");
    flare_loop_destroy(loop);
    if (err != FLARE_OK)
        (void)fprintf(stderr, "%s\n", flare_err_text(err));
    return err != FLARE_OK;
}
