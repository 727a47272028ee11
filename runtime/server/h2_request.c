#include "server/h2_connection.h"

#include "http/request.h"
#include "server/body.h"
#include "server/h2_work.h"
#include "server/stream.h"

#include <flare/memory.h>

/* For a peer that is still sending to read its reply. */
enum { LINGER_MS = 2000 };

static const struct flarei_served *served_of(const struct flarei_h2_connection *h2)
{
    return h2->connection->site->served;
}

static struct flarei_h2_request *request_of(struct flarei_h2_stream *stream)
{
    return FLARE_OWNER(stream, struct flarei_h2_request, stream);
}

flare_pool_item *flarei_h2_request_make(void *site)
{
    struct flarei_h2_request *request = flarei_calloc(1, sizeof *request);

    (void)site;
    return request ? &request->item : NULL;
}

/* ---- Lists ---- */

static void unlink_from_list(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    if (request->previous != NULL)
        request->previous->next = request->next;
    else
        h2->lists[request->place].first = request->next;
    if (request->next != NULL)
        request->next->previous = request->previous;
    else
        h2->lists[request->place].last = request->previous;
}

static void link_last(struct flarei_h2_connection *h2, struct flarei_h2_request *request, unsigned place)
{
    request->place = (uint8_t)place;
    request->next = NULL;
    request->previous = h2->lists[place].last;
    if (request->previous != NULL)
        request->previous->next = request;
    else
        h2->lists[place].first = request;
    h2->lists[place].last = request;
}

void flarei_h2_request_move_behind(struct flarei_h2_connection *h2, struct flarei_h2_request *request,
                                   struct flarei_h2_request *before)
{
    struct flarei_h2_request *after;

    unlink_from_list(h2, request);
    after = before != NULL ? before->next : h2->lists[request->place].first;
    request->previous = before;
    request->next = after;
    if (before != NULL)
        before->next = request;
    else
        h2->lists[request->place].first = request;
    if (after != NULL)
        after->previous = request;
    else
        h2->lists[request->place].last = request;
}

void flarei_h2_request_move(struct flarei_h2_connection *h2, struct flarei_h2_request *request,
                            enum flarei_h2_place place)
{
    unlink_from_list(h2, request);
    link_last(h2, request, (unsigned)place);
}

/* ---- What a request holds ---- */

static void give_exchange(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    struct flarei_exchange *const exchange = request->exchange;

    if (exchange == NULL)
        return;
    flarei_body_free(exchange);
    exchange->rq.websockets = flarei_websockets_carrier(served_of(h2)->service);
    flare_pool_give(&h2->connection->site->exchanges, &exchange->item);
    request->exchange = NULL;
}

static void release_output(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    struct flarei_out_buffer *const output = request->output;

    if (output == NULL)
        return;
    request->output = NULL;
    if (request->held && request->large)
        h2->held_large--;
    else if (request->held)
        h2->held_bytes -= output->buffer.capacity;
    request->held = false;
    flarei_out_buffer_give(h2->connection->site, output);
}

/* What a WebSocket kept that came and goes. */
static void give_socket(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    if (FLARE_UNLIKELY(request->tunnel != FLAREI_H2_NO_TUNNEL) && flarei_h2_websockets_of(h2) != NULL)
        flarei_h2_websockets_of(h2)->give(h2, request);
}

/* The windows hold back what is left of a reply, in the request's output. */
static void count_held(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    request->large = request->stream.content.len > FLAREI_OUTPUT_HIGH_BYTES;
    request->held = true;
    if (request->large)
        h2->held_large++;
    else
        h2->held_bytes += request->output->buffer.capacity;
}

/* The scratch buffer is the request's from here on. */
static void hold_back(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    request->output = h2->scratch;
    h2->scratch = NULL;
    count_held(h2, request);
}

/* A reply that came too late. */
static void forget_work(struct flarei_h2_connection *h2, flare_request *rq)
{
    if (rq->work->output != NULL)
        flarei_out_buffer_give(h2->connection->site, rq->work->output);
    rq->work = NULL;
    rq->state = FLAREI_REQUEST_PARKED;
}

