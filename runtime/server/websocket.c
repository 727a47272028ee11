#include "server/websocket.h"

#include "fiber/cancel.h"
#include "server/deadline.h"
#include "server/h2.h"
#include "server/worker.h"

#include <flare/memory.h>

enum { PING_MS = 30000, CLOSE_MS = 5000 };

static struct flarei_websocket *owner_of(const flare_ws *ws)
{
    return FLARE_OWNER((uintptr_t)ws, struct flarei_websocket, ws);
}

static uint64_t now_of(const struct flarei_connection *connection)
{
    return flare_loop_now_ms(connection->site->worker->loop);
}

/* ---- What it writes ---- */

struct flarei_websocket *flarei_websocket_new(struct flarei_connection *connection)
{
    struct flarei_websocket *const websocket = flarei_calloc(1, sizeof *websocket);

    if (websocket == NULL)
        return NULL;
    websocket->connection = connection;
    websocket->stepping = true;
    websocket->ws.shared = &connection->site->worker->websocket_shared;
    return websocket;
}

static flare_ws *make(flare_request *rq)
{
    struct flarei_websocket *const websocket = flarei_websocket_new(rq->connection);

    return websocket != NULL ? &websocket->ws : NULL;
}

static void unqueue(struct flarei_websocket *websocket)
{
    if (!websocket->queued)
        return;
    flarei_link_take(&websocket->place);
    websocket->queued = false;
}

void flarei_websocket_release(struct flarei_websocket *websocket)
{
    unqueue(websocket);
    flarei_free(websocket);
}

void flarei_websocket_part(struct flarei_websocket *websocket)
{
    unqueue(websocket);
    if (websocket->request != NULL)
        flarei_h2_websocket_part(websocket);
    websocket->request = NULL;
    websocket->connection = NULL;
}

static void release(flare_ws *ws)
{
    flarei_websocket_release(owner_of(ws));
}

static flare_buffer *output(flare_ws *ws)
{
    return flarei_connection_output(owner_of(ws)->connection);
}

static size_t unsent(const flare_ws *ws)
{
    const struct flarei_connection *const connection = owner_of(ws)->connection;

    return connection->output != NULL ? flarei_buffer_len(&connection->output->buffer) : 0;
}

/* Sending at once might end the connection under whoever writes to many. */
void flarei_websocket_queue(struct flarei_websocket *websocket)
{
    struct flarei_worker *const worker = websocket->connection->site->worker;

    if (websocket->stepping || websocket->queued || websocket->connection->blocked)
        return;
    websocket->queued = true;
    flarei_link_behind(&worker->unsent, &websocket->place);
    if (!flare_timer_active(&worker->unsent_timer))
        flare_timer_set(worker->loop, &worker->unsent_timer, 0);
}

static void written(flare_ws *ws)
{
    flarei_websocket_queue(owner_of(ws));
}

static const struct flarei_ws_carrier carrier = {make, release, output, unsent, written, flarei_ws_end};

/* A socket whose last word was said ends when that is sent. */
static void settle(struct flarei_connection *connection)
{
    if (connection->websocket->ws.state == FLAREI_WS_CLOSED)
        connection->closing = connection->unread = true;
    flarei_connection_settle(connection);
}

/* Sends what was written to sockets of a worker from outside of them. */
static void unsent_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_worker *const worker = FLARE_OWNER(timer, struct flarei_worker, unsent_timer);

    (void)loop;
    while (!flarei_link_alone(&worker->unsent)) {
        struct flarei_websocket *const websocket =
            FLARE_OWNER(worker->unsent.next, struct flarei_websocket, place);

        unqueue(websocket);
        if (websocket->request != NULL)
            flarei_h2_websocket_settle(websocket);
        else
            settle(websocket->connection);
    }
}

/* ---- Its life ---- */

void flarei_websocket_start(struct flarei_websocket *websocket)
{
    flarei_websocket_heard(websocket);
    websocket->message_ms = websocket->heard_ms;
    if (websocket->connection->site->worker->state != FLAREI_WORKER_SERVING)
        (void)flare_ws_close(&websocket->ws, FLAREI_WS_CODE_GOING_AWAY, FLARE_STR(""));
    websocket->stepping = false;
}

void flarei_websocket_heard(struct flarei_websocket *websocket)
{
    websocket->heard_ms = now_of(websocket->connection);
    websocket->pinged = false;
    if (websocket->ws.heard_message) {
        websocket->ws.heard_message = false;
        websocket->message_ms = websocket->heard_ms;
    }
}

static enum flarei_step begin(struct flarei_connection *connection, flare_ws *ws)
{
    struct flarei_websocket *const websocket = owner_of(ws);

    flarei_exchange_give(connection);
    connection->websocket = websocket;
    connection->phase = FLAREI_PHASE_WEBSOCKET;
    flarei_websocket_start(websocket);
    return FLAREI_STEP_NEXT;
}

static enum flarei_step step(struct flarei_connection *connection)
{
    struct flarei_websocket *const websocket = connection->websocket;
    struct flarei_in_buffer *const input = connection->input;
    size_t used;

