/* header.c - X.flare.h: what the user's C sees. */
#include <string.h>

#include "emit/header.h"

/* ---- routes -------------------------------------------------------------------------------------------- */

bool has_in(const struct route *route)
{
    return route->handler == HANDLER_FUNCTION &&
           (route->inputs_count != 0 || route->wildcard ||
            (route->body.kind != BODY_NONE && route->body.kind != BODY_NDJSON &&
             route->body.kind != BODY_STREAM) ||
            gives_count(route->uses, route->uses_count) != 0);
}

const char *result_type(struct emitter *emitter, const struct route *route)
{
    return route->replies_count == 0 ? "flare_reply"
                                     : arena_format(emitter->arena, "%s_reply", route->handler_c_name);
}

const char *handler_prototype(struct emitter *emitter, const struct route *route)
{
    const char *const in =
        has_in(route) ? arena_format(emitter->arena, ", const %s_in *in", route->handler_c_name) : "";

    if (route->way == WAY_DEFERRED)
        return arena_format(emitter->arena, "void %s(flare_request *rq%s, flare_deferred *later)",
                            route->handler_c_name, in);
    return arena_format(emitter->arena, "%s %s(flare_request *rq%s)", result_type(emitter, route),
                        route->handler_c_name, in);
}

size_t typed_headers(const struct reply *reply)
{
    size_t count = 0;

    for (size_t i = 0; i < reply->headers_count; i++)
        count += reply->headers[i].type != NULL;
    for (size_t i = 0; i < reply->cookies_count; i++)
        count += reply->cookies[i].type != NULL;
    return count;
}

const char *header_parameter(struct emitter *emitter, const char *c_name)
{
    static const char *const ours[] = {"rq",   "body", "headers", "out",   "head",
                                       "made", "text", "value",   "stream"};

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (strcmp(ours[i], c_name) == 0)
            return arena_format(emitter->arena, "%s_", c_name);
    }
    return c_name;
}

bool reply_by_pointer(const struct type *type)
{
    return type->kind == TYPE_OBJECT || type->kind == TYPE_UNION || type->kind == TYPE_ARRAY ||
           type->kind == TYPE_MAP;
}

void add_head_parameters(struct emitter *emitter, struct text *text, const struct reply *reply)
{
    if (typed_headers(reply) >= HEADERS_STRUCT_MIN) {
        text_format(text, ", const %s_headers *headers", reply->c_name);
        return;
    }
    for (size_t i = 0; i < reply->headers_count; i++) {
        if (reply->headers[i].type != NULL)
            text_format(text, ", %s %s", c_type(emitter, reply->headers[i].type),
                        header_parameter(emitter, reply->headers[i].c_name));
    }
    for (size_t i = 0; i < reply->cookies_count; i++) {
        if (reply->cookies[i].type != NULL)
            text_format(text, ", %s %s", c_type(emitter, reply->cookies[i].type),
                        header_parameter(emitter, reply->cookies[i].c_name));
    }
}

const char *constructor_prototype(struct emitter *emitter, const char *type, const struct reply *reply)
{
    struct text text = {.arena = emitter->arena};

    text_format(&text, "%s %s(flare_request *rq", type, reply->c_name);
    if (reply->content == CONTENT_JSON || (reply->content == CONTENT_HTML && reply->type != NULL)) {
        const bool pointed = reply_by_pointer(reply->type);

        text_format(&text, ", %s%s %sbody", pointed ? "const " : "", c_type(emitter, reply->type),
                    pointed ? "*" : "");
    } else if (reply->content == CONTENT_TEXT || reply->content == CONTENT_BYTES) {
        text_add(&text, ", flare_str body");
    } else if (reply->content == CONTENT_FILE) {
        text_add(&text, ", const flare_file_content *file");
    }
    add_head_parameters(emitter, &text, reply);
    text_add(&text, ")");
    return text_of(&text);
}

static const char *const places[] = {
    [INPUT_PATH] = "path  ", [INPUT_QUERY] = "query ", [INPUT_HEADER] = "header", [INPUT_COOKIE] = "cookie"};

const char *next_prototype(struct emitter *emitter, const struct route *route)
{
    return arena_format(emitter->arena, "bool %s_next(flare_request *rq, %s *item)", route->handler_c_name,
                        c_type(emitter, route->body.type));
}

static const char *body_type(struct emitter *emitter, const struct body *declared)
{
    return declared->type != NULL ? c_type(emitter, declared->type) : "flare_str";
}

/* A struct of the user's that text is made into. */
static void need_parser(struct header *header, const struct type *type)
{
    if (header_note(header, arena_format(header->emitter->arena, "struct %s", type->struct_tag)))
        FILL(header->out, "guard/struct", {"tag", type->struct_tag});
    if (header_note(header, type->parse))
        FILL(header->out, "header/parser", {"tag", type->struct_tag}, {"name", type->parse});
}

