/* route.c - one function a route: inputs, body, handler. */
#include <string.h>

#include "emit/emit.h"

/* "route_get_user(flare_request *rq, flare_str raw_id)" */
static const char *signature(struct emitter *emitter, const struct route *route)
{
    struct text text = {.arena = emitter->arena};

    text_add(&text, "flare_reply %s(flare_request *rq");
    for (size_t i = 0; i < route->segments_count; i++) {
        const struct segment *const segment = &route->segments[i];

        if (takes_capture(route, segment))
            text_format(&text, ", flare_str raw_%s",
                        segment->kind == SEGMENT_WILDCARD ? "rest" : segment->input->c_name);
    }
    text_add(&text, ")");
    return text_of(&text);
}

/* ---- the body ------------------------------------------------------------------------------------------ */

/* What a kind takes where its body names nothing: "+x" is any type of that suffix. */
static const char *const *usual_media_types(enum body_kind kind)
{
    static const char *const json[] = {"application/json", "+json", NULL}, *const none[] = {NULL};
    static const char *const lines[] = {"application/x-ndjson", "application/ndjson", "application/jsonl",
                                        NULL};
    static const char *const text[] = {"text/plain", NULL};
    static const char *const form[] = {"application/x-www-form-urlencoded", NULL};
    static const char *const multipart[] = {"multipart/form-data", NULL};
    static const char *const *const usual[] = {
        [BODY_NONE] = none,    [BODY_BYTES] = none, [BODY_TEXT] = text,           [BODY_JSON] = json,
        [BODY_NDJSON] = lines, [BODY_FORM] = form,  [BODY_MULTIPART] = multipart, [BODY_STREAM] = none};

    return usual[kind];
}

/* A limit that is not the service's. */
void own_time(struct emitter *emitter, const struct route *route, enum limit_key kind, const char *member,
              struct text *members)
{
    const struct limit *const limit = &route->limits[kind], *const service = &emitter->model->limits[kind];

    if (limit->set && (!service->set || service->value != limit->value))
        text_format(members, ".%s = %s,\n", member,
                    c_number(emitter->arena, TYPE_U32, (struct number){.magnitude = limit->value}));
}

static const char *body_rule(struct emitter *emitter, const struct route *route)
{
    struct text members = {.arena = emitter->arena}, text = {.arena = emitter->arena};
    const struct body *const declared = &route->body;
    const char *const *media_types = declared->media_types;
    size_t count = declared->media_types_count;

    if (count == 0) {
        media_types = usual_media_types(declared->kind);
        while (media_types[count] != NULL)
            count++;
    }
    if (count != 0) {
        struct text rows = {.arena = emitter->arena};

        for (size_t i = 0; i < count; i++)
            text_format(&rows, "FLARE_STR_INIT(%s),\n",
                        c_string(emitter->arena, media_types[i], strlen(media_types[i])));
        FILL(&text, "route/media_types", {"rows", text_of(&rows)});
    }
    if (declared->max_bytes != 0)
        text_format(&members, ".max_bytes = %s,\n",
                    c_number(emitter->arena, TYPE_U64, (struct number){.magnitude = declared->max_bytes}));
    if (declared->inflated_max_bytes != 0)
        text_format(
            &members, ".inflated_max_bytes = %s,\n",
            c_number(emitter->arena, TYPE_U64, (struct number){.magnitude = declared->inflated_max_bytes}));
    own_time(emitter, route, LIMIT_BODY_TIME, "body_time_ms", &members);
    own_time(emitter, route, LIMIT_TIME, "time_ms", &members);
    if (declared->kind == BODY_MULTIPART)
        text_format(&members, ".multipart = &%s,\n.begin = flarei_upload_begin,\n",
                    form_rule(emitter, route));
    if (count != 0)
        text_format(&members, ".media_types = media_types,\n.media_type_count = %zu,\n", count);
    text_format(&members, ".required = %s,\n", body_kind_may_be_absent(declared->kind) ? "false" : "true");
    if (declared->streamed)
        text_add(&members, ".streamed = true,\n");
    FILL(&text, "route/body_rule", {"members", text_of(&members)});
    return text_of(&text);
}

