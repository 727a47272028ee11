/* What is asked for once more, behind what is ready already. */
#include "helper.h"

#include "loop/loop.h"

#include <errno.h>
#include <sys/epoll.h>

static int calls, order[8];

static void ready_first(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    (void)loop;
    (void)watch;
    CHECK_INT(ready, FLARE_WRITE);
    order[calls++] = 1;
}

static void ready_second(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    char byte;

    (void)loop;
    CHECK_INT(ready, FLARE_READ);
    CHECK_INT(flare_socket_receive(watch->fd, &byte, 1), 1);
    order[calls++] = 2;
}

TEST(comes_behind_what_is_ready)
{
    flare_loop *loop = open_loop();
    int first_ends[2], second_ends[2];
    flare_watch first = {.callback = ready_first, .want = FLARE_WRITE};
    flare_watch second = {.callback = ready_second, .want = FLARE_READ};

    calls = 0;
    open_ends(first_ends);
    open_ends(second_ends);
    first.fd = first_ends[0];
    second.fd = second_ends[0];
    CHECK_INT(flare_loop_add(loop, &first), FLARE_OK);
    CHECK_INT(flare_loop_add(loop, &second), FLARE_OK);
    turn(loop);
    CHECK_INT(calls, 1);
    CHECK_INT(flare_socket_send(second_ends[1], "x", 1), 1);
    CHECK_INT(flarei_loop_again(loop, &first), FLARE_OK);
    turn(loop);
    CHECK_INT(calls, 3);
    CHECK_INT(order[1] + order[2], 3);
    CHECK(backend != FLARE_LOOP_EPOLL || order[1] == 2);
    turn(loop);
    CHECK_INT(calls, backend == FLARE_LOOP_EPOLL ? 3 : 4);
    flare_loop_close(loop, &first);
    flare_loop_close(loop, &second);
    flare_socket_close(first_ends[1]);
    flare_socket_close(second_ends[1]);
    flare_loop_destroy(loop);
}

#if defined(__linux__)
static int failing_ctl(int fd, int operation, int watched, struct epoll_event *event)
{
    (void)fd, (void)operation, (void)watched, (void)event;
    errno = ENOMEM;
    return -1;
}

TEST(says_why_not)
{
    flare_loop *loop = open_loop();
    int ends[2];
    flare_watch watch = {.callback = ready_first, .want = FLARE_WRITE};

    open_ends(ends);
    watch.fd = ends[0];
    CHECK_INT(flare_loop_add(loop, &watch), FLARE_OK);
    flarei_sys.epoll_ctl = failing_ctl;
    CHECK_INT(flarei_loop_again(loop, &watch), backend == FLARE_LOOP_EPOLL ? FLARE_ERR_MEMORY : FLARE_OK);
    flarei_sys_reset();
    flare_loop_close(loop, &watch);
    flare_socket_close(ends[1]);
    flare_loop_destroy(loop);
}
#endif

int main(void)
{
    RUN_BOTH(comes_behind_what_is_ready);
#if defined(__linux__)
    RUN_BOTH(says_why_not);
#endif
    return TEST_END();
}
