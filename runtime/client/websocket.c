#include "client/websocket.h"

#include <flare/memory.h>

#include <limits.h>

enum {
    INPUT_BYTES = FLARE_WS_CLIENT_HEAD_MAX_BYTES,
    OUTPUT_KEEP_BYTES = 16 << 10,
    READS_IN_A_ROW = 16, /* before others have their turn */
    LINGER_MS = 2000
};

/* ---- Its memory ---- */

static void hang_up(flare_ws_client *ws)
{
    flarei_ws_h2_free(ws->h2);
    ws->h2 = NULL;
    flare_stream_close(ws->stream);
    ws->stream = NULL;
}

static void destroy(flare_ws_client *ws)
{
    hang_up(ws);
    flarei_ws_client_forget_place(ws);
    flare_timer_cancel(ws->loop, &ws->timer);
    flare_timer_cancel(ws->loop, &ws->more);
    flarei_ws_reader_free(&ws->reader);
    flarei_ws_deflater_free(ws->deflater);
    flarei_ws_refusal_free(ws->refusal);
    flarei_buffer_free(&ws->out);
    flarei_free(ws->input);
    flarei_free(ws->protocols);
    flarei_free(ws);
}

void flare_ws_client_free(flare_ws_client *ws)
{
    if (ws == NULL)
        return;
    if (ws->busy != 0) {
        ws->freed = true;
        ws->state = FLAREI_WS_CLIENT_OVER;
        return;
    }
    destroy(ws);
}

static void flush(flare_ws_client *ws);

void flarei_ws_client_enter(flare_ws_client *ws)
{
    ws->busy++;
}

/* What the callbacks left to do. */
void flarei_ws_client_leave(flare_ws_client *ws)
{
    if (ws->busy == 1)
        flush(ws);
    if (--ws->busy == 0 && ws->freed)
        destroy(ws);
}

static bool is_running(const flare_ws_client *ws)
{
    return ws->state > FLAREI_WS_CLIENT_DIALING && ws->state < FLAREI_WS_CLIENT_OVER;
}

/* ---- Its end ---- */

static void finish(flare_ws_client *ws, flare_err err)
{
    if (ws->state == FLAREI_WS_CLIENT_OVER)
        return;
    if (ws->err == FLARE_OK)
        ws->err = err;
    ws->state = FLAREI_WS_CLIENT_OVER;
    flare_timer_cancel(ws->loop, &ws->timer);
    flare_timer_cancel(ws->loop, &ws->more);
    hang_up(ws);
    flarei_ws_client_enter(ws);
    if (!ws->told) {
        ws->told = true;
        ws->handler->opened(ws, ws->context, ws->err);
    } else {
        ws->handler->closed(ws, ws->context, ws->err, ws->code, (flare_str){ws->reason, ws->reason_bytes});
    }
    flarei_ws_client_leave(ws);
}

/* The connection is gone, before all was said or behind it. */
static void lose(flare_ws_client *ws, flare_err err)
{
    if (ws->state == FLAREI_WS_CLIENT_LINGERING) {
        finish(ws, FLARE_OK);
        return;
    }
    if (ws->state == FLAREI_WS_CLIENT_OPEN)
        ws->code = FLARE_WS_LOST;
    finish(ws, err == FLARE_ERR_CLOSED && flarei_ws_refusal_ended(ws) ? FLARE_ERR_REFUSED : err);
}

/* All was said: what the server still sends is dropped, since a close before it was read would be a reset
 * that may take the Close away from the server. */
static void linger(flare_ws_client *ws)
{
    ws->state = FLAREI_WS_CLIENT_LINGERING;
    ws->paused = false;
    flare_timer_set(ws->loop, &ws->timer, LINGER_MS);
}

/* ---- Sending ---- */

static void set_watch(flare_ws_client *ws);

/* Ends the sending side. */
static void shut(flare_ws_client *ws)
{
    ws->shut = true;
    if (ws->h2 == NULL) {
        (void)flare_stream_shutdown(ws->stream);
        return;
    }
    flarei_ws_h2_end(ws->h2);
    (void)flarei_ws_h2_flush(ws->h2);
}

/* HTTP/2's own frames. @return what of the socket's waits to be sent; until the server was asked, the request
 * does not */
