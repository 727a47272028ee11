/* upstream.c - proxy(): a request that is passed on, and its reply that is passed back, on one fiber. It
 * moves what can be moved in both directions, then waits for whatever comes first: the client's body, room in
 * its connection, or news of the upstream. What one side does not take stays with the other. */
#include "server/upstream.h"

#include "http/reply.h"
#include "http/request.h"
#include "http/stream.h"
#include "server/h2_stream.h"
#include "server/work.h"

#include <flare/gen_reply.h>
#include <flare/gen_stream.h>
#include <flare/gen_work.h>
#include <flare/log.h>
#include <flare/memory.h>
#include <flare/random.h>
#include <flare/request.h>
#include <flare/text.h>

enum {
    CONNECTIONS_MAX = 512, /* to one upstream, of one worker */
    CONNECT_MS = 5000,
    SILENCE_MS = 60000,
    TUNNEL_MS = 600000,
    PATIENCE_MS = 1000,         /* for 100 (Continue), as clients have it (RFC 9110, section 10.1.1) */
    PENDING_HIGH_BYTES = 16384, /* before the head is sent */
    PENDING_MAX_BYTES = 1 << 20
};

/* ---- The clients of a worker, one for each upstream ---- */

struct flarei_upstream_client {
    struct flarei_upstream_client *next;
    const struct flarei_upstream *upstream;
    flare_client *client;
    bool upgrades; /* for WebSockets, which are asked for over HTTP/1.1 */
};

static void close_upstreams(struct flarei_worker *worker)
{
    while (worker->upstreams != NULL) {
        struct flarei_upstream_client *const first = worker->upstreams;

        worker->upstreams = first->next;
        flare_client_free(first->client);
        flarei_free(first);
    }
    (void)flare_loop_run_once(worker->loop, 0); /* an answer to a lookup that was too late */
}

static uint32_t or_usual(uint32_t value, uint32_t usual)
{
    return value != 0 ? value : usual;
}

/* Over TLS the upstream chooses, else it is known to speak it. */
static flare_client_http2 http2_of(const struct flarei_upstream *upstream, bool upgrades)
{
    if (!upstream->http2 || upgrades)
        return FLARE_CLIENT_HTTP2_NEVER;
    return upstream->secure ? FLARE_CLIENT_HTTP2_OFFERED : FLARE_CLIENT_HTTP2_KNOWN;
}

static flare_err make_client(struct flarei_worker *worker, const struct flarei_upstream *upstream,
                             bool upgrades, flare_client **client)
{
    const flare_tls_connector_options trust = {.ca = upstream->ca};
    const uint32_t most = or_usual(upstream->connections, CONNECTIONS_MAX);
    flare_client_options options = {
        .http2 = http2_of(upstream, upgrades), .connections_max = most, .origin_connections_max = most};
    char why[256] = "";
    flare_err err = FLARE_OK;

    if (upstream->secure)
        err = flare_tls_connector_create(&options.tls, &trust, why, sizeof why);
    if (err != FLARE_OK)
        flare_log(FLARE_LOG_ERROR, "%.*s: %s", FLARE_STR_ARG(upstream->url), why);
    else
        err = flare_client_create(client, worker->loop, &options);
    flare_tls_connector_free(options.tls);
    return err;
}

static flare_err client_of(struct flarei_worker *worker, const struct flarei_upstream *upstream,
                           bool upgrades, flare_client **client)
{
    struct flarei_upstream_client *made = worker->upstreams;
    flare_err err;

    upgrades = upgrades && upstream->http2; /* else one is for both */
    while (made != NULL && (made->upstream != upstream || made->upgrades != upgrades))
        made = made->next;
    if (FLARE_LIKELY(made != NULL)) {
        *client = made->client;
        return FLARE_OK;
    }
    made = flarei_calloc(1, sizeof *made);
    if (made == NULL)
        return FLARE_ERR_MEMORY;
    err = make_client(worker, upstream, upgrades, &made->client);
    if (err != FLARE_OK) {
        flarei_free(made);
        return err;
    }
    made->upstream = upstream;
    made->upgrades = upgrades;
    made->next = worker->upstreams;
    worker->upstreams = made;
    worker->close_upstreams = close_upstreams;
    *client = made->client;
    return FLARE_OK;
}

/* ---- What the upstream tells: on the loop ---- */

static void wake(struct flarei_passing *passing)
{
    flarei_fiber_wake(passing->fiber);
}

