/* mock.c - the pass: handlers that reply examples, guards that let pass, and what else is the user's own. */
#include "mock/mock.h"

#include <stdio.h>
#include <string.h>

#include "passes.h"

static const char *number_words(struct mock *mock, size_t number)
{
    return arena_format(mock->arena, "%zu", number);
}

/* `in` is a parameter, and is not looked at. */
static const char *unused_in(const char *prototype)
{
    return strstr(prototype, " *in") != NULL ? "(void)in;\n" : "";
}

/* ---- what can't be made up ------------------------------------------------------------------- */

struct mock_told {
    const struct mock_told *next;
    const struct type *type;
};

/* No value of a type, or of one in it, was found for what stands at a place. */
static void refuse(struct mock *mock, const struct type *type, struct place place, const char *what)
{
    const struct type *const stuck = mock->stuck != NULL ? mock->stuck : type;
    struct diagnostic *diagnostic;
    struct mock_told *told;

    for (const struct mock_told *before = mock->told; before != NULL; before = before->next) {
        if (before->type == stuck)
            return;
    }
    told = ARENA_NEW(mock->arena, struct mock_told);
    *told = (struct mock_told){mock->told, stuck};
    mock->told = told;
    diagnostic = diag_report(mock->diags, CODE_MOCK_VALUE, stuck->place, "a mock finds no value of '%s'",
                             stuck->written);
    if (stuck->place.source != place.source || stuck->place.start < place.start ||
        stuck->place.start >= place.start + place.length)
        diag_also(diagnostic, place, "%s", what);
    diag_help(diagnostic, "give it an @example, or what holds it");
}

/* ---- structs of the user's ------------------------------------------------------------------- */

struct tags {
    struct mock *mock;
    struct text *out;
    const char **names;
    size_t count;
};

static bool is_new(struct tags *tags, const char *name)
{
    for (size_t i = 0; i < tags->count; i++) {
        if (strcmp(tags->names[i], name) == 0)
            return false;
    }
    tags->names[tags->count++] = name;
    return true;
}

static void add_tag(struct tags *tags, const struct type *type)
{
    const struct model *const model = tags->mock->emitter->model;

    if (type->kind != TYPE_STRUCT || !is_new(tags, type->struct_tag))
        return;
    if ((model->state == NULL || strcmp(model->state, type->struct_tag) != 0) &&
        (model->worker_state == NULL || strcmp(model->worker_state, type->struct_tag) != 0))
        FILL(tags->out, "mock/given", {"tag", type->struct_tag});
    FILL(tags->out, "mock/given_item", {"tag", type->struct_tag});
}

static void add_parsers(struct tags *tags, const struct input *inputs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (inputs[i].type->kind == TYPE_STRUCT &&
            is_new(tags, arena_format(tags->mock->arena, "%s()", inputs[i].type->parse)))
            FILL(tags->out, "mock/parser", {"tag", inputs[i].type->struct_tag},
                 {"name", inputs[i].type->parse});
    }
}

static bool is_called(const struct guard *guard)
{
    return guard->session == NULL && (guard->library == NULL || guard->used);
}

static void emit_structs(struct mock *mock, struct text *out)
{
    const struct model *const model = mock->emitter->model;
    struct tags tags = {.mock = mock, .out = out};
    size_t room = 1;

    for (size_t i = 0; i < model->guards_count; i++)
        room += model->guards[i]->gives_count + 2 * model->guards[i]->inputs_count;
    for (size_t i = 0; i < model->routes_count; i++)
        room += 2 * model->routes[i].inputs_count;
    tags.names = ARENA_ARRAY(mock->arena, room, const char *);
    for (size_t i = 0; i < model->guards_count; i++) {
        const struct guard *const guard = model->guards[i];

        for (size_t k = 0; k < guard->gives_count && is_called(guard); k++)
            add_tag(&tags, guard->gives[k].type);
        for (size_t k = 0; k < guard->inputs_count; k++)
            add_tag(&tags, guard->inputs[k].type);
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        for (size_t k = 0; k < model->routes[i].inputs_count; k++)
            add_tag(&tags, model->routes[i].inputs[k].type);
    }
    for (size_t i = 0; i < model->guards_count; i++)
        add_parsers(&tags, model->guards[i]->inputs, model->guards[i]->inputs_count);
    for (size_t i = 0; i < model->routes_count; i++)
        add_parsers(&tags, model->routes[i].inputs, model->routes[i].inputs_count);
}

