/* socket.c - a WebSocket's route: what its handshake offers, and a function for the messages of each side. */
#include "remote/remote.h"

#include "emit/decode.h"

#include <string.h>

/* ---- prototypes ------------------------------------------------------------------------------------ */

static const char *send_prototype(struct client *client, const struct typed_call *call)
{
    return arena_format(client->arena, "flare_err %s_send(%s_out *out, %s)", call->name, call->name,
                        socket_parameter(client->emitter, &call->route->receive));
}

static const char *next_prototype_of(struct client *client, const struct typed_call *call)
{
    const struct type *const type = call->route->send.type;

    return arena_format(client->arena, "flare_err %s_next(%s_out *out, %s *message, uint64_t timeout_ms)",
                        call->name, call->name, type != NULL ? c_type(client->emitter, type) : "flare_str");
}

void client_socket_header(struct client *client, const struct typed_call *call, struct text *out)
{
    const struct route *const route = call->route;

    if (route->receive.kind != MESSAGE_NONE)
        FILL(out, "client/send_prototype", {"prototype", send_prototype(client, call)});
    if (route->send.kind != MESSAGE_NONE)
        FILL(out, "client/message_prototype", {"prototype", next_prototype_of(client, call)});
}

/* ---- the handshake --------------------------------------------------------------------------------- */

static const char *kind_of(const struct messages *messages)
{
    return messages->kind == MESSAGE_NONE ? "NONE" : messages->kind == MESSAGE_BYTES ? "BYTES" : "TEXT";
}

void client_handshake(struct client *client, const struct typed_call *call, struct text *out)
{
    const struct route *const route = call->route;
    const struct use *const use = client_subprotocols(route);
    const struct limit *const limit = &route->limits[LIMIT_MESSAGE];
    struct text members = {.arena = client->arena}, rows = {.arena = client->arena};

    for (size_t i = 0; use != NULL && i < use->names_count; i++)
        text_format(&rows, "FLARE_STR_INIT(%s),\n",
                    c_string(client->arena, use->names[i], strlen(use->names[i])));
    if (use != NULL) {
        FILL(out, "websocket/subprotocols", {"rows", text_of(&rows)});
        text_format(&members, ".protocols = subprotocols,\n.protocol_count = %zu,\n", use->names_count);
    }
    if (limit->set)
        text_format(&members, ".message_max_bytes = %s,\n",
                    c_number(client->arena, TYPE_U32, (struct number){.magnitude = limit->value}));
    text_format(&members, ".hears = FLAREI_MESSAGES_%s,\n", kind_of(&route->send));
    if (route_use(route, USE_DEFLATE) != NULL)
        text_add(&members, ".deflate = true,\n");
    if (route->replies_count == 0)
        text_add(&members, ".undeclared = true,\n");
    FILL(out, "client/handshake", {"members", text_of(&members)});
}

/* ---- messages -------------------------------------------------------------------------------------- */

/* The function that writes one and has it checked; returns its call. */
static const char *put_message(struct client *client, const struct typed_call *call)
{
    struct emitter *const emitter = client->emitter;
    const struct type *const type = call->route->receive.type;
    const bool pointed = reply_by_pointer(type);
    const char *const name =
        own_static(emitter, arena_format(client->arena, "message_of_%s",
                                         bare_name(emitter, call->route->handler_c_name)));
    struct text put = {.arena = client->arena}, read = {.arena = client->arena};

    json_put(emitter, &put, type, pointed ? "*message" : "message");
    decode_value(emitter, &read, type, "NULL", NULL, "again");
    FILL(body(emitter), "client/json_body", {"name", name}, {"type", c_type(emitter, type)},
         {"parameters", socket_parameter(emitter, &call->route->receive)},
         {"content_type", "FLARE_STR(\"\")"}, {"put", text_of(&put)}, {"read", text_of(&read)});
    return arena_format(client->arena, "%s(calling, message)", name);
}

static void emit_send(struct client *client, const struct typed_call *call, struct text *out)
{
    const struct messages *const messages = &call->route->receive;
    const char *const put = messages->kind == MESSAGE_JSON
                                ? put_message(client, call)
                                : "flarei_call_content(calling, message, FLARE_STR(\"\"))";

    FILL(out, "client/say", {"title", route_title(client->emitter, call->route)},
         {"prototype", send_prototype(client, call)}, {"put", put},
         {"is_text", messages->kind != MESSAGE_BYTES ? "true" : "false"});
}

static void emit_next(struct client *client, const struct typed_call *call, struct text *out)
{
    const struct messages *const messages = &call->route->send;
    const char *const begin = messages->kind != MESSAGE_BYTES
                                  ? "flarei_call_message(calling, &out->call, true, timeout_ms)"
                                  : "flarei_call_message(calling, &out->call, false, timeout_ms)";
    const char *const title = route_title(client->emitter, call->route);
    const char *const prototype = next_prototype_of(client, call);
    struct text read = {.arena = client->arena};

    if (messages->kind != MESSAGE_JSON) {
        FILL(out, "client/next_raw", {"title", title}, {"prototype", prototype}, {"begin", begin});
        return;
    }
    decode_value(client->emitter, &read, messages->type, "NULL", NULL, "(*message)");
    FILL(out, "client/next", {"title", title}, {"prototype", prototype}, {"begin", begin},
         {"what", "message"}, {"read", text_of(&read)});
}

void client_socket(struct client *client, const struct typed_call *call, struct text *out)
{
    if (call->route->receive.kind != MESSAGE_NONE)
        emit_send(client, call, out);
    if (call->route->send.kind != MESSAGE_NONE)
        emit_next(client, call, out);
}
