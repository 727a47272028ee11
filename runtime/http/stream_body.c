/* stream_body.c - a body that its handler reads as it comes: pieces, or lines of JSON. */
#include "http/reply.h"
#include "http/stream.h"

#include <flare/gen_json.h>
#include <flare/flow.h>

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
    flow = stream->calls->read(rq, piece);
    stream->reads = true;
    stream->body_bytes += piece->len;
    if (flow == FLAREI_FLOW_WAIT)
        stream->waits |= FLAREI_WAITS_BODY;
    else if (flow == FLAREI_FLOW_END)
        stream->over = rq->body_complete = true;
    return flow;
}

struct reading {
    flare_str piece;
    enum flarei_flow flow;
    bool late;
};

static void read_now(flare_request *rq, void *argument)
{
    struct reading *const reading = argument;

    if (reading->late)
        flarei_stream_refuse_body(rq, 408, FLARE_STR("the body took too long"));
    reading->flow = flarei_stream_read(rq, &reading->piece);
}

bool flare_body_read(flare_request *rq, flare_str *piece)
{
    struct reading reading = {.flow = FLAREI_FLOW_CLOSED};

    *piece = FLARE_STR("");
    if (!FLARE_ASSERT(flarei_stream_calls(rq) != NULL, "a body is read where its route says 'stream'"))
        return false;
    for (;;) {
        rq->stream.calls->hop(rq, read_now, &reading);
        if (reading.flow != FLAREI_FLOW_WAIT)
            break;
        reading.late = rq->stream.calls->wait(rq) != FLARE_OK;
    }
    *piece = reading.piece;
    return reading.flow == FLAREI_FLOW_ON;
}

bool flare_body_failed(const flare_request *rq)
{
    return rq->body_failed;
}

/* ---- Lines of JSON ------------------------------------------------------------------------------------ */

/* Of a line that came in pieces, until its newline comes. Blank lines are passed over.
 * @return false at the end, or where the body can't be had */
static bool next_line(flare_request *rq, flare_str *line)
{
    struct flarei_stream *const stream = &rq->stream;
    flare_buffer *const text = stream->line;

    flarei_buffer_clear(text);
    for (;;) {
        const char *const newline =
            stream->piece.len != 0 ? memchr(stream->piece.ptr, '\n', stream->piece.len) : NULL;
        const size_t part = newline != NULL ? (size_t)(newline - stream->piece.ptr) : stream->piece.len;

        if (newline != NULL && flarei_buffer_len(text) == 0) { /* all of it is there */
            *line = (flare_str){stream->piece.ptr, part};
        } else {
            if (!flarei_buffer_append(text, stream->piece.ptr, part)) {
                flarei_stream_refuse_body(rq, 413, FLARE_STR("a line of the body is too long"));
                return false;
            }
            *line = flarei_buffer_str(text);
        }
        if (newline != NULL) {
            stream->piece.ptr += part + 1;
            stream->piece.len -= part + 1;
            return true;
        }
        if (!flare_body_read(rq, &stream->piece))
            return !rq->body_failed && line->len != 0;
    }
}

static bool is_blank(flare_str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] != ' ' && line.ptr[i] != '\t' && line.ptr[i] != '\r')
            return false;
    return true;
}

enum { ITEMS_FIRST_BYTES = 4096 };

static bool prepare(flare_request *rq)
{
    struct flarei_stream *const stream = &rq->stream;

    if (stream->line != NULL)
        return true;
    stream->items = flarei_arena_alloc(rq->arena, sizeof *stream->items);
    if (stream->items == NULL)
        return false;
    stream->line = flarei_arena_alloc(rq->arena, sizeof *stream->line);
    if (stream->line == NULL)
        return false;
    flarei_arena_init(stream->items, ITEMS_FIRST_BYTES, (size_t)rq->limits->memory_max_bytes);
    flarei_buffer_init(stream->line, (size_t)rq->limits->body_max_bytes);
    return true;
}

/* Each item has the memory that the one before it had. */
bool flarei_stream_line(flare_request *rq, struct flarei_json *json, const char **at)
{
    flare_str line;

    if (!prepare(rq)) {
        flarei_stream_refuse_body(rq, 503, FLARE_STR("no memory for the body"));
        return false;
    }
    flarei_arena_reset(rq->stream.items);
    do {
        if (!next_line(rq, &line))
            return false;
    } while (is_blank(line));
    flarei_arena_raise(rq->stream.items, line.len * FLAREI_JSON_MEMORY_PER_BYTE);
    *at = flarei_json_begin(json, line, rq->stream.items);
    return true;
}

bool flarei_stream_line_end(flare_request *rq, struct flarei_json *json, const char *at)
{
    switch (flarei_json_end(json, at)) {
    case FLAREI_JSON_FINE:
        return true;
    case FLAREI_JSON_INVALID:
        flarei_stream_refuse_body(rq, 422, FLARE_STR("a line of the body breaks its type"));
        break;
    case FLAREI_JSON_MALFORMED:
        flarei_stream_refuse_body(rq, 400, FLARE_STR("a line of the body is not JSON"));
        break;
    case FLAREI_JSON_TOO_DEEP:
        flarei_stream_refuse_body(rq, 400, FLARE_STR("a line of the body is nested too deeply"));
        break;
    case FLAREI_JSON_NO_MEMORY:
        flarei_stream_refuse_body(rq, 413, FLARE_STR("a line of the body takes too much memory"));
        break;
    }
    rq->stream.piece = FLARE_STR(""); /* nothing behind it counts, whoever asks again */
    return false;
}
