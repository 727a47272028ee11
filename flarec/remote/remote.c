/* remote.c - the pass: which routes a client has functions for, what they are called, and the two files. */
#include "remote/remote.h"

#include <stdio.h>
#include <string.h>

#include "passes.h"

/* ---- what there is -------------------------------------------------------------------------------- */

const char *client_refusal(const struct route *route)
{
    if (route->handler != HANDLER_FUNCTION)
        return "no handler of its own";
    if (route->handler_repeated)
        return "the handler of another route";
    for (size_t i = 0, events = 0; i < route->replies_count; i++) {
        events += route->replies[i].content == CONTENT_SSE;
        if (events > 1)
            return "two replies of events";
    }
    return NULL;
}

const struct reply *client_events(const struct route *route)
{
    for (size_t i = 0; i < route->replies_count; i++) {
        if (route->replies[i].content == CONTENT_SSE)
            return &route->replies[i];
    }
    return NULL;
}

const char *client_next_prototype(struct client *client, const struct typed_call *call)
{
    return arena_format(client->arena, "flare_err %s_next(%s_out *out, %s *item, flare_event *event)",
                        call->name, call->name, c_type(client->emitter, client_events(call->route)->type));
}

const struct guard *client_guard(const struct route *route, size_t number)
{
    for (size_t i = 0; i < route->uses_count; i++) {
        const struct guard *const guard = route->uses[i].guard;

        if (guard == NULL || guard->session != NULL)
            continue;
        if (number-- == 0)
            return guard;
    }
    return NULL;
}

static bool is_input(const struct route *route, const char *name)
{
    for (size_t i = 0; i < route->inputs_count; i++) {
        if (strcmp(route->inputs[i].c_name, name) == 0)
            return true;
    }
    return false;
}

static bool is_member(const struct route *route, const char *name)
{
    static const char *const own[] = {"body", "body_type", "rest", "method", "subprotocol"};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strcmp(name, own[i]) == 0)
            return true;
    }
    return is_input(route, name);
}

const char *client_guard_member(struct client *client, const struct route *route, const struct guard *guard)
{
    const char *name = bare_name(client->emitter, guard->c_name);

    while (is_member(route, name))
        name = arena_format(client->arena, "%s_guard", name);
    return name;
}

static bool is_concrete(const char *media_type)
{
    return strchr(media_type, '*') == NULL && media_type[0] != '+';
}

const char *client_media_type(const struct body *body)
{
    if (body->kind == BODY_FORM)
        return "application/x-www-form-urlencoded";
    if (body->kind == BODY_MULTIPART)
        return "multipart/form-data";
    if (body->media_types_count == 0)
        return body->kind == BODY_JSON     ? "application/json"
               : body->kind == BODY_NDJSON ? "application/x-ndjson"
               : body->kind == BODY_TEXT   ? "text/plain; charset=utf-8"
                                           : NULL;
    return (body->media_types_count == 1 || body->kind == BODY_JSON || body->kind == BODY_NDJSON) &&
                   is_concrete(body->media_types[0])
               ? body->media_types[0]
               : NULL;
}

const char *client_own_member(struct client *client, const struct route *route, const char *name)
{
    return is_input(route, name) ? arena_format(client->arena, "%s_", name) : name;
}

const struct use *client_subprotocols(const struct route *route)
{
    return route->websocket ? route_use(route, USE_SUBPROTOCOL) : NULL;
}

static bool guard_reads(const struct guard *guard)
{
    for (size_t i = 0; i < guard->inputs_count; i++) {
        if (guard->inputs[i].kind != INPUT_PATH)
            return true;
    }
    return false;
}

const struct type *client_body_type(const struct client *client, const struct body *body)
{
    struct type *array;

    if (body->kind != BODY_NDJSON)
        return body->type;
    array = ARENA_NEW(client->arena, struct type);
    *array = (struct type){.kind = TYPE_ARRAY, .element = body->type, .place = body->type->place};
    return array;
}

bool client_has_in(const struct route *route)
{
    for (size_t i = 0; client_guard(route, i) != NULL; i++) {
        if (guard_reads(client_guard(route, i)))
            return true;
    }
    return route->inputs_count != 0 || route->wildcard || route->body.kind != BODY_NONE ||
           route->method == NULL || client_subprotocols(route) != NULL;
}

bool client_has_body(const struct route *route, const struct reply *reply)
{
    return (route->method == NULL || strcmp(route->method, "HEAD") != 0) && reply->content != CONTENT_EMPTY &&
           reply->content != CONTENT_PROBLEM && reply->content != CONTENT_SSE;
}

bool client_holds(const struct route *route, const struct reply *reply)
{
    return client_has_body(route, reply) || typed_headers(reply) != 0;
}