void flarei_h2_request_free(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    if (h2->running == request)
        h2->running = NULL;
    if (h2->handled == request)
        h2->handled = NULL;
    if (request->place == FLAREI_H2_IN_WORK) {
        if (request->exchange->rq.streamed)
            flarei_stream_leave(&request->exchange->rq, &request->exchange->stirred);
        flarei_work_leave(&request->exchange->rq, NULL);
        request->exchange = NULL;
    }
    if (request->exchange != NULL) {
        flare_request *const rq = &request->exchange->rq;

        if (rq->work != NULL)
            forget_work(h2, rq);
        flarei_request_abandon(rq);
        if (rq->state != FLAREI_REQUEST_FREE && rq->upload != NULL)
            flarei_upload_close(rq);
        if (rq->state != FLAREI_REQUEST_FREE && rq->streamed)
            flarei_stream_free(rq);
        flarei_arena_reset(rq->arena);
        rq->state = FLAREI_REQUEST_FREE;
        give_exchange(h2, request);
    }
    give_socket(h2, request);
    release_output(h2, request);
    flarei_free(request->trailers);
    unlink_from_list(h2, request);
    if (--h2->count == 0)
        h2->idle_since_ms = flarei_h2_now_ms(h2);
    flare_pool_give(&h2->connection->site->h2_requests, &request->item);
}

void flarei_h2_request_stop(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    request->unwanted = true;
    request->deadline_ms = flarei_h2_now_ms(h2) + LINGER_MS;
    flarei_h2_request_move(h2, request, FLAREI_H2_IN_LINGER);
}

/* ---- The session's events ---- */

static struct flarei_h2_stream *begin(void *owner)
{
    struct flarei_h2_connection *h2 = owner;
    struct flarei_site *site = h2->connection->site;
    struct flarei_exchange *exchange = flare_pool_take(&site->exchanges);
    struct flarei_h2_request *request;

    if (exchange == NULL)
        return NULL;
    request = flare_pool_take(&site->h2_requests);
    if (request == NULL) {
        flare_pool_give(&site->exchanges, &exchange->item);
        return NULL;
    }
    exchange->body_bytes = 0; /* an upload counts here, and leaves nothing to be freed */
    exchange->h2_request = request;
    request->exchange = exchange;
    request->output = request->input = NULL;
    request->websocket = NULL;
    request->tunnel = FLAREI_H2_NO_TUNNEL;
    request->unconsumed = request->handed_bytes = 0;
    request->trailers = NULL;
    request->held = false;
    request->refusal = 0;
    request->large = request->unwanted = request->fresh = request->gone = false;
    request->discarded = 0;
    request->deadline_ms = flarei_h2_now_ms(h2) + site->served->limits.head_time_ms;
    link_last(h2, request, FLAREI_H2_IN_HEAD);
    h2->count++;
    h2->head.limits = &site->served->h1;
    h2->head.arena = &exchange->arena;
    h2->head.head = &exchange->head;
    flarei_h2_head_begin(&h2->head);
    request->stream.head = &h2->head;
    return &request->stream;
}

static void head_complete(void *owner, struct flarei_h2_stream *stream, int refusal)
{
    struct flarei_h2_connection *h2 = owner;
    struct flarei_h2_request *request = request_of(stream);

    request->refusal = h2->head.no_memory ? FLAREI_H2_NO_MEMORY : refusal;
    request->urgency = h2->head.urgency;
    request->tunnel = h2->head.tunnel;
    flarei_h2_request_ready(h2, request);
}

/* What was sent of a reply whose handler is at work makes room for more. */
static void streamed_on(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    flare_buffer *const out = &request->output->buffer;

    flarei_buffer_consume(out, flarei_buffer_len(out) - request->stream.content.len);
    request->stream.content = flarei_buffer_str(out);
    request->progress_ms = flarei_h2_now_ms(h2);
    if (flarei_buffer_len(out) <= FLAREI_STREAM_LOW_BYTES)
        flarei_h2_request_wake(request, FLAREI_WAITS_REPLY);
}

