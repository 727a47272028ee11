/* h2_websocket.c - a WebSocket on a stream of HTTP/2 (RFC 8441): DATA carries its frames, END_STREAM is the
 * FIN of other connections, and RST_STREAM their reset.
 *
 * What came is taken up to where its own output holds FLAREI_OUTPUT_HIGH_BYTES, and the windows are opened
 * for what was taken only: a peer that does not read is not read from.
 */
#include "fiber/cancel.h"
#include "server/h2_connection.h"
#include "server/worker.h"

#include <flare/memory.h>

static struct flarei_websocket *owner_of(const flare_ws *ws)
{
    return FLARE_OWNER((uintptr_t)ws, struct flarei_websocket, ws);
}

static struct flarei_h2_connection *h2_of(const struct flarei_websocket *websocket)
{
    return websocket->connection->h2;
}

static size_t unsent_bytes(const struct flarei_h2_request *request)
{
    return request->output != NULL ? flarei_buffer_len(&request->output->buffer) : 0;
}

static size_t untaken_bytes(const struct flarei_h2_request *request)
{
    return request->input != NULL ? flarei_buffer_len(&request->input->buffer) : 0;
}

static void give(struct flarei_h2_connection *h2, struct flarei_out_buffer **buffer)
{
    if (*buffer == NULL)
        return;
    flarei_out_buffer_give(h2->connection->site, *buffer);
    *buffer = NULL;
}

static void give_all(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    give(h2, &request->input);
    if (request->stream.feed != NULL)
        give(h2, &request->output);
    request->stream.feed = NULL;
}

/* ---- Waiting ---- */

/* The lists of sockets are in the order of their deadlines too. */
static void place(struct flarei_h2_connection *h2, struct flarei_h2_request *request, uint64_t deadline_ms)
{
    struct flarei_h2_request *before;

    request->deadline_ms = deadline_ms;
    flarei_h2_request_move(h2, request, FLAREI_H2_IN_WEBSOCKET);
    before = request->previous;
    while (before != NULL && before->deadline_ms > deadline_ms)
        before = before->previous;
    if (before != request->previous)
        flarei_h2_request_move_behind(h2, request, before);
}

/* While something is to be sent, only that counts. */
static void wait(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    if (unsent_bytes(request) != 0)
        place(h2, request, request->moved_ms + h2->connection->site->served->limits.write_time_ms);
    else
        place(h2, request, flarei_websocket_deadline(request->websocket));
}

/* Is there something to be done now? */
static void look(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    const bool over = request->gone || request->websocket->ws.state == FLAREI_WS_CLOSED;
    const bool comes = (request->fresh || request->stream.ended) && !request->websocket->ws.held;

    if (over || (comes && unsent_bytes(request) < FLAREI_OUTPUT_HIGH_BYTES))
        flarei_h2_request_move(h2, request, FLAREI_H2_IN_WEBSOCKET_READY);
    else
        wait(h2, request);
}

/* ---- The carrier ---- */

static flare_ws *make(flare_request *rq)
{
    struct flarei_connection *const connection = rq->connection;
    struct flarei_websocket *const websocket = flarei_websocket_new(connection);

    if (websocket == NULL)
        return NULL;
    websocket->request = connection->h2->starting;
    websocket->request->websocket = websocket;
    return &websocket->ws;
}

static void release(flare_ws *ws)
{
    struct flarei_websocket *const websocket = owner_of(ws);

    websocket->request->websocket = NULL;
    flarei_websocket_release(websocket);
}

static flare_buffer *output(flare_ws *ws)
{
    const struct flarei_websocket *const websocket = owner_of(ws);
    struct flarei_h2_request *const request = websocket->request;

    if (unsent_bytes(request) == 0)
        request->moved_ms = flarei_h2_now_ms(h2_of(websocket));
    if (request->output == NULL)
        request->output = flare_pool_take(&websocket->connection->site->outputs);
    if (request->output == NULL)
        return NULL;
    request->stream.feed = &request->output->buffer;
    return &request->output->buffer;
}

static size_t unsent(const flare_ws *ws)
{
    return unsent_bytes(owner_of(ws)->request);
}

