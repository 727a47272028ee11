#include "server/work.h"

#include "fiber/fiber.h"
#include "http/reply.h"
#include "http/request.h"
#include "http/stream.h"
#include "server/deadline.h"
#include "server/h2_work.h"
#include "server/worker.h"

#include <flare/log.h>
#include <flare/memory.h>

/* ---- Fibers of a worker ---- */

static void close_fibers(struct flarei_worker *worker)
{
    flarei_fibers_clear(worker->fibers);
    flarei_free(worker->fibers);
    worker->fibers = NULL;
}

static struct flarei_fibers *fibers_of(struct flarei_worker *worker)
{
    if (FLARE_LIKELY(worker->fibers != NULL))
        return worker->fibers;
    worker->fibers = flarei_malloc(sizeof *worker->fibers);
    if (worker->fibers == NULL)
        return NULL;
    flarei_fibers_init(worker->fibers, worker->loop, FLAREI_FIBER_STACK_BYTES);
    worker->close_fibers = close_fibers;
    return worker->fibers;
}

/* ---- Where the reply is made ---- */

/* No room at all: what a handler writes to that goes on without memory. */
static void write_nowhere(flare_request *rq)
{
    static flare_buffer nowhere; /* only ever failed */

    flarei_buffer_over(&nowhere, NULL, 0);
    rq->out = &nowhere;
}

/* The handler goes on: it may reply now. The connection's output is not its own meanwhile. */
static void prepare_output(struct flarei_work *work)
{
    flare_request *const rq = &work->exchange->rq;

    flarei_worker_date(work->site->worker);
    rq->date = work->site->worker->date;
    if (work->output != NULL)
        return;
    work->output = flarei_pool_take(&work->site->outputs);
    if (FLARE_LIKELY(work->output != NULL))
        rq->out = &work->output->buffer;
    else
        write_nowhere(rq);
    rq->reply_start = 0;
}

static void give_output(struct flarei_work *work)
{
    if (work->output != NULL)
        flarei_out_buffer_give(work->site, work->output);
    work->output = NULL;
}

/* It waits: one that has not replied needs no buffer. */
static void spare_output(struct flarei_work *work)
{
    if (work->output != NULL && flarei_buffer_len(&work->output->buffer) == 0)
        give_output(work);
}

/* At its first wait what it has written so far, a reply maybe, moves out of the connection's buffer. */
static void detach_output(struct flarei_work *work)
{
    flare_request *const rq = &work->exchange->rq;
    flare_buffer *const shared = rq->out;
    const size_t start = rq->reply_start;
    const flare_str written = flarei_buffer_str(shared);

    if (written.len == start && rq->state == FLAREI_REQUEST_OPEN)
        return;
    if (rq->state == FLAREI_REQUEST_STREAMING || rq->state == FLAREI_REQUEST_STREAMED) /* it is sent already */
        return;
    prepare_output(work);
    if (!flarei_buffer_append(rq->out, written.ptr + start, written.len - start))
        flarei_buffer_fail(rq->out);
    if (rq->reply_length_width != 0)
        rq->reply_body -= start;
    flarei_buffer_truncate(shared, start);
    work->replied = rq->state == FLAREI_REQUEST_REPLIED;
    rq->state = FLAREI_REQUEST_OPEN;
}

/* ---- The list of a worker ---- */

static void link_work(struct flarei_work *work)
{
    struct flarei_worker *const worker = work->site->worker;

    work->previous = NULL;
    work->next = worker->works;
    if (worker->works != NULL)
        worker->works->previous = work;
    worker->works = work;
}

static void unlink_work(struct flarei_work *work)
{
    struct flarei_worker *const worker = work->site->worker;

    if (work->previous != NULL)
        work->previous->next = work->next;
    else
        worker->works = work->next;
    if (work->next != NULL)
        work->next->previous = work->previous;
}

/* ---- Ending early ---- */

static void cancel(struct flarei_work *work, unsigned reason)
{
    if (!work->done)
        (void)flarei_cancel_flip(&work->cancel, reason);
}

static void leave(struct flarei_work *work, struct flarei_in_buffer *input)
{
    work->connection = NULL;
    work->stream = NULL;
    work->input = input;
    cancel(work, FLAREI_CANCEL_PEER);
}

static void deadline_due(flare_loop *loop, flare_timer *timer)
{
    (void)loop;
    cancel(FLARE_OWNER(timer, struct flarei_work, deadline), FLAREI_CANCEL_DEADLINE);
}

static const struct flarei_work_calls work_calls = {.cancel = cancel, .leave = leave};

/* ---- The end ---- */

/* Nobody waited: what was entered is left, and what it held is given back. */
static void drop(struct flarei_work *work)
{
    struct flarei_site *const site = work->site;
    struct flarei_in_buffer *const input = work->input;
    struct flarei_exchange *const exchange = work->exchange;

    give_output(work);
    exchange->rq.work = NULL;
    exchange->rq.state = FLAREI_REQUEST_PARKED;
    flarei_exchange_drop(site, exchange);
    if (input != NULL)
        flarei_in_buffer_give(site, input);
    if (site->worker->state != FLAREI_WORKER_SERVING)
        flarei_worker_maybe_drained(site->worker);
}

