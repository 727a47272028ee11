#include "server/h2_stream.h"

#include "http/request.h"
#include "server/h2_connection.h"
#include "server/worker.h"

#include <flare/memory.h>

static struct flarei_h2_request *request_of(flare_request *rq)
{
    return FLARE_OWNER(rq, struct flarei_exchange, rq)->h2_request;
}

static struct flarei_h2_connection *h2_of(flare_request *rq)
{
    return ((struct flarei_connection *)rq->connection)->h2;
}

/* ---- The body ---- */

/* What the handler has read is its no more: the peer may send as much again. */
static void give_back(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    const size_t bytes = request->handed_bytes;

    request->handed_bytes = 0;
    request->unconsumed -= bytes;
    if (bytes == 0 || request->gone)
        return;
    h2->lost |= !flarei_h2_consume(&h2->session, &request->stream, bytes);
    flarei_stir(h2->connection, &h2->stirred);
}

/* What came meanwhile goes into the other block. */
static void hand(struct flarei_h2_request *request, flare_str *piece)
{
    struct flarei_exchange *const exchange = request->exchange;
    char *const block = exchange->body;
    const size_t capacity = exchange->body_capacity;

    *piece = (flare_str){block, exchange->body_bytes};
    request->handed_bytes = exchange->body_bytes;
    exchange->body = request->spare;
    exchange->body_capacity = request->spare_capacity;
    exchange->body_bytes = 0;
    request->spare = block;
    request->spare_capacity = capacity;
}

enum flarei_flow flarei_h2_stream_read(flare_request *rq, flare_str *piece)
{
    struct flarei_h2_connection *const h2 = h2_of(rq);
    struct flarei_h2_request *const request = request_of(rq);
    struct flarei_exchange *const exchange = request->exchange;

    if (!rq->stream.reads) {
        exchange->body_began_ms = exchange->heard_ms = flarei_h2_now_ms(h2);
        if (rq->expects_continue && rq->state == FLAREI_REQUEST_OPEN && !request->gone)
            h2->lost |= !flarei_h2_continue(&h2->session, &request->stream);
        rq->expects_continue = false;
    }
    give_back(h2, request);
    if (request->refusal != 0) {
        flarei_stream_refuse_body(rq, flarei_h1_refusal_status(request->refusal),
                                  flarei_h1_refusal_text(request->refusal));
        return FLAREI_FLOW_CLOSED;
    }
    if (exchange->body_bytes > rq->body_max_bytes - rq->stream.body_bytes) {
        flarei_stream_refuse_body(rq, 413, FLARE_STR("the body is too large"));
        return FLAREI_FLOW_CLOSED;
    }
    if (exchange->body_bytes != 0) {
        hand(request, piece);
        return FLAREI_FLOW_ON;
    }
    if (request->stream.ended)
        return FLAREI_FLOW_END;
    return request->gone ? FLAREI_FLOW_CLOSED : FLAREI_FLOW_WAIT;
}

/* ---- The reply ---- */

bool flarei_h2_stream_open(flare_request *rq, const struct flarei_head *head)
{
    struct flarei_h2_connection *const h2 = h2_of(rq);
    struct flarei_h2_request *const request = request_of(rq);

    if (request->gone)
        return true;
    request->output = flarei_pool_take(&h2->connection->site->outputs);
    if (request->output == NULL)
        return false;
    rq->date = h2->connection->site->worker->date;
    request->written_ms = flarei_h2_now_ms(h2);
    if (!flarei_h2_reply_open(h2, rq, head, &request->stream)) {
        flarei_pool_give(&h2->connection->site->outputs, &request->output->item);
        request->output = NULL;
        return false;
    }
    flarei_stir(h2->connection, &h2->stirred);
    return true;
}

enum flarei_flow flarei_h2_stream_write(flare_request *rq, flare_str *rest)
{
    struct flarei_h2_connection *const h2 = h2_of(rq);
    struct flarei_h2_request *const request = request_of(rq);
    flare_buffer *const out = &request->output->buffer;
    const size_t there = flarei_buffer_len(out);
    const size_t room = there < FLAREI_STREAM_HIGH_BYTES ? FLAREI_STREAM_HIGH_BYTES - there : 0;
    const size_t taken = rest->len < room ? rest->len : room;

    request->written_ms = flarei_h2_now_ms(h2);
    if (!flarei_buffer_append(out, rest->ptr, taken))
        return FLAREI_FLOW_CLOSED;
    if (there == 0)
        request->progress_ms = request->written_ms;
    rest->ptr += taken;
    rest->len -= taken;
    request->stream.content = flarei_buffer_str(out);
    if (!flarei_h2_more(&h2->session, &request->stream))
        h2->lost = true;
    flarei_stir(h2->connection, &h2->stirred);
    return rest->len == 0 ? FLAREI_FLOW_ON : FLAREI_FLOW_WAIT;
}

