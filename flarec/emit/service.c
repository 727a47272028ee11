/* service.c - the service itself: limits, what runs after a reply, state; and the stubs of handlers. */
#include <string.h>

#include "emit/emit.h"

static const char *emit_limits(struct emitter *emitter)
{
    static const char *const names[LIMIT_COUNT] = {
        [LIMIT_HEAD] = "head_max_bytes",      [LIMIT_URI] = "uri_max_bytes",
        [LIMIT_HEADERS] = "headers_max",      [LIMIT_BODY] = "body_max_bytes",
        [LIMIT_REQUESTS] = "keep_alive_max",  [LIMIT_HEAD_TIME] = "head_time_ms",
        [LIMIT_BODY_TIME] = "body_time_ms",   [LIMIT_IDLE_TIME] = "idle_time_ms",
        [LIMIT_WRITE_TIME] = "write_time_ms", [LIMIT_TIME] = "time_ms",
        [LIMIT_STREAMS] = "streams_max",      [LIMIT_WINDOW] = "window_bytes",
    };
    struct text members = {.arena = emitter->arena};

    for (size_t i = 0; i < LIMIT_COUNT; i++) {
        const struct limit *const limit = &emitter->model->limits[i];

        if (limit->set && names[i] != NULL)
            text_format(&members, ".%s = %s,\n", names[i],
                        c_number(emitter->arena, i == LIMIT_BODY ? TYPE_U64 : TYPE_U32,
                                 (struct number){.magnitude = limit->value}));
    }
    if (members.length == 0)
        return "";
    FILL(body(emitter), "service/limits", {"members", text_of(&members)});
    return ".limits = &limits,\n";
}

/* Does anything want to know the peer and when the request began? */
static bool is_observed(const struct model *model)
{
    bool observed = used_anywhere(model, USE_LOG);

    for (size_t i = 0; i < model->guards_count; i++)
        observed = observed || (model->guards[i]->after && model->guards[i]->used);
    return observed;
}

static bool says_transport(const struct use *uses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (uses[i].kind == USE_SECURITY_HEADERS && uses[i].headers->transport != NULL)
            return true;
    }
    return false;
}

/* Does anything want to know whether a request came over TLS? */
static bool asks_for_tls(const struct model *model)
{
    bool asks = says_transport(model->uses, model->uses_count);

    for (size_t i = 0; i < model->routes_count && !asks; i++)
        asks = says_transport(model->routes[i].uses, model->routes[i].uses_count);
    return asks;
}

static const char *emit_flags(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    const bool observed = is_observed(model);
    struct text flags = {.arena = emitter->arena};

    if (service_use(model, USE_REQUEST_ID) != NULL)
        text_add(&flags, " | FLAREI_USE_REQUEST_ID");
    if (observed)
        text_add(&flags, " | FLAREI_USE_LOG");
    else if (service_use(model, USE_METRICS) != NULL || used_anywhere(model, USE_SERVER_TIMING))
        text_add(&flags, " | FLAREI_USE_TIME");
    if (used_anywhere(model, USE_RATE_LIMIT))
        text_add(&flags, " | FLAREI_USE_PEER");
    if (asks_for_tls(model))
        text_add(&flags, " | FLAREI_USE_SECURE");
    if (has_websockets(model) || has_passed_websockets(model))
        text_add(&flags, " | FLAREI_WEBSOCKETS");
    return flags.length != 0 ? arena_format(emitter->arena, ".uses = %s,\n", text_of(&flags) + 3) : "";
}

static void emit_pages(struct emitter *emitter, struct text *out)
{
    const struct model *const model = emitter->model;
    struct text cases = {.arena = emitter->arena}, otherwise = {.arena = emitter->arena};

    if (model->error_pages_count == 0)
        return;
    for (size_t i = 0; i < model->error_pages_count; i++) {
        const struct error_page *const page = &model->error_pages[i];

        if (page->status == 0)
            FILL(&otherwise, "service/page_default", {"page", page->c_name});
        else
            FILL(&cases, "service/page_case", {"page", page->c_name},
                 {"status", arena_format(emitter->arena, "%u", page->status)});
    }
    FILL(out, "service/page", {"cases", text_of(&cases)},
         {"otherwise", otherwise.length != 0 ? text_of(&otherwise) : "return false;\n"});
}

