/* Tests without memory, descriptors or processes: an error, and nothing left behind. */
#include "allocator.h"
#include "counter.flare.h"
#include "test.h"

#include "net/sys.h"

#include <flare/testing.h>

#include <errno.h>

static flare_err one_call(void)
{
    flare_test *test;
    flare_err err = flare_test_open(&test, &counter_service, NULL);

    if (err != FLARE_OK) {
        CHECK(test == NULL);
        return err;
    }
    flare_test_request(test, "POST", "/sum");
    flare_test_body(test, FLARE_STR("application/json"), FLARE_STR("{\"a\":2,\"b\":40}"));
    err = flare_test_send(test)->err;
    flare_test_close(test);
    return err;
}

TEST(every_allocation_may_fail)
{
    for (size_t fail_at = 1;; fail_at++) {
        struct test_allocator heap = {.fail_at = fail_at};
        flare_err err;

        test_allocator_use(&heap);
        err = one_call();
        test_allocator_use(NULL);
        CHECK_INT(heap.live, 0);
        if (heap.calls < fail_at) {
            CHECK_INT(err, FLARE_OK);
            CHECK(fail_at > 10);
            return;
        }
        CHECK(err == FLARE_ERR_MEMORY || err == FLARE_ERR_CLOSED || err == FLARE_OK);
    }
}

static int no_pair(int domain, int type, int protocol, int ends[2])
{
    (void)domain, (void)type, (void)protocol, (void)ends;
    errno = EMFILE;
    return -1;
}

TEST(no_descriptors_for_a_connection)
{
    flare_test *test;

    CHECK_INT(flare_test_open(&test, &counter_service, NULL), FLARE_OK);
    flarei_sys.socketpair = no_pair;
    CHECK_INT(flare_test_get(test, "/hits")->err, FLARE_ERR_DESCRIPTORS);
    flarei_sys_reset();
    CHECK_INT(flare_test_get(test, "/hits")->status, 200);
    flare_test_close(test);
}

static int no_fork(void)
{
    errno = EAGAIN;
    return -1;
}

static int no_pipe(int fds[2], int flags)
{
    (void)fds, (void)flags;
    errno = EMFILE;
    return -1;
}

static ssize_t no_write(int fd, const void *data, size_t bytes)
{
    (void)fd, (void)data, (void)bytes;
    errno = EIO;
    return -1;
}

TEST(no_process)
{
    flare_test_server server;

    flarei_sys.fork = no_fork;
    CHECK_INT(flare_test_server_start(&server, &counter_service, NULL, NULL), FLARE_ERR_AGAIN);
    flarei_sys_reset();
    flarei_sys.pipe2 = no_pipe;
    CHECK_INT(flare_test_server_start(&server, &counter_service, NULL, NULL), FLARE_ERR_DESCRIPTORS);
    flarei_sys_reset();
    flarei_sys.socketpair = no_pair;
    CHECK_INT(flare_test_server_start(&server, &counter_service, NULL, NULL), FLARE_ERR_DESCRIPTORS);
    flarei_sys_reset();
    flarei_sys.write = no_write; /* in the child */
    CHECK_INT(flare_test_server_start(&server, &counter_service, NULL, NULL), FLARE_ERR_CLOSED);
    CHECK_INT(server.process, 0);
    flarei_sys_reset();
}

int main(void)
{
    RUN(every_allocation_may_fail);
    RUN(no_descriptors_for_a_connection);
    RUN(no_process);
    return TEST_END();
}