static const char *plain_call(struct emitter *emitter, const struct route *route, const char *in)
{
    const char *const end = route->way == WAY_DEFERRED  ? ", flarei_deferred_of(rq))"
                            : route->replies_count != 0 ? ").flarei"
                                                        : ")";

    return arena_format(emitter->arena, "%s(rq%s%s%s", route->handler_c_name, in[0] != '\0' ? ", " : "", in,
                        end);
}

bool has_ways(const struct model *model)
{
    for (size_t i = 0; i < model->routes_count; i++) {
        if (model->routes[i].handler == HANDLER_FUNCTION && model->routes[i].way != WAY_PLAIN)
            return true;
    }
    return false;
}

/* What waits before the handler runs: sessions, and the guards that use them. */
static void emit_first(struct emitter *emitter, const struct route *route, struct text *first)
{
    struct uses_text uses = {{.arena = emitter->arena}, {.arena = emitter->arena}, {.arena = emitter->arena}};

    emit_waiting_uses(emitter, route, &uses);
    text_add(first, text_of(&uses.declarations));
    text_add(first, has_in(route) ? "\n" : "\n(void)input;\n");
    text_add(first, text_of(&uses.calls));
    text_add(first, text_of(&uses.gives));
}

/* A handler that may take its time runs behind a function of its own, which is given a copy of the inputs. */
static const char *emit_work(struct emitter *emitter, const struct route *route)
{
    const char *const bare = bare_name(emitter, route->handler_c_name);
    const char *const run = own_static(emitter, arena_format(emitter->arena, "run_%s", bare));
    const char *const name = own_static(emitter, arena_format(emitter->arena, "work_%s", bare));
    const bool waits = route_waits(route);
    const char *const in = !has_in(route) ? ""
                           : waits
                               ? "in"
                               : arena_format(emitter->arena, "(const %s_in *)input", route->handler_c_name);
    struct text members = {.arena = emitter->arena}, first = {.arena = emitter->arena};

    text_format(&members, ".run = %s,\n", run);
    if (has_in(route))
        text_format(&members, ".input_bytes = sizeof(%s_in),\n", route->handler_c_name);
    own_time(emitter, route, LIMIT_TIME, "time_ms", &members);
    if (waits && has_in(route))
        text_format(&first, "%s_in *const in = (%s_in *)input;\n", route->handler_c_name,
                    route->handler_c_name);
    if (waits)
        emit_first(emitter, route, &first);
    else if (!has_in(route))
        text_add(&first, "(void)input;\n");
    FILL(body(emitter), route->way == WAY_DEFERRED ? "route/work_deferred" : "route/work", {"run", run},
         {"name", name}, {"members", text_of(&members)}, {"first", text_of(&first)},
         {"call", plain_call(emitter, route, in)});
    return name;
}

/* The call of the handler, or of what runs it. `work` is made once for a route. */
static const char *call_of(struct emitter *emitter, const struct route *route, const char *work,
                           const char *in)
{
    static const char *const runners[] = {[WAY_PLAIN] = "",
                                          [WAY_ASYNC] = "flarei_async",
                                          [WAY_BLOCKING] = "flarei_blocking",
                                          [WAY_DEFERRED] = "flarei_deferred"};

    if (work == NULL)
        return plain_call(emitter, route, in);
    return arena_format(emitter->arena, "%s%s(rq, &%s, %s)", runners[route->way],
                        route_streams(route) ? "_stream" : "", work, has_in(route) ? in : "NULL");
}

/* ---- the function ------------------------------------------------------------------------------ */

