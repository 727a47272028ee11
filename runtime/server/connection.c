#include "server/connection.h"

#include "loop/loop.h"
#include "server/body.h"
#include "server/deadline.h"
#include "server/exchange.h"
#include "server/h2.h"
#include "server/h2_work.h"
#include "server/linger.h"
#include "server/proxy.h"
#include "server/secure.h"
#include "server/stream.h"
#include "server/websocket.h"
#include "server/worker.h"

#include <flare/memory.h>

enum {
    ROUNDS_MAX = 16,       /* receives in one go, so that one peer leaves time for others */
    LINGER_MS = 2000,      /* for a peer that is still sending to read the last reply */
    DRAIN_LINGER_MS = 500, /* the same for an idle one that the drain ends */
    DRAIN_FIRST_MS = 1000, /* for the first request on a connection that the drain finds new */
    NO_BUFFERS_MS = 50     /* until the kernel may have memory to send with */
};

/* ---- What is borrowed ---- */

static void give_output(struct flarei_connection *connection)
{
    struct flarei_out_buffer *output = connection->output;

    if (output == NULL)
        return;
    connection->output = NULL;
    flarei_out_buffer_give(connection->site, output);
}

static void give_input(struct flarei_connection *connection)
{
    struct flarei_in_buffer *input = connection->input;

    if (input == NULL)
        return;
    input->start = input->end = input->parsed = 0;
    connection->input = NULL;
    flare_pool_give(&connection->site->inputs, &input->item);
}

static bool input_empty(const struct flarei_connection *connection)
{
    return connection->input == NULL || connection->input->start == connection->input->end;
}

/* ---- The end ---- */

void flarei_connection_close(struct flarei_connection *connection)
{
    struct flarei_site *site = connection->site;
    struct flarei_worker *worker = site->worker;

    flare_timer_cancel(worker->loop, &connection->timer);
    if (FLARE_UNLIKELY(connection->tls != NULL))
        flarei_secure_close(connection);
    flare_loop_close(worker->loop, &connection->watch);
    flarei_exchange_abandon(connection);
    flarei_h2_connection_free(connection);
    if (FLARE_UNLIKELY(connection->websocket != NULL))
        flarei_websockets_of(connection)->free(connection);
    give_output(connection);
    give_input(connection);
    flarei_link_take(&connection->place);
    flare_pool_give(&site->connections, &connection->item);
    flarei_worker_connection_ended(worker, site);
}

/* ---- Sending ---- */

/* The peer, or the kernel, takes no more now. The deadline runs from the last progress. */
static void block(struct flarei_connection *connection, flare_err err)
{
    connection->blocked = true;
    connection->watch.want = FLARE_WRITE;
    if (connection->phase == FLAREI_PHASE_HEAD)
        flarei_exchange_give(connection);
    flarei_deadline_set(connection, FLAREI_DEADLINE_WRITE, connection->site->served->limits.write_time_ms);
    if (err == FLARE_ERR_MEMORY)
        flarei_deadline_again(connection, NO_BUFFERS_MS);
}

void flarei_connection_block(struct flarei_connection *connection)
{
    flarei_deadline_forget(connection);
    block(connection, FLARE_ERR_AGAIN);
}

bool flarei_connection_push(struct flarei_connection *connection)
{
    flare_buffer *const out = connection->output != NULL ? &connection->output->buffer : NULL;
    ptrdiff_t sent;

    if (connection->blocked || out == NULL || flarei_buffer_len(out) == 0)
        return true;
    const flare_str rest = flarei_buffer_str(out);
    sent = connection->tls == NULL ? flare_socket_send(connection->watch.fd, rest.ptr, rest.len)
                                   : flarei_secure_send(connection, rest.ptr, rest.len);
    if (sent < 0 && sent != FLARE_ERR_AGAIN && sent != FLARE_ERR_MEMORY)
        return false;
    if (sent > 0)
        flarei_buffer_consume(out, (size_t)sent);
    if (sent > 0 || flarei_secure_moved(connection))
        flarei_deadline_forget(connection);
    if (sent < 0 || (size_t)sent != rest.len)
        block(connection, sent < 0 ? (flare_err)sent : FLARE_ERR_AGAIN);
    return true;
}

