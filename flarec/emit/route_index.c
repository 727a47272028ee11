/* route_index.c - of many routes, a table of those that method and path alone decide. Those with the same
 * inputs have one function that reads them; what is left of each is the call of its handler. */
#include <stdlib.h>
#include <string.h>

#include "emit/emit.h"
#include "plan/methods.h"
#include "plan/perfect.h"

/* As runtime/http/route_index.c and <flare/gen.h> have them. */
#define MULTIPLIER   UINT64_C(0x9e3779b97f4a7c15)
#define SEGMENTS_MAX 16
#define PARTS_MAX    8
#define TEXT_MAX     255
#define GROUPS_MAX   255

/* Of paths with one number of segments; each costs a look. */
#define SHAPES_MAX    4
#define SEEDS         16
#define NUMBERS_A_ROW 16

struct entry {
    const struct route *route;
    struct shared_reader *reader; /* NULL: the route has no inputs */
    unsigned shape, group;
    uint32_t parameters; /* bit n: segment n is one */
    const char *text;
    uint64_t hash;
};

struct shape {
    size_t segments_count, routes_count;
    uint32_t parameters;
};

struct group {
    struct shared_reader *reader;
    const struct route *first;
    size_t routes_count;
    struct text cases;
};

struct route_index {
    struct emitter *emitter;
    struct entry *entries;
    size_t count;
    struct shape *shapes;
    size_t shapes_count;
    struct group *groups;
    size_t groups_count;
    struct perfect perfect;
    uint64_t seed;
};

/* ---- which routes ---------------------------------------------------------------------------------- */

/* Is the handler called with nothing but inputs, and nothing before it? */
static bool is_simple(struct emitter *emitter, const struct route *route)
{
    struct uses_text uses = {{.arena = emitter->arena}, {.arena = emitter->arena}, {.arena = emitter->arena}};

    if (route->handler != HANDLER_FUNCTION || route->way != WAY_PLAIN || route->websocket ||
        route->body.kind != BODY_NONE || route->wildcard)
        return false;
    if (route->uses_count != 0)
        emit_uses(emitter, route, &uses);
    return uses.calls.length == 0 && uses.declarations.length == 0 && uses.gives.length == 0;
}

/* Its path, as the table has it. Captured segments are told apart by number, so each must be an input. */
static bool describe(struct emitter *emitter, const struct route *route, struct entry *entry)
{
    struct text text = {.arena = emitter->arena};
    size_t parts = 0, input = 0;

    entry->route = route;
    for (size_t i = 0; i < route->segments_count && i < SEGMENTS_MAX; i++) {
        const struct segment *const segment = &route->segments[i];

        text_add(&text, "/");
        if (segment->kind == SEGMENT_STATIC) {
            text_add(&text, segment->text);
            continue;
        }
        entry->parameters |= (uint32_t)1 << i;
        while (input < route->inputs_count && route->inputs[input].kind != INPUT_PATH)
            input++;
        if (input == route->inputs_count || strcmp(route->inputs[input++].name, segment->text) != 0)
            return false;
        parts++;
    }
    entry->text = text_of(&text);
    return route->segments_count <= SEGMENTS_MAX && parts <= PARTS_MAX && text.length <= TEXT_MAX;
}

static int by_use(const void *left, const void *right)
{
    const struct shape *const a = (const struct shape *)left, *const b = (const struct shape *)right;

    if (a->segments_count != b->segments_count)
        return a->segments_count < b->segments_count ? -1 : 1;
    if (a->routes_count != b->routes_count)
        return a->routes_count > b->routes_count ? -1 : 1;
    return a->parameters < b->parameters ? -1 : a->parameters > b->parameters;
}

static struct shape *find_shape(struct route_index *index, const struct entry *entry)
{
    for (size_t i = 0; i < index->shapes_count; i++) {
        if (index->shapes[i].segments_count == entry->route->segments_count &&
            index->shapes[i].parameters == entry->parameters)
            return &index->shapes[i];
    }
    return NULL;
}

/* The shapes that most routes have, by number of segments; routes of others are dropped. */
static void choose_shapes(struct route_index *index)
{
    size_t kept = 0, kept_of_count = 0, entries_kept = 0;

    index->shapes = ARENA_ARRAY(index->emitter->arena, index->count, struct shape);
    for (size_t i = 0; i < index->count; i++) {
        const struct entry *const entry = &index->entries[i];
        struct shape *shape = find_shape(index, entry);

        if (shape == NULL) {
            shape = &index->shapes[index->shapes_count++];
            shape->segments_count = entry->route->segments_count;
            shape->parameters = entry->parameters;
        }
        shape->routes_count++;
    }
    qsort(index->shapes, index->shapes_count, sizeof *index->shapes, by_use);
    for (size_t i = 0; i < index->shapes_count; i++) {
        if (kept == 0 || index->shapes[kept - 1].segments_count != index->shapes[i].segments_count)
            kept_of_count = 0;
        if (kept_of_count++ < SHAPES_MAX)
            index->shapes[kept++] = index->shapes[i];
    }
    index->shapes_count = kept;
    for (size_t i = 0; i < index->count; i++) {
        const struct shape *const shape = find_shape(index, &index->entries[i]);

        if (shape == NULL)
            continue;
        index->entries[i].shape = (unsigned)(shape - index->shapes);
        index->entries[entries_kept++] = index->entries[i];
    }
    index->count = entries_kept;
}

