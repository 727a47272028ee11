/* header.c - X.client.h: of each route what is asked, what comes back, the function. */
#include "remote/remote.h"

#include <stdio.h>
#include <string.h>

static const char *const places[] = {
    [INPUT_PATH] = "path  ", [INPUT_QUERY] = "query ", [INPUT_HEADER] = "header", [INPUT_COOKIE] = "cookie"};

/* ---- what is asked ---------------------------------------------------------------------------------- */

/* One of the user's own structs is told as the text that it is made of. */
static const char *input_type(struct client *client, const struct input *input, bool guards)
{
    static const struct type text = {.kind = TYPE_STRING};
    struct type type = input->type->kind == TYPE_STRUCT ? text : *input->type;

    type.place = input->type->place;
    type.optional = client_may_lack(input, guards);
    header_need_type(client->header, &type);
    return c_type(client->emitter, &type);
}

static void add_input(struct client *client, struct text *members, const struct input *input, bool guards)
{
    struct emitter *const emitter = client->emitter;
    const char *const dot = strchr(input->c_name, '.'), *const name = dot != NULL ? dot + 1 : input->c_name;
    const char *wire = "";

    if (strcmp(input->name, name) != 0)
        wire = arena_format(client->arena, "%s: ", c_comment(client->arena, input->name));
    text_format(members, "%s%s %s; /* %s %s%s */\n", doc_comment(emitter, input->doc),
                input_type(client, input, guards), name, places[input->kind], wire,
                type_words_of(emitter, input->type, input->fallback));
}

/* A type that is spread over the query: what may be absent of it is told. */
static void add_spread(struct client *client, struct text *members, const struct input *input)
{
    struct text fields = {.arena = client->arena};
    size_t count = 1;
    const struct input *const spread = spread_inputs(client->emitter, input, &count);

    for (size_t i = 0; i < count; i++)
        add_input(client, &fields, &spread[i], false);
    FILL(members, "client/struct", {"members", text_of(&fields)}, {"name", input->c_name});
}

static void add_body(struct client *client, struct text *members, const struct route *route)
{
    const struct body *const declared = &route->body;
    const struct type *const type = client_body_type(client, declared);

    if (declared->kind == BODY_NONE)
        return;
    if (declared->type != NULL)
        header_need_type(client->header, type);
    text_format(members, "%s body; /* the body%s%s */\n",
                declared->type != NULL ? c_type(client->emitter, type) : "flare_str",
                declared->type != NULL ? ": " : "",
                declared->type != NULL ? type_words_of(client->emitter, declared->type, NULL) : "");
    if (client_media_type(declared) == NULL)
        text_format(members, "flare_str %s; /* its media type */\n",
                    client_own_member(client, route, "body_type"));
}

/* Which of several to offer. */
static void add_subprotocol(struct client *client, struct text *members, const struct route *route)
{
    const struct use *const use = client_subprotocols(route);
    struct text names = {.arena = client->arena};

    if (use == NULL)
        return;
    for (size_t i = 0; i < use->names_count; i++)
        text_format(&names, "%s%s", i != 0 ? ", " : "", c_comment(client->arena, use->names[i]));
    text_format(members, "flare_str %s; /* the only one to offer; empty: %s */\n",
                client_own_member(client, route, "subprotocol"), text_of(&names));
}

static void add_guards(struct client *client, struct text *members, const struct route *route)
{
    for (size_t i = 0; client_guard(route, i) != NULL; i++) {
        const struct guard *const guard = client_guard(route, i);
        struct text fields = {.arena = client->arena};

        for (size_t k = 0; k < guard->inputs_count; k++) {
            if (guard->inputs[k].kind != INPUT_PATH)
                add_input(client, &fields, &guard->inputs[k], true);
        }
        if (fields.length != 0)
            FILL(members, "client/guard", {"members", text_of(&fields)},
                 {"name", client_guard_member(client, route, guard)},
                 {"guard", c_comment(client->arena, guard->name)});
    }
}

static void add_in(struct client *client, const struct typed_call *call, struct text *out)
{
    const struct route *const route = call->route;
    struct text members = {.arena = client->arena};

    if (!client_has_in(route))
        return;
    if (route->method == NULL)
        text_format(&members, "enum flare_method %s; /* any but CONNECT and PRI */\n",
                    client_own_member(client, route, "method"));
    for (size_t i = 0; i < route->inputs_count; i++) {
        if (route->inputs[i].type->kind == TYPE_OBJECT)
            add_spread(client, &members, &route->inputs[i]);
        else
            add_input(client, &members, &route->inputs[i], false);
    }
    if (route->wildcard)
        text_add(&members, "flare_str rest; /* path   what stands for the last segment on */\n");
    add_subprotocol(client, &members, route);
    add_body(client, &members, route);
    add_guards(client, &members, route);
    FILL(out, "client/in", {"name", call->name}, {"members", text_of(&members)});
}

/* ---- what comes back --------------------------------------------------------------------------------- */

