#include "server/stream.h"

#include "http/reply.h"
#include "http/request.h"
#include "server/body.h"
#include "server/deadline.h"
#include "server/h2_stream.h"
#include "server/secure.h"
#include "server/worker.h"

/* A deadline that is none. */
#define NEVER_MS UINT64_C(86400000)

static const flare_str heartbeat = FLARE_STR_INIT(":\n\n");

static struct flarei_exchange *exchange_of(flare_request *rq)
{
    return FLARE_OWNER(rq, struct flarei_exchange, rq);
}

static uint64_t now_of(const struct flarei_connection *connection)
{
    return flare_loop_now_ms(connection->site->worker->loop);
}

/* ---- To go on outside of a step ---- */

void flarei_stir(struct flarei_connection *connection, struct flarei_stirred *stirred)
{
    struct flarei_worker *const worker = connection->site->worker;

    if (stirred->connection != NULL)
        return;
    stirred->connection = connection;
    stirred->previous = NULL;
    stirred->next = worker->stirred;
    if (worker->stirred != NULL)
        worker->stirred->previous = stirred;
    worker->stirred = stirred;
    if (!flare_timer_active(&worker->stir_timer))
        flare_timer_set(worker->loop, &worker->stir_timer, 0);
}

void flarei_stir_forget(struct flarei_worker *worker, struct flarei_stirred *stirred)
{
    if (stirred->connection == NULL)
        return;
    stirred->connection = NULL;
    if (stirred->previous != NULL)
        stirred->previous->next = stirred->next;
    else
        worker->stirred = stirred->next;
    if (stirred->next != NULL)
        stirred->next->previous = stirred->previous;
}

void flarei_stirred_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_worker *const worker = FLARE_OWNER(timer, struct flarei_worker, stir_timer);

    (void)loop;
    flarei_worker_date(worker);
    while (worker->stirred != NULL) {
        struct flarei_connection *const connection = worker->stirred->connection;

        flarei_stir_forget(worker, worker->stirred);
        if (connection->gone)
            flarei_connection_close(connection);
        else
            flarei_connection_stirred(connection);
    }
}

/* ---- The reply ---- */

/* The output may have been sent and given back since. @return false without memory: nothing can be written */
static bool rejoin(struct flarei_connection *connection, flare_request *rq)
{
    flare_buffer *const out = flarei_connection_output(connection);

    rq->out = out != NULL ? out : &connection->site->worker->nowhere;
    rq->date = connection->site->worker->date;
    if (rq->state == FLAREI_REQUEST_OPEN)
        rq->reply_start = flarei_buffer_len(rq->out);
    return out != NULL;
}

/* From here on the peer's bytes are the handler's to ask for. */
static void enter(struct flarei_connection *connection)
{
    if (connection->phase == FLAREI_PHASE_STREAM)
        return;
    connection->phase = FLAREI_PHASE_STREAM;
    flarei_deadline_forget(connection);
}

