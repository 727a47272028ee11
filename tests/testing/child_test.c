/* A service that a child process serves, over IPv4, IPv6 and a unix socket. */
#include "counter.flare.h"
#include "test.h"

#include <flare/stream.h>
#include <flare/testing.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

extern bool counter_refuses;

/* @return whether a GET of /hits over a connection of its own is answered with 200 */
static bool answers(const flare_test_server *server, const char *host)
{
    static const char request[] = "GET /hits HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const flare_dial_options to = {
        .to = {.host = flare_str_of(host), .port = server->port, .timeout_ms = 3000}};
    flare_stream *stream;
    char got[13] = "";
    bool good = false;

    if (flare_stream_dial_wait(&stream, &to) != FLARE_OK)
        return false;
    if (flare_stream_write_wait(stream, request, sizeof request - 1, 3000) == FLARE_OK &&
        flare_stream_read_wait(stream, got, sizeof got - 1, 3000) == (ptrdiff_t)sizeof got - 1)
        good = strcmp(got, "HTTP/1.1 200") == 0;
    flare_stream_close(stream);
    return good;
}

TEST(serves_a_port_that_is_free)
{
    flare_test_server server;

    CHECK_INT(flare_test_server_start(&server, &counter_service, NULL, NULL), FLARE_OK);
    CHECK(server.process > 0);
    CHECK(server.port > 0);
    CHECK(strncmp(server.url, "http://127.0.0.1:", 17) == 0 && strcmp(server.url + 7, server.address) == 0);
    CHECK(answers(&server, "127.0.0.1"));
    CHECK(answers(&server, "127.0.0.1"));
    CHECK_INT(flare_test_server_stop(&server), FLARE_OK);
    CHECK_INT(server.process, 0);
    CHECK_INT(flare_test_server_stop(&server), FLARE_OK);
    CHECK(!answers(&server, "127.0.0.1"));
}

TEST(serves_ipv6)
{
    flare_test_server server;

    CHECK_INT(flare_test_server_start(&server, &counter_service, "[::1]:0", NULL), FLARE_OK);
    CHECK(strncmp(server.url, "http://[::1]:", 13) == 0);
    CHECK(answers(&server, "::1"));
    CHECK_INT(flare_test_server_stop(&server), FLARE_OK);
}

TEST(serves_a_unix_socket)
{
    char folder[] = "/tmp/flare-test-XXXXXX", address[64];
    flare_test_server server;

    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(address, sizeof address, "unix:%s/socket", folder);
    CHECK_INT(flare_test_server_start(&server, &counter_service, address, NULL), FLARE_OK);
    CHECK_INT(server.port, 0);
    CHECK(strcmp(server.address, address) == 0 && server.url[0] == '\0');
    CHECK_INT(access(address + 5, F_OK), 0);
    CHECK_INT(flare_test_server_stop(&server), FLARE_OK);
    CHECK_INT(rmdir(folder), 0); /* the socket's file went with it */
}

TEST(says_why_it_does_not_serve)
{
    flare_test_server server, other;
    char taken[sizeof server.address];

    CHECK_INT(flare_test_server_start(&server, &counter_service, "nonsense", NULL), FLARE_ERR_SYNTAX);
    CHECK_INT(server.process, 0);
    CHECK_INT(flare_test_server_start(&server, &counter_service, "tls:127.0.0.1:0", NULL), FLARE_ERR_STATE);
    CHECK_INT(flare_test_server_start(&server, &counter_service, NULL, NULL), FLARE_OK);
    memcpy(taken, server.address, sizeof taken);
    CHECK_INT(flare_test_server_start(&other, &counter_service, taken, NULL), FLARE_ERR_ADDRESS_IN_USE);
    CHECK_INT(flare_test_server_stop(&server), FLARE_OK);
    counter_refuses = true;
    CHECK_INT(flare_test_server_start(&server, &counter_service, NULL, NULL), FLARE_ERR_STATE);
    counter_refuses = false;
}

/* The first ones' ends are the later ones' too. */
TEST(several_at_once)
{
    flare_test_server servers[3];

    for (size_t i = 0; i < 3; i++)
        CHECK_INT(flare_test_server_start(&servers[i], &counter_service, NULL, NULL), FLARE_OK);
    for (size_t i = 0; i < 3; i++) {
        CHECK(answers(&servers[i], "127.0.0.1"));
        CHECK_INT(flare_test_server_stop(&servers[i]), FLARE_OK);
    }
}

TEST(two_workers)
{
    flare_options options = FLARE_OPTIONS_DEFAULT;
    flare_test_server server;

    options.workers = 2;
    options.log = FLARE_LOG_OFF;
    CHECK_INT(flare_test_server_start(&server, &counter_service, NULL, &options), FLARE_OK);
    CHECK(answers(&server, "127.0.0.1"));
    CHECK_INT(flare_test_server_stop(&server), FLARE_OK);
}

TEST(a_child_that_died)
{
    flare_test_server server;

    CHECK_INT(flare_test_server_start(&server, &counter_service, NULL, NULL), FLARE_OK);
    CHECK_INT(kill(server.process, SIGKILL), 0);
    CHECK_INT(flare_test_server_stop(&server), FLARE_ERR_CLOSED);
}

int main(void)
{
    RUN(serves_a_port_that_is_free);
    RUN(serves_ipv6);
    RUN(serves_a_unix_socket);
    RUN(says_why_it_does_not_serve);
    RUN(several_at_once);
    RUN(two_workers);
    RUN(a_child_that_died);
    return TEST_END();
}
