/* websocket.c - the functions of a route that becomes a WebSocket. */
#include <string.h>

#include "emit/decode.h"
#include "emit/emit.h"

bool has_websockets(const struct model *model)
{
    for (size_t i = 0; i < model->routes_count; i++) {
        if (model->routes[i].websocket)
            return true;
    }
    return false;
}

/* Is there one whose functions may wait? */
bool has_socket_ways(const struct model *model)
{
    for (size_t i = 0; i < model->routes_count; i++) {
        if (model->routes[i].socket_way != WAY_PLAIN)
            return true;
    }
    return false;
}

/* "const shop_chat_in *message" */
const char *socket_parameter(struct emitter *emitter, const struct messages *message)
{
    if (message->type == NULL)
        return "flare_str message";
    if (reply_by_pointer(message->type))
        return arena_format(emitter->arena, "const %s *message", c_type(emitter, message->type));
    return c_member(emitter, c_type(emitter, message->type), "message");
}

static const char *in_of(struct emitter *emitter, const struct route *route)
{
    return has_in(route) ? arena_format(emitter->arena, "const %s_in *in, ", route->handler_c_name) : "";
}

void emit_websocket_types(struct emitter *emitter, const struct route *route, struct text *out)
{
    const char *const name = route->handler_c_name;
    struct text message = {.arena = emitter->arena}, send = {.arena = emitter->arena};

    if (route->receive.kind != MESSAGE_NONE)
        FILL(&message, "websocket/header_message", {"name", name},
             {"parameter", socket_parameter(emitter, &route->receive)});
    if (route->send.kind != MESSAGE_NONE)
        FILL(&send, "websocket/header_send", {"name", name},
             {"parameter", socket_parameter(emitter, &route->send)});
    FILL(out, "websocket/header", {"name", name}, {"result", result_type(emitter, route)},
         {"in", in_of(emitter, route)}, {"message", text_of(&message)}, {"send", text_of(&send)});
}

void emit_websocket_stubs(struct emitter *emitter, const struct route *route, struct text *out)
{
    struct text message = {.arena = emitter->arena};

    if (route->receive.kind != MESSAGE_NONE)
        FILL(&message, "websocket/stubs_message", {"name", route->handler_c_name},
             {"parameter", socket_parameter(emitter, &route->receive)});
    FILL(out, "websocket/stubs", {"title", route_title(emitter, route)},
         {"result", result_type(emitter, route)}, {"name", route->handler_c_name},
         {"in", in_of(emitter, route)}, {"unused", has_in(route) ? "(void)in;\n" : ""},
         {"message", text_of(&message)});
}

/* What is passed by value is set in any case, as compilers see it. */
static const char *zero_of(const struct type *type)
{
    if (reply_by_pointer(type))
        return "";
    if (type->optional)
        return " = {0}";
    return type->kind == TYPE_BOOL                                                            ? " = false"
           : type->kind <= TYPE_F64 || type->kind == TYPE_ENUM || type->kind == TYPE_DATETIME ? " = 0"
                                                                                              : " = {0}";
}

/* Takes a message; returns the function's name. */
static const char *emit_message(struct emitter *emitter, const struct route *route)
{
    const char *const function = own_static(
        emitter, arena_format(emitter->arena, "message_%s", bare_name(emitter, route->handler_c_name)));
    const struct type *const type = route->receive.type;
    struct text read = {.arena = emitter->arena};

    if (route->receive.kind == MESSAGE_NONE) {
        FILL(body(emitter), "websocket/message_none", {"function", function});
    } else if (type == NULL) {
        FILL(body(emitter), "websocket/message_raw", {"function", function}, {"name", route->handler_c_name},
             {"wrong", route->receive.kind == MESSAGE_TEXT ? "!is_text" : "is_text"});
    } else {
        decode_value(emitter, &read, type, "NULL", NULL, "message");
        FILL(body(emitter), "websocket/message_json", {"function", function}, {"type", c_type(emitter, type)},
             {"depth", decode_limit(emitter, route, 0)}, {"read", text_of(&read)}, {"zero", zero_of(type)},
             {"name", route->handler_c_name}, {"address", reply_by_pointer(type) ? "&" : ""});
    }
    return function;
}

