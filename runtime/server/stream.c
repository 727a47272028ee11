#include "server/stream.h"

#include "fiber/fiber.h"
#include "http/reply.h"
#include "http/request.h"
#include "loop/loop.h"
#include "server/body.h"
#include "server/deadline.h"
#include "server/h2_stream.h"
#include "server/stream_thread.h"
#include "server/work.h"
#include "server/worker.h"
#include "wire/h1_write.h"

static const flare_str heartbeat = FLARE_STR_INIT(":\n\n");

static struct flarei_exchange *exchange_of(flare_request *rq)
{
    return FLARE_OWNER(rq, struct flarei_exchange, rq);
}

/* rq->wire may be a layer over either wire. */
static bool is_h2(const flare_request *rq)
{
    return ((const struct flarei_connection *)rq->connection)->h2 != NULL;
}

static uint64_t now_of(const struct flarei_connection *connection)
{
    return flare_loop_now_ms(connection->site->worker->loop);
}

/* ---- To go on outside of a step ---- */

static void stirred_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_worker *const worker = FLARE_OWNER(timer, struct flarei_worker, stir_timer);

    (void)loop;
    flarei_worker_date(worker);
    while (!flarei_link_alone(&worker->stirred)) {
        struct flarei_stirred *const stirred =
            FLARE_OWNER(worker->stirred.next, struct flarei_stirred, place);
        struct flarei_connection *const connection = stirred->connection;

        flarei_stir_forget(stirred);
        flarei_connection_stirred(connection);
    }
}

void flarei_stir(struct flarei_connection *connection, struct flarei_stirred *stirred)
{
    struct flarei_worker *const worker = connection->site->worker;

    if (stirred->connection != NULL)
        return;
    stirred->connection = connection;
    flarei_link_behind(&worker->stirred, &stirred->place);
    worker->stir_timer.callback = stirred_due;
    if (!flare_timer_active(&worker->stir_timer))
        flarei_timer_set_now(worker->loop, &worker->stir_timer);
}

/* ---- The reply ---- */

/* From here on the peer's bytes are the handler's to ask for. */
static void enter(struct flarei_connection *connection)
{
    if (connection->phase == FLAREI_PHASE_WORK)
        return;
    connection->phase = FLAREI_PHASE_WORK;
    flarei_deadline_forget(connection);
}

static flare_str put_length(char *to, uint64_t bytes)
{
    static const char name[] = "Content-Length: ";
    size_t length = sizeof name - 1;

    memcpy(to, name, length);
    length += flare_u64_format(bytes, to + length);
    memcpy(to + length, "\r\n", 2);
    return (flare_str){to, length + 2};
}

/* Writes to the connection's output, which the handler's own replies are not made in once it has waited. */
static bool write_head(struct flarei_connection *connection, flare_request *rq,
                       const struct flarei_head *head)
{
    char length[32 + FLARE_U64_MAX_BYTES];
    const flare_str framing = rq->stream.raw      ? FLARE_STR("")
                              : rq->stream.sized  ? put_length(length, rq->stream.length)
                              : rq->stream.framed ? FLARE_STR("Transfer-Encoding: chunked\r\n")
                                                  : FLARE_STR("");
    flare_buffer *const own = rq->out;
    flare_buffer *const out = flarei_connection_output(connection);
    bool written;

    if (out == NULL)
        return false;
    rq->out = out;
    written = flarei_reply_head(rq, head, framing);
    rq->out = own;
    return written;
}

static bool open_h1(struct flarei_connection *connection, flare_request *rq, const struct flarei_head *head)
{
    enter(connection);
    rq->stream.framed = rq->version_minor != 0 && !rq->stream.sized && !rq->stream.raw;
    if (!rq->stream.framed && !rq->stream.sized && !rq->head_only)
        rq->keep_alive = rq->stream.raw; /* the connection's end is the content's */
    if (connection->site->worker->state != FLAREI_WORKER_SERVING)
        rq->keep_alive = rq->stream.raw;
    exchange_of(rq)->written_ms = now_of(connection);
    if (!write_head(connection, rq, head))
        return false;
    if (rq->stream.raw)
        rq->keep_alive = false; /* it is not said: Connection names the switch */
    flarei_stir(connection, &exchange_of(rq)->stirred);
    return true;
}

