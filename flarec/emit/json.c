/* json.c - how replies become JSON: one writer for each type, key texts baked with their commas. */
#include <string.h>

#include "emit/emit.h"

static struct symbol *writer_of(struct emitter *emitter, const struct type *type);

/* Of the runtime's function that writes a scalar: narrow numbers are written as wide ones, all texts as
 * strings. */
static const char *put_word(enum type_kind kind)
{
    if (kind == TYPE_EMAIL || kind == TYPE_URL)
        return scalar_word(TYPE_STRING);
    if (kind >= TYPE_I8 && kind <= TYPE_I64)
        return scalar_word(TYPE_I64);
    return scalar_word(kind >= TYPE_U8 && kind <= TYPE_U64 ? TYPE_U64 : kind);
}

/* What a writer is for: types that are one in C may differ in JSON. */
static const char *type_key(struct emitter *emitter, const struct type *type)
{
    const char *const optional = type->optional ? "?" : "";

    if (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP)
        return arena_format(emitter->arena, type->kind == TYPE_ARRAY ? "[%s]%s" : "{%s}%s",
                            type_key(emitter, type->element), optional);
    if (type->declaration != NULL)
        return arena_format(emitter->arena, "%s%s", type->declaration->c_name, optional);
    return arena_format(emitter->arena, "%s%s%s",
                        type->kind >= TYPE_I8 && type->kind <= TYPE_U64 ? scalar_word(type->kind)
                                                                        : put_word(type->kind),
                        type->constraints.as_text ? "(text)" : "", optional);
}

/* It is written by a function of its own. */
static bool has_writer(const struct type *type)
{
    return type->declaration != NULL || type->kind == TYPE_ARRAY || type->kind == TYPE_MAP;
}

static bool by_pointer(const struct type *type)
{
    return type->kind == TYPE_OBJECT || type->kind == TYPE_UNION;
}

static void put_plain(struct emitter *emitter, struct text *out, const struct type *type, const char *value)
{
    const bool pointed = by_pointer(type);
    struct symbol *symbol;

    if (!has_writer(type)) {
        FILL(out, type->constraints.as_text ? "json/number_text" : "json/scalar",
             {"word", put_word(type->kind)}, {"value", value});
        return;
    }
    symbol = writer_of(emitter, type);
    if (pointed && value[0] == '*')
        FILL(out, "json/call", {"writer", symbol_use(emitter, symbol)}, {"pointer", ""},
             {"value", value + 1});
    else
        FILL(out, "json/call", {"writer", symbol_use(emitter, symbol)}, {"pointer", pointed ? "&" : ""},
             {"value", value});
}

void json_put(struct emitter *emitter, struct text *out, const struct type *type, const char *value)
{
    put_plain(emitter, out, type, value);
}

/* Of a type that holds itself, while it is being written: declared before. */
static void declare_before(struct emitter *emitter, struct symbol *symbol)
{
    if (symbol->complete || emitter->parts != 1 || symbol->declared)
        return;
    text_format(body(emitter), "\nstatic %s;\n", symbol->prototype);
    symbol->declared = true;
}

/* ---- members ---------------------------------------------------------------------------------------- */

/* {"name": as a string of C */
static const char *key_text(struct emitter *emitter, const char *before, const char *name)
{
    struct text key = {.arena = emitter->arena};

    text_add(&key, before);
    json_string(&key, name);
    text_add(&key, ":");
    return c_string(emitter->arena, text_of(&key), key.length);
}

/* A member that may be absent in the JSON. */
static bool may_lack(const struct declaration *declaration, const struct property *property)
{
    return declaration->patch || property->type->optional;
}

/* `first` tells what stands before: '{' nothing yet, ',' some member, '?' that is known at run time only. */
static void put_one(struct emitter *emitter, struct text *out, const struct property *property,
                    const char *put, bool lacks, char first)
{
    const char before[2] = {first, '\0'};

    if (first == '?')
        FILL(out, "json/member_after_some", {"key", key_text(emitter, "", property->name)}, {"put", put},
             {"comma", lacks ? "before = ',';\n" : ""});
    else
        FILL(out, "json/member", {"key", key_text(emitter, before, property->name)}, {"put", put});
}