bool flarei_connection_flush(struct flarei_connection *connection)
{
    if (connection->output != NULL && flarei_buffer_len(&connection->output->buffer) != 0) {
        flare_buffer *out = &connection->output->buffer;
        const flare_str rest = flarei_buffer_str(out);
        const ptrdiff_t sent = FLARE_LIKELY(connection->tls == NULL)
                                   ? flare_socket_send(connection->watch.fd, rest.ptr, rest.len)
                                   : flarei_secure_send(connection, rest.ptr, rest.len);

        if (FLARE_UNLIKELY(sent < 0)) {
            if (sent == FLARE_ERR_AGAIN || sent == FLARE_ERR_MEMORY) {
                if (flarei_secure_moved(connection))
                    flarei_deadline_forget(connection);
                block(connection, (flare_err)sent);
                return true;
            }
            flarei_connection_close(connection);
            return false;
        }
        flarei_buffer_consume(out, (size_t)sent);
        if (FLARE_UNLIKELY((size_t)sent != rest.len)) {
            flarei_deadline_forget(connection);
            block(connection, FLARE_ERR_AGAIN);
            return true;
        }
    }
    give_output(connection);
    if (FLARE_UNLIKELY(connection->blocked)) {
        connection->blocked = false;
        connection->watch.want = FLARE_READ;
        flarei_deadline_forget(connection);
    }
    if (FLARE_LIKELY(!connection->closing))
        return true;
    if (connection->unread)
        return flarei_linger_begin(connection, LINGER_MS);
    flarei_connection_close(connection);
    return false;
}

/* ---- Waiting ---- */

/* The drain ends a connection that has nothing under way. One that was accepted but never used gets a moment
 * for the request that its peer is about to send. */
static bool end_idle(struct flarei_connection *connection)
{
    if (connection->requests == 0) {
        flarei_deadline_set(connection, FLAREI_DEADLINE_FIRST, DRAIN_FIRST_MS);
        return true;
    }
    connection->site->worker->counters.idle_closed++;
    return flarei_linger_begin(connection, DRAIN_LINGER_MS);
}

/* Everything that came is used up: keeps only what is needed to go on, and sets the deadline.
 * @return false if the connection ended */
static bool await(struct flarei_connection *connection)
{
    const flare_limits *limits = &connection->site->served->limits;

    switch ((enum flarei_phase)connection->phase) {
    case FLAREI_PHASE_HEAD:
        flarei_exchange_give(connection);
        if (!input_empty(connection)) {
            flarei_deadline_set(connection, FLAREI_DEADLINE_HEAD, limits->head_time_ms);
            return true;
        }
        give_input(connection);
        if (FLARE_LIKELY(connection->site->worker->state == FLAREI_WORKER_SERVING))
            flarei_deadline_set(connection, FLAREI_DEADLINE_IDLE, limits->idle_time_ms);
        else
            return end_idle(connection);
        return true;
    case FLAREI_PHASE_BODY:
        flarei_deadline_set(connection, FLAREI_DEADLINE_BODY, flarei_body_time_ms(connection->exchange));
        return true;
    case FLAREI_PHASE_WORK: /* of the peer only its end counts; what it sends may wait in the kernel */
        connection->watch.want = 0;
        flarei_deadline_move(connection, FLAREI_DEADLINE_WORK, UINT64_MAX);
        if (flarei_stream_calls(&connection->exchange->rq) != NULL)
            flarei_stream_calls(&connection->exchange->rq)->await(connection);
        if (connection->hangup && !flarei_stream_body_comes(&connection->exchange->rq))
            flarei_work_cancel(&connection->exchange->rq, FLAREI_CANCEL_PEER);
        return true;
    case FLAREI_PHASE_DISCARD:
        if (input_empty(connection))
            give_input(connection);
        flarei_deadline_set(connection, FLAREI_DEADLINE_DISCARD, limits->body_time_ms);
        return true;
    case FLAREI_PHASE_HANDSHAKE:
        give_input(connection);
        if (FLARE_LIKELY(connection->site->worker->state == FLAREI_WORKER_SERVING))
            flarei_deadline_set(connection, FLAREI_DEADLINE_HANDSHAKE, limits->head_time_ms);
        else
            flarei_deadline_set(connection, FLAREI_DEADLINE_FIRST, DRAIN_FIRST_MS);
        return true;
    case FLAREI_PHASE_H2:
        give_input(connection);
        flarei_h2_connection_await(connection);
        return true;
    case FLAREI_PHASE_WEBSOCKET:
        if (input_empty(connection))
            give_input(connection);
        flarei_websockets_of(connection)->await(connection);
        return true;
    case FLAREI_PHASE_WEBSOCKET_HELD:
        if (input_empty(connection))
            give_input(connection);
        connection->watch.want = 0;
        flarei_websockets_of(connection)->await(connection);
        if (connection->hangup)
            flarei_websockets_of(connection)->hung_up(connection);
        return true;
    case FLAREI_PHASE_PROXY:
    case FLAREI_PHASE_LINGER:
    default:
        give_input(connection);
        return true;
    }
}

