#include "server/exchange.h"

#include "http/request.h"
#include "server/body.h"
#include "server/deadline.h"
#include "server/h2.h"
#include "server/stream.h"
#include "server/trust.h"
#include "server/websocket.h"
#include "server/work.h"
#include "server/worker.h"

static const struct flarei_served *served_of(const struct flarei_connection *connection)
{
    return connection->site->served;
}

/* The slot that the connection holds, or a free one. @return NULL without memory */
static inline struct flarei_exchange *borrow(struct flarei_connection *connection)
{
    if (connection->exchange == NULL)
        connection->exchange = flare_pool_take(&connection->site->exchanges);
    return connection->exchange;
}

/* ---- Beginning and ending ---- */

FLARE_ALWAYS_INLINE void begin_on(struct flarei_connection *connection, struct flarei_exchange *exchange,
                                  flare_buffer *out)
{
    const struct flarei_served *served = served_of(connection);
    struct flarei_worker *worker = connection->site->worker;
    flare_request *rq = &exchange->rq;

    worker->request = rq;
    flarei_request_begin(rq, served->service, served->state, out);
    rq->limits = &served->limits;
    rq->date = worker->date;
    rq->expose_errors = worker->expose_errors;
    rq->connection = connection;
    rq->version_minor = 1;
}

void flarei_exchange_begin(struct flarei_connection *connection, struct flarei_exchange *exchange,
                           flare_buffer *out)
{
    begin_on(connection, exchange, out);
}

/* Begins a request that writes to the connection's output. @return false without memory */
FLARE_ALWAYS_INLINE bool begin(struct flarei_connection *connection, struct flarei_exchange *exchange)
{
    flare_buffer *out = flarei_connection_output(connection);

    if (out == NULL)
        return false;
    begin_on(connection, exchange, out);
    return true;
}

/* Settles what becomes of a request's slot, its unread body and the connection. */
FLARE_ALWAYS_INLINE enum flarei_step settle(struct flarei_connection *connection,
                                            struct flarei_exchange *exchange, flare_ws *accepted)
{
    flare_request *rq = &exchange->rq;

    connection->site->worker->counters.served++;
    connection->requests++;
    connection->phase = FLAREI_PHASE_HEAD;
    flarei_deadline_forget(connection);
    flarei_request_end(rq);
    if (FLARE_UNLIKELY(exchange->body != NULL))
        flarei_body_free(exchange);
    if (FLARE_UNLIKELY(!rq->keep_alive)) {
        connection->closing = true;
        connection->unread = !rq->body_complete || connection->input->start != connection->input->end;
        return FLAREI_STEP_CLOSE;
    }
    if (accepted != NULL)
        return flarei_websockets_of(connection)->begin(connection, accepted);
    if (FLARE_LIKELY(rq->body_complete))
        return FLAREI_STEP_NEXT;
    flarei_body_discard_begin(exchange, &served_of(connection)->h1,
                              served_of(connection)->limits.body_max_bytes);
    connection->phase = FLAREI_PHASE_DISCARD;
    return FLAREI_STEP_NEXT;
}

static FLARE_NOINLINE_COLD enum flarei_step replied_to_handshake(struct flarei_connection *connection,
                                                                 struct flarei_exchange *exchange)
{
    flare_ws *const ws = exchange->rq.ws;

    if (exchange->rq.reply_status != 101)
        return settle(connection, exchange, NULL);
    exchange->rq.ws = NULL;
    return settle(connection, exchange, ws);
}

/* The reply is written. */
FLARE_ALWAYS_INLINE enum flarei_step replied(struct flarei_connection *connection,
                                             struct flarei_exchange *exchange)
{
    if (FLARE_UNLIKELY(exchange->rq.ws != NULL))
        return replied_to_handshake(connection, exchange);
    return settle(connection, exchange, NULL);
}

static FLARE_NOINLINE_COLD enum flarei_step refuse(struct flarei_connection *connection,
                                                   struct flarei_exchange *exchange, unsigned status,
                                                   flare_str detail)
{
    exchange->rq.body_complete = false;
    flarei_request_refuse(&exchange->rq, status, detail);
    return replied(connection, exchange);
}

