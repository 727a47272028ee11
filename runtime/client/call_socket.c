/* A WebSocket of a typed call: how it opens, and how it ends. */
#include "client/call.h"
#include "client/cookies.h"
#include "client/fetch.h"
#include "client/proxy.h"

#include "fiber/fiber.h"

#include <flare/memory.h>
#include <flare/time.h>

/* ---- News ---- */

static void tell_waiters(struct flarei_call_socket *socket)
{
    if (socket->client == NULL)
        return;
    flarei_client_wake(socket->client, socket->listener);
    if (socket->speaker != NULL)
        flarei_client_wake(socket->client, socket->speaker);
}

static void opened(flare_ws_client *ws, void *context, flare_err err)
{
    struct flarei_call_socket *const socket = context;

    (void)ws;
    socket->told = true;
    socket->open = err == FLARE_OK;
    socket->over = err != FLARE_OK;
    socket->err = err;
    tell_waiters(socket);
}

static void message(flare_ws_client *ws, void *context, bool is_text, flare_str payload)
{
    struct flarei_call_socket *const socket = context;

    (void)ws;
    flarei_call_keep(socket, is_text, payload);
    tell_waiters(socket);
}

static void writable(flare_ws_client *ws, void *context)
{
    struct flarei_call_socket *const socket = context;

    (void)ws;
    socket->room = true;
    tell_waiters(socket);
}

static void closed(flare_ws_client *ws, void *context, flare_err err, unsigned code, flare_str reason)
{
    struct flarei_call_socket *const socket = context;

    (void)ws;
    socket->over = true;
    if (socket->err == FLARE_OK)
        socket->err = err;
    socket->code = (uint16_t)code;
    socket->reason_bytes = (uint8_t)reason.len;
    if (reason.len != 0)
        memcpy(socket->reason, reason.ptr, reason.len);
    tell_waiters(socket);
}

static const flare_ws_client_handler handler = {
    .opened = opened, .message = message, .writable = writable, .closed = closed};

flare_err flarei_call_socket_wait(struct flarei_call_socket *socket, struct flarei_fiber **slot, bool soft,
                                  bool (*there)(const struct flarei_call_socket *socket))
{
    flare_err err = FLARE_OK;

    if (there(socket))
        return FLARE_OK;
    err = flarei_client_may_wait(socket->client);
    if (err != FLARE_OK)
        return err;
    *slot = flarei_fiber_current();
    while (err == FLARE_OK && !there(socket))
        err = flarei_client_turn(socket->client, *slot, soft);
    *slot = NULL;
    return err;
}

/* ---- Its memory ---- */

static void leave_client(struct flarei_call_socket *socket)
{
    if (socket->client == NULL)
        return;
    if (socket->client->loop != NULL)
        flare_timer_cancel(socket->client->loop, &socket->patience);
    flarei_link_take(&socket->guest.link);
    socket->client = NULL;
}

static void cut(struct flarei_call_socket *socket)
{
    flare_ws_client_free(socket->ws);
    socket->ws = NULL;
    socket->over = true;
    if (socket->err == FLARE_OK)
        socket->err = FLARE_ERR_STATE;
}

static void free_socket(struct flarei_call_socket *socket)
{
    flare_ws_client_free(socket->ws);
    leave_client(socket);
    flarei_buffer_free(&socket->kept);
    flarei_buffer_free(&socket->given);
    flarei_free(socket);
}

static void end_with_client(struct flarei_client_guest *guest)
{
    struct flarei_call_socket *const socket = FLARE_OWNER(guest, struct flarei_call_socket, guest);

    tell_waiters(socket);
    leave_client(socket);
    cut(socket);
}

static void lose_patience(flare_loop *loop, flare_timer *timer)
{
    struct flarei_call_socket *const socket = FLARE_OWNER(timer, struct flarei_call_socket, patience);

    (void)loop;
    socket->late = true;
    tell_waiters(socket);
}

static size_t message_max_bytes(const flare_fetch_options *options)
{
    const uint64_t most = options->content_max_bytes;

    return most == 0 ? FLARE_WS_CLIENT_MESSAGE_MAX_BYTES : (size_t)(most > UINT32_MAX ? UINT32_MAX : most);
}

static struct flarei_call_socket *make(struct flarei_calling *calling, const struct flarei_call_rule *rule)
{
    struct flarei_call_socket *const socket = flarei_calloc(1, sizeof *socket);

    if (socket == NULL)
        return NULL;
    socket->client = calling->remote->client;
    socket->rule = rule;
    socket->free = free_socket;
    socket->guest.end = end_with_client;
    socket->patience.callback = lose_patience;
    flarei_link_init(&socket->guest.link);
    flarei_link_before(&socket->client->guests, &socket->guest.link);
    flarei_buffer_init(&socket->kept, SIZE_MAX / 2);
    flarei_buffer_init(&socket->given, SIZE_MAX / 2);
    calling->call->kept->socket = socket;
    return socket;
}

/* ---- Opening ---- */