/* ---- replies to choose from -------------------------------------------------------------------------- */

struct choices {
    struct text rows, cases;
    size_t count, usual; /* from 1 */
};

/* `prefix` is of their names. False where one has no example. */
static bool choose(struct mock *mock, struct choices *choices, const struct reply *replies, size_t count,
                   const char *handler, const char *prefix, const char *give)
{
    bool good = true;

    *choices = (struct choices){.rows.arena = mock->arena, .cases.arena = mock->arena, .count = count};
    for (size_t i = 0; i < count; i++) {
        const struct reply *const reply = &replies[i];
        const char *const name = arena_format(mock->arena, "%s%s", prefix, reply->constructor);
        struct text statements = {.arena = mock->arena};

        mock->stuck = NULL;
        if (!mock_reply(mock, &statements, reply, handler, give)) {
            refuse(mock, reply->type, reply->place, "this reply has one");
            good = false;
            continue;
        }
        if (choices->usual == 0 && reply->status / 100 == 2)
            choices->usual = i + 1;
        FILL(&choices->rows, "mock/row", {"status", number_words(mock, reply->status)},
             {"name", c_string(mock->arena, name, strlen(name))},
             {"words", *reply->reason != '\0' ? reply->reason : "of no name"});
        const char *const line_end = strchr(text_of(&statements), '\n');
        FILL(&choices->cases, line_end == NULL || line_end[1] == '\0' ? "mock/case_line" : "mock/case",
             {"number", number_words(mock, i + 1)}, {"reply", text_of(&statements)});
    }
    choices->usual = choices->usual != 0 ? choices->usual : 1;
    return good;
}

static const char *rows_of(struct mock *mock, const struct choices *choices)
{
    struct text text = {.arena = mock->arena};

    FILL(&text, "mock/replies", {"rows", text_of(&choices->rows)});
    return text_of(&text);
}

/* ---- routes -------------------------------------------------------------------------------------------- */

static const char *handler_give(struct mock *mock, const struct route *route)
{
    if (route->way != WAY_DEFERRED)
        return "return $;";
    return arena_format(mock->arena, "%s(later, $);\nreturn;",
                        route->replies_count != 0
                            ? arena_format(mock->arena, "%s_deliver", route->handler_c_name)
                            : "flare_deliver");
}

static const char *refusal(struct mock *mock, const struct route *route)
{
    const char *const reply =
        route->replies_count != 0
            ? arena_format(mock->arena, "(%s_reply){flarei_mock_refuse(rq)}", route->handler_c_name)
            : "flarei_mock_refuse(rq)";

    return route->way != WAY_DEFERRED ? arena_format(mock->arena, "return %s;\n", reply)
           : route->replies_count != 0
               ? arena_format(mock->arena, "%s_deliver(later, %s);\n", route->handler_c_name, reply)
               : arena_format(mock->arena, "flare_deliver(later, %s);\n", reply);
}

/* A body that is read as it comes is read. */
static void read_body(struct mock *mock, const struct route *route, struct text *declarations,
                      struct text *read)
{
    if (route->body.kind == BODY_STREAM) {
        FILL_PLAIN(declarations, "mock/body");
        FILL_PLAIN(read, "mock/body_read");
    } else if (route->body.kind == BODY_NDJSON && route->body.streamed) {
        FILL(declarations, "mock/items", {"type", c_type(mock->emitter, route->body.type)});
        FILL(read, "mock/items_read", {"name", route->handler_c_name});
    }
}

static bool emit_handler(struct mock *mock, const struct route *route, struct text *out)
{
    struct emitter *const emitter = mock->emitter;
    struct text declarations = {.arena = mock->arena}, read = {.arena = mock->arena};
    const char *const prototype = handler_prototype(emitter, route);
    const char *const unused = has_in(route) ? "(void)in;\n" : "";
    struct choices choices;

    if (route->replies_count == 0) {
        FILL(out, "mock/handler_open", {"title", route_title(emitter, route)},
             {"place", place_of(emitter, route->place)}, {"prototype", prototype}, {"unused", unused},
             {"refuse", refusal(mock, route)});
        return true;
    }
    read_body(mock, route, &declarations, &read);
    if (!choose(mock, &choices, route->replies, route->replies_count, route->handler_c_name, "",
                handler_give(mock, route)))
        return false;
    FILL(out, "mock/handler", {"title", route_title(emitter, route)},
         {"place", place_of(emitter, route->place)}, {"prototype", prototype},
         {"replies", rows_of(mock, &choices)}, {"declarations", text_of(&declarations)}, {"unused", unused},
         {"read", text_of(&read)}, {"cases", text_of(&choices.cases)},
         {"count", number_words(mock, choices.count)}, {"usual", number_words(mock, choices.usual)},
         {"refuse", refusal(mock, route)});
    return true;
}

