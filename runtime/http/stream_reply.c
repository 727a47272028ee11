/* stream_reply.c - a reply that its handler writes piece by piece: bytes, or events. */
#include "http/reply.h"
#include "http/stream.h"

#include <flare/flow.h>

enum { EVENT_MAX_BYTES = 64 << 20, EVENT_KEEP_BYTES = 16384 };

bool flarei_stream_open(flare_request *rq, const struct flarei_head *head)
{
    struct flarei_stream *const stream = flarei_stream_of(rq);

    if (!FLARE_ASSERT(stream->calls != NULL, "a reply is streamed where its route says so") ||
        !flarei_reply_begin(rq, head->status))
        return false;
    if (!stream->lost && !stream->calls->open(rq, head)) {
        rq->reply_status = 0;
        return false;
    }
    stream->closed |= rq->head_only;
    rq->state = FLAREI_REQUEST_STREAMING;
    return true;
}

enum flarei_flow flarei_stream_write(flare_request *rq, flare_str *rest)
{
    struct flarei_stream *const stream = &rq->stream;
    const size_t before = rest->len;
    enum flarei_flow flow;

    stream->waits &= (uint8_t)~FLAREI_WAITS_REPLY;
    if (rq->state != FLAREI_REQUEST_STREAMING || stream->closed)
        return FLAREI_FLOW_CLOSED;
    if (rest->len == 0)
        return FLAREI_FLOW_ON;
    flow = stream->calls->write(rq, rest);
    rq->reply_bytes += before - rest->len;
    if (flow == FLAREI_FLOW_WAIT)
        stream->waits |= FLAREI_WAITS_REPLY;
    else if (flow == FLAREI_FLOW_CLOSED)
        stream->closed = true;
    return flow;
}

bool flarei_stream_send(flare_request *rq, flare_str bytes)
{
    enum flarei_flow flow;

    if (rq->state == FLAREI_REQUEST_STREAMING && rq->stream.events && rq->stream.calls->cancelled(rq))
        return false;
    while ((flow = flarei_stream_write(rq, &bytes)) == FLAREI_FLOW_WAIT) {
        if (rq->stream.calls->wait(rq) == FLARE_OK)
            continue;
        rq->stream.cut = true; /* what was sent is not all */
        return false;
    }
    return flow == FLAREI_FLOW_ON;
}

bool flarei_stream_send_file(flare_request *rq, int fd, uint64_t at, uint64_t bytes)
{
    struct flarei_stream *const stream = &rq->stream;

    while (rq->state == FLAREI_REQUEST_STREAMING && !stream->closed && bytes != 0) {
        const uint64_t before = bytes;
        enum flarei_flow flow;

        stream->waits &= (uint8_t)~FLAREI_WAITS_REPLY;
        flow = stream->calls->write_file(rq, fd, &at, &bytes);
        rq->reply_bytes += before - bytes;
        if (flow == FLAREI_FLOW_CLOSED)
            stream->closed = true;
        if (flow != FLAREI_FLOW_WAIT)
            continue;
        stream->waits |= FLAREI_WAITS_REPLY;
        if (stream->calls->wait(rq) == FLARE_OK)
            continue;
        stream->cut = true;
        return false;
    }
    return bytes == 0;
}

flare_err flarei_stream_trailer(flare_request *rq, flare_str name, flare_str value)
{
    enum { MOST = 16 };
    struct flarei_stream *const stream = flarei_stream_of(rq);

    if (!flarei_field_value_valid(value))
        return FLARE_ERR_SYNTAX;
    if (stream->own_trailer_count == MOST)
        return FLARE_ERR_LIMIT;
    if (stream->own_trailers == NULL)
        stream->own_trailers = flarei_arena_alloc(rq->arena, MOST * sizeof *stream->own_trailers);
    if (stream->own_trailers == NULL || !flarei_arena_copy(rq->arena, value, &value))
        return FLARE_ERR_MEMORY;
    stream->own_trailers[stream->own_trailer_count++] = (flare_field){name, value};
    return FLARE_OK;
}