const char *client_member(const struct client *client, const char *c_name)
{
    return strcmp(c_name, "body") == 0 ? arena_format(client->arena, "%s_", c_name) : c_name;
}

bool client_may_lack(const struct input *input, bool guards)
{
    if (input->type->kind == TYPE_ARRAY)
        return input->type->optional;
    return input->type->optional || input->fallback != NULL || guards;
}

const char *client_upper(struct client *client, const char *name)
{
    char *const upper = arena_copy(client->arena, name, strlen(name));

    for (char *c = upper; *c != '\0'; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    return upper;
}

const char *client_prototype(struct client *client, const struct typed_call *call)
{
    return arena_format(client->arena, "flare_err %s(const flare_remote *remote, %s%s%s%s_out *out)",
                        call->function, client_has_in(call->route) ? "const " : "",
                        client_has_in(call->route) ? call->name : "",
                        client_has_in(call->route) ? "_in *in, " : "", call->name);
}

/* ---- names ------------------------------------------------------------------------------------------- */

/* What the user called so first. */
static const char *taken_by(const struct model *model, const char *prefix)
{
    const size_t length = strlen(prefix);

    for (size_t i = 0; i < model->declarations_count; i++) {
        const char *const name = model->declarations[i]->c_name;

        if (name != NULL && strncmp(name, prefix, length) == 0)
            return name;
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        const char *const name = model->routes[i].handler_c_name;

        if (name != NULL && strncmp(name, prefix, length) == 0)
            return name;
    }
    for (size_t i = 0; i < model->guards_count; i++) {
        if (strncmp(model->guards[i]->c_name, prefix, length) == 0)
            return model->guards[i]->c_name;
    }
    return NULL;
}

static bool is_new(struct client *client, const char *name)
{
    return header_note(client->header, arena_format(client->arena, "the name %s", name));
}

/* The functions beside the call's. */
static bool further_are_new(struct client *client, const struct typed_call *call)
{
    const struct route *const route = call->route;

    if ((client_events(route) != NULL || route->send.kind != MESSAGE_NONE) &&
        !is_new(client, arena_format(client->arena, "%s_next", call->name)))
        return false;
    return route->receive.kind == MESSAGE_NONE ||
           is_new(client, arena_format(client->arena, "%s_send", call->name));
}

/* Are all names that will be written distinct? Says which is not. */
static bool names_are_free(struct client *client, const char *spec)
{
    const char *const prefix = arena_format(client->arena, "%s_client_", client->emitter->service);
    const char *const taken = taken_by(client->emitter->model, prefix);

    if (taken != NULL) {
        fprintf(stderr, "flarec client: %s: names of the client begin with '%s', as '%s' does: rename that\n",
                spec, prefix, taken);
        return false;
    }
    for (size_t i = 0; i < client->calls_count; i++) {
        const struct typed_call *const call = &client->calls[i];
        const char *const in = arena_format(client->arena, "%s_in", call->name);
        const char *const out = arena_format(client->arena, "%s_out", call->name);
        const char *const reply = arena_format(client->arena, "%s_reply", call->name);
        bool fine = further_are_new(client, call) && is_new(client, call->function) && is_new(client, in) &&
                    is_new(client, out) && is_new(client, reply);

        for (size_t k = 0; fine && k < call->answers_count; k++)
            fine = is_new(client, client_upper(client, arena_format(client->arena, "%s_%s", call->name,
                                                                    call->answers[k].name)));
        if (!fine) {
            fprintf(stderr,
                    "flarec client: %s: two things are one in C, about '%s': rename a handler or reply\n",
                    place_of(client->emitter, call->route->place), call->name);
            return false;
        }
    }
    return true;
}

/* ---- routes ------------------------------------------------------------------------------------------ */

static void find_answers(struct client *client, struct typed_call *call)
{
    static const struct reply opened = {
        .status = 101, .reason = "Switching Protocols", .content = CONTENT_EMPTY};
    const struct route *const route = call->route;
    size_t room = route->replies_count + 1;
    struct answer *answers;

    for (size_t i = 0; client_guard(route, i) != NULL; i++)
        room += client_guard(route, i)->replies_count;
    answers = ARENA_ARRAY(client->arena, room + 1, struct answer);
    call->answers = answers;
    if (route->websocket)
        answers[call->answers_count++] = (struct answer){&opened, "open"};
    else if (route->replies_count == 0)
        return; /* it may reply what it likes */
    for (size_t i = 0; i < route->replies_count; i++)
        answers[call->answers_count++] = (struct answer){&route->replies[i], route->replies[i].constructor};
    for (size_t i = 0; client_guard(route, i) != NULL; i++) {
        const struct guard *const guard = client_guard(route, i);

        for (size_t k = 0; k < guard->replies_count; k++)
            answers[call->answers_count++] =
                (struct answer){&guard->replies[k], arena_format(client->arena, "%s_%s",
                                                                 bare_name(client->emitter, guard->c_name),
                                                                 guard->replies[k].constructor)};
    }
}

static void find_calls(struct client *client)
{
    const struct model *const model = client->emitter->model;

    client->calls = ARENA_ARRAY(client->arena, model->routes_count + 1, struct typed_call);
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];
        const char *const why = client_refusal(route);
        struct typed_call *const call = &client->calls[client->calls_count];

        if (why == NULL) {
            call->route = route;
            call->name = arena_format(client->arena, "%s_client_%s", client->emitter->service,
                                      bare_name(client->emitter, route->handler_c_name));
            call->function =
                route->websocket ? arena_format(client->arena, "%s_open", call->name) : call->name;
            find_answers(client, call);
            client->calls_count++;
        } else if (route->handler == HANDLER_FUNCTION) {
            fprintf(stderr, "flarec client: %s: %s is left out: it has %s\n",
                    place_of(client->emitter, route->place), route_title(client->emitter, route), why);
        }
    }
}

