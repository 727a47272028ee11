/* decode.c - how JSON of a request's body becomes values: one reader for each type that a body holds. */
#include "emit/decode.h"

#include "publish/publish.h"

#include <stdint.h>
#include <string.h>

static struct symbol *reader_of(struct emitter *emitter, const struct type *type);

/* Numbers of JSON: a check of one's own stands behind the runtime's reading. */
static bool is_number(const struct type *type)
{
    return type->kind <= TYPE_F64 && !type->constraints.as_text;
}

/* ---- what bodies hold ------------------------------------------------------------------------------ */

/* A set of declarations. */
struct reached {
    const struct declaration **slots;
    size_t size; /* a power of two */
    void (*visit)(struct emitter *emitter, const struct type *type, const char *name);
};

static bool reach(struct reached *reached, const struct declaration *declaration)
{
    size_t slot = (size_t)((uintptr_t)declaration / 16) & (reached->size - 1);

    while (reached->slots[slot] != NULL) {
        if (reached->slots[slot] == declaration)
            return false;
        slot = (slot + 1) & (reached->size - 1);
    }
    reached->slots[slot] = declaration;
    return true;
}

static void walk(struct emitter *emitter, struct reached *reached, const struct type *type, const char *name)
{
    while (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP)
        type = type->element;
    if (type->kind != TYPE_OBJECT && type->kind != TYPE_UNION) {
        if (!is_number(type))
            reached->visit(emitter, type, name);
        return;
    }
    if (!reach(reached, type->declaration))
        return;
    for (size_t i = 0; i < type->declaration->properties_count; i++)
        walk(emitter, reached, type->declaration->properties[i].type, type->declaration->properties[i].name);
}

/* The type that a route reads as JSON, or NULL. */
static const struct type *json_of(const struct route *route)
{
    if (route->handler != HANDLER_FUNCTION)
        return NULL;
    if (route->receive.kind == MESSAGE_JSON)
        return route->receive.type;
    return route->body.kind == BODY_JSON || route->body.kind == BODY_NDJSON ? route->body.type : NULL;
}

void decode_scalars(struct emitter *emitter,
                    void (*visit)(struct emitter *emitter, const struct type *type, const char *name))
{
    const struct model *const model = emitter->model;
    struct reached reached = {NULL, 16, visit};

    while (reached.size < 2 * model->declarations_count + 2)
        reached.size *= 2;
    reached.slots = ARENA_ARRAY(emitter->arena, reached.size, const struct declaration *);
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct type *const type = json_of(&model->routes[i]);

        if (type != NULL)
            walk(emitter, &reached, type, model->routes[i].websocket ? "message" : "body");
    }
    for (size_t i = 0; i < model->guards_count; i++) {
        if (model->guards[i]->session != NULL)
            walk(emitter, &reached, model->guards[i]->gives[0].type, "session");
    }
}

/* ---- values ------------------------------------------------------------------------------------------ */

const char *decode_key(struct emitter *emitter, const char *name)
{
    struct text key = {.arena = emitter->arena};

    text_add(&key, "/");
    for (; *name != '\0'; name++) {
        if (*name == '~' || *name == '/')
            text_add(&key, *name == '~' ? "~0" : "~1");
        else
            text_add_bytes(&key, name, 1);
    }
    return c_string(emitter->arena, text_of(&key), key.length);
}

/* What a reader is for: types that are one in C may differ in what they take. */
static void add_key(struct emitter *emitter, struct text *key, const struct type *type)
{
    const struct constraints *const constraints = &type->constraints;

    text_format(key, "%d%s%s %s", (int)type->kind, constraints->unique ? " unique" : "",
                constraints->as_text ? " text" : "",
                type->declaration != NULL ? type->declaration->c_name : "");
    text_format(key, "%s %s %s", take_bounds(emitter, type), length_bound(emitter, constraints, false),
                length_bound(emitter, constraints, true));
    for (size_t i = 0; i < constraints->patterns_count; i++)
        text_format(key, " /%u", constraints->patterns[i]->index);
    for (size_t i = 0; i < constraints->schemes_count; i++)
        text_format(key, " %s:", constraints->schemes[i]);
    for (size_t i = 0; i < constraints->checks_count; i++)
        text_format(key, " %s()", constraints->checks[i]);
    if (type->element != NULL) {
        text_add(key, " of ");
        add_key(emitter, key, type->element);
    }
}

