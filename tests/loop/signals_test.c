#include "helper.h"

#include <pthread.h>
#include <signal.h>

static int counts[65];
static void *seen_context;

static void count(flare_loop *loop, void *context, int number)
{
    (void)loop;
    seen_context = context;
    counts[number]++;
}

static void stop_on(flare_loop *loop, void *context, int number)
{
    (void)context;
    counts[number]++;
    flare_loop_stop(loop);
}

static bool is_default(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
}

TEST(brings_signals_to_the_loop)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGTERM};
    flare_loop *loop = open_loop();
    memset(counts, 0, sizeof counts);
    CHECK_INT(flare_signals_open(loop, numbers, 4, count, &loop), FLARE_OK);
    raise(SIGTERM);
    raise(SIGHUP);
    CHECK_INT(counts[SIGTERM], 0);
    turn(loop);
    CHECK_INT(counts[SIGTERM], 1);
    CHECK_INT(counts[SIGHUP], 1);
    CHECK_INT(counts[SIGINT], 0);
    CHECK(seen_context == &loop);
    turn(loop);
    CHECK_INT(counts[SIGTERM], 1);
    raise(SIGINT);
    raise(SIGINT);
    turn(loop);
    CHECK(counts[SIGINT] == 1 || counts[SIGINT] == 2);
    flare_signals_close(loop);
    CHECK(is_default(SIGTERM) && is_default(SIGINT) && is_default(SIGHUP));
    flare_signals_close(loop);
    flare_loop_destroy(loop);
}

/* More signals than the pipe holds, of one kind, must not hide another kind. */
TEST(loses_no_kind_of_signal)
{
    static const int numbers[] = {SIGHUP, SIGTERM};
    flare_loop *loop = open_loop();
    memset(counts, 0, sizeof counts);
    CHECK_INT(flare_signals_open(loop, numbers, 2, count, NULL), FLARE_OK);
    for (int i = 0; i < 70000; i++)
        raise(SIGHUP);
    errno = 4711;
    raise(SIGTERM);
    CHECK_INT(errno, 4711); /* though the handler's write fails */
    turn(loop);
    CHECK(counts[SIGHUP] >= 1);
    CHECK_INT(counts[SIGTERM], 1);
    flare_signals_close(loop);
    flare_loop_destroy(loop);
}

static void *send_term(void *context)
{
    (void)context;
    kill(getpid(), SIGTERM);
    return NULL;
}

TEST(wakes_a_loop_that_waits)
{
    static const int numbers[] = {SIGTERM};
    flare_loop *loop = open_loop();
    pthread_t thread;
    memset(counts, 0, sizeof counts);
    CHECK_INT(flare_signals_open(loop, numbers, 1, stop_on, NULL), FLARE_OK);
    CHECK_INT(pthread_create(&thread, NULL, send_term, NULL), 0);
    CHECK_INT(flare_loop_run(loop), FLARE_OK);
    pthread_join(thread, NULL);
    CHECK_INT(counts[SIGTERM], 1);
    flare_signals_close(loop);
    flare_loop_destroy(loop);
}

TEST(is_one_per_process)
{
    static const int numbers[] = {SIGTERM};
    flare_loop *loop = open_loop();
    CHECK_INT(flare_signals_open(loop, numbers, 1, count, NULL), FLARE_OK);
    CHECK_INT(flare_signals_open(loop, numbers, 1, count, NULL), FLARE_ERR_STATE);
    flare_signals_close(loop);
    CHECK_INT(flare_signals_open(loop, numbers, 1, count, NULL), FLARE_OK);
    flare_signals_close(loop);
    flare_loop_destroy(loop);
}

static int no_pipe2(int fds[2], int flags)
{
    (void)fds, (void)flags;
    errno = EMFILE;
    return -1;
}

TEST(changes_nothing_when_it_fails)
{
    static const int bad[][2] = {{SIGTERM, 0}, {SIGTERM, 65}, {SIGTERM, -1}, {SIGTERM, SIGKILL}};
    static const int good[] = {SIGTERM};
    flare_loop *loop = open_loop();
    int before = dup(0);
    close(before);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(flare_signals_open(loop, bad[i], 2, count, NULL), FLARE_ERR_ARGUMENT);
        CHECK(is_default(SIGTERM));
    }
    flarei_sys.pipe2 = no_pipe2;
    CHECK_INT(flare_signals_open(loop, good, 1, count, NULL), FLARE_ERR_DESCRIPTORS);
    flarei_sys_reset();
    int after = dup(0);
    CHECK_INT(after, before);
    close(after);
    CHECK_INT(flare_signals_open(loop, good, 1, count, NULL), FLARE_OK);
    flare_signals_close(loop);
    flare_loop_destroy(loop);
}

int main(void)
{
    RUN_BOTH(brings_signals_to_the_loop);
    RUN_BOTH(loses_no_kind_of_signal);
    RUN_BOTH(wakes_a_loop_that_waits);
    RUN_BOTH(is_one_per_process);
    RUN_BOTH(changes_nothing_when_it_fails);
    return TEST_END();
}