    if (input == NULL || input->start == input->end)
        return FLAREI_STEP_MORE;
    websocket->stepping = true;
    used = flarei_ws_take(&websocket->ws, input->bytes + input->start, input->end - input->start);
    websocket->stepping = false;
    flarei_websocket_heard(websocket);
    input->start += (uint32_t)used;
    if (FLARE_UNLIKELY(websocket->ws.state == FLAREI_WS_CLOSED)) {
        connection->closing = connection->unread = true;
        return FLAREI_STEP_CLOSE;
    }
    if (FLARE_UNLIKELY(websocket->ws.held)) {
        connection->phase = FLAREI_PHASE_WEBSOCKET_HELD;
        return FLAREI_STEP_WORK;
    }
    return used != 0 ? FLAREI_STEP_NEXT : FLAREI_STEP_MORE;
}

/* The time in which nobody listened was no silence of the peer's. */
void flarei_websocket_resume(struct flarei_websocket *websocket)
{
    struct flarei_connection *const connection = websocket->connection;

    websocket->ws.heard_message = true;
    flarei_websocket_heard(websocket);
    if (websocket->request != NULL) {
        flarei_h2_websocket_resume(websocket);
        return;
    }
    connection->phase = FLAREI_PHASE_WEBSOCKET;
    if (connection->blocked)
        return;
    connection->watch.want = FLARE_READ;
    flarei_connection_resume(connection);
}

static void hung_up(struct flarei_connection *connection)
{
    flarei_ws_cancel(&connection->websocket->ws, FLAREI_CANCEL_PEER);
}

static uint64_t or_usual(uint32_t set_ms, uint64_t usual_ms)
{
    return set_ms != 0 ? set_ms : usual_ms;
}

/* When the time between messages is over; never, where the route gives none. */
static uint64_t silent_ms(const struct flarei_websocket *websocket)
{
    const uint32_t message_ms = websocket->ws.rule->message_ms;

    return message_ms != 0 ? websocket->message_ms + message_ms : UINT64_MAX;
}

uint64_t flarei_websocket_deadline(struct flarei_websocket *websocket)
{
    const struct flarei_ws_rule *const rule = websocket->ws.rule;
    const uint64_t ping_ms = or_usual(rule->ping_ms, PING_MS);
    uint64_t quiet_ms;

    if (websocket->ws.held)
        return UINT64_MAX;
    if (websocket->ws.state != FLAREI_WS_OPEN) {
        if (websocket->closing_ms == 0)
            websocket->closing_ms = now_of(websocket->connection);
        return websocket->closing_ms + or_usual(rule->close_ms, CLOSE_MS);
    }
    quiet_ms = websocket->heard_ms + ping_ms + (websocket->pinged ? or_usual(rule->pong_ms, ping_ms) : 0);
    return quiet_ms < silent_ms(websocket) ? quiet_ms : silent_ms(websocket);
}

bool flarei_websocket_asks(struct flarei_websocket *websocket)
{
    const bool silent = now_of(websocket->connection) >= silent_ms(websocket);

    if (websocket->ws.state != FLAREI_WS_OPEN || (websocket->pinged && !silent))
        return false;
    websocket->stepping = true;
    if (silent) {
        (void)flare_ws_close(&websocket->ws, FLAREI_WS_CODE_GOING_AWAY, FLARE_STR("no message came in time"));
    } else {
        websocket->pinged = true;
        (void)flare_ws_ping(&websocket->ws, FLARE_STR(""));
    }
    websocket->stepping = false;
    return true;
}

static void await(struct flarei_connection *connection)
{
    struct flarei_websocket *const websocket = connection->websocket;

    flarei_deadline_move(
        connection, websocket->ws.state == FLAREI_WS_OPEN ? FLAREI_DEADLINE_WEBSOCKET : FLAREI_DEADLINE_CLOSE,
        flarei_websocket_deadline(websocket));
}

static void expired(struct flarei_connection *connection)
{
    if (flarei_websocket_asks(connection->websocket))
        settle(connection);
    else
        flarei_connection_close(connection);
}

static void drain(struct flarei_connection *connection)
{
    struct flarei_websocket *const websocket = connection->websocket;

    flarei_ws_cancel(&websocket->ws, FLAREI_CANCEL_DRAIN);
    websocket->stepping = true;
    (void)flare_ws_close(&websocket->ws, FLAREI_WS_CODE_GOING_AWAY, FLARE_STR(""));
    websocket->stepping = false;
    if (!connection->blocked)
        settle(connection);
}

static void end(struct flarei_connection *connection)
{
    struct flarei_websocket *const websocket = connection->websocket;

    websocket->stepping = true;
    connection->websocket = NULL;
    flarei_ws_end(&websocket->ws);
}

/* ---- Its worker ---- */

static void open_worker(struct flarei_worker *worker)
{
    worker->unsent_timer.callback = unsent_due;
    flarei_ws_shared_init(&worker->websocket_shared);
}

static void close_worker(struct flarei_worker *worker)
{
    if (worker->loop != NULL)
        flare_timer_cancel(worker->loop, &worker->unsent_timer);
    flarei_ws_shared_free(&worker->websocket_shared);
}

const struct flarei_websockets flarei_websockets = {
    .carrier = &carrier,
    .h2 = FLAREI_H2_WEBSOCKETS,
    .open = open_worker,
    .close = close_worker,
    .begin = begin,
    .step = step,
    .hung_up = hung_up,
    .await = await,
    .expired = expired,
    .drain = drain,
    .free = end,
};