/* A result of the codec or of body memory that is an error. */
static FLARE_NOINLINE_COLD enum flarei_step refuse_result(struct flarei_connection *connection,
                                                          struct flarei_exchange *exchange, ptrdiff_t result)
{
    if (result == FLAREI_BODY_NO_MEMORY)
        return refuse(connection, exchange, 503, FLARE_STR("no memory for the body"));
    if (result == FLAREI_BODY_UPLOAD_REFUSED)
        return refuse(connection, exchange, exchange->rq.body_refusal, exchange->rq.body_refusal_detail);
    return refuse(connection, exchange, flarei_h1_refusal_status(result), flarei_h1_refusal_text(result));
}

/* ---- A head ---- */

/* @return false for bytes that are no part of a head yet: empty lines before it (RFC 9112, section 2.2) */
static bool head_begun(const struct flarei_in_buffer *input)
{
    for (uint32_t i = input->start; i < input->end; i++)
        if (input->bytes[i] != '\r' && input->bytes[i] != '\n')
            return true;
    return false;
}

/* A connection may begin with HTTP/2's preface, which is made to be refused as HTTP/1 (RFC 9113,
 * section 3.4). A first line with an unknown method and no version of HTTP is of another protocol, and gets
 * no reply of this one. @return NEXT or LOST, MORE where that is not known yet, CLOSE if the refusal stands
 */
static enum flarei_step not_http1(struct flarei_connection *connection,
                                  const struct flarei_exchange *exchange)
{
    const struct flarei_in_buffer *input = connection->input;
    const char *const bytes = input->bytes + input->start;
    const size_t length = input->end - input->start;
    const flare_str method = exchange->head.method_token;
    const char *line_end;

    switch (flarei_h2_connection_peek(bytes, length)) {
    case FLAREI_H2_PEEK_MORE:
        return FLAREI_STEP_MORE;
    case FLAREI_H2_PEEK_PREFACE:
        flarei_exchange_give(connection);
        return flarei_h2_connection_begin(connection) ? FLAREI_STEP_NEXT : FLAREI_STEP_LOST;
    case FLAREI_H2_PEEK_OTHER:
    default:
        break;
    }
    if (method.len == 0 || flare_method_of(method) != FLARE_METHOD_UNKNOWN)
        return FLAREI_STEP_CLOSE;
    line_end = memchr(bytes, '\n', length);
    if (line_end == NULL)
        return length < served_of(connection)->h1.target_max_bytes ? FLAREI_STEP_MORE : FLAREI_STEP_CLOSE;
    return memmem(bytes, (size_t)(line_end - bytes), "HTTP/", 5) ? FLAREI_STEP_CLOSE : FLAREI_STEP_LOST;
}

static FLARE_NOINLINE_COLD enum flarei_step head_refused(struct flarei_connection *connection,
                                                         struct flarei_exchange *exchange, ptrdiff_t result)
{
    flare_request *rq = &exchange->rq;

    if (connection->requests == 0) {
        const enum flarei_step step = not_http1(connection, exchange);

        if (step != FLAREI_STEP_CLOSE)
            return step;
    }
    if (!begin(connection, exchange))
        return FLAREI_STEP_LOST;
    rq->target = exchange->head.target;
    rq->method = flare_method_of(exchange->head.method_token);
    rq->head_only = rq->method == FLARE_METHOD_HEAD;
    return refuse_result(connection, exchange, result);
}

/* For what looks at requests: when it began, how it came, and for logs whose it is. */
static FLARE_NOINLINE_COLD void describe_more(const struct flarei_connection *connection,
                                              struct flarei_exchange *exchange)
{
    const struct flarei_peer *const peer = flarei_trust_client(connection, exchange);

    exchange->rq.start_ns = (int64_t)flare_loop_now_ns(connection->site->worker->loop);
    exchange->rq.peer_ip_bytes = peer->family == FLARE_ADDRESS_IPV6 ? 16 : 4;
    exchange->rq.peer_ip =
        peer->family == FLARE_ADDRESS_IPV4 || peer->family == FLARE_ADDRESS_IPV6 ? peer->ip : NULL;
    if (connection->tls != NULL)
        exchange->rq.marks |= FLAREI_MARK_SECURE;
    if ((exchange->rq.service->uses & FLAREI_USE_LOG) != 0)
        flarei_trust_show(exchange, peer);
}

/* A head is plain where its request is as nearly all are: without a body, content type, expectation or
 * upgrade, and its path as it stands there. */
