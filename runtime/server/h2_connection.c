#include "server/h2_connection.h"

#include "loop/loop.h"
#include "server/deadline.h"
#include "server/h2_work.h"
#include "server/worker.h"

#include <flare/memory.h>

enum {
    NOTICE_MS = 1000, /* for a peer to learn that the connection will end, before new streams are refused */
    WORK_MAX = 64,    /* in one go: requests, content made, and frames that cost the sender nothing */
    WORK_CHECKED = 8, /* of it or of frames, between two looks at the clock */
    TURN_MAX_NS = 50000, /* a few dozen requests */
    WORK_OF_REQUEST = 1,
    WORK_OF_HOLDING = 8, /* a reply back: its buffer may be a new one */
    CONTENT_BYTES_PER_WORK = 1024
};

enum flarei_h2_peek flarei_h2_connection_peek(const char *bytes, size_t length)
{
    return flarei_h2_peek(bytes, length);
}

bool flarei_h2_connection_begin(struct flarei_connection *connection)
{
    struct flarei_h2_connection *h2 = flarei_calloc(1, sizeof *h2);

    if (h2 == NULL)
        return false;
    h2->connection = connection;
    h2->idle_since_ms = flarei_h2_now_ms(h2);
    h2->session.blocks = &connection->site->h2_blocks;
    if (!flarei_h2_open(&h2->session, &connection->site->served->h2, &flarei_h2_request_events, h2,
                        h2->idle_since_ms)) {
        flarei_free(h2);
        return false;
    }
    connection->h2 = h2;
    connection->phase = FLAREI_PHASE_H2;
    flarei_deadline_forget(connection);
    return true;
}

static void give_scratch(struct flarei_h2_connection *h2)
{
    if (h2->scratch == NULL)
        return;
    flarei_out_buffer_give(h2->connection->site, h2->scratch);
    h2->scratch = NULL;
}

void flarei_h2_connection_free(struct flarei_connection *connection)
{
    struct flarei_h2_connection *h2 = connection->h2;

    if (h2 == NULL)
        return;
    flarei_stir_forget(&h2->stirred);
    if (flarei_h2_websockets_of(h2) != NULL)
        flarei_h2_websockets_of(h2)->end(h2);
    connection->h2 = NULL;
    flarei_h2_close(&h2->session);
    for (unsigned place = 0; place < FLAREI_H2_PLACES; place++)
        while (h2->lists[place].first != NULL)
            flarei_h2_request_free(h2, h2->lists[place].first);
    give_scratch(h2);
    flarei_free(h2);
}

bool flarei_h2_connection_busy(const struct flarei_connection *connection)
{
    return connection->h2 != NULL && connection->h2->count != 0;
}

/* ---- The end ---- */

/* No new streams soon: the peer learns it before they are refused, so that none is lost on the way (RFC 9113,
 * section 6.8). */
static void notice(struct flarei_h2_connection *h2)
{
    h2->noticed = true;
    h2->shut_ms = flarei_h2_now_ms(h2) + NOTICE_MS;
    flarei_h2_notice(&h2->session);
}

static bool should_end(const struct flarei_h2_connection *h2)
{
    const struct flarei_connection *connection = h2->connection;
    const uint32_t most = connection->site->served->limits.keep_alive_max;

    return connection->site->worker->state != FLAREI_WORKER_SERVING ||
           (most != 0 && connection->requests >= most);
}

static enum flarei_step finish(struct flarei_h2_connection *h2)
{
    h2->connection->closing = h2->connection->unread = true;
    return FLAREI_STEP_CLOSE;
}

/* ---- Stepping ---- */

static struct flarei_h2_request *most_urgent(const struct flarei_h2_connection *h2)
{
    if (FLARE_UNLIKELY(h2->held_bytes >= FLAREI_H2_HELD_MAX_BYTES ||
                       h2->held_large >= FLAREI_H2_HELD_LARGE_MAX))
        return NULL;
    for (unsigned place = FLAREI_H2_IN_READY; place < FLAREI_H2_PLACES; place++)
        if (h2->lists[place].first != NULL)
            return h2->lists[place].first;
    return NULL;
}

static bool send_out(struct flarei_h2_connection *h2)
{
    flare_buffer *const out = flarei_connection_output(h2->connection);

    return out != NULL && flarei_h2_send(&h2->session, out, FLAREI_OUTPUT_HIGH_BYTES);
}

static void begin_turn(struct flarei_h2_connection *h2)
{
    h2->work = h2->unchecked = 0;
    h2->turn_until_ns = 0;
}

