#include "fiber/threads.h"

#include <flare/loop.h>
#include <flare/memory.h>

#include <pthread.h>

struct flarei_threads {
    pthread_mutex_t lock;
    pthread_cond_t more;     /* a job came, or the end */
    struct flarei_link jobs; /* that no thread has yet */
    unsigned most;
    unsigned count;
    unsigned idle;
    unsigned queued;
    bool ending;
    flare_worker *threads[];
};

static _Thread_local const struct flarei_job *job_here;

struct flarei_cancel *flarei_threads_cancel(void)
{
    return job_here != NULL ? job_here->cancel : NULL;
}

bool flarei_threads_here(void)
{
    return job_here != NULL;
}

static void unlink_job(struct flarei_threads *threads, struct flarei_job *job)
{
    flarei_link_take(&job->place);
    job->queued = false;
    threads->queued--;
}

/* What a thread does. */
static void serve(void *context)
{
    struct flarei_threads *const threads = context;

    (void)pthread_mutex_lock(&threads->lock);
    for (;;) {
        if (!flarei_link_alone(&threads->jobs)) {
            struct flarei_job *const job = FLARE_OWNER(threads->jobs.next, struct flarei_job, place);

            unlink_job(threads, job);
            (void)pthread_mutex_unlock(&threads->lock);
            job_here = job;
            job->run(job); /* which may end the job's own memory */
            job_here = NULL;
            (void)pthread_mutex_lock(&threads->lock);
        } else if (threads->ending) {
            break;
        } else {
            threads->idle++;
            (void)pthread_cond_wait(&threads->more, &threads->lock);
            threads->idle--;
        }
    }
    (void)pthread_mutex_unlock(&threads->lock);
}

/* Starts one more where all are busy. The lock is held. */
static flare_err grow(struct flarei_threads *threads)
{
    const flare_worker_options options = {.name = "flare blocking"};
    flare_err err;

    if (threads->idle >= threads->queued || threads->count == threads->most)
        return FLARE_OK;
    err = flare_worker_start(&threads->threads[threads->count], &options, serve, threads);
    if (err == FLARE_OK)
        threads->count++;
    return threads->count != 0 ? FLARE_OK : err;
}

flare_err flarei_threads_add(struct flarei_threads *threads, struct flarei_job *job)
{
    flare_err err;

    (void)pthread_mutex_lock(&threads->lock);
    flarei_link_before(&threads->jobs, &job->place);
    job->queued = true;
    threads->queued++;
    err = grow(threads);
    if (err != FLARE_OK)
        unlink_job(threads, job);
    else
        (void)pthread_cond_signal(&threads->more);
    (void)pthread_mutex_unlock(&threads->lock);
    return err;
}

bool flarei_threads_take_back(struct flarei_threads *threads, struct flarei_job *job)
{
    bool queued;

    (void)pthread_mutex_lock(&threads->lock);
    queued = job->queued;
    if (queued)
        unlink_job(threads, job);
    (void)pthread_mutex_unlock(&threads->lock);
    return queued;
}

struct flarei_threads *flarei_threads_new(unsigned most)
{
    struct flarei_threads *const threads =
        flarei_calloc(1, sizeof *threads + most * sizeof threads->threads[0]);

    if (threads == NULL)
        return NULL;
    threads->most = most;
    flarei_link_init(&threads->jobs);
    if (pthread_mutex_init(&threads->lock, NULL) != 0) {
        flarei_free(threads);
        return NULL;
    }
    if (pthread_cond_init(&threads->more, NULL) != 0) {
        (void)pthread_mutex_destroy(&threads->lock);
        flarei_free(threads);
        return NULL;
    }
    return threads;
}

void flarei_threads_free(struct flarei_threads *threads)
{
    if (threads == NULL)
        return;
    (void)pthread_mutex_lock(&threads->lock);
    threads->ending = true;
    (void)pthread_cond_broadcast(&threads->more);
    (void)pthread_mutex_unlock(&threads->lock);
    for (unsigned i = 0; i < threads->count; i++)
        flare_worker_join(threads->threads[i]);
    (void)pthread_cond_destroy(&threads->more);
    (void)pthread_mutex_destroy(&threads->lock);
    flarei_free(threads);
}
