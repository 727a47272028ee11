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

    if (type->kind == TYPE_ARRAY)
        return arena_format(emitter->arena, "[%s]%s", type_key(emitter, type->element), optional);
    if (type->kind == TYPE_ENUM || type->kind == TYPE_OBJECT)
        return arena_format(emitter->arena, "%s%s", type->declaration->c_name, optional);
    return arena_format(emitter->arena, "%s%s",
                        type->kind >= TYPE_I8 && type->kind <= TYPE_U64 ? scalar_word(type->kind)
                                                                        : put_word(type->kind),
                        optional);
}

static void put_scalar(struct text *out, const struct type *type, const char *value)
{
    FILL(out, "json/scalar", {"word", put_word(type->kind)}, {"value", value});
}

static void put_plain(struct emitter *emitter, struct text *out, const struct type *type, const char *value)
{
    const bool pointed = type->kind == TYPE_OBJECT;
    struct symbol *symbol;

    if (type->kind != TYPE_OBJECT && type->kind != TYPE_ENUM && type->kind != TYPE_ARRAY) {
        put_scalar(out, type, value);
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
    struct text present = {.arena = emitter->arena};

    if (!type->optional) {
        put_plain(emitter, out, type, value);
        return;
    }
    put_plain(emitter, &present, type, arena_format(emitter->arena, "%s.value", value));
    FILL(out, "json/or_null", {"value", value}, {"put", text_of(&present)});
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

/* `first` tells what stands before: '{' nothing yet, ',' some member, '?' that is known at run time only. */
static void put_member(struct emitter *emitter, struct text *out, const struct property *property,
                       char *first)
{
    struct type plain = *property->type;
    struct text put = {.arena = emitter->arena}, member = {.arena = emitter->arena};
    const char *const optional = plain.optional ? ".value" : "";
    const char before[2] = {*first, '\0'};

    plain.optional = false;
    put_plain(emitter, &put, &plain, arena_format(emitter->arena, "value->%s%s", property->c_name, optional));
    if (*first == '?')
        FILL(&member, "json/member_after_some", {"key", key_text(emitter, "", property->name)},
             {"put", text_of(&put)}, {"comma", property->type->optional ? "before = ',';\n" : ""});
    else
        FILL(&member, "json/member", {"key", key_text(emitter, before, property->name)},
             {"put", text_of(&put)});
    if (property->type->optional)
        FILL(out, "json/if_present", {"name", property->c_name}, {"member", text_of(&member)});
    else
        text_add(out, text_of(&member));
    if (!property->type->optional)
        *first = ',';
}

static void emit_object(struct emitter *emitter, struct symbol *symbol, const struct declaration *declaration)
{
    struct text members = {.arena = emitter->arena};
    const bool unsure = declaration->properties_count != 0 && declaration->properties[0].type->optional;
    char first = unsure ? '?' : '{';

    for (size_t i = 0; i < declaration->properties_count; i++)
        put_member(emitter, &members, &declaration->properties[i], &first);
    FILL(body(emitter), "json/object", {"linkage", linkage(emitter, symbol)},
         {"prototype", symbol->prototype}, {"before", unsure ? "char before = '{';\n\n" : ""},
         {"members", text_of(&members)},
         {"end", first == '?' ? "if (before == '{')\n    FLAREI_PUT(out, \"{\");\nFLAREI_PUT(out, \"}\");\n"
                              : "FLAREI_PUT(out, \"}\");\n"});
}

static void emit_enum(struct emitter *emitter, struct symbol *symbol, const struct declaration *declaration)
{
    struct text cases = {.arena = emitter->arena};

    for (size_t i = 0; i < declaration->members_count; i++) {
        struct text json = {.arena = emitter->arena};

        json_string(&json, declaration->members[i].name);

        FILL(&cases, "json/enum_case", {"member", declaration->members[i].c_name},
             {"text", c_string(emitter->arena, text_of(&json), json.length)});
    }
    FILL(body(emitter), "json/enum", {"linkage", linkage(emitter, symbol)}, {"prototype", symbol->prototype},
         {"cases", text_of(&cases)}, {"name", c_comment(emitter->arena, declaration->name)});
}

static void emit_array(struct emitter *emitter, struct symbol *symbol, const struct type *element)
{
    struct text put = {.arena = emitter->arena};

    json_put(emitter, &put, element, "value.items[i]");
    FILL(body(emitter), "json/array", {"linkage", linkage(emitter, symbol)}, {"prototype", symbol->prototype},
         {"put", text_of(&put)});
}

/* ---- writers ----------------------------------------------------------------------------------------------
 */

static struct symbol *writer_of(struct emitter *emitter, const struct type *type)
{
    struct type plain = *type;
    const char *key, *name;
    struct symbol *symbol;

    plain.optional = false;
    key = arena_format(emitter->arena, "put %s", type_key(emitter, &plain));
    symbol = symbol_find(emitter, key);
    if (symbol != NULL) {
        /* Of a type that holds itself, while it is being written: declared before. */
        if (!symbol->complete && emitter->parts == 1 && !symbol->declared) {
            text_format(body(emitter), "\nstatic %s;\n", symbol->prototype);
            symbol->declared = true;
        }
        return symbol;
    }
    name = bare_name(emitter, c_type(emitter, &plain));
    name = arena_format(emitter->arena, "put_%s", strncmp(name, "flare_", 6) == 0 ? name + 6 : name);
    symbol = symbol_make(emitter, key, name,
                         arena_format(emitter->arena, "void %%s(flare_buffer *out, %s%s %svalue)",
                                      plain.kind == TYPE_OBJECT ? "const " : "", c_type(emitter, &plain),
                                      plain.kind == TYPE_OBJECT ? "*" : ""));
    if (plain.kind == TYPE_OBJECT)
        emit_object(emitter, symbol, plain.declaration);
    else if (plain.kind == TYPE_ENUM)
        emit_enum(emitter, symbol, plain.declaration);
    else
        emit_array(emitter, symbol, plain.element);
    symbol->complete = true;
    return symbol;
}

void emit_json(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    bool any = false;

    emitter->part = 0;
    for (size_t i = 0; i < model->routes_count; i++) {
        for (size_t k = 0; k < model->routes[i].replies_count; k++) {
            const struct type *const type = model->routes[i].replies[k].type;

            if (type == NULL ||
                (type->kind != TYPE_OBJECT && type->kind != TYPE_ENUM && type->kind != TYPE_ARRAY))
                continue;
            if (!any)
                section(emitter, body(emitter), "Types, as JSON");
            any = true;
            writer_of(emitter, type);
        }
    }
}
