#include "server/work.h"

#include "fiber/fiber.h"
#include "http/reply.h"
#include "http/request.h"
#include "loop/loop.h"
#include "server/h2_work.h"
#include "server/stream.h"
#include "server/worker.h"

#include <flare/log.h>

#if defined(POLLRDHUP)
#define PEER_ENDED POLLRDHUP
#else
#define PEER_ENDED 0 /* only a reset shows */
#endif

enum { WORK_BYTES = (sizeof(struct flarei_work) + 15) / 16 * 16 };
_Static_assert(WORK_BYTES <= FLAREI_WORK_BYTES, "a slot has room for a work");

/* For a handler that was told that its time is over to reply all the same. */
enum { GRACE_MS = 500 };

/* ---- Where the reply is made ---- */

/* No room at all: what a handler writes to that goes on without memory. */
static void write_nowhere(flare_request *rq)
{
    static _Thread_local flare_buffer nowhere;

    flarei_buffer_over(&nowhere, NULL, 0);
    rq->out = &nowhere;
}

void flarei_work_prepare_output(struct flarei_work *work)
{
    flare_request *const rq = &work->exchange->rq;

    if (work->output != NULL)
        return;
    if (rq->out != NULL && work->shared == NULL) {
        work->shared = rq->out;
        work->shared_start = rq->reply_start;
    }
    work->output = flare_pool_take(&work->site->outputs);
    if (FLARE_LIKELY(work->output != NULL))
        rq->out = &work->output->buffer;
    else
        write_nowhere(rq);
    rq->reply_start = 0;
}

void flarei_work_give_output(struct flarei_work *work)
{
    if (work->output != NULL)
        flarei_out_buffer_give(work->site, work->output);
    work->output = NULL;
}

/* ---- Ending early ---- */

static void cancel(struct flarei_work *work, unsigned reason)
{
    if (work->done || !flarei_cancel_flip(&work->cancel, reason))
        return;
    if (work->exchange->rq.streamed && work->exchange->rq.stream.threaded)
        work->exchange->rq.stream.calls->wake(&work->exchange->rq);
    if (reason == FLAREI_CANCEL_DRAIN)
        return;
    if (work->joined != NULL)
        work->joined->cancelled(work->joined);
    if (work->job.run != NULL && flarei_threads_take_back(work->site->worker->server->blocking, &work->job)) {
        work->never_ran = true;
        flare_loop_post(work->site->worker->loop, &work->over);
    }
}

static void leave(struct flarei_work *work, struct flarei_in_buffer *input)
{
    work->connection = NULL;
    work->stream = NULL;
    work->input = input;
    cancel(work, FLAREI_CANCEL_PEER);
}

static const struct flarei_work_calls work_calls = {.cancel = cancel, .leave = leave};

/* It was told, and goes on: its peer is told too, and not kept waiting. */
static void late(struct flarei_work *work)
{
    struct flarei_connection *const connection = work->connection;
    struct flarei_h2_request *const stream = work->stream;

    if (connection == NULL)
        return;
    flare_log(FLARE_LOG_WARN, "%.*s: its time is over, and it goes on",
              FLARE_STR_ARG(work->exchange->rq.route->name));
    work->connection = NULL;
    work->stream = NULL;
    work->late = true;
    if (work->exchange->rq.streamed)
        flarei_stream_leave(&work->exchange->rq, &work->exchange->stirred);
    if (stream != NULL) {
        flarei_h2_request_late(connection, stream);
    } else {
        work->input = connection->input;
        connection->input = NULL;
        flarei_exchange_late(connection);
    }
}

static void deadline_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_work *const work = FLARE_OWNER(timer, struct flarei_work, deadline);

    if ((flarei_cancel_reasons(&work->cancel) & FLAREI_CANCEL_DEADLINE) != 0) {
        late(work);
        return;
    }
    flare_timer_set(loop, timer, GRACE_MS);
    cancel(work, FLAREI_CANCEL_DEADLINE);
}

/* ---- The beginning ---- */