/* ---- Receiving ---- */

static enum flarei_step step(struct flarei_connection *connection)
{
    if (FLARE_LIKELY(connection->phase == FLAREI_PHASE_HEAD))
        return flarei_exchange_head(connection);
    switch ((enum flarei_phase)connection->phase) {
    case FLAREI_PHASE_BODY:
        return flarei_exchange_body(connection);
    case FLAREI_PHASE_DISCARD:
        return flarei_exchange_discard(connection);
    case FLAREI_PHASE_H2:
        return flarei_h2_connection_step(connection);
    case FLAREI_PHASE_WEBSOCKET:
        return flarei_websockets_of(connection)->step(connection);
    case FLAREI_PHASE_WORK:
        if (flarei_stream_calls(&connection->exchange->rq) != NULL)
            flarei_stream_calls(&connection->exchange->rq)->step(connection);
        return FLAREI_STEP_WORK;
    case FLAREI_PHASE_WEBSOCKET_HELD:
        return FLAREI_STEP_WORK;
    case FLAREI_PHASE_HEAD:
    case FLAREI_PHASE_PROXY:
    case FLAREI_PHASE_HANDSHAKE:
    case FLAREI_PHASE_LINGER:
    default:
        if (connection->input != NULL)
            connection->input->start = connection->input->end;
        return FLAREI_STEP_MORE;
    }
}

/* Leaves time for others: as if blocked, but it goes on in the loop's next turn, or after a pause. */
static FLARE_NOINLINE_COLD void yield(struct flarei_connection *connection, bool pause)
{
    if (!flarei_connection_flush(connection) || connection->blocked)
        return;
    connection->blocked = true;
    connection->watch.want = FLARE_WRITE;
    if (connection->deadline != FLAREI_DEADLINE_H2)
        flarei_deadline_set(connection, FLAREI_DEADLINE_H2, connection->site->served->limits.write_time_ms);
    if (pause || flarei_loop_again(connection->site->worker->loop, &connection->watch) != FLARE_OK)
        flarei_deadline_again(connection, 0);
}

/* Runs the requests that the input holds, and sends their replies together. @return whether to receive on:
 * false if the connection ended or is blocked */
static bool advance(struct flarei_connection *connection)
{
    enum flarei_step did;

    while ((did = step(connection)) == FLAREI_STEP_NEXT) {
        if (FLARE_LIKELY(connection->output == NULL ||
                         flarei_buffer_len(&connection->output->buffer) < FLAREI_OUTPUT_HIGH_BYTES))
            continue;
        if (!flarei_connection_flush(connection) || connection->blocked)
            return false;
    }
    if (FLARE_UNLIKELY(did >= FLAREI_STEP_LOST)) {
        if (did == FLAREI_STEP_LOST)
            flarei_connection_close(connection);
        else if (did == FLAREI_STEP_WORK)
            flarei_connection_settle(connection);
        else
            yield(connection, did == FLAREI_STEP_PAUSE);
        return false;
    }
    return flarei_connection_flush(connection) && !connection->blocked;
}

/* Where the next bytes go: straight into a body of known length, else behind what the input holds.
 * @return how many there is room for; 0 without memory */
static size_t receive_place(struct flarei_connection *connection, char **to)
{
    struct flarei_exchange *exchange = connection->exchange;
    struct flarei_in_buffer *input;

    if (connection->phase == FLAREI_PHASE_BODY && flarei_body_direct(exchange)) {
        *to = exchange->body + exchange->body_bytes;
        return (size_t)exchange->body_left;
    }
    if (connection->input == NULL)
        connection->input = flare_pool_take(&connection->site->inputs);
    input = connection->input;
    if (FLARE_UNLIKELY(input == NULL))
        return 0;
    if (connection->phase != FLAREI_PHASE_BODY && input->start != 0) {
        memmove(input->bytes, input->bytes + input->start, input->end - input->start);
        input->end -= input->start;
        input->start = 0;
    }
    *to = input->bytes + input->end;
    return input->capacity - input->end;
}