static flare_str to_send(flare_ws_client *ws)
{
    const bool asking = ws->h2 != NULL && ws->state == FLAREI_WS_CLIENT_ASKING;

    if (ws->h2 != NULL)
        (void)flarei_ws_h2_flush(ws->h2); /* what is wrong is met by who reads */
    return asking ? FLARE_STR("") : flarei_buffer_str(&ws->out);
}

/* Sends what waits. */
static void flush(flare_ws_client *ws)
{
    flare_str left;

    if (!is_running(ws))
        return;
    left = to_send(ws);
    while (left.len != 0) {
        const ptrdiff_t sent = ws->h2 != NULL ? flarei_ws_h2_write(ws->h2, left.ptr, left.len)
                                              : flare_stream_write(ws->stream, left.ptr, left.len);

        if (sent == FLARE_ERR_AGAIN || (sent < 0 && ws->h2 != NULL && ws->start != ws->end))
            break; /* what came before the end is taken first */
        if (sent < 0) {
            lose(ws, (flare_err)sent);
            return;
        }
        flarei_buffer_consume(&ws->out, (size_t)sent);
        left = flarei_buffer_str(&ws->out);
    }
    if (left.len == 0) {
        flarei_buffer_shrink(&ws->out, ws->out.capacity > OUTPUT_KEEP_BYTES ? 0 : OUTPUT_KEEP_BYTES);
        if (ws->state == FLAREI_WS_CLIENT_LINGERING && !ws->shut)
            shut(ws);
    }
    set_watch(ws);
}

/* ---- Taking ---- */

static void take_close(flare_ws_client *ws, const struct flarei_ws_event *event)
{
    if (ws->state == FLAREI_WS_CLIENT_OPEN)
        (void)flarei_ws_client_say_close(ws, event->code,
                                         FLARE_STR("")); /* RFC 6455, section 5.5.1: answered with its code */
    ws->code = event->code;
    ws->reason_bytes = (uint8_t)event->payload.len;
    if (event->payload.len != 0)
        memcpy(ws->reason, event->payload.ptr, event->payload.len);
    linger(ws);
}

static flare_err error_of(unsigned code)
{
    return code == FLARE_WS_TOO_BIG    ? FLARE_ERR_LIMIT
           : code == FLARE_WS_INTERNAL ? FLARE_ERR_MEMORY
                                       : FLARE_ERR_SYNTAX;
}

static void take_event(flare_ws_client *ws, const struct flarei_ws_event *event)
{
    switch (event->kind) {
    case FLAREI_WS_EVENT_MESSAGE:
        if (ws->state == FLAREI_WS_CLIENT_OPEN)
            ws->handler->message(ws, ws->context, event->opcode == FLAREI_WS_TEXT, event->payload);
        return;
    case FLAREI_WS_EVENT_PING:
        (void)flarei_ws_client_control(ws, FLAREI_WS_PONG,
                                       event->payload); /* who does not read needs no further Pong */
        return;
    case FLAREI_WS_EVENT_CLOSE:
        take_close(ws, event);
        return;
    case FLAREI_WS_EVENT_FAILED:
        ws->why = event->payload.ptr;
        ws->err = error_of(event->code);
        if (ws->state == FLAREI_WS_CLIENT_OPEN)
            (void)flarei_ws_client_say_close(ws, event->code, event->payload);
        linger(ws);
        return;
    case FLAREI_WS_EVENT_PONG:
    case FLAREI_WS_EVENT_MORE:
    default:
        return;
    }
}

static void begin(flare_ws_client *ws)
{
    ws->state = FLAREI_WS_CLIENT_OPEN;
    flarei_ws_reader_init(&ws->reader, false, ws->reader.message.max, ws->deflates ? &ws->agreed : NULL);
    flare_timer_set(ws->loop, &ws->timer, ws->idle_ms);
    ws->told = true;
    ws->handler->opened(ws, ws->context, FLARE_OK);
}

/* @return bytes used; 0 for more */
static size_t take_reply(flare_ws_client *ws)
{
    const flare_str bytes = {ws->input + ws->start, ws->end - ws->start};
    const ptrdiff_t used = flarei_ws_client_answer(ws, bytes);

    if (used < 0)
        finish(ws, (flare_err)used);
    else if (used == 0 && bytes.len == INPUT_BYTES)
        finish(ws, FLARE_ERR_LIMIT);
    else if (used > 0 && ws->status == 101)
        begin(ws);
    return used > 0 ? (size_t)used : 0;
}