static void add_inputs(struct header *header, struct text *members, const struct input *inputs, size_t count)
{
    struct emitter *const emitter = header->emitter;

    for (size_t i = 0; i < count; i++) {
        if (inputs[i].type->kind == TYPE_STRUCT)
            need_parser(header, inputs[i].type);
        else
            header_need_type(header, inputs[i].type);
    }
    for (size_t i = 0; i < count; i++) {
        const struct input *const input = &inputs[i];
        const char *wire = "";

        if (strcmp(input->name, input->c_name) != 0)
            wire = arena_format(emitter->arena, "%s: ", c_comment(emitter->arena, input->name));
        text_format(members, "%s%s; /* %s %s%s */\n", doc_comment(emitter, input->doc),
                    declared_as(emitter, input->type, input->c_name), places[input->kind], wire,
                    type_words_of(emitter, input->type, input->fallback));
    }
}

/* What the guards among the uses give. */
static void add_given(struct header *header, struct text *members, const struct use *uses, size_t count)
{
    struct emitter *const emitter = header->emitter;

    for (size_t i = 0; i < count; i++) {
        const struct guard *const guard = uses[i].guard;

        for (size_t k = 0; guard != NULL && k < guard->gives_count; k++)
            text_format(members, "%s; /* guard  %s */\n",
                        declared_as(emitter, guard->gives[k].type, guard->gives[k].c_name),
                        c_comment(emitter->arena, guard->name));
    }
}

static void emit_in(struct header *header, const struct route *route)
{
    struct emitter *const emitter = header->emitter;
    struct text members = {.arena = emitter->arena};

    add_inputs(header, &members, route->inputs, route->inputs_count);
    if (route->wildcard)
        text_add(&members,
                 "flare_str rest; /* path   what stands for the last segment on; may be empty */\n");
    if (route->body.kind != BODY_NONE && route->body.kind != BODY_NDJSON && route->body.kind != BODY_STREAM)
        text_format(&members, "%s body; /* the body%s%s */\n", body_type(emitter, &route->body),
                    route->body.type != NULL ? ": " : "",
                    route->body.type != NULL ? type_words_of(emitter, route->body.type, NULL) : "");
    add_given(header, &members, route->uses, route->uses_count);
    FILL(header->out, "header/in", {"name", route->handler_c_name}, {"members", text_of(&members)});
}

static const char *status_words(struct emitter *emitter, const struct reply *reply)
{
    static const char *const kinds[] = {[CONTENT_EMPTY] = "",
                                        [CONTENT_TEXT] = "",
                                        [CONTENT_JSON] = "",
                                        [CONTENT_BYTES] = "",
                                        [CONTENT_PROBLEM] = ", a problem",
                                        [CONTENT_STREAM] = "",
                                        [CONTENT_SSE] = "",
                                        [CONTENT_HTML] = ", a page",
                                        [CONTENT_FILE] = ", a file"};

    return arena_format(emitter->arena, "%u %s%s", reply->status, reply->reason, kinds[reply->content]);
}

/* The constructors of a reply type or verdict. */
static void declare_constructors(struct header *header, const char *type, const struct reply *replies,
                                 size_t count)
{
    struct emitter *const emitter = header->emitter;

    for (size_t i = 0; i < count; i++) {
        const struct reply *const reply = &replies[i];
        struct text members = {.arena = emitter->arena};

        if (reply->type != NULL)
            header_need_type(header, reply->type);
        for (size_t k = 0; k < reply->headers_count; k++) {
            if (reply->headers[k].type == NULL)
                continue;
            header_need_type(header, reply->headers[k].type);
            text_format(&members, "%s%s %s; /* %s */\n", doc_comment(emitter, reply->headers[k].doc),
                        c_type(emitter, reply->headers[k].type), reply->headers[k].c_name,
                        c_comment(emitter->arena, reply->headers[k].name));
        }
        for (size_t k = 0; k < reply->trailers_count; k++)
            header_need_type(header, reply->trailers[k].type);
        for (size_t k = 0; k < reply->cookies_count; k++) {
            if (reply->cookies[k].type == NULL)
                continue;
            header_need_type(header, reply->cookies[k].type);
            text_format(&members, "%s%s %s; /* cookie %s */\n", doc_comment(emitter, reply->cookies[k].doc),
                        c_type(emitter, reply->cookies[k].type), reply->cookies[k].c_name,
                        c_comment(emitter->arena, reply->cookies[k].name));
        }
        if (typed_headers(reply) >= HEADERS_STRUCT_MIN)
            FILL(header->out, "header/reply_headers", {"name", reply->c_name},
                 {"members", text_of(&members)});
    }
    for (size_t i = 0; i < count; i++) {
        if (reply_is_streamed(&replies[i]))
            declare_stream(emitter, header->out, type, &replies[i]);
        else
            FILL(header->out, "header/constructor", {"doc", doc_comment(emitter, replies[i].doc)},
                 {"prototype", constructor_prototype(emitter, type, &replies[i])},
                 {"status", status_words(emitter, &replies[i])});
    }
}