static void emit_builtin(struct emitter *emitter, const struct route *route, struct symbol *symbol)
{
    const bool fixed = route->handler == HANDLER_FIXED;
    struct text long_texts = {.arena = emitter->arena};
    struct uses_text uses = {{.arena = emitter->arena}, {.arena = emitter->arena}, {.arena = emitter->arena}};
    const char *h1, *body_text, *type = "\"\"";

    h1 = arena_format(emitter->arena, "HTTP/1.1 %u %s\r\n%s: %s\r\n", route->fixed_status,
                      route->fixed_reason, fixed ? "Content-Type" : "Location",
                      fixed ? route->fixed_media_type : route->fixed_body);
    h1 = str_initializer(emitter, &long_texts, h1, strlen(h1));
    if (fixed) {
        type = c_string(emitter->arena, route->fixed_media_type, strlen(route->fixed_media_type));
        body_text = str_expression(emitter, &long_texts, route->fixed_body, route->fixed_length);
    } else {
        body_text = str_initializer(emitter, &long_texts, route->fixed_body, route->fixed_length);
    }
    emit_uses(emitter, route, &uses);
    FILL(body(emitter), fixed ? "route/fixed" : "route/redirect", {"title", route_title(emitter, route)},
         {"place", place_of(emitter, route->place)}, {"signature", symbol->prototype},
         {"long_texts", text_of(&long_texts)},
         {"status", arena_format(emitter->arena, "%u", route->fixed_status)}, {"h1", h1}, {"type", type},
         {"body", body_text}, {"routes", symbol_use(emitter, emitter->table)},
         {"index", arena_format(emitter->arena, "%u", route->index)},
         {"verdicts", text_of(&uses.declarations)}, {"uses", text_of(&uses.calls)});
}

/* A plain handler asks for itself whether its time is over. */
static const char *plain_time(struct emitter *emitter, const struct route *route)
{
    struct text line = {.arena = emitter->arena};

    if (route->way == WAY_PLAIN && !route->websocket)
        own_time(emitter, route, LIMIT_TIME, "time_ms", &line);
    if (line.length == 0)
        return "";
    /* ".time_ms = 200,\n" as a statement */
    return arena_format(emitter->arena, "rq->%.*s;\n", (int)(line.length - 3), text_of(&line) + 1);
}

/* The end of a route's function: the handler, at once or when its body is there. `work` as in call_of(). */
static void emit_call(struct emitter *emitter, const struct route *route, const char *work,
                      struct text *declarations, struct text *call)
{
    if (route->websocket) {
        emit_websocket(emitter, route, declarations, call);
    } else if (route->body.kind == BODY_NONE) {
        FILL(call, "route/call", {"call", call_of(emitter, route, work, has_in(route) ? "&in" : "")});
    } else if (route->body.streamed) {
        if (route->body.kind == BODY_NDJSON)
            emit_stream_next(emitter, route);
        FILL(call, "stream/body", {"call", call_of(emitter, route, work, has_in(route) ? "&in" : "")});
        text_add(declarations, body_rule(emitter, route));
    } else {
        const char *const name = own_static(
            emitter, arena_format(emitter->arena, "resume_%s", bare_name(emitter, route->handler_c_name)));

        if (route->body.kind == BODY_FORM || route->body.kind == BODY_MULTIPART)
            emit_form_resume(emitter, route, name, call_of(emitter, route, work, "in"));
        else if (route->body.type != NULL)
            emit_json_resume(emitter, route, name, call_of(emitter, route, work, has_in(route) ? "in" : ""));
        else
            FILL(body(emitter), route->body.kind == BODY_TEXT ? "route/resume_text" : "route/resume",
                 {"name", name}, {"in", route->handler_c_name},
                 {"call", call_of(emitter, route, work, "in")});
        FILL(call, "route/body", {"resume", name}, {"in", has_in(route) ? "&in" : "NULL"},
             {"bytes", has_in(route) ? "sizeof in" : "0"});
        text_add(declarations, body_rule(emitter, route));
    }
}