static void written(flare_ws *ws)
{
    struct flarei_websocket *const websocket = owner_of(ws);
    struct flarei_h2_request *const request = websocket->request;
    struct flarei_h2_connection *const h2 = h2_of(websocket);

    if (!request->stream.tunnel || request->gone) /* not replied to yet, or over */
        return;
    h2->lost |= !flarei_h2_resume(&h2->session, &request->stream);
    if (request->place == FLAREI_H2_IN_WEBSOCKET)
        wait(h2, request);
    if (!h2->stepping)
        flarei_websocket_queue(websocket);
}

static const struct flarei_ws_carrier carrier = {make, release, output, unsent, written, flarei_ws_end};

/* ---- Its life ---- */

/* Keeps what came until it is taken. @return false without memory: the stream is reset */
static bool keep(struct flarei_h2_connection *h2, struct flarei_h2_request *request, flare_str bytes)
{
    if (request->input == NULL)
        request->input = flare_pool_take(&h2->connection->site->outputs);
    if (request->input != NULL && flarei_buffer_append_str(&request->input->buffer, bytes))
        return true;
    request->unwanted = true;
    flarei_h2_reset(&h2->session, &request->stream, FLAREI_H2_INTERNAL_ERROR);
    return false;
}

/* What came before it was accepted was kept as any body's. */
static void keep_early(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    const struct flarei_exchange *const exchange = request->exchange;

    if (exchange->body_bytes != 0)
        (void)keep(h2, request, (flare_str){exchange->body, exchange->body_bytes});
}

static bool accept_stream(struct flarei_h2_connection *h2, struct flarei_h2_request *request,
                          const flare_request *rq)
{
    char extension[FLAREI_WS_DEFLATE_TEXT_BYTES];
    flare_field fields[FLAREI_H2_REPLY_FIELDS_MAX];
    size_t count = flarei_ws_agreed_fields(rq->ws, fields, extension);

    count = flarei_h2_reply_fields(rq, fields, count);
    keep_early(h2, request);
    return flarei_h2_accept(&h2->session, &request->stream, fields, count);
}

static void begin(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    flarei_websocket_start(request->websocket);
    request->fresh = untaken_bytes(request) != 0;
    look(h2, request);
}

static void data(struct flarei_h2_connection *h2, struct flarei_h2_request *request, flare_str bytes)
{
    if (request->unwanted) {
        h2->lost |= !flarei_h2_consume(&h2->session, NULL, bytes.len);
        return;
    }
    request->unconsumed += bytes.len;
    if (!keep(h2, request, bytes) || request->websocket == NULL)
        return;
    request->fresh = true;
    look(h2, request);
}

static void ended(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    if (request->websocket == NULL)
        return;
    if (request->websocket->ws.held)
        flarei_ws_cancel(&request->websocket->ws, FLAREI_CANCEL_PEER);
    look(h2, request);
}

static void sent(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    request->moved_ms = flarei_h2_now_ms(h2);
    if (unsent_bytes(request) == 0) {
        give(h2, &request->output);
        request->stream.feed = NULL;
    }
    if (request->websocket != NULL) {
        look(h2, request);
        return;
    }
    request->deadline_ms = request->moved_ms + h2->connection->site->served->limits.write_time_ms;
    flarei_h2_request_move(h2, request, FLAREI_H2_IN_SEND);
}

static void gone(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    request->gone = true;
    flarei_h2_request_move(h2, request, FLAREI_H2_IN_WEBSOCKET_READY);
}

/* Takes what came. @return is it over? */
static bool take(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    flare_ws *const ws = &request->websocket->ws;
    size_t taken = 0;

    request->fresh = false;
    while (!request->gone && untaken_bytes(request) != 0 && ws->state != FLAREI_WS_CLOSED && !ws->held) {
        flare_buffer *const input = &request->input->buffer;
        size_t used;

        if (unsent_bytes(request) >= FLAREI_OUTPUT_HIGH_BYTES) {
            request->fresh = true;
            break;
        }
        used = flarei_ws_take(ws, input->ptr + input->start, flarei_buffer_len(input));
        if (used == 0)
            break;
        flarei_buffer_consume(input, used);
        taken += used;
    }
    request->fresh |= ws->held; /* what is here, or the end, comes later */
    if (taken != 0)
        flarei_websocket_heard(request->websocket);
    request->unconsumed -= taken;
    h2->lost |= !flarei_h2_consume(&h2->session, &request->stream, taken);
    if (untaken_bytes(request) == 0)
        give(h2, &request->input);
    return ws->state == FLAREI_WS_CLOSED || request->gone || (request->stream.ended && !request->fresh);
}

