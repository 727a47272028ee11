#include "http/websocket.h"

#include <flare/memory.h>

enum {
    SEND_MAX_BYTES = 1 << 20,
    TEXT_MAX_BYTES = 64 << 20, /* of JSON that is sent */
    TEXT_KEEP_BYTES = 64 << 10,
    ARENA_FIRST_BYTES = 4096,
    MEMORY_PER_BYTE = 8, /* that decoding a message may take, beside the least */
    MEMORY_LEAST_BYTES = 65536,
    DEFLATE_LEAST_BYTES = 32 /* shorter messages gain nothing */
};

struct flare_ws_frame {
    flare_buffer plain;    /* room for a head, then the payload */
    flare_buffer deflated; /* the whole frame; made when it is asked for first */
    enum flarei_ws_opcode opcode;
};

void flarei_ws_shared_init(struct flarei_ws_shared *shared)
{
    *shared = (struct flarei_ws_shared){0};
    flarei_buffer_init(&shared->text, TEXT_MAX_BYTES);
    flarei_arena_init(&shared->arena, ARENA_FIRST_BYTES, MEMORY_LEAST_BYTES);
}

void flarei_ws_shared_free(struct flarei_ws_shared *shared)
{
    for (unsigned i = 0; i < FLAREI_WS_WINDOWS; i++)
        flarei_ws_deflater_free(shared->deflaters[i]);
    flarei_buffer_free(&shared->text);
    flarei_arena_free(&shared->arena);
}

void flare_ws_set_data(flare_ws *ws, void *data)
{
    ws->data = data;
}

void *flare_ws_data(const flare_ws *ws)
{
    return ws->data;
}

void *flare_ws_state(const flare_ws *ws)
{
    return ws->service_state;
}

flare_str flare_ws_subprotocol(const flare_ws *ws)
{
    return ws->protocol;
}

bool flare_ws_cancelled(const flare_ws *ws)
{
    return ws->work != NULL && ws->rule->way->cancelled(ws);
}

/* Is this another thread than the socket's? */
static bool is_elsewhere(const flare_ws *ws)
{
    const struct flarei_ws_way *const way = ws->rule->way;

    return FLARE_UNLIKELY(way != NULL) && way->elsewhere != NULL && way->elsewhere();
}

size_t flare_ws_unsent_bytes(const flare_ws *ws)
{
    return is_elsewhere(ws) ? ws->rule->way->posted_bytes(ws) : ws->carrier->unsent(ws);
}

/* ---- Sending ---- */

size_t flarei_ws_send_max_bytes(const flare_ws *ws)
{
    return ws->rule->send_max_bytes != 0 ? ws->rule->send_max_bytes : SEND_MAX_BYTES;
}

/* May `bytes` more be sent? @return where to, or NULL: *err says why */
static flare_buffer *output_for(flare_ws *ws, size_t bytes, flare_err *err)
{
    const size_t max = flarei_ws_send_max_bytes(ws);
    size_t unsent;
    flare_buffer *out;

    *err = ws->state == FLAREI_WS_OPEN      ? FLARE_OK
           : ws->state == FLAREI_WS_OPENING ? FLARE_ERR_STATE
                                            : FLARE_ERR_CLOSED;
    if (*err != FLARE_OK)
        return NULL;
    unsent = ws->carrier->unsent(ws);
    if (unsent != 0 && (unsent >= max || bytes > max - unsent)) {
        *err = FLARE_ERR_AGAIN;
        return NULL;
    }
    out = ws->carrier->output(ws);
    *err = out != NULL ? FLARE_OK : FLARE_ERR_MEMORY;
    return out;
}

static flare_err written(flare_ws *ws, bool good)
{
    if (!good)
        return FLARE_ERR_MEMORY;
    ws->carrier->written(ws);
    return FLARE_OK;
}

static struct flarei_ws_deflater *shared_deflater(struct flarei_ws_shared *shared, unsigned bits)
{
    struct flarei_ws_deflater **const deflater = &shared->deflaters[bits - 9];

    if (*deflater == NULL)
        *deflater = flarei_ws_deflater_new(bits, false);
    return *deflater;
}