static bool put_piece(flare_buffer *out, bool framed, flare_str piece)
{
    char *const start = flarei_buffer_reserve(out, FLAREI_H1_CHUNK_LINE_MAX_BYTES + piece.len + 2);
    char *to = start;

    if (start == NULL)
        return false;
    if (framed)
        to += flarei_h1_write_chunk_line(to, piece.len);
    memcpy(to, piece.ptr, piece.len);
    to += piece.len;
    if (framed) {
        memcpy(to, "\r\n", 2);
        to += 2;
    }
    flarei_buffer_commit(out, (size_t)(to - start));
    return true;
}

bool flarei_stream_others_first(struct flarei_connection *connection, struct flarei_exchange *exchange)
{
    if (exchange->burst_bytes < FLAREI_STREAM_BURST_BYTES)
        return false;
    flarei_stir(connection, &exchange->stirred);
    return true;
}

/* As many bytes of content are taken as leave the output at the watermark; then it is sent. */
static enum flarei_flow write_h1(struct flarei_connection *connection, flare_request *rq, flare_str *rest)
{
    enum { FRAMING_BYTES = FLAREI_H1_CHUNK_LINE_MAX_BYTES + 2, LEAST_BYTES = 512 };

    flare_buffer *const out = flarei_connection_output(connection);

    if (out == NULL)
        return FLAREI_FLOW_CLOSED;
    exchange_of(rq)->written_ms = now_of(connection);
    while (rest->len != 0) {
        const size_t there = flarei_buffer_len(out) + FRAMING_BYTES;
        const size_t room = there < FLAREI_STREAM_HIGH_BYTES ? FLAREI_STREAM_HIGH_BYTES - there : 0;
        const flare_str piece = {rest->ptr, rest->len < room ? rest->len : room};

        if (room >= LEAST_BYTES || room >= rest->len) {
            if (!put_piece(out, rq->stream.framed, piece))
                return FLAREI_FLOW_CLOSED;
            rest->ptr += piece.len;
            rest->len -= piece.len;
            exchange_of(rq)->burst_bytes += piece.len;
            continue;
        }
        if (connection->blocked || flarei_stream_others_first(connection, exchange_of(rq)))
            return FLAREI_FLOW_WAIT;
        if (!flarei_connection_push(connection))
            return FLAREI_FLOW_CLOSED;
    }
    if (!connection->blocked)
        flarei_stir(connection, &exchange_of(rq)->stirred);
    return FLAREI_FLOW_ON;
}

/* ---- The body ---- */

static enum flarei_flow refused(flare_request *rq, int result)
{
    flarei_stream_refuse_body(rq, flarei_h1_refusal_status(result), flarei_h1_refusal_text(result));
    return FLAREI_FLOW_CLOSED;
}

static enum flarei_flow take_chunk(struct flarei_exchange *exchange, struct flarei_in_buffer *input,
                                   flare_str *piece)
{
    flare_str rest = {input->bytes + input->start, input->end - input->start};
    struct flarei_h1_chunked_part part;
    int event;

    while ((event = flarei_h1_chunked_next(&exchange->decoder, &rest, &part)) == FLAREI_H1_CHUNKED_TRAILER)
        flarei_stream_keep_trailer(&exchange->rq, &part.field, true);
    if (event < 0)
        return refused(&exchange->rq, event);
    if (event == FLAREI_H1_CHUNKED_MORE) { /* it goes on behind the head, which stays where it is */
        memmove(input->bytes + exchange->body_at, rest.ptr, rest.len);
        input->start = exchange->body_at;
        input->end = exchange->body_at + (uint32_t)rest.len;
        return FLAREI_FLOW_WAIT;
    }
    input->start = input->end - (uint32_t)rest.len;
    if (event == FLAREI_H1_CHUNKED_END)
        return FLAREI_FLOW_END;
    *piece = part.data;
    return FLAREI_FLOW_ON;
}