/* Has the value a frame of its own in paths? */
static bool is_container(const struct type *type)
{
    return type->kind == TYPE_OBJECT || type->kind == TYPE_ARRAY || type->kind == TYPE_MAP ||
           type->kind == TYPE_UNION;
}

/* Does the runtime read it all by itself? */
static bool is_direct(const struct type *type)
{
    return is_number(type) ? type->constraints.checks_count == 0
                           : take_is_plain(type) && !type->constraints.as_text;
}

/* "&body.name"; of "(*item)" it is "item". */
static const char *address_of(struct emitter *emitter, const char *target)
{
    const size_t length = strlen(target);

    return strncmp(target, "(*", 2) == 0 && strchr(target, ')') == target + length - 1
               ? arena_format(emitter->arena, "%.*s", (int)length - 3, target + 2)
               : arena_format(emitter->arena, "&%s", target);
}

static void read_plain(struct emitter *emitter, struct text *out, const struct type *type, const char *path,
                       const char *key, const char *target)
{
    struct arena *const arena = emitter->arena;
    const char *const to = address_of(emitter, target);

    if (type->kind == TYPE_RAW_JSON) {
        text_format(out, "at = flarei_json_raw_value(json, at, %s, %s, %s);\n", path,
                    key != NULL ? key : "NULL", to);
    } else if (is_container(type)) {
        if (key != NULL)
            path = arena_format(arena, "&(struct flarei_json_path){%s, %s, 0}", path, key);
        text_format(out, "at = %s(json, at, %s, %s);\n", symbol_use(emitter, reader_of(emitter, type)), path,
                    to);
    } else if (is_direct(type)) {
        text_format(out, "at = flarei_json_%s(json, at, %s, %s%s, %s);\n", scalar_word(type->kind), path,
                    key != NULL ? key : "NULL", take_bounds(emitter, type), to);
    } else {
        text_format(out, "at = %s(json, at, %s, %s, %s);\n", symbol_use(emitter, reader_of(emitter, type)),
                    path, key != NULL ? key : "NULL", to);
    }
}

void decode_value(struct emitter *emitter, struct text *out, const struct type *type, const char *path,
                  const char *key, const char *target)
{
    struct text read = {.arena = emitter->arena};

    if (!type->optional) {
        read_plain(emitter, out, type, path, key, target);
        return;
    }
    read_plain(emitter, &read, type, path, key, arena_format(emitter->arena, "%s.value", target));
    FILL(out, "decode/optional", {"read", text_of(&read)}, {"target", target});
}

/* ---- readers ----------------------------------------------------------------------------------------- */

static const char *unique_check(struct emitter *emitter, const struct type *element)
{
    struct text out = {.arena = emitter->arena};

    FILL(&out, "decode/unique", {"kind", items_kind(element)});
    return text_of(&out);
}

static void emit_array(struct emitter *emitter, struct symbol *symbol, const struct type *type)
{
    const struct constraints *const constraints = &type->constraints;
    struct text read = {.arena = emitter->arena}, least = {.arena = emitter->arena};

    decode_value(emitter, &read, type->element, "&item", NULL, "items[item.index]");
    if (constraints->has_length_min && constraints->length_min != 0)
        FILL(&least, "decode/array_min", {"min", length_bound(emitter, constraints, false)},
             {"count", "item.index"});
    FILL(body(emitter), "decode/array", {"words", c_comment(emitter->arena, type->written)},
         {"linkage", linkage(emitter, symbol)}, {"prototype", symbol->prototype},
         {"item", c_type(emitter, type->element)}, {"max", length_bound(emitter, constraints, true)},
         {"depth", decode_depth(emitter, type->element)},
         {"failed", constraints->unique ? "const uint32_t failed = json->count;\n" : ""},
         {"read", text_of(&read)}, {"least", text_of(&least)},
         {"unique", constraints->unique ? unique_check(emitter, type->element) : ""});
}

