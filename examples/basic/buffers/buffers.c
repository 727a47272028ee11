/* A server that borrows its buffers from a pool, receives into two of them by one system call, and replies
 * with a date and what came by one more; and a client of it. */
#include <flare/http_date.h>
#include <flare/loop.h>
#include <flare/net.h>
#include <flare/pool.h>

#include <stdio.h>

enum { BLOCK_BYTES = 4096, MARK_BYTES = 4, ROUNDS = 10 };

struct server {
    flare_listener listener;
    flare_watch accepts;
    flare_watch peer;
    flare_pool blocks;
    flare_http_date date;
};

struct client {
    flare_watch watch;
    size_t rounds;
    size_t date_bytes;
    bool good;
};

/* Connections come and go, buffers only while there is something in them. */
static void answer(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct server *const server = FLARE_OWNER(watch, struct server, peer);
    char *const mark = flare_pool_take(&server->blocks), *const rest = flare_pool_take(&server->blocks);
    ptrdiff_t got = FLARE_ERR_MEMORY;

    (void)ready;
    if (mark != NULL && rest != NULL) {
        const flare_room rooms[] = {{mark, MARK_BYTES}, {rest, BLOCK_BYTES}};

        got = flare_socket_receive_rooms(watch->fd, rooms, 2);
    }
    if (got > MARK_BYTES) {
        const flare_str parts[] = {flare_http_date_line(&server->date, flare_loop_wall_s(loop)),
                                   {rest, (size_t)got - MARK_BYTES},
                                   {mark, MARK_BYTES}};

        if (flare_socket_send_slices(watch->fd, parts, 3) < 0) /* little, so it is taken whole */
            flare_loop_stop(loop);
    }
    if (mark != NULL)
        flare_pool_give(&server->blocks, mark);
    if (rest != NULL)
        flare_pool_give(&server->blocks, rest);
}

static void accept_one(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct server *const server = FLARE_OWNER(watch, struct server, accepts);
    const int fd = flare_listener_accept(&server->listener, NULL);

    (void)ready;
    if (fd < 0)
        return;
    server->peer = (flare_watch){.callback = answer, .fd = fd, .want = FLARE_READ};
    if (flare_loop_add(loop, &server->peer) != FLARE_OK)
        flare_socket_close(fd);
}

/* Says it in two slices, and hears it the other way round behind a date. */
static void talk(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    static const flare_str said[] = {FLARE_STR_INIT("mark"), FLARE_STR_INIT("and the rest")};
    struct client *const client = FLARE_OWNER(watch, struct client, watch);
    char room[256];
    ptrdiff_t got;

    if (client->rounds == 0 && (ready & FLARE_WRITE)) {
        client->good = flare_socket_send_slices(watch->fd, said, 2) == 16;
        client->rounds = 1;
        watch->want = FLARE_READ;
    }
    got = flare_socket_receive(watch->fd, room, sizeof room);
    if (got == FLARE_ERR_AGAIN)
        return;
    client->date_bytes = got > 16 ? (size_t)got - 16 : 0;
    client->good &=
        got > 16 && memcmp(room, "Date: ", 6) == 0 && memcmp(room + got - 16, "and the restmark", 16) == 0;
    if (!client->good || client->rounds++ == ROUNDS)
        flare_loop_stop(loop);
    else
        client->good = flare_socket_send_slices(watch->fd, said, 2) == 16;
}

static flare_err run(flare_loop *loop, const flare_address *at)
{
    struct server server = {.peer = {.fd = -1}};
    struct client client = {.good = false};
    flare_err err = flare_listener_open(&server.listener, at, NULL);

    if (err != FLARE_OK)
        return err;
    flare_pool_of_blocks(&server.blocks, BLOCK_BYTES, 0);
    flare_http_date_init(&server.date);
    server.accepts = (flare_watch){.callback = accept_one, .fd = server.listener.fd, .want = FLARE_READ};
    client.watch = (flare_watch){.callback = talk,
                                 .fd = flare_socket_connect(&server.listener.address),
                                 .want = FLARE_READ | FLARE_WRITE};
    err = client.watch.fd >= 0 ? flare_loop_add(loop, &server.accepts) : (flare_err)client.watch.fd;
    if (err == FLARE_OK)
        err = flare_loop_add(loop, &client.watch);
    if (err == FLARE_OK)
        err = flare_loop_run(loop);
    if (flare_watch_active(&client.watch))
        flare_loop_close(loop, &client.watch);
    if (flare_watch_active(&server.peer))
        flare_loop_close(loop, &server.peer);
    if (flare_watch_active(&server.accepts))
        flare_loop_remove(loop, &server.accepts);
    flare_listener_close(&server.listener);
    (void)printf("%s: %d rounds %s, each behind a date of %zu bytes; %u blocks were made\n",
                 at->family == FLARE_ADDRESS_IPV4 ? "IPv4" : "IPv6", ROUNDS,
                 client.good ? "came back" : "failed", client.date_bytes, server.blocks.free_count);
    flare_pool_clear(&server.blocks);
    return client.good ? err : FLARE_ERR_IO;
}

int main(void)
{
    static const flare_str places[] = {FLARE_STR_INIT("127.0.0.1:0"), FLARE_STR_INIT("[::1]:0")};
    flare_loop *loop;
    flare_err err = flare_loop_create(&loop, FLARE_LOOP_DEFAULT);

    for (size_t i = 0; i < 2 && err == FLARE_OK; i++) {
        flare_address at;

        err = flare_address_parse(places[i], &at, NULL);
        if (err == FLARE_OK)
            err = run(loop, &at);
    }
    flare_loop_destroy(loop);
    if (err != FLARE_OK)
        (void)fprintf(stderr, "%s\n", flare_err_text(err));
    return err != FLARE_OK;
}