static void emit_reply_types(struct header *header, const struct route *route)
{
    const char *const type = arena_format(header->emitter->arena, "%s_reply", route->handler_c_name);

    FILL(header->out, "header/reply", {"name", route->handler_c_name});
    declare_constructors(header, type, route->replies, route->replies_count);
    FILL(header->out, "header/fail", {"type", type}, {"name", route->handler_c_name});
    if (route->way != WAY_PLAIN)
        FILL(header->out, "header/cancelled", {"type", type}, {"name", route->handler_c_name});
    if (route->way == WAY_DEFERRED)
        FILL(header->out, "header/deliver", {"name", route->handler_c_name});
}

/* ---- guards -------------------------------------------------------------------------------------------- */

/* Structs of the user's that guards give. */
static void declare_structs(struct header *header, const struct guard *guard)
{
    for (size_t i = 0; i < guard->gives_count; i++) {
        const struct type *const type = guard->gives[i].type;

        if (type->kind != TYPE_STRUCT)
            header_need_type(header, type);
        else if (header_note(header, arena_format(header->emitter->arena, "struct %s", type->struct_tag)))
            FILL(header->out, "guard/struct", {"tag", type->struct_tag});
    }
}

static void emit_guard_types(struct header *header, const struct guard *guard)
{
    struct emitter *const emitter = header->emitter;
    const char *const type = arena_format(emitter->arena, "%s_verdict", guard->c_name);
    struct text members = {.arena = emitter->arena}, gives = {.arena = emitter->arena};

    if (guard->session != NULL) {
        header_need_type(header, guard->gives[0].type);
        emit_session_types(emitter, guard, header->out);
        return;
    }
    FILL(header->out, "guard/title", {"name", c_comment(emitter->arena, guard->name)},
         {"place", place_of(emitter, guard->place)}, {"doc", doc_comment(emitter, guard->doc)});
    declare_structs(header, guard);
    add_inputs(header, &members, guard->inputs, guard->inputs_count);
    add_given(header, &members, guard->uses, guard->uses_count);
    if (guard_has_verdict(guard) && members.length != 0)
        FILL(header->out, "header/in", {"name", guard->c_name}, {"members", text_of(&members)});
    for (size_t i = 0; i < guard->gives_count; i++)
        text_format(&gives, "%s%s;\n", doc_comment(emitter, guard->gives[i].doc),
                    declared_as(emitter, guard->gives[i].type, guard->gives[i].c_name));
    if (guard->gives_count != 0)
        FILL(header->out, "guard/gives", {"name", guard->c_name}, {"members", text_of(&gives)});
    if (guard_has_verdict(guard)) {
        FILL(header->out, "guard/verdict", {"name", guard->c_name},
             {"gives", guard->gives_count != 0
                           ? arena_format(emitter->arena, "%s_gives gives;\n", guard->c_name)
                           : ""});
        FILL(header->out, "guard/pass", {"prototype", pass_prototype(emitter, guard)});
        declare_constructors(header, type, guard->replies, guard->replies_count);
        FILL(header->out, "header/fail", {"type", type}, {"name", guard->c_name});
        FILL(header->out, "header/handler", {"prototype", guard_prototype(emitter, guard)});
    }
    if (guard->after)
        FILL(header->out, "guard/after", {"prototype", after_prototype(emitter, guard)});
}

/* Those that this header's file declares. */
static void emit_guard_section(struct header *header)
{
    const struct model *const model = header->emitter->model;
    bool any = false;

    for (size_t i = 0; i < model->guards_count; i++) {
        if (model->guards[i]->library != header->library)
            continue;
        if (!any)
            section(
                header->emitter, header->out,
                "Guards. Each path returns what a constructor made: `_pass`, or how the request is refused");
        any = true;
        emit_guard_types(header, model->guards[i]);
    }
}