static bool open_reply(flare_request *rq, const struct flarei_head *head)
{
    struct flarei_connection *const connection = rq->connection;
    struct flarei_stream *const stream = &rq->stream;

    enter(connection);
    if (!rejoin(connection, rq))
        return false;
    stream->closed |= connection->gone;
    stream->framed = rq->version_minor != 0;
    if (!stream->framed && !rq->head_only)
        rq->keep_alive = false; /* the connection's end is the content's */
    if (connection->site->worker->state != FLAREI_WORKER_SERVING)
        rq->keep_alive = false;
    exchange_of(rq)->written_ms = now_of(connection);
    return flarei_reply_head(rq, head,
                             stream->framed ? FLARE_STR("Transfer-Encoding: chunked\r\n") : FLARE_STR(""));
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

/* As many bytes of content are taken as leave the output at the watermark; then it is sent. */
static enum flarei_flow write_h1(struct flarei_connection *connection, flare_request *rq, flare_str *rest)
{
    enum { FRAMING_BYTES = FLAREI_H1_CHUNK_LINE_MAX_BYTES + 2, LEAST_BYTES = 512 };

    if (!rejoin(connection, rq))
        return FLAREI_FLOW_CLOSED;
    exchange_of(rq)->written_ms = now_of(connection);
    while (rest->len != 0) {
        const size_t there = flarei_buffer_len(rq->out) + FRAMING_BYTES;
        const size_t room = there < FLAREI_STREAM_HIGH_BYTES ? FLAREI_STREAM_HIGH_BYTES - there : 0;
        const flare_str piece = {rest->ptr, rest->len < room ? rest->len : room};

        if (room >= LEAST_BYTES || room >= rest->len) {
            if (!put_piece(rq->out, rq->stream.framed, piece))
                return FLAREI_FLOW_CLOSED;
            rest->ptr += piece.len;
            rest->len -= piece.len;
            continue;
        }
        if (connection->blocked)
            return FLAREI_FLOW_WAIT;
        if (!flarei_connection_push(connection))
            return FLAREI_FLOW_CLOSED;
    }
    if (!connection->blocked)
        flarei_stir(connection, &exchange_of(rq)->stirred);
    return FLAREI_FLOW_ON;
}

static void put_trailers(flare_request *rq)
{
    flare_buffer *const out = rq->out;

    (void)flarei_buffer_append_str(out, FLARE_STR("0\r\n"));
    for (uint32_t i = 0; i < rq->stream.own_trailer_count; i++) {
        (void)flarei_buffer_append_str(out, rq->stream.own_trailers[i].name);
        (void)flarei_buffer_append_str(out, FLARE_STR(": "));
        (void)flarei_buffer_append_str(out, rq->stream.own_trailers[i].value);
        (void)flarei_buffer_append_str(out, FLARE_STR("\r\n"));
    }
    (void)flarei_buffer_append_str(out, FLARE_STR("\r\n"));
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
    exchange->body_began_ms = now_of(connection);
    if (exchange->chunked)
        flarei_h1_chunked_init(&exchange->decoder, &connection->site->served->h1, rq->body_max_bytes);
    if (!rq->expects_continue)
        return true;
    rq->expects_continue = false;
    if (rq->state == FLAREI_REQUEST_STREAMING) /* the reply has begun: it is answered (RFC 9110, 10.1.1) */
        return true;
    if (!rejoin(connection, rq) || !flarei_buffer_append_str(rq->out, FLARE_STR(FLAREI_H1_CONTINUE)))
        return false;
    rq->reply_start = flarei_buffer_len(rq->out);
    return flarei_connection_push(connection) && rejoin(connection, rq);
}

static enum flarei_flow read_h1(struct flarei_connection *connection, flare_request *rq, flare_str *piece)
{
    struct flarei_exchange *const exchange = exchange_of(rq);
    struct flarei_in_buffer *const input = connection->input;

    if (connection->gone)
        return FLAREI_FLOW_CLOSED;
    if (!rq->stream.reads && !begin_body(connection, exchange))
        return FLAREI_FLOW_CLOSED;
    for (;;) {
        const enum flarei_flow flow = take(exchange, input, piece);
        ptrdiff_t got;

        if (flow != FLAREI_FLOW_WAIT) {
            exchange->heard_ms = now_of(connection);
            return flow;
        }
        got = flarei_connection_receive(connection, input->bytes + input->end, input->capacity - input->end);
        if (got == FLARE_ERR_AGAIN)
            return FLAREI_FLOW_WAIT;
        if (got < 0) {
            flarei_stream_refuse_body(rq, 400, FLARE_STR("the body ended early"));
            return FLAREI_FLOW_CLOSED;
        }
        input->end += (uint32_t)got;
    }
}

/* ---- What requests are given ---- */

static enum flarei_flow read_body(flare_request *rq, flare_str *piece)
{
    return rq->wire != NULL ? flarei_h2_stream_read(rq, piece) : read_h1(rq->connection, rq, piece);
}

static bool open_stream(flare_request *rq, const struct flarei_head *head)
{
    return rq->wire != NULL ? flarei_h2_stream_open(rq, head) : open_reply(rq, head);
}

static enum flarei_flow write_reply(flare_request *rq, flare_str *rest)
{
    return rq->wire != NULL ? flarei_h2_stream_write(rq, rest) : write_h1(rq->connection, rq, rest);
}

static void stir(flare_request *rq)
{
    struct flarei_connection *const connection = rq->connection;

    if (rq->wire != NULL)
        flarei_h2_stream_stir(rq);
    else
        flarei_stir(connection, &exchange_of(rq)->stirred);
}

static void end_reply(flare_request *rq)
{
    struct flarei_connection *const connection = rq->connection;

    if (rq->wire != NULL) {
        flarei_h2_stream_end(rq);
        return;
    }
    if (!rq->stream.broken && rq->stream.framed && !rq->head_only && rejoin(connection, rq))
        put_trailers(rq);
    flarei_stir(connection, &exchange_of(rq)->stirred);
}

const struct flarei_stream_calls flarei_server_streams = {
    .read = read_body,
    .open = open_stream,
    .write = write_reply,
    .end = end_reply,
    .stir = stir,
};

/* ---- HTTP/1: its life ---- */

enum flarei_step flarei_stream_begin(struct flarei_connection *connection)
{
    enter(connection);
    return connection->exchange->rq.state == FLAREI_REQUEST_STREAMED ? FLAREI_STEP_NEXT : FLAREI_STEP_MORE;
}

static void wake(struct flarei_connection *connection, flare_request *rq)
{
    (void)rejoin(connection, rq);
    flarei_stream_wake(rq);
}

/* poll(2) is told what is waited for; the peer's end is heard of in any case. */
static void want(struct flarei_connection *connection, const flare_request *rq)
{
    connection->watch.want =
        (uint8_t)(((rq->stream.waits & FLAREI_WAITS_BODY) != 0 ? FLARE_READ : 0) |
                  (connection->blocked ? FLARE_WRITE : 0));
}

/* May the handler go on? A peer that has sent all and then its end is gone: what cancels reads the same. */
static bool may_go_on(const struct flarei_connection *connection, const flare_request *rq)
{
    if ((rq->stream.waits & FLAREI_WAITS_BODY) != 0)
        return true;
    return (rq->stream.waits & FLAREI_WAITS_REPLY) != 0 && !connection->blocked;
}

enum flarei_step flarei_stream_step(struct flarei_connection *connection)
{
    flare_request *const rq = &connection->exchange->rq;

    if (flarei_stream_lives(rq)) {
        const bool closed = connection->hangup && rq->body_complete && !flarei_stream_of(rq)->closed;

        if (closed)
            flarei_stream_lose(rq);
        if (closed || may_go_on(connection, rq))
            wake(connection, rq);
        flarei_stir_forget(connection->site->worker, &connection->exchange->stirred); /* it goes on already */
    }
    if (flarei_stream_lives(rq)) {
        want(connection, rq);
        return FLAREI_STEP_MORE;
    }
    return flarei_exchange_streamed(connection);
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

/* When the client is late with its body, or a comment is due that keeps events alive. */
static uint64_t due_ms(const struct flarei_connection *connection)
{
    const struct flarei_exchange *const exchange = connection->exchange;
    const flare_request *const rq = &exchange->rq;
    uint64_t at_ms = now_of(connection) + NEVER_MS;
    uint32_t time_ms;

    if ((rq->stream.waits & FLAREI_WAITS_BODY) != 0) {
        const bool whole = flarei_stream_body_time(rq, &time_ms);

        at_ms = (whole ? exchange->body_began_ms : exchange->heard_ms) + time_ms;
    }
    if (rq->state == FLAREI_REQUEST_STREAMING && rq->stream.heartbeat_ms != 0 &&
        exchange->written_ms + rq->stream.heartbeat_ms < at_ms)
        at_ms = exchange->written_ms + rq->stream.heartbeat_ms;
    return at_ms;
}

void flarei_stream_await(struct flarei_connection *connection)
{
    if (!connection->blocked)
        flarei_deadline_move(connection, FLAREI_DEADLINE_STREAM, due_ms(connection));
}

void flarei_stream_expired(struct flarei_connection *connection)
{
    struct flarei_exchange *const exchange = connection->exchange;
    flare_request *const rq = &exchange->rq;
    uint32_t time_ms;

    if ((rq->stream.waits & FLAREI_WAITS_BODY) != 0) {
        const bool whole = flarei_stream_body_time(rq, &time_ms);

        if ((whole ? exchange->body_began_ms : exchange->heard_ms) + time_ms <= now_of(connection))
            flarei_stream_refuse_body(rq, 408, FLARE_STR("the body took too long"));
    }
    if (rq->state == FLAREI_REQUEST_STREAMING && rq->stream.heartbeat_ms != 0 &&
        exchange->written_ms + rq->stream.heartbeat_ms <= now_of(connection)) {
        flare_str comment = heartbeat;

        (void)write_h1(connection, rq, &comment);
    }
    flarei_connection_resume(connection);
}

void flarei_stream_drain(struct flarei_connection *connection)
{
    flare_request *const rq = &connection->exchange->rq;

    rq->keep_alive = false;
    if (!flarei_stream_lives(rq) || flarei_stream_of(rq)->heartbeat_ms == 0)
        return;
    rq->stream.closed = true;
    wake(connection, rq);
    flarei_stir(connection, &connection->exchange->stirred);
}

bool flarei_stream_hold(struct flarei_connection *connection)
{
    struct flarei_exchange *const exchange = connection->exchange;
    flare_request *const rq = &exchange->rq;

    if (connection->phase != FLAREI_PHASE_STREAM)
        return false;
    if (flarei_stream_lives(rq) && !flarei_stream_of(rq)->closed) {
        flarei_stream_lose(rq);
        wake(connection, rq);
    }
    return flarei_stream_lives(rq);
}
