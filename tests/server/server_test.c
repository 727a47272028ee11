/* What a client sees of a server that has all it needs: keep-alive, pipelining, bodies, limits, services.
 * Everything runs over both back ends and both ways to share an address. */
#include "harness.h"
#include "net/sys.h"
#include "server/connection.h"
#include "test.h"

#include <flare/log.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

static struct reply reply;

/* Counts what the server sends, for the tests of coalescing. */
static atomic_uint sends;
static atomic_uint receives;

static ssize_t counting_send(int fd, const void *data, size_t bytes, int flags)
{
    atomic_fetch_add(&sends, 1);
    return send(fd, data, bytes, flags);
}

static ssize_t counting_recv(int fd, void *buffer, size_t bytes, int flags)
{
    atomic_fetch_add(&receives, 1);
    return recv(fd, buffer, bytes, flags);
}

static void check_get(int fd)
{
    client_send(fd, GET("/plaintext"));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(strcmp(reply.body, "Hello, World!") == 0);
}

TEST(keeps_a_connection_alive)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    for (int i = 0; i < 5; i++) {
        check_get(fd);
        CHECK(!reply.close);
    }
    CHECK(strstr(reply.head, "\r\nDate: ") != NULL);
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
    CHECK_INT(atomic_load(&sample_states_open), 0);
}

/* RFC 9112, section 9.3.2: replies in the order of the requests; one send carries them. */
TEST(pipelined_requests_share_a_send)
{
    struct harness h;
    char batch[16 * 64] = "";

    flarei_sys.send = counting_send;
    flarei_sys.recv = counting_recv;
    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    for (int i = 0; i < 16; i++)
        strncat(batch, i == 7 ? GET("/nowhere") : GET("/plaintext"), 64);
    atomic_store(&sends, 0);
    atomic_store(&receives, 0);
    client_send(fd, batch);
    for (int i = 0; i < 16; i++) {
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, i == 7 ? 404 : 200);
    }
    CHECK_INT(atomic_load(&sends), 1);
    CHECK_INT(atomic_load(&receives), 1);
    close(fd);
    harness_stop(&h);
    flarei_sys_reset();
}

TEST(reads_a_request_byte_by_byte)
{
    static const char text[] =
        POST("/echo", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n")
            POST("/echo", "Content-Length: 5\r\n", "fghij") GET("/plaintext");
    struct harness h;

    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        client_send_bytes(fd, text + i, 1);
        if (i % 8 == 0)
            sleep_ms(1);
    }
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(strcmp(reply.body, "abcde") == 0);
    client_read(fd, &reply, false);
    CHECK(strcmp(reply.body, "fghij") == 0);
    client_read(fd, &reply, false);
    CHECK(strcmp(reply.body, "Hello, World!") == 0);
    close(fd);
    harness_stop(&h);
}

TEST(closes_where_the_client_asks)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    int fd = client_dial(&h);
    client_send(fd, "GET /plaintext HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(reply.close);
    CHECK_INT(client_ended(fd), 1);
    close(fd);

    fd = client_dial(&h);
    client_send(fd, "GET /plaintext HTTP/1.0\r\n\r\n");
    client_read(fd, &reply, false);
    CHECK(reply.close);
    CHECK_INT(client_ended(fd), 1);
    close(fd);

    fd = client_dial(&h);
    client_send(fd, "GET /plaintext HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    client_read(fd, &reply, false);
    CHECK(strstr(reply.head, "Connection: keep-alive") != NULL);
    check_get(fd);
    close(fd);

    fd = client_dial(&h); /* half-closed: all that was asked is answered */
    client_send(fd, GET("/plaintext") GET("/big/30000"));
    shutdown(fd, SHUT_WR);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    client_read(fd, &reply, false);
    CHECK_INT(reply.body_bytes, 30000);
    CHECK_INT(client_ended(fd), 1);
    close(fd);

    fd = client_dial(&h); /* within a body */
    client_send(fd, POST("/echo", "Content-Length: 5\r\n", "abc"));
    shutdown(fd, SHUT_WR);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 400);
    CHECK_INT(client_ended(fd), 1);
    close(fd);
    harness_stop(&h);
}