/* ---- the hash -------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * MULTIPLIER;
    return hash ^ hash >> 32;
}

static uint64_t word_of(const char *bytes, size_t length)
{
    uint64_t word = 0;

    for (size_t i = 0; i < length; i++)
        word |= (uint64_t)(unsigned char)bytes[i] << 8 * i;
    return word;
}

static uint64_t mix_run(uint64_t hash, const char *run, size_t length)
{
    size_t at = 0;

    if (length < 8)
        return mix(hash, word_of(run, length));
    for (; length - at > 8; at += 8)
        hash = mix(hash, word_of(run + at, 8));
    return mix(hash, word_of(run + length - 8, 8));
}

/* Run by run: what stands between the parameters. */
static uint64_t hash_of(const struct entry *entry, uint64_t seed)
{
    const struct route *const route = entry->route;
    const char *start = entry->text, *at = entry->text;
    uint64_t hash = seed ^ (method_number(route->method) | entry->shape << 8);

    for (size_t i = 0; i < route->segments_count; i++) {
        at++;
        if (route->segments[i].kind == SEGMENT_STATIC) {
            at += strlen(route->segments[i].text);
        } else {
            hash = mix_run(hash, start, (size_t)(at - start));
            start = at;
        }
    }
    return at == start ? hash : mix_run(hash, start, (size_t)(at - start));
}

static bool find_hash(struct route_index *index)
{
    uint64_t *const hashes = ARENA_ARRAY(index->emitter->arena, index->count, uint64_t);

    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        index->seed = seed * MULTIPLIER;
        for (size_t i = 0; i < index->count; i++)
            hashes[i] = index->entries[i].hash = hash_of(&index->entries[i], index->seed);
        if (perfect_make(index->emitter->arena, hashes, index->count, &index->perfect))
            return true;
    }
    return false;
}

/* ---- the functions --------------------------------------------------------------------------------- */

static struct group *find_group(struct route_index *index, const struct entry *entry)
{
    for (size_t i = 0; i < index->groups_count; i++) {
        if (index->groups[i].reader == entry->reader)
            return &index->groups[i];
    }
    if (index->groups_count == GROUPS_MAX)
        return NULL;
    index->groups[index->groups_count] = (struct group){
        .reader = entry->reader, .first = entry->route, .cases = {.arena = index->emitter->arena}};
    return &index->groups[index->groups_count++];
}

static void group_entries(struct route_index *index)
{
    size_t kept = 0;

    /* What a single route reads stays in its own function. */
    for (size_t i = 0; i < index->count; i++) {
        const struct entry *const entry = &index->entries[i];

        if (entry->reader == NULL || reader_routes(entry->reader) > 1)
            index->entries[kept++] = *entry;
    }
    index->count = kept;
    kept = 0;
    index->groups = ARENA_ARRAY(index->emitter->arena, GROUPS_MAX, struct group);
    for (size_t i = 0; i < index->count; i++) {
        struct entry *const entry = &index->entries[i];
        const struct route *const route = entry->route;
        struct group *const group = find_group(index, entry);

        if (group == NULL)
            continue;
        group->routes_count++;
        text_format(&group->cases, "case %u: /* %s */\n    return %s(rq%s)%s;\n", route->index,
                    route_title(index->emitter, route), route->handler_c_name,
                    route->inputs_count != 0 ? ", in" : "", route->replies_count != 0 ? ".flarei" : "");
        entry->group = (unsigned)(group - index->groups);
        index->entries[kept++] = *entry;
    }
    index->count = kept;
}

static const char *write_group(struct emitter *emitter, const struct group *group)
{
    const char *const names = group->reader == NULL ? "no inputs" : reader_names(emitter, group->first, ", ");
    const char *const bare = group->reader == NULL ? "nothing" : reader_names(emitter, group->first, "_");
    const char *const call = own_static(emitter, arena_format(emitter->arena, "call_%s", bare));
    const char *const take = own_static(emitter, arena_format(emitter->arena, "take_%s", bare));

    FILL(body(emitter), "route_index/call", {"names", names},
         {"count", arena_format(emitter->arena, "%zu", group->routes_count)}, {"name", call},
         {"parameters", group->reader == NULL ? "flare_request *rq, uint32_t route"
                                              : "flare_request *rq, uint32_t route, const void *in"},
         {"cases", text_of(&group->cases)});
    if (group->reader == NULL)
        FILL(body(emitter), "route_index/take_nothing", {"name", take}, {"call", call},
             {"routes", symbol_use(emitter, emitter->table)});
    else
        FILL(body(emitter), "route_index/take", {"name", take}, {"call", call},
             {"in", arena_format(emitter->arena, "%s_in", group->first->handler_c_name)},
             {"read", indexed_read(emitter, group->reader, group->first)});
    return take;
}