static inline bool is_plain(const struct flarei_h1_head *head)
{
    return FLARE_LIKELY((head->is_special | head->path_has_percent | head->path_has_dot) == 0);
}

FLARE_ALWAYS_INLINE flare_err describe(struct flarei_connection *connection, struct flarei_exchange *exchange,
                                       bool plain)
{
    const struct flarei_h1_head *head = &exchange->head;
    const struct flarei_worker *worker = connection->site->worker;
    const uint32_t most = served_of(connection)->limits.keep_alive_max;
    flare_request *rq = &exchange->rq;
    flare_err err;

    rq->method = head->method;
    rq->head_only = head->method == FLARE_METHOD_HEAD;
    rq->version_minor = head->version_minor;
    rq->target = head->target;
    rq->fields = head->fields;
    rq->field_count = head->field_count;
    rq->keep_alive = head->keep_alive && worker->state == FLAREI_WORKER_SERVING &&
                     (most == 0 || connection->requests + 1 < most);
    if (!plain && (head->chunked || head->has_content_length)) {
        rq->has_body = true;
        rq->body_length = head->chunked ? UINT64_MAX : head->content_length;
    }
    if (!plain && head->notable[FLAREI_H1_CONTENT_TYPE] != 0)
        rq->content_type = head->fields[head->notable[FLAREI_H1_CONTENT_TYPE] - 1].value;
    err = flarei_request_target(rq, head->path, head->query, !plain && head->path_has_percent,
                                !plain && head->path_has_dot);
    if ((rq->service->uses & (FLAREI_USE_LOG | FLAREI_USE_TIME | FLAREI_USE_PEER | FLAREI_USE_SECURE)) != 0)
        describe_more(connection, exchange);
    return err;
}

flare_err flarei_exchange_describe(struct flarei_connection *connection, struct flarei_exchange *exchange)
{
    return describe(connection, exchange, false);
}

/* ---- A handler at work ---- */

/* The content of its reply is with the connection already. One that was cut short has no end that the peer
 * could take for its own. */
static enum flarei_step streamed(struct flarei_connection *connection, struct flarei_exchange *exchange)
{
    const bool cut = exchange->rq.stream.cut;
    enum flarei_step step;

    flarei_stir_forget(&exchange->stirred);
    connection->watch.want = connection->blocked ? FLARE_WRITE : FLARE_READ;
    step = replied(connection, exchange);
    if (FLARE_LIKELY(!cut))
        return step;
    (void)flarei_connection_push(connection);
    (void)flare_socket_abort(connection->watch.fd);
    return FLAREI_STEP_LOST;
}

static enum flarei_step at_work(struct flarei_connection *connection)
{
    if (flarei_stream_is_over(&connection->exchange->rq))
        return streamed(connection, connection->exchange);
    connection->phase = FLAREI_PHASE_WORK;
    return FLAREI_STEP_WORK;
}

/* Its reply becomes the connection's: by handing over the buffer where that is free. */
static bool adopt(struct flarei_connection *connection, struct flarei_work *work)
{
    struct flarei_out_buffer *const output = work->output;
    bool good;

    work->output = NULL;
    if (output == NULL)
        return false;
    if (connection->output == NULL) {
        connection->output = output;
        return true;
    }
    good = flarei_buffer_append_str(&connection->output->buffer, flarei_buffer_str(&output->buffer));
    flarei_out_buffer_give(connection->site, output);
    return good;
}

void flarei_exchange_late(struct flarei_connection *connection)
{
    const flare_request *const old = &connection->exchange->rq;
    struct flarei_exchange *exchange;

    connection->exchange = NULL;
    /* Without a stream, its state is its thread's. */
    if (old->streamed && (old->state == FLAREI_REQUEST_STREAMING || old->state == FLAREI_REQUEST_STREAMED)) {
        (void)flare_socket_abort(connection->watch.fd);
        flarei_connection_close(connection);
        return;
    }
    exchange = borrow(connection);
    if (exchange == NULL || !begin(connection, exchange)) {
        flarei_connection_close(connection);
        return;
    }
    exchange->rq.method = old->method;
    exchange->rq.head_only = old->head_only;
    exchange->rq.version_minor = old->version_minor;
    (void)refuse(connection, exchange, 503, FLARE_STR("the handler took too long"));
    if (!connection->blocked)
        flarei_connection_settle(connection);
}