/* After a refusal nothing is run that came behind it, and the peer can read why. */
TEST(refuses_and_closes)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET /../etc HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nX\r\n", 400},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
    };
    struct harness h;

    CHECK(harness_start(&h, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int fd = client_dial(&h);

        client_send(fd, cases[i].text);
        client_send(fd, GET("/plaintext"));
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, cases[i].status);
        CHECK(reply.close);
        CHECK(strstr(reply.head, "application/problem+json") != NULL);
        CHECK_INT(client_ended(fd), 1);
        close(fd);
    }
    harness_stop(&h);
}

/* A head of exactly `bytes`. */
static int head_status(const struct harness *h, size_t bytes)
{
    static const char start[] = "GET /plaintext HTTP/1.1\r\nHost: h\r\nX: ";
    char *text = malloc(bytes + 1);
    int status;

    memset(text, 'x', bytes);
    memcpy(text, start, sizeof start - 1);
    memcpy(text + bytes - 4, "\r\n\r\n", 5);
    status = client_status(h, text);
    free(text);
    return status;
}

static int target_status(const struct harness *h, size_t bytes)
{
    char text[1024];

    snprintf(text, sizeof text, "GET /plaintext?%0*d HTTP/1.1\r\nHost: h\r\n\r\n", (int)(bytes - 11), 0);
    return client_status(h, text);
}

static int fields_status(const struct harness *h, unsigned count)
{
    char text[1024];
    int length = snprintf(text, sizeof text, "GET /plaintext HTTP/1.1\r\nHost: h\r\n");

    for (unsigned i = 1; i < count; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "A: b\r\n");
    snprintf(text + length, sizeof text - (size_t)length, "\r\n");
    return client_status(h, text);
}

TEST(keeps_to_each_limit_of_a_head)
{
    struct harness h;

    sample_limits = (flare_limits){.head_max_bytes = 1000, .uri_max_bytes = 200, .headers_max = 10};
    CHECK(harness_start(&h, NULL));
    CHECK_INT(head_status(&h, 1000), 200);
    CHECK_INT(head_status(&h, 1001), 431);
    CHECK_INT(target_status(&h, 200), 200);
    CHECK_INT(target_status(&h, 201), 414);
    CHECK_INT(fields_status(&h, 10), 200);
    CHECK_INT(fields_status(&h, 11), 431);
    harness_stop(&h);
    sample_limits = (flare_limits){0};
}

TEST(ends_a_connection_after_its_last_request)
{
    struct harness h;

    sample_limits.keep_alive_max = 3;
    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    client_send(fd, GET("/plaintext") GET("/plaintext") GET("/plaintext") GET("/plaintext"));
    for (int i = 0; i < 3; i++) {
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, 200);
        CHECK_INT(reply.close, i == 2);
    }
    CHECK_INT(client_ended(fd), 1);
    close(fd);
    harness_stop(&h);
    sample_limits = (flare_limits){0};
}

/* Over the limit a peer waits in the kernel's queue until another leaves. */
TEST(accepts_no_more_connections_than_allowed)
{
    struct harness h;
    int fds[3];

    if (harness_options.workers != 1)
        return;
    sample_limits.connections_max = 2;
    CHECK(harness_start(&h, NULL));
    for (int i = 0; i < 3; i++)
        fds[i] = client_dial(&h);
    check_get(fds[0]);
    check_get(fds[1]);
    client_send(fds[2], GET("/plaintext"));
    sleep_ms(100);
    CHECK(recv(fds[2], reply.head, 1, MSG_DONTWAIT) < 0);
    close(fds[0]);
    client_read(fds[2], &reply, false);
    CHECK_INT(reply.status, 200);
    close(fds[1]);
    close(fds[2]);
    harness_stop(&h);
    sample_limits = (flare_limits){0};
}

TEST(turns_a_forged_reply_into_a_500)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    client_send(fd, GET("/plaintext") GET("/forged") GET("/plaintext"));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 500);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    close(fd);
    harness_stop(&h);
}

