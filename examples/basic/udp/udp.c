/* Sends a batch of datagrams to itself over IPv4 and IPv6, and answers them by one call more. */
#include <flare/loop.h>
#include <flare/udp.h>

#include <stdio.h>

enum { COUNT = 3 };

struct peer {
    flare_watch watch;
    size_t heard;
};

/* Both sides take what came by one call. The server sends it back: who it is from is in the batch. */
static int take(struct peer *peer, flare_datagram batch[COUNT], char room[COUNT][64])
{
    for (size_t i = 0; i < COUNT; i++)
        batch[i] = (flare_datagram){.bytes = room[i], .capacity = sizeof room[i]};
    return flare_udp_receive_batch(peer->watch.fd, batch, COUNT);
}

static void server_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct peer *const peer = FLARE_OWNER(watch, struct peer, watch);
    flare_datagram batch[COUNT];
    char room[COUNT][64];
    int got;

    (void)loop, (void)ready;
    while ((got = take(peer, batch, room)) > 0)
        if (flare_udp_send_batch(watch->fd, batch, (size_t)got) != got)
            (void)fprintf(stderr, "some were lost, as datagrams may be\n");
}

static void client_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct peer *const peer = FLARE_OWNER(watch, struct peer, watch);
    flare_datagram batch[COUNT];
    char room[COUNT][64];
    int got;

    (void)ready;
    while ((got = take(peer, batch, room)) > 0)
        for (int i = 0; i < got; i++, peer->heard++)
            (void)printf("%.*s came back\n", (int)batch[i].length, batch[i].bytes);
    if (peer->heard == COUNT)
        flare_loop_stop(loop);
}

static flare_err open_peer(flare_loop *loop, struct peer *peer, const flare_address *at,
                           flare_watch_function *callback)
{
    const int fd = flare_udp_open(at, NULL);

    if (fd < 0)
        return (flare_err)fd;
    *peer = (struct peer){.watch = {.callback = callback, .fd = fd, .want = FLARE_READ}};
    return flare_loop_add(loop, &peer->watch);
}

static flare_err talk(flare_loop *loop, const flare_address *at)
{
    static char texts[COUNT][6] = {"one", "two", "three"};
    struct peer server, client;
    flare_datagram batch[COUNT];
    flare_address here;
    flare_err err = open_peer(loop, &server, at, server_ready);

    if (err == FLARE_OK)
        err = open_peer(loop, &client, at, client_ready);
    if (err == FLARE_OK)
        err = flare_socket_local(server.watch.fd, &here);
    if (err != FLARE_OK)
        return err;
    for (size_t i = 0; i < COUNT; i++)
        batch[i] = (flare_datagram){.peer = here, .bytes = texts[i], .length = strlen(texts[i])};
    if (flare_udp_send_batch(client.watch.fd, batch, COUNT) != COUNT)
        return FLARE_ERR_IO;
    err = flare_loop_run(loop);
    flare_loop_close(loop, &client.watch);
    flare_loop_close(loop, &server.watch);
    return err;
}

int main(void)
{
    static const flare_str places[] = {FLARE_STR_INIT("127.0.0.1:0"), FLARE_STR_INIT("[::1]:0")};
    flare_loop *loop;
    flare_err err = flare_loop_create(&loop, FLARE_LOOP_DEFAULT);

    for (size_t i = 0; i < 2 && err == FLARE_OK; i++) {
        flare_address at;

        (void)printf("over %s\n", i == 0 ? "IPv4" : "IPv6");
        err = flare_address_parse(places[i], &at, NULL);
        if (err == FLARE_OK)
            err = talk(loop, &at);
    }
    flare_loop_destroy(loop);
    if (err != FLARE_OK)
        (void)fprintf(stderr, "%s\n", flare_err_text(err));
    return err != FLARE_OK;
}
