/* Work handed to the loops of other threads, and its results handed back: no locks, no queues of one's own.
 */
#include <flare/loop.h>

#include <stdio.h>

enum { WORKERS = 2, JOBS = 4 };

struct helper {
    flare_worker *worker;
    flare_loop *loop;
    flare_task stop;
};

struct job {
    flare_task task; /* on its way there, then on its way back */
    flare_loop *home;
    unsigned number;
    unsigned long long sum;
};

static unsigned unfinished = JOBS;
static struct job jobs[JOBS];

/* On the loop that it came from: nobody else touches what is here. */
static void finished(flare_loop *loop, flare_task *task)
{
    (void)task;
    if (--unfinished == 0)
        flare_loop_stop(loop);
}

/* On the loop of a worker, which is the job's owner meanwhile. */
static void work(flare_loop *loop, flare_task *task)
{
    struct job *const job = FLARE_OWNER(task, struct job, task);

    (void)loop;
    for (unsigned i = 1; i <= job->number * 1000; i++)
        job->sum += i;
    task->callback = finished;
    flare_loop_post(job->home, task);
}

static void stop(flare_loop *loop, flare_task *task)
{
    (void)task;
    flare_loop_stop(loop);
}

static void run(void *context)
{
    const struct helper *const helper = context;

    if (flare_loop_run(helper->loop) != FLARE_OK)
        (void)fprintf(stderr, "a worker ended early\n");
}

static flare_err start(struct helper *helper)
{
    const flare_worker_options options = {.name = "helper"};
    flare_err err = flare_loop_create(&helper->loop, FLARE_LOOP_DEFAULT);

    helper->stop.callback = stop;
    if (err != FLARE_OK)
        return err;
    err = flare_worker_start(&helper->worker, &options, run, helper);
    if (err != FLARE_OK)
        flare_loop_destroy(helper->loop);
    return err;
}

static void end(struct helper *helper)
{
    flare_loop_post(helper->loop, &helper->stop);
    flare_worker_join(helper->worker);
    flare_loop_destroy(helper->loop);
}

int main(void)
{
    struct helper helpers[WORKERS] = {{.worker = NULL}};
    unsigned started = 0;
    flare_loop *loop;
    flare_err err = flare_loop_create(&loop, FLARE_LOOP_DEFAULT);

    if (err != FLARE_OK)
        return 1;
    while (started < WORKERS && err == FLARE_OK) {
        err = start(&helpers[started]);
        started += err == FLARE_OK;
    }
    if (err == FLARE_OK) {
        for (unsigned i = 0; i < JOBS; i++) {
            jobs[i] = (struct job){.task = {.callback = work}, .home = loop, .number = i + 1};
            flare_loop_post(helpers[i % WORKERS].loop, &jobs[i].task);
        }
        err = flare_loop_run(loop);
    }
    while (started > 0)
        end(&helpers[--started]);
    flare_loop_destroy(loop);
    for (unsigned i = 0; i < JOBS && err == FLARE_OK; i++)
        (void)printf("1 + ... + %u = %llu\n", jobs[i].number * 1000, jobs[i].sum);
    if (err != FLARE_OK)
        (void)fprintf(stderr, "%s\n", flare_err_text(err));
    return err != FLARE_OK;
}