/* The deflater for the next message, or NULL where it is sent as it is. */
static struct flarei_ws_deflater *deflater_for(flare_ws *ws, size_t bytes)
{
    if (!ws->deflates || bytes < DEFLATE_LEAST_BYTES)
        return NULL;
    if (ws->agreed.server_no_context_takeover)
        return shared_deflater(ws->shared, ws->agreed.server_max_window_bits);
    if (ws->deflater == NULL)
        ws->deflater = flarei_ws_deflater_new(ws->agreed.server_max_window_bits, true);
    return ws->deflater;
}

static flare_err send_here(flare_ws *ws, enum flarei_ws_opcode opcode, flare_str payload)
{
    struct flarei_ws_deflater *deflater;
    flare_err err;
    flare_buffer *const out = output_for(ws, payload.len, &err);

    if (out == NULL)
        return err;
    deflater = deflater_for(ws, payload.len);
    if (deflater != NULL)
        return written(ws, flarei_ws_write_deflated(out, deflater, opcode, payload, NULL));
    return written(ws, flarei_ws_write(out, FLAREI_WS_FIN | opcode, payload, NULL));
}

static flare_err send(flare_ws *ws, enum flarei_ws_opcode opcode, flare_str payload)
{
    return is_elsewhere(ws) ? ws->rule->way->post(ws, opcode, 0, payload) : send_here(ws, opcode, payload);
}

flare_err flare_ws_send_text(flare_ws *ws, flare_str text)
{
    return send(ws, FLAREI_WS_TEXT, text);
}

flare_err flare_ws_send_bytes(flare_ws *ws, flare_str bytes)
{
    return send(ws, FLAREI_WS_BINARY, bytes);
}

static flare_err ping_here(flare_ws *ws, flare_str payload)
{
    flare_err err;
    flare_buffer *const out = output_for(ws, payload.len, &err);

    return out != NULL ? written(ws, flarei_ws_write(out, FLAREI_WS_FIN | FLAREI_WS_PING, payload, NULL))
                       : err;
}

flare_err flare_ws_ping(flare_ws *ws, flare_str payload)
{
    if (payload.len > FLAREI_WS_CONTROL_MAX_BYTES)
        return FLARE_ERR_LIMIT;
    return is_elsewhere(ws) ? ws->rule->way->post(ws, FLAREI_WS_PING, 0, payload) : ping_here(ws, payload);
}

/* Sends a Close, whatever waits before it. */
static flare_err say_close(flare_ws *ws, unsigned code, flare_str reason)
{
    flare_buffer *const out = ws->carrier->output(ws);

    ws->state = FLAREI_WS_CLOSING;
    ws->code = (uint16_t)code;
    if (out == NULL || !flarei_ws_write_close(out, code, reason, NULL)) {
        ws->state = FLAREI_WS_CLOSED;
        return FLARE_ERR_MEMORY;
    }
    ws->carrier->written(ws);
    return FLARE_OK;
}

static flare_err close_here(flare_ws *ws, unsigned code, flare_str reason)
{
    if (ws->state == FLAREI_WS_OPENING)
        return FLARE_ERR_STATE;
    return ws->state == FLAREI_WS_OPEN ? say_close(ws, code, reason) : FLARE_ERR_CLOSED;
}

flare_err flare_ws_close(flare_ws *ws, unsigned code, flare_str reason)
{
    if (!flarei_ws_code_valid(code))
        return FLARE_ERR_ARGUMENT;
    return is_elsewhere(ws) ? ws->rule->way->post(ws, FLAREI_WS_CLOSE, code, reason)
                            : close_here(ws, code, reason);
}

flare_err flarei_ws_deliver(flare_ws *ws, enum flarei_ws_opcode opcode, unsigned code, flare_str payload)
{
    if (opcode == FLAREI_WS_CLOSE)
        return close_here(ws, code, payload);
    return opcode == FLAREI_WS_PING ? ping_here(ws, payload) : send_here(ws, opcode, payload);
}

/* ---- One message to many ---- */

