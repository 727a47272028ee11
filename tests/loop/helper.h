/* helper.h - what the loop's tests share: both back ends, a nth-allocation fault, a pair of sockets. */
#ifndef FLARE_TEST_LOOP_HELPER_H
#define FLARE_TEST_LOOP_HELPER_H

#include "test.h"

#include <flare/loop.h>
#include <flare/memory.h>
#include <flare/net.h>

#include "net/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The back end of the present round; RUN_BOTH runs a test with each. */
static flare_loop_backend backend;

#define RUN_BOTH(name)                                                                                       \
    do {                                                                                                     \
        backend = FLARE_LOOP_EPOLL;                                                                          \
        RUN(name);                                                                                           \
        backend = FLARE_LOOP_POLL;                                                                           \
        RUN(name);                                                                                           \
    } while (0)

static inline flare_loop *open_loop(void)
{
    flare_loop *loop;
    flare_err err = flare_loop_create(&loop, backend);
    CHECK_INT(err, FLARE_OK);
    if (err != FLARE_OK)
        exit(1);
    return loop;
}

/* Two connected, non-blocking ends. */
static inline void open_ends(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        exit(1);
}

/* Lets everything that is ready now be reported. */
static inline void turn(flare_loop *loop)
{
    CHECK_INT(flare_loop_run_once(loop, 0), FLARE_OK);
}

/* ---- An allocator whose nth call fails ---- */

static int allocations_left = -1;

static inline void *failing_allocate(void *context, size_t bytes)
{
    (void)context;
    return allocations_left-- == 0 ? NULL : malloc(bytes);
}

static inline void *failing_reallocate(void *context, void *block, size_t bytes)
{
    (void)context;
    return allocations_left-- == 0 ? NULL : realloc(block, bytes);
}

static inline void failing_release(void *context, void *block)
{
    (void)context;
    free(block);
}

static inline void fail_allocation(int nth)
{
    static const flare_allocator failing = {NULL, failing_allocate, failing_reallocate, failing_release};
    allocations_left = nth;
    flare_allocator_set(nth < 0 ? NULL : &failing);
}

#endif