/* Takes all that is whole. */
static void take_input(flare_ws_client *ws)
{
    while (ws->start < ws->end && !ws->paused) {
        struct flarei_ws_event event;
        size_t used;

        if (ws->state == FLAREI_WS_CLIENT_ASKING) {
            used = take_reply(ws);
        } else if (ws->state == FLAREI_WS_CLIENT_OPEN || ws->state == FLAREI_WS_CLIENT_CLOSING) {
            used = flarei_ws_read(&ws->reader, ws->input + ws->start, ws->end - ws->start, &event);
            take_event(ws, &event);
            if (event.kind != FLAREI_WS_EVENT_MORE && used == 0)
                used = ws->end - ws->start;
        } else {
            used = ws->end - ws->start;
        }
        if (used == 0)
            break;
        ws->start += used;
    }
    if (ws->start == ws->end)
        ws->start = ws->end = 0;
}

/* ---- Reading ---- */

/* Room behind what is held; without memory the socket ends. */
static bool make_room(flare_ws_client *ws)
{
    if (ws->input == NULL)
        ws->input = flarei_malloc(INPUT_BYTES);
    if (ws->input == NULL)
        return false;
    if (ws->start != 0) {
        memmove(ws->input, ws->input + ws->start, ws->end - ws->start);
        ws->end -= ws->start;
        ws->start = 0;
    }
    return true;
}

static bool reads(const flare_ws_client *ws)
{
    return is_running(ws) && !ws->paused;
}

static void connected(flare_stream *stream, void *context, flare_err err);

/* The handshake over HTTP/2. @return may what follows be read? */
static bool connect_by_h2(flare_ws_client *ws)
{
    flare_err err;

    if (ws->h2 == NULL || ws->state != FLAREI_WS_CLIENT_ASKING || ws->refusal != NULL)
        return true;
    err = flarei_ws_client_connect(ws);
    if (err == FLARE_ERR_UNSUPPORTED && ws->place != NULL) {
        hang_up(ws);
        ws->state = FLAREI_WS_CLIENT_DIALING;
        ws->why = NULL;
        err = flarei_ws_client_dial_again(ws, connected);
        if (err == FLARE_OK)
            return false;
    }
    if (err == FLARE_OK)
        begin(ws);
    else if (err != FLARE_ERR_AGAIN)
        finish(ws, err);
    return err == FLARE_OK || (err == FLARE_ERR_AGAIN && ws->refusal != NULL);
}

/* While it is paused, HTTP/2 takes frames none the less: windows are what the sending side waits for. What it
 * holds meanwhile is bounded by its own. */
static void pump(flare_ws_client *ws)
{
    if (ws->h2 == NULL || !ws->paused)
        return;
    if (flarei_ws_h2_step(ws->h2) == FLARE_OK) /* what is wrong is met by who reads */
        flare_timer_set(ws->loop, &ws->more, 0);
}

static ptrdiff_t read_some(flare_ws_client *ws)
{
    char *const to = ws->input + ws->end;
    const size_t room = INPUT_BYTES - ws->end;

    return ws->h2 != NULL ? flarei_ws_h2_read(ws->h2, to, room) : flare_stream_read(ws->stream, to, room);
}

/* Reads and takes until there is no more, or others are to have their turn. */
static void step(flare_ws_client *ws)
{
    ptrdiff_t got = 1;

    flarei_ws_client_enter(ws);
    take_input(ws); /* what a pause left, before the end that may be behind it */
    for (unsigned turn = 0; reads(ws) && connect_by_h2(ws) && turn < READS_IN_A_ROW; turn++) {
        if (!make_room(ws)) {
            lose(ws, FLARE_ERR_MEMORY);
            break;
        }
        got = read_some(ws);
        if (got <= 0)
            break;
        ws->end += (size_t)got;
        ws->heard_ms = flare_loop_now_ms(ws->loop);
        ws->pinged = false;
        take_input(ws);
        if (is_running(ws) && flarei_buffer_len(&ws->out) >= OUTPUT_KEEP_BYTES)
            flush(ws);
    }
    if (got < 0 && ws->state == FLAREI_WS_CLIENT_LINGERING)
        flush(ws); /* the Close goes out before its end */
    if (got < 0 && got != FLARE_ERR_AGAIN && is_running(ws))
        lose(ws, (flare_err)got);
    else if (got > 0 && reads(ws))
        flare_timer_set(ws->loop, &ws->more, 0);
    if (ws->start == ws->end) {
        flarei_free(ws->input);
        ws->input = NULL;
    }
    flarei_ws_client_leave(ws);
}