struct flarei_work *flarei_work_new(flare_request *rq, const struct flarei_work_rule *rule, const void *input)
{
    struct flarei_connection *const connection = rq->connection;
    const size_t head_bytes = connection->h2 != NULL ? flarei_h2_reply_head_bytes() : 0;
    struct flarei_exchange *const exchange = FLARE_OWNER(rq, struct flarei_exchange, rq);
    struct flarei_work *const work = (struct flarei_work *)(void *)exchange->work;

    memset(work, 0, sizeof *work);
    work->calls = &work_calls;
    work->rule = rule;
    work->exchange = exchange;
    work->site = connection->site;
    work->connection = connection;
    flarei_cancel_init(&work->cancel);
    work->deadline.callback = deadline_due;
    work->ends_ns =
        flare_loop_now_ns(work->site->worker->loop) +
        (uint64_t)(rule->time_ms != 0 ? rule->time_ms : work->site->served->limits.time_ms) * 1000000;
    if (rule->input_bytes != 0) {
        work->argument = rule->input_bytes <= sizeof exchange->work - WORK_BYTES
                             ? exchange->work + WORK_BYTES
                             : flarei_arena_alloc(rq->arena, rule->input_bytes);
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
    rq->work = work;
    return work;
}

static flare_reply unable(flare_request *rq)
{
    flare_log(FLARE_LOG_ERROR, "%.*s: no memory or no thread to run it", FLARE_STR_ARG(rq->route->name));
    return flarei_reply_problem_of(rq, 503, FLARE_STR(""), FLARE_STR(""));
}

FLARE_NOINLINE_COLD flare_reply flarei_work_refused(flare_request *rq)
{
    struct flarei_work *const work = rq->work;

    rq->work = NULL;
    if (work != NULL && work->shared != NULL) {
        flarei_work_give_output(work);
        rq->out = work->shared;
        rq->reply_start = work->shared_start;
    }
    return unable(rq);
}

FLARE_NOINLINE_COLD void flarei_work_unable(struct flarei_work *work)
{
    work->reply = unable(&work->exchange->rq);
    flarei_work_finish(work);
}

void flarei_work_resumed(struct flarei_work *work)
{
    flare_request *const rq = &work->exchange->rq;

    flarei_worker_date(work->site->worker);
    rq->date = work->site->worker->date;
    if (FLARE_UNLIKELY(work->site->worker->state != FLAREI_WORKER_SERVING))
        rq->keep_alive = false;
    flarei_work_prepare_output(work);
}

flare_reply flarei_work_begun(struct flarei_work *work)
{
    const uint32_t time_ms = work->rule->time_ms;
    struct flarei_worker *const worker = work->site->worker;

    flarei_link_behind(&worker->works, &work->place);
    work->waited = true;
    if (time_ms != 0 || !work->unbound)
        flare_timer_set(worker->loop, &work->deadline,
                        time_ms != 0 ? time_ms : work->site->served->limits.time_ms);
    if (worker->state != FLAREI_WORKER_SERVING)
        cancel(work, FLAREI_CANCEL_DRAIN);
    return (flare_reply){FLAREI_PARKED_MARK};
}

void flarei_work_unbegin(struct flarei_work *work)
{
    flare_timer_cancel(work->site->worker->loop, &work->deadline);
    flarei_link_take(&work->place);
}

/* ---- The end ---- */

/* Whose head has left says its status also where the rest was cut off. */
static bool has_sent_head(const flare_request *rq)
{
    return rq->streamed && rq->reply_status != 0 &&
           (rq->state == FLAREI_REQUEST_STREAMING || rq->state == FLAREI_REQUEST_STREAMED);
}

/* Nobody waited: what was entered is left, and what it held is given back. */
static void drop(struct flarei_work *work)
{
    struct flarei_site *const site = work->site;
    struct flarei_in_buffer *const input = work->input;
    struct flarei_exchange *const exchange = work->exchange;
    flare_request *const rq = &exchange->rq;
    const bool sent = has_sent_head(rq);

    flarei_work_give_output(work);
    rq->work = NULL;
    rq->state = FLAREI_REQUEST_PARKED;
    if ((sent || work->late) && (rq->phases != NULL || (rq->marks & FLAREI_MARK_COUNTED) != 0)) {
        if (!sent)
            rq->reply_status = 503;
        flarei_request_end(rq);
    }
    flarei_exchange_drop(site, exchange);
    if (input != NULL)
        flarei_in_buffer_give(site, input);
    if (site->worker->state != FLAREI_WORKER_SERVING)
        flarei_worker_maybe_drained(site->worker);
}

void flarei_work_finish(struct flarei_work *work)
{
    flare_request *const rq = &work->exchange->rq;

    work->done = true;
    flare_timer_cancel(work->site->worker->loop, &work->deadline);
    flarei_link_take(&work->place);
    flarei_worker_date(work->site->worker);
    if (work->connection == NULL) {
        if (work->joined != NULL)
            work->joined->over(work->joined);
        drop(work);
        return;
    }
    rq->date = work->site->worker->date;
    if (work->never_ran)
        work->reply = flare_cancelled_reply(rq);
    (void)flarei_request_judge(rq, work->reply);
    if (work->joined != NULL)
        work->joined->over(work->joined);
    if (work->stream != NULL)
        flarei_h2_request_worked(work->connection, work->stream);
    else
        flarei_exchange_worked(work->connection);
}

/* ---- What handlers ask ---- */

/* A plain handler keeps the loop from telling it, so it looks for itself. */
static unsigned look(const flare_request *rq)
{
    const struct flarei_connection *const connection = rq->connection;
    const struct flarei_worker *const worker = connection->site->worker;
    const uint64_t began_ns = flare_loop_now_ns(worker->loop);
    struct pollfd peer = {.fd = connection->watch.fd, .events = PEER_ENDED};
    const uint32_t time_ms = rq->time_ms != 0 ? rq->time_ms : rq->limits->time_ms;
    unsigned reasons = 0;

    if (worker->state != FLAREI_WORKER_SERVING || atomic_load(&worker->server->draining) ||
        atomic_load(&worker->server->stop_asked) || flarei_signals_pending(SIGTERM) ||
        flarei_signals_pending(SIGINT))
        reasons |= FLAREI_CANCEL_DRAIN;
    if (flarei_loop_clock_ns() - began_ns >= (uint64_t)time_ms * 1000000)
        reasons |= FLAREI_CANCEL_DEADLINE;
    if (connection->hangup || (flarei_sys.poll(&peer, 1, 0) > 0 && peer.revents != 0) ||
        (connection->h2 != NULL && flarei_h2_request_reset_meanwhile(rq)))
        reasons |= FLAREI_CANCEL_PEER;
    return reasons;
}

flare_cancel flare_cancel_reason(const flare_request *rq)
{
    const unsigned reasons = rq->work != NULL ? flarei_cancel_reasons(&rq->work->cancel) : look(rq);

    return (reasons & FLAREI_CANCEL_PEER) != 0       ? FLARE_CANCEL_PEER
           : (reasons & FLAREI_CANCEL_DEADLINE) != 0 ? FLARE_CANCEL_DEADLINE
           : (reasons & FLAREI_CANCEL_DRAIN) != 0    ? FLARE_CANCEL_DRAIN
                                                     : FLARE_CANCEL_NONE;
}

bool flare_cancelled(const flare_request *rq)
{
    return flare_cancel_reason(rq) != FLARE_CANCEL_NONE;
}

uint64_t flare_time_left_ms(const flare_request *rq)
{
    uint64_t now_ns;

    if (rq->work == NULL)
        return FLARE_FOREVER;
    now_ns = flarei_loop_clock_ns();
    return now_ns < rq->work->ends_ns ? (rq->work->ends_ns - now_ns) / 1000000 : 0;
}

flare_reply flare_cancelled_reply(flare_request *rq)
{
    if (rq->state == FLAREI_REQUEST_STREAMING)
        return flarei_stream_break(rq);
    return flarei_reply_problem_of(rq, 503, FLARE_STR(""), FLARE_STR(""));
}