/* The clock is looked at now and then. */
static bool turn_is_over(struct flarei_h2_connection *h2)
{
    h2->unchecked = 0;
    return flarei_loop_clock_ns() >= h2->turn_until_ns;
}

/* One peer leaves time for others: soon where it takes long, and more of it where it wants what is worth
 * little to anybody. */
static enum flarei_step worked(struct flarei_h2_connection *h2, size_t work, size_t effort)
{
    enum flarei_step did = FLAREI_STEP_NEXT;

    h2->work += (uint32_t)work;
    h2->unchecked += (uint32_t)effort;
    if (FLARE_UNLIKELY(h2->work >= WORK_MAX))
        did = FLAREI_STEP_PAUSE;
    else if (FLARE_UNLIKELY(h2->unchecked >= WORK_CHECKED && turn_is_over(h2)))
        did = FLAREI_STEP_YIELD;
    if (FLARE_UNLIKELY(did != FLAREI_STEP_NEXT))
        begin_turn(h2);
    return did;
}

static enum flarei_step take_slice(struct flarei_h2_connection *h2, struct flarei_in_buffer *input)
{
    const char *const bytes = input->bytes + input->start;

    h2->session.spent = 0;
    input->start +=
        (uint32_t)flarei_h2_take(&h2->session, bytes, input->end - input->start, flarei_h2_now_ms(h2));
    if (h2->session.failed || h2->lost)
        return FLAREI_STEP_LOST;
    if (FLARE_UNLIKELY(h2->session.ended && !h2->ended)) { /* for what the peer did: its end has time */
        h2->ended = true;
        return FLAREI_STEP_PAUSE;
    }
    return worked(h2, h2->session.spent, h2->session.spent + h2->session.scan.heads);
}

static enum flarei_step run(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    const size_t held_bytes = h2->held_bytes;
    size_t work = WORK_OF_REQUEST;

    h2->reply.length = 0;
    if (!flarei_h2_request_run(h2, request))
        return FLAREI_STEP_LOST;
    work += h2->reply.length / CONTENT_BYTES_PER_WORK;
    if (FLARE_UNLIKELY(h2->held_bytes > held_bytes))
        work += WORK_OF_HOLDING;
    return worked(h2, work, work);
}

/* The drain tells sockets at once: they end by their own handshake. */
static void tell_sockets(struct flarei_h2_connection *h2)
{
    h2->sockets_told = true;
    if (flarei_h2_websockets_of(h2) != NULL)
        flarei_h2_websockets_of(h2)->drain(h2);
}

static enum flarei_step step(struct flarei_h2_connection *h2)
{
    struct flarei_connection *const connection = h2->connection;
    struct flarei_in_buffer *input = connection->input;
    struct flarei_h2_request *request;

    if (input != NULL && input->start != input->end)
        return take_slice(h2, input);
    request = h2->lists[FLAREI_H2_IN_WEBSOCKET_READY].first;
    if (FLARE_UNLIKELY(request != NULL))
        return flarei_h2_websockets_of(h2)->run(h2, request) ? FLAREI_STEP_NEXT : FLAREI_STEP_LOST;
    request = most_urgent(h2);
    if (request != NULL)
        return run(h2, request);
    if (FLARE_UNLIKELY(!h2->noticed && should_end(h2)))
        notice(h2);
    if (FLARE_UNLIKELY(connection->site->worker->state != FLAREI_WORKER_SERVING && !h2->sockets_told))
        tell_sockets(h2);
    if (!send_out(h2) || h2->lost)
        return FLAREI_STEP_LOST;
    if (flarei_buffer_len(&connection->output->buffer) >= FLAREI_OUTPUT_HIGH_BYTES ||
        h2->lists[FLAREI_H2_IN_WEBSOCKET_READY].first != NULL)
        return FLAREI_STEP_NEXT;
    if (FLARE_UNLIKELY((h2->shut && h2->count == 0) || flarei_h2_finished(&h2->session, h2->count == 0)))
        return finish(h2);
    return FLAREI_STEP_MORE;
}

enum flarei_step flarei_h2_connection_step(struct flarei_connection *connection)
{
    enum flarei_step did;

    if (connection->h2->turn_until_ns == 0)
        connection->h2->turn_until_ns = flarei_loop_clock_ns() + TURN_MAX_NS;
    connection->h2->stepping = true;
    did = step(connection->h2);
    connection->h2->stepping = false;
    return did;
}

/* ---- Deadlines ---- */

