/* TLS when calls fall short, fail, or are not ready, and when memory ends: each handshake succeeds or ends,
 * and the server goes on serving. */
#include "harness.h"
#include "net/sys.h"
#include "test.h"

#include <errno.h>
#include <flare/memory.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const flare_tls_pair pairs[] = {{CERTIFICATES "/localhost.crt", CERTIFICATES "/localhost.key", NULL}};
static const flare_tls_options tls = {.pairs = pairs, .pair_count = 1};

static SSL_CTX *client;
static struct harness h;
static flare_options options = FLARE_OPTIONS_DEFAULT;

/* ---- A client ---- */

static SSL *dial(int *fd)
{
    SSL *const ssl = SSL_new(client);

    *fd = client_dial_port(h.port);
    (void)SSL_set_fd(ssl, *fd);
    return ssl;
}

static void hang_up(SSL *ssl, int fd)
{
    SSL_free(ssl);
    (void)close(fd);
    ERR_clear_error();
}

/* @return the bytes of the reply's content, or -1 */
static long get(const char *path, size_t most)
{
    static char text[1 << 20];
    char request[256];
    size_t have = 0, got;
    const char *content;
    long result = -1;
    int fd;
    SSL *const ssl = dial(&fd);
    const int length =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", path);

    if (SSL_connect(ssl) == 1 && SSL_write(ssl, request, length) == length) {
        while (have < most && have < sizeof text - 1 &&
               SSL_read_ex(ssl, text + have, sizeof text - 1 - have, &got))
            have += got;
        text[have] = '\0';
        content = strstr(text, "\r\n\r\n");
        if (strncmp(text, "HTTP/1.1 200", 12) == 0 && content != NULL &&
            (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0)
            result = (long)have - (content + 4 - text);
    }
    hang_up(ssl, fd);
    return result;
}

/* ---- The server ---- */

static void *serve(void *context)
{
    ((struct harness *)context)->result = flare_server_run(((struct harness *)context)->server);
    return NULL;
}

static bool start(void)
{
    options.workers = 1;
    options.log = FLARE_LOG_OFF;
    options.handle_signals = false;
    options.tls = &tls;
    if (flare_server_new(&options, &h.server) != FLARE_OK ||
        flare_server_listen(h.server, &sample_service, "tls:127.0.0.1:0") != FLARE_OK) {
        fprintf(stderr, "no server: %s\n", flare_server_error(h.server));
        return false;
    }
    h.port = harness_port(h.server, 0);
    return pthread_create(&h.thread, NULL, serve, &h) == 0;
}

static void stop(void)
{
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
    flarei_sys_reset();
}

/* ---- Calls ---- */

static atomic_uint calls;
static unsigned fail_at;
static int fail_errno;

static bool fails(void)
{
    const bool failing = atomic_fetch_add(&calls, 1) + 1 == fail_at;

    errno = failing ? fail_errno : errno;
    return failing;
}

static ssize_t short_send(int fd, const void *data, size_t bytes, int flags)
{
    return send(fd, data, bytes > 7 ? 7 : bytes, flags);
}

static ssize_t failing_recv(int fd, void *buffer, size_t bytes, int flags)
{
    return fails() ? -1 : recv(fd, buffer, bytes, flags);
}

static ssize_t failing_send(int fd, const void *data, size_t bytes, int flags)
{
    return fails() ? -1 : send(fd, data, bytes, flags);
}

static ssize_t interrupted_recv(int fd, void *buffer, size_t bytes, int flags)
{
    if (atomic_fetch_add(&calls, 1) % 2 == 0) {
        errno = EINTR;
        return -1;
    }
    return recv(fd, buffer, bytes, flags);
}

TEST(a_call_that_is_interrupted_each_second_time)
{
    flarei_sys.recv = interrupted_recv;
    CHECK(start());
    CHECK_INT(get("/big/100000", 1 << 19), 100000);
    stop();
}

TEST(sends_of_seven_bytes)
{
    flarei_sys.send = short_send;
    CHECK(start());
    CHECK_INT(get("/big/70000", 1 << 19), 70000);
    stop();
}

/* Lets one call after the other fail, until none of a whole exchange is left. @return how many failed */
static unsigned each_call(int error)
{
    fail_errno = error;
    for (fail_at = 1; fail_at < 200; fail_at++) {
        atomic_store(&calls, 0);
        (void)get("/plaintext", 1 << 19);
        if (atomic_load(&calls) < fail_at)
            break;
        atomic_store(&calls, 1u << 30);
        CHECK_INT(get("/plaintext", 1 << 19), 13);
    }
    return fail_at - 1;
}

TEST(a_receive_that_fails_ends_one_connection)
{
    flarei_sys.recv = failing_recv;
    CHECK(start());
    CHECK(each_call(ECONNRESET) >= 3);
    stop();
}

TEST(a_send_that_fails_ends_one_connection)
{
    flarei_sys.send = failing_send;
    CHECK(start());
    CHECK(each_call(EPIPE) >= 3);
    stop();
}

/* ---- Peers ---- */

TEST(a_peer_that_resets_in_its_handshake)
{
    const struct linger now = {.l_onoff = 1};

    CHECK(start());
    for (int bytes = 1; bytes < 6; bytes++) {
        const int fd = client_dial_port(h.port);

        CHECK(client_send_bytes(fd, "\x16\x03\x01\x02\x00", (size_t)bytes));
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        (void)close(fd);
    }
    CHECK_INT(get("/plaintext", 1 << 19), 13);
    stop();
}

TEST(a_peer_that_ends_in_its_handshake)
{
    int fd;

    CHECK(start());
    fd = client_dial_port(h.port);
    CHECK(client_send_bytes(fd, "\x16\x03\x01\x02\x00", 5));
    (void)shutdown(fd, SHUT_WR);
    CHECK(client_ended(fd) != 0);
    (void)close(fd);
    CHECK_INT(get("/plaintext", 1 << 19), 13);
    stop();
}

TEST(a_handshake_has_its_time)
{
    const uint32_t before_ms = sample_limits.head_time_ms;
    uint64_t began_ms;
    int fd;

    sample_limits.head_time_ms = 300;
    CHECK(start());
    fd = client_dial_port(h.port);
    began_ms = now_ms();
    CHECK(client_send_bytes(fd, "\x16\x03\x01", 3));
    sleep_ms(150);
    CHECK(client_send_bytes(fd, "\x02", 1)); /* a byte more is no time more */
    CHECK_INT(client_ended(fd), 1);
    CHECK(now_ms() - began_ms >= 290);
    CHECK(now_ms() - began_ms < 1500);
    (void)close(fd);
    stop();
    sample_limits.head_time_ms = before_ms;
}

TEST(a_peer_of_plain_http_is_told)
{
    static struct reply reply;
    int fd;

    CHECK(start());
    fd = client_dial_port(h.port);
    CHECK(client_send(fd, GET("/plaintext")));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 400);
    CHECK(reply.close);
    CHECK(strstr(reply.body, "https") != NULL);
    (void)close(fd);
    stop();
}

