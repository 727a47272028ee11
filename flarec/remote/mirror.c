/* mirror.c - what a client writes it also reads, since that is how it checks it; and it reads the replies. So
 * emit/ is shown a model whose routes have all of that as inputs and bodies. */
#include "remote/remote.h"

struct mirror {
    struct arena *arena;
    struct route *routes;
    size_t count;
};

static struct route *add_route(struct mirror *mirror)
{
    struct route *const route = &mirror->routes[mirror->count++];

    route->handler = HANDLER_FUNCTION;
    return route;
}

static void read_json(struct route *route, const struct type *type)
{
    route->body.kind = BODY_JSON;
    route->body.type = type;
}

static void write_json(struct mirror *mirror, struct route *route, const struct type *type)
{
    struct reply *const reply = ARENA_NEW(mirror->arena, struct reply);

    reply->status = 200;
    reply->content = CONTENT_JSON;
    reply->type = type;
    route->replies = reply;
    route->replies_count = 1;
}

/* The fields of a form are read as those of a query are; files are not taken from text. */
static size_t add_fields(struct input *inputs, const struct declaration *form)
{
    size_t count = 0;

    for (size_t i = 0; i < form->properties_count; i++) {
        const struct type *const type = form->properties[i].type;

        if ((type->kind == TYPE_ARRAY ? type->element : type)->kind == TYPE_FILE)
            continue;
        inputs[count++] = (struct input){.kind = INPUT_QUERY,
                                         .name = form->properties[i].name,
                                         .c_name = form->properties[i].c_name,
                                         .type = type};
    }
    return count;
}

static void mirror_request(struct mirror *mirror, const struct route *route)
{
    struct route *const asked = add_route(mirror);
    const struct declaration *const form = route->body.kind == BODY_FORM || route->body.kind == BODY_MULTIPART
                                               ? route->body.type->declaration
                                               : NULL;
    size_t room = route->inputs_count + (form != NULL ? form->properties_count : 0), count = 0;
    struct input *inputs;

    for (size_t i = 0; client_guard(route, i) != NULL; i++)
        room += client_guard(route, i)->inputs_count;
    inputs = ARENA_ARRAY(mirror->arena, room + 1, struct input);
    for (size_t i = 0; i < route->inputs_count; i++)
        inputs[count++] = route->inputs[i];
    for (size_t i = 0; client_guard(route, i) != NULL; i++) {
        const struct guard *const guard = client_guard(route, i);

        for (size_t k = 0; k < guard->inputs_count; k++) {
            if (guard->inputs[k].kind != INPUT_PATH)
                inputs[count++] = guard->inputs[k];
        }
    }
    if (form != NULL)
        count += add_fields(inputs + count, form);
    asked->inputs = inputs;
    asked->inputs_count = count;
    if (route->body.kind == BODY_JSON || route->body.kind == BODY_NDJSON) {
        read_json(asked, route->body.type);
        write_json(mirror, asked, route->body.type);
    }
}

/* What a service takes a client writes, and the other way round; and it reads both. */
static void mirror_messages(struct mirror *mirror, const struct route *route)
{
    struct route *const said = add_route(mirror), *const heard = add_route(mirror);

    said->receive = said->send = route->receive;
    heard->receive = route->send;
}

static void mirror_reply(struct mirror *mirror, const struct route *route, const struct reply *reply)
{
    struct route *const answer = add_route(mirror);
    struct input *const inputs =
        ARENA_ARRAY(mirror->arena, reply->headers_count + reply->cookies_count + 1, struct input);
    size_t count = 0;

    for (size_t i = 0; i < reply->headers_count; i++) {
        if (reply->headers[i].type != NULL)
            inputs[count++] = (struct input){.kind = INPUT_HEADER,
                                             .name = reply->headers[i].name,
                                             .c_name = reply->headers[i].c_name,
                                             .type = reply->headers[i].type};
    }
    for (size_t i = 0; i < reply->cookies_count; i++) {
        if (reply->cookies[i].type != NULL)
            inputs[count++] = (struct input){.kind = INPUT_COOKIE,
                                             .name = reply->cookies[i].name,
                                             .c_name = reply->cookies[i].c_name,
                                             .type = reply->cookies[i].type};
    }
    answer->inputs = inputs;
    answer->inputs_count = count;
    if (reply->content == CONTENT_SSE || (reply->content == CONTENT_JSON && client_has_body(route, reply)))
        read_json(answer, reply->type);
}

const struct model *client_mirror(struct client *client, const struct model *model)
{
    struct model *const mirrored = ARENA_NEW(client->arena, struct model);
    struct mirror mirror = {.arena = client->arena};
    size_t room = 0;

    for (size_t i = 0; i < client->calls_count; i++)
        room += 3 + client->calls[i].answers_count;
    mirror.routes = ARENA_ARRAY(client->arena, room + 1, struct route);
    for (size_t i = 0; i < client->calls_count; i++) {
        const struct typed_call *const call = &client->calls[i];

        mirror_request(&mirror, call->route);
        if (call->route->websocket)
            mirror_messages(&mirror, call->route);
        for (size_t k = 0; k < call->answers_count; k++)
            mirror_reply(&mirror, call->route, call->answers[k].reply);
    }
    *mirrored = *model;
    mirrored->guards_count = 0;
    mirrored->routes = mirror.routes;
    mirrored->routes_count = mirror.count;
    return mirrored;
}
