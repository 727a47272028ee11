/* stream_reply.c - a reply that its handler writes piece by piece: bytes, or events. */
#include "http/coding.h"
#include "http/layer.h"
#include "http/reply.h"
#include "http/stream.h"

#include <flare/flow.h>

enum { EVENT_MAX_BYTES = 64 << 20, EVENT_KEEP_BYTES = 16384 };

/* The layers have their say to the head; the content does not pass them. */
static void pass_layers(flare_request *rq, const struct flarei_head *head)
{
    while (rq->wire != NULL && !rq->wire->carries) {
        if (rq->wire->stream != NULL)
            rq->wire->stream(rq, head);
        else
            flarei_layer_pop(rq);
    }
}

struct opening {
    const struct flarei_head *head;
    bool done;
};

static void open_now(flare_request *rq, void *argument)
{
    struct opening *const opening = argument;
    struct flarei_stream *const stream = &rq->stream;

    pass_layers(rq, opening->head);
    if (stream->lost) {
        rq->reply_status = 0; /* nobody is told of it any more */
    } else if (!stream->calls->open(rq, opening->head)) {
        rq->reply_status = 0;
        return;
    }
    stream->closed |= rq->head_only;
    rq->state = FLAREI_REQUEST_STREAMING;
    opening->done = true;
}

bool flarei_stream_open(flare_request *rq, const struct flarei_head *head)
{
    struct flarei_stream *const stream = flarei_stream_of(rq);
    struct opening opening = {head, false};

    if (!FLARE_ASSERT(stream->calls != NULL, "a reply is streamed where its route says so") ||
        !flarei_reply_begin(rq, head->status))
        return false;
    stream->calls->hop(rq, open_now, &opening);
    return opening.done;
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

struct writing {
    flare_str rest;
    enum flarei_flow flow;
};

static void write_now(flare_request *rq, void *argument)
{
    struct writing *const writing = argument;

    writing->flow = flarei_stream_write(rq, &writing->rest);
}

static bool send_all(flare_request *rq, flare_str bytes)
{
    struct writing writing = {bytes, FLAREI_FLOW_CLOSED};

    if (rq->state != FLAREI_REQUEST_STREAMING || bytes.len == 0)
        return flarei_stream_write(rq, &bytes) == FLAREI_FLOW_ON;
    for (;;) {
        rq->stream.calls->hop(rq, write_now, &writing);
        if (writing.flow != FLAREI_FLOW_WAIT)
            return writing.flow == FLAREI_FLOW_ON;
        if (rq->stream.calls->wait(rq) == FLARE_OK)
            continue;
        rq->stream.cut = true; /* what was sent is not all */
        return false;
    }
}

static bool send_coded(flare_request *rq, flare_str bytes, enum flarei_coding_step last)
{
    struct flarei_coder *const coder = rq->stream.coder;

    if (rq->state != FLAREI_REQUEST_STREAMING || rq->stream.closed)
        return false;
    do {
        const size_t taken = bytes.len < FLAREI_CODER_PIECE_BYTES ? bytes.len : FLAREI_CODER_PIECE_BYTES;
        const enum flarei_coding_step step = taken == bytes.len ? last : FLAREI_CODING_MORE;

        flarei_buffer_clear(&coder->out);
        if (!coder->encoder->next(coder->state, (flare_str){bytes.ptr, taken}, step, &coder->out)) {
            rq->stream.closed = rq->stream.cut = true;
            return false;
        }
        bytes.ptr += taken;
        bytes.len -= taken;
        if (!send_all(rq, flarei_buffer_str(&coder->out)))
            return false;
    } while (bytes.len != 0);
    return true;
}

bool flarei_stream_send(flare_request *rq, flare_str bytes)
{
    if (rq->state == FLAREI_REQUEST_STREAMING && rq->stream.events && rq->stream.calls->cancelled(rq))
        return false;
    if (rq->stream.coder != NULL && bytes.len != 0)
        return send_coded(rq, bytes, FLAREI_CODING_FLUSH);
    return send_all(rq, bytes);
}

struct filing {
    int fd;
    uint64_t at, left;
    enum flarei_flow flow;
};

static void file_now(flare_request *rq, void *argument)
{
    struct filing *const filing = argument;
    struct flarei_stream *const stream = &rq->stream;
    const uint64_t before = filing->left;

    stream->waits &= (uint8_t)~FLAREI_WAITS_REPLY;
    filing->flow = FLAREI_FLOW_CLOSED;
    if (stream->closed)
        return;
    filing->flow = stream->calls->write_file(rq, filing->fd, &filing->at, &filing->left);
    rq->reply_bytes += before - filing->left;
    if (filing->flow == FLAREI_FLOW_WAIT)
        stream->waits |= FLAREI_WAITS_REPLY;
    else if (filing->flow == FLAREI_FLOW_CLOSED)
        stream->closed = true;
}

bool flarei_stream_send_file(flare_request *rq, int fd, uint64_t at, uint64_t bytes)
{
    struct filing filing = {fd, at, bytes, FLAREI_FLOW_ON};

    while (rq->state == FLAREI_REQUEST_STREAMING && filing.left != 0) {
        rq->stream.calls->hop(rq, file_now, &filing);
        if (filing.flow == FLAREI_FLOW_CLOSED)
            break;
        if (filing.flow != FLAREI_FLOW_WAIT || rq->stream.calls->wait(rq) == FLARE_OK)
            continue;
        rq->stream.cut = true; /* what was sent is not all */
        return false;
    }
    return filing.left == 0;
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
    if (rq->stream.coder != NULL && !rq->stream.cut)
        (void)send_coded(rq, FLARE_STR(""), FLAREI_CODING_END);
    if (FLARE_UNLIKELY(rq->stream.cut))
        return flarei_stream_break(rq);
    return flarei_stream_end(rq);
}

/* ---- Events (HTML Standard, section 9.2) ------------------------------------------------------------- */

/* On the request's own thread, which looks at it. */
static void beat(flare_request *rq, void *argument)
{
    rq->stream.heartbeat_ms = *(const uint32_t *)argument;
}

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
    stream->calls->hop(rq, beat, &heartbeat_ms);
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
