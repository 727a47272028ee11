/* proxy.c - proxy(): who is asked, as a constant. */
#include <string.h>

#include "emit/emit.h"

bool has_proxies(const struct model *model)
{
    for (size_t i = 0; i < model->routes_count; i++) {
        if (model->routes[i].handler == HANDLER_PROXY)
            return true;
    }
    return false;
}

/* A WebSocket is asked for by GET. */
bool passes_websockets(const struct route *route)
{
    return route->handler == HANDLER_PROXY && (route->method == NULL || strcmp(route->method, "GET") == 0);
}

bool has_passed_websockets(const struct model *model)
{
    for (size_t i = 0; i < model->routes_count; i++) {
        if (passes_websockets(&model->routes[i]))
            return true;
    }
    return false;
}

static void add_number(struct text *members, const char *name, unsigned value)
{
    if (value != 0)
        text_format(members, ".%s = %u,\n", name, value);
}

static void add_limits(struct emitter *emitter, const struct route *route, struct text *members)
{
    const struct limit *const body = &route->limits[LIMIT_BODY];
    const struct limit *const service = &emitter->model->limits[LIMIT_BODY];

    own_time(emitter, route, LIMIT_TIME, "time_ms", members);
    if (body->set && (!service->set || service->value != body->value))
        text_format(members, ".body.max_bytes = %s,\n",
                    c_number(emitter->arena, TYPE_U64, (struct number){.magnitude = body->value}));
    own_time(emitter, route, LIMIT_BODY_TIME, "body.body_time_ms", members);
    own_time(emitter, route, LIMIT_TIME, "body.time_ms", members);
    text_add(members, ".body.streamed = true,\n");
}

void emit_proxy(struct emitter *emitter, const struct route *route, struct symbol *symbol)
{
    const struct upstream *const upstream = &route->upstream;
    struct uses_text uses = {{.arena = emitter->arena}, {.arena = emitter->arena}, {.arena = emitter->arena}};
    struct text members = {.arena = emitter->arena};

    emit_uses(emitter, route, &uses);
    member_text(&members, "url", upstream->url);
    member_text(&members, "host", upstream->host);
    member_text(&members, "authority", upstream->authority);
    member_text(&members, "prefix", upstream->prefix);
    if (*upstream->ca != '\0')
        text_format(&members, ".ca = %s,\n", c_string(emitter->arena, upstream->ca, strlen(upstream->ca)));
    if (!upstream->local)
        add_number(&members, "port", upstream->port);
    member_true(&members, "secure", upstream->secure);
    member_true(&members, "local", upstream->local);
    member_true(&members, "strip", upstream->strip);
    member_true(&members, "host_kept", upstream->keep_host);
    member_true(&members, "http2", upstream->http2);
    add_number(&members, "connections", upstream->connections);
    add_number(&members, "connect_ms", upstream->connect_ms);
    add_number(&members, "silence_ms", upstream->silence_ms);
    add_number(&members, "tunnel_ms", upstream->tunnel_ms);
    add_limits(emitter, route, &members);
    FILL(body(emitter), "proxy/function", {"title", route_title(emitter, route)},
         {"place", place_of(emitter, route->place)}, {"signature", symbol->prototype},
         {"as_get", passes_websockets(route) ? "flarei_ws_as_get(rq);\n" : ""},
         {"rest", upstream->strip ? "raw_rest" : "FLARE_STR(\"\")"}, {"members", text_of(&members)},
         {"verdicts", text_of(&uses.declarations)}, {"routes", symbol_use(emitter, emitter->table)},
         {"index", arena_format(emitter->arena, "%u", route->index)}, {"uses", text_of(&uses.calls)});
}