/* ---- files ----------------------------------------------------------------------------------------- */

/* Whose method is the caller's to choose. */
static const char *method_of(struct client *client, const struct route *route)
{
    return route->method == NULL
               ? arena_format(client->arena, "flare_method_name(in->%s)",
                              client_own_member(client, route, "method"))
               : arena_format(client->arena, "FLARE_STR(%s)",
                              c_string(client->arena, route->method, strlen(route->method)));
}

static void emit_call(struct client *client, const struct typed_call *call)
{
    struct emitter *const emitter = client->emitter;
    struct text ask = {.arena = client->arena}, answer = {.arena = client->arena};
    struct text handshake = {.arena = client->arena};

    client_ask(client, call, &ask);
    client_answer(client, call, &answer);
    if (call->route->websocket)
        client_handshake(client, call, &handshake);
    FILL(body(emitter), "client/function", {"title", route_title(emitter, call->route)},
         {"place", place_of(emitter, call->route->place)}, {"prototype", client_prototype(client, call)},
         {"out", call->name},
         {"events", client_events(call->route) != NULL ? "calling->events = true;\n" : ""},
         {"method", method_of(client, call->route)}, {"handshake", text_of(&handshake)},
         {"send", call->route->websocket ? "flarei_call_open_socket(calling, &handshake)"
                                         : "flarei_call_send(calling)"},
         {"ask", text_of(&ask)}, {"answer", text_of(&answer)});
    if (client_events(call->route) != NULL)
        client_next(client, call, body(emitter));
    if (call->route->websocket)
        client_socket(client, call, body(emitter));
}

static void write_source(struct client *client, struct output *output, const char *header)
{
    struct emitter *const emitter = client->emitter;
    struct text text = {.arena = client->arena}, bodies = {.arena = client->arena};

    emitter->bodies = &bodies;
    emitter->model = client_mirror(client, emitter->model);
    emit_json(emitter);
    emit_takes(emitter);
    emit_decoders(emitter);
    section(emitter, body(emitter), "Calls");
    for (size_t i = 0; i < client->calls_count; i++)
        emit_call(client, &client->calls[i]);
    emitter_banner(emitter, &text, output->name, false);
    FILL(&text, "client/source", {"header", header}, {"abi", arena_format(client->arena, "%d", EMIT_GEN_ABI)},
         {"spec", emitter->spec});
    text_add_bytes(&text, text_of(&bodies), bodies.length);
    emitter_write(emitter, output, &text);
}

int emit_client(const struct model *model, const struct plan *plan, struct outputs *outputs)
{
    struct arena arena = {0};
    struct client client = {.arena = &arena, .emitter = emitter_make(&arena, model, plan, outputs)};
    struct output *const header = outputs_find(outputs, OUTPUT_CLIENT_HEADER, 0);
    struct text ignored = {.arena = &arena}, text = {.arena = &arena};
    int result = 1;

    /* What X.flare.h declares is not declared again. */
    client.header = ARENA_NEW(&arena, struct header);
    client.header->emitter = client.emitter;
    client.header->out = &ignored;
    header_emit(client.header);
    find_calls(&client);
    if (names_are_free(&client, outputs->spec_name)) {
        emitter_banner(client.emitter, &text, header->name, false);
        client_header(&client, &text);
        emitter_write(client.emitter, header, &text);
        write_source(&client, outputs_find(outputs, OUTPUT_CLIENT_SOURCE, 0), header->name);
        result = 0;
    }
    arena_free(&arena);
    return result;
}