/* The statements that send an example of what the server says; false: none was found. */
static bool send_message(struct mock *mock, const struct route *route, struct text *declarations,
                         struct text *send)
{
    static const struct type text_type = {.kind = TYPE_STRING, .written = "string"};
    const struct type *const type = route->send.type != NULL ? route->send.type : &text_type;
    const struct sampled sampled = {.standing = STANDING_JSON};
    const struct json_value *value;

    if (route->send.kind == MESSAGE_NONE)
        return true;
    value = mock_sample(mock, type, &sampled, 0);
    if (value == NULL) {
        refuse(mock, type, route->send.place, "it says one");
        return false;
    }
    mock_declare(mock, declarations, type, "said", value, STANDING_JSON);
    text_format(send, "(void)%s_send(ws, %ssaid);\n", route->handler_c_name,
                reply_by_pointer(type) ? "&" : "");
    return true;
}

static bool emit_socket(struct mock *mock, const struct route *route, struct text *out)
{
    struct emitter *const emitter = mock->emitter;
    const bool silent = route->receive.kind == MESSAGE_NONE;
    const char *const name = route->handler_c_name;
    struct text declarations = {.arena = mock->arena}, send = {.arena = mock->arena};
    struct choices choices;

    mock->stuck = NULL;
    if (!send_message(mock, route, &declarations, &send) ||
        !choose(mock, &choices, route->replies, route->replies_count, name, "", "return $;"))
        return false;
    FILL(out, route->replies_count != 0 ? "mock/socket" : "mock/socket_plain",
         {"title", route_title(emitter, route)}, {"place", place_of(emitter, route->place)},
         {"result", result_type(emitter, route)}, {"name", name},
         {"in", has_in(route) ? arena_format(mock->arena, "const %s_in *in, ", name) : ""},
         {"unused", has_in(route) ? "(void)in;\n" : ""}, {"replies", rows_of(mock, &choices)},
         {"count", number_words(mock, choices.count)}, {"cases", text_of(&choices.cases)},
         {"declarations", silent ? text_of(&declarations) : ""}, {"send", silent ? text_of(&send) : ""});
    if (!silent)
        FILL(out, "mock/socket_message", {"name", name},
             {"parameter", socket_parameter(emitter, &route->receive)},
             {"declarations", text_of(&declarations)}, {"send", text_of(&send)});
    FILL(out, "mock/socket_close", {"name", name});
    return true;
}

/* ---- guards -------------------------------------------------------------------------------------------- */

/* What it gives, as examples: declarations, and the call that lets pass. */
static bool pass(struct mock *mock, const struct guard *guard, struct text *declarations, struct text *call)
{
    text_format(call, "return %s_pass(rq", guard->c_name);
    for (size_t i = 0; i < guard->gives_count; i++) {
        const struct given *const given = &guard->gives[i];
        const struct sampled sampled = {given->doc, NULL, STANDING_JSON};
        const char *const name = arena_format(mock->arena, "given_%zu", i + 1);
        const struct json_value *value;

        if (given->type->kind == TYPE_STRUCT) {
            text_format(call, ", &mock_%s", given->type->struct_tag);
            continue;
        }
        value = mock_sample(mock, given->type, &sampled, 0);
        if (value == NULL) {
            refuse(mock, given->type, given->place, "this guard gives one");
            return false;
        }
        mock_declare(mock, declarations, given->type, name, value, STANDING_JSON);
        text_format(call, ", %s%s", given->type->kind == TYPE_OBJECT ? "&" : "", name);
    }
    text_add(call, ");\n");
    return true;
}

