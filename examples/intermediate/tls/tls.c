/* Both ends of TLS streams on one loop: a server that sends back what it gets in capitals, and a client that
 * speaks to it twice. Usage: tls CERTIFICATE KEY */
#include <flare/stream.h>

#include <ctype.h>
#include <stdio.h>

/* ---- The server ---- */

struct server {
    flare_listener listener;
    flare_watch watch;
    flare_tls_acceptor *tls;
};

static void server_ready(flare_stream *stream, void *context, unsigned ready)
{
    char bytes[256];
    ptrdiff_t got;

    (void)context, (void)ready;
    while ((got = flare_stream_read(stream, bytes, sizeof bytes)) > 0) {
        for (ptrdiff_t i = 0; i < got; i++)
            bytes[i] = (char)toupper((unsigned char)bytes[i]);
        if (flare_stream_write(stream, bytes, (size_t)got) != got)
            break; /* a whole server would keep what is left, and wait for FLARE_WRITE */
    }
    if (got != FLARE_ERR_AGAIN)
        flare_stream_close(stream);
}

static void server_opened(flare_stream *stream, void *context, flare_err err)
{
    if (err != FLARE_OK) {
        flare_stream_close(stream);
        return;
    }
    flare_stream_watch(stream, FLARE_READ, server_ready, context);
    server_ready(stream, context, FLARE_READ); /* what came along with the handshake */
}

static void accept_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct server *const server = FLARE_OWNER(watch, struct server, watch);
    flare_stream *stream;
    int fd;

    (void)ready;
    while ((fd = flare_listener_accept(&server->listener, NULL)) >= 0)
        if (flare_stream_accept(&stream, loop, fd, server->tls, 0, server_opened, server) != FLARE_OK)
            flare_socket_close(fd);
}

static flare_err serve(struct server *server, flare_loop *loop, const char *certificate, const char *key,
                       char why[256])
{
    const flare_tls_pair pair = {.certificate = certificate, .key = key};
    const flare_tls_options options = {.pairs = &pair, .pair_count = 1};
    const flare_address any = {.family = FLARE_ADDRESS_IPV4, .ip = {127, 0, 0, 1}};
    flare_err err = flare_tls_acceptor_create(&server->tls, &options, "capitals", why, 256);

    if (err == FLARE_OK)
        err = flare_listener_open(&server->listener, &any, NULL);
    server->watch = (flare_watch){.callback = accept_ready, .fd = server->listener.fd, .want = FLARE_READ};
    return err == FLARE_OK ? flare_loop_add(loop, &server->watch) : err;
}

/* ---- The client ---- */

struct client {
    flare_dial_options to;
    unsigned left; /* dials */
    flare_err err;
};

static void client_opened(flare_stream *stream, void *context, flare_err err);

static void client_ready(flare_stream *stream, void *context, unsigned ready)
{
    struct client *const client = context;
    flare_loop *const loop = flare_stream_loop(stream);
    char bytes[256];
    const ptrdiff_t got = flare_stream_read(stream, bytes, sizeof bytes);

    (void)ready;
    if (got == FLARE_ERR_AGAIN)
        return;
    if (got > 0)
        printf("%s, %.*s, %s: %.*s\n", flare_stream_tls_version(stream),
               FLARE_STR_ARG(flare_stream_protocol(stream)), flare_stream_resumed(stream) ? "resumed" : "new",
               (int)got, bytes);
    flare_stream_close(stream);
    client->err = got > 0 ? FLARE_OK : (flare_err)got;
    if (client->err == FLARE_OK && --client->left > 0)
        client->err = flare_stream_dial(&stream, loop, &client->to, client_opened, client);
    if (client->err != FLARE_OK || client->left == 0)
        flare_loop_stop(loop);
}

static void client_opened(flare_stream *stream, void *context, flare_err err)
{
    struct client *const client = context;

    if (err != FLARE_OK || flare_stream_write(stream, "hello", 5) != 5) {
        client->err = err;
        flare_loop_stop(flare_stream_loop(stream));
        flare_stream_close(stream);
        return;
    }
    flare_stream_watch(stream, FLARE_READ, client_ready, client);
    client_ready(stream, client, FLARE_READ);
}

int main(int argc, char **argv)
{
    struct server server = {.listener = {.fd = -1}};
    struct client client = {.left = 2};
    flare_tls_connector *connector = NULL;
    flare_stream *stream;
    flare_loop *loop = NULL;
    char why[256] = "";

    if (argc != 3) {
        fprintf(stderr, "usage: tls CERTIFICATE KEY\n");
        return 2;
    }
    client.err = flare_loop_create(&loop, FLARE_LOOP_DEFAULT);
    if (client.err == FLARE_OK)
        client.err = serve(&server, loop, argv[1], argv[2], why);
    if (client.err == FLARE_OK) {
        const flare_tls_connector_options options = {.ca = argv[1]}; /* it signed itself: it is its own CA */

        client.err = flare_tls_connector_create(&connector, &options, why, sizeof why);
    }
    if (client.err == FLARE_OK) {
        client.to =
            (flare_dial_options){.to = {.host = FLARE_STR("127.0.0.1"), .port = server.listener.address.port},
                                 .tls = connector,
                                 .name = FLARE_STR("localhost"),
                                 .protocols = "capitals"};
        client.err = flare_stream_dial(&stream, loop, &client.to, client_opened, &client);
    }
    if (client.err == FLARE_OK)
        (void)flare_loop_run(loop);
    if (client.err != FLARE_OK)
        fprintf(stderr, "tls: %s\n", why[0] ? why : flare_err_text(client.err));
    if (loop != NULL)
        flare_loop_run_once(loop, 0); /* the server hears of the client's end */
    flare_loop_destroy(loop);
    flare_tls_connector_free(connector);
    flare_tls_acceptor_free(server.tls);
    flare_listener_close(&server.listener);
    return client.err != FLARE_OK;
}