void flarei_h2_stream_end(flare_request *rq)
{
    struct flarei_h2_connection *const h2 = h2_of(rq);
    struct flarei_h2_request *const request = request_of(rq);

    if (!request->gone) {
        if (rq->stream.broken)
            flarei_h2_reset(&h2->session, &request->stream, FLAREI_H2_INTERNAL_ERROR);
        else if (!flarei_h2_end(&h2->session, &request->stream, rq->stream.own_trailers,
                                rq->stream.own_trailer_count))
            h2->lost = true;
    }
    flarei_h2_stream_stir(rq);
}

void flarei_h2_stream_stir(flare_request *rq)
{
    struct flarei_h2_connection *const h2 = h2_of(rq);
    struct flarei_h2_request *const request = request_of(rq);

    flarei_h2_request_move(h2, request, FLAREI_H2_IN_READY + request->urgency);
    flarei_stir(h2->connection, &h2->stirred);
}

/* ---- Its life ---- */

static void told(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    flare_request *const rq = &request->exchange->rq;

    rq->out = &h2->connection->site->worker->nowhere;
    rq->reply_start = 0;
    flarei_stream_lose(rq);
    request->gone = true;
    flarei_stream_wake(rq);
}

bool flarei_h2_stream_hold(struct flarei_connection *connection)
{
    struct flarei_h2_connection *const h2 = connection->h2;
    bool held = false;

    if (h2 == NULL)
        return false;
    for (unsigned place = 0; place < FLAREI_H2_PLACES; place++) {
        struct flarei_h2_request *next;

        for (struct flarei_h2_request *request = h2->lists[place].first; request != NULL; request = next) {
            next = request->next;
            if (request->exchange == NULL || !flarei_stream_lives(&request->exchange->rq))
                continue;
            if (!request->gone)
                told(h2, request);
            held |= flarei_stream_lives(&request->exchange->rq);
        }
    }
    return held;
}

void flarei_h2_stream_drain(struct flarei_connection *connection)
{
    struct flarei_h2_connection *const h2 = connection->h2;
    struct flarei_h2_request *next;

    for (struct flarei_h2_request *request = h2->lists[FLAREI_H2_IN_STREAM].first; request != NULL;
         request = next) {
        flare_request *const rq = &request->exchange->rq;

        next = request->next;
        if (!flarei_stream_lives(rq) || rq->stream.heartbeat_ms == 0)
            continue;
        rq->stream.closed = true;
        rq->stream.waits |= FLAREI_WAITS_REPLY;
        flarei_h2_stream_stir(rq);
    }
}

/* When the peer is late with its body, or with taking the reply, or a comment is due that keeps events alive. */
uint64_t flarei_h2_stream_due_ms(struct flarei_h2_connection *h2, const struct flarei_h2_request *request)
{
    const struct flarei_exchange *const exchange = request->exchange;
    const flare_request *const rq = &exchange->rq;
    uint64_t at_ms = UINT64_MAX;
    uint32_t time_ms;

    if (request->gone)
        return at_ms;
    if ((rq->stream.waits & FLAREI_WAITS_BODY) != 0) {
        const bool whole = flarei_stream_body_time(rq, &time_ms);

        at_ms = (whole ? exchange->body_began_ms : exchange->heard_ms) + time_ms;
    }
    if (request->stream.content.len != 0 &&
        request->progress_ms + h2->connection->site->served->limits.write_time_ms < at_ms)
        at_ms = request->progress_ms + h2->connection->site->served->limits.write_time_ms;
    if (rq->state == FLAREI_REQUEST_STREAMING && rq->stream.heartbeat_ms != 0 &&
        request->written_ms + rq->stream.heartbeat_ms < at_ms)
        at_ms = request->written_ms + rq->stream.heartbeat_ms;
    return at_ms;
}

void flarei_h2_stream_expired(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    const uint64_t now_ms = flarei_h2_now_ms(h2);
    const uint32_t write_time_ms = h2->connection->site->served->limits.write_time_ms;
    flare_request *const rq = &request->exchange->rq;
    flare_str comment = FLARE_STR(":\n\n");
    uint32_t time_ms;

    if (request->stream.content.len != 0 && request->progress_ms + write_time_ms <= now_ms) {
        request->progress_ms = now_ms;
        flarei_h2_reset(&h2->session, &request->stream, FLAREI_H2_CANCEL);
        return;
    }
    if (rq->state == FLAREI_REQUEST_STREAMING && rq->stream.heartbeat_ms != 0 &&
        request->written_ms + rq->stream.heartbeat_ms <= now_ms)
        (void)flarei_h2_stream_write(rq, &comment);
    if ((rq->stream.waits & FLAREI_WAITS_BODY) == 0)
        return;
    const bool whole = flarei_stream_body_time(rq, &time_ms);
    const struct flarei_exchange *const exchange = request->exchange;
    if ((whole ? exchange->body_began_ms : exchange->heard_ms) + time_ms > now_ms)
        return;
    flarei_stream_refuse_body(rq, 408, FLARE_STR("the body took too long"));
    flarei_h2_stream_stir(rq);
}