static void on_room(struct flarei_forward *forward)
{
    wake(FLARE_OWNER(forward, struct flarei_passing, forward));
}

static void on_interim(struct flarei_forward *forward, const struct flarei_h1_response *response)
{
    struct flarei_passing *const passing = FLARE_OWNER(forward, struct flarei_passing, forward);

    if (response->status != 100)
        flarei_upstream_interim(passing->rq, response);
    passing->holds &= response->status != 100;
    wake(passing);
}

static void on_trailer(struct flarei_forward *forward, const flare_field *field)
{
    struct flarei_passing *const passing = FLARE_OWNER(forward, struct flarei_passing, forward);
    flare_str name;

    if (!flarei_hop_field(field->name) && flarei_arena_copy(passing->rq->arena, field->name, &name))
        (void)!flarei_stream_trailer(passing->rq, name, field->value); /* more than fit are dropped */
}

static void on_head(flare_fetch *fetch, void *context, const flare_fetch_reply *reply)
{
    struct flarei_passing *const passing = context;

    (void)fetch;
    passing->reply = reply;
    wake(passing);
}

/* What the client can take leaves at once; the rest is kept, and nothing more is read. */
static void on_content(flare_fetch *fetch, void *context, flare_str part)
{
    struct flarei_passing *const passing = context;

    if (passing->opened && flarei_buffer_len(&passing->pending) == 0) {
        const enum flarei_flow flow = flarei_stream_write(passing->rq, &part);

        if (flow == FLAREI_FLOW_ON)
            return;
        if (flow == FLAREI_FLOW_CLOSED)
            part.len = 0;
    }
    passing->lost |= !flarei_buffer_append_str(&passing->pending, part);
    if (passing->opened || flarei_buffer_len(&passing->pending) >= PENDING_HIGH_BYTES)
        flare_fetch_pause(fetch);
    wake(passing);
}

static void on_done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    struct flarei_passing *const passing = context;

    (void)fetch;
    (void)reply;
    passing->over = true;
    passing->err = err;
    wake(passing);
}

static void patience_over(flare_loop *loop, flare_timer *timer)
{
    struct flarei_passing *const passing = FLARE_OWNER(timer, struct flarei_passing, patience);

    (void)loop;
    passing->holds = false;
    wake(passing);
}

/* ---- Both directions ---- */

/* The body, as far as the upstream takes it. */
static void give(struct flarei_passing *passing)
{
    flare_request *const rq = passing->rq;

    if (passing->over || rq->body_failed || passing->fetch == NULL)
        return;
    while (!passing->forward.whole && !passing->holds) {
        if (passing->piece.len == 0) {
            const enum flarei_flow flow = flarei_stream_read(rq, &passing->piece);

            if (flow == FLAREI_FLOW_END)
                flarei_forward_end(passing->fetch, rq->stream.trailers, rq->stream.trailer_count);
            if (flow != FLAREI_FLOW_ON)
                break;
        }
        flarei_forward_give(passing->fetch, &passing->piece);
        if (passing->piece.len != 0)
            break;
    }
    flarei_forward_flush(passing->fetch);
}

/* Is the upstream to do something now? Else its silence is no fault. */
static bool is_upstreams_turn(const struct flarei_passing *passing)
{
    return passing->tunnel || passing->holds || passing->forward.whole || passing->piece.len != 0;
}

/* The content, as far as the client takes it. */
static void take(struct flarei_passing *passing)
{
    flare_str rest = flarei_buffer_str(&passing->pending);
    const size_t before = rest.len;

    if (!passing->opened)
        return;
    if (before != 0) {
        const enum flarei_flow flow = flarei_stream_write(passing->rq, &rest);

        flarei_buffer_consume(&passing->pending, before - (flow == FLAREI_FLOW_CLOSED ? 0 : rest.len));
    }
    if (flarei_buffer_len(&passing->pending) == 0 && !passing->over) {
        flarei_buffer_shrink(&passing->pending, 0);
        flarei_forward_resume(passing->fetch);
    }
}

/* @return false: there is nothing more to wait for */
static bool move(struct flarei_passing *passing)
{
    give(passing);
    if (passing->reply != NULL && !passing->opened && !passing->empty) {
        const flare_err err = flarei_upstream_reply(passing);

        if (err != FLARE_OK) {
            passing->over = true;
            passing->err = err;
            return false;
        }
        if (passing->tunnel) {
            passing->forward.whole = passing->forward.chunked = false;
            passing->forward.tunnel = true;
            flarei_forward_patience(passing->fetch, or_usual(passing->upstream->tunnel_ms, TUNNEL_MS));
            give(passing);
        }
    }
    take(passing);
    if (passing->rq->body_failed || passing->lost)
        return false;
    return !passing->over || flarei_buffer_len(&passing->pending) != 0;
}

