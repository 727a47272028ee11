/* A dial, a handshake and an exchange where each call of the system and each allocation fails in its turn: it
 * succeeds or ends with an error, nothing is left behind, and the next one works. */
#include "allocator.h"
#include "ends.h"
#include "tls/library.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <sys/epoll.h>

static flare_tls_acceptor *acceptor;
static flare_tls_connector *connector;

static unsigned open_files(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* @return the client's error, or of the exchange that followed */
static flare_err exchange(struct ends *ends, bool secure)
{
    const flare_dial_options options = {
        .to = {.host = FLARE_STR("127.0.0.1"), .port = ends->listener.address.port, .timeout_ms = 300},
        .tls = secure ? connector : NULL};
    const uint64_t until = now_ms() + 400;
    char byte;
    flare_err err;
    ptrdiff_t got = FLARE_ERR_AGAIN;

    ends->acceptor = secure ? acceptor : NULL;
    err = flare_stream_dial(&ends->client.stream, loop, &options, end_opened, &ends->client);
    if (err == FLARE_OK && run_until(&ends->client.told))
        err = ends->client.err;
    if (err == FLARE_OK) {
        while (!ends->server.told && now_ms() < until)
            (void)flare_loop_run_once(loop, 10);
        if (ends->server.told && ends->server.err == FLARE_OK)
            (void)!flare_stream_write(ends->server.stream, "x", 1);
        while ((got = flare_stream_read(ends->client.stream, &byte, 1)) == FLARE_ERR_AGAIN &&
               now_ms() < until)
            (void)flare_loop_run_once(loop, 10);
        err = got == 1 ? FLARE_OK : (flare_err)got;
    }
    hang_up(ends);
    return err;
}

/* ---- Calls ---- */

static unsigned calls, fail_at;
static int fail_errno;

static bool fails(void)
{
    if (++calls != fail_at)
        return false;
    errno = fail_errno;
    return true;
}

static ssize_t failing_recv(int fd, void *buffer, size_t bytes, int flags)
{
    return fails() ? -1 : recv(fd, buffer, bytes, flags);
}

static ssize_t failing_send(int fd, const void *data, size_t bytes, int flags)
{
    return fails() ? -1 : send(fd, data, bytes, flags);
}

static int failing_socket(int domain, int type, int protocol)
{
    return fails() ? -1 : socket(domain, type, protocol);
}

static int failing_connect(int fd, const struct sockaddr *address, socklen_t bytes)
{
    return fails() ? -1 : connect(fd, address, bytes);
}

static int failing_getsockopt(int fd, int level, int name, void *value, socklen_t *bytes)
{
    return fails() ? -1 : getsockopt(fd, level, name, value, bytes);
}

static int failing_setsockopt(int fd, int level, int name, const void *value, socklen_t bytes)
{
    return fails() ? -1 : setsockopt(fd, level, name, value, bytes);
}

static int failing_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    return fails() ? -1 : epoll_ctl(epoll, operation, fd, event);
}

/* Lets one call after the other fail. @return how many failed */
static unsigned each_call(int error, bool secure, flare_err want)
{
    struct ends ends;
    unsigned files, failed = 0;

    fail_at = 0;
    listen_ends(&ends, "127.0.0.1:0", NULL);
    files = open_files();
    fail_errno = error;
    for (fail_at = 1; fail_at < 100; fail_at++) {
        flare_err err;

        calls = 0;
        err = exchange(&ends, secure);
        if (calls < fail_at) {
            CHECK_INT(err, FLARE_OK);
            break;
        }
        if (fail_at == 1 && want != FLARE_OK)
            CHECK_INT(err, want);
        failed++;
        calls = 1000;
        CHECK_INT(exchange(&ends, secure), FLARE_OK);
        run_for(1);
        CHECK_INT(open_files(), files);
    }
    flarei_sys_reset();
    close_ends(&ends);
    return failed;
}

TEST(no_descriptor)
{
    flarei_sys.socket = failing_socket;
    CHECK_INT(each_call(EMFILE, false, FLARE_ERR_DESCRIPTORS), 1);
}

TEST(connect_fails)
{
    flarei_sys.connect = failing_connect;
    CHECK_INT(each_call(ECONNREFUSED, false, FLARE_ERR_REFUSED), 1);
    flarei_sys.connect = failing_connect;
    CHECK_INT(each_call(EACCES, false, FLARE_ERR_PERMISSION), 1);
    flarei_sys.getsockopt = failing_getsockopt;
    CHECK_INT(each_call(ENOBUFS, false, FLARE_ERR_MEMORY), 1);
    flarei_sys.setsockopt = failing_setsockopt;
    CHECK_INT(each_call(ENOBUFS, false, FLARE_ERR_MEMORY), 1);
}

static int eintr_left;

static int interrupted_connect(int fd, const struct sockaddr *address, socklen_t bytes)
{
    const int result = connect(fd, address, bytes);

    if (result == 0 || errno == EINPROGRESS)
        errno = EINTR;
    eintr_left--;
    return -1;
}

TEST(a_signal_does_not_end_it)
{
    struct ends ends;

    flarei_sys.connect = interrupted_connect;
    listen_ends(&ends, "127.0.0.1:0", NULL);
    CHECK_INT(exchange(&ends, true), FLARE_OK);
    CHECK(eintr_left < 0);
    flarei_sys_reset();
    close_ends(&ends);
}