static void emit_route(struct emitter *emitter, const struct route *route, struct symbol *symbol)
{
    struct inputs_text inputs = {.declarations.arena = emitter->arena,
                                 .reading.arena = emitter->arena,
                                 .defaults.arena = emitter->arena};
    struct uses_text uses = {{.arena = emitter->arena}, {.arena = emitter->arena}, {.arena = emitter->arena}};
    struct text *const declarations = &inputs.declarations;
    const char *const read = shared_read(emitter, route);
    const char *const as_get = route->websocket ? "flarei_ws_as_get(rq);\n" : "";
    const char *const own_time_line = plain_time(emitter, route);
    const char *const set_route =
        arena_format(emitter->arena, "%srq->route = &%s[%u];\n%s", as_get,
                     symbol_use(emitter, emitter->table), route->index, own_time_line);
    struct text refuse = {.arena = emitter->arena}, call = {.arena = emitter->arena};
    const char *const work = route->way != WAY_PLAIN && !route->websocket ? emit_work(emitter, route) : NULL;

    if (read == NULL)
        emit_inputs(emitter, route->inputs, route->inputs_count, route->wildcard, &inputs);
    emit_uses(emitter, route, &uses);
    if (has_in(route) && route->body.kind == BODY_NONE && !route_waits(route) &&
        (read != NULL || only_plain_inputs(route)))
        text_format(declarations, "%s_in in;\n", route->handler_c_name);
    else if (inputs.defaults.length != 0)
        FILL(declarations, "route/in", {"type", route->handler_c_name},
             {"members", text_of(&inputs.defaults)});
    else if (has_in(route))
        text_format(declarations, "%s_in in = {0};\n", route->handler_c_name);
    if (inputs.can_fail)
        FILL_PLAIN(&refuse, "route/refuse");
    if (!emit_cache(emitter, route, work, declarations, &call))
        emit_call(emitter, route, work, declarations, &call);
    text_add(declarations, text_of(&uses.declarations));
    if (declarations->length != 0)
        text_add(declarations, "\n");
    if (read != NULL) {
        FILL(body(emitter), "route/function_shared", {"title", route_title(emitter, route)},
             {"place", place_of(emitter, route->place)}, {"signature", symbol->prototype},
             {"declarations", text_of(declarations)},
             {"route", shared_sets_route(emitter, route)
                           ? arena_format(emitter->arena, "%s%s", as_get, own_time_line)
                           : set_route},
             {"uses", text_of(&uses.calls)}, {"gives", text_of(&uses.gives)}, {"read", read},
             {"call", text_of(&call)});
        return;
    }
    FILL(body(emitter), "route/function", {"title", route_title(emitter, route)},
         {"place", place_of(emitter, route->place)}, {"signature", symbol->prototype},
         {"declarations", text_of(declarations)}, {"route", set_route}, {"uses", text_of(&uses.calls)},
         {"gives", text_of(&uses.gives)}, {"reading", text_of(&inputs.reading)}, {"refuse", text_of(&refuse)},
         {"call", text_of(&call)});
}

/* ---- the table --------------------------------------------------------------------------------- */

static bool uses_request_id(const struct route *route)
{
    for (size_t i = 0; i < route->uses_count; i++) {
        if (route->uses[i].kind == USE_REQUEST_ID)
            return true;
    }
    return false;
}

/* Is a part of the path never to be logged? */
static bool has_secret_path(const struct route *route)
{
    for (size_t i = 0; i < route->inputs_count; i++) {
        if (route->inputs[i].kind == INPUT_PATH && route->inputs[i].type->constraints.secret)
            return true;
    }
    for (size_t i = 0; i < route->uses_count; i++) {
        const struct guard *const guard = route->uses[i].guard;

        for (size_t k = 0; guard != NULL && k < guard->inputs_count; k++) {
            if (guard->inputs[k].kind == INPUT_PATH && guard->inputs[k].type->constraints.secret)
                return true;
        }
    }
    return false;
}

/* Has it what no form of a log shows as it is? */
static bool has_odd_path(const struct route *route)
{
    bool odd = false;

    for (const char *at = route->path; *at != '\0' && !odd; at++)
        odd = *at <= ' ' || *at >= 0x7f || *at == '"' || *at == '\\' || *at == '=';
    return odd;
}

void add_flag(struct text *flags, bool set, const char *flag)
{
    if (set)
        text_format(flags, "%s%s", flags->length != 0 ? " | " : "", flag);
}

static void emit_table(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    const char *const count = arena_format(emitter->arena, "[%zu]", model->routes_count);
    struct text rows = {.arena = emitter->arena}, long_texts = {.arena = emitter->arena};

    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];
        const char *const name =
            route->handler == HANDLER_FUNCTION ? route->handler_name : route_handler_words(route);
        struct text uses = {.arena = emitter->arena};

        add_flag(&uses, uses_request_id(route), "FLAREI_USE_REQUEST_ID");
        add_flag(&uses, logs_always(route), "FLAREI_USE_LOG");
        add_flag(&uses, has_secret_path(route), "FLAREI_SECRET_PATH");
        add_flag(&uses, has_odd_path(route), "FLAREI_ODD_PATTERN");
        if (uses.length == 0)
            text_add(&uses, "0");

        FILL(&rows, "service/route_row", {"method", route->word},
             {"pattern", str_initializer(emitter, &long_texts, route->path, strlen(route->path))},
             {"name", c_string(emitter->arena, name, strlen(name))},
             {"line", arena_format(emitter->arena, "%u", source_position(route->place).line)},
             {"uses", text_of(&uses)});
    }
    emitter->table = symbol_make(emitter, NULL, "routes",
                                 arena_format(emitter->arena, "%sconst flare_route %%s%s",
                                              emitter->parts > 1 ? "extern " : "static ", count));
    text_add(body(emitter), text_of(&long_texts));
    FILL(body(emitter), "service/routes_begin", {"linkage", linkage(emitter, emitter->table)},
         {"routes", emitter->table->name}, {"rows", text_of(&rows)});
}

