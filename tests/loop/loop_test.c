#include "helper.h"

#include <dirent.h>
#include <poll.h>
#include <sys/epoll.h>

/* ---- A clock, and a wait, of our own: waiting moves the clock on ---- */

static uint64_t fake_ns;
static int64_t fake_wall_s;
static int waits, last_timeout_ms, wall_reads, wait_error;

static int fake_clock_gettime(clockid_t clock, struct timespec *time)
{
    if (clock == CLOCK_REALTIME) {
        wall_reads++;
        *time = (struct timespec){.tv_sec = fake_wall_s, .tv_nsec = (long)(fake_ns % 1000000000)};
    } else {
        *time = (struct timespec){.tv_sec = (time_t)(fake_ns / 1000000000),
                                  .tv_nsec = (long)(fake_ns % 1000000000)};
    }
    return 0;
}

static int fake_wait(int timeout_ms)
{
    waits++;
    last_timeout_ms = timeout_ms;
    if (wait_error) {
        errno = wait_error;
        return -1;
    }
    if (timeout_ms > 0)
        fake_ns += (uint64_t)timeout_ms * 1000000;
    return 0;
}

static int fake_epoll_wait(int epoll, struct epoll_event *events, int count, int timeout_ms)
{
    (void)epoll, (void)events, (void)count;
    return fake_wait(timeout_ms);
}

static int fake_poll(struct pollfd *items, nfds_t count, int timeout_ms)
{
    (void)items, (void)count;
    return fake_wait(timeout_ms);
}

static flare_loop *open_fake_loop(uint64_t start_ns)
{
    flarei_sys.clock_gettime = fake_clock_gettime;
    flarei_sys.epoll_wait = fake_epoll_wait;
    flarei_sys.poll = fake_poll;
    fake_ns = start_ns;
    waits = wall_reads = wait_error = 0;
    return open_loop();
}

static void close_fake_loop(flare_loop *loop)
{
    flare_loop_destroy(loop);
    flarei_sys_reset();
}

/* ---- Timers ---- */

struct alarm {
    flare_timer timer;
    uint64_t rang_ns;
    int rings, repeat;
    struct alarm *cancel;
    bool stop;
};

static void ring(flare_loop *loop, flare_timer *timer)
{
    struct alarm *alarm = FLARE_OWNER(timer, struct alarm, timer);
    alarm->rings++;
    alarm->rang_ns = flare_loop_now_ns(loop);
    CHECK(!flare_timer_active(timer));
    if (alarm->repeat > 0) {
        alarm->repeat--;
        flare_timer_set(loop, timer, 0);
    }
    if (alarm->cancel)
        flare_timer_cancel(loop, &alarm->cancel->timer);
    if (alarm->stop)
        flare_loop_stop(loop);
}

TEST(sleeps_without_timers)
{
    flare_loop *loop = open_fake_loop(5000000);
    CHECK_INT(flare_loop_run_once(loop, -1), FLARE_OK);
    CHECK_INT(last_timeout_ms, -1);
    CHECK_INT(flare_loop_run_once(loop, 77), FLARE_OK);
    CHECK_INT(last_timeout_ms, 77);
    CHECK_INT(flare_loop_now_ns(loop), 82000000);
    CHECK_INT(flare_loop_now_ms(loop), 82);
    close_fake_loop(loop);
}

/* Never early, at most 1 ms late (65 from FLARE_TIMER_COARSE_FROM_MS on), whatever the fraction of the clock.
 */
TEST(keeps_its_times)
{
    static const uint64_t delays[] = {0,   1,    2,    3,    15,    63,    64,     65,
                                      500, 1023, 1024, 1025, 10000, 60000, 3600000};
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++)
        for (uint64_t fraction = 0; fraction < 1000000; fraction += 333333) {
            flare_loop *loop = open_fake_loop(1234567000000 + fraction);
            struct alarm alarm = {.timer = {.callback = ring}};
            uint64_t start = flare_loop_now_ns(loop), late = delays[i] < 1024 ? 1 : 65;
            flare_timer_set(loop, &alarm.timer, delays[i]);
            while (!alarm.rings && waits < 20)
                CHECK_INT(flare_loop_run_once(loop, -1), FLARE_OK);
            CHECK_INT(alarm.rings, 1);
            CHECK(alarm.rang_ns >= start + delays[i] * 1000000);
            CHECK(alarm.rang_ns <= start + (delays[i] + late) * 1000000);
            CHECK(waits <= 6);
            CHECK_INT(flare_loop_run_once(loop, -1), FLARE_OK);
            CHECK_INT(last_timeout_ms, -1);
            CHECK_INT(alarm.rings, 1);
            close_fake_loop(loop);
        }
}

