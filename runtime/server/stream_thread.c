/* stream_thread.c - a handler on a thread of the pool that streams. Its steps are taken by the request's own
 * thread, one after the other, while it waits; between them it may lose its peer, and learns that at the next
 * one. So nothing of a stream is touched by two threads at once. */
#include "server/stream_thread.h"

#include "http/stream.h"
#include "loop/loop.h"
#include "server/stream.h"
#include "server/worker.h"

#include <pthread.h>

enum { KEPT_FIRST_BYTES = 1024, KEPT_MAX_BYTES = 65536 }; /* trailers of the request */

/* One step, on the stack of the thread that waits for it. */
struct hop {
    flare_task task;
    flare_request *rq;
    void (*step)(flare_request *rq, void *argument); /* NULL: it waits for the peer */
    void *argument;
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool done;
};

static void end(struct hop *hop)
{
    (void)pthread_mutex_lock(&hop->lock);
    hop->done = true;
    (void)pthread_cond_signal(&hop->over);
    (void)pthread_mutex_unlock(&hop->lock);
}

static void taken(flare_loop *loop, flare_task *task)
{
    struct hop *const hop = FLARE_OWNER(task, struct hop, task);
    flare_request *const rq = hop->rq;

    (void)loop;
    flarei_worker_date(rq->work->site->worker);
    if (rq->stream.left && !rq->stream.lost)
        flarei_stream_lose(rq);
    if (hop->step != NULL) {
        hop->step(rq, hop->argument);
        if (rq->stream.waits != 0 && !rq->stream.left) /* from now on what happens is reported */
            flarei_stream_expect(rq);
        end(hop);
    } else if (rq->stream.waits == 0 || rq->stream.lost ||
               flarei_cancel_ends(&rq->work->cancel, rq->stream.events)) {
        end(hop);
    } else {
        rq->stream.waiter = hop;
        flarei_stream_expect(rq);
    }
}

static void go(struct hop *hop)
{
    (void)pthread_mutex_init(&hop->lock, NULL);
    (void)pthread_cond_init(&hop->over, NULL);
    hop->task.callback = taken;
    flare_loop_post(hop->rq->work->site->worker->loop, &hop->task);
    (void)pthread_mutex_lock(&hop->lock);
    while (!hop->done)
        (void)pthread_cond_wait(&hop->over, &hop->lock);
    (void)pthread_mutex_unlock(&hop->lock);
    (void)pthread_cond_destroy(&hop->over);
    (void)pthread_mutex_destroy(&hop->lock);
}

void flarei_stream_hop(flare_request *rq, void (*step)(flare_request *rq, void *argument), void *argument)
{
    struct hop hop = {.rq = rq, .step = step, .argument = argument};

    if (flarei_threads_here())
        go(&hop);
    else
        step(rq, argument);
}

flare_err flarei_stream_thread_wait(flare_request *rq)
{
    struct hop hop = {.rq = rq};

    go(&hop);
    return flarei_cancel_ends(&rq->work->cancel, rq->stream.events) ? FLARE_ERR_CANCELLED : FLARE_OK;
}

void flarei_stream_thread_wake(flare_request *rq)
{
    struct hop *const hop = rq->stream.waiter;

    rq->stream.waiter = NULL;
    if (hop != NULL)
        end(hop);
}

void flarei_stream_thread_leave(flare_request *rq)
{
    if (rq->stream.waiter == NULL) {
        rq->stream.left = true;
        return;
    }
    flarei_stream_lose(rq);
    flarei_stream_thread_wake(rq);
}

flare_reply flarei_blocking_stream(flare_request *rq, const struct flarei_work_rule *rule, const void *input)
{
    struct flarei_stream *const stream = flarei_stream_begin(rq);

    stream->threaded = true;
    stream->kept = flarei_arena_alloc(rq->arena, sizeof *stream->kept);
    if (stream->kept == NULL)
        return flarei_work_refused(rq);
    flarei_arena_init(stream->kept, KEPT_FIRST_BYTES, KEPT_MAX_BYTES);
    return flarei_blocking(rq, rule, input);
}