static const char *write_groups(struct route_index *index)
{
    struct emitter *const emitter = index->emitter;
    struct text cases = {.arena = emitter->arena};
    const char *name = NULL;

    for (size_t i = 0; i < index->groups_count; i++) {
        name = write_group(emitter, &index->groups[i]);
        text_format(&cases, "case %zu:\n    return %s(rq, found, part);\n", i, name);
    }
    if (index->groups_count == 1)
        return name;
    name = own_static(emitter, "take_indexed");
    FILL(body(emitter), "route_index/groups", {"name", name}, {"cases", text_of(&cases)});
    return name;
}

/* ---- the tables ------------------------------------------------------------------------------------ */

static const char *rows_of(struct route_index *index)
{
    struct emitter *const emitter = index->emitter;
    struct text rows = {.arena = emitter->arena};
    const struct entry **const places =
        ARENA_ARRAY(emitter->arena, index->perfect.places_count, const struct entry *);

    for (size_t i = 0; i < index->count; i++)
        places[perfect_place(&index->perfect, index->entries[i].hash)] = &index->entries[i];
    for (size_t i = 0; i < index->perfect.places_count; i++) {
        const struct entry *const entry = places[i];

        if (entry == NULL)
            text_add(&rows, "{\"\", 0, 0, 0, 0, 0},\n");
        else
            text_format(&rows, "{%s, %u, %zu, %u, %s, %u},\n",
                        c_string(emitter->arena, entry->text, strlen(entry->text)), entry->route->index,
                        strlen(entry->text), entry->shape, method_constant(emitter, entry->route->method),
                        entry->group);
    }
    return text_of(&rows);
}

static const char *write_tables(struct route_index *index)
{
    struct emitter *const emitter = index->emitter;
    const char *const name = own_static(emitter, "route_index");
    const size_t buckets = (size_t)1 << index->perfect.bits;
    struct text shapes = {.arena = emitter->arena}, shapes_of = {.arena = emitter->arena};
    struct text displacements = {.arena = emitter->arena};

    for (size_t i = 0; i < index->shapes_count; i++)
        text_format(&shapes, "%s0x%x,", i == 0 ? "" : " ", index->shapes[i].parameters);
    for (size_t segments = 0, i = 0; segments <= SEGMENTS_MAX + 1; segments++) {
        while (i < index->shapes_count && index->shapes[i].segments_count < segments)
            i++;
        text_format(&shapes_of, "%s%zu", segments == 0 ? "" : ", ", i);
    }
    for (size_t i = 0; i < buckets; i++)
        text_format(&displacements, "%u,%s", index->perfect.displacements[i],
                    i + 1 == buckets                         ? ""
                    : i % NUMBERS_A_ROW == NUMBERS_A_ROW - 1 ? "\n"
                                                             : " ");
    FILL(body(emitter), "route_index/tables", {"index", name}, {"shapes", text_of(&shapes)},
         {"displacements", text_of(&displacements)}, {"rows", rows_of(index)},
         {"shapes_of", text_of(&shapes_of)},
         {"bits", arena_format(emitter->arena, "%u", index->perfect.bits)},
         {"seed", arena_format(emitter->arena, "UINT64_C(0x%llx)", (unsigned long long)index->seed)},
         {"places", arena_format(emitter->arena, "%zu", index->perfect.places_count)});
    return name;
}

const char *emit_route_index(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    struct route_index index = {.emitter = emitter};
    struct text find = {.arena = emitter->arena};
    const char *name, *take;

    if (model->routes_count < emitter->index_from)
        return "";
    index.entries = ARENA_ARRAY(emitter->arena, model->routes_count, struct entry);
    for (size_t i = 0; i < model->routes_count; i++) {
        struct entry entry = {0};

        if (emitter->plan->certain[i] && is_simple(emitter, &model->routes[i]) &&
            describe(emitter, &model->routes[i], &entry))
            index.entries[index.count++] = entry;
    }
    choose_shapes(&index);
    for (size_t i = 0; i < index.count; i++) {
        if (index.entries[i].route->inputs_count != 0)
            index.entries[i].reader = indexed_reader(emitter, index.entries[i].route);
    }
    group_entries(&index);
    if (index.count == 0 || !find_hash(&index))
        return "";
    section(emitter, body(emitter), "Dispatch: most paths by hash");
    take = write_groups(&index);
    name = write_tables(&index);
    FILL(&find, "route_index/find", {"index", name}, {"take", take});
    return text_of(&find);
}
