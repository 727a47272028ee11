#include "server/h2_stream.h"

#include "http/request.h"
#include "server/h2_connection.h"
#include "server/worker.h"

#include <flare/memory.h>

static struct flarei_h2_request *request_of(const flare_request *rq)
{
    return FLARE_OWNER((uintptr_t)rq, struct flarei_exchange, rq)->h2_request;
}

static struct flarei_h2_connection *h2_of(const flare_request *rq)
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
    if (bytes == 0)
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
    exchange->body = exchange->spare;
    exchange->body_capacity = exchange->spare_capacity;
    exchange->body_bytes = 0;
    exchange->spare = block;
    exchange->spare_capacity = capacity;
}

enum flarei_flow flarei_h2_stream_read(flare_request *rq, flare_str *piece)
{
    struct flarei_h2_connection *const h2 = h2_of(rq);
    struct flarei_h2_request *const request = request_of(rq);
    struct flarei_exchange *const exchange = request->exchange;

    if (!rq->stream.reads) {
        exchange->body_began_ms = exchange->heard_ms = flarei_h2_now_ms(h2);
        if (rq->expects_continue && rq->state == FLAREI_REQUEST_OPEN)
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
    return FLAREI_FLOW_WAIT;
}

/* ---- The reply ---- */

bool flarei_h2_stream_open(flare_request *rq, const struct flarei_head *head)
{
    struct flarei_h2_connection *const h2 = h2_of(rq);
    struct flarei_h2_request *const request = request_of(rq);

    request->output = flare_pool_take(&h2->connection->site->outputs);
    if (request->output == NULL)
        return false;
    if (!rq->stream.dated)
        rq->date = h2->connection->site->worker->date;
    request->exchange->written_ms = flarei_h2_now_ms(h2);
    if (!flarei_h2_reply_open(h2, rq, head, &request->stream)) {
        flare_pool_give(&h2->connection->site->outputs, &request->output->item);
        request->output = NULL;
        return false;
    }
    flarei_stir(h2->connection, &h2->stirred);
    return true;
}

void flarei_h2_stream_interim(flare_request *rq, unsigned status, const flare_field *fields, size_t count)
{
    struct flarei_h2_connection *const h2 = h2_of(rq);

    h2->lost |= !flarei_h2_interim(&h2->session, &request_of(rq)->stream, status, fields, count);
    flarei_stir(h2->connection, &h2->stirred);
}

bool flarei_h2_stream_connects(const flare_request *rq)
{
    const struct flarei_connection *const connection = rq->connection;

    return connection->h2 != NULL && request_of(rq)->tunnel == FLAREI_H2_WEBSOCKET;
}

void flarei_h2_stream_tunnel(flare_request *rq)
{
    request_of(rq)->stream.chatty = true;
    rq->keep_alive = false; /* what still comes once the reply has ended is for nobody */
}

/* What waits for the peer has grown from `before` bytes. */
static void more(struct flarei_h2_connection *h2, struct flarei_h2_request *request, size_t before)
{
    if (before == 0)
        request->progress_ms = request->exchange->written_ms;
    request->stream.content = flarei_buffer_str(&request->output->buffer);
    if (!flarei_h2_more(&h2->session, &request->stream))
        h2->lost = true;
    flarei_stir(h2->connection, &h2->stirred);
}

enum flarei_flow flarei_h2_stream_write(flare_request *rq, flare_str *rest)
{
    struct flarei_h2_connection *const h2 = h2_of(rq);
    struct flarei_h2_request *const request = request_of(rq);
    flare_buffer *const out = &request->output->buffer;
    const size_t there = flarei_buffer_len(out);
    const size_t room = there < FLAREI_STREAM_HIGH_BYTES ? FLAREI_STREAM_HIGH_BYTES - there : 0;
    const size_t taken = rest->len < room ? rest->len : room;

