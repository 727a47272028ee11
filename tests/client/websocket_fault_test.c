/* A client's WebSocket over TLS, and without memory or random bytes. */
#include "allocator.h"
#include "played.h"

#include <flare/random.h>

/* ---- Over TLS ---- */

static struct end server;
static flare_tls_acceptor *acceptor;

static void accept_secure(flare_loop *of, flare_watch *watch, unsigned ready)
{
    const int fd = flare_listener_accept(&listener, NULL);

    (void)watch, (void)ready;
    if (fd >= 0)
        CHECK_INT(flare_stream_accept(&server.stream, of, fd, acceptor, 1000, end_opened, &server), FLARE_OK);
}

TEST(over_tls)
{
    flare_tls_connector *const connector =
        connect_as(&(flare_tls_connector_options){.ca = certificate_path("ca.crt")});
    flare_watch watch = {.callback = accept_secure, .fd = listener.fd, .want = FLARE_READ};
    flare_ws_client_options options = {.tls = connector, .timeout_ms = 2000};
    char url[64], accept[FLAREI_WS_ACCEPT_BYTES], reply[512], bytes[64];
    ptrdiff_t got;

    acceptor = accept_as("good", NULL);
    CHECK_INT(flare_loop_add(loop, &watch), FLARE_OK);
    (void)snprintf(url, sizeof url, "wss://127.0.0.1:%u/", listener.address.port);
    options.url = flare_str_of(url);
    memset(&seen, 0, sizeof seen);
    server = (struct end){.stream = NULL};
    CHECK_INT(flare_ws_client_open(&seen.ws, loop, &options, &handler, &seen), FLARE_OK);
    CHECK(run_until(&server.told));
    CHECK_INT(server.err, FLARE_OK);
    const flare_str protocol = flare_stream_protocol(server.stream);

    CHECK_STR(protocol, "http/1.1");
    got = read_some(&server, heard, sizeof heard - 1);
    CHECK(got > 0);
    heard[got > 0 ? got : 0] = '\0';
    flarei_ws_accept((flare_str){strstr(heard, "Sec-WebSocket-Key: ") + 19, 24}, accept);
    const int length =
        snprintf(reply, sizeof reply,
                 "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                 "%.*s\r\n\r\n\x81\x02hi\x88\x02\x03\xe8",
                 (int)sizeof accept, accept);

    CHECK_INT(flare_stream_write(server.stream, reply, (size_t)length), length);
    CHECK(run_until(&seen.opened));
    CHECK_INT(read_some(&server, bytes, sizeof bytes), 8); /* its Close */
    CHECK_INT(read_some(&server, bytes, sizeof bytes), FLARE_ERR_CLOSED);
    flare_stream_close(server.stream);
    CHECK(run_until(&seen.closed));
    CHECK_INT(seen.err, FLARE_OK);
    CHECK_INT(seen.messages, 1);
    CHECK_INT(seen.code, 1000);
    end();
    flare_loop_remove(loop, &watch);
    flare_tls_acceptor_free(acceptor);
    flare_tls_connector_free(connector);
}

/* ---- Faults ---- */

static bool no_random(void *context, void *bytes, size_t len)
{
    (void)context, (void)bytes, (void)len;
    return false;
}

TEST(without_random_bytes)
{
    flarei_random_set(no_random, NULL);
    CHECK_INT(dial_with((flare_ws_client_options){.timeout_ms = 2000}, "/"), FLARE_ERR_IO);
    flarei_random_set(NULL, NULL);
    CHECK(open_with((flare_ws_client_options){.timeout_ms = 2000}, ""));
    flarei_random_set(no_random, NULL);
    CHECK_INT(flare_ws_client_send_text(seen.ws, FLARE_STR("x")), FLARE_ERR_IO);
    flarei_random_set(NULL, NULL);
    CHECK_INT(flare_ws_client_send_text(seen.ws, FLARE_STR("x")), FLARE_OK);
    end();
}

/* Opens, exchanges messages in pieces and closes; whatever fails ends in one of its callbacks. */
static bool whole_life(void)
{
    static char text[100];
    const flare_ws_client_options options = {.timeout_ms = 300};
    const uint64_t until = now_ms() + 400;
    flare_err err = dial_with(options, "/");

    memset(text, 'a', sizeof text);
    if (err == FLARE_OK && hear_request() && !seen.opened) {
        agree("Sec-WebSocket-Extensions: permessage-deflate\r\n");
        (void)run_until(&seen.opened);
    }
    if (seen.opened && seen.err == FLARE_OK) {
        (void)flare_ws_client_send_text(seen.ws, (flare_str){text, sizeof text});
        SAY("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\x01\x01x\x80\x01y\x88\x00");
        (void)shutdown(peer, SHUT_WR);
        while (!seen.closed && now_ms() < until)
            (void)flare_loop_run_once(loop, 5);
        CHECK(seen.closed);
    } else {
        CHECK(err != FLARE_OK || seen.opened);
    }
    const bool good = err == FLARE_OK && seen.closed && seen.err == FLARE_OK && seen.messages == 2;

    end();
    return good;
}

TEST(memory_that_ends_anywhere)
{
    CHECK(test_allocator_end_anywhere(whole_life, 199) >= 5);
}

int main(void)
{
    begin_playing();
    RUN(over_tls);
    RUN(without_random_bytes);
    RUN(memory_that_ends_anywhere);
    end_playing();
    return TEST_END();
}