static void put_member(struct emitter *emitter, struct text *out, const struct declaration *declaration,
                       const struct property *property, char *first)
{
    const bool lacks = may_lack(declaration, property);
    const char *const name = arena_format(emitter->arena, "value->%s", property->c_name);
    struct type plain = *property->type;
    struct text put = {.arena = emitter->arena}, member = {.arena = emitter->arena};

    plain.optional = false;
    if (property->by_pointer)
        put_plain(emitter, &put, &plain, arena_format(emitter->arena, "*%s", name));
    else
        put_plain(emitter, &put, &plain, arena_format(emitter->arena, "%s%s", name, lacks ? ".value" : ""));
    put_one(emitter, &member, property, text_of(&put), lacks, *first);
    if (!lacks) {
        text_add(out, text_of(&member));
        *first = ',';
    } else if (property->by_pointer) {
        FILL(out, "json/if_there", {"name", property->c_name}, {"member", text_of(&member)});
    } else if (declaration->patch && property->type->optional) {
        struct text null = {.arena = emitter->arena};

        put_one(emitter, &null, property, "FLAREI_PUT(out, \"null\");\n", lacks, *first);
        FILL(out, "json/if_patched", {"name", property->c_name}, {"member", text_of(&member)},
             {"null", text_of(&null)});
    } else {
        FILL(out, "json/if_present", {"name", property->c_name}, {"member", text_of(&member)});
    }
}

/* A value that may hold itself is written only so deep. */
static const char *enter(struct emitter *emitter, const struct type *type)
{
    struct text out = {.arena = emitter->arena};

    if (holds_itself(emitter, type))
        FILL_PLAIN(&out, "json/enter");
    return text_of(&out);
}

static const char *leave(struct emitter *emitter, const struct type *type)
{
    struct text out = {.arena = emitter->arena};

    if (holds_itself(emitter, type))
        FILL_PLAIN(&out, "json/leave");
    return text_of(&out);
}

static void emit_object(struct emitter *emitter, struct symbol *symbol, const struct declaration *declaration)
{
    const struct type own = {.kind = TYPE_OBJECT, .declaration = declaration};
    struct text members = {.arena = emitter->arena};
    const bool unsure =
        declaration->properties_count != 0 && may_lack(declaration, &declaration->properties[0]);
    char first = unsure ? '?' : '{';

    for (size_t i = 0; i < declaration->properties_count; i++)
        put_member(emitter, &members, declaration, &declaration->properties[i], &first);
    FILL(body(emitter), "json/object", {"linkage", linkage(emitter, symbol)},
         {"prototype", symbol->prototype}, {"before", unsure ? "char before = '{';\n\n" : ""},
         {"enter", enter(emitter, &own)}, {"leave", leave(emitter, &own)}, {"members", text_of(&members)},
         {"end", first == '?' ? "if (before == '{')\n    FLAREI_PUT(out, \"{\");\nFLAREI_PUT(out, \"}\");\n"
                              : "FLAREI_PUT(out, \"}\");\n"});
}

/* ---- unions ------------------------------------------------------------------------------------------ */

/* Of an arm: its members behind the tag, and the end of the object. */
static struct symbol *rest_of(struct emitter *emitter, const struct declaration *declaration)
{
    const char *const key = arena_format(emitter->arena, "put rest of %s", declaration->c_name);
    struct symbol *symbol = symbol_find(emitter, key);
    const struct type own = {.kind = TYPE_OBJECT, .declaration = declaration};
    struct text members = {.arena = emitter->arena};
    char first = ',';

    if (symbol != NULL) {
        declare_before(emitter, symbol);
        return symbol;
    }
    symbol = symbol_make(
        emitter, key, arena_format(emitter->arena, "put_%s_rest", bare_name(emitter, declaration->c_name)),
        arena_format(emitter->arena, "void %%s(flare_buffer *out, const %s *value)", declaration->c_name));
    for (size_t i = 0; i < declaration->properties_count; i++)
        put_member(emitter, &members, declaration, &declaration->properties[i], &first);
    FILL(body(emitter), "json/object", {"linkage", linkage(emitter, symbol)},
         {"prototype", symbol->prototype}, {"before", ""}, {"enter", enter(emitter, &own)},
         {"leave", leave(emitter, &own)}, {"members", text_of(&members)},
         {"end", "FLAREI_PUT(out, \"}\");\n"});
    symbol->complete = true;
    return symbol;
}

static void emit_union(struct emitter *emitter, struct symbol *symbol, const struct declaration *declaration)
{
    struct text cases = {.arena = emitter->arena};

    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const arm = &declaration->properties[i];
        struct text start = {.arena = emitter->arena};

        text_add(&start, "{");
        json_string(&start, declaration->tag);
        text_add(&start, ":");
        json_string(&start, arm->name);
        FILL(&cases, "json/arm", {"tag", tag_name(emitter, declaration, arm)},
             {"text", c_string(emitter->arena, text_of(&start), start.length)},
             {"writer", symbol_use(emitter, rest_of(emitter, arm->type->declaration))}, {"arm", arm->c_name});
    }
    FILL(body(emitter), "json/union", {"linkage", linkage(emitter, symbol)}, {"prototype", symbol->prototype},
         {"cases", text_of(&cases)}, {"name", c_comment(emitter->arena, declaration->name)});
}