void flarei_exchange_worked(struct flarei_connection *connection)
{
    struct flarei_exchange *const exchange = connection->exchange;
    struct flarei_work *const work = exchange->rq.work;
    enum flarei_step step;

    exchange->rq.work = NULL;
    if (exchange->rq.streamed)
        flarei_stir_forget(&exchange->stirred);
    if (exchange->rq.state == FLAREI_REQUEST_STREAMED) {
        if (work->output != NULL)
            flarei_out_buffer_give(connection->site, work->output);
        step = streamed(connection, exchange);
    } else if (adopt(connection, work)) {
        step = replied(connection, exchange);
    } else {
        step = FLAREI_STEP_LOST;
    }
    if (step == FLAREI_STEP_LOST) {
        flarei_connection_close(connection);
        return;
    }
    if (connection->blocked)
        return;
    connection->watch.want = FLARE_READ;
    if (step == FLAREI_STEP_NEXT)
        flarei_connection_resume(connection);
    else
        flarei_connection_settle(connection);
}

/* ---- Beginning to run ---- */

/* Body bytes that are here already: all of them, or what a 100 (Continue) would have asked for. @return as
 * flarei_body_take() */
static int find_body(struct flarei_connection *connection, struct flarei_exchange *exchange)
{
    struct flarei_in_buffer *input = connection->input;
    flare_request *rq = &exchange->rq;
    int result;

    exchange->body_at = input->start;
    exchange->chunked = exchange->head.chunked;
    rq->expects_continue = exchange->head.expect_continue && input->start == input->end;
    result = flarei_body_take(exchange, &served_of(connection)->h1, input);
    rq->body_complete = result == FLAREI_BODY_WHOLE;
    return result;
}

/* The handler waits for its body. */
static enum flarei_step park(struct flarei_connection *connection, struct flarei_exchange *exchange)
{
    connection->phase = FLAREI_PHASE_BODY;
    flarei_deadline_forget(connection);
    if (exchange->rq.expects_continue &&
        !flarei_buffer_append_str(exchange->rq.out, FLARE_STR(FLAREI_H1_CONTINUE)))
        return FLAREI_STEP_LOST;
    const int result = flarei_body_begin(exchange, &served_of(connection)->h1, connection->input);
    if (result < 0)
        return refuse_result(connection, exchange, result);
    return result == FLAREI_BODY_WHOLE ? FLAREI_STEP_NEXT : FLAREI_STEP_MORE;
}

FLARE_ALWAYS_INLINE enum flarei_step dispatch(struct flarei_connection *connection,
                                              struct flarei_exchange *exchange)
{
    const flare_request *const rq = &exchange->rq;

    if (FLARE_LIKELY(flarei_request_dispatch(&exchange->rq)))
        return replied(connection, exchange);
    return rq->work == NULL && rq->state == FLAREI_REQUEST_PARKED ? park(connection, exchange)
                                                                  : at_work(connection);
}

static enum flarei_step run_special(struct flarei_connection *connection, struct flarei_exchange *exchange)
{
    const struct flarei_h1_head *head = &exchange->head;
    flare_err err;

    if (FLARE_UNLIKELY(!begin(connection, exchange)))
        return FLAREI_STEP_LOST;
    err = describe(connection, exchange, false);
    if (head->has_body) {
        const int result = find_body(connection, exchange);

        if (result < 0)
            return refuse_result(connection, exchange, result);
    }
    if (FLARE_UNLIKELY(head->expect_unknown))
        return refuse(connection, exchange, 417, FLARE_STR("the expectation is not known"));
    if (head->wants_upgrade && connection->tls == NULL && flarei_h2_connection_upgrade(connection, exchange))
        return FLAREI_STEP_NEXT;
    if (FLARE_UNLIKELY(err == FLARE_ERR_MEMORY))
        return refuse(connection, exchange, 503, FLARE_STR("no memory for the path"));
    if (FLARE_UNLIKELY(err != FLARE_OK))
        return refuse(connection, exchange, 400, FLARE_STR("malformed path"));
    return dispatch(connection, exchange);
}

static inline enum flarei_step run(struct flarei_connection *connection, struct flarei_exchange *exchange)
{
    if (!is_plain(&exchange->head))
        return run_special(connection, exchange);
    if (FLARE_UNLIKELY(!begin(connection, exchange)))
        return FLAREI_STEP_LOST;
    (void)describe(connection, exchange, true);
    return dispatch(connection, exchange);
}