flare_reply flarei_stream_close(flare_request *rq)
{
    if (FLARE_UNLIKELY(rq->state != FLAREI_REQUEST_STREAMING))
        return flarei_reply_fail(rq, "no memory for the reply's head");
    if (FLARE_UNLIKELY(rq->stream.cut))
        return flarei_stream_break(rq);
    return flarei_stream_end(rq);
}

/* ---- Events (HTML Standard, section 9.2) ------------------------------------------------------------- */

bool flarei_events_open(flare_request *rq, const struct flarei_head *head, uint32_t heartbeat_ms,
                        uint32_t retry_ms)
{
    struct flarei_stream *const stream = flarei_stream_of(rq);
    char text[16 + FLARE_U64_MAX_BYTES] = "retry: ";
    size_t length = strlen(text);

    stream->event = flarei_arena_alloc(rq->arena, sizeof *stream->event);
    if (stream->event == NULL)
        return false;
    flarei_buffer_init(stream->event, EVENT_MAX_BYTES);
    if (!flarei_stream_open(rq, head))
        return false;
    stream->events = true;
    stream->heartbeat_ms = heartbeat_ms;
    if (retry_ms == 0)
        return true;
    length += flare_u64_format(retry_ms, text + length);
    memcpy(text + length, "\n\n", 2);
    return flarei_stream_send(rq, (flare_str){text, length + 2}) || rq->stream.closed;
}

/* A field's value is one line. */
static void put_line(flare_buffer *text, flare_str name, flare_str value)
{
    if (memchr(value.ptr, '\n', value.len) != NULL || memchr(value.ptr, '\r', value.len) != NULL ||
        memchr(value.ptr, '\0', value.len) != NULL) {
        flarei_buffer_fail(text);
        return;
    }
    (void)flarei_buffer_append_str(text, name);
    (void)flarei_buffer_append_str(text, value);
    (void)flarei_buffer_append_byte(text, '\n');
}

flare_buffer *flarei_event_begin(flare_request *rq, const flare_event *event, flare_str name)
{
    flare_buffer *const text = rq->stream.event;

    if (rq->state != FLAREI_REQUEST_STREAMING || rq->stream.closed)
        return NULL;
    flarei_buffer_clear(text);
    if (event != NULL && event->id.ptr != NULL)
        put_line(text, FLARE_STR("id: "), event->id);
    if (event != NULL && event->name.len != 0)
        name = event->name;
    if (name.len != 0)
        put_line(text, FLARE_STR("event: "), name);
    if (event != NULL && event->retry_ms != 0) {
        char digits[FLARE_U64_MAX_BYTES];

        put_line(text, FLARE_STR("retry: "), (flare_str){digits, flare_u64_format(event->retry_ms, digits)});
    }
    (void)flarei_buffer_append_str(text, FLARE_STR("data: "));
    rq->stream.data_at = flarei_buffer_len(text);
    return text;
}

/* A line end can only be white space between two tokens: in a string of JSON it is escaped. */
static void join_lines(char *at, const char *end)
{
    for (; at < end; at++)
        if (*at == '\n' || *at == '\r')
            *at = ' ';
}

bool flarei_event_send(flare_request *rq)
{
    flare_buffer *const text = rq->stream.event;
    bool sent;

    if (!text->failed)
        join_lines(text->ptr + text->start + rq->stream.data_at, text->ptr + text->end);
    (void)flarei_buffer_append_str(text, FLARE_STR("\n\n"));
    if (text->failed) { /* a value that can't be written */
        rq->stream.closed = rq->stream.cut = true;
        return false;
    }
    sent = flarei_stream_send(rq, flarei_buffer_str(text));
    flarei_buffer_clear(text);
    if (text->capacity > EVENT_KEEP_BYTES)
        flarei_buffer_shrink(text, EVENT_KEEP_BYTES);
    return sent;
}
