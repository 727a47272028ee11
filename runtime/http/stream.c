#include "http/stream.h"

#include "http/reply.h"
#include "http/request.h"

enum flarei_flow flarei_stream_read(flare_request *rq, flare_str *piece)
{
    struct flarei_stream *const stream = flarei_stream_of(rq);
    enum flarei_flow flow;

    *piece = FLARE_STR("");
    stream->waits &= (uint8_t)~FLAREI_WAITS_BODY;
    if (rq->body_failed)
        return FLAREI_FLOW_CLOSED;
    if (stream->over)
        return FLAREI_FLOW_END;
    if (!stream->reads && rq->body_complete) { /* it came with its head */
        stream->reads = stream->over = true;
        *piece = rq->body;
        stream->body_bytes = rq->body.len;
        return piece->len != 0 ? FLAREI_FLOW_ON : FLAREI_FLOW_END;
    }
    flow = rq->streams->read(rq, piece);
    stream->reads = true;
    stream->body_bytes += piece->len;
    if (flow == FLAREI_FLOW_WAIT)
        stream->waits |= FLAREI_WAITS_BODY;
    else if (flow == FLAREI_FLOW_END)
        stream->over = rq->body_complete = true;
    return flow;
}

bool flarei_stream_open(flare_request *rq, const struct flarei_head *head)
{
    struct flarei_stream *const stream = flarei_stream_of(rq);

    if (!flarei_reply_begin(rq, head->status))
        return false;
    if (!rq->streams->open(rq, head)) {
        rq->reply_status = 0;
        return false;
    }
    if (rq->head_only)
        stream->closed = true;
    rq->state = FLAREI_REQUEST_STREAMING;
    return true;
}

enum flarei_flow flarei_stream_write(flare_request *rq, flare_str *rest)
{
    struct flarei_stream *const stream = flarei_stream_of(rq);
    const size_t before = rest->len;
    enum flarei_flow flow;

    stream->waits &= (uint8_t)~FLAREI_WAITS_REPLY;
    if (stream->closed || rq->state != FLAREI_REQUEST_STREAMING)
        return FLAREI_FLOW_CLOSED;
    if (rest->len == 0)
        return FLAREI_FLOW_ON;
    flow = rq->streams->write(rq, rest);
    rq->reply_bytes += before - rest->len;
    if (flow == FLAREI_FLOW_WAIT)
        stream->waits |= FLAREI_WAITS_REPLY;
    else if (flow == FLAREI_FLOW_CLOSED)
        stream->closed = true;
    return flow;
}

static flare_reply end(flare_request *rq)
{
    rq->state = FLAREI_REQUEST_STREAMED;
    rq->stream.waits = 0;
    rq->streams->end(rq);
    return (flare_reply){rq->mark};
}

flare_reply flarei_stream_close(flare_request *rq)
{
    if (FLARE_UNLIKELY(rq->state != FLAREI_REQUEST_STREAMING))
        return flarei_reply_fail(rq, "no memory for the reply's head");
    return end(rq);
}

flare_reply flarei_stream_break(flare_request *rq)
{
    rq->stream.broken = true;
    rq->keep_alive = false;
    return end(rq);
}

flare_reply flarei_stream_away(flare_request *rq, void (*wake)(flare_request *rq))
{
    flarei_stream_of(rq)->wake = wake;
    rq->away = true;
    return (flare_reply){FLAREI_PARKED_MARK};
}

void flarei_stream_stir(flare_request *rq)
{
    rq->streams->stir(rq);
}

void flarei_stream_wake(flare_request *rq)
{
    rq->stream.waits = 0;
    rq->stream.wake(rq);
}

void flarei_stream_lose(flare_request *rq)
{
    struct flarei_stream *const stream = flarei_stream_of(rq);

    if (!stream->over && !rq->body_complete)
        flarei_stream_refuse_body(rq, 400, FLARE_STR("the body ended early"));
    stream->closed = true;
}

void flarei_stream_refuse_body(flare_request *rq, unsigned status, flare_str detail)
{
    if (rq->body_failed)
        return;
    rq->body_failed = true;
    rq->body_refusal = (uint16_t)status;
    rq->body_refusal_detail = detail;
    if (status != 413)
        rq->keep_alive = false;
}

void flarei_stream_keep_trailer(flare_request *rq, const flare_field *field, bool copy)
{
    enum { MOST = 32 };
    struct flarei_stream *const stream = flarei_stream_of(rq);
    flare_field kept = *field;

    if (stream->trailers == NULL)
        stream->trailers = flarei_arena_alloc(rq->arena, MOST * sizeof *stream->trailers);
    if (stream->trailers == NULL || stream->trailer_count == MOST)
        return;
    if (copy && (!flarei_arena_copy(rq->arena, field->name, &kept.name) ||
                 !flarei_arena_copy(rq->arena, field->value, &kept.value)))
        return;
    stream->trailers[stream->trailer_count++] = kept;
}
