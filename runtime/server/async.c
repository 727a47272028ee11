/* async.c - handlers on fibers. */
#include "fiber/fiber.h"
#include "http/request.h"
#include "http/stream.h"
#include "server/threads.h"
#include "server/work.h"
#include "server/worker.h"

#include <flare/memory.h>

/* ---- Fibers of a worker ---- */

static void close_fibers(struct flarei_worker *worker)
{
    flarei_fibers_clear(worker->fibers);
    flarei_free(worker->fibers);
    worker->fibers = NULL;
}

struct flarei_fibers *flarei_worker_fibers(struct flarei_worker *worker)
{
    struct flarei_threads *threads;

    if (FLARE_LIKELY(worker->fibers != NULL))
        return worker->fibers;
    threads = flarei_server_threads(worker->server);
    if (threads == NULL)
        return NULL;
    worker->fibers = flarei_malloc(sizeof *worker->fibers);
    if (worker->fibers == NULL)
        return NULL;
    flarei_fibers_init(worker->fibers, worker->loop, FLAREI_FIBER_STACK_BYTES);
    worker->fibers->threads = threads;
    worker->close_fibers = close_fibers;
    return worker->fibers;
}

/* ---- What a fiber does ---- */

static void run(void *argument)
{
    struct flarei_work *const work = argument;

    flare_request *const rq = &work->exchange->rq;

    work->reply = work->rule->run(rq, work->argument);
    if (FLARE_UNLIKELY(rq->body_failed))
        work->reply = flarei_stream_judge_body(rq, work->reply);
    if (FLARE_UNLIKELY(flarei_fiber_current()->branches != 0))
        flarei_fiber_join_all();
}

static void ended(void *argument)
{
    flarei_work_finish(argument);
}

static void resumed(void *argument)
{
    flarei_work_resumed(argument);
}

/* One that has not replied needs no buffer. */
static void parked(void *argument)
{
    struct flarei_work *const work = argument;

    if (work->output != NULL && flarei_buffer_len(&work->output->buffer) == 0)
        flarei_work_give_output(work);
}

/* At its first wait what it has written so far, a reply maybe, moves out of the connection's buffer. */
static void detach_output(struct flarei_work *work)
{
    flare_request *const rq = &work->exchange->rq;
    flare_buffer *const shared = rq->out;
    const size_t start = rq->reply_start;
    const flare_str written = flarei_buffer_str(shared);

    if (FLARE_LIKELY(rq->state == FLAREI_REQUEST_OPEN))
        return;
    if (rq->state == FLAREI_REQUEST_STREAMING || rq->state == FLAREI_REQUEST_STREAMED) /* it is out already */
        return;
    flarei_work_prepare_output(work);
    if (!flarei_buffer_append(rq->out, written.ptr + start, written.len - start))
        flarei_buffer_fail(rq->out);
    flarei_buffer_truncate(shared, start);
}

static const struct flarei_fiber_calls calls = {
    .run = run, .ended = ended, .resumed = resumed, .parked = parked};

/* @return false: it can't be run */
static bool start(struct flarei_work *work, enum flarei_fiber_state *state)
{
    struct flarei_fibers *const fibers = flarei_worker_fibers(work->site->worker);

    return fibers != NULL && flarei_fiber_start(fibers, &calls, work, &work->cancel, state) != NULL;
}

flare_reply flarei_async(flare_request *rq, const struct flarei_work_rule *rule, const void *input)
{
    struct flarei_work *const work = flarei_work_new(rq, rule, input);
    enum flarei_fiber_state state;

    if (work == NULL || !start(work, &state))
        return flarei_work_refused(rq);
    if (FLARE_LIKELY(state == FLAREI_FIBER_ENDED)) {
        work->done = true;
        if (work->h2_head == NULL) /* else its head is in it */
            rq->work = NULL;
        return work->reply;
    }
    detach_output(work);
    return flarei_work_begun(work);
}

static void go_on(struct flarei_work *work)
{
    enum flarei_fiber_state state;

    if (!start(work, &state))
        flarei_work_unable(work);
    else if (state == FLAREI_FIBER_ENDED)
        flarei_work_finish(work);
    else
        parked(work);
}

const struct flarei_way flarei_way_async = {.begin = flarei_async, .go_on = go_on};