void emit_service_table(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    struct text *const out = body(emitter);
    const char *limits, *after;

    emitter->part = 0;
    section(emitter, out, "Service");
    limits = emit_limits(emitter);
    after = emit_after(emitter) ? ".after = after,\n" : "";
    if (model->state != NULL)
        FILL(out, "service/state", {"service", emitter->service}, {"state", model->state});
    if (model->worker_state != NULL)
        FILL(out, "service/worker", {"service", emitter->service}, {"state", model->worker_state},
             {"unused", model->state != NULL ? "" : "(void)state;\n"},
             {"argument",
              model->state != NULL ? arena_format(emitter->arena, "(struct %s *)state", model->state) : ""});
    emit_pages(emitter, out);
    FILL(out, "service/service", {"service", emitter->service},
         {"count", arena_format(emitter->arena, "%zu", model->routes_count)},
         {"name", str_initializer(emitter, out, model->name, strlen(model->name))},
         {"version", str_initializer(emitter, out, model->version, strlen(model->version))},
         {"routes", model->routes_count == 0 ? ""
                                             : arena_format(emitter->arena, ".routes = %s,\n",
                                                            symbol_use(emitter, emitter->table))},
         {"limits", limits}, {"after", after},
         {"state", model->state != NULL ? ".state_open = state_open,\n.state_close = state_close,\n" : ""},
         {"worker",
          model->worker_state != NULL ? ".worker_open = worker_open,\n.worker_close = worker_close,\n" : ""},
         {"page", model->error_pages_count != 0 ? ".page = page,\n" : ""},
         {"sessions", has_sessions(emitter) ? ".sessions = &" SESSIONS_TABLE ",\n" : ""},
         {"websockets", has_websockets(model) ? ".websockets = &flarei_websockets,\n" : ""},
         {"uses", emit_flags(emitter)});
}

/* ---- stubs ------------------------------------------------------------------------------------- */

/* Every handler, so that a new service links. Of a route with declared replies none is a 501, so the stub
 * wraps a plain one. */
void emit_stubs(struct emitter *emitter, struct text *out)
{
    const struct model *const model = emitter->model;

    FILL(out, "stubs/begin", {"header", arena_format(emitter->arena, "%s.h", emitter->spec)},
         {"spec", emitter->spec});
    if (model->state != NULL)
        FILL(out, "stubs/state", {"service", emitter->service}, {"state", model->state});
    if (model->worker_state != NULL)
        FILL(out, "stubs/worker", {"service", emitter->service}, {"state", model->worker_state},
             {"parameter", worker_parameter(emitter)},
             {"unused", model->state != NULL ? "(void)state;\n" : ""});
    for (size_t i = 0; i < model->error_pages_count; i++) {
        if (!model->error_pages[i].repeated)
            FILL(out, "stubs/page", {"name", model->error_pages[i].c_name});
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        if (ready_first(model, i) != NULL)
            FILL(out, "stubs/ready", {"name", model->routes[i].ready_c_name});
    }
    for (size_t i = 0; i < model->guards_count; i++) {
        const struct guard *const guard = model->guards[i];
        const char *const prototype = guard_prototype(emitter, guard);

        if ((guard->library != NULL && !guard->used) || guard->session != NULL)
            continue;
        if (guard_has_verdict(guard))
            FILL(out, "stubs/guard", {"title", c_comment(emitter->arena, guard->name)},
                 {"prototype", prototype}, {"name", guard->c_name},
                 {"unused", strstr(prototype, " *in)") != NULL ? "(void)in;\n" : ""});
        if (guard->after)
            FILL(out, "stubs/after", {"title", c_comment(emitter->arena, guard->name)},
                 {"prototype", after_prototype(emitter, guard)},
                 {"unused", guard->gives_count != 0 ? "(void)gives;\n" : ""});
    }
    for (size_t i = 0; i < model->calls_count; i++)
        FILL(out, "stubs/check", {"name", model->calls[i]->name},
             {"type", c_type_plain(emitter, model->calls[i]->type)},
             {"place", place_of(emitter, model->calls[i]->place)});
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];

        if (route->handler != HANDLER_FUNCTION || route->handler_repeated)
            continue;
        if (route->websocket) {
            emit_websocket_stubs(emitter, route, out);
            continue;
        }
        FILL(out,
             route->way == WAY_DEFERRED  ? "stubs/handler_deferred"
             : route->replies_count != 0 ? "stubs/handler_reply"
                                         : "stubs/handler",
             {"title", route_title(emitter, route)}, {"prototype", handler_prototype(emitter, route)},
             {"name", route->handler_c_name}, {"unused", has_in(route) ? "(void)in;\n" : ""});
    }
}