static bool is_protocol(const struct flarei_call_rule *rule, flare_str name)
{
    for (uint32_t i = 0; i < rule->protocol_count; i++) {
        if (flare_str_equal(rule->protocols[i], name))
            return true;
    }
    return false;
}

static bool has_field(const struct flarei_calling *calling, flare_str name)
{
    for (size_t i = 0; i < calling->field_count; i++) {
        if (flare_str_equal_nocase(calling->fields[i].name, name))
            return true;
    }
    return false;
}

/* What the client and the remote add to each request. */
static flare_err add_fields(struct flarei_calling *calling, const struct flarei_url *url)
{
    struct flarei_call_kept *const kept = calling->call->kept;
    flare_cookie_jar *const jar = calling->remote->client->cookies;
    flare_str authorization;
    flare_err err = flarei_fetch_authorization(&kept->arena, &calling->remote->options, &authorization);

    if (err == FLARE_OK && authorization.ptr != NULL)
        flarei_call_add_field(calling, FLARE_STR("Authorization"), authorization);
    if (err == FLARE_OK && jar != NULL && !has_field(calling, FLARE_STR("cookie"))) {
        err = flarei_cookies_write(jar, url, flarei_clock_wall(), &kept->cookies);
        if (err == FLARE_OK && flarei_buffer_len(&kept->cookies) != 0)
            flarei_call_add_field(calling, FLARE_STR("Cookie"), flarei_buffer_str(&kept->cookies));
    }
    return err != FLARE_OK ? err : calling->err;
}

/* The call's URL with the scheme of WebSockets. */
static flare_err address_of(struct flarei_calling *calling, struct flarei_url *url, flare_str *text)
{
    const flare_str told = flarei_buffer_str(&calling->call->kept->url);
    char *to;

    if (!flarei_url_read(told, "http", "https", url))
        return FLARE_ERR_ARGUMENT;
    to = flarei_arena_alloc(&calling->call->kept->arena, told.len);
    if (to == NULL)
        return FLARE_ERR_MEMORY;
    memcpy(to, "ws", 2);
    memcpy(to + 2, told.ptr + 4, told.len - 4);
    *text = (flare_str){to, told.len - 2};
    return FLARE_OK;
}

static flare_ws_client_http2 http2_of(const flare_client *client)
{
    return client->http2 == FLARE_CLIENT_HTTP2_NEVER   ? FLARE_WS_CLIENT_HTTP2_NEVER
           : client->http2 == FLARE_CLIENT_HTTP2_KNOWN ? FLARE_WS_CLIENT_HTTP2_KNOWN
                                                       : FLARE_WS_CLIENT_HTTP2_OFFERED;
}

static flare_ws_client_options options_of(const struct flarei_calling *calling, flare_str url)
{
    const flare_fetch_options *const options = &calling->remote->options;
    const flare_client *const client = calling->remote->client;
    const struct flarei_call_rule *const rule = calling->call->kept->socket->rule;
    const bool one = calling->subprotocol.len != 0;
    const size_t message_max = message_max_bytes(options);

    return (flare_ws_client_options){.url = url,
                                     .tls = client->tls,
                                     .protocols = one ? &calling->subprotocol : rule->protocols,
                                     .protocol_count = one ? 1 : rule->protocol_count,
                                     .fields = calling->fields,
                                     .field_count = calling->field_count,
                                     .deflate = {.off = !rule->deflate},
                                     .http2 = http2_of(client),
                                     .message_max_bytes = message_max,
                                     .refusal_max_bytes = message_max,
                                     .timeout_ms =
                                         options->timeout_ms != 0 ? options->timeout_ms : options->connect_ms,
                                     .idle_ms = options->silence_ms};
}

static bool is_told(const struct flarei_call_socket *socket)
{
    return socket->told || socket->over;
}

/* Begins, and waits for what comes of it. */
static flare_err shake(struct flarei_calling *calling, const struct flarei_call_rule *rule,
                       const struct flarei_url *url, flare_str text)
{
    flare_client *const client = calling->remote->client;
    flare_ws_client_options options;
    struct flarei_call_socket *socket;
    flare_err err = flarei_client_may_wait(client);

    if (err == FLARE_OK && url->secure)
        err = flarei_client_need_tls(client);
    if (err != FLARE_OK)
        return err;
    if (flarei_proxy_for(client, flarei_url_host(url->host), url->port, url->secure) != NULL) {
        calling->call->why = "WebSockets don't go through the client's proxy";
        return FLARE_ERR_UNSUPPORTED;
    }
    if (client->connect != NULL) {
        calling->call->why = "WebSockets of a service in the same process are not reached";
        return FLARE_ERR_UNSUPPORTED;
    }
    socket = make(calling, rule);
    if (socket == NULL)
        return FLARE_ERR_MEMORY;
    if (client->own_loop)
        flare_loop_update_now(client->loop);
    options = options_of(calling, text);
    err = flare_ws_client_open(&socket->ws, client->loop, &options, &handler, socket);
    if (err == FLARE_OK)
        err = flarei_call_socket_wait(socket, &socket->listener, false, is_told);
    if (err == FLARE_OK)
        err = socket->err;
    else
        cut(socket); /* nobody waits for it any more */
    return err;
}