TEST(runs_after_phases_once_a_request)
{
    struct harness h;
    unsigned before;

    CHECK(harness_start(&h, NULL));
    before = atomic_load(&sample_after_count);
    const int fd = client_dial(&h);
    check_get(fd);
    client_send(fd, POST("/echo", "Content-Length: 3\r\n", ""));
    sleep_ms(20);
    client_send(fd, "abc" GET("/nowhere"));
    client_read(fd, &reply, false);
    client_read(fd, &reply, false);
    close(fd);
    harness_stop(&h);
    CHECK_INT(atomic_load(&sample_after_count) - before, 3);
}

/* A client that does not read stops being served, and its replies take bounded memory. */
TEST(runs_no_request_while_replies_are_stuck)
{
    struct harness h;
    unsigned sent = 0, answered = 0;

    CHECK(harness_start(&h, NULL));
    const int fd = client_dial_small(&h);
    struct sample_state *state = flare_server_state(h.server, &sample_service);
    for (; sent < 400; sent++)
        if (!client_send(fd, GET("/big/60000")))
            break;
    /* Until the pipe is full and nothing more is run. */
    unsigned seen, now = atomic_load(&state->seen);
    int tries = 0;
    do {
        seen = now;
        sleep_ms(300);
        now = atomic_load(&state->seen);
    } while (now != seen && ++tries < 20);
    CHECK_INT(now, seen);
    CHECK(seen < 200);
    CHECK_INT(client_status(&h, GET("/plaintext")), 200);
    while (answered < sent) {
        client_read(fd, &reply, false);
        if (reply.status != 200 || reply.body_bytes != 60000)
            break;
        answered++;
    }
    CHECK_INT(answered, sent);
    check_get(fd);
    close(fd);
    harness_stop(&h);
}

static void *run_server(void *context)
{
    return flare_server_run(context) == FLARE_OK ? context : NULL;
}

TEST(serves_two_services_and_a_unix_socket)
{
    static const char path[] = "flare_test.sock";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    flare_server *server;
    pthread_t thread;
    void *ok;

    unlink(path);
    memcpy(address.sun_path, path, sizeof path);
    CHECK_INT(flare_server_new(&harness_options, &server), FLARE_OK);
    CHECK_INT(flare_server_listen(server, &sample_service, "127.0.0.1:0"), FLARE_OK);
    CHECK_INT(flare_server_listen(server, &sample_other_service, "127.0.0.1:0"), FLARE_OK);
    CHECK_INT(flare_server_listen(server, &sample_service, "unix:flare_test.sock"), FLARE_OK);
    CHECK_INT(atomic_load(&sample_states_open), 1);
    CHECK(flare_server_state(server, &sample_service) != NULL);
    CHECK(flare_server_state(server, &sample_other_service) == NULL);
    CHECK(flare_server_address(server, 3) == NULL);
    CHECK(strcmp(flare_server_address(server, 2), "unix:flare_test.sock") == 0);
    pthread_create(&thread, NULL, run_server, server);
    for (size_t i = 0; i < 2; i++) {
        const int fd = client_dial_port(harness_port(server, i));
        check_get(fd);
        close(fd);
    }
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    check_get(fd);
    client_send(fd, GET("/count"));
    client_read(fd, &reply, false);
    CHECK(strcmp(reply.body, "3") == 0);
    close(fd);
    flare_server_stop(server);
    flare_server_stop(server);
    pthread_join(thread, &ok);
    CHECK(ok == server);
    CHECK_INT(flare_server_run(server), FLARE_ERR_STATE);
    CHECK_INT(flare_server_listen(server, &sample_service, "127.0.0.1:0"), FLARE_ERR_STATE);
    flare_server_free(server);
    CHECK(access(path, F_OK) != 0);
}

static char logged[4096];
static atomic_uint logged_bytes;

static void keep_line(void *context, flare_log_level level, flare_str line)
{
    const unsigned at = atomic_fetch_add(&logged_bytes, (unsigned)line.len);

    (void)context;
    (void)level;
    if (at + line.len < sizeof logged)
        memcpy(logged + at, line.ptr, line.len);
}