TEST(shares_the_wake_ups_of_long_timers)
{
    static struct alarm alarms[1000];
    flare_loop *loop = open_fake_loop(1);
    int rung = 0;
    for (size_t i = 0; i < 1000; i++) {
        alarms[i] = (struct alarm){.timer = {.callback = ring}};
        flare_timer_set(loop, &alarms[i].timer, 30000 + i);
    }
    while (rung < 1000 && waits < 1000) {
        CHECK_INT(flare_loop_run_once(loop, -1), FLARE_OK);
        rung = 0;
        for (size_t i = 0; i < 1000; i++)
            rung += alarms[i].rings;
    }
    CHECK_INT(rung, 1000);
    CHECK(waits < 25);
    close_fake_loop(loop);
}

TEST(moves_and_cancels)
{
    flare_loop *loop = open_fake_loop(0);
    struct alarm alarm = {.timer = {.callback = ring}};
    flare_timer_cancel(loop, &alarm.timer);
    flare_timer_set(loop, &alarm.timer, 10);
    flare_timer_set(loop, &alarm.timer, 100);
    CHECK_INT(flare_loop_run_once(loop, 50), FLARE_OK);
    CHECK_INT(flare_loop_run_once(loop, 40), FLARE_OK);
    CHECK_INT(alarm.rings, 0);
    flare_timer_set(loop, &alarm.timer, 5);
    CHECK_INT(flare_loop_run_once(loop, 50), FLARE_OK);
    CHECK_INT(alarm.rings, 1);
    flare_timer_set(loop, &alarm.timer, 5);
    CHECK(flare_timer_active(&alarm.timer));
    flare_timer_cancel(loop, &alarm.timer);
    CHECK(!flare_timer_active(&alarm.timer));
    CHECK_INT(flare_loop_run_once(loop, 50), FLARE_OK);
    CHECK_INT(alarm.rings, 1);
    close_fake_loop(loop);
}

TEST(cancels_in_a_callback)
{
    flare_loop *loop = open_fake_loop(0);
    struct alarm a = {.timer = {.callback = ring}}, b = a, c = a;
    a.cancel = &b; /* due in the same millisecond */
    c.cancel = &c; /* itself, inactive by then */
    flare_timer_set(loop, &a.timer, 10);
    flare_timer_set(loop, &b.timer, 10);
    flare_timer_set(loop, &c.timer, 10);
    CHECK_INT(flare_loop_run_once(loop, 50), FLARE_OK);
    CHECK_INT(a.rings, 1);
    CHECK_INT(b.rings, 0);
    CHECK_INT(c.rings, 1);
    close_fake_loop(loop);
}

/* A timer that sets itself again for now runs once per wake-up, and does not hold the loop. */
TEST(sets_again_in_a_callback)
{
    flare_loop *loop = open_fake_loop(0);
    struct alarm alarm = {.timer = {.callback = ring}, .repeat = 3};
    flare_timer_set(loop, &alarm.timer, 0);
    for (int i = 1; i <= 4; i++) {
        CHECK_INT(flare_loop_run_once(loop, -1), FLARE_OK);
        CHECK_INT(alarm.rings, i);
        CHECK_INT(last_timeout_ms, 1);
    }
    CHECK_INT(flare_loop_run_once(loop, 10), FLARE_OK);
    CHECK_INT(alarm.rings, 4);
    close_fake_loop(loop);
}