TEST(what_is_no_tls_ends)
{
    char bytes[64];
    int fd;

    memset(bytes, 0x80, sizeof bytes);
    CHECK(start());
    fd = client_dial_port(h.port);
    CHECK(client_send_bytes(fd, bytes, sizeof bytes));
    while (recv(fd, bytes, sizeof bytes, 0) > 0) /* an alert may come before the end */
        continue;
    (void)close(fd);
    CHECK_INT(get("/plaintext", 1 << 19), 13);
    stop();
}

/* ---- Memory: only the server's thread runs out of it ---- */

static pthread_t tests_thread;
static atomic_ulong allocations;
static atomic_ulong starve_at;

static bool starves(void)
{
    if (pthread_equal(pthread_self(), tests_thread))
        return false;
    return atomic_fetch_add(&allocations, 1) + 1 == atomic_load(&starve_at);
}

static void *take(void *context, size_t bytes)
{
    (void)context;
    return starves() ? NULL : malloc(bytes);
}

static void *resize(void *context, void *block, size_t bytes)
{
    (void)context;
    return starves() ? NULL : realloc(block, bytes);
}

static void give(void *context, void *block)
{
    (void)context;
    free(block);
}

TEST(memory_that_ends_anywhere_in_a_handshake)
{
    unsigned long failed = 0, at;

    CHECK(start());
    CHECK_INT(get("/plaintext", 1 << 19), 13); /* the server's own beginning is another test's */
    for (at = 1; at < 5000; at += at < 100 ? 1 : 3) {
        atomic_store(&allocations, 0);
        atomic_store(&starve_at, at);
        failed += get("/plaintext", 1 << 19) != 13;
        if (atomic_load(&allocations) < at)
            break;
        atomic_store(&starve_at, 0);
        if (at % 50 == 1)
            CHECK_INT(get("/plaintext", 1 << 19), 13);
    }
    atomic_store(&starve_at, 0);
    CHECK(failed > 0);
    CHECK(at > 100 && at < 5000);
    CHECK_INT(get("/plaintext", 1 << 19), 13);
    stop();
}

int main(void)
{
    static const flare_allocator allocator = {NULL, take, resize, give};

    (void)signal(SIGPIPE, SIG_IGN); /* the client's */
    tests_thread = pthread_self();
    flare_allocator_set(&allocator);
    if (!start())
        return 1;
    client = SSL_CTX_new(TLS_client_method());
    stop();
    RUN(a_call_that_is_interrupted_each_second_time);
    RUN(sends_of_seven_bytes);
    RUN(a_receive_that_fails_ends_one_connection);
    RUN(a_send_that_fails_ends_one_connection);
    RUN(a_peer_that_resets_in_its_handshake);
    RUN(a_peer_that_ends_in_its_handshake);
    RUN(a_handshake_has_its_time);
    RUN(a_peer_of_plain_http_is_told);
    RUN(what_is_no_tls_ends);
    RUN(memory_that_ends_anywhere_in_a_handshake);
    SSL_CTX_free(client);
    return TEST_END();
}
