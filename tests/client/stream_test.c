#include "ends.h"

static flare_tls_acceptor *acceptor;
static flare_tls_connector *connector;

/* ---- The same over each kind ---- */

static void carry_both_ways(const char *address, const char *host, bool secure)
{
    struct ends ends;

    for (int way = 0; way < 2; way++) {
        listen_ends(&ends, address, secure ? acceptor : NULL);
        CHECK_INT(dial_ends(&ends, host, secure ? connector : NULL, NULL), FLARE_OK);
        if (ends.client.err == FLARE_OK) {
            CHECK(run_until(&ends.server.told));
            CHECK_INT(ends.server.err, FLARE_OK);
            CHECK_INT(flare_stream_is_secure(ends.client.stream), secure);
            CHECK_INT(flare_stream_is_secure(ends.server.stream), secure);
            CHECK(flare_stream_loop(ends.client.stream) == loop);
            CHECK(flare_stream_fd(ends.client.stream) >= 0);
            CHECK(way == 0 ? carry(&ends.client, &ends.server, 3 << 20)
                           : carry(&ends.server, &ends.client, 3 << 20));
        }
        close_ends(&ends);
    }
}

TEST(tcp)
{
    carry_both_ways("127.0.0.1:0", "127.0.0.1", false);
    if (has_ipv6())
        carry_both_ways("[::1]:0", "::1", false);
}

static const char *unix_address(void)
{
    static char text[64];

    (void)snprintf(text, sizeof text, "unix:/tmp/flare-stream-%ld.sock", (long)getpid());
    return text;
}

TEST(unix_sockets)
{
    carry_both_ways(unix_address(), "", false);
    carry_both_ways(unix_address(), "", true);
}

TEST(tls)
{
    carry_both_ways("127.0.0.1:0", "127.0.0.1", true);
    if (has_ipv6())
        carry_both_ways("[::1]:0", "::1", true);
}

TEST(by_a_name)
{
    answer("127.0.0.1", NULL);
    carry_both_ways("127.0.0.1:0", "localhost", false);
    carry_both_ways("127.0.0.1:0", "localhost", true);
}

/* ---- Its life ---- */

TEST(closed_before_it_is_open)
{
    struct ends ends;

    for (int kind = 0; kind < 2; kind++) {
        for (unsigned turns = 0; turns < 4; turns++) {
            listen_ends(&ends, "127.0.0.1:0", kind ? acceptor : NULL);
            const flare_dial_options options = {
                .to = {.host = FLARE_STR("localhost"), .port = ends.listener.address.port},
                .tls = kind ? connector : NULL};

            answer("127.0.0.1", NULL);
            CHECK_INT(flare_stream_dial(&ends.client.stream, loop, &options, end_opened, &ends.client),
                      FLARE_OK);
            CHECK_INT(flare_stream_read(ends.client.stream, &(char){0}, 1), FLARE_ERR_STATE);
            CHECK_INT(flare_stream_shutdown(ends.client.stream), FLARE_ERR_STATE);
            for (unsigned i = 0; i < turns; i++)
                (void)flare_loop_run_once(loop, 5);
            hang_up(&ends);
            run_for(10);
            close_ends(&ends);
        }
    }
}

TEST(the_peer_ends_and_resets)
{
    struct ends ends;
    char byte;

    listen_ends(&ends, "127.0.0.1:0", NULL);
    CHECK_INT(dial_ends(&ends, "127.0.0.1", NULL, NULL), FLARE_OK);
    CHECK(run_until(&ends.server.told));
    CHECK_INT(flare_stream_read(ends.client.stream, &byte, 1), FLARE_ERR_AGAIN);
    flare_stream_close(ends.server.stream);
    ends.server.stream = NULL;
    CHECK_INT(read_some(&ends.client, &byte, 1), FLARE_ERR_CLOSED);
    hang_up(&ends);

    CHECK_INT(dial_ends(&ends, "127.0.0.1", NULL, NULL), FLARE_OK);
    CHECK(run_until(&ends.server.told));
    CHECK_INT(flare_socket_abort(flare_stream_fd(ends.server.stream)), FLARE_OK);
    flare_stream_close(ends.server.stream);
    ends.server.stream = NULL;
    CHECK_INT(read_some(&ends.client, &byte, 1), FLARE_ERR_RESET);
    close_ends(&ends);
}

/* TLS says that it ends; whoever cuts the connection may have cut bytes off. */
TEST(an_end_without_notice_is_a_reset)
{
    struct ends ends;
    char byte;

    listen_ends(&ends, "127.0.0.1:0", acceptor);
    CHECK_INT(dial_ends(&ends, "127.0.0.1", connector, NULL), FLARE_OK);
    CHECK(run_until(&ends.server.told));
    CHECK_INT(flare_stream_write(ends.server.stream, "x", 1), 1);
    CHECK_INT(flare_socket_shutdown(flare_stream_fd(ends.server.stream)), FLARE_OK);
    CHECK_INT(read_some(&ends.client, &byte, 1), 1);
    CHECK_INT(read_some(&ends.client, &byte, 1), FLARE_ERR_RESET);
    close_ends(&ends);
}