TEST(no_watch)
{
    flarei_sys.epoll_ctl = failing_epoll_ctl;
    CHECK(each_call(ENOSPC, false, FLARE_ERR_LIMIT) >= 2);
    flarei_sys.epoll_ctl = failing_epoll_ctl;
    CHECK(each_call(ENOMEM, true, FLARE_ERR_MEMORY) >= 2);
}

TEST(a_receive_or_send_is_reset)
{
    flarei_sys.recv = failing_recv;
    CHECK(each_call(ECONNRESET, false, FLARE_ERR_RESET) >= 1);
    flarei_sys.recv = failing_recv;
    CHECK(each_call(ECONNRESET, true, FLARE_OK) >= 4);
    flarei_sys.send = failing_send;
    CHECK(each_call(EPIPE, true, FLARE_OK) >= 3);
}

/* The kernel has no buffers now: the stream tries again by itself. */
TEST(a_send_without_buffers_is_made_again)
{
    struct ends ends;
    struct end *const client = &ends.client;

    listen_ends(&ends, "127.0.0.1:0", NULL);
    CHECK_INT(dial_ends(&ends, "127.0.0.1", NULL, NULL), FLARE_OK);
    CHECK(run_until(&ends.server.told));
    flare_stream_watch(client->stream, FLARE_WRITE, end_ready, client);
    run_for(5);
    client->ready = false;
    flarei_sys.send = failing_send;
    calls = 0, fail_at = 1, fail_errno = ENOBUFS;
    CHECK_INT(flare_stream_write(client->stream, "x", 1), FLARE_ERR_AGAIN);
    CHECK(!client->ready);
    CHECK(run_until(&client->ready));
    CHECK_INT(flare_stream_write(client->stream, "x", 1), 1);
    flarei_sys_reset();
    close_ends(&ends);
}

static ssize_t short_send(int fd, const void *data, size_t bytes, int flags)
{
    return send(fd, data, bytes > 7 ? 7 : bytes, flags);
}

TEST(sends_of_seven_bytes)
{
    struct ends ends;

    flarei_sys.send = short_send;
    listen_ends(&ends, "127.0.0.1:0", acceptor);
    CHECK_INT(dial_ends(&ends, "127.0.0.1", connector, NULL), FLARE_OK);
    CHECK(run_until(&ends.server.told));
    CHECK(carry(&ends.client, &ends.server, 100000));
    flarei_sys_reset();
    close_ends(&ends);
}

/* ---- Memory ---- */

static struct test_allocator heap; /* from the start, since OpenSSL's memory is among it */

static unsigned each_allocation(bool secure, unsigned step_from)
{
    struct ends ends;
    unsigned failed = 0;
    size_t at;

    listen_ends(&ends, "127.0.0.1:0", NULL);
    CHECK_INT(exchange(&ends, secure), FLARE_OK);
    for (at = 1; at < 4000; at += at < step_from ? 1 : 7) {
        flare_err err;

        heap.calls = 0;
        heap.fail_at = at;
        err = exchange(&ends, secure);
        failed += err != FLARE_OK;
        if (heap.calls < at)
            break;
        heap.fail_at = 0;
        if (at % 20 == 1)
            CHECK_INT(exchange(&ends, secure), FLARE_OK);
    }
    heap.fail_at = 0;
    CHECK(at < 4000);
    CHECK_INT(exchange(&ends, secure), FLARE_OK);
    close_ends(&ends);
    return failed;
}

TEST(memory_that_ends_anywhere)
{
    CHECK(each_allocation(false, 100) >= 2);
    CHECK(each_allocation(true, 60) >= 30);
}

TEST(memory_that_ends_while_trust_is_read)
{
    const char *const ca = certificate_path("ca.crt");
    const flare_tls_connector_options options = {.ca = ca};
    flare_tls_connector *made = NULL;
    unsigned failed = 0;
    size_t at;

    for (at = 1; at < 4000 && made == NULL; at += at < 50 ? 1 : 5) {
        heap.calls = 0;
        heap.fail_at = at;
        if (flare_tls_connector_create(&made, &options, NULL, 0) != FLARE_OK)
            failed++;
        else if (heap.calls >= at)
            flare_tls_connector_free(made), made = NULL;
        heap.fail_at = 0;
    }
    CHECK(failed > 10);
    CHECK(made != NULL);
    flare_tls_connector_free(made);
    ERR_clear_error();
}

int main(void)
{
    test_allocator_use(&heap);
    flarei_tls_library_open();
    open_loop();
    make_certificates();
    acceptor = accept_as("good", NULL);
    connector = connect_as(&(flare_tls_connector_options){.ca = certificate_path("ca.crt")});
    RUN(no_descriptor);
    RUN(connect_fails);
    RUN(a_signal_does_not_end_it);
    RUN(no_watch);
    RUN(a_receive_or_send_is_reset);
    RUN(a_send_without_buffers_is_made_again);
    RUN(sends_of_seven_bytes);
    RUN(memory_that_ends_anywhere);
    RUN(memory_that_ends_while_trust_is_read);
    flare_tls_connector_free(connector);
    flare_tls_acceptor_free(acceptor);
    flare_loop_destroy(loop);
    remove_certificates();
    return TEST_END();
}