static void emit_route_types(struct header *header, const struct route *route)
{
    struct emitter *const emitter = header->emitter;

    if (route->handler != HANDLER_FUNCTION || route->handler_repeated)
        return;
    FILL(header->out, "header/route", {"title", route_title(emitter, route)},
         {"place", place_of(emitter, route->place)}, {"doc", doc_comment(emitter, route->doc)});
    if (route->body.type != NULL)
        header_need_type(header, route->body.type);
    if (has_in(route))
        emit_in(header, route);
    if (route->body.kind == BODY_NDJSON)
        FILL(header->out, route->body.streamed ? "stream/declare_next" : "header/next",
             {"prototype", next_prototype(emitter, route)});
    if (route->body.kind == BODY_NDJSON && route->replies_count != 0)
        text_add(header->out, "\n");
    if (route->replies_count != 0)
        emit_reply_types(header, route);
    if (!route->websocket) {
        FILL(header->out, "header/handler", {"prototype", handler_prototype(emitter, route)});
        return;
    }
    if (route->receive.type != NULL)
        header_need_type(header, route->receive.type);
    if (route->send.type != NULL)
        header_need_type(header, route->send.type);
    emit_websocket_types(emitter, route, header->out);
}

const char *worker_parameter(struct emitter *emitter)
{
    const char *const state = emitter->model->state;

    return state != NULL ? arena_format(emitter->arena, "struct %s *state", state) : "void";
}

static void emit_error_pages(struct header *header)
{
    const struct model *const model = header->emitter->model;

    if (model->error_pages_count != 0)
        FILL_PLAIN(header->out, "header/pages");
    for (size_t i = 0; i < model->error_pages_count; i++) {
        if (!model->error_pages[i].repeated)
            FILL(header->out, "header/page", {"name", model->error_pages[i].c_name});
    }
}

static void emit_ready_checks(struct header *header)
{
    const struct model *const model = header->emitter->model;

    for (size_t i = 0; i < model->routes_count; i++) {
        if (ready_first(model, i) != NULL)
            FILL(header->out, "header/ready", {"name", model->routes[i].ready_c_name},
                 {"path", c_comment(header->emitter->arena, model->routes[i].path)});
    }
}

static const char *guard_of(struct emitter *emitter, const char *name)
{
    char *const guard = arena_format(emitter->arena, "%s_FLARE_H", name);

    for (char *c = guard; *c != '\0'; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    return guard;
}

static const char *includes(struct emitter *emitter, const struct library *const *libraries, size_t count)
{
    struct text text = {.arena = emitter->arena};

    for (size_t i = 0; i < count; i++)
        text_format(&text, "#include \"%s\"\n", libraries[i]->header);
    return text_of(&text);
}

void emit_library_header(struct emitter *emitter, const struct library *library, struct text *out)
{
    struct header *const header = ARENA_NEW(emitter->arena, struct header);
    const struct model *const model = emitter->model;
    const bool at_hand = library == NULL;

    header->emitter = emitter;
    header->out = out;
    header->library = library;
    header->shared = true;
    FILL(out, "header/begin_library", {"guard", guard_of(emitter, at_hand ? model->c_name : library->c_name)},
         {"doc", doc_comment(emitter, at_hand ? model->doc : library->doc)},
         {"includes", includes(emitter, at_hand ? model->imports : library->imports,
                               at_hand ? model->imports_count : library->imports_count)});
    header_emit_types(header);
    header_emit_calls(header, library);
    emit_guard_section(header);
    FILL_PLAIN(out, "header/end");
}

void header_emit(struct header *header)
{
    struct emitter *const emitter = header->emitter;
    const struct model *const model = emitter->model;
    struct text *const out = header->out;

    FILL(out, "header/begin", {"guard", guard_of(emitter, emitter->service)}, {"service", emitter->service},
         {"includes",
          arena_format(emitter->arena, "%s%s%s%s%s",
                       has_ways(model) || has_socket_ways(model) ? "#include <flare/async.h>\n" : "",
                       has_file_replies(model) ? "#include <flare/file_content.h>\n" : "",
                       has_streams(model) ? "#include <flare/flow.h>\n" : "",
                       has_websockets(model) ? "#include <flare/websocket.h>\n" : "",
                       includes(emitter, model->imports, model->imports_count))},
         {"doc", doc_comment(emitter, model->doc)});
    if (model->state != NULL)
        FILL(out, "header/state", {"service", emitter->service}, {"state", model->state});
    if (model->worker_state != NULL)
        FILL(out, "header/worker", {"service", emitter->service}, {"state", model->worker_state},
             {"parameter", worker_parameter(emitter)});
    emit_error_pages(header);
    emit_ready_checks(header);
    header_emit_types(header);
    header_emit_calls(header, NULL);
    emit_guard_section(header);
    for (size_t i = 0; i < model->routes_count; i++)
        emit_route_types(header, &model->routes[i]);
    FILL_PLAIN(out, "header/end");
}

void emit_header(struct emitter *emitter, struct text *out)
{
    struct header *const header = ARENA_NEW(emitter->arena, struct header);

    if (emitter->model->is_library) {
        emit_library_header(emitter, NULL, out);
        return;
    }
    header->emitter = emitter;
    header->out = out;
    header_emit(header);
}