/* What the input holds of it. @return WAIT where that is nothing */
static enum flarei_flow take(struct flarei_exchange *exchange, struct flarei_in_buffer *input,
                             flare_str *piece)
{
    const size_t there = input->end - input->start;

    if (exchange->chunked)
        return take_chunk(exchange, input, piece);
    if (exchange->body_left == 0)
        return FLAREI_FLOW_END;
    if (there == 0) {
        input->start = input->end = exchange->body_at;
        return FLAREI_FLOW_WAIT;
    }
    *piece = (flare_str){input->bytes + input->start,
                         there < exchange->body_left ? there : (size_t)exchange->body_left};
    exchange->body_left -= piece->len;
    input->start += (uint32_t)piece->len;
    if (exchange->body_left == 0)
        exchange->rq.body_complete = true;
    return FLAREI_FLOW_ON;
}

/* The first read: the client may be waiting for it. @return false if nothing can be said to it */
static bool begin_body(struct flarei_connection *connection, struct flarei_exchange *exchange)
{
    flare_request *const rq = &exchange->rq;

    enter(connection);
    exchange->body_left = exchange->head.content_length;
    exchange->body_began_ms = exchange->heard_ms = now_of(connection);
    if (exchange->chunked)
        flarei_h1_chunked_init(&exchange->decoder, &connection->site->served->h1, rq->body_max_bytes);
    if (!rq->expects_continue)
        return true;
    rq->expects_continue = false;
    if (rq->state == FLAREI_REQUEST_STREAMING) /* the reply has begun: it is answered (RFC 9110, 10.1.1) */
        return true;
    flare_buffer *const out = flarei_connection_output(connection);
    if (out == NULL || !flarei_buffer_append_str(out, FLARE_STR(FLAREI_H1_CONTINUE)))
        return false;
    if (out == rq->out) /* before its first wait: a reply may be made there */
        rq->reply_start = flarei_buffer_len(out);
    flarei_stir(connection, &exchange->stirred);
    return true;
}

static enum flarei_flow read_h1(struct flarei_connection *connection, flare_request *rq, flare_str *piece)
{
    struct flarei_exchange *const exchange = exchange_of(rq);
    struct flarei_in_buffer *const input = connection->input;

    if (!rq->stream.reads && !begin_body(connection, exchange))
        return FLAREI_FLOW_CLOSED;
    for (;;) {
        const enum flarei_flow flow = take(exchange, input, piece);
        ptrdiff_t got;

        if (flow != FLAREI_FLOW_WAIT) {
            exchange->heard_ms = now_of(connection);
            return flow;
        }
        if (flarei_stream_others_first(connection, exchange))
            return FLAREI_FLOW_WAIT;
        got = flarei_connection_receive(connection, input->bytes + input->end, input->capacity - input->end);
        if (got == FLARE_ERR_AGAIN)
            return FLAREI_FLOW_WAIT;
        if (got < 0) {
            flarei_stream_refuse_body(rq, 400, FLARE_STR("the body ended early"));
            return FLAREI_FLOW_CLOSED;
        }
        input->end += (uint32_t)got;
        exchange->burst_bytes += (size_t)got;
    }
}

/* ---- HTTP/1: what the server does ---- */

/* poll(2) is told what is waited for; the peer's end is heard of in any case. */
static void want(struct flarei_connection *connection)
{
    const unsigned waits = connection->exchange->rq.stream.waits;

    connection->watch.want = (uint8_t)(((waits & FLAREI_WAITS_BODY) != 0 ? FLARE_READ : 0) |
                                       (connection->blocked ? FLARE_WRITE : 0));
}