enum flarei_step flarei_exchange_head(struct flarei_connection *connection)
{
    struct flarei_in_buffer *input = connection->input;
    const struct flarei_h1_limits *limits = &served_of(connection)->h1;
    struct flarei_exchange *exchange;
    ptrdiff_t length;

    if (input == NULL || input->start == input->end)
        return FLAREI_STEP_MORE;
    const char *const bytes = input->bytes + input->start;
    const uint32_t there = input->end - input->start;
    if (FLARE_UNLIKELY(input->parsed != 0) && !flarei_h1_worth_parsing(limits, bytes, there, input->parsed))
        return FLAREI_STEP_MORE;
    exchange = borrow(connection);
    if (FLARE_UNLIKELY(exchange == NULL))
        return FLAREI_STEP_LOST;
    length = flarei_h1_parse_head(limits, bytes, there, &exchange->head);
    if (FLARE_UNLIKELY(length == 0)) {
        input->parsed = there;
        return FLAREI_STEP_MORE;
    }
    input->parsed = 0;
    if (FLARE_UNLIKELY(length < 0))
        return head_refused(connection, exchange, length);
    input->start += (uint32_t)length;
    return run(connection, exchange);
}

FLARE_NOINLINE_COLD void flarei_exchange_head_timeout(struct flarei_connection *connection)
{
    struct flarei_exchange *exchange;

    connection->closing = true;
    if (connection->input == NULL || !head_begun(connection->input))
        return;
    exchange = borrow(connection);
    if (exchange != NULL && begin(connection, exchange))
        (void)refuse(connection, exchange, 408, FLARE_STR("the head took too long"));
}

FLARE_NOINLINE_COLD void flarei_exchange_plain_text(struct flarei_connection *connection)
{
    struct flarei_exchange *exchange = borrow(connection);

    connection->closing = connection->unread = true;
    if (exchange != NULL && begin(connection, exchange))
        (void)refuse(connection, exchange, 400, FLARE_STR("plain HTTP where TLS is spoken: use https"));
}

/* ---- A body ---- */

/* The output may have been sent and given back since the request parked. @return false without memory */
static bool rejoin(struct flarei_connection *connection, flare_request *rq)
{
    rq->out = flarei_connection_output(connection);
    if (rq->out == NULL)
        return false;
    rq->reply_start = flarei_buffer_len(rq->out);
    rq->date = connection->site->worker->date;
    return true;
}

enum flarei_step flarei_exchange_body(struct flarei_connection *connection)
{
    struct flarei_exchange *exchange = connection->exchange;
    const int result = flarei_body_collect(exchange, connection->input);

    if (result == FLAREI_BODY_WAIT)
        return FLAREI_STEP_MORE;
    if (!rejoin(connection, &exchange->rq))
        return FLAREI_STEP_LOST;
    if (result < 0)
        return refuse_result(connection, exchange, result);
    if (connection->site->worker->state != FLAREI_WORKER_SERVING)
        exchange->rq.keep_alive = false;
    connection->site->worker->request = &exchange->rq;
    return flarei_request_resume(&exchange->rq) ? replied(connection, exchange) : at_work(connection);
}

enum flarei_step flarei_exchange_discard(struct flarei_connection *connection)
{
    struct flarei_exchange *exchange = connection->exchange;
    int result;

    if (connection->input == NULL || connection->input->start == connection->input->end)
        return FLAREI_STEP_MORE;
    result = flarei_body_discard(exchange, connection->input);
    if (result == FLAREI_BODY_WAIT)
        return FLAREI_STEP_MORE;
    flarei_deadline_forget(connection);
    connection->phase = FLAREI_PHASE_HEAD;
    if (result == FLAREI_BODY_WHOLE)
        return FLAREI_STEP_NEXT;
    connection->closing = connection->unread = true;
    return FLAREI_STEP_CLOSE;
}

void flarei_exchange_refuse(struct flarei_connection *connection, unsigned status, flare_str detail)
{
    struct flarei_exchange *exchange = connection->exchange;

    connection->closing = true;
    if (rejoin(connection, &exchange->rq))
        (void)refuse(connection, exchange, status, detail);
}