/* `use log()`: the peer as it connected, and a time. */
TEST(names_the_peer_in_the_log)
{
    const flare_log_options to_memory = {.mode = FLARE_LOG_TEXT, .level = FLARE_LOG_INFO, .sink = keep_line};
    struct sockaddr_in mine;
    socklen_t bytes = sizeof mine;
    char peer[64];
    flare_server *server;
    pthread_t thread;

    memset(logged, 0, sizeof logged);
    atomic_store(&logged_bytes, 0);
    CHECK_INT(flare_server_new(&harness_options, &server), FLARE_OK);
    flare_log_setup(&to_memory);
    CHECK_INT(flare_server_listen(server, &sample_logged_service, "127.0.0.1:0"), FLARE_OK);
    pthread_create(&thread, NULL, run_server, server);
    const int fd = client_dial_port(harness_port(server, 0));
    check_get(fd);
    CHECK(getsockname(fd, (struct sockaddr *)&mine, &bytes) == 0);
    snprintf(peer, sizeof peer, "peer=127.0.0.1:%u", ntohs(mine.sin_port));
    close(fd);
    flare_server_stop(server);
    pthread_join(thread, NULL);
    flare_server_free(server);
    flare_log_setup(NULL);
    CHECK(strstr(logged, peer) != NULL);
    CHECK(strstr(logged, "path=/plaintext status=200 bytes=13 us=") != NULL);
    CHECK(strstr(logged, "accepted=1 served=1") != NULL);
}

TEST(says_why_it_can_not_listen)
{
    flare_server *server, *second;

    CHECK_INT(flare_server_new(&harness_options, &server), FLARE_OK);
    CHECK_INT(flare_server_run(server), FLARE_ERR_STATE);
    CHECK_INT(flare_server_listen(server, &sample_service, "nonsense"), FLARE_ERR_SYNTAX);
    CHECK(strstr(flare_server_error(server), "nonsense") != NULL);
    CHECK_INT(flare_server_listen(server, &sample_stale_service, "127.0.0.1:0"), FLARE_ERR_UNSUPPORTED);
    CHECK(strstr(flare_server_error(server), "flarec") != NULL);
    CHECK_INT(flare_server_listen(server, &sample_stateless_service, "127.0.0.1:0"), FLARE_ERR_STATE);
    CHECK_INT(flare_server_listen(server, &sample_service, "127.0.0.1:0"), FLARE_OK);
    CHECK_INT(flare_server_new(&harness_options, &second), FLARE_OK);
    char text[32];
    snprintf(text, sizeof text, "127.0.0.1:%u", harness_port(server, 0));
    CHECK_INT(flare_server_listen(second, &sample_service, text), FLARE_ERR_ADDRESS_IN_USE);
    flare_server_free(second);
    flare_server_free(server);
    flare_server_free(NULL);
    CHECK_INT(atomic_load(&sample_states_open), 0);
}

TEST(serves_many_connections)
{
    enum { COUNT = 400 };
    struct harness h;
    int fds[COUNT];

    CHECK(harness_start(&h, NULL));
    for (int i = 0; i < COUNT; i++)
        fds[i] = client_dial(&h);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++)
            client_send(fds[i], GET("/plaintext"));
        for (int i = 0; i < COUNT; i++) {
            client_read(fds[i], &reply, false);
            if (reply.status != 200)
                CHECK_INT(reply.status, 200);
        }
    }
    for (int i = 0; i < COUNT; i++)
        close(fds[i]);
    harness_stop(&h);
}

TEST(an_idle_connection_is_small)
{
    CHECK(sizeof(struct flarei_connection) < 300);
    printf("a connection is %zu bytes\n", sizeof(struct flarei_connection));
}

static void run_all(void)
{
    RUN(keeps_a_connection_alive);
    RUN(pipelined_requests_share_a_send);
    RUN(reads_a_request_byte_by_byte);
    RUN(closes_where_the_client_asks);
    RUN(refuses_and_closes);
    RUN(keeps_to_each_limit_of_a_head);
    RUN(ends_a_connection_after_its_last_request);
    RUN(accepts_no_more_connections_than_allowed);
    RUN(turns_a_forged_reply_into_a_500);
    RUN(runs_after_phases_once_a_request);
    RUN(runs_no_request_while_replies_are_stuck);
    RUN(serves_two_services_and_a_unix_socket);
    RUN(names_the_peer_in_the_log);
    RUN(says_why_it_can_not_listen);
    RUN(serves_many_connections);
}

int main(void)
{
    RUN(an_idle_connection_is_small);
    harness_each_way(run_all);
    return TEST_END();
}