static void emit_send(struct emitter *emitter, const struct route *route)
{
    const struct type *const type = route->send.type;
    struct text put = {.arena = emitter->arena};

    if (route->send.kind == MESSAGE_NONE)
        return;
    if (type == NULL) {
        FILL(body(emitter), "websocket/send_raw", {"name", route->handler_c_name},
             {"kind", route->send.kind == MESSAGE_TEXT ? "text" : "bytes"});
        return;
    }
    const char *const name = route->handler_c_name, *const parameter =
                                                        socket_parameter(emitter, &route->send);
    struct text frame = {.arena = emitter->arena};

    json_put(emitter, &put, type, reply_by_pointer(type) ? "*message" : "message");
    FILL(&frame, "websocket/frame_json", {"name", name}, {"parameter", parameter}, {"put", text_of(&put)});
    /* A thread writes JSON where no other does: into a frame. */
    if (route->socket_way == WAY_BLOCKING)
        FILL(body(emitter), "websocket/send_json_anywhere", {"name", name}, {"parameter", parameter},
             {"frame", text_of(&frame)});
    else
        FILL(body(emitter), "websocket/send_json", {"name", name}, {"parameter", parameter},
             {"put", text_of(&put)}, {"frame", text_of(&frame)});
}

static void add_limits(struct emitter *emitter, const struct route *route, struct text *members)
{
    static const struct {
        enum limit_key key;
        const char *member;
    } rows[] = {{LIMIT_MESSAGE, "message_max_bytes"}, {LIMIT_UNSENT, "send_max_bytes"},
                {LIMIT_PING_TIME, "ping_ms"},         {LIMIT_PONG_TIME, "pong_ms"},
                {LIMIT_MESSAGE_TIME, "message_ms"},   {LIMIT_CLOSE_TIME, "close_ms"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct limit *const limit = &route->limits[rows[i].key];

        if (limit->set)
            text_format(members, ".%s = %s,\n", rows[i].member,
                        c_number(emitter->arena, TYPE_U32, (struct number){.magnitude = limit->value}));
    }
}

static void add_subprotocols(struct emitter *emitter, const struct use *use, struct text *declarations,
                             struct text *members)
{
    struct text rows = {.arena = emitter->arena};

    for (size_t i = 0; i < use->names_count; i++)
        text_format(&rows, "FLARE_STR_INIT(%s),\n",
                    c_string(emitter->arena, use->names[i], strlen(use->names[i])));
    FILL(declarations, "websocket/subprotocols", {"rows", text_of(&rows)});
    text_format(members, ".protocols = subprotocols,\n.protocol_count = %zu,\n", use->names_count);
}

static void emit_rule(struct emitter *emitter, const struct route *route, const char *message,
                      struct text *declarations)
{
    struct text members = {.arena = emitter->arena};

    add_limits(emitter, route, &members);
    for (size_t i = 0; i < route->uses_count; i++) {
        const struct use *const use = &route->uses[i];

        if (use->kind == USE_DEFLATE)
            text_format(&members, ".deflate = true,\n%s.window_bits = %u,\n",
                        use->context ? ".deflate_context = true,\n" : "", use->window_bits);
        else if (use->kind == USE_SUBPROTOCOL)
            add_subprotocols(emitter, use, declarations, &members);
    }
    if (route->socket_way != WAY_PLAIN) {
        own_time(emitter, route, LIMIT_TIME, "time_ms", &members);
        text_format(&members, ".way = &%s,\n",
                    route->socket_way == WAY_ASYNC ? "flarei_ws_async" : "flarei_ws_blocking");
    }
    text_format(&members, ".message = %s,\n.close = %s_close,\n", message, route->handler_c_name);
    FILL(declarations, "websocket/rule", {"members", text_of(&members)});
}

void emit_websocket(struct emitter *emitter, const struct route *route, struct text *declarations,
                    struct text *call)
{
    const bool typed = route->replies_count != 0;
    const char *const name = route->handler_c_name;
    const char *const message = emit_message(emitter, route);

    emit_send(emitter, route);
    FILL(body(emitter), "websocket/accept", {"name", name}, {"result", result_type(emitter, route)},
         {"made", typed ? arena_format(emitter->arena, "(%s){", result_type(emitter, route)) : ""},
         {"end", typed ? "}" : ""});
    emit_rule(emitter, route, message, declarations);
    text_add(declarations, "flare_ws *ws;\n");
    FILL(call, "websocket/open", {"name", name}, {"in", has_in(route) ? "&in, " : ""},
         {"field", typed ? ".flarei" : ""});
}
