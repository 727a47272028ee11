/* blocking.c - handlers on threads of the pool, and handlers whose reply comes from anywhere. In both the
 * reply is made in the work's own buffer, and a task brings it back to the worker. */
#include "http/request.h"
#include "http/stream.h"
#include "server/threads.h"
#include "server/work.h"
#include "server/worker.h"

#include <flare/assert.h>

/* ---- The pool ---- */

static void close_threads(flare_server *server)
{
    flarei_threads_free(server->blocking);
    server->blocking = NULL;
}

struct flarei_threads *flarei_server_threads(flare_server *server)
{
    struct flarei_threads *threads = atomic_load_explicit(&server->blocking, memory_order_acquire);
    struct flarei_threads *made;

    if (threads != NULL)
        return threads;
    made = flarei_threads_new(server->options.blocking_threads);
    if (made == NULL)
        return NULL;
    if (!atomic_compare_exchange_strong(&server->blocking, &threads, made)) {
        flarei_threads_free(made);
        return threads;
    }
    atomic_store(&server->close_blocking, close_threads);
    return made;
}

/* ---- Both ---- */

static void over(flare_loop *loop, flare_task *task)
{
    (void)loop;
    flarei_work_finish(FLARE_OWNER(task, struct flarei_work, over));
}

/* @return false without memory */
static bool prepare(struct flarei_work *work)
{
    flare_request *const rq = &work->exchange->rq;

    work->over.callback = over;
    flarei_work_prepare_output(work);
    if (work->output == NULL)
        return false;
    if (FLARE_ASSERT(rq->date.len <= sizeof work->date, "a Date field is short")) {
        memcpy(work->date, rq->date.ptr, rq->date.len);
        rq->date.ptr = work->date;
    }
    return true;
}

/* ---- Blocking ---- */

static void run(struct flarei_job *job)
{
    struct flarei_work *const work = FLARE_OWNER(job, struct flarei_work, job);

    flare_request *const rq = &work->exchange->rq;

    work->reply = work->rule->run(rq, work->argument);
    if (FLARE_UNLIKELY(rq->streamed) && rq->body_failed)
        work->reply = flarei_stream_judge_body(rq, work->reply);
    flare_loop_post(work->site->worker->loop, &work->over);
}

/* @return false: it can't be run */
static bool add(struct flarei_work *work)
{
    struct flarei_threads *const threads = flarei_server_threads(work->site->worker->server);

    work->job.run = run;
    work->job.cancel = &work->cancel;
    return threads != NULL && flarei_threads_add(threads, &work->job) == FLARE_OK;
}

flare_reply flarei_blocking(flare_request *rq, const struct flarei_work_rule *rule, const void *input)
{
    struct flarei_work *const work = flarei_work_new(rq, rule, input);
    flare_reply reply;

    if (work == NULL || !prepare(work))
        return flarei_work_refused(rq);
    reply = flarei_work_begun(work);
    if (add(work))
        return reply;
    flarei_work_unbegin(work);
    return flarei_work_refused(rq);
}

static void go_on_blocking(struct flarei_work *work)
{
    if (!prepare(work) || !add(work))
        flarei_work_unable(work);
}

const struct flarei_way flarei_way_blocking = {.begin = flarei_blocking, .go_on = go_on_blocking};

/* ---- Deferred ---- */

flare_deferred *flarei_deferred_of(flare_request *rq)
{
    return (flare_deferred *)rq->work;
}

static struct flarei_work *work_of(flare_deferred *later)
{
    return (struct flarei_work *)later;
}

flare_reply flarei_deferred(flare_request *rq, const struct flarei_work_rule *rule, const void *input)
{
    struct flarei_work *const work = flarei_work_new(rq, rule, input);
    flare_reply reply;

    if (work == NULL || !prepare(work))
        return flarei_work_refused(rq);
    reply = flarei_work_begun(work);
    (void)rule->run(rq, work->argument);
    return reply;
}

static void go_on_deferred(struct flarei_work *work)
{
    if (prepare(work))
        (void)work->rule->run(&work->exchange->rq, work->argument);
    else
        flarei_work_unable(work);
}

const struct flarei_way flarei_way_deferred = {.begin = flarei_deferred, .go_on = go_on_deferred};

flare_request *flare_deferred_request(flare_deferred *later)
{
    return &work_of(later)->exchange->rq;
}

void flare_deliver(flare_deferred *later, flare_reply reply)
{
    struct flarei_work *const work = work_of(later);

    const bool delivered = atomic_exchange(&work->delivered, true);

    if (!FLARE_ASSERT(!delivered, "a deferred reply is delivered once") || delivered)
        return;
    work->reply = reply;
    flare_loop_post(work->site->worker->loop, &work->over);
}

void flare_deferred_drop(flare_deferred *later)
{
    flare_deliver(later, (flare_reply){0});
}
