/* ends.h - a client's stream and a server's, of any kind, joined on the test's loop. */
#ifndef FLARE_TEST_CLIENT_ENDS_H
#define FLARE_TEST_CLIENT_ENDS_H

#include "certificates.h"
#include "helper.h"

#include <flare/stream.h>

/* One end, and what it was told. */
struct end {
    flare_stream *stream;
    flare_err err;
    bool told;
    bool ready; /* since it was last asked */
};

struct ends {
    flare_listener listener;
    flare_watch watch;
    flare_tls_acceptor *acceptor;
    struct end client;
    struct end server;
};

static void end_opened(flare_stream *stream, void *context, flare_err err)
{
    struct end *const end = context;

    CHECK(!end->told);
    CHECK(end->stream == NULL || end->stream == stream);
    end->told = true;
    end->err = err;
}

static void end_ready(flare_stream *stream, void *context, unsigned ready)
{
    (void)stream, (void)ready;
    ((struct end *)context)->ready = true;
}

static void accept_ready(flare_loop *of, flare_watch *watch, unsigned ready)
{
    struct ends *const ends = FLARE_OWNER(watch, struct ends, watch);
    int fd;

    (void)ready;
    while ((fd = flare_listener_accept(&ends->listener, NULL)) >= 0) {
        if (ends->server.stream != NULL || flare_stream_accept(&ends->server.stream, of, fd, ends->acceptor,
                                                               2000, end_opened, &ends->server) != FLARE_OK)
            flare_socket_close(fd);
    }
}

static inline void listen_ends(struct ends *ends, const char *address, flare_tls_acceptor *acceptor)
{
    *ends = (struct ends){.acceptor = acceptor};
    ends->listener = listen_on(address);
    ends->watch = (flare_watch){.callback = accept_ready, .fd = ends->listener.fd, .want = FLARE_READ};
    CHECK_INT(flare_loop_add(loop, &ends->watch), FLARE_OK);
}

/* @return what the client was told */
static inline flare_err dial_ends(struct ends *ends, const char *host, flare_tls_connector *tls,
                                  const char *protocols)
{
    const flare_dial_options options = {
        .to = {.host = flare_str_of(host), .port = ends->listener.address.port, .timeout_ms = 3000},
        .tls = tls,
        .name = ends->listener.address.family == FLARE_ADDRESS_UNIX ? FLARE_STR("localhost") : FLARE_STR(""),
        .protocols = protocols};
    flare_dial_options at = options;
    flare_err err;

    if (ends->listener.address.family == FLARE_ADDRESS_UNIX)
        at.to.address = &ends->listener.address;
    err = flare_stream_dial(&ends->client.stream, loop, &at, end_opened, &ends->client);
    if (err != FLARE_OK)
        return err;
    CHECK(!ends->client.told);
    CHECK(run_until(&ends->client.told));
    return ends->client.err;
}

/* Ends both streams, and goes on listening. */
static inline void hang_up(struct ends *ends)
{
    flare_stream_close(ends->client.stream);
    flare_stream_close(ends->server.stream);
    ends->client = ends->server = (struct end){.stream = NULL};
}

static inline void close_ends(struct ends *ends)
{
    hang_up(ends);
    flare_loop_remove(loop, &ends->watch);
    flare_listener_close(&ends->listener);
}

/* ---- Bytes ---- */

/* Reads until there is something, or an error. */
static inline ptrdiff_t read_some(struct end *end, void *buffer, size_t bytes)
{
    const uint64_t until = now_ms() + 5000;
    ptrdiff_t got;

    flare_stream_watch(end->stream, FLARE_READ, end_ready, end);
    end->ready = false;
    while ((got = flare_stream_read(end->stream, buffer, bytes)) == FLARE_ERR_AGAIN && now_ms() < until) {
        (void)run_until(&end->ready);
        end->ready = false;
    }
    return got;
}

/* Sends `bytes` of a pattern from one to the other while both wait for each other, then the end. @return
 * whether all came as it was sent */
static inline bool carry(struct end *from, struct end *to, size_t bytes)
{
    static char sent[1 << 16], got[1 << 16];
    size_t out = 0, in = 0;
    bool shut = false;
    const uint64_t until = now_ms() + 20000;

    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)(i * 7 + i / 251);
    flare_stream_watch(from->stream, FLARE_WRITE, end_ready, from);
    flare_stream_watch(to->stream, FLARE_READ, end_ready, to);
    while (now_ms() < until) {
        ptrdiff_t count = FLARE_ERR_AGAIN;

        while (out < bytes) {
            const size_t at = out % sizeof sent;
            const size_t most = sizeof sent - at < bytes - out ? sizeof sent - at : bytes - out;

            count = flare_stream_write(from->stream, sent + at, most);
            if (count <= 0)
                break;
            out += (size_t)count;
        }
        if (count < 0 && count != FLARE_ERR_AGAIN)
            return false;
        if (out == bytes && !shut)
            shut = flare_stream_shutdown(from->stream) == FLARE_OK;
        while ((count = flare_stream_read(to->stream, got, sizeof got)) > 0) {
            for (ptrdiff_t i = 0; i < count; i++)
                if (got[i] != sent[(in + (size_t)i) % sizeof sent])
                    return false;
            in += (size_t)count;
        }
        if (count != FLARE_ERR_AGAIN)
            return count == FLARE_ERR_CLOSED && in == bytes;
        from->ready = to->ready = false;
        (void)flare_loop_run_once(loop, 100);
    }
    return false;
}

static inline flare_tls_acceptor *accept_as(const char *name, const char *protocols)
{
    char crt[64], key[64], why[256] = "";
    flare_tls_acceptor *acceptor;

    (void)snprintf(crt, sizeof crt, "%s.crt", name);
    (void)snprintf(key, sizeof key, "%s.key", name);
    const flare_tls_pair pair = {certificate_path(crt), certificate_path(key), NULL};
    const flare_tls_options options = {.pairs = &pair, .pair_count = 1};

    if (flare_tls_acceptor_create(&acceptor, &options, protocols, why, sizeof why) != FLARE_OK) {
        fprintf(stderr, "no acceptor: %s\n", why);
        exit(1);
    }
    return acceptor;
}

static inline flare_tls_connector *connect_as(const flare_tls_connector_options *options)
{
    char why[256] = "";
    flare_tls_connector *connector;

    if (flare_tls_connector_create(&connector, options, why, sizeof why) != FLARE_OK) {
        fprintf(stderr, "no connector: %s\n", why);
        exit(1);
    }
    return connector;
}

#endif