/* ---- What becomes of it ---- */

static unsigned status_of(flare_err err)
{
    if (err == FLARE_ERR_TIMEOUT)
        return 504;
    return err == FLARE_ERR_MEMORY || err == FLARE_ERR_DESCRIPTORS || err == FLARE_ERR_AGAIN ? 503 : 502;
}

static flare_reply refuse(struct flarei_passing *passing, unsigned status)
{
    flare_request *const rq = passing->rq;

    flarei_reply_undo(rq);
    return flarei_reply_problem_of(rq, status, FLARE_STR(""), FLARE_STR(""));
}

static void report(const struct flarei_passing *passing)
{
    const char *const why = passing->why != NULL     ? passing->why
                            : passing->fetch != NULL ? flare_fetch_why(passing->fetch)
                                                     : NULL;

    flare_log(FLARE_LOG_WARN, "%.*s: %.*s: %s%s%s", FLARE_STR_ARG(passing->rq->route->name),
              FLARE_STR_ARG(passing->upstream->url), flare_err_text(passing->err), why != NULL ? ": " : "",
              why != NULL ? why : "");
}

static flare_reply conclude(struct flarei_passing *passing, flare_err waited)
{
    flare_request *const rq = passing->rq;
    const struct flarei_head head = {.status = passing->reply != NULL ? passing->reply->status : 0};

    if (passing->tunnel) /* whoever ended it: so it goes */
        return passing->lost || (passing->connects && passing->err != FLARE_OK) ? flarei_stream_break(rq)
                                                                                : flarei_stream_close(rq);
    if (rq->stream.lost || (flarei_cancel_reasons(&rq->work->cancel) & FLAREI_CANCEL_PEER) != 0)
        return flare_cancelled_reply(rq);
    if (waited != FLARE_OK)
        passing->err = FLARE_ERR_TIMEOUT;
    else if (passing->lost)
        passing->err = FLARE_ERR_MEMORY;
    else if (rq->body_failed && !(passing->over && passing->err == FLARE_OK))
        return passing->opened ? flarei_stream_break(rq) : flarei_reply_body_refused(rq);
    if (passing->err != FLARE_OK) {
        report(passing);
        return passing->opened ? flarei_stream_break(rq) : refuse(passing, status_of(passing->err));
    }
    return passing->empty ? flarei_reply_empty(rq, &head) : flarei_stream_close(rq);
}

/* ---- On the fiber ---- */

static bool make_key(struct flarei_passing *passing)
{
    char nonce[16];

    return flarei_random_bytes(nonce, sizeof nonce) &&
           flare_base64_encode(FLARE_BASE64, nonce, sizeof nonce, passing->key) == sizeof passing->key;
}

static flare_err begin(struct flarei_passing *passing)
{
    static const flare_fetch_handler handler = {.done = on_done, .head = on_head, .content = on_content};
    const struct flarei_upstream *const upstream = passing->upstream;
    const struct flarei_url url = {.secure = upstream->secure,
                                   .local = upstream->local,
                                   .authority = upstream->authority,
                                   .host = upstream->host,
                                   .port = upstream->port};
    struct flarei_worker *const worker = passing->rq->work->site->worker;
    flare_client *client;
    flare_err err;

    passing->forward.connect_ms = or_usual(upstream->connect_ms, CONNECT_MS);
    passing->forward.silence_ms = or_usual(upstream->silence_ms, SILENCE_MS);
    passing->forward.upgrades = passing->upgrades;
    if (passing->connects && !make_key(passing))
        return FLARE_ERR_IO;
    if (!flarei_upstream_ask(passing))
        return FLARE_ERR_MEMORY;
    err = client_of(worker, upstream, passing->upgrades, &client);
    if (err == FLARE_OK)
        err = flarei_forward_start(&passing->fetch, client, &url, passing->rq->method, &passing->forward,
                                   &handler, passing);
    if (err == FLARE_ERR_LIMIT) /* too many wait for a connection */
        err = FLARE_ERR_AGAIN;
    if (err == FLARE_OK && passing->holds)
        flare_timer_set(worker->loop, &passing->patience, PATIENCE_MS);
    return err;
}