/* A window that opened is room as well. */
static void after_taking(flare_ws_client *ws)
{
    pump(ws);
    if (ws->h2 != NULL)
        flush(ws);
    if (!ws->full || flarei_buffer_len(&ws->out) != 0 || ws->state != FLAREI_WS_CLIENT_OPEN)
        return;
    ws->full = false;
    if (ws->handler->writable != NULL)
        ws->handler->writable(ws, ws->context);
}

static void ready(flare_stream *stream, void *context, unsigned bits)
{
    flare_ws_client *const ws = context;

    (void)stream;
    flarei_ws_client_enter(ws);
    if (bits & FLARE_WRITE)
        flush(ws);
    if ((bits & (FLARE_READ | FLARE_HANGUP)) && reads(ws))
        step(ws);
    after_taking(ws);
    flarei_ws_client_leave(ws);
}

static void set_watch(flare_ws_client *ws)
{
    const size_t unsent = ws->h2 != NULL ? flarei_ws_h2_unsent(ws->h2) : flarei_buffer_len(&ws->out);
    const unsigned want = (ws->paused && ws->h2 == NULL ? 0 : FLARE_READ) | (unsent != 0 ? FLARE_WRITE : 0);

    flare_stream_watch(ws->stream, want, ready, ws);
}

void flare_ws_client_pause(flare_ws_client *ws)
{
    ws->paused = ws->state == FLAREI_WS_CLIENT_OPEN;
    if (!ws->paused)
        return;
    set_watch(ws);
    if (ws->h2 != NULL)
        flare_timer_set(ws->loop, &ws->more, 0); /* frames that are here already have no edge */
}

static void more_due(flare_loop *loop, flare_timer *timer)
{
    flare_ws_client *const ws = FLARE_OWNER(timer, flare_ws_client, more);

    (void)loop;
    flarei_ws_client_enter(ws);
    step(ws);
    after_taking(ws);
    flarei_ws_client_leave(ws);
}

void flare_ws_client_resume(flare_ws_client *ws)
{
    if (!is_running(ws))
        return;
    ws->heard_ms = flare_loop_now_ms(ws->loop);
    ws->pinged = false;
    if (ws->paused) {
        ws->paused = false;
        flare_timer_set(ws->loop, &ws->more, 0);
    }
    flarei_ws_client_enter(ws);
    flarei_ws_client_leave(ws);
}

/* ---- Time ---- */

static void timer_due(flare_loop *loop, flare_timer *timer)
{
    flare_ws_client *const ws = FLARE_OWNER(timer, flare_ws_client, timer);
    const uint64_t quiet_ms = flare_loop_now_ms(loop) - ws->heard_ms;

    flarei_ws_client_enter(ws);
    if (ws->state == FLAREI_WS_CLIENT_LINGERING) {
        finish(ws, FLARE_OK);
    } else if (ws->state != FLAREI_WS_CLIENT_OPEN) {
        lose(ws, FLARE_ERR_TIMEOUT);
    } else if (ws->paused || quiet_ms < ws->idle_ms) {
        flare_timer_set(loop, timer, ws->paused ? ws->idle_ms : ws->idle_ms - quiet_ms);
    } else if (ws->pinged) {
        lose(ws, FLARE_ERR_TIMEOUT);
    } else {
        ws->pinged = true;
        (void)flarei_ws_client_control(ws, FLAREI_WS_PING, FLARE_STR(""));
        flare_timer_set(loop, timer, ws->idle_ms);
    }
    flarei_ws_client_leave(ws);
}

/* ---- Its beginning ---- */

