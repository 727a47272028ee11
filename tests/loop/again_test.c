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

enum { DEADLINES = 100 };

static int deadlines_passed;
static flare_watch busy;
static long ahead_s; /* the loop's clock */
static int answer_s;

static int clock_ahead(clockid_t which, struct timespec *time)
{
    const int got = clock_gettime(which, time);

    time->tv_sec += ahead_s;
    return got;
}

static void deadline_passes(flare_loop *loop, flare_timer *timer)
{
    (void)loop, (void)timer;
    deadlines_passed++;
    ahead_s++; /* that long it took */
}

static void answers(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    (void)ready;
    calls++;
    ahead_s += answer_s;
    CHECK_INT(flarei_loop_again(loop, watch), FLARE_OK);
}

/* Deadlines that take a second each, beside one who is ready again at once and takes that many seconds. */
static void deadlines_beside(int seconds)
{
    static flare_timer timers[DEADLINES];
    flare_loop *loop = open_loop();
    int ends[2], passed = 0;

    calls = deadlines_passed = 0;
    answer_s = seconds;
    flarei_sys.clock_gettime = clock_ahead;
    open_ends(ends);
    busy = (flare_watch){.callback = answers, .want = FLARE_WRITE, .fd = ends[0]};
    CHECK_INT(flare_loop_add(loop, &busy), FLARE_OK);
    for (int i = 0; i < DEADLINES; i++) {
        timers[i] = (flare_timer){.callback = deadline_passes};
        flare_timer_set(loop, &timers[i], 0);
    }
    while (passed < DEADLINES) {
        const int left = DEADLINES - passed;

        calls = 0;
        turn(loop); /* without a wait: they are due */
        if (deadlines_passed == 0)
            continue;
        const int share = calls * seconds > 1 ? calls * seconds : 1, now = deadlines_passed - passed;
        CHECK(calls > 0);
        CHECK(now == share || (now < share && now == left) ||
              (seconds > 0 && now == share + 1)); /* what is begun ends */
        passed = deadlines_passed;
    }
    flare_loop_close(loop, &busy);
    flare_socket_close(ends[1]);
    flare_loop_destroy(loop);
    flarei_sys_reset();
}

TEST(many_deadlines_at_once_hold_up_no_one)
{
    deadlines_beside(0);
}

TEST(who_is_ready_holds_up_no_deadline)
{
    deadlines_beside(10);
}

static void deadline_at_once(flare_loop *loop, flare_timer *timer)
{
    static flare_timer next[DEADLINES];

    (void)timer;
    for (int i = 0; i < DEADLINES; i++) {
        next[i] = (flare_timer){.callback = deadline_passes};
        flarei_timer_set_now(loop, &next[i]);
    }
}

TEST(what_is_left_of_the_deadlines_needs_no_wait)
{
    flare_loop *loop = open_loop();
    flare_timer first = {.callback = deadline_at_once};
    int turns = 0;

    deadlines_passed = 0;
    flarei_sys.clock_gettime = clock_ahead;
    flare_timer_set(loop, &first, 0);
    while (deadlines_passed < DEADLINES && turns++ < 2 * DEADLINES)
        CHECK_INT(flare_loop_run_once(loop, 3600 * 1000), FLARE_OK);
    CHECK_INT(deadlines_passed, DEADLINES);
    CHECK(turns >= DEADLINES);
    flare_loop_destroy(loop);
    flarei_sys_reset();
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
    RUN_BOTH(many_deadlines_at_once_hold_up_no_one);
    RUN_BOTH(who_is_ready_holds_up_no_deadline);
    RUN_BOTH(what_is_left_of_the_deadlines_needs_no_wait);
#if defined(__linux__)
    RUN_BOTH(says_why_not);
#endif
    return TEST_END();
}