static void content_sent(void *owner, struct flarei_h2_stream *stream)
{
    struct flarei_h2_connection *h2 = owner;
    struct flarei_h2_request *request = request_of(stream);

    if (FLARE_UNLIKELY(stream->tunnel)) {
        flarei_h2_websockets_of(h2)->sent(h2, request);
        return;
    }
    if (request->output == NULL)
        return;
    if (stream->open) {
        streamed_on(h2, request);
        return;
    }
    if (request->exchange != NULL) /* its handler is through, and its turn will come */
        return;
    if (stream->content.len == 0)
        release_output(h2, request);
    request->deadline_ms = flarei_h2_now_ms(h2) + served_of(h2)->limits.write_time_ms;
    flarei_h2_request_move(h2, request, FLAREI_H2_IN_SEND);
}

static void all_sent(void *owner, struct flarei_h2_stream *stream)
{
    struct flarei_h2_connection *h2 = owner;
    struct flarei_h2_request *request = request_of(stream);

    if (stream->ended || request->exchange != NULL)
        return;
    if (request->unwanted) {
        flarei_h2_request_stop(h2, request);
        return;
    }
    request->deadline_ms = flarei_h2_now_ms(h2) + served_of(h2)->limits.body_time_ms;
    flarei_h2_request_move(h2, request, FLAREI_H2_IN_DISCARD);
}

static void priority_changed(void *owner, struct flarei_h2_stream *stream, uint8_t urgency)
{
    struct flarei_h2_connection *h2 = owner;
    struct flarei_h2_request *request = request_of(stream);

    request->urgency = urgency;
    if (request->place >= FLAREI_H2_IN_READY)
        flarei_h2_request_ready(h2, request);
}

static void closed(void *owner, struct flarei_h2_stream *stream)
{
    struct flarei_h2_connection *h2 = owner;
    struct flarei_h2_request *request = request_of(stream);

    if (FLARE_UNLIKELY(request->websocket != NULL && stream->tunnel)) {
        flarei_h2_websockets_of(h2)->gone(h2, request);
        return;
    }
    h2->lost |= !flarei_h2_consume(&h2->session, NULL, request->unconsumed);
    flarei_h2_request_free(h2, request);
}

static void noticed(void *owner)
{
    struct flarei_h2_connection *h2 = owner;

    if (h2->shut)
        return;
    h2->shut = true;
    flarei_h2_shut(&h2->session);
}

const struct flarei_h2_events flarei_h2_request_events = {
    .begin = begin,
    .request = head_complete,
    .data = flarei_h2_body_came,
    .end = flarei_h2_body_ended,
    .trailer = flarei_h2_body_trailer,
    .sent = content_sent,
    .replied = all_sent,
    .priority = priority_changed,
    .closed = closed,
    .noticed = noticed,
};

/* ---- Running ---- */

/* The reply is made: hands it over, ends the request, and sends as much as the windows allow. */
bool flarei_h2_request_replied(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    const bool accepted = request->websocket != NULL && request->exchange->rq.reply_status == 200 &&
                          request->websocket->ws.state != FLAREI_WS_OPENING;
    struct flarei_connection *connection = h2->connection;
    flare_request *rq = &request->exchange->rq;
    flare_buffer *const out = flarei_connection_output(connection);

    connection->site->worker->counters.served++;
    connection->requests++;
    if (!accepted)
        give_socket(h2, request);
    if (FLARE_UNLIKELY(accepted))
        h2->lost |= !flarei_h2_websockets_of(h2)->accept(h2, request, rq);
    else if (FLARE_UNLIKELY(rq->reply_status == 0 ||
                            (request->tunnel != FLAREI_H2_NO_TUNNEL && rq->reply_status < 300)))
        flarei_h2_reset(&h2->session, &request->stream, FLAREI_H2_INTERNAL_ERROR);
    else if (!flarei_h2_reply_submit(h2, rq, &request->stream))
        h2->lost = true;
    rq->work = NULL;
    request->unwanted = !rq->keep_alive; /* HTTP/1 would not read on either */
    if (FLARE_UNLIKELY(accepted))
        rq->ws = NULL;
    else if (FLARE_UNLIKELY(request->tunnel != FLAREI_H2_NO_TUNNEL))
        request->unwanted = true;
    flarei_request_end(rq);
    give_exchange(h2, request);
    if (FLARE_UNLIKELY(accepted)) {
        flarei_h2_websockets_of(h2)->begin(h2, request);
        return !h2->lost;
    }
    if (request->unconsumed != 0) {
        const size_t bytes = request->unconsumed;

        request->unconsumed = 0;
        flarei_h2_body_discard(h2, request, bytes);
    }
    request->deadline_ms = flarei_h2_now_ms(h2) + served_of(h2)->limits.write_time_ms;
    flarei_h2_request_move(h2, request, FLAREI_H2_IN_SEND);
    if (out == NULL || h2->lost)
        return false;
    h2->running = request;
    if (!flarei_h2_send(&h2->session, out, FLAREI_OUTPUT_HIGH_BYTES))
        return false;
    if (h2->running != NULL && request->stream.content.len != 0)
        hold_back(h2, request);
    else
        flarei_buffer_clear(&h2->scratch->buffer);
    h2->running = NULL;
    return !h2->lost;
}