/* ---- enums, arrays, maps ------------------------------------------------------------------------------- */

static void emit_enum(struct emitter *emitter, struct symbol *symbol, const struct declaration *declaration)
{
    struct text cases = {.arena = emitter->arena};

    for (size_t i = 0; i < declaration->members_count; i++) {
        struct text json = {.arena = emitter->arena};

        json_string(&json, declaration->members[i].name);

        FILL(&cases, "json/enum_case", {"member", declaration->members[i].c_name},
             {"text", c_string(emitter->arena, text_of(&json), json.length)});
    }
    if (declaration->open)
        text_format(&cases, "case %s:\n    break;\n", declaration->c_unknown);
    FILL(body(emitter), "json/enum", {"linkage", linkage(emitter, symbol)}, {"prototype", symbol->prototype},
         {"cases", text_of(&cases)}, {"name", c_comment(emitter->arena, declaration->name)});
}

static void emit_array(struct emitter *emitter, struct symbol *symbol, const struct type *element)
{
    struct text put = {.arena = emitter->arena};

    json_put(emitter, &put, element, "value.items[i]");
    FILL(body(emitter), "json/array", {"linkage", linkage(emitter, symbol)}, {"prototype", symbol->prototype},
         {"enter", enter(emitter, element)}, {"put", text_of(&put)}, {"leave", leave(emitter, element)});
}

static void emit_map(struct emitter *emitter, struct symbol *symbol, const struct type *element)
{
    struct text put = {.arena = emitter->arena};

    json_put(emitter, &put, element, "value.items[i].value");
    FILL(body(emitter), "json/map", {"linkage", linkage(emitter, symbol)}, {"prototype", symbol->prototype},
         {"enter", enter(emitter, element)}, {"put", text_of(&put)}, {"leave", leave(emitter, element)});
}

/* ---- writers ----------------------------------------------------------------------------------- */

static struct symbol *writer_of(struct emitter *emitter, const struct type *type)
{
    struct type plain = *type;
    const char *key, *name;
    struct symbol *symbol;

    plain.optional = false;
    key = arena_format(emitter->arena, "put %s", type_key(emitter, &plain));
    symbol = symbol_find(emitter, key);
    if (symbol != NULL) {
        declare_before(emitter, symbol);
        return symbol;
    }
    name = bare_name(emitter, c_type(emitter, &plain));
    name = arena_format(emitter->arena, "put_%s", strncmp(name, "flare_", 6) == 0 ? name + 6 : name);
    symbol = symbol_make(emitter, key, name,
                         arena_format(emitter->arena, "void %%s(flare_buffer *out, %s%s %svalue)",
                                      by_pointer(&plain) ? "const " : "", c_type(emitter, &plain),
                                      by_pointer(&plain) ? "*" : ""));
    if (plain.kind == TYPE_OBJECT)
        emit_object(emitter, symbol, plain.declaration);
    else if (plain.kind == TYPE_UNION)
        emit_union(emitter, symbol, plain.declaration);
    else if (plain.kind == TYPE_ENUM)
        emit_enum(emitter, symbol, plain.declaration);
    else if (plain.kind == TYPE_MAP)
        emit_map(emitter, symbol, plain.element);
    else
        emit_array(emitter, symbol, plain.element);
    symbol->complete = true;
    return symbol;
}

static void emit_type_json(struct emitter *emitter, const struct type *type, bool *any)
{
    if (type == NULL || !has_writer(type))
        return;
    if (!*any)
        section(emitter, body(emitter), "Types, as JSON");
    *any = true;
    writer_of(emitter, type);
}

static void emit_replies_json(struct emitter *emitter, const struct reply *replies, size_t count, bool *any)
{
    for (size_t i = 0; i < count; i++) {
        if (replies[i].content == CONTENT_JSON)
            emit_type_json(emitter, replies[i].type, any);
    }
}

void emit_json(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    bool any = false;

    emitter->part = 0;
    for (size_t i = 0; i < model->guards_count; i++) {
        emit_replies_json(emitter, model->guards[i]->replies, model->guards[i]->replies_count, &any);
        if (model->guards[i]->session != NULL)
            emit_type_json(emitter, model->guards[i]->gives[0].type, &any);
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        emit_replies_json(emitter, model->routes[i].replies, model->routes[i].replies_count, &any);
        emit_type_json(emitter, model->routes[i].send.type, &any);
    }
}
