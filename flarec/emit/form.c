/* form.c - how a form becomes a type: one reader for each type that a form or multipart body has. */
#include <string.h>

#include "emit/emit.h"

static bool is_form(const struct route *route)
{
    return route->handler == HANDLER_FUNCTION &&
           (route->body.kind == BODY_FORM || route->body.kind == BODY_MULTIPART);
}

bool has_forms(const struct emitter *emitter)
{
    for (size_t i = 0; i < emitter->model->routes_count; i++) {
        if (is_form(&emitter->model->routes[i]))
            return true;
    }
    return false;
}

static const struct type *item_of(const struct property *property)
{
    return property->type->kind == TYPE_ARRAY ? property->type->element : property->type;
}

void form_scalars(struct emitter *emitter,
                  void (*visit)(struct emitter *emitter, const struct type *type, const char *name))
{
    const struct model *const model = emitter->model;

    for (size_t i = 0; i < model->routes_count; i++) {
        const struct declaration *const declaration =
            is_form(&model->routes[i]) ? model->routes[i].body.type->declaration : NULL;

        for (size_t k = 0; declaration != NULL && k < declaration->properties_count; k++) {
            if (item_of(&declaration->properties[k])->kind != TYPE_FILE)
                visit(emitter, item_of(&declaration->properties[k]), declaration->properties[k].name);
        }
    }
}

/* ---- the fields, as the runtime checks them ---------------------------------------------------------- */

static const char *number_text(struct emitter *emitter, uint64_t number)
{
    return c_number(emitter->arena, TYPE_U64, (struct number){.magnitude = number});
}

/* A text of so many characters has at most four times the bytes. 0: no limit is set. */
static uint64_t most_bytes(const struct type *type)
{
    const uint64_t most = type->constraints.length_max;

    if (!type->constraints.has_length_max)
        return 0;
    if (type->kind == TYPE_FILE || type->kind == TYPE_BYTES)
        return most;
    return most > UINT64_MAX / 4 ? UINT64_MAX : most * 4;
}

static const char *emit_media_types(struct emitter *emitter, const struct type *file, const char *bare)
{
    const char *const name = own_static(emitter, arena_format(emitter->arena, "%s_types", bare));
    struct text rows = {.arena = emitter->arena};

    for (size_t i = 0; i < file->constraints.media_types_count; i++)
        text_format(&rows, "FLARE_STR_INIT(%s),\n",
                    c_string(emitter->arena, file->constraints.media_types[i],
                             strlen(file->constraints.media_types[i])));
    FILL(body(emitter), "form/media_types", {"name", name}, {"rows", text_of(&rows)});
    return name;
}

static void add_field(struct emitter *emitter, struct text *rows, const struct property *property,
                      const char *bare)
{
    const struct type *const type = property->type;
    const struct type *const item = item_of(property);
    const bool array = type->kind == TYPE_ARRAY;
    const bool absent_is_fine = type->optional || property->fallback != NULL;
    struct text members = {.arena = emitter->arena};

    if (array)
        text_add(&members, ".array = true,\n");
    if (array && absent_is_fine)
        text_add(&members, ".optional = true,\n");
    if (array && type->constraints.has_length_min)
        text_format(&members, ".min_items = %s,\n", number_text(emitter, type->constraints.length_min));
    if (array && type->constraints.has_length_max)
        text_format(&members, ".max_items = %s,\n", number_text(emitter, type->constraints.length_max));
    if (item->kind == TYPE_FILE)
        text_add(&members, ".file = true,\n");
    if (item->kind == TYPE_FILE && item->constraints.has_length_min)
        text_format(&members, ".min_bytes = %s,\n", number_text(emitter, item->constraints.length_min));
    if (most_bytes(item) != 0)
        text_format(&members, ".max_bytes = %s,\n", number_text(emitter, most_bytes(item)));
    if (item->kind == TYPE_FILE && item->constraints.media_types_count != 0)
        text_format(
            &members, ".media_types = %s,\n.media_type_count = %zu,\n",
            emit_media_types(emitter, item, arena_format(emitter->arena, "%s_%s", bare, property->c_name)),
            item->constraints.media_types_count);
    FILL(rows, "form/field", {"required", array || absent_is_fine ? "false" : "true"},
         {"name", c_string(emitter->arena, property->name, strlen(property->name))},
         {"members", text_of(&members)});
}

