/* Slow peers: each deadline, with limits small enough to wait for. */
#include "harness.h"
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct reply reply;

static bool about(uint64_t began, uint64_t want_ms)
{
    const uint64_t took = now_ms() - began;

    if (took + 20 >= want_ms && took <= want_ms + 900)
        return true;
    fprintf(stderr, "took %d ms, not %d\n", (int)took, (int)want_ms);
    return false;
}

TEST(an_idle_connection_is_closed_without_a_word)
{
    struct harness h;

    sample_limits = (flare_limits){.idle_time_ms = 200, .head_time_ms = 5000};
    CHECK(harness_start(&h, NULL));
    const int unused = client_dial(&h);
    const int used = client_dial(&h);
    uint64_t began = now_ms();
    for (int i = 0; i < 3; i++) { /* each request begins the time anew */
        sleep_ms(100);
        client_send(used, GET("/plaintext"));
        client_read(used, &reply, false);
        CHECK_INT(reply.status, 200);
    }
    CHECK_INT(client_ended(unused), 1);
    CHECK_INT(client_ended(used), 1);
    CHECK(about(began, 500));
    close(unused);
    close(used);
    harness_stop(&h);
}

/* One byte now and then does not move the deadline. */
TEST(a_slow_head_gets_a_408)
{
    struct harness h;

    sample_limits = (flare_limits){.head_time_ms = 300};
    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    const uint64_t began = now_ms();
    client_send(fd, "GET / HTTP/1.1\r\nHost: h\r\nA: ");
    for (int i = 0; i < 5; i++) {
        sleep_ms(50);
        client_send(fd, "x");
    }
    client_read(fd, &reply, false);
    CHECK(about(began, 300));
    CHECK_INT(reply.status, 408);
    CHECK(reply.close);
    CHECK_INT(client_ended(fd), 1);
    close(fd);

    const int blank = client_dial(&h); /* an empty line is no head yet */
    client_send(blank, "\r\n");
    CHECK_INT(client_ended(blank), 1);
    close(blank);
    harness_stop(&h);
}

TEST(a_slow_body_gets_a_408)
{
    static const flare_limits limits[] = {{.body_time_ms = 300}, {.time_ms = 300}};
    static const char *const framing[] = {"Content-Length: 100", "Transfer-Encoding: chunked"};

    for (size_t i = 0; i < 4; i++) {
        struct harness h;
        char head[128];

        sample_limits = limits[i / 2];
        CHECK(harness_start(&h, NULL));
        const int fd = client_dial(&h);
        const uint64_t began = now_ms();
        snprintf(head, sizeof head, "POST /echo HTTP/1.1\r\nHost: h\r\n%s\r\n\r\n", framing[i % 2]);
        client_send(fd, head);
        for (int bytes = 0; bytes < 5; bytes++) {
            sleep_ms(50);
            client_send(fd, "1");
        }
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, 408);
        CHECK(about(began, 300));
        CHECK_INT(client_ended(fd), 1);
        close(fd);
        harness_stop(&h);
    }
}

/* What a route says stands before the service's own, be it longer or shorter. */
TEST(a_route_has_its_own_deadlines)
{
    static const struct {
        const char *path;
        flare_limits limits;
    } rows[] = {
        {"/timed/body_time", {.body_time_ms = 200}},
        {"/timed/time", {.time_ms = 200}},
        {"/timed/body_time", {.body_time_ms = 5000}},
        {"/timed/time", {.time_ms = 5000}},
    };

    for (size_t i = 0; i < 4; i++) {
        struct harness h;
        char head[128];

        sample_limits = rows[i].limits;
        CHECK(harness_start(&h, NULL));
        snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n1",
                 rows[i].path);
        const int below = client_dial(&h), above = client_dial(&h);
        const uint64_t began = now_ms();
        client_send(below, head);
        client_send(above, head);
        sleep_ms(SAMPLE_TIMED_MS - 200);
        client_send(below, "2");
        client_read(below, &reply, false);
        CHECK_INT(reply.status, 200);
        client_read(above, &reply, false);
        CHECK_INT(reply.status, 408);
        CHECK(about(began, SAMPLE_TIMED_MS));
        close(below);
        close(above);
        harness_stop(&h);
    }
}

/* The reply was sent; the body that nobody wants never comes. */
TEST(a_body_to_drop_is_not_waited_for_long)
{
    struct harness h;

    sample_limits = (flare_limits){.body_time_ms = 300};
    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    client_send(fd, "POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    const uint64_t began = now_ms();
    CHECK_INT(client_ended(fd), 1);
    CHECK(about(began, 300));
    close(fd);
    harness_stop(&h);
}

/* A peer that takes nothing is cut; one that takes a little goes on. */
TEST(a_peer_that_does_not_read_is_cut)
{
    struct harness h;
    char bytes[65536];
    ssize_t got;
    size_t total = 0;

    sample_limits = (flare_limits){.write_time_ms = 1000};
    CHECK(harness_start(&h, NULL));
    const int fd = client_dial_small(&h);
    const int slow = client_dial_small(&h);
    client_send(fd, GET("/big/20000000"));
    client_send(slow, GET("/big/8000000"));
    for (int i = 0; i < 8; i++) {
        sleep_ms(100);
        for (size_t part = 0; part < 262144 && (got = recv(slow, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;
             part += (size_t)got)
            total += (size_t)got;
    }
    while (total < 8000000 && (got = recv(slow, bytes, sizeof bytes, 0)) > 0)
        total += (size_t)got;
    CHECK(total >= 8000000);
    sleep_ms(2000); /* the other one's reply was long in the making where the program runs slowly */
    total = 0;
    while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0)
        total += (size_t)got;
    CHECK(got < 0);
    CHECK(total < 20000000);
    close(fd);
    close(slow);
    harness_stop(&h);
}

/* The peer goes on sending after its refusal: it can read why, and is not waited for long. */
TEST(lingers_for_a_while)
{
    struct harness h;
    char bytes[4096];

    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    const uint64_t began = now_ms();
    memset(bytes, 'x', sizeof bytes);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
    for (int i = 0; i < 100; i++)
        client_send_bytes(fd, bytes, sizeof bytes);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 413);
    CHECK_INT(client_ended(fd), 1);
    while (client_send_bytes(fd, bytes, sizeof bytes) && now_ms() - began < 10000)
        sleep_ms(20);
    CHECK(about(began, 2000));
    close(fd);
    harness_stop(&h);
}

static void run_all(void)
{
    RUN(an_idle_connection_is_closed_without_a_word);
    RUN(a_slow_head_gets_a_408);
    RUN(a_slow_body_gets_a_408);
    RUN(a_route_has_its_own_deadlines);
    RUN(a_body_to_drop_is_not_waited_for_long);
    RUN(a_peer_that_does_not_read_is_cut);
    sample_limits = (flare_limits){0};
    RUN(lingers_for_a_while);
}

int main(void)
{
    run_all();
    harness_options.poll = true;
    run_all();
    return TEST_END();
}