/* The machine slept: all that is overdue runs, in order, once. */
TEST(survives_a_jump_of_the_clock)
{
    flare_loop *loop = open_fake_loop(1);
    struct alarm alarms[5];
    static const uint64_t delays[] = {1, 1000, 70000, 90000000, UINT64_MAX};
    for (size_t i = 0; i < 5; i++) {
        alarms[i] = (struct alarm){.timer = {.callback = ring}};
        flare_timer_set(loop, &alarms[i].timer, delays[i]);
    }
    fake_ns += UINT64_C(100000000) * 1000000;
    CHECK_INT(flare_loop_run_once(loop, 0), FLARE_OK);
    for (size_t i = 0; i < 4; i++)
        CHECK_INT(alarms[i].rings, 1);
    CHECK_INT(alarms[4].rings, 0);
    CHECK_INT(alarms[4].timer.due_ms, (1 + FLARE_TIMER_MAX_MS + 63) / 64 * 64);
    fake_ns -= 50000000; /* and back: time stands still until the clock has caught up */
    uint64_t before = flare_loop_now_ns(loop);
    CHECK_INT(flare_loop_run_once(loop, 0), FLARE_OK);
    CHECK(flare_loop_now_ns(loop) == before);
    CHECK_INT(flare_loop_run_once(loop, -1), FLARE_OK); /* years: the wait is as long as an int allows */
    CHECK_INT(last_timeout_ms, INT32_MAX);
    flare_timer_cancel(loop, &alarms[4].timer);
    close_fake_loop(loop);
}

TEST(reads_the_wall_clock_once_a_second)
{
    flare_loop *loop = open_fake_loop(5250000000);
    fake_wall_s = 784111777;
    for (int i = 0; i < 100; i++)
        CHECK_INT(flare_loop_wall_s(loop), 784111777);
    CHECK_INT(wall_reads, 1);
    CHECK_INT(flare_loop_run_once(loop, 749), FLARE_OK);
    CHECK_INT(flare_loop_wall_s(loop), 784111777);
    CHECK_INT(wall_reads, 1);
    CHECK_INT(flare_loop_run_once(loop, 1), FLARE_OK);
    fake_wall_s++;
    CHECK_INT(flare_loop_wall_s(loop), 784111778);
    fake_wall_s = 1000; /* stepped */
    CHECK_INT(flare_loop_run_once(loop, 1000), FLARE_OK);
    CHECK_INT(flare_loop_wall_s(loop), 1000);
    CHECK_INT(wall_reads, 3);
    close_fake_loop(loop);
}

/* ---- Running ---- */

TEST(goes_on_after_a_signal)
{
    flare_loop *loop = open_fake_loop(0);
    struct alarm alarm = {.timer = {.callback = ring}};
    flare_timer_set(loop, &alarm.timer, 5);
    wait_error = EINTR;
    CHECK_INT(flare_loop_run_once(loop, -1), FLARE_OK);
    CHECK_INT(alarm.rings, 0);
    fake_ns = 100000000;
    CHECK_INT(flare_loop_run_once(loop, -1), FLARE_OK);
    CHECK_INT(alarm.rings, 1);
    close_fake_loop(loop);
}

TEST(ends_when_the_wait_fails)
{
    flare_loop *loop = open_fake_loop(0);
    wait_error = EBADF;
    CHECK_INT(flare_loop_run_once(loop, -1), FLARE_ERR_IO);
    wait_error = ENOMEM;
    CHECK_INT(flare_loop_run(loop), FLARE_ERR_MEMORY);
    CHECK_INT(waits, 2);
    close_fake_loop(loop);
}

TEST(stops)
{
    flare_loop *loop = open_loop();
    struct alarm alarm = {.timer = {.callback = ring}, .stop = true};
    flare_timer_set(loop, &alarm.timer, 1);
    CHECK_INT(flare_loop_run(loop), FLARE_OK);
    CHECK_INT(alarm.rings, 1);
    flare_loop_stop(loop); /* before a run: that run ends at once */
    CHECK_INT(flare_loop_run(loop), FLARE_OK);
    flare_timer_set(loop, &alarm.timer, 1);
    CHECK_INT(flare_loop_run(loop), FLARE_OK);
    CHECK_INT(alarm.rings, 2);
    flare_loop_destroy(loop);
}

TEST(waits_for_real)
{
    flare_loop *loop = open_loop();
    for (uint64_t delay = 1; delay < 40; delay += 12) {
        struct alarm alarm = {.timer = {.callback = ring}, .stop = true};
        flare_loop_update_now(loop);
        uint64_t start = flare_loop_now_ns(loop);
        flare_timer_set(loop, &alarm.timer, delay);
        CHECK_INT(flare_loop_run(loop), FLARE_OK);
        CHECK(alarm.rang_ns >= start + delay * 1000000);
        CHECK(alarm.rang_ns < start + (delay + 1000) * 1000000); /* a busy machine is late, not lost */
    }
    flare_loop_destroy(loop);
}