static bool emit_guard(struct mock *mock, const struct guard *guard, struct text *out)
{
    struct emitter *const emitter = mock->emitter;
    const char *const title = c_comment(mock->arena, guard->name);
    struct text declarations = {.arena = mock->arena}, call = {.arena = mock->arena};
    struct choices choices;

    if (guard_has_verdict(guard)) {
        const char *const prototype = guard_prototype(emitter, guard);

        mock->stuck = NULL;
        if (!pass(mock, guard, &declarations, &call) ||
            !choose(mock, &choices, guard->replies, guard->replies_count, guard->c_name,
                    arena_format(mock->arena, "%s_", bare_name(emitter, guard->c_name)), "return $;"))
            return false;
        FILL(out, guard->replies_count != 0 ? "mock/guard" : "mock/guard_plain", {"title", title},
             {"place", place_of(emitter, guard->place)}, {"prototype", prototype},
             {"replies", rows_of(mock, &choices)}, {"declarations", text_of(&declarations)},
             {"unused", unused_in(prototype)}, {"count", number_words(mock, choices.count)},
             {"cases", text_of(&choices.cases)}, {"pass", text_of(&call)});
    }
    if (guard->after)
        FILL(out, "mock/after", {"title", title}, {"prototype", after_prototype(emitter, guard)},
             {"unused", guard->gives_count != 0 ? "(void)gives;\n" : ""});
    return true;
}

/* ---- the whole -------------------------------------------------------------------------------------- */

/* States, pages, checks. */
static void emit_rest(struct mock *mock, struct text *out)
{
    struct emitter *const emitter = mock->emitter;
    const struct model *const model = emitter->model;

    if (model->state != NULL)
        FILL(out, "stubs/state", {"service", emitter->service}, {"state", model->state});
    if (model->worker_state != NULL)
        FILL(out, "stubs/worker", {"service", emitter->service}, {"state", model->worker_state},
             {"parameter", worker_parameter(emitter)},
             {"unused", model->state != NULL ? "(void)state;\n" : ""});
    emit_structs(mock, out);
    for (size_t i = 0; i < model->error_pages_count; i++) {
        if (!model->error_pages[i].repeated)
            FILL(out, "stubs/page", {"name", model->error_pages[i].c_name});
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        if (ready_first(model, i) != NULL)
            FILL(out, "stubs/ready", {"name", model->routes[i].ready_c_name});
    }
    for (size_t i = 0; i < model->calls_count; i++)
        FILL(out, "mock/check", {"name", model->calls[i]->name},
             {"type", c_type_plain(emitter, model->calls[i]->type)},
             {"place", place_of(emitter, model->calls[i]->place)});
}

/* What a mock answers otherwise than one would think is told. */
static void tell(struct mock *mock, const struct route *route)
{
    const char *const place = place_of(mock->emitter, route->place);
    const char *const title = route_title(mock->emitter, route);

    if (route->handler == HANDLER_PROXY)
        fprintf(stderr, "flarec mock: %s: %s goes to its upstream, which is no part of the mock\n", place,
                title);
    else if (route->handler == HANDLER_FUNCTION && route->replies_count == 0 && !route->websocket)
        fprintf(stderr, "flarec mock: %s: %s declares no replies: it answers 501\n", place, title);
}

/* Whatever fails was reported, and the rest is looked at all the same. */
static void emit_all(struct mock *mock, struct text *out)
{
    const struct model *const model = mock->emitter->model;

    emit_rest(mock, out);
    for (size_t i = 0; i < model->guards_count; i++) {
        if (is_called(model->guards[i]))
            (void)emit_guard(mock, model->guards[i], out);
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];

        tell(mock, route);
        if (route->handler != HANDLER_FUNCTION || route->handler_repeated)
            continue;
        if (route->websocket)
            (void)emit_socket(mock, route, out);
        else
            (void)emit_handler(mock, route, out);
    }
}

void emit_mock(const struct model *model, const struct plan *plan, struct outputs *outputs,
               struct diags *diags)
{
    struct arena arena = {0};
    struct mock mock = {
        .arena = &arena, .emitter = emitter_make(&arena, model, plan, outputs), .diags = diags};
    struct output *const output = outputs_find(outputs, OUTPUT_MOCK, 0);
    struct text text = {.arena = &arena};

    emitter_banner(mock.emitter, &text, output->name, false);
    FILL(&text, "mock/begin", {"header", arena_format(&arena, "%s.h", mock.emitter->spec)},
         {"spec", mock.emitter->spec});
    emit_all(&mock, &text);
    if (diags->errors == 0)
        emitter_write(mock.emitter, output, &text);
    arena_free(&arena);
}
