/* Calls that fall short or fail, one at a time or all of them, and memory that ends: the server goes on
 * serving, and gives everything back. */
#include "harness.h"
#include "net/sys.h"
#include "test.h"

#include <errno.h>
#include <flare/memory.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct reply reply;

/* ---- What the seams do: set before a server starts; the counters are shared with its threads ---- */

static atomic_uint calls;   /* of the one that fails */
static unsigned fail_at;    /* from 1; 0 for none */
static unsigned fail_count; /* how many in a row */
static int fail_errno;

static void plan(unsigned at, unsigned count, int error)
{
    atomic_store(&calls, 0);
    fail_at = at;
    fail_count = count;
    fail_errno = error;
}

static bool fails(void)
{
    const unsigned call = atomic_fetch_add(&calls, 1) + 1;

    if (fail_at == 0 || call < fail_at || call - fail_at >= fail_count)
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

static int failing_accept(int fd, struct sockaddr *address, socklen_t *bytes, int flags)
{
    return fails() ? -1 : accept4(fd, address, bytes, flags);
}

static int failing_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    return operation == EPOLL_CTL_ADD && fails() ? -1 : epoll_ctl(epoll, operation, fd, event);
}

static ssize_t one_byte_recv(int fd, void *buffer, size_t bytes, int flags)
{
    (void)bytes;
    return recv(fd, buffer, 1, flags);
}

static ssize_t short_send(int fd, const void *data, size_t bytes, int flags)
{
    return send(fd, data, bytes > 7 ? 7 : bytes, flags);
}

/* Every second call is not ready, every third was interrupted. */
static ssize_t unready_recv(int fd, void *buffer, size_t bytes, int flags)
{
    const unsigned call = atomic_fetch_add(&calls, 1);

    errno = call % 3 == 0 ? EINTR : EAGAIN;
    return call % 3 == 0 || call % 2 == 0 ? -1 : recv(fd, buffer, bytes, flags);
}

static ssize_t unready_send(int fd, const void *data, size_t bytes, int flags)
{
    const unsigned call = atomic_fetch_add(&calls, 1);

    errno = call % 3 == 0 ? EINTR : EAGAIN;
    return call % 3 == 0 || call % 2 == 0 ? -1 : send(fd, data, bytes, flags);
}

/* Allocations of the whole process. */
static atomic_uint allocations;
static atomic_int blocks;
static unsigned allocation_fails_at;

static void *allocate(void *context, size_t bytes)
{
    void *block = atomic_fetch_add(&allocations, 1) + 1 == allocation_fails_at ? NULL : malloc(bytes);

    (void)context;
    if (block != NULL)
        atomic_fetch_add(&blocks, 1);
    return block;
}

static void *reallocate(void *context, void *block, size_t bytes)
{
    if (block == NULL)
        return allocate(context, bytes);
    return atomic_fetch_add(&allocations, 1) + 1 == allocation_fails_at ? NULL : realloc(block, bytes);
}

static void release(void *context, void *block)
{
    (void)context;
    if (block != NULL)
        atomic_fetch_sub(&blocks, 1);
    free(block);
}

static void count_allocations(bool on)
{
    static const flare_allocator counting = {NULL, allocate, reallocate, release};

    flare_allocator_set(on ? &counting : NULL);
}

/* ---- A walk through everything that a connection can do ---- */

struct outcome {
    unsigned good;
    unsigned refused; /* a status of 500 or above */
    unsigned lost;    /* no reply */
};

static void take(struct outcome *outcome, int fd, int status)
{
    client_read(fd, &reply, false);
    if (reply.status == status && reply.whole)
        outcome->good++;
    else if (reply.status >= 400)
        outcome->refused++;
    else
        outcome->lost++;
}

enum { STEPS = 7 };