/* Bytes and the end come at once: a short read must be told of more. */
TEST(the_end_behind_the_last_bytes_is_told)
{
    for (int kind = 0; kind < 2; kind++) {
        struct ends ends;
        char bytes[100];

        listen_ends(&ends, "127.0.0.1:0", kind ? acceptor : NULL);
        CHECK_INT(dial_ends(&ends, "127.0.0.1", kind ? connector : NULL, NULL), FLARE_OK);
        CHECK(run_until(&ends.server.told));
        CHECK_INT(flare_stream_write(ends.server.stream, "hello", 5), 5);
        flare_stream_close(ends.server.stream);
        ends.server.stream = NULL;
        flare_stream_watch(ends.client.stream, FLARE_READ, end_ready, &ends.client);
        ends.client.ready = false;
        CHECK(run_until(&ends.client.ready));
        CHECK_INT(flare_stream_read(ends.client.stream, bytes, sizeof bytes), 5);
        ends.client.ready = false;
        if (flare_stream_read(ends.client.stream, bytes, sizeof bytes) == FLARE_ERR_AGAIN)
            CHECK(run_until(&ends.client.ready));
        CHECK_INT(read_some(&ends.client, bytes, sizeof bytes), FLARE_ERR_CLOSED);
        close_ends(&ends);
    }
}

TEST(places_that_can_not_be)
{
    struct ends ends;

    listen_ends(&ends, "127.0.0.1:0", NULL);
    CHECK_INT(dial_ends(&ends, "", NULL, NULL), FLARE_ERR_ARGUMENT);
    CHECK_INT(dial_ends(&ends, "127.0.0.1", connector, ""), FLARE_ERR_ARGUMENT);
    CHECK_INT(dial_ends(&ends, "127.0.0.1", connector, "a,,b"), FLARE_ERR_ARGUMENT);
    flare_stream_close(NULL);
    close_ends(&ends);
}

/* ---- Waiting ---- */

static void *echo(void *context)
{
    const flare_listener *const listener = context;
    char bytes[4096];
    int fd;
    ptrdiff_t got;

    while ((fd = flare_listener_accept(listener, NULL)) < 0)
        (void)usleep(1000);
    while ((got = flare_socket_receive(fd, bytes, sizeof bytes)) > 0 || got == FLARE_ERR_AGAIN)
        if (got < 0)
            (void)usleep(1000);
        else if (flare_socket_send(fd, bytes, (size_t)got) != got)
            break;
    flare_socket_close(fd);
    return NULL;
}

TEST(without_a_loop)
{
    flare_listener listener = listen_on("127.0.0.1:0");
    const flare_dial_options options = {
        .to = {.host = FLARE_STR("127.0.0.1"), .port = listener.address.port}};
    flare_stream *stream;
    pthread_t thread;
    char bytes[16];

    CHECK_INT(pthread_create(&thread, NULL, echo, &listener), 0);
    CHECK_INT(flare_stream_dial_wait(&stream, &options), FLARE_OK);
    CHECK_INT(flare_stream_write_wait(stream, "hello", 5, 1000), FLARE_OK);
    CHECK_INT(flare_stream_read_wait(stream, bytes, sizeof bytes, 1000), 5);
    CHECK_INT(flare_stream_read_wait(stream, bytes, sizeof bytes, 30), FLARE_ERR_TIMEOUT);
    flare_stream_close(stream);
    (void)pthread_join(thread, NULL);
    flare_listener_close(&listener);
    CHECK_INT(flare_stream_dial_wait(&stream, &options), FLARE_ERR_REFUSED);
    CHECK(stream == NULL);
}

TEST(waiting_is_for_streams_that_have_a_loop_of_their_own)
{
    struct ends ends;
    char byte;

    listen_ends(&ends, "127.0.0.1:0", NULL);
    CHECK_INT(dial_ends(&ends, "127.0.0.1", NULL, NULL), FLARE_OK);
    CHECK_INT(flare_stream_read_wait(ends.client.stream, &byte, 1, 10), FLARE_ERR_STATE);
    close_ends(&ends);
}

int main(void)
{
    make_certificates();
    open_loop();
    acceptor = accept_as("good", NULL);
    connector = connect_as(&(flare_tls_connector_options){.ca = certificate_path("ca.crt")});
    RUN(tcp);
    RUN(unix_sockets);
    RUN(tls);
    RUN(by_a_name);
    RUN(closed_before_it_is_open);
    RUN(the_peer_ends_and_resets);
    RUN(an_end_without_notice_is_a_reset);
    RUN(the_end_behind_the_last_bytes_is_told);
    RUN(places_that_can_not_be);
    RUN(without_a_loop);
    RUN(waiting_is_for_streams_that_have_a_loop_of_their_own);
    flare_tls_connector_free(connector);
    flare_tls_acceptor_free(acceptor);
    flare_loop_destroy(loop);
    remove_certificates();
    return TEST_END();
}