flare_buffer *flarei_ws_frame_begin(flare_ws_frame **frame)
{
    *frame = flarei_calloc(1, sizeof **frame);
    if (*frame == NULL)
        return NULL;
    (*frame)->opcode = FLAREI_WS_TEXT;
    flarei_buffer_init(&(*frame)->plain, TEXT_MAX_BYTES);
    flarei_buffer_init(&(*frame)->deflated, TEXT_MAX_BYTES);
    if (flarei_buffer_reserve(&(*frame)->plain, FLAREI_WS_HEAD_MAX_BYTES) == NULL) {
        flare_ws_frame_free(*frame);
        *frame = NULL;
        return NULL;
    }
    flarei_buffer_commit(&(*frame)->plain, FLAREI_WS_HEAD_MAX_BYTES);
    return &(*frame)->plain;
}

/* The head ends where the payload begins. */
flare_ws_frame *flarei_ws_frame_end(flare_ws_frame *frame)
{
    char head[FLAREI_WS_HEAD_MAX_BYTES];
    size_t head_bytes;

    if (frame->plain.failed) {
        flare_ws_frame_free(frame);
        return NULL;
    }
    head_bytes = flarei_ws_head(head, FLAREI_WS_FIN | frame->opcode,
                                flarei_buffer_len(&frame->plain) - sizeof head, NULL);
    frame->plain.start = sizeof head - head_bytes;
    memcpy(frame->plain.ptr + frame->plain.start, head, head_bytes);
    return frame;
}

static flare_ws_frame *frame_of(enum flarei_ws_opcode opcode, flare_str payload)
{
    flare_ws_frame *frame;
    flare_buffer *const plain = flarei_ws_frame_begin(&frame);

    if (plain == NULL)
        return NULL;
    frame->opcode = opcode;
    (void)flarei_buffer_append_str(plain, payload);
    return flarei_ws_frame_end(frame);
}

flare_ws_frame *flare_ws_frame_text(flare_str text)
{
    return frame_of(FLAREI_WS_TEXT, text);
}

flare_ws_frame *flare_ws_frame_bytes(flare_str bytes)
{
    return frame_of(FLAREI_WS_BINARY, bytes);
}

static flare_str payload_of(const flare_ws_frame *frame)
{
    return (flare_str){frame->plain.ptr + FLAREI_WS_HEAD_MAX_BYTES,
                       frame->plain.end - FLAREI_WS_HEAD_MAX_BYTES};
}

/* The frame as this socket is to get it. One that keeps context may get it too, since what was deflated
 * refers to nothing outside; but its own deflater did not see it, and must not refer to what was before. */
static flare_str fitting(flare_ws_frame *frame, flare_ws *ws)
{
    const flare_str payload = payload_of(frame);

    if (!ws->deflates || ws->agreed.server_max_window_bits != 15 || payload.len < DEFLATE_LEAST_BYTES)
        return flarei_buffer_str(&frame->plain);
    if (flarei_buffer_len(&frame->deflated) == 0) {
        struct flarei_ws_deflater *const deflater = shared_deflater(ws->shared, 15);

        if (deflater == NULL ||
            !flarei_ws_write_deflated(&frame->deflated, deflater, frame->opcode, payload, NULL))
            return flarei_buffer_str(&frame->plain);
    }
    if (ws->deflater != NULL)
        flarei_ws_deflater_reset(ws->deflater);
    return flarei_buffer_str(&frame->deflated);
}

flare_err flare_ws_frame_send(flare_ws_frame *frame, flare_ws *ws)
{
    flare_err err;
    flare_buffer *out;

    if (is_elsewhere(ws))
        return ws->rule->way->post(ws, frame->opcode, 0, payload_of(frame));
    out = output_for(ws, flarei_buffer_len(&frame->plain), &err);
    if (out == NULL)
        return err;
    if (!flarei_buffer_append_str(out, fitting(frame, ws))) {
        flarei_buffer_truncate(out, flarei_buffer_len(out));
        return FLARE_ERR_MEMORY;
    }
    return written(ws, true);
}

void flare_ws_frame_free(flare_ws_frame *frame)
{
    if (frame == NULL)
        return;
    flarei_buffer_free(&frame->plain);
    flarei_buffer_free(&frame->deflated);
    flarei_free(frame);
}

/* ---- JSON ---- */