static void step(const struct harness *h, int i, struct outcome *outcome)
{
    const int fd = client_dial(h);

    switch (i) {
    case 0:
        client_send(fd, GET("/plaintext") GET("/plaintext"));
        take(outcome, fd, 200);
        break;
    case 1:
        client_send(fd, POST("/echo", "Content-Length: 3\r\n", "abc"));
        break;
    case 2:
        client_send(fd, POST("/echo", "Content-Length: 6\r\nExpect: 100-continue\r\n", ""));
        client_read(fd, &reply, true);
        client_send(fd, "abcdef");
        break;
    case 3:
        client_send(fd, POST("/echo", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"));
        sleep_ms(3);
        client_send(fd, "3\r\ndef\r\n0\r\n\r\n");
        break;
    case 4:
        client_send(fd, POST("/ignore", "Content-Length: 3\r\n", ""));
        sleep_ms(3);
        client_send(fd, "abc" GET("/plaintext"));
        take(outcome, fd, 200);
        break;
    case 5:
        client_send(fd, GET("/big/100000"));
        break;
    case 6:
    default:
        client_send(fd, "GET /%41 HTTP/1.1\r\nHost: h\r\n\r\n");
        take(outcome, fd, 404);
        close(fd);
        return;
    }
    take(outcome, fd, 200);
    close(fd);
}

static struct outcome walk(const struct harness *h)
{
    struct outcome outcome = {0};

    for (int i = 0; i < STEPS; i++)
        step(h, i, &outcome);
    return outcome;
}

static const unsigned all_good = 9;

static void check_walk(void)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    const struct outcome outcome = walk(&h);
    CHECK_INT(outcome.good, all_good);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

/* ---- The tests ---- */

/* A call that falls short where more would be had shows on poll only: with edges the kernel never does that.
 */
TEST(short_calls_are_continued)
{
    harness_options.poll = true;
    flarei_sys.recv = one_byte_recv;
    flarei_sys.send = short_send;
    check_walk();
    flarei_sys.recv = unready_recv;
    flarei_sys.send = unready_send;
    check_walk();
    flarei_sys_reset();
    harness_options.poll = false;
}

/* Whichever call meets a peer that is gone, only that connection ends. */
TEST(a_reset_ends_one_connection_only)
{
    static const int errors[] = {ECONNRESET, EPIPE, ETIMEDOUT};

    for (unsigned i = 0; i < 24; i++) {
        struct harness h;

        plan(i / 2 + 1, 1, errors[i % 3]);
        if (i % 2 == 0)
            flarei_sys.recv = failing_recv;
        else
            flarei_sys.send = failing_send;
        CHECK(harness_start(&h, NULL));
        const struct outcome outcome = walk(&h);
        CHECK(outcome.good >= all_good - 2);
        harness_stop(&h);
        CHECK_INT(h.result, FLARE_OK);
        flarei_sys_reset();
    }
}

/* The kernel has no memory to send with for a while, and says nothing when it has again. */
TEST(sending_without_kernel_memory_is_tried_again)
{
    plan(1, 3, ENOBUFS);
    flarei_sys.send = failing_send;
    check_walk();
    CHECK(atomic_load(&calls) > 3);
    flarei_sys_reset();
}

TEST(accepting_without_descriptors_waits)
{
    static const int errors[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};

    for (size_t i = 0; i < 4; i++) {
        struct harness h;

        plan(1, 3, errors[i]);
        flarei_sys.accept4 = failing_accept;
        CHECK(harness_start(&h, NULL));
        const uint64_t began = now_ms();
        CHECK_INT(client_status(&h, GET("/plaintext")), 200);
        CHECK(now_ms() - began >= 150);
        CHECK(atomic_load(&calls) < 12);
        CHECK_INT(client_status(&h, GET("/plaintext")), 200);
        harness_stop(&h);
        flarei_sys_reset();
    }
}

TEST(a_connection_that_died_in_the_queue_is_skipped)
{
    plan(1, 2, ECONNABORTED);
    flarei_sys.accept4 = failing_accept;
    check_walk();
    flarei_sys_reset();
}

/* The first two watches are a loop's own wake-up and the listener; server and worker have a loop each. */
TEST(a_connection_that_can_not_be_watched_is_dropped)
{
    struct harness h;

    plan(5, 1, ENOSPC);
    flarei_sys.epoll_ctl = failing_epoll_ctl;
    CHECK(harness_start(&h, NULL));
    for (int i = 0; i < 3; i++)
        (void)client_status(&h, GET("/plaintext"));
    CHECK_INT(client_status(&h, GET("/plaintext")), 200);
    harness_stop(&h);
    flarei_sys_reset();
}

static int no_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context)
{
    return fails() ? fail_errno : pthread_create(thread, attributes, run, context);
}

static int failing_epoll_create(int flags)
{
    return fails() ? -1 : epoll_create1(flags);
}

static int failing_socket(int domain, int type, int protocol)
{
    return fails() ? -1 : socket(domain, type, protocol);
}

static int failing_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    return fails() ? -1 : sigaction(number, action, old);
}

