/* shared.c - one function for inputs that several routes have alike: of ten thousand routes, code that each
 * has for itself is what no cache holds. */
#include <string.h>

#include "emit/emit.h"

/* Names longer than this say no more to who reads them. */
#define NAME_MAX_BYTES 48

struct shared_reader {
    const char *text; /* all of it but its name; two routes may share it if theirs is the same */
    unsigned part;
    const struct route *route; /* the first one */
    struct inputs_text inputs;
    size_t routes_count;
    const char *name; /* once it is emitted */
    struct shared_reader *next;
};

#define BUCKETS 1024

/* Strings as they stand in the path are copied with fewer instructions than a call takes. */
static bool is_plain(const struct input *input)
{
    return input->kind == INPUT_PATH && input->type->kind == TYPE_STRING &&
           input->type->constraints.patterns_count == 0;
}

bool only_plain_inputs(const struct route *route)
{
    for (size_t i = 0; i < route->inputs_count; i++) {
        if (!is_plain(&route->inputs[i]))
            return false;
    }
    return true;
}

static bool may_share(const struct route *route)
{
    return route->handler == HANDLER_FUNCTION && !only_plain_inputs(route);
}

bool shared_sets_route(struct emitter *emitter, const struct route *route)
{
    struct uses_text uses = {{.arena = emitter->arena}, {.arena = emitter->arena}, {.arena = emitter->arena}};

    if (route->uses_count != 0)
        emit_uses(emitter, route, &uses);
    return uses.calls.length == 0;
}

static const char *parameters(struct emitter *emitter, const struct route *route)
{
    struct text text = {.arena = emitter->arena};

    text_format(&text, "flare_request *rq%s",
                shared_sets_route(emitter, route) ? ", const flare_route *route" : "");
    for (size_t i = 0; i < route->inputs_count; i++) {
        if (route->inputs[i].kind == INPUT_PATH)
            text_format(&text, ", flare_str raw_%s", route->inputs[i].c_name);
    }
    if (route->wildcard)
        text_add(&text, ", flare_str raw_rest");
    for (size_t i = 0; i < route->inputs_count; i++)
        text_format(&text, ", %s",
                    declared_as(emitter, route->inputs[i].type,
                                arena_format(emitter->arena, "*out_%s", route->inputs[i].c_name)));
    if (route->wildcard)
        text_add(&text, ", flare_str *out_rest");
    return text_of(&text);
}

static struct shared_reader *make(struct emitter *emitter, const struct route *route)
{
    struct shared_reader *const reader = ARENA_NEW(emitter->arena, struct shared_reader);

    *reader = (struct shared_reader){.route = route,
                                     .part = emitter->part,
                                     .inputs = {.declarations.arena = emitter->arena,
                                                .reading.arena = emitter->arena,
                                                .defaults.arena = emitter->arena,
                                                .shared = true}};
    emit_inputs(emitter, route->inputs, route->inputs_count, route->wildcard, &reader->inputs);
    reader->text = arena_format(emitter->arena, "%s %s %s %s", parameters(emitter, route),
                                text_of(&reader->inputs.declarations), text_of(&reader->inputs.defaults),
                                text_of(&reader->inputs.reading));
    return reader;
}

/* The first reader that is the same, or this one. */
static struct shared_reader *intern(struct shared_reader **buckets, struct shared_reader *reader)
{
    uint32_t hash = 2166136261u;
    struct shared_reader **at;