struct asked {
    const struct flarei_upstream *upstream;
    flare_str rest;
    bool upgrades;
};

static flare_reply run(flare_request *rq, void *input)
{
    static const struct flarei_forward_calls calls = {
        .room = on_room, .interim = on_interim, .trailer = on_trailer};
    const struct asked *const asked = input;
    struct flarei_passing passing = {.forward.calls = &calls,
                                     .rq = rq,
                                     .upstream = asked->upstream,
                                     .rest = asked->rest,
                                     .fiber = flarei_fiber_current(),
                                     .patience.callback = patience_over,
                                     .connects = flarei_h2_stream_connects(rq),
                                     .upgrades = asked->upgrades,
                                     .holds = rq->expects_continue};
    flare_err waited = FLARE_OK;
    flare_reply reply;

    flarei_buffer_init(&passing.pending, PENDING_MAX_BYTES);
    passing.err = begin(&passing);
    passing.over = passing.err != FLARE_OK;
    while (!passing.over || passing.fetch != NULL) {
        if (!move(&passing))
            break;
        flarei_forward_expect(passing.fetch, is_upstreams_turn(&passing));
        waited = rq->stream.calls->wait(rq);
        if (waited != FLARE_OK || rq->stream.lost)
            break;
    }
    flare_timer_cancel(rq->work->site->worker->loop, &passing.patience);
    reply = conclude(&passing, waited);
    flare_fetch_free(passing.fetch);
    flarei_buffer_free(&passing.pending);
    return reply;
}

/* ---- What is asked for ---- */

/* HTTP/1.1 switches, or HTTP/2 connects, and to WebSockets alone: what else an upstream might offer is not
 * known to be safe behind whoever stands in front. */
static bool asks_for_websocket(const flare_request *rq)
{
    const struct flarei_connection *const connection = rq->connection;
    flare_str value;

    if (connection->h2 != NULL)
        return flarei_h2_stream_connects(rq);
    return rq->method == FLARE_METHOD_GET && rq->version_minor != 0 && !rq->has_body &&
           flare_request_header(rq, FLARE_STR("Upgrade"), &value) &&
           flare_str_equal_nocase(value, FLARE_STR("websocket")) &&
           flarei_connection_names(rq->fields, rq->field_count, FLARE_STR("upgrade"));
}

/* A body is passed on as it comes, in whatever coding. @return false: it is too large */
static bool take_body(flare_request *rq, const struct flarei_upstream *upstream)
{
    const uint64_t most =
        upstream->body.max_bytes != 0 ? upstream->body.max_bytes : rq->limits->body_max_bytes;
    const uint64_t length = rq->body_complete ? rq->body.len : rq->body_length;

    rq->body_rule = &upstream->body;
    rq->body_max_bytes = most;
    if (length == UINT64_MAX || length <= most)
        return true;
    rq->body_refusal = 413;
    rq->body_refusal_detail = FLARE_STR("the body is too large");
    return false;
}

/* RFC 9110, section 7.6.2: it was to come this far. */
static bool is_last_hop(const flare_request *rq)
{
    flare_str value;

    return (rq->method == FLARE_METHOD_OPTIONS || rq->method == FLARE_METHOD_TRACE) &&
           flare_request_header(rq, FLARE_STR("Max-Forwards"), &value) &&
           flare_str_equal(value, FLARE_STR("0"));
}

flare_reply flarei_reply_proxy(flare_request *rq, const struct flarei_upstream *upstream, flare_str rest)
{
    struct flarei_work_rule *rule;
    const struct asked asked = {upstream, rest, asks_for_websocket(rq)};

    if (is_last_hop(rq))
        return rq->method == FLARE_METHOD_OPTIONS
                   ? flare_empty(rq, 204)
                   : flarei_reply_problem_of(rq, 501, FLARE_STR(""), FLARE_STR(""));
    if (rq->has_body && flarei_h2_stream_connects(rq))
        return flarei_reply_problem_of(rq, 400, FLARE_STR(""),
                                       FLARE_STR("a WebSocket's handshake has no body"));
    if (rq->has_body && !take_body(rq, upstream))
        return flarei_reply_body_refused(rq);
    rule = flarei_arena_alloc(rq->arena, sizeof *rule);
    if (rule == NULL)
        return flarei_reply_fail(rq, "no memory for passing it on");
    *rule = (struct flarei_work_rule){.run = run, .input_bytes = sizeof asked, .time_ms = upstream->time_ms};
    return flarei_async_stream(rq, rule, &asked);
}