static void finish(struct flarei_work *work)
{
    flare_request *const rq = &work->exchange->rq;

    work->done = true;
    flare_timer_cancel(work->site->worker->loop, &work->deadline);
    unlink_work(work);
    if (work->connection == NULL) {
        drop(work);
        return;
    }
    flarei_request_judge(rq, work->reply);
    if (work->stream != NULL)
        flarei_h2_request_worked(work->connection, work->stream);
    else
        flarei_exchange_worked(work->connection);
}

/* ---- Async ---- */

static void run(void *argument)
{
    struct flarei_work *const work = argument;

    flare_request *const rq = &work->exchange->rq;

    work->reply = work->rule->run(rq, work->argument);
    if (FLARE_UNLIKELY(rq->body_failed))
        work->reply = flarei_stream_judge_body(rq, work->reply);
}

static void ended(void *argument)
{
    finish(argument);
}

static void resumed(void *argument)
{
    struct flarei_work *const work = argument;

    prepare_output(work);
    if (work->replied)
        work->exchange->rq.state = FLAREI_REQUEST_REPLIED;
    work->replied = false;
}

static void parked(void *argument)
{
    spare_output(argument);
}

static const struct flarei_fiber_calls fiber_calls = {
    .run = run, .ended = ended, .resumed = resumed, .parked = parked};

static struct flarei_work *work_new(flare_request *rq, const struct flarei_work_rule *rule, const void *input)
{
    struct flarei_connection *const connection = rq->connection;
    const size_t head_bytes = rq->wire != NULL ? flarei_h2_reply_head_bytes() : 0;
    struct flarei_work *const work = flarei_arena_alloc(rq->arena, sizeof *work);

    if (work == NULL)
        return NULL;
    *work = (struct flarei_work){.calls = &work_calls,
                                 .rule = rule,
                                 .exchange = FLARE_OWNER(rq, struct flarei_exchange, rq),
                                 .site = connection->site,
                                 .connection = connection};
    flarei_cancel_init(&work->cancel);
    work->deadline.callback = deadline_due;
    if (rule->input_bytes != 0) {
        work->argument = flarei_arena_alloc(rq->arena, rule->input_bytes);
        if (work->argument == NULL)
            return NULL;
        memcpy(work->argument, input, rule->input_bytes);
    }
    if (head_bytes != 0) {
        work->h2_head = flarei_arena_alloc(rq->arena, head_bytes);
        if (work->h2_head == NULL)
            return NULL;
        memset(work->h2_head, 0, head_bytes);
    }
    return work;
}

static FLARE_NOINLINE_COLD flare_reply no_memory(flare_request *rq)
{
    rq->work = NULL;
    flare_log(FLARE_LOG_ERROR, "%.*s: no memory to run it", FLARE_STR_ARG(rq->route->name));
    return flarei_reply_problem_of(rq, 503, FLARE_STR(""), FLARE_STR(""));
}

flare_reply flarei_async(flare_request *rq, const struct flarei_work_rule *rule, const void *input)
{
    struct flarei_work *const work = work_new(rq, rule, input);
    struct flarei_worker *worker;
    struct flarei_fibers *fibers;
    enum flarei_fiber_state state;

    if (work == NULL)
        return no_memory(rq);
    worker = work->site->worker;
    fibers = fibers_of(worker);
    rq->work = work;
    if (fibers == NULL || flarei_fiber_start(fibers, &fiber_calls, work, &work->cancel, &state) == NULL)
        return no_memory(rq);
    if (FLARE_LIKELY(state == FLAREI_FIBER_ENDED)) {
        work->done = true;
        if (rq->wire == NULL) /* else its head is in it */
            rq->work = NULL;
        return work->reply;
    }
    detach_output(work);
    link_work(work);
    work->waited = true;
    if (rule->time_ms != 0 || !work->unbound)
        flare_timer_set(worker->loop, &work->deadline,
                        rule->time_ms != 0 ? rule->time_ms : rq->limits->time_ms);
    if (worker->state != FLAREI_WORKER_SERVING)
        cancel(work, FLAREI_CANCEL_DRAIN);
    return (flare_reply){FLAREI_PARKED_MARK};
}

/* ---- What handlers ask ---- */

flare_cancel flare_cancel_reason(const flare_request *rq)
{
    const unsigned reasons = rq->work != NULL ? flarei_cancel_reasons(&rq->work->cancel) : 0;

    return (reasons & FLAREI_CANCEL_PEER) != 0       ? FLARE_CANCEL_PEER
           : (reasons & FLAREI_CANCEL_DEADLINE) != 0 ? FLARE_CANCEL_DEADLINE
           : (reasons & FLAREI_CANCEL_DRAIN) != 0    ? FLARE_CANCEL_DRAIN
                                                     : FLARE_CANCEL_NONE;
}

bool flare_cancelled(const flare_request *rq)
{
    return flare_cancel_reason(rq) != FLARE_CANCEL_NONE;
}