/* What came, as the reply of a call. */
static void take_reply(struct flarei_calling *calling, const struct flarei_url *url)
{
    struct flarei_call_kept *const kept = calling->call->kept;
    const flare_ws_client_refusal *const refusal = flare_ws_client_refused(kept->socket->ws);
    flare_cookie_jar *const jar = calling->remote->client->cookies;

    kept->reply = (flare_fetch_reply){.status = 101, .url = flarei_buffer_str(&kept->url)};
    calling->call->reply = &kept->reply;
    kept->reply.version = flare_ws_client_is_http2(kept->socket->ws) ? 20 : 11;
    if (refusal == NULL)
        return;
    kept->reply.status = refusal->status;
    kept->reply.version = refusal->version;
    kept->reply.fields = refusal->fields;
    kept->reply.field_count = refusal->field_count;
    kept->reply.content = refusal->content;
    for (size_t i = 0; jar != NULL && i < refusal->field_count; i++) {
        if (flare_str_equal_nocase(refusal->fields[i].name, FLARE_STR("set-cookie")))
            (void)flarei_cookies_keep(jar, url, refusal->fields[i].value, flarei_clock_wall());
    }
}

flare_err flarei_call_open_socket(struct flarei_calling *calling, const struct flarei_call_rule *rule)
{
    struct flarei_call_socket *socket;
    struct flarei_url url;
    flare_str text;
    flare_err err;

    calling->undeclared = rule->undeclared;
    if (calling->subprotocol.len != 0 && !is_protocol(rule, calling->subprotocol))
        flarei_call_note(calling, FLAREI_IN_HEADER, FLARE_STR("Sec-WebSocket-Protocol"), FLAREI_RULE_ENUM);
    err = flarei_call_complete(calling);
    if (err == FLARE_OK)
        err = address_of(calling, &url, &text);
    if (err == FLARE_OK)
        err = add_fields(calling, &url);
    if (err == FLARE_OK)
        err = shake(calling, rule, &url, text);
    socket = calling->call->kept->socket;
    if (socket == NULL || socket->ws == NULL)
        return err;
    if (err == FLARE_OK || (err == FLARE_ERR_REFUSED && flare_ws_client_refused(socket->ws) != NULL)) {
        take_reply(calling, &url);
        flarei_call_tell_socket(calling->call, socket);
        return FLARE_OK;
    }
    calling->call->why = flare_ws_client_why(socket->ws);
    return err;
}

/* ---- Its end ---- */

struct flarei_call_socket *flarei_call_socket_of(flare_call *call)
{
    struct flarei_call_socket *const socket = call->kept != NULL ? call->kept->socket : NULL;

    if (socket == NULL || !socket->open)
        return NULL;
    call->failure_count = 0;
    call->why = NULL;
    return socket;
}

void flarei_call_tell_socket(flare_call *call, const struct flarei_call_socket *socket)
{
    if (socket->ws != NULL && socket->open) {
        call->socket.subprotocol = flare_ws_client_protocol(socket->ws);
        call->socket.http2 = call->reply->version == 20;
    }
    if (!socket->over || !socket->open)
        return;
    call->socket.code = socket->code;
    call->socket.reason = (flare_str){socket->reason, socket->reason_bytes};
    if (socket->ws != NULL && socket->err != FLARE_OK && call->why == NULL)
        call->why = flare_ws_client_why(socket->ws);
}

void flarei_call_breach(struct flarei_call_socket *socket, unsigned code, flare_str reason)
{
    socket->breached = true;
    flarei_buffer_clear(&socket->kept);
    if (socket->ws == NULL)
        return;
    (void)flare_ws_client_close(socket->ws, code, reason);
    flare_ws_client_resume(socket->ws);
}

static bool is_over(const struct flarei_call_socket *socket)
{
    return socket->over;
}

flare_err flare_call_close(flare_call *call, unsigned code, flare_str reason)
{
    struct flarei_call_socket *const socket = flarei_call_socket_of(call);
    flare_err err;

    if (socket == NULL || socket->speaker != NULL)
        return FLARE_ERR_STATE;
    err = socket->ws != NULL ? flare_ws_client_close(socket->ws, code, reason) : FLARE_ERR_CLOSED;
    if (!socket->over && (err == FLARE_OK || err == FLARE_ERR_CLOSED)) {
        flare_ws_client_resume(socket->ws);
        err = flarei_call_socket_wait(socket, &socket->speaker, false, is_over);
        if (err == FLARE_OK)
            err = socket->err;
    }
    flarei_call_tell_socket(call, socket);
    if (err == FLARE_OK && socket->breached) {
        call->why = "the server sent what the spec does not declare";
        err = FLARE_ERR_CONTRACT;
    }
    return err;
}
