#include "socket_service.h"

#include <flare/gen_ws.h>

flare_limits socket_limits;
atomic_uint socket_open_count, socket_end_count, socket_last_code, socket_again_count, socket_flooded_bytes;

enum { MEMBERS_MAX = 64 };
static flare_ws *members[MEMBERS_MAX]; /* of the one worker */

static const struct flarei_head plain_head = FLAREI_HEAD(200, "OK", "text/plain", "");

#define ROUTE(method, pattern, name)                                                                         \
    {                                                                                                        \
        FLARE_STR_INIT(method), FLARE_STR_INIT(pattern), FLARE_STR_INIT(name), 1, 0                          \
    }
static const flare_route routes[] = {
    ROUTE("GET", "/echo", "echo"),       ROUTE("GET", "/flood", "flood"), ROUTE("GET", "/all", "all"),
    ROUTE("GET", "/refused", "refused"), ROUTE("GET", "/timed", "timed"), ROUTE("GET", "/talk", "talk"),
    ROUTE("GET", "/long", "long"),       ROUTE("GET", "/other", "other"), ROUTE("GET", "/plain", "plain"),
};

static void closed(flare_ws *ws, unsigned code)
{
    for (size_t i = 0; i < MEMBERS_MAX; i++)
        if (members[i] == ws)
            members[i] = NULL;
    atomic_fetch_sub(&socket_open_count, 1);
    atomic_store(&socket_last_code, code);
    atomic_fetch_add(&socket_end_count, 1);
}

static void echo(flare_ws *ws, bool is_text, flare_str payload)
{
    flare_err err;

    if (is_text && flare_str_equal(payload, FLARE_STR("bye"))) {
        (void)flare_ws_close(ws, 3000, FLARE_STR("as you say"));
        return;
    }
    err = is_text ? flare_ws_send_text(ws, payload) : flare_ws_send_bytes(ws, payload);
    if (err == FLARE_ERR_AGAIN)
        atomic_fetch_add(&socket_again_count, 1);
}

static void flood(flare_ws *ws)
{
    static const char block[1024] = "x";
    flare_err err = FLARE_OK;

    for (unsigned sent = 0; sent < SOCKET_FLOOD_BYTES && err == FLARE_OK; sent += sizeof block) {
        err = flare_ws_send_bytes(ws, (flare_str){block, sizeof block});
        atomic_store(&socket_flooded_bytes, sent);
    }
    if (err == FLARE_ERR_AGAIN)
        atomic_fetch_add(&socket_again_count, 1);
}

static void flood_again(flare_ws *ws, bool is_text, flare_str payload)
{
    (void)is_text;
    (void)payload;
    flood(ws);
}

static void tell_all(flare_ws *ws, bool is_text, flare_str payload)
{
    flare_ws_frame *const frame = flare_ws_frame_text(payload);

    (void)ws;
    (void)is_text;
    for (size_t i = 0; i < MEMBERS_MAX && frame != NULL; i++)
        if (members[i] != NULL)
            (void)flare_ws_frame_send(frame, members[i]);
    flare_ws_frame_free(frame);
}

static const flare_str protocols[] = {FLARE_STR_INIT("v2.test"), FLARE_STR_INIT("v1.test")};
static const struct flarei_ws_rule echo_rule = {.message_max_bytes = SOCKET_MESSAGE_MAX,
                                                .ping_ms = SOCKET_IDLE_MS,
                                                .protocols = protocols,
                                                .protocol_count = 2,
                                                .deflate = true,
                                                .message = echo,
                                                .close = closed};
static const struct flarei_ws_rule all_rule = {.message = tell_all, .close = closed};
static const struct flarei_ws_rule flood_rule = {.message = flood_again, .close = closed};
static const struct flarei_ws_rule timed_rule = {.ping_ms = SOCKET_PING_MS,
                                                 .pong_ms = SOCKET_PONG_MS,
                                                 .close_ms = SOCKET_CLOSE_MS,
                                                 .message = echo,
                                                 .close = closed};
static const struct flarei_ws_rule talk_rule = {
    .ping_ms = 200, .message_ms = SOCKET_TALK_MS, .message = echo, .close = closed};
static const struct flarei_ws_rule *const rules[] = {&echo_rule,  &flood_rule, &all_rule, &echo_rule,
                                                     &timed_rule, &talk_rule,  &all_rule, &all_rule};

/* More than an output buffer starts with. */
static char long_value[20000];

static flare_reply open_socket(flare_request *rq, const struct flarei_ws_rule *rule)
{
    flare_ws *const ws = flarei_ws_open(rq, rule);
    flare_reply accepted;

    memset(long_value, 'x', sizeof long_value);
    if (ws == NULL)
        return flarei_ws_refused(rq);
    if (flare_str_equal(rq->path, FLARE_STR("/refused")))
        return flare_problem(rq, 403, FLARE_STR("not you"));
    atomic_fetch_add(&socket_open_count, 1); /* closed() is told in any case from here on */
    for (size_t i = 0; i < MEMBERS_MAX && rule == &all_rule; i++)
        if (members[i] == NULL) {
            members[i] = ws;
            break;
        }
    if (flare_str_equal(rq->path, FLARE_STR("/long")))
        (void)flare_reply_header(rq, FLARE_STR("X-Long"), (flare_str){long_value, sizeof long_value});
    accepted = flarei_ws_accept_request(rq, ws);
    if (flare_str_equal(rq->path, FLARE_STR("/other")))
        return (flare_reply){0};
    if (flare_str_equal(rq->path, FLARE_STR("/flood")))
        flood(ws);
    return accepted;
}

static flare_reply dispatch(flare_request *rq)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!flare_str_equal(rq->path, routes[i].pattern))
            continue;
        if (i == sizeof routes / sizeof *routes - 1 && rq->method == FLARE_METHOD_CONNECT)
            return flarei_reply_not_allowed(rq, FLARE_STR("GET, HEAD, OPTIONS"));
        flarei_ws_as_get(rq);
        rq->route = &routes[i];
        if (i == sizeof routes / sizeof *routes - 1)
            return flarei_reply_whole(rq, &plain_head, FLARE_STR("ok"));
        return open_socket(rq, rules[i]);
    }
    return flarei_reply_not_found(rq);
}

#define SERVICE(service_name, use_bits)                                                                      \
    {                                                                                                        \
        .abi = FLARE_GEN_ABI, .route_count = sizeof routes / sizeof *routes,                                 \
        .name = FLARE_STR_INIT(service_name), .version = FLARE_STR_INIT("1.0.0"), .routes = routes,          \
        .limits = &socket_limits, .dispatch = dispatch, .uses = (use_bits), .websockets = &flarei_websockets \
    }
const flare_service socket_service = SERVICE("sockets", FLAREI_WEBSOCKETS);
const flare_service socket_silent_service = SERVICE("silent", 0);

bool socket_ends(unsigned count)
{
    for (int i = 0; i < 300; i++) {
        if (atomic_load(&socket_end_count) >= count)
            return true;
        sleep_ms(10);
    }
    return false;
}
