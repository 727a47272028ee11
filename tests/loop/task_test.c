#include "helper.h"

#include <pthread.h>

struct job {
    flare_task task;
    int poster, serial;
    int repeat;
};

static int order[64], ran;

static void run_job(flare_loop *loop, flare_task *task)
{
    struct job *job = FLARE_OWNER(task, struct job, task);
    order[ran++ % 64] = job->serial;
    if (job->repeat-- > 0)
        flare_loop_post(loop, task);
}

TEST(runs_in_the_order_of_posting)
{
    flare_loop *loop = open_loop();
    struct job jobs[10];
    ran = 0;
    for (int i = 0; i < 10; i++) {
        jobs[i] = (struct job){.task = {.callback = run_job}, .serial = i};
        flare_loop_post(loop, &jobs[i].task);
    }
    CHECK_INT(ran, 0);
    turn(loop);
    CHECK_INT(ran, 10);
    for (int i = 0; i < 10; i++)
        CHECK_INT(order[i], i);
    turn(loop);
    CHECK_INT(ran, 10);
    flare_loop_destroy(loop);
}

/* Posted by its own callback it runs at the next wake-up, so the loop sees to its descriptors in between. */
TEST(posts_itself_again)
{
    flare_loop *loop = open_loop();
    struct job job = {.task = {.callback = run_job}, .repeat = 3};
    ran = 0;
    flare_loop_post(loop, &job.task);
    for (int i = 1; i <= 4; i++) {
        turn(loop);
        CHECK_INT(ran, i);
    }
    turn(loop);
    CHECK_INT(ran, 4);
    flare_loop_destroy(loop);
}

static int no_eventfd(unsigned initial, int flags)
{
    (void)initial, (void)flags;
    errno = ENOSYS;
    return -1;
}

TEST(wakes_by_a_pipe_too)
{
    flarei_sys.eventfd = no_eventfd;
    flare_loop *loop = open_loop();
    flarei_sys_reset();
    struct job job = {.task = {.callback = run_job}};
    ran = 0;
    for (int i = 1; i <= 3; i++) {
        flare_loop_post(loop, &job.task);
        turn(loop);
        CHECK_INT(ran, i);
    }
    for (int i = 0; i < 10000; i++) /* more than the pipe holds */
        flare_loop_stop(loop);
    CHECK_INT(flare_loop_run(loop), FLARE_OK);
    turn(loop);
    uint64_t before = flare_loop_now_ns(loop);
    CHECK_INT(flare_loop_run_once(loop, 20), FLARE_OK);
    CHECK(flare_loop_now_ns(loop) - before >= 19000000); /* drained: nothing keeps it awake */
    flare_loop_destroy(loop);
}

static int interruptions;

static ssize_t interrupted_write(int fd, const void *data, size_t bytes)
{
    if (interruptions-- > 0) {
        errno = EINTR;
        return -1;
    }
    return write(fd, data, bytes);
}

TEST(wakes_despite_a_signal)
{
    flare_loop *loop = open_loop();
    struct job job = {.task = {.callback = run_job}};
    flarei_sys.write = interrupted_write;
    interruptions = 3;
    ran = 0;
    flare_loop_post(loop, &job.task);
    flarei_sys_reset();
    turn(loop);
    CHECK_INT(ran, 1);
    flare_loop_destroy(loop);
}

/* ---- From four threads ---- */

#define POSTERS 4
#define JOBS    20000

static struct job jobs[POSTERS][JOBS];
static flare_loop *shared;
static int next_serial[POSTERS], total;

static void count_job(flare_loop *loop, flare_task *task)
{
    const struct job *job = FLARE_OWNER(task, struct job, task);
    bool in_order = next_serial[job->poster]++ == job->serial;
    CHECK(in_order);
    if (++total == POSTERS * JOBS)
        flare_loop_stop(loop);
}

static void *post_all(void *context)
{
    struct job *mine = context;
    int poster = (int)((mine - jobs[0]) / JOBS);
    for (int i = 0; i < JOBS; i++) {
        mine[i] = (struct job){.task = {.callback = count_job}, .poster = poster, .serial = i};
        flare_loop_post(shared, &mine[i].task);
    }
    return NULL;
}

TEST(takes_posts_of_four_threads)
{
    pthread_t threads[POSTERS];
    shared = open_loop();
    total = 0;
    memset(next_serial, 0, sizeof next_serial);
    for (int i = 0; i < POSTERS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, post_all, jobs[i]), 0);
    CHECK_INT(flare_loop_run(shared), FLARE_OK);
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(total, POSTERS * JOBS);
    flare_loop_destroy(shared);
}

static void *stop_it(void *context)
{
    flare_loop_stop(context);
    return NULL;
}

TEST(stops_from_another_thread)
{
    for (int i = 0; i < 50; i++) {
        flare_loop *loop = open_loop();
        pthread_t thread;
        CHECK_INT(pthread_create(&thread, NULL, stop_it, loop), 0);
        CHECK_INT(flare_loop_run(loop), FLARE_OK);
        pthread_join(thread, NULL);
        flare_loop_destroy(loop);
    }
}

int main(void)
{
    RUN_BOTH(runs_in_the_order_of_posting);
    RUN_BOTH(posts_itself_again);
    RUN_BOTH(wakes_by_a_pipe_too);
    RUN_BOTH(wakes_despite_a_signal);
    RUN_BOTH(takes_posts_of_four_threads);
    RUN_BOTH(stops_from_another_thread);
    return TEST_END();
}