static void wake(flare_request *rq)
{
    exchange_of(rq)->burst_bytes = 0;
    rq->stream.waits = 0;
    if (rq->stream.threaded)
        flarei_stream_thread_wake(rq);
    else
        flarei_fiber_wake(rq->stream.waiter);
}

static void step(struct flarei_connection *connection)
{
    flare_request *const rq = &connection->exchange->rq;
    const unsigned waits = rq->stream.waits;

    want(connection);
    if ((waits & FLAREI_WAITS_BODY) != 0 || ((waits & FLAREI_WAITS_REPLY) != 0 && !connection->blocked))
        wake(rq);
}

bool flarei_stream_body_time(const flare_request *rq, uint32_t *time_ms)
{
    const struct flarei_body_rule *const rule = rq->body_rule;

    if (rule->body_time_ms == 0 && rule->time_ms == 0) {
        *time_ms = rq->limits->body_time_ms;
        return false;
    }
    *time_ms = rule->body_time_ms != 0 && (rule->time_ms == 0 || rule->body_time_ms < rule->time_ms)
                   ? rule->body_time_ms
                   : rule->time_ms;
    return true;
}

/* When the client is late with its body. */
static uint64_t body_due_ms(const struct flarei_exchange *exchange)
{
    uint32_t time_ms;

    if ((exchange->rq.stream.waits & FLAREI_WAITS_BODY) == 0)
        return UINT64_MAX;
    const bool whole = flarei_stream_body_time(&exchange->rq, &time_ms);
    return (whole ? exchange->body_began_ms : exchange->heard_ms) + time_ms;
}