static void connected(flare_stream *stream, void *context, flare_err err)
{
    flare_ws_client *const ws = context;

    flarei_ws_client_enter(ws);
    if (err == FLARE_OK &&
        (ws->knows_h2 || flare_str_equal(flare_stream_protocol(stream), FLARE_STR("h2")))) {
        ws->h2 = flarei_ws_h2_new(stream);
        err = ws->h2 != NULL ? FLARE_OK : FLARE_ERR_MEMORY;
    }
    if (err != FLARE_OK) {
        finish(ws, err);
    } else {
        ws->state = FLAREI_WS_CLIENT_ASKING;
        flush(ws);
        step(ws);
    }
    flarei_ws_client_leave(ws);
}

static flare_ws_client *make(flare_loop *loop, const flare_ws_client_options *options,
                             const flare_ws_client_handler *handler, void *context)
{
    flare_ws_client *const ws = flarei_calloc(1, sizeof *ws);

    if (ws == NULL)
        return NULL;
    ws->loop = loop;
    ws->handler = handler;
    ws->context = context;
    ws->timer.callback = timer_due;
    ws->more.callback = more_due;
    ws->idle_ms = options->idle_ms != 0 ? options->idle_ms : FLARE_WS_CLIENT_IDLE_MS;
    ws->refusal_max_bytes = options->refusal_max_bytes;
    ws->unsent_max_bytes =
        options->unsent_max_bytes != 0 ? options->unsent_max_bytes : FLARE_WS_CLIENT_UNSENT_MAX_BYTES;
    flarei_ws_reader_init(&ws->reader, false,
                          options->message_max_bytes != 0 ? options->message_max_bytes
                                                          : FLARE_WS_CLIENT_MESSAGE_MAX_BYTES,
                          NULL);
    /* A message at its limit goes behind one that waits at its own, and a Close behind both. */
    flarei_buffer_init(&ws->out, ws->unsent_max_bytes + 2 * (size_t)FLARE_WS_CLIENT_SEND_LIMIT_BYTES);
    return ws;
}

flare_err flare_ws_client_open(flare_ws_client **out, flare_loop *loop,
                               const flare_ws_client_options *options, const flare_ws_client_handler *handler,
                               void *context)
{
    struct flarei_url url;
    flare_ws_client *ws;
    flare_err err;

    *out = NULL;
    if (!flarei_url_read(options->url, "ws", "wss", &url))
        return FLARE_ERR_SYNTAX;
    if (url.secure && options->tls == NULL)
        return FLARE_ERR_ARGUMENT;
    if (!FLAREI_HTTP2 && options->http2 == FLARE_WS_CLIENT_HTTP2_KNOWN)
        return FLARE_ERR_UNSUPPORTED;
    ws = make(loop, options, handler, context);
    if (ws == NULL)
        return FLARE_ERR_MEMORY;
    ws->secure = url.secure;
    ws->knows_h2 = options->http2 == FLARE_WS_CLIENT_HTTP2_KNOWN;
    err = flarei_ws_client_ask(ws, &url, options);
    if (err == FLARE_OK)
        err = flarei_ws_client_dial(ws, &url, options, connected);
    if (err != FLARE_OK) {
        destroy(ws);
        return err;
    }
    /* Connecting has its own time; this one is for the reply as well. */
    flare_timer_set(loop, &ws->timer,
                    options->timeout_ms != 0 ? options->timeout_ms : FLARE_CONNECT_TIMEOUT_MS);
    *out = ws;
    return FLARE_OK;
}

/* ---- Asking ---- */

size_t flare_ws_client_unsent_bytes(const flare_ws_client *ws)
{
    return flarei_buffer_len(&ws->out) + (ws->h2 != NULL ? flarei_ws_h2_unsent(ws->h2) : 0);
}

flare_str flare_ws_client_protocol(const flare_ws_client *ws)
{
    return ws->protocol;
}

bool flare_ws_client_deflates(const flare_ws_client *ws)
{
    return ws->deflates;
}

bool flare_ws_client_is_http2(const flare_ws_client *ws)
{
    return ws->h2 != NULL;
}

unsigned flare_ws_client_status(const flare_ws_client *ws)
{
    return ws->status;
}

const char *flare_ws_client_why(const flare_ws_client *ws)
{
    return ws->why;
}