static void received(struct flarei_connection *connection, size_t bytes)
{
    struct flarei_exchange *exchange = connection->exchange;

    if (connection->phase == FLAREI_PHASE_BODY && flarei_body_direct(exchange)) {
        exchange->body_bytes += bytes;
        exchange->body_left -= bytes;
    } else {
        connection->input->end += (uint32_t)bytes;
    }
}

/* No byte comes any more. A reply can still be read by a peer that only shut down its sending side. */
static void peer_finished(struct flarei_connection *connection)
{
    if (connection->phase != FLAREI_PHASE_BODY) {
        flarei_connection_close(connection);
        return;
    }
    flarei_exchange_refuse(connection, 400, FLARE_STR("the body ended early"));
    connection->unread = false;
    flarei_connection_settle(connection);
}

ptrdiff_t flarei_connection_receive(struct flarei_connection *connection, char *to, size_t room)
{
    return FLARE_LIKELY(connection->tls == NULL) ? flare_socket_receive(connection->watch.fd, to, room)
                                                 : flarei_secure_receive(connection, to, room);
}

static void receive(struct flarei_connection *connection)
{
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        char *to;
        const size_t room = receive_place(connection, &to);
        ptrdiff_t got;

        if (FLARE_UNLIKELY(room == 0)) {
            flarei_connection_close(connection);
            return;
        }
        got = FLARE_LIKELY(connection->tls == NULL) ? flare_socket_receive(connection->watch.fd, to, room)
                                                    : flarei_secure_receive(connection, to, room);
        if (FLARE_UNLIKELY(got < 0)) {
            if (got == FLARE_ERR_AGAIN)
                (void)await(connection);
            else if (got == FLARE_ERR_CLOSED)
                peer_finished(connection);
            else if (got == FLARE_ERR_SYNTAX)
                flarei_connection_settle(connection);
            else
                flarei_connection_close(connection);
            return;
        }
        received(connection, (size_t)got);
        if (!advance(connection))
            return;
        if (FLARE_LIKELY((size_t)got < room && !connection->hangup)) {
            (void)await(connection);
            return;
        }
    }
    if (await(connection))
        flarei_deadline_again(connection, 0);
}

void flarei_connection_resume(struct flarei_connection *connection)
{
    if (advance(connection))
        receive(connection);
}

void flarei_connection_continue(struct flarei_connection *connection)
{
    if (FLARE_LIKELY(!connection->blocked))
        receive(connection);
    else if (flarei_connection_flush(connection) && !connection->blocked)
        flarei_connection_resume(connection);
}

void flarei_connection_stalled(struct flarei_connection *connection)
{
    const size_t before = connection->output != NULL ? flarei_buffer_len(&connection->output->buffer) : 0;

    if (before == 0 && connection->phase == FLAREI_PHASE_WORK) { /* in a file, of which nothing was taken */
        (void)flare_socket_abort(connection->watch.fd);
        flarei_connection_close(connection);
        return;
    }
    if (!flarei_connection_flush(connection))
        return;
    if (!connection->blocked) {
        flarei_connection_resume(connection);
    } else if (flarei_buffer_len(&connection->output->buffer) == before &&
               connection->deadline_ms <= flare_loop_now_ms(connection->site->worker->loop)) {
        (void)flare_socket_abort(connection->watch.fd);
        flarei_connection_close(connection);
    }
}

void flarei_connection_settle(struct flarei_connection *connection)
{
    if (flarei_connection_flush(connection) && !connection->blocked)
        (void)await(connection);
}

/* While a handler is at work nothing else is read. A peer that only shut down its sending side gets the
 * reply. */
static FLARE_NOINLINE_COLD void hung_up(struct flarei_connection *connection)
{
    connection->hangup = true;
    if (connection->phase < FLAREI_PHASE_WORK) {
        flarei_connection_continue(connection);
        return;
    }
    if (connection->phase == FLAREI_PHASE_WEBSOCKET_HELD)
        flarei_websockets_of(connection)->hung_up(connection);
    else if (!flarei_stream_body_comes(&connection->exchange->rq))
        flarei_work_cancel(&connection->exchange->rq, FLAREI_CANCEL_PEER);
    flarei_connection_stirred(connection);
}