/* What can't start says so, and leaves nothing behind. */
TEST(a_start_that_fails_is_undone)
{
    harness_options.workers = 3;
    count_allocations(true);
    for (unsigned i = 0; i < 11; i++) {
        struct harness h;

        atomic_store(&allocations, 0);
        allocation_fails_at = 0;
        if (i < 3) {
            plan(i + 1, 1, EAGAIN);
            flarei_sys.pthread_create = no_thread;
        } else if (i < 6) {
            plan(i - 3 + 2, 1, EMFILE);
            flarei_sys.epoll_create1 = failing_epoll_create;
        } else if (i < 8) {
            plan(i - 6 + 2, 1, EMFILE);
            flarei_sys.socket = failing_socket;
        } else if (i < 9) {
            plan(1, 1, EINVAL);
            flarei_sys.sigaction = failing_sigaction;
            harness_options.handle_signals = true;
        } else { /* a worker's listener: its loop's wake-up and the control loop's came before */
            plan(i - 9 + 5, 1, ENOSPC);
            flarei_sys.epoll_ctl = failing_epoll_ctl;
        }
        if (harness_start(&h, NULL)) {
            harness_join(&h);
            CHECK(h.result != FLARE_OK);
        }
        harness_options.handle_signals = false;
        flarei_sys_reset();
        CHECK_INT(atomic_load(&blocks), 0);
    }
    count_allocations(false);
    harness_options.workers = 1;
}

/* Once the worker's loop waits, the start is over. */
static atomic_bool started;

static int noting_epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
    atomic_store(&started, true);
    return epoll_wait(fd, events, count, timeout);
}

TEST(memory_that_ends_costs_one_request)
{
    unsigned count, failed_starts = 0;

    flarei_sys.epoll_wait = noting_epoll_wait;
    count_allocations(true);
    allocation_fails_at = 0;
    atomic_store(&allocations, 0);
    check_walk();
    count = atomic_load(&allocations);
    CHECK(count > 10);
    CHECK_INT(atomic_load(&blocks), 0);
    for (unsigned at = 1; at <= count; at++) {
        struct harness h;

        atomic_store(&allocations, 0);
        atomic_store(&started, false);
        allocation_fails_at = at;
        if (!harness_start(&h, NULL)) {
            failed_starts++;
            CHECK_INT(atomic_load(&blocks), 0);
            continue;
        }
        while (!atomic_load(&started) && atomic_load(&allocations) < at)
            sleep_ms(1);
        if (atomic_load(&allocations) < at) {
            const struct outcome outcome = walk(&h);

            CHECK(outcome.good >= all_good - 2);
            CHECK_INT(client_status(&h, GET("/plaintext")), 200);
        }
        harness_stop(&h);
        failed_starts += h.result != FLARE_OK;
        CHECK_INT(atomic_load(&blocks), 0);
    }
    CHECK(failed_starts > 0 && failed_starts < count);
    count_allocations(false);
    flarei_sys_reset();
}

TEST(nothing_is_allocated_after_a_warm_up)
{
    struct harness h;

    count_allocations(true);
    allocation_fails_at = 0;
    CHECK(harness_start(&h, NULL));
    (void)walk(&h);
    atomic_store(&allocations, 0);
    for (int i = 0; i < 50; i++) {
        const int fd = client_dial(&h);

        client_send(fd, GET("/plaintext") GET("/plaintext") POST("/echo", "Content-Length: 3\r\n", "abc"));
        for (int replies = 0; replies < 3; replies++)
            client_read(fd, &reply, false);
        CHECK_INT(reply.status, 200);
        close(fd);
    }
    CHECK_INT(atomic_load(&allocations), 0);
    harness_stop(&h);
    CHECK_INT(atomic_load(&blocks), 0);
    count_allocations(false);
}

int main(void)
{
    RUN(short_calls_are_continued);
    RUN(a_reset_ends_one_connection_only);
    RUN(sending_without_kernel_memory_is_tried_again);
    RUN(accepting_without_descriptors_waits);
    RUN(a_connection_that_died_in_the_queue_is_skipped);
    RUN(a_connection_that_can_not_be_watched_is_dropped);
    RUN(a_start_that_fails_is_undone);
    RUN(memory_that_ends_costs_one_request);
    RUN(nothing_is_allocated_after_a_warm_up);
    return TEST_END();
}