void flarei_h2_connection_await(struct flarei_connection *connection)
{
    static const enum flarei_h2_place timed[] = {FLAREI_H2_IN_HEAD,   FLAREI_H2_IN_BODY,
                                                 FLAREI_H2_IN_SEND,   FLAREI_H2_IN_DISCARD,
                                                 FLAREI_H2_IN_LINGER, FLAREI_H2_IN_WEBSOCKET};
    struct flarei_h2_connection *h2 = connection->h2;
    uint64_t earliest_ms = UINT64_MAX;

    give_scratch(h2);
    begin_turn(h2);
    if (h2->count == 0)
        earliest_ms = h2->idle_since_ms + connection->site->served->limits.idle_time_ms;
    for (size_t i = 0; i < sizeof timed / sizeof timed[0]; i++) {
        const struct flarei_h2_request *const first = h2->lists[timed[i]].first;

        if (first != NULL && first->deadline_ms < earliest_ms)
            earliest_ms = first->deadline_ms;
    }
    for (const struct flarei_h2_request *request = h2->lists[FLAREI_H2_IN_WORK].first; request != NULL;
         request = request->next) {
        const struct flarei_stream_calls *const calls = flarei_stream_calls(&request->exchange->rq);
        const uint64_t due_ms = calls != NULL ? calls->due_ms(&request->exchange->rq) : UINT64_MAX;

        if (due_ms < earliest_ms)
            earliest_ms = due_ms;
    }
    if (h2->noticed && !h2->shut && h2->shut_ms < earliest_ms)
        earliest_ms = h2->shut_ms;
    if (FLARE_UNLIKELY(earliest_ms == UINT64_MAX)) /* only what waits for replies held back */
        earliest_ms = flarei_h2_now_ms(h2) + connection->site->served->limits.write_time_ms;
    flarei_deadline_move(connection, FLAREI_DEADLINE_H2, earliest_ms);
}

void flarei_h2_connection_expired(struct flarei_connection *connection)
{
    struct flarei_h2_connection *h2 = connection->h2;
    const uint64_t now_ms = flarei_h2_now_ms(h2);
    struct flarei_h2_request *request;

    if (h2->count == 0 && now_ms >= h2->idle_since_ms + connection->site->served->limits.idle_time_ms)
        flarei_h2_terminate(&h2->session, FLAREI_H2_NO_ERROR);
    request = h2->lists[FLAREI_H2_IN_HEAD].first;
    if (request != NULL &&
        now_ms >= request->deadline_ms) /* its header block is in nobody's way but its own */
        flarei_h2_terminate(&h2->session, FLAREI_H2_ENHANCE_YOUR_CALM);
    while ((request = h2->lists[FLAREI_H2_IN_BODY].first) != NULL && now_ms >= request->deadline_ms) {
        request->refusal = FLAREI_H2_BODY_LATE;
        flarei_h2_request_move(h2, request, FLAREI_H2_IN_READY + request->urgency);
    }
    while ((request = h2->lists[FLAREI_H2_IN_SEND].first) != NULL && now_ms >= request->deadline_ms) {
        request->deadline_ms = now_ms + connection->site->served->limits.write_time_ms;
        flarei_h2_request_move(h2, request, FLAREI_H2_IN_SEND);
        flarei_h2_reset(&h2->session, &request->stream, FLAREI_H2_CANCEL);
    }
    while ((request = h2->lists[FLAREI_H2_IN_DISCARD].first) != NULL && now_ms >= request->deadline_ms)
        flarei_h2_request_stop(h2, request);
    while ((request = h2->lists[FLAREI_H2_IN_LINGER].first) != NULL && now_ms >= request->deadline_ms) {
        request->deadline_ms = UINT64_MAX;
        flarei_h2_request_move(h2, request, FLAREI_H2_IN_LINGER);
        flarei_h2_reset(&h2->session, &request->stream, FLAREI_H2_NO_ERROR);
    }
    for (struct flarei_h2_request *next, *late = h2->lists[FLAREI_H2_IN_WORK].first; late != NULL;
         late = next) {
        const struct flarei_stream_calls *const calls = flarei_stream_calls(&late->exchange->rq);

        next = late->next;
        if (calls != NULL)
            calls->late(&late->exchange->rq);
    }
    while ((request = h2->lists[FLAREI_H2_IN_WEBSOCKET].first) != NULL && now_ms >= request->deadline_ms)
        flarei_h2_websockets_of(h2)->expired(h2, request);
    if (h2->noticed && !h2->shut && now_ms >= h2->shut_ms) {
        h2->shut = true;
        flarei_h2_shut(&h2->session);
    }
    flarei_connection_resume(connection);
}
