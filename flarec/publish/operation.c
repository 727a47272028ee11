/* operation.c - paths, and of each route what it takes. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check/check.h"
#include "publish/publish.h"

/* Routes whose paths are one in OpenAPI: the same but for the names of parameters. */
struct path_item {
    const char *shape; /* "/users/{}": what tells it from others */
    const char *path;  /* "/users/{id}" */
    const struct route *first;
    const struct route **routes;
    size_t count, capacity;
};

struct path_items {
    struct path_item **items;
    size_t count, capacity;
};

/* ---- paths ------------------------------------------------------------------------------------------ */

static const char *segment_name(const struct segment *segment)
{
    return segment->kind == SEGMENT_WILDCARD ? "rest" : segment->text;
}

/* The path as a template; with `shape`, without names. */
static const char *template_of(struct publisher *publisher, const struct route *route, bool shape)
{
    struct output path = {0};

    for (size_t i = 0; i < route->segments_count; i++) {
        const struct segment *const segment = &route->segments[i];
        if (segment->kind == SEGMENT_STATIC)
            output_format(&path, "/%s", segment->text);
        else
            output_format(&path, "/{%s}", shape ? "" : segment_name(segment));
    }
    const char *const text = path.length != 0 ? arena_copy(publisher->arena, path.text, path.length) : "/";
    free(path.text);
    return text;
}

static void group_paths(struct publisher *publisher, struct path_items *paths)
{
    const struct model *const model = publisher->model;
    struct table shapes = {0};

    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];
        /* The document does not tell of itself. */
        if (route->handler == HANDLER_DOCS)
            continue;
        const char *const shape = template_of(publisher, route, true);
        struct path_item *item = table_find(&shapes, shape);

        if (item == NULL) {
            item = ARENA_NEW(publisher->arena, struct path_item);
            item->shape = shape;
            item->path = template_of(publisher, route, false);
            item->first = route;
            table_add(&shapes, publisher->arena, shape, item);
            VECTOR_ADD(publisher->arena, *paths, item);
        }
        if (item->count == item->capacity)
            item->routes = vector_grow(publisher->arena, item->routes, item->count, &item->capacity,
                                       sizeof *item->routes);
        item->routes[item->count++] = route;
    }
}

/* ---- parameters --------------------------------------------------------------------------------------- */

static void write_parameter(struct publisher *publisher, const struct input *input, const char *name,
                            const char *doc, const struct type *type, const struct constant *fallback)
{
    static const char *const places[] = {
        [INPUT_PATH] = "path", [INPUT_QUERY] = "query", [INPUT_HEADER] = "header", [INPUT_COOKIE] = "cookie"};
    struct writer *const writer = &publisher->writer;
    const char *const words = doc_words(publisher->arena, doc);
    const bool empty =
        type->kind == TYPE_ARRAY && (!type->constraints.has_length_min || type->constraints.length_min == 0);
    struct type shown = *type;

    writer_open(writer, NULL, '{');
    writer_text(writer, "name", name);
    writer_text(writer, "in", places[input->kind]);
    if (words != NULL)
        writer_text(writer, "description", words);
    writer_bool(writer, "required",
                input->kind == INPUT_PATH || (!type->optional && fallback == NULL && !empty));
    /* No parameter of a path is empty. */
    if (input->kind == INPUT_PATH && !shown.constraints.has_length_min &&
        (type->kind == TYPE_STRING || type->kind == TYPE_BYTES)) {
        shown.constraints.has_length_min = true;
        shown.constraints.length_min = 1;
    }
    schema_described(publisher, "schema", &shown, doc, fallback, STANDING_TEXT);
    writer_close(writer, '}');
}

static void write_input(struct publisher *publisher, const struct input *input, const char *name)
{
    const struct declaration *const declaration = input->type->declaration;

    if (input->type->kind != TYPE_OBJECT) {
        write_parameter(publisher, input, name, input->doc, input->type, input->fallback);
        return;
    }
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        write_parameter(publisher, input, property->name, property->doc, property->type, property->fallback);
    }
}

static void write_rest(struct writer *writer)
{
    writer_open(writer, NULL, '{');
    writer_text(writer, "name", "rest");
    writer_text(writer, "in", "path");
    writer_text(writer, "description", "The rest of the path, which may hold slashes and may be empty.");
    writer_bool(writer, "required", true);
    writer_open_line(writer, "schema", '{');
    writer_text(writer, "type", "string");
    writer_close(writer, '}');
    writer_close(writer, '}');
}

static bool seen_before(struct publisher *publisher, struct table *seen, const struct input *input)
{
    const char *const key = arena_format(publisher->arena, "%d %s", (int)input->kind, input->name);

    return table_add(seen, publisher->arena, key, publisher) != NULL;
}

static void guard_parameters(struct publisher *publisher, const struct use *uses, size_t count,
                             struct table *seen)
{
    for (size_t i = 0; i < count; i++) {
        if (uses[i].kind != USE_GUARD)
            continue;
        const struct guard *const guard = uses[i].guard;
        guard_parameters(publisher, guard->uses, guard->uses_count, seen);
        for (size_t k = 0; k < guard->inputs_count; k++) {
            const struct input *const input = &guard->inputs[k];
            if (input->kind != INPUT_PATH && !security_has(guard, input) &&
                !seen_before(publisher, seen, input))
                write_input(publisher, input, input->name);
        }
    }
}