    for (const char *c = reader->text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    for (at = &buckets[hash % BUCKETS]; *at != NULL; at = &(*at)->next) {
        if ((*at)->part == reader->part && strcmp((*at)->text, reader->text) == 0)
            return *at;
    }
    *at = reader;
    return reader;
}

/* "id, page" or "id_page". */
const char *reader_names(struct emitter *emitter, const struct route *route, const char *between)
{
    struct text text = {.arena = emitter->arena};

    for (size_t i = 0; i < route->inputs_count && text.length < NAME_MAX_BYTES; i++)
        text_format(&text, "%s%s", i == 0 ? "" : between, route->inputs[i].c_name);
    if (route->wildcard && text.length < NAME_MAX_BYTES)
        text_format(&text, "%srest", between);
    return text_of(&text);
}

static void emit_reader(struct emitter *emitter, struct shared_reader *reader)
{
    const struct route *const route = reader->route;
    struct text *const declarations = &reader->inputs.declarations;

    reader->name =
        own_static(emitter, arena_format(emitter->arena, "read_%s", reader_names(emitter, route, "_")));
    if (declarations->length != 0)
        text_add(declarations, "\n");
    FILL(body(emitter), "route/shared", {"names", reader_names(emitter, route, ", ")},
         {"count", arena_format(emitter->arena, "%zu", reader->routes_count)}, {"name", reader->name},
         {"parameters", parameters(emitter, route)}, {"declarations", text_of(declarations)},
         {"route", shared_sets_route(emitter, route) ? "rq->route = route;\n" : ""},
         {"defaults", text_of(&reader->inputs.defaults)}, {"reading", text_of(&reader->inputs.reading)});
}

void emit_shared_readers(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    struct shared_reader **const buckets = ARENA_ARRAY(emitter->arena, BUCKETS, struct shared_reader *);

    emitter->reader_buckets = buckets;
    emitter->readers = ARENA_ARRAY(emitter->arena, model->routes_count, struct shared_reader *);
    for (size_t i = 0; i < model->routes_count; i++) {
        emitter->part = emitter->route_parts[i];
        if (may_share(&model->routes[i])) {
            emitter->readers[i] = intern(buckets, make(emitter, &model->routes[i]));
            emitter->readers[i]->routes_count++;
        }
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        struct shared_reader *const reader = emitter->readers[i];

        emitter->part = emitter->route_parts[i];
        if (reader != NULL && reader->routes_count > 1 && reader->name == NULL)
            emit_reader(emitter, reader);
    }
    emitter->part = 0;
}

/* `parts`: where the captured segments are is told by number, and by `found` which route it is. */
static const char *read_call(struct emitter *emitter, const struct shared_reader *reader,
                             const struct route *route, bool parts)
{
    struct text call = {.arena = emitter->arena};
    size_t part = 0;

    text_format(&call, "%s(rq", reader->name);
    if (parts)
        text_format(&call, ", &%s[found->route]", symbol_use(emitter, emitter->table));
    else if (shared_sets_route(emitter, route))
        text_format(&call, ", &%s[%u]", symbol_use(emitter, emitter->table), route->index);
    for (size_t i = 0; i < route->inputs_count; i++) {
        if (route->inputs[i].kind != INPUT_PATH)
            continue;
        if (parts)
            text_format(&call, ", part[%zu]", part++);
        else
            text_format(&call, ", raw_%s", route->inputs[i].c_name);
    }
    if (route->wildcard)
        text_add(&call, ", raw_rest");
    for (size_t i = 0; i < route->inputs_count; i++)
        text_format(&call, ", &in.%s", route->inputs[i].c_name);
    text_add(&call, route->wildcard ? ", &in.rest)" : ")");
    return text_of(&call);
}

const char *shared_read(struct emitter *emitter, const struct route *route)
{
    const struct shared_reader *const reader = emitter->readers[route->index];

    return reader == NULL || reader->name == NULL ? NULL : read_call(emitter, reader, route, false);
}

struct shared_reader *indexed_reader(struct emitter *emitter, const struct route *route)
{
    struct shared_reader *const reader = intern(emitter->reader_buckets, make(emitter, route));

    reader->routes_count++;
    return reader;
}

size_t reader_routes(const struct shared_reader *reader)
{
    return reader->routes_count;
}

const char *indexed_read(struct emitter *emitter, struct shared_reader *reader, const struct route *route)
{
    if (reader->name == NULL)
        emit_reader(emitter, reader);
    return read_call(emitter, reader, route, true);
}