static const char *answer_words(struct client *client, const struct reply *reply)
{
    return arena_format(client->arena, "%u%s%s%s%s", reply->status, reply->reason[0] != '\0' ? " " : "",
                        reply->reason, reply->content == CONTENT_PROBLEM ? ", problem " : "",
                        reply->content != CONTENT_PROBLEM ? ""
                        : reply->slug != NULL             ? c_comment(client->arena, reply->slug)
                                                          : "about:blank");
}

static void add_answer(struct client *client, struct text *arms, const struct route *route,
                       const struct answer *answer)
{
    const struct reply *const reply = answer->reply;
    struct emitter *const emitter = client->emitter;
    struct text members = {.arena = client->arena};

    if (!client_holds(route, reply))
        return;
    if (client_has_body(route, reply) && reply->content == CONTENT_JSON) {
        header_need_type(client->header, reply->type);
        text_format(&members, "%s body; /* %s */\n", c_type(emitter, reply->type),
                    type_words_of(emitter, reply->type, NULL));
    } else if (client_has_body(route, reply)) {
        text_format(&members, "flare_str body; /* %s */\n", c_comment(client->arena, reply->media_type));
    }
    for (size_t i = 0; i < reply->headers_count; i++) {
        if (reply->headers[i].type == NULL)
            continue;
        header_need_type(client->header, reply->headers[i].type);
        text_format(&members, "%s%s %s; /* header %s */\n", doc_comment(emitter, reply->headers[i].doc),
                    c_type(emitter, reply->headers[i].type), client_member(client, reply->headers[i].c_name),
                    c_comment(client->arena, reply->headers[i].name));
    }
    for (size_t i = 0; i < reply->cookies_count; i++) {
        if (reply->cookies[i].type == NULL)
            continue;
        header_need_type(client->header, reply->cookies[i].type);
        text_format(&members, "%s%s %s; /* cookie %s */\n", doc_comment(emitter, reply->cookies[i].doc),
                    c_type(emitter, reply->cookies[i].type), client_member(client, reply->cookies[i].c_name),
                    c_comment(client->arena, reply->cookies[i].name));
    }
    FILL(arms, "client/struct", {"members", text_of(&members)}, {"name", answer->name});
}

static void add_out(struct client *client, const struct typed_call *call, struct text *out)
{
    struct text arms = {.arena = client->arena}, values = {.arena = client->arena};
    struct text as = {.arena = client->arena};

    for (size_t i = 0; i < call->answers_count; i++) {
        text_format(
            &values, "%s%s, /* %s */\n",
            client_upper(client, arena_format(client->arena, "%s_%s", call->name, call->answers[i].name)),
            i == 0 ? " = 1" : "", answer_words(client, call->answers[i].reply));
        add_answer(client, &arms, call->route, &call->answers[i]);
    }
    if (arms.length != 0)
        FILL(&as, "client/as", {"arms", text_of(&arms)});
    if (call->answers_count != 0)
        FILL(out, "client/reply", {"name", call->name}, {"values", text_of(&values)});
    FILL(out, "client/out", {"name", call->name},
         {"reply", call->answers_count == 0
                       ? ""
                       : arena_format(client->arena, "%s_reply reply; /* 0: none of these */\n", call->name)},
         {"as", text_of(&as)});
}

/* ---- the file ------------------------------------------------------------------------------------------ */

static void add_call(struct client *client, const struct typed_call *call, struct text *out)
{
    FILL(out, "client/route", {"title", route_title(client->emitter, call->route)},
         {"place", place_of(client->emitter, call->route->place)},
         {"doc", doc_comment(client->emitter, call->route->doc)});
    add_in(client, call, out);
    add_out(client, call, out);
    FILL(out, "client/prototype", {"prototype", client_prototype(client, call)});
    if (client_events(call->route) != NULL) {
        header_need_type(client->header, client_events(call->route)->type);
        FILL(out, "client/next_prototype", {"prototype", client_next_prototype(client, call)});
    }
    if (call->route->websocket)
        client_socket_header(client, call, out);
}

/* What is not there, and why. */
static const char *left_out(struct client *client)
{
    const struct model *const model = client->emitter->model;
    struct text text = {.arena = client->arena};

    for (size_t i = 0; i < model->routes_count; i++) {
        const char *const why = client_refusal(&model->routes[i]);

        if (why != NULL)
            text_format(&text, " *   %s (%s): it has %s\n", route_title(client->emitter, &model->routes[i]),
                        place_of(client->emitter, model->routes[i].place), why);
    }
    return text_of(&text);
}

void client_header(struct client *client, struct text *out)
{
    const char *const missing = left_out(client);

    FILL(out, "client/begin", {"guard", client_upper(client, client->emitter->service)},
         {"header", arena_format(client->arena, "%s.h", client->emitter->spec)});
    if (missing[0] != '\0')
        FILL(out, "client/left_out", {"routes", missing});
    client->header->out = out;
    for (size_t i = 0; i < client->calls_count; i++)
        add_call(client, &client->calls[i], out);
    FILL_PLAIN(out, "header/end");
}