/* ---- Making a loop ---- */

static int open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

TEST(knows_its_back_end)
{
    flare_loop *loop = open_loop();
    CHECK_INT(flare_loop_backend_of(loop), backend);
    flare_loop_destroy(loop);
    CHECK_INT(flare_loop_create(&loop, FLARE_LOOP_DEFAULT), FLARE_OK);
    CHECK_INT(flare_loop_backend_of(loop), FLARE_LOOP_EPOLL);
    flare_loop_destroy(loop);
    CHECK_INT(flare_loop_create(&loop, (flare_loop_backend)99), FLARE_ERR_UNSUPPORTED);
    flare_loop_destroy(NULL);
}

TEST(is_not_made_without_memory)
{
    int before = open_descriptors(), nth = 0;
    for (;; nth++) {
        flare_loop *loop = NULL;
        fail_allocation(nth);
        flare_err err = flare_loop_create(&loop, backend);
        if (err == FLARE_OK)
            flare_loop_destroy(loop);
        fail_allocation(-1);
        CHECK_INT(open_descriptors(), before);
        if (err == FLARE_OK)
            break;
        CHECK_INT(err, FLARE_ERR_MEMORY);
        CHECK(loop == NULL);
    }
    CHECK_INT(nth, backend == FLARE_LOOP_EPOLL ? 3 : 6);
}

static int no_epoll_create1(int flags)
{
    (void)flags;
    errno = EMFILE;
    return -1;
}

static int eventfd_error;

static int no_eventfd(unsigned initial, int flags)
{
    (void)initial, (void)flags;
    errno = eventfd_error;
    return -1;
}

static int no_pipe2(int fds[2], int flags)
{
    (void)fds, (void)flags;
    errno = ENFILE;
    return -1;
}

static int no_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    (void)epoll, (void)operation, (void)fd, (void)event;
    errno = ENOSPC;
    return -1;
}

TEST(is_not_made_without_descriptors)
{
    int before = open_descriptors();
    flare_loop *loop;
    flarei_sys.epoll_create1 = no_epoll_create1;
    CHECK_INT(flare_loop_create(&loop, FLARE_LOOP_EPOLL), FLARE_ERR_DESCRIPTORS);
    flarei_sys_reset();
    flarei_sys.epoll_ctl = no_epoll_ctl;
    CHECK_INT(flare_loop_create(&loop, FLARE_LOOP_EPOLL), FLARE_ERR_LIMIT);
    flarei_sys_reset();
    for (int which = FLARE_LOOP_EPOLL; which <= FLARE_LOOP_POLL; which++) {
        flarei_sys.eventfd = no_eventfd;
        eventfd_error = EMFILE;
        CHECK_INT(flare_loop_create(&loop, (flare_loop_backend)which), FLARE_ERR_DESCRIPTORS);
        eventfd_error = ENOSYS;
        flarei_sys.pipe2 = no_pipe2;
        CHECK_INT(flare_loop_create(&loop, (flare_loop_backend)which), FLARE_ERR_DESCRIPTORS);
        flarei_sys_reset();
        CHECK(loop == NULL);
    }
    CHECK_INT(open_descriptors(), before);
}

int main(void)
{
    RUN_BOTH(sleeps_without_timers);
    RUN_BOTH(keeps_its_times);
    RUN_BOTH(shares_the_wake_ups_of_long_timers);
    RUN_BOTH(moves_and_cancels);
    RUN_BOTH(cancels_in_a_callback);
    RUN_BOTH(sets_again_in_a_callback);
    RUN_BOTH(survives_a_jump_of_the_clock);
    RUN_BOTH(reads_the_wall_clock_once_a_second);
    RUN_BOTH(goes_on_after_a_signal);
    RUN_BOTH(ends_when_the_wait_fails);
    RUN_BOTH(stops);
    RUN_BOTH(waits_for_real);
    RUN_BOTH(knows_its_back_end);
    RUN_BOTH(is_not_made_without_memory);
    RUN(is_not_made_without_descriptors);
    return TEST_END();
}