static const char *function_name(struct emitter *emitter, const struct route *route)
{
    return arena_format(emitter->arena, "route_%s",
                        route->handler == HANDLER_FUNCTION
                            ? bare_name(emitter, route->handler_c_name)
                            : c_identifier(emitter->arena, route_handler_words(route)));
}

void name_routes(struct emitter *emitter)
{
    const struct model *const model = emitter->model;

    emitter->routes = ARENA_ARRAY(emitter->arena, model->routes_count, struct symbol *);
    emitter->route_parts = ARENA_ARRAY(emitter->arena, model->routes_count, unsigned);
    for (size_t i = 0; i < model->routes_count; i++)
        emitter->routes[i] = symbol_make(emitter, NULL, function_name(emitter, &model->routes[i]),
                                         signature(emitter, &model->routes[i]));
}

/* metrics(), health(), ready() */
static void emit_state_route(struct emitter *emitter, const struct route *route, struct symbol *symbol)
{
    struct uses_text uses = {{.arena = emitter->arena}, {.arena = emitter->arena}, {.arena = emitter->arena}};
    const char *const name = route->handler == HANDLER_METRICS  ? "metrics"
                             : route->handler == HANDLER_HEALTH ? "health"
                                                                : "ready";
    const char *const call = route->ready_c_name != NULL
                                 ? arena_format(emitter->arena, "ready_if(rq, %s(rq))", route->ready_c_name)
                                 : arena_format(emitter->arena, "%s(rq)", name);

    emit_uses(emitter, route, &uses);
    if (uses.declarations.length != 0)
        text_add(&uses.declarations, "\n");
    FILL(body(emitter), "route/state", {"title", route_title(emitter, route)},
         {"place", place_of(emitter, route->place)}, {"signature", symbol->prototype},
         {"verdicts", text_of(&uses.declarations)}, {"routes", symbol_use(emitter, emitter->table)},
         {"index", arena_format(emitter->arena, "%u", route->index)}, {"uses", text_of(&uses.calls)},
         {"call", call});
}

static void emit_docs_route(struct emitter *emitter, const struct route *route, struct symbol *symbol)
{
    struct uses_text uses = {{.arena = emitter->arena}, {.arena = emitter->arena}, {.arena = emitter->arena}};

    emit_uses(emitter, route, &uses);
    text_add(&uses.declarations, text_of(&uses.calls));
    emit_docs(emitter, route, symbol, text_of(&uses.declarations));
}

void emit_routes(struct emitter *emitter)
{
    const struct model *const model = emitter->model;

    emitter->part = 0;
    if (model->routes_count == 0)
        return;
    section(emitter, body(emitter), "Routes: inputs, then the handler");
    emit_table(emitter);
    emit_input_constants(emitter);
    emit_guards(emitter);
    emit_shared_readers(emitter);
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];

        emitter->part = emitter->route_parts[i];
        if (route->handler == HANDLER_FUNCTION)
            emit_route(emitter, route, emitter->routes[i]);
        else if (route->handler == HANDLER_DOCS)
            emit_docs_route(emitter, route, emitter->routes[i]);
        else if (route->handler == HANDLER_FILES)
            emit_files(emitter, route, emitter->routes[i]);
        else if (route->handler == HANDLER_PROXY)
            emit_proxy(emitter, route, emitter->routes[i]);
        else if (route->handler == HANDLER_FIXED || route->handler == HANDLER_REDIRECT)
            emit_builtin(emitter, route, emitter->routes[i]);
        else
            emit_state_route(emitter, route, emitter->routes[i]);
    }
    emitter->part = 0;
}