static bool guards_have_parameters(const struct use *uses, size_t count)
{
    bool any = false;

    for (size_t i = 0; i < count && !any; i++) {
        if (uses[i].kind != USE_GUARD)
            continue;
        const struct guard *const guard = uses[i].guard;
        any = guards_have_parameters(guard->uses, guard->uses_count);
        for (size_t k = 0; k < guard->inputs_count; k++)
            any = any || (guard->inputs[k].kind != INPUT_PATH && !security_has(guard, &guard->inputs[k]));
    }
    return any;
}

static void parameters_write(struct publisher *publisher, const struct route *route,
                             const struct route *first)
{
    struct writer *const writer = &publisher->writer;
    struct table seen = {0};
    bool any = guards_have_parameters(route->uses, route->uses_count) || route->wildcard;

    for (size_t i = 0; i < route->inputs_count; i++)
        any = any || !security_has(NULL, &route->inputs[i]);
    if (!any)
        return;
    writer_open(writer, "parameters", '[');
    for (size_t i = 0; i < route->segments_count; i++) {
        const struct segment *const segment = &route->segments[i];
        if (segment->kind == SEGMENT_PARAMETER)
            write_input(publisher, segment->input, segment_name(&first->segments[i]));
        else if (segment->kind == SEGMENT_WILDCARD)
            write_rest(writer);
    }
    for (size_t i = 0; i < route->inputs_count; i++) {
        const struct input *const input = &route->inputs[i];
        if (input->kind != INPUT_PATH && !security_has(NULL, input) && !seen_before(publisher, &seen, input))
            write_input(publisher, input, input->name);
    }
    guard_parameters(publisher, route->uses, route->uses_count, &seen);
    writer_close(writer, ']');
}

/* ---- the body ---------------------------------------------------------------------------------------- */

static const char *body_media_type(enum body_kind kind)
{
    switch (kind) {
    case BODY_JSON:
        return "application/json";
    case BODY_NDJSON:
        return "application/x-ndjson";
    case BODY_FORM:
        return "application/x-www-form-urlencoded";
    case BODY_MULTIPART:
        return "multipart/form-data";
    case BODY_TEXT:
        return "text/plain";
    case BODY_NONE:
    case BODY_BYTES:
    case BODY_STREAM:
        break;
    }
    return "*/*";
}

/* What the parts of a multipart body that are files may be. */
static void write_encoding(struct publisher *publisher, const struct type *type)
{
    struct writer *const writer = &publisher->writer;
    bool any = false;

    for (size_t i = 0; i < type->declaration->properties_count; i++) {
        const struct property *const property = &type->declaration->properties[i];
        const struct constraints *const constraints = &property->type->constraints;
        struct output types = {0};

        if (constraints->media_types_count == 0)
            continue;
        for (size_t k = 0; k < constraints->media_types_count; k++)
            output_format(&types, "%s%s", k != 0 ? ", " : "", constraints->media_types[k]);
        if (!any)
            writer_open(writer, "encoding", '{');
        any = true;
        writer_open_line(writer, property->name, '{');
        writer_text(writer, "contentType", types.text);
        writer_close(writer, '}');
        free(types.text);
    }
    if (any)
        writer_close(writer, '}');
}

static void write_body_content(struct publisher *publisher, const struct body *body, const char *media)
{
    struct writer *const writer = &publisher->writer;

    writer_open(writer, media, '{');
    if (body->type != NULL) {
        schema_write(publisher, "schema", body->type, STANDING_JSON);
    } else if (body->kind == BODY_TEXT) {
        writer_open_line(writer, "schema", '{');
        writer_text(writer, "type", "string");
        writer_close(writer, '}');
    }
    if (body->kind == BODY_NDJSON)
        writer_bool(writer, "x-each-line", true);
    if (body->kind == BODY_MULTIPART && body->type != NULL && body->type->declaration != NULL)
        write_encoding(publisher, body->type);
    writer_close(writer, '}');
}

#define BODY_DEFAULT_BYTES ((uint64_t)1 << 20)

static void body_write(struct publisher *publisher, const struct route *route)
{
    const struct body *const body = &route->body;
    struct writer *const writer = &publisher->writer;

    if (body->kind == BODY_NONE)
        return;
    writer_open(writer, "requestBody", '{');
    if (!body_kind_may_be_absent(body->kind))
        writer_bool(writer, "required", true);
    writer_open(writer, "content", '{');
    for (size_t i = 0; i < body->media_types_count; i++)
        write_body_content(publisher, body, body->media_types[i]);
    if (body->media_types_count == 0)
        write_body_content(publisher, body, body_media_type(body->kind));
    writer_close(writer, '}');
    writer_whole(writer, "x-max-bytes", body->max_bytes != 0 ? body->max_bytes : BODY_DEFAULT_BYTES);
    if (body->inflated_max_bytes != 0)
        writer_whole(writer, "x-max-inflated-bytes", body->inflated_max_bytes);
    if (route->limits[LIMIT_DEPTH].set && (body->kind == BODY_JSON || body->kind == BODY_NDJSON))
        writer_whole(writer, "x-max-depth", route->limits[LIMIT_DEPTH].value);
    writer_close(writer, '}');
}