bool flarei_h2_request_refuse(struct flarei_h2_connection *h2, struct flarei_h2_request *request,
                              unsigned status, flare_str detail)
{
    request->exchange->rq.body_complete = false;
    flarei_request_refuse(&request->exchange->rq, status, detail);
    return flarei_h2_request_replied(h2, request);
}

static bool refuse_for(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    if (request->refusal == FLAREI_H2_NO_MEMORY)
        return flarei_h2_request_refuse(h2, request, 503, FLARE_STR("no memory for the request"));
    if (request->refusal == FLAREI_BODY_UPLOAD_REFUSED)
        return flarei_h2_request_refuse(h2, request, request->exchange->rq.body_refusal,
                                        request->exchange->rq.body_refusal_detail);
    if (request->refusal == FLAREI_H2_BODY_LATE)
        return flarei_h2_request_refuse(h2, request, 408, FLARE_STR("the body took too long"));
    return flarei_h2_request_refuse(h2, request, flarei_h1_refusal_status(request->refusal),
                                    flarei_h1_refusal_text(request->refusal));
}

/* The route wants the body: opens the windows for it. */
static bool park(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    struct flarei_exchange *exchange = request->exchange;

    if (exchange->body_bytes > exchange->rq.body_max_bytes) {
        request->refusal = FLAREI_H1_BODY_TOO_LARGE;
        return refuse_for(h2, request);
    }
    if (exchange->rq.expects_continue && !flarei_h2_continue(&h2->session, &request->stream))
        return false;
    if (exchange->rq.upload != NULL && exchange->body != NULL) {
        const flare_str first = {exchange->body, exchange->body_bytes};

        if (!flarei_upload_feed(&exchange->rq, first)) {
            request->refusal = FLAREI_BODY_UPLOAD_REFUSED;
            return refuse_for(h2, request);
        }
        flarei_free(exchange->body);
        exchange->body = NULL;
        exchange->body_capacity = 0;
    }
    flarei_h2_body_consume(h2, request);
    request->deadline_ms = flarei_h2_now_ms(h2) + flarei_body_time_ms(exchange);
    flarei_h2_request_move(h2, request, FLAREI_H2_IN_BODY);
    return true;
}

static void set_body(struct flarei_exchange *exchange)
{
    exchange->rq.body_complete = true;
    exchange->rq.body = exchange->body ? (flare_str){exchange->body, exchange->body_bytes} : FLARE_STR("");
}

/* ---- A handler at work ---- */

/* It is through: what is left of the reply that it streamed, and of its body, is the connection's. */
bool flarei_h2_request_streamed(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    struct flarei_connection *const connection = h2->connection;
    flare_request *const rq = &request->exchange->rq;
    struct flarei_work *const work = rq->work;
    const size_t left = request->unconsumed;

    connection->site->worker->counters.served++;
    connection->requests++;
    if (work->output != NULL)
        flarei_out_buffer_give(connection->site, work->output);
    rq->work = NULL;
    request->unwanted = !rq->keep_alive || request->tunnel != FLAREI_H2_NO_TUNNEL;
    if (request->stream.content.len != 0)
        count_held(h2, request);
    else
        release_output(h2, request);
    flarei_request_end(rq);
    give_exchange(h2, request);
    request->unconsumed = 0;
    request->deadline_ms = flarei_h2_now_ms(h2) + served_of(h2)->limits.write_time_ms;
    flarei_h2_request_move(h2, request, FLAREI_H2_IN_SEND);
    if (left != 0)
        flarei_h2_body_discard(h2, request, left);
    if (request->stream.replied)
        all_sent(h2, &request->stream);
    return !h2->lost;
}