/* When a comment is due that keeps events alive. */
static uint64_t heartbeat_due_ms(const struct flarei_exchange *exchange)
{
    const flare_request *const rq = &exchange->rq;

    return rq->stream.heartbeat_ms != 0 && rq->state == FLAREI_REQUEST_STREAMING
               ? exchange->written_ms + rq->stream.heartbeat_ms
               : UINT64_MAX;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t due_ms(const flare_request *rq)
{
    const struct flarei_exchange *const exchange = FLARE_OWNER((uintptr_t)rq, struct flarei_exchange, rq);

    return earlier(earlier(body_due_ms(exchange), heartbeat_due_ms(exchange)),
                   is_h2(rq) ? flarei_h2_stream_due_ms(rq) : UINT64_MAX);
}

static void await(struct flarei_connection *connection)
{
    want(connection);
    flarei_deadline_move(connection, FLAREI_DEADLINE_WORK, due_ms(&connection->exchange->rq));
}

static enum flarei_flow write_reply(flare_request *rq, flare_str *rest)
{
    return is_h2(rq) ? flarei_h2_stream_write(rq, rest) : write_h1(rq->connection, rq, rest);
}

static void late(flare_request *rq)
{
    struct flarei_connection *const connection = rq->connection;
    struct flarei_exchange *const exchange = exchange_of(rq);
    const uint64_t now_ms = now_of(connection);

    if (body_due_ms(exchange) <= now_ms) {
        flarei_stream_refuse_body(rq, 408, FLARE_STR("the body took too long"));
        wake(rq);
    }
    if (heartbeat_due_ms(exchange) <= now_ms) {
        flare_str comment = heartbeat;

        if (!rq->head_only)
            (void)!write_reply(rq, &comment);
        exchange->written_ms = now_ms;
    }
    if (is_h2(rq))
        flarei_h2_stream_late(rq);
}

static void expired(struct flarei_connection *connection)
{
    late(&connection->exchange->rq);
    flarei_connection_stirred(connection);
}

/* ---- What requests are given ---- */

/* While its body comes, and once its reply leaves, a request is not bound by the service's `time`, but by
 * what the route says itself. */
static void time_off(struct flarei_work *work)
{
    if (work->rule->time_ms == 0)
        flare_timer_cancel(work->site->worker->loop, &work->deadline);
    work->unbound = true;
}

static void time_on(struct flarei_work *work)
{
    work->unbound = false;
    if (work->rule->time_ms == 0 && work->waited)
        flare_timer_set(work->site->worker->loop, &work->deadline, work->exchange->rq.limits->time_ms);
}

static enum flarei_flow read_body(flare_request *rq, flare_str *piece)
{
    enum flarei_flow flow;

    if (!rq->stream.reads)
        time_off(rq->work);
    flow = is_h2(rq) ? flarei_h2_stream_read(rq, piece) : read_h1(rq->connection, rq, piece);
    if (flow == FLAREI_FLOW_END && rq->state == FLAREI_REQUEST_OPEN)
        time_on(rq->work);
    return flow;
}

static bool open_reply(flare_request *rq, const struct flarei_head *head)
{
    time_off(rq->work);
    return is_h2(rq) ? flarei_h2_stream_open(rq, head) : open_h1(rq->connection, rq, head);
}

static enum flarei_flow write_file(flare_request *rq, int fd, uint64_t *at, uint64_t *left)
{
    return rq->wire != NULL ? flarei_h2_stream_write_file(rq, fd, at, left)
                            : flarei_stream_write_file_h1(rq->connection, rq, fd, at, left);
}

static void end_reply(flare_request *rq)
{
    struct flarei_connection *const connection = rq->connection;

    if (is_h2(rq)) {
        flarei_h2_stream_end(rq);
        return;
    }
    if (!rq->stream.cut && rq->stream.framed && !rq->head_only) {
        flare_buffer *const out = flarei_connection_output(connection);

        if (out != NULL)
            (void)flarei_h1_put_last_chunk(out, rq->stream.own_trailers, rq->stream.own_trailer_count);
        rq->stream.cut |= out == NULL || out->failed;
    }
    flarei_stir(connection, &exchange_of(rq)->stirred);
}

static bool cancelled(const flare_request *rq)
{
    const struct flarei_fiber *const fiber = flarei_fiber_current();

    if (rq->stream.threaded)
        return flarei_cancel_ends(&rq->work->cancel, rq->stream.events);
    return fiber == NULL || flarei_fiber_cancelled(fiber, rq->stream.events) != FLARE_OK;
}

void flarei_stream_expect(flare_request *rq)
{
    struct flarei_connection *const connection = rq->connection;

    if (is_h2(rq))
        flarei_h2_stream_stir(rq);
    else if (connection->blocked)
        want(connection);
    else
        await(connection);
}

static flare_err wait(flare_request *rq)
{
    struct flarei_fiber *const fiber = flarei_fiber_current();
    flare_err err;

    if (rq->stream.threaded)
        return flarei_stream_thread_wait(rq);
    if (!FLARE_ASSERT(fiber != NULL, "only an async handler waits for its stream"))
        return FLARE_ERR_STATE;
    rq->stream.waiter = fiber;
    err = flarei_fiber_cancelled(fiber, rq->stream.events);
    if (err == FLARE_OK && !rq->stream.lost) {
        flarei_stream_expect(rq);
        flarei_fiber_park();
        err = flarei_fiber_cancelled(fiber, rq->stream.events);
    }
    rq->stream.waits = 0;
    return err;
}

static const struct flarei_stream_calls server_streams = {
    .read = read_body,
    .open = open_reply,
    .write = write_reply,
    .write_file = write_file,
    .end = end_reply,
    .hop = flarei_stream_hop,
    .wait = wait,
    .cancelled = cancelled,
    .wake = wake,
    .leave = flarei_stream_thread_leave,
    .step = step,
    .await = await,
    .expired = expired,
    .due_ms = due_ms,
    .late = late,
};

struct flarei_stream *flarei_stream_begin(flare_request *rq)
{
    struct flarei_stream *const stream = flarei_stream_of(rq);

    stream->calls = &server_streams;
    exchange_of(rq)->burst_bytes = 0;
    return stream;
}

flare_reply flarei_async_stream(flare_request *rq, const struct flarei_work_rule *rule, const void *input)
{
    (void)flarei_stream_begin(rq);
    return flarei_async(rq, rule, input);
}