/* What the peer sends now is the handler's to read, even while its reply is blocked. */
void flarei_connection_stirred(struct flarei_connection *connection)
{
    if (connection->blocked && !flarei_connection_flush(connection))
        return;
    if (connection->blocked)
        (void)step(connection);
    else if (advance(connection))
        (void)await(connection);
}

static void connection_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct flarei_connection *connection = FLARE_OWNER(watch, struct flarei_connection, watch);

    (void)loop;
    flarei_worker_date(connection->site->worker);
    if (FLARE_UNLIKELY((ready & FLARE_HANGUP) != 0))
        hung_up(connection);
    else if (FLARE_UNLIKELY(connection->phase >= FLAREI_PHASE_WORK))
        flarei_connection_stirred(connection);
    else
        flarei_connection_continue(connection);
}

/* ---- Beginning and draining ---- */

void flarei_connection_keep_peer(struct flarei_peer *peer, const flare_address *address)
{
    peer->family = (uint8_t)address->family;
    peer->port = address->port;
    memcpy(peer->ip, address->ip, sizeof peer->ip);
}

/* What a connection begins with: TLS, or a head. */
static flare_err begin(struct flarei_connection *connection)
{
    connection->phase = FLAREI_PHASE_HEAD;
    connection->watch.callback = connection_ready;
    return connection->secure ? flarei_secure_open(connection) : FLARE_OK;
}

void flarei_connection_enter(struct flarei_connection *connection)
{
    give_input(connection);
    if (begin(connection) != FLARE_OK) {
        flarei_connection_close(connection);
        return;
    }
    flarei_worker_date(connection->site->worker);
    receive(connection);
}

flare_err flarei_connection_open(struct flarei_site *site, int fd, const flare_address *peer,
                                 const struct flarei_endpoint *endpoint)
{
    struct flarei_worker *worker = site->worker;
    struct flarei_connection *connection = flare_pool_take(&site->connections);
    flare_err err;

    if (connection == NULL)
        return FLARE_ERR_MEMORY;
    *connection = (struct flarei_connection){.site = site, .secure = endpoint->secure};
    connection->watch = (flare_watch){.callback = flarei_proxy_ready, .fd = fd, .want = FLARE_READ};
    flarei_deadline_init(connection);
    if (peer != NULL)
        flarei_connection_keep_peer(&connection->peer, peer);
    connection->phase = FLAREI_PHASE_PROXY;
    err = endpoint->proxy ? FLARE_OK : begin(connection);
    if (err == FLARE_OK)
        err = flare_loop_add(worker->loop, &connection->watch);
    if (err != FLARE_OK) {
        if (connection->tls != NULL)
            flarei_secure_close(connection);
        flare_pool_give(&site->connections, &connection->item);
        return err;
    }
    flarei_link_behind(&worker->connections, &connection->place);
    flarei_worker_connection_began(worker, site);
    if (endpoint->secure || endpoint->proxy)
        flarei_deadline_set(connection, FLAREI_DEADLINE_HANDSHAKE, site->served->limits.head_time_ms);
    else
        flarei_deadline_set(connection, FLAREI_DEADLINE_IDLE, site->served->limits.idle_time_ms);
    return FLARE_OK;
}

void flarei_connection_drain(struct flarei_connection *connection)
{
    if (connection->blocked || connection->closing)
        return;
    switch ((enum flarei_phase)connection->phase) {
    case FLAREI_PHASE_HEAD:
        if (input_empty(connection))
            receive(connection);
        return;
    case FLAREI_PHASE_HANDSHAKE:
        receive(connection);
        return;
    case FLAREI_PHASE_PROXY:
        flarei_deadline_set(connection, FLAREI_DEADLINE_FIRST, DRAIN_FIRST_MS);
        return;
    case FLAREI_PHASE_DISCARD:
        (void)flarei_linger_begin(connection, LINGER_MS);
        return;
    case FLAREI_PHASE_WORK:
        flarei_work_cancel(&connection->exchange->rq, FLAREI_CANCEL_DRAIN);
        return;
    case FLAREI_PHASE_H2:
        flarei_h2_connection_cancel(connection, FLAREI_CANCEL_DRAIN);
        flarei_connection_resume(connection);
        return;
    case FLAREI_PHASE_WEBSOCKET:
    case FLAREI_PHASE_WEBSOCKET_HELD:
        flarei_websockets_of(connection)->drain(connection);
        return;
    case FLAREI_PHASE_BODY:
    case FLAREI_PHASE_LINGER:
    default:
        return;
    }
}