static bool at_work(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    if (flarei_stream_is_over(&request->exchange->rq))
        return flarei_h2_request_streamed(h2, request);
    request->exchange->rq.work->stream = request;
    flarei_h2_request_move(h2, request, FLAREI_H2_IN_WORK);
    return true;
}

/* ---- Going on, and starting ---- */

static bool resume(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    struct flarei_exchange *exchange = request->exchange;
    flare_request *rq = &exchange->rq;

    rq->out = &h2->scratch->buffer;
    rq->reply_start = 0;
    rq->date = h2->connection->site->worker->date;
    if (request->refusal == 0 && rq->upload != NULL && !flarei_upload_end(rq))
        request->refusal = FLAREI_BODY_UPLOAD_REFUSED;
    if (request->refusal != 0)
        return refuse_for(h2, request);
    set_body(exchange);
    h2->connection->site->worker->request = rq;
    return flarei_request_resume(rq) ? flarei_h2_request_replied(h2, request) : at_work(h2, request);
}

static bool start(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    struct flarei_exchange *exchange = request->exchange;
    const struct flarei_h1_head *head = &exchange->head;
    flare_request *rq = &exchange->rq;
    flare_err err;

    flarei_exchange_begin(h2->connection, exchange, &h2->scratch->buffer);
    rq->wire = &flarei_h2_reply_wire;
    rq->websockets = request->tunnel == FLAREI_H2_WEBSOCKET && flarei_h2_websockets_of(h2) != NULL
                         ? flarei_h2_websockets_of(h2)->carrier
                         : NULL;
    if (FLARE_UNLIKELY(request->refusal != 0)) {
        rq->method = head->method;
        rq->head_only = head->method == FLARE_METHOD_HEAD;
        return refuse_for(h2, request);
    }
    err = flarei_exchange_describe(h2->connection, exchange);
    if (FLARE_UNLIKELY(head->has_body || exchange->body != NULL)) {
        rq->body_complete = false;
        rq->expects_continue = head->expect_continue && exchange->body_bytes == 0 && !request->stream.ended;
        if (request->stream.ended)
            set_body(exchange);
    }
    if (FLARE_UNLIKELY(head->expect_unknown))
        return flarei_h2_request_refuse(h2, request, 417, FLARE_STR("the expectation is not known"));
    if (FLARE_UNLIKELY(err == FLARE_ERR_MEMORY))
        return flarei_h2_request_refuse(h2, request, 503, FLARE_STR("no memory for the path"));
    if (FLARE_UNLIKELY(err != FLARE_OK))
        return flarei_h2_request_refuse(h2, request, 400, FLARE_STR("malformed path"));
    if (FLARE_UNLIKELY(request->tunnel == FLAREI_H2_UNKNOWN_TUNNEL))
        return flarei_h2_request_refuse(h2, request, 501, FLARE_STR("the protocol is not known"));
    h2->starting = request;
    if (FLARE_LIKELY(request->tunnel == FLAREI_H2_WEBSOCKET ? flarei_request_connect(rq)
                                                            : flarei_request_dispatch(rq)))
        return flarei_h2_request_replied(h2, request);
    return rq->work == NULL ? park(h2, request) : at_work(h2, request);
}

bool flarei_h2_request_run(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    if (h2->scratch == NULL)
        h2->scratch = flare_pool_take(&h2->connection->site->outputs);
    if (h2->scratch == NULL)
        return false;
    if (FLARE_UNLIKELY(request->exchange->rq.work != NULL))
        return flarei_h2_request_deliver(h2, request);
    h2->handled = request;
    return request->exchange->rq.state == FLAREI_REQUEST_PARKED ? resume(h2, request) : start(h2, request);
}