static bool run(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    if (!take(h2, request)) {
        look(h2, request);
        return !h2->lost;
    }
    flarei_ws_end(&request->websocket->ws);
    give(h2, &request->input);
    h2->lost |= !flarei_h2_consume(&h2->session, NULL, request->unconsumed);
    request->unconsumed = 0;
    if (request->gone) {
        flarei_h2_request_free(h2, request);
        return !h2->lost;
    }
    request->unwanted = true;
    request->stream.finished = true;
    h2->lost |= !flarei_h2_resume(&h2->session, &request->stream);
    request->deadline_ms = flarei_h2_now_ms(h2) + h2->connection->site->served->limits.write_time_ms;
    flarei_h2_request_move(h2, request, FLAREI_H2_IN_SEND);
    return !h2->lost;
}

/* ---- Deadlines and the drain ---- */

static void expired(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    struct flarei_websocket *const websocket = request->websocket;

    if (unsent_bytes(request) == 0 && flarei_websocket_asks(websocket)) {
        wait(h2, request);
        return;
    }
    websocket->ws.state = FLAREI_WS_CLOSED; /* its end is told when the reset is sent */
    place(h2, request, UINT64_MAX);
    flarei_h2_reset(&h2->session, &request->stream, FLAREI_H2_CANCEL);
}

static void close_all(struct flarei_h2_connection *h2, enum flarei_h2_place list)
{
    struct flarei_h2_request *next;

    for (struct flarei_h2_request *request = h2->lists[list].first; request != NULL; request = next) {
        next = request->next;
        flarei_ws_cancel(&request->websocket->ws, FLAREI_CANCEL_DRAIN);
        (void)flare_ws_close(&request->websocket->ws, FLAREI_WS_CODE_GOING_AWAY, FLARE_STR(""));
    }
}

static void drain(struct flarei_h2_connection *h2)
{
    close_all(h2, FLAREI_H2_IN_WEBSOCKET_READY);
    close_all(h2, FLAREI_H2_IN_WEBSOCKET);
}

/* First none can be written to, then each is told: its service may tell the others. */
static void end(struct flarei_h2_connection *h2)
{
    static const enum flarei_h2_place lists[] = {FLAREI_H2_IN_WEBSOCKET, FLAREI_H2_IN_WEBSOCKET_READY};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (struct flarei_h2_request *at = h2->lists[lists[i]].first; at != NULL; at = at->next)
            at->websocket->ws.state = FLAREI_WS_CLOSED;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (struct flarei_h2_request *at = h2->lists[lists[i]].first; at != NULL; at = at->next)
            flarei_ws_end(&at->websocket->ws);
}

void flarei_h2_websocket_part(struct flarei_websocket *websocket)
{
    websocket->request->websocket = NULL;
}

void flarei_h2_websocket_resume(struct flarei_websocket *websocket)
{
    struct flarei_connection *const connection = websocket->connection;

    websocket->request->fresh = true;
    look(connection->h2, websocket->request);
    if (!connection->blocked)
        flarei_connection_resume(connection);
}

void flarei_h2_websocket_settle(struct flarei_websocket *websocket)
{
    struct flarei_connection *const connection = websocket->connection;

    if (!connection->blocked && unsent_bytes(websocket->request) != 0)
        flarei_connection_resume(connection);
}

const struct flarei_h2_websockets flarei_h2_websockets = {
    .carrier = &carrier,
    .accept = accept_stream,
    .begin = begin,
    .data = data,
    .ended = ended,
    .sent = sent,
    .gone = gone,
    .run = run,
    .expired = expired,
    .give = give_all,
    .drain = drain,
    .end = end,
};