/* ---- operations -------------------------------------------------------------------------------- */

static void write_limits(struct publisher *publisher, const struct route *route)
{
    const struct limit *const time = &route->limits[LIMIT_TIME];
    const struct limit *const own = &publisher->model->limits[LIMIT_TIME];

    if (time->set && (!own->set || own->value != time->value))
        writer_whole(&publisher->writer, "x-time-ms", time->value);
}

/* A name for the operation, unless another has it: handlers may be shared, and ANY is several methods. */
static void write_id(struct publisher *publisher, const struct route *route, const char *method)
{
    if (route->handler != HANDLER_FUNCTION)
        return;
    if (route->handler_repeated)
        writer_text(&publisher->writer, "operationId",
                    arena_format(publisher->arena, "%s_%s_%u", route->handler_name, method, route->index));
    else if (route->method == NULL)
        writer_text(&publisher->writer, "operationId",
                    arena_format(publisher->arena, "%s_%s", route->handler_name, method));
    else
        writer_text(&publisher->writer, "operationId", route->handler_name);
}

static void write_operation(struct publisher *publisher, const char *method, const struct route *route,
                            const struct route *first)
{
    struct writer *const writer = &publisher->writer;
    const char *summary, *description;

    doc_split(publisher->arena, route->doc, &summary, &description);
    writer_open(writer, method, '{');
    write_id(publisher, route, method);
    if (summary != NULL)
        writer_text(writer, "summary", summary);
    if (description != NULL)
        writer_text(writer, "description", description);
    parameters_write(publisher, route, first);
    body_write(publisher, route);
    replies_write(publisher, route);
    if (route->websocket)
        websocket_write(publisher, route);
    security_write(publisher, route);
    write_limits(publisher, route);
    writer_close(writer, '}');
}

static const char *lower_case(struct arena *arena, const char *word)
{
    char *const lower = arena_copy(arena, word, strlen(word));

    for (char *at = lower; *at != '\0'; at++)
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at;
    return lower;
}

/* The methods that a path item has a place for. */
static const char *const methods[] = {"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"};
#define METHODS_COUNT (sizeof methods / sizeof *methods)
/* Those that ANY is shown as. */
static const char *const any_methods[] = {"GET", "PUT", "POST", "DELETE", "PATCH"};
#define ANY_METHODS_COUNT (sizeof any_methods / sizeof *any_methods)

static bool is_fixed_method(const char *method)
{
    for (size_t i = 0; i < METHODS_COUNT; i++) {
        if (strcmp(methods[i], method) == 0)
            return true;
    }
    return false;
}

/* The route of a path item that takes a method first: a parameter goes before `*`. NULL for ANY. */
static const struct route *route_of(const struct path_item *item, const char *method)
{
    const struct route *found = NULL;

    for (size_t i = 0; i < item->count; i++) {
        const struct route *const route = item->routes[i];
        const bool same = method == NULL ? route->method == NULL
                                         : route->method != NULL && strcmp(route->method, method) == 0;
        if (same && (found == NULL || (found->wildcard && !route->wildcard)))
            found = route;
    }
    return found;
}

static void write_item(struct publisher *publisher, const struct path_item *item)
{
    struct writer *const writer = &publisher->writer;
    const struct route *const any = route_of(item, NULL);
    bool others = false;

    writer_open(writer, item->path, '{');
    for (size_t i = 0; i < item->count; i++) {
        const struct route *const route = item->routes[i];
        if (route->method == NULL || !is_fixed_method(route->method)) {
            others = others || route->method != NULL;
            continue;
        }
        if (route_of(item, route->method) == route)
            write_operation(publisher, lower_case(publisher->arena, route->method), route, item->first);
    }
    for (size_t i = 0; any != NULL && i < ANY_METHODS_COUNT; i++) {
        if (route_of(item, any_methods[i]) == NULL)
            write_operation(publisher, lower_case(publisher->arena, any_methods[i]), any, item->first);
    }
    if (others) {
        writer_open(writer, "x-methods", '{');
        for (size_t i = 0; i < item->count; i++) {
            const struct route *const route = item->routes[i];
            if (route->method != NULL && !is_fixed_method(route->method) &&
                route_of(item, route->method) == route)
                write_operation(publisher, route->method, route, item->first);
        }
        writer_close(writer, '}');
    }
    writer_close(writer, '}');
}

void operations_write(struct publisher *publisher)
{
    struct path_items paths = {0};

    group_paths(publisher, &paths);
    writer_open(&publisher->writer, "paths", '{');
    for (size_t i = 0; i < paths.count; i++)
        write_item(publisher, paths.items[i]);
    writer_close(&publisher->writer, '}');
}