static void emit_map(struct emitter *emitter, struct symbol *symbol, const struct type *type)
{
    const struct constraints *const constraints = &type->constraints;
    struct text read = {.arena = emitter->arena}, least = {.arena = emitter->arena};

    decode_value(emitter, &read, type->element, "&item", NULL, "items[count].value");
    if (constraints->has_length_min && constraints->length_min != 0)
        FILL(&least, "decode/array_min", {"min", length_bound(emitter, constraints, false)},
             {"count", "count"});
    FILL(body(emitter), "decode/map", {"words", c_comment(emitter->arena, type->written)},
         {"linkage", linkage(emitter, symbol)}, {"prototype", symbol->prototype},
         {"entry", arena_format(emitter->arena, "%s_entry", c_type(emitter, type))},
         {"max", length_bound(emitter, constraints, true)}, {"read", text_of(&read)},
         {"depth", decode_depth(emitter, type->element)}, {"least", text_of(&least)});
}

/* A number, then what the service's own functions say of it. */
static void emit_checked(struct emitter *emitter, struct symbol *symbol, const struct type *type)
{
    struct text checks = {.arena = emitter->arena};

    for (size_t i = 0; i < type->constraints.checks_count; i++)
        FILL(&checks, "decode/check", {"check", type->constraints.checks[i]});
    FILL(body(emitter), "decode/checked", {"linkage", linkage(emitter, symbol)},
         {"prototype", symbol->prototype}, {"type", c_type(emitter, type)}, {"word", scalar_word(type->kind)},
         {"bounds", take_bounds(emitter, type)}, {"checks", text_of(&checks)});
}

/* A text that is checked by a function of this service. */
static void emit_taken(struct emitter *emitter, struct symbol *symbol, const struct type *type)
{
    const bool string = type->kind == TYPE_STRING;

    FILL(body(emitter), "decode/taken", {"linkage", linkage(emitter, symbol)},
         {"prototype", symbol->prototype},
         {"min", string ? length_bound(emitter, &type->constraints, false) : "0"},
         {"max", string ? length_bound(emitter, &type->constraints, true) : "SIZE_MAX"},
         {"take", take_expression(emitter, type, "text", "out")});
}

const char *decode_prototype(struct emitter *emitter, const struct type *type)
{
    return arena_format(emitter->arena,
                        "const char *%%s(struct flarei_json *json, const char *at, const struct "
                        "flarei_json_path *path, %s%s *out)",
                        is_container(type) ? "" : "const char *key, ", c_type(emitter, type));
}

static const char *reader_name(struct emitter *emitter, const struct type *type)
{
    const char *name = type->alias != NULL && !is_container(type)
                           ? c_identifier(emitter->arena, type->alias->name)
                           : bare_name(emitter, c_type(emitter, type));

    if (strncmp(name, "flare_", 6) == 0)
        name += 6;
    return arena_format(emitter->arena, "read_%s", name);
}

static struct symbol *reader_of(struct emitter *emitter, const struct type *type)
{
    struct text key = {.arena = emitter->arena};
    struct type plain = *type;
    struct symbol *symbol;

