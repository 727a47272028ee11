/* Behind proxies: the PROXY protocol before a connection, lists of proxies in a request, and who is believed.
 */
#include "harness.h"
#include "test.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const loopback[] = {"127.0.0.0/8", "10.0.0.0/8", "2001:db8::/32"};
static const char *const stranger[] = {"10.0.0.0/8"};
static struct reply reply;

/* Serves at an address with `proxy:`. */
static bool start_proxied(struct harness *h)
{
    return harness_start_at(h, "proxy:127.0.0.1:0");
}

static void trust(const char *const *who, size_t count)
{
    harness_options.trusted_proxies = who;
    harness_options.trusted_proxy_count = count;
}

static flare_str ask(const struct harness *h, const char *before, const char *fields)
{
    static char request[1024];
    const int fd = client_dial(h);

    client_send(fd, before);
    snprintf(request, sizeof request, "GET /peer HTTP/1.1\r\nHost: h\r\n%s\r\n", fields);
    client_send(fd, request);
    client_read(fd, &reply, false);
    close(fd);
    return (flare_str){reply.body, reply.status == 200 ? reply.body_bytes : 0};
}

TEST(the_header_names_the_peer)
{
    struct harness h;
    flare_str peer;
    int fd;

    trust(loopback, 3);
    CHECK(start_proxied(&h));
    peer = ask(&h, "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "");
    CHECK_STR(peer, "192.0.2.1:56324");
    peer = ask(&h, "PROXY TCP6 2001:db9::1 ::1 7 443\r\n", "");
    CHECK_STR(peer, "[2001:db9::1]:7");
    /* The connection's own where the proxy speaks for itself. */
    peer = ask(&h, "PROXY UNKNOWN\r\n", "");
    CHECK(peer.len > 10 && memcmp(peer.ptr, "127.0.0.1:", 10) == 0);
    /* A byte at a time, and several requests behind it. */
    fd = client_dial(&h);
    for (const char *at = "PROXY TCP4 192.0.2.7 198.51.100.1 1 443\r\n"; *at != '\0'; at++) {
        client_send_bytes(fd, at, 1);
        sleep_ms(2);
    }
    for (int i = 0; i < 2; i++) {
        client_send(fd, GET("/peer"));
        client_read(fd, &reply, false);
        CHECK(strcmp(reply.body, "192.0.2.7:1") == 0);
    }
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(without_the_header_nobody_is_spoken_to)
{
    struct harness h;
    flare_limits before = sample_limits;
    int fd;

    sample_limits.head_time_ms = 300;
    trust(loopback, 3);
    CHECK(start_proxied(&h));
    fd = client_dial(&h);
    client_send(fd, GET("/peer"));
    CHECK(client_ended(fd) != 0);
    close(fd);
    /* A header that does not end is not waited for longer than a head. */
    fd = client_dial(&h);
    client_send(fd, "PROXY TCP4 192.0.2.1 ");
    CHECK_INT(client_ended(fd), 1);
    close(fd);
    fd = client_dial(&h);
    client_send(fd, "PROXY TCP4 192.0.2.1 ");
    shutdown(fd, SHUT_WR);
    CHECK_INT(client_ended(fd), 1);
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
    sample_limits = before;
}

TEST(strangers_are_not_spoken_to)
{
    struct harness h;
    int fd;

    trust(stranger, 1);
    CHECK(start_proxied(&h));
    fd = client_dial(&h);
    client_send(fd, "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n" GET("/peer"));
    CHECK(client_ended(fd) != 0);
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(a_drain_waits_for_the_first_request_behind_a_header)
{
    struct harness h;
    int fd;

    trust(loopback, 3);
    CHECK(start_proxied(&h));
    fd = client_dial(&h);
    client_send(fd, "PROXY TCP4 192.0.2.1 198.51.");
    sleep_ms(50);
    flare_server_stop(h.server);
    sleep_ms(100);
    client_send(fd, "100.1 56324 443\r\n" GET("/peer"));
    client_read(fd, &reply, false);
    CHECK(strcmp(reply.body, "192.0.2.1:56324") == 0);
    CHECK(reply.close);
    close(fd);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(lists_are_followed_while_they_are_believed)
{
    static const char *const rows[][2] = {
        {"X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 6.6.6.6, 192.0.2.1, 10.0.0.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 192.0.2.1:99,10.0.0.1\r\n", "192.0.2.1:99"},
        {"X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n", "10.0.0.1"}, /* all are believed: the first one */
        {"X-Forwarded-For: 6.6.6.6, unknown, 10.0.0.2\r\n", "10.0.0.2"},
        {"X-Forwarded-For: 2001:db9::7, [2001:db8::1]:5\r\n", "2001:db9::7"},
        {"x-forwarded-for: 192.0.2.1\r\nForwarded: for=6.6.6.6\r\n", "192.0.2.1"},
    };
    struct harness h;
    flare_str peer;

    trust(loopback, 3);
    CHECK(harness_start(&h, NULL));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        peer = ask(&h, "", rows[i][0]);
        CHECK_STR(peer, rows[i][1]);
    }
    peer = ask(&h, "", "Forwarded: for=6.6.6.6\r\n");
    CHECK(peer.len > 10 && memcmp(peer.ptr, "127.0.0.1:", 10) == 0);
    harness_stop(&h);
    harness_options.forwarded = FLARE_FORWARDED_STANDARD;
    CHECK(harness_start(&h, NULL));
    peer = ask(&h, "",
               "Forwarded: for=6.6.6.6\r\nForwarded: for=192.0.2.1;proto=http, for=10.1.1.1\r\n"
               "X-Forwarded-For: 6.6.6.6\r\n");
    CHECK_STR(peer, "192.0.2.1");
    harness_stop(&h);
    harness_options.forwarded = FLARE_FORWARDED_FOR;
    trust(stranger, 1);
    CHECK(harness_start(&h, NULL));
    peer = ask(&h, "", "X-Forwarded-For: 192.0.2.1\r\n");
    CHECK(peer.len > 10 && memcmp(peer.ptr, "127.0.0.1:", 10) == 0);
    harness_stop(&h);
}

TEST(what_is_wrong_is_told_at_the_start)
{
    static const char *const bad[] = {"10.0.0.0/33"};
    flare_server *server;

    trust(bad, 1);
    CHECK_INT(flare_server_new(&harness_options, &server), FLARE_ERR_SYNTAX);
    CHECK(server == NULL);
    trust(NULL, 0);
    CHECK_INT(flare_server_new(&harness_options, &server), FLARE_OK);
    CHECK_INT(flare_server_listen(server, &sample_service, "proxy:127.0.0.1:0"), FLARE_ERR_STATE);
    CHECK(strstr(flare_server_error(server), "trusted proxy") != NULL);
    flare_server_free(server);
}

static void run_all(void)
{
    RUN(the_header_names_the_peer);
    RUN(without_the_header_nobody_is_spoken_to);
    RUN(strangers_are_not_spoken_to);
    RUN(a_drain_waits_for_the_first_request_behind_a_header);
    RUN(lists_are_followed_while_they_are_believed);
    RUN(what_is_wrong_is_told_at_the_start);
}

int main(void)
{
    harness_each_way(run_all);
    return TEST_END();
}