    request->exchange->written_ms = flarei_h2_now_ms(h2);
    if (!flarei_buffer_append(out, rest->ptr, taken))
        return FLAREI_FLOW_CLOSED;
    rest->ptr += taken;
    rest->len -= taken;
    more(h2, request, there);
    return rest->len == 0 ? FLAREI_FLOW_ON : FLAREI_FLOW_WAIT;
}

enum flarei_flow flarei_h2_stream_write_file(flare_request *rq, int fd, uint64_t *at, uint64_t *left)
{
    struct flarei_h2_connection *const h2 = h2_of(rq);
    struct flarei_h2_request *const request = request_of(rq);
    flare_buffer *const out = &request->output->buffer;
    const size_t there = flarei_buffer_len(out);

    request->exchange->written_ms = flarei_h2_now_ms(h2);
    if (there >= FLAREI_STREAM_HIGH_BYTES)
        return FLAREI_FLOW_WAIT;
    if (!flarei_stream_read_file(out, FLAREI_STREAM_HIGH_BYTES - there, fd, at, left)) {
        rq->stream.cut = true;
        return FLAREI_FLOW_CLOSED;
    }
    more(h2, request, there);
    return *left == 0 ? FLAREI_FLOW_ON : FLAREI_FLOW_WAIT;
}

/* A copy of the trailers: they are sent when the request is long over, maybe. @return false without memory */
static bool keep_trailers(struct flarei_h2_request *request, const flare_request *rq)
{
    const uint32_t count = rq->stream.own_trailer_count;
    size_t bytes = 0;
    char *text;

    if (count == 0)
        return true;
    for (uint32_t i = 0; i < count; i++)
        bytes += rq->stream.own_trailers[i].name.len + rq->stream.own_trailers[i].value.len;
    request->trailers = flarei_malloc(count * sizeof *request->trailers + bytes);
    if (request->trailers == NULL)
        return false;
    text = (char *)(request->trailers + count);
    for (uint32_t i = 0; i < count; i++) {
        const flare_field *const field = &rq->stream.own_trailers[i];
        char *const value = text + field->name.len;

        memcpy(text, field->name.ptr, field->name.len);
        if (field->value.len != 0)
            memcpy(value, field->value.ptr, field->value.len);
        request->trailers[i] = (flare_field){{text, field->name.len}, {value, field->value.len}};
        text = value + field->value.len;
    }
    return true;
}

void flarei_h2_stream_end(flare_request *rq)
{
    struct flarei_h2_connection *const h2 = h2_of(rq);
    struct flarei_h2_request *const request = request_of(rq);

    if (rq->stream.cut || !keep_trailers(request, rq))
        flarei_h2_reset(&h2->session, &request->stream,
                        request->stream.chatty ? FLAREI_H2_CANCEL : FLAREI_H2_INTERNAL_ERROR);
    else if (!flarei_h2_end(&h2->session, &request->stream, request->trailers, rq->stream.own_trailer_count))
        h2->lost = true;
    flarei_stir(h2->connection, &h2->stirred);
}

void flarei_h2_stream_stir(flare_request *rq)
{
    flarei_stir(h2_of(rq)->connection, &h2_of(rq)->stirred);
}

static uint64_t stalled_ms(const struct flarei_h2_connection *h2, const struct flarei_h2_request *request)
{
    return request->stream.content.len != 0
               ? request->progress_ms + h2->connection->site->served->limits.write_time_ms
               : UINT64_MAX;
}

uint64_t flarei_h2_stream_due_ms(const flare_request *rq)
{
    return stalled_ms(h2_of(rq), request_of(rq));
}

void flarei_h2_stream_late(flare_request *rq)
{
    struct flarei_h2_connection *const h2 = h2_of(rq);
    struct flarei_h2_request *const request = request_of(rq);
    const uint64_t now_ms = flarei_h2_now_ms(h2);

    if (stalled_ms(h2, request) > now_ms)
        return;
    request->progress_ms = now_ms;
    flarei_h2_reset(&h2->session, &request->stream, FLAREI_H2_CANCEL);
}