static const char *name_cases(struct emitter *emitter, const struct declaration *declaration)
{
    struct text cases = {.arena = emitter->arena};
    size_t longest = 0;

    for (size_t i = 0; i < declaration->properties_count; i++) {
        if (strlen(declaration->properties[i].name) > longest)
            longest = strlen(declaration->properties[i].name);
    }
    for (size_t length = 0; length <= longest; length++) {
        struct text tests = {.arena = emitter->arena};

        for (size_t i = 0; i < declaration->properties_count; i++) {
            const char *const name = declaration->properties[i].name;

            if (strlen(name) == length)
                FILL(&tests, "form/name_test", {"text", c_string(emitter->arena, name, length)},
                     {"number", arena_format(emitter->arena, "%zu", i + 1)});
        }
        if (tests.length != 0)
            FILL(&cases, "take/enum_case", {"length", arena_format(emitter->arena, "%zu", length)},
                 {"tests", text_of(&tests)});
    }
    return text_of(&cases);
}

static struct symbol *rule_symbol(struct emitter *emitter, const struct declaration *declaration)
{
    const char *const key = arena_format(emitter->arena, "form rule %s", declaration->c_name);
    struct symbol *const symbol = symbol_find(emitter, key);

    if (symbol != NULL)
        return symbol;
    return symbol_make(emitter, key,
                       arena_format(emitter->arena, "form_%s_rule", bare_name(emitter, declaration->c_name)),
                       emitter->parts > 1 ? "extern const struct flarei_form_rule %s"
                                          : "static const struct flarei_form_rule %s");
}

static void emit_rule(struct emitter *emitter, const struct declaration *declaration)
{
    struct symbol *const symbol = rule_symbol(emitter, declaration);
    const char *const bare = arena_format(emitter->arena, "form_%s", bare_name(emitter, declaration->c_name));
    struct text rows = {.arena = emitter->arena};
    const char *const fields = own_static(emitter, arena_format(emitter->arena, "%s_fields", bare));
    const char *const field_of = own_static(emitter, arena_format(emitter->arena, "%s_field", bare));

    FILL(body(emitter), "form/title", {"name", c_comment(emitter->arena, declaration->name)},
         {"place", place_of(emitter, declaration->place)});
    for (size_t i = 0; i < declaration->properties_count; i++)
        add_field(emitter, &rows, &declaration->properties[i], bare);
    FILL(body(emitter), "form/rule", {"linkage", linkage(emitter, symbol)}, {"name", symbol->name},
         {"fields", fields}, {"rows", text_of(&rows)}, {"field_of", field_of},
         {"cases", name_cases(emitter, declaration)},
         {"count", arena_format(emitter->arena, "%zu", declaration->properties_count)},
         {"strict", declaration->strict ? ".strict = true,\n" : ""});
}

/* ---- the reader -------------------------------------------------------------------------------- */

static struct symbol *reader_symbol(struct emitter *emitter, const struct declaration *declaration)
{
    const char *const key = arena_format(emitter->arena, "form reader %s", declaration->c_name);
    struct symbol *const symbol = symbol_find(emitter, key);

    if (symbol != NULL)
        return symbol;
    return symbol_make(
        emitter, key, arena_format(emitter->arena, "form_%s", bare_name(emitter, declaration->c_name)),
        arena_format(emitter->arena, "bool %%s(flare_request *rq, %s *out)", declaration->c_name));
}

struct reader {
    struct text declarations, defaults, cases, arrays;
};

