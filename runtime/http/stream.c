#include "http/stream.h"

#include "http/coding.h"
#include "http/reply.h"
#include "http/request.h"

#include <flare/flow.h>

enum { TRAILERS_MAX = 32 };

flare_reply flarei_stream_break(flare_request *rq)
{
    rq->stream.cut = true;
    rq->keep_alive = false;
    return flarei_stream_end(rq);
}

static void end_now(flare_request *rq, void *argument)
{
    (void)argument;
    rq->state = FLAREI_REQUEST_STREAMED;
    rq->stream.waits = 0;
    if (!rq->stream.lost)
        rq->stream.calls->end(rq);
}

flare_reply flarei_stream_end(flare_request *rq)
{
    rq->stream.calls->hop(rq, end_now, NULL);
    return (flare_reply){rq->mark};
}

void flarei_stream_lose(flare_request *rq)
{
    struct flarei_stream *const stream = flarei_stream_of(rq);

    if (rq->body_complete)
        stream->over |= stream->reads;
    else
        flarei_stream_refuse_body(rq, 400, FLARE_STR("the body ended early"));
    stream->closed = stream->lost = true;
}

void flarei_stream_refuse_body(flare_request *rq, unsigned status, flare_str detail)
{
    if (rq->body_failed)
        return;
    rq->body_failed = true;
    rq->body_refusal = (uint16_t)status;
    rq->body_refusal_detail = detail;
    if (status != 413 && status != 422)
        rq->keep_alive = false;
}

flare_reply flarei_stream_judge_body(flare_request *rq, flare_reply reply)
{
    if (rq->state == FLAREI_REQUEST_STREAMING || rq->state == FLAREI_REQUEST_STREAMED)
        return reply;
    if (rq->state == FLAREI_REQUEST_REPLIED && rq->reply_status >= 400)
        return reply;
    flarei_reply_undo(rq);
    return flarei_reply_body_refused(rq);
}

void flarei_stream_keep_trailer(flare_request *rq, const flare_field *field, bool copy)
{
    struct flarei_stream *const stream = flarei_stream_of(rq);
    flare_arena *const arena = stream->kept != NULL ? stream->kept : rq->arena;
    flare_field kept = *field;

    if (stream->trailers == NULL)
        stream->trailers = flarei_arena_alloc(arena, TRAILERS_MAX * sizeof *stream->trailers);
    if (stream->trailers == NULL || stream->trailer_count == TRAILERS_MAX)
        return;
    if (copy && (!flarei_arena_copy(arena, field->name, &kept.name) ||
                 !flarei_arena_copy(arena, field->value, &kept.value)))
        return;
    stream->trailers[stream->trailer_count++] = kept;
}

void flarei_stream_free(flare_request *rq)
{
    if (rq->stream.coder != NULL) {
        rq->stream.coder->encoder->end(rq->stream.coder->state);
        flarei_buffer_free(&rq->stream.coder->out);
    }
    rq->stream.coder = NULL;
    if (rq->stream.event != NULL)
        flarei_buffer_free(rq->stream.event);
    if (rq->stream.line != NULL)
        flarei_buffer_free(rq->stream.line);
    if (rq->stream.items != NULL)
        flarei_arena_free(rq->stream.items);
    if (rq->stream.kept != NULL)
        flarei_arena_free(rq->stream.kept);
    rq->stream.event = rq->stream.line = NULL;
    rq->stream.items = rq->stream.kept = NULL;
}

bool flare_request_trailer(const flare_request *rq, flare_str name, flare_str *value)
{
    for (uint32_t i = 0; rq->streamed && rq->stream.over && i < rq->stream.trailer_count; i++) {
        if (flare_str_equal_nocase(rq->stream.trailers[i].name, name)) {
            *value = rq->stream.trailers[i].value;
            return true;
        }
    }
    return false;
}