flare_buffer *flarei_ws_json_begin(flare_ws *ws, flare_err *err)
{
    flare_buffer *const text = &ws->shared->text;

    if (output_for(ws, 0, err) == NULL)
        return NULL;
    flarei_buffer_clear(text);
    return text;
}

flare_err flarei_ws_json_end(flare_ws *ws)
{
    flare_buffer *const text = &ws->shared->text;
    const flare_err err = text->failed ? FLARE_ERR_MEMORY : send(ws, FLAREI_WS_TEXT, flarei_buffer_str(text));

    flarei_buffer_clear(text);
    if (text->capacity > TEXT_KEEP_BYTES)
        flarei_buffer_shrink(text, 0);
    return err;
}

flare_arena *flarei_ws_arena(flare_ws *ws)
{
    flare_arena *const arena = ws->arena != NULL ? ws->arena : &ws->shared->arena;

    flarei_arena_reset(arena);
    flarei_arena_raise(arena, MEMORY_PER_BYTE * ws->reader.message.max);
    return arena;
}

void flarei_ws_wrong_kind(flare_ws *ws)
{
    (void)flare_ws_close(ws, FLAREI_WS_CODE_UNSUPPORTED, FLARE_STR("a message of this kind is not taken"));
}

void flarei_ws_wrong_json(flare_ws *ws, const struct flarei_json *json)
{
    char reason[FLAREI_WS_CONTROL_MAX_BYTES];

    (void)flare_ws_close(ws, FLAREI_WS_CODE_DATA, flarei_ws_json_reason(json, reason));
}

/* ---- Taking ---- */

/* RFC 6455, section 5.5.1: a Close is answered with its code. */
static void take_close(flare_ws *ws, const struct flarei_ws_event *event)
{
    const flare_str none = {NULL, 0};

    if (ws->state == FLAREI_WS_OPEN)
        (void)say_close(ws, event->code, none);
    ws->code = event->code;
    ws->state = FLAREI_WS_CLOSED;
}

static void take_event(flare_ws *ws, const struct flarei_ws_event *event)
{
    flare_buffer *out;
    flare_err err;

    switch (event->kind) {
    case FLAREI_WS_EVENT_MESSAGE:
        ws->heard_message = true;
        if (ws->state != FLAREI_WS_OPEN)
            return;
        if (FLARE_UNLIKELY(ws->work != NULL))
            ws->rule->way->message(ws, event->opcode == FLAREI_WS_TEXT, event->payload);
        else
            ws->rule->message(ws, event->opcode == FLAREI_WS_TEXT, event->payload);
        return;
    case FLAREI_WS_EVENT_PING:
        out = output_for(ws, event->payload.len, &err); /* one that does not read needs no further Pong */
        if (out != NULL)
            (void)written(ws, flarei_ws_write(out, FLAREI_WS_FIN | FLAREI_WS_PONG, event->payload, NULL));
        return;
    case FLAREI_WS_EVENT_CLOSE:
        take_close(ws, event);
        return;
    case FLAREI_WS_EVENT_FAILED:
        if (ws->state == FLAREI_WS_OPEN)
            (void)say_close(ws, event->code, event->payload);
        ws->state = FLAREI_WS_CLOSED;
        return;
    case FLAREI_WS_EVENT_PONG:
    case FLAREI_WS_EVENT_MORE:
    default:
        return;
    }
}

size_t flarei_ws_take(flare_ws *ws, char *bytes, size_t len)
{
    struct flarei_ws_event event;
    const size_t used = flarei_ws_read(&ws->reader, bytes, len, &event);

    take_event(ws, &event);
    return used;
}

void flarei_ws_free(flare_ws *ws)
{
    flarei_ws_reader_free(&ws->reader);
    flarei_ws_deflater_free(ws->deflater);
    ws->carrier->free(ws);
}

void flarei_ws_end(flare_ws *ws)
{
    if (ws->work != NULL) {
        ws->rule->way->end(ws);
        return;
    }
    if (ws->state != FLAREI_WS_OPENING) {
        ws->state = FLAREI_WS_CLOSED;
        ws->rule->close(ws, ws->code);
    }
    flarei_ws_free(ws);
}