static void read_array(struct emitter *emitter, struct reader *reader, const struct property *property,
                       const char *number)
{
    const struct type *const item = item_of(property);
    const char *const target =
        arena_format(emitter->arena, "items_%s[count_%s]", property->c_name, property->c_name);
    const char *const take = item->kind == TYPE_FILE
                                 ? arena_format(emitter->arena, "%s = *form.file;", target)
                                 : arena_format(emitter->arena, "flarei_form_note(&form, %s);",
                                                take_expression(emitter, item, "form.value",
                                                                arena_format(emitter->arena, "&%s", target)));

    text_format(&reader->declarations, "%s *items_%s = NULL;\nsize_t count_%s = 0;\n", c_type(emitter, item),
                property->c_name, property->c_name);
    FILL(&reader->cases, "form/array", {"number", number},
         {"words", c_comment(emitter->arena, property->name)}, {"name", property->c_name}, {"take", take});
    if (property->type->constraints.unique)
        FILL(&reader->arrays, "form/array_unique", {"number", number}, {"name", property->c_name},
             {"kind", items_kind(item)});
    FILL(&reader->arrays,
         property->type->optional     ? "form/array_set_optional"
         : property->fallback != NULL ? "form/array_set_default"
                                      : "form/array_set",
         {"name", property->c_name});
}

static void read_single(struct emitter *emitter, struct reader *reader, const struct property *property,
                        const char *number)
{
    const struct type *const type = property->type;
    const char *const target =
        arena_format(emitter->arena, "out->%s%s", property->c_name, type->optional ? ".value" : "");
    struct text take = {.arena = emitter->arena};

    if (type->optional)
        text_format(&take, "out->%s.has = true;\n", property->c_name);
    if (type->kind == TYPE_FILE)
        text_format(&take, "%s = *form.file;\n", target);
    else
        text_format(
            &take, "flarei_form_note(&form, %s);\n",
            take_expression(emitter, type, "form.value", arena_format(emitter->arena, "&%s", target)));
    FILL(&reader->cases, "form/single", {"number", number},
         {"words", c_comment(emitter->arena, property->name)}, {"take", text_of(&take)});
}

static void emit_reader(struct emitter *emitter, const struct declaration *declaration)
{
    struct symbol *const symbol = reader_symbol(emitter, declaration);
    struct reader reader = {{.arena = emitter->arena},
                            {.arena = emitter->arena},
                            {.arena = emitter->arena},
                            {.arena = emitter->arena}};
    const char *begin;

    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        const char *const number = arena_format(emitter->arena, "%zu", i + 1);

        if (property->type->kind == TYPE_ARRAY)
            read_array(emitter, &reader, property, number);
        else
            read_single(emitter, &reader, property, number);
        if (property->fallback != NULL)
            text_format(&reader.defaults, "    .%s = %s,\n", property->c_name,
                        c_constant(emitter, &reader.declarations, property->type, property->fallback));
    }
    begin = reader.defaults.length == 0
                ? arena_format(emitter->arena, "*out = (%s){0};\n", declaration->c_name)
                : arena_format(emitter->arena, "*out = (%s){\n%s};\n", declaration->c_name,
                               text_of(&reader.defaults));
    FILL(body(emitter), "form/reader", {"linkage", linkage(emitter, symbol)},
         {"prototype", symbol->prototype}, {"declarations", text_of(&reader.declarations)},
         {"count", arena_format(emitter->arena, "%zu", declaration->properties_count)},
         {"rule", symbol_use(emitter, rule_symbol(emitter, declaration))}, {"begin", begin},
         {"cases", text_of(&reader.cases)}, {"arrays", text_of(&reader.arrays)});
    symbol->complete = true;
}

void emit_forms(struct emitter *emitter)
{
    const struct model *const model = emitter->model;

    emitter->part = 0;
    if (!has_forms(emitter))
        return;
    section(emitter, body(emitter), "Forms, as types");
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];

        if (!is_form(route) || reader_symbol(emitter, route->body.type->declaration)->complete)
            continue;
        emit_rule(emitter, route->body.type->declaration);
        emit_reader(emitter, route->body.type->declaration);
    }
}

const char *form_rule(struct emitter *emitter, const struct route *route)
{
    return symbol_use(emitter, rule_symbol(emitter, route->body.type->declaration));
}

void emit_form_resume(struct emitter *emitter, const struct route *route, const char *name, const char *call)
{
    FILL(body(emitter), "form/resume", {"name", name}, {"in", route->handler_c_name},
         {"read", symbol_use(emitter, reader_symbol(emitter, route->body.type->declaration))},
         {"call", call});
}