    plain.optional = false;
    text_add(&key, "read ");
    add_key(emitter, &key, &plain);
    symbol = symbol_find(emitter, text_of(&key));
    if (symbol != NULL) {
        /* Of a type that holds itself, while it is being written: declared before. */
        if (!symbol->complete && emitter->parts == 1 && !symbol->declared) {
            text_format(body(emitter), "\nstatic %s;\n", symbol->prototype);
            symbol->declared = true;
        }
        return symbol;
    }
    symbol =
        symbol_make(emitter, text_of(&key), reader_name(emitter, &plain), decode_prototype(emitter, &plain));
    if (plain.kind == TYPE_OBJECT)
        decode_object(emitter, symbol, plain.declaration, NULL);
    else if (plain.kind == TYPE_UNION)
        decode_union(emitter, symbol, plain.declaration);
    else if (plain.kind == TYPE_ARRAY)
        emit_array(emitter, symbol, &plain);
    else if (plain.kind == TYPE_MAP)
        emit_map(emitter, symbol, &plain);
    else if (is_number(&plain))
        emit_checked(emitter, symbol, &plain);
    else
        emit_taken(emitter, symbol, &plain);
    symbol->complete = true;
    return symbol;
}

static void emit_decoder(struct emitter *emitter, const struct type *type, bool *any)
{
    struct text ignored = {.arena = emitter->arena};

    if (type == NULL)
        return;
    if (!*any)
        section(emitter, body(emitter), "JSON, as types");
    *any = true;
    decode_value(emitter, &ignored, type, "NULL", NULL, "in->body");
}

void emit_decoders(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    bool any = false;

    emitter->part = 0;
    for (size_t i = 0; i < model->routes_count; i++)
        emit_decoder(emitter, json_of(&model->routes[i]), &any);
    for (size_t i = 0; i < model->guards_count; i++) {
        if (model->guards[i]->session != NULL)
            emit_decoder(emitter, model->guards[i]->gives[0].type, &any);
    }
}

bool has_decoders(const struct emitter *emitter)
{
    if (has_sessions(emitter))
        return true;
    for (size_t i = 0; i < emitter->model->routes_count; i++) {
        if (json_of(&emitter->model->routes[i]) != NULL)
            return true;
    }
    return false;
}

void emit_stream_next(struct emitter *emitter, const struct route *route)
{
    struct text read = {.arena = emitter->arena};

    decode_value(emitter, &read, route->body.type, "NULL", NULL, "(*item)");
    FILL(body(emitter), "stream/next", {"prototype", next_prototype(emitter, route)},
         {"depth", decode_limit(emitter, route, 0)}, {"read", text_of(&read)});
}

void emit_json_resume(struct emitter *emitter, const struct route *route, const char *name, const char *call)
{
    struct text read = {.arena = emitter->arena}, again = {.arena = emitter->arena},
                in = {.arena = emitter->arena};

    if (has_in(route))
        FILL(&in, "decode/in", {"in", route->handler_c_name});
    if (route->body.kind == BODY_JSON) {
        if (emitter->memory == NULL)
            emitter->memory = memory_make(emitter->arena, emitter->model);
        decode_value(emitter, &read, route->body.type, "NULL", NULL, "in->body");
        FILL(body(emitter), "decode/resume", {"name", name}, {"in", text_of(&in)},
             {"depth", decode_limit(emitter, route, 0)}, {"read", text_of(&read)}, {"call", call},
             {"bound", arena_format(emitter->arena, "%llu",
                                    (unsigned long long)memory_bound(emitter->memory, route))});
        return;
    }
    decode_value(emitter, &read, route->body.type, "&line", NULL, "item");
    decode_value(emitter, &again, route->body.type, "NULL", NULL, "(*item)");
    FILL(body(emitter), "decode/resume_lines", {"name", name},
         {"in", in.length != 0 ? text_of(&in) : "(void)input;\n"},
         {"type", c_type(emitter, route->body.type)}, {"depth", decode_limit(emitter, route, 1)},
         {"read", text_of(&read)}, {"call", call});
    FILL(body(emitter), "decode/next", {"prototype", next_prototype(emitter, route)},
         {"depth", decode_limit(emitter, route, 0)}, {"read", text_of(&again)});
}
