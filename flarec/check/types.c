/* types.c - what type is meant: each reference to its declaration, each declaration to its members. */
#include <string.h>

#include "check/check.h"

struct builtin {
    const char *name;
    enum type_kind kind;
};

static const struct builtin builtins[] = {
    {"bool", TYPE_BOOL},   {"i8", TYPE_I8},         {"i16", TYPE_I16},   {"i32", TYPE_I32},
    {"i64", TYPE_I64},     {"u8", TYPE_U8},         {"u16", TYPE_U16},   {"u32", TYPE_U32},
    {"u64", TYPE_U64},     {"f32", TYPE_F32},       {"f64", TYPE_F64},   {"string", TYPE_STRING},
    {"bytes", TYPE_BYTES}, {"uuid", TYPE_UUID},     {"date", TYPE_DATE}, {"datetime", TYPE_DATETIME},
    {"email", TYPE_EMAIL}, {"url", TYPE_URL},       {"uri", TYPE_URL},   {"ipv4", TYPE_IPV4},
    {"ipv6", TYPE_IPV6},   {"json", TYPE_RAW_JSON}, {"file", TYPE_FILE}, {"bearer", TYPE_BEARER},
    {"etag", TYPE_ETAG},   {"basic", TYPE_BASIC},
};

#define BUILTINS_COUNT (sizeof builtins / sizeof *builtins)

static const struct builtin *builtin_find(const char *name)
{
    for (size_t i = 0; i < BUILTINS_COUNT; i++) {
        if (strcmp(builtins[i].name, name) == 0)
            return &builtins[i];
    }
    return NULL;
}

bool type_is_builtin(const char *name)
{
    return builtin_find(name) != NULL;
}

const char *type_nearest(struct check *check, const char *name)
{
    const char *words[BUILTINS_COUNT];
    const char *near;

    for (size_t i = 0; i < BUILTINS_COUNT; i++)
        words[i] = builtins[i].name;
    near = check_nearest(check, name, words, BUILTINS_COUNT);
    if (near != NULL)
        return near;
    if (check->names == NULL) {
        const char **const names = ARENA_ARRAY(check->arena, check->order.count + 1, const char *);
        for (size_t i = 0; i < check->order.count; i++)
            names[i] = check->order.items[i]->statement->name.text;
        check->names = names;
    }
    return check_nearest(check, name, check->names, check->order.count);
}

bool type_is_integer(enum type_kind kind)
{
    return kind >= TYPE_I8 && kind <= TYPE_U64;
}

bool type_is_number(enum type_kind kind)
{
    return kind >= TYPE_I8 && kind <= TYPE_F64;
}

bool type_is_scalar(const struct type *type)
{
    return type->kind <= TYPE_ENUM || type->kind == TYPE_BEARER || type->kind == TYPE_ETAG;
}

bool type_is_of_head(const struct type *type)
{
    return type->kind == TYPE_STRUCT || type->kind == TYPE_BEARER || type->kind == TYPE_ETAG ||
           type->kind == TYPE_BASIC;
}

const char *type_words(const struct type *type)
{
    if (type->kind == TYPE_ARRAY)
        return "an array";
    if (type->kind == TYPE_MAP)
        return "a map";
    if (type->kind == TYPE_STRUCT)
        return "a struct of C";
    if (type->declaration != NULL)
        return type->declaration->name;
    for (size_t i = 0; i < BUILTINS_COUNT; i++) {
        if (builtins[i].kind == type->kind)
            return builtins[i].name;
    }
    return "a type";
}

const char *place_text(struct arena *arena, struct place place)
{
    return arena_copy(arena, place.source->text + place.start, place.length);
}

/* ---- references ------------------------------------------------------------------------------------ */

static void unknown_type(struct check *check, const struct type_node *node)
{
    const char *near;
    struct diagnostic *diagnostic;

    if (check->broken)
        return;
    diagnostic = diag_report(check->diags, CODE_UNKNOWN_TYPE, node->name.place,
                             "nothing declares the type '%s'", node->name.text);
    near = type_nearest(check, node->name.text);
    if (near != NULL)
        diag_help(diagnostic, "did you mean '%s'?", near);
}

/* Aliases of aliases. */
#define ALIASES_MAX 100

/* The alias's own type, resolved the first time it is met. */
static const struct type *alias_type(struct check *check, struct entity *entity, struct place place)
{
    if (entity->state == ENTITY_BUSY) {
        struct diagnostic *const diagnostic =
            diag_report(check->diags, CODE_RECURSIVE, place, "the type '%s' stands for itself",
                        entity->statement->name.text);
        diag_also(diagnostic, entity->statement->name.place, "declared here");
        return NULL;
    }
    if (entity->state == ENTITY_NEW) {
        if (check->alias_depth == ALIASES_MAX) {
            diag_report(check->diags, CODE_TOO_DEEP, place, "this goes through too many types");
            return NULL;
        }
        entity->state = ENTITY_BUSY;
        check->alias_depth++;
        entity->aliased = type_resolve(check, entity->statement->type);
        check->alias_depth--;
        entity->state = ENTITY_DONE;
        entity->declaration->aliased = entity->aliased;
    }
    return entity->aliased;
}

static struct type *named_type(struct check *check, const struct type_node *node)
{
    struct type *const type = ARENA_NEW(check->arena, struct type);
    const bool imported = node->module.text != NULL;
    const struct builtin *const builtin = imported ? NULL : builtin_find(node->name.text);
    struct entity *entity;
    const struct type *aliased;

    if (builtin != NULL) {
        type->kind = builtin->kind;
        type->constraints.secret = builtin->kind == TYPE_BASIC;
        return type;
    }
    entity = imported ? import_type(check, &node->module, &node->name)
                      : table_find(&check->entities, node->name.text);
    if (entity == NULL && !imported)
        unknown_type(check, node);
    if (entity == NULL)
        return NULL;
    entity->used = true;
    if (entity->declaration == NULL)
        return NULL;
    switch (entity->declaration->kind) {
    case DECLARATION_ENUM:
        type->kind = TYPE_ENUM;
        break;
    case DECLARATION_OBJECT:
        type->kind = TYPE_OBJECT;
        break;
    case DECLARATION_UNION:
        type->kind = TYPE_UNION;
        break;
    case DECLARATION_ALIAS:
        aliased = alias_type(check, entity, node->place);
        if (aliased == NULL)
            return NULL;
        *type = *aliased;
        type->alias = entity->declaration;
        return type;
    }
    type->declaration = entity->declaration;
    return type;
}

/* An array of, or a map to, the type in brackets. */
static struct type *container_type(struct check *check, const struct type_node *node, enum type_kind kind)
{
    struct type *const type = ARENA_NEW(check->arena, struct type);
    struct type *const element = type_resolve(check, node->element);
    const char *const what = kind == TYPE_ARRAY ? "an item of an array" : "a value of a map";

    if (element == NULL)
        return NULL;
    if (type_is_of_head(element)) {
        value_misplaced(check, element, what);
        return NULL;
    }
    if (element->optional) {
        const struct place place =
            node->element->optional ? node->element->optional_place : node->element->place;
        diag_help(diag_report(check->diags, CODE_OPTIONAL_TWICE, place, "%s can't be optional", what),
                  "make the %s optional, or leave the %s out", kind == TYPE_ARRAY ? "array" : "map",
                  kind == TYPE_ARRAY ? "items" : "keys");
        return NULL;
    }
    type->kind = kind;
    type->element = element;
    return type;
}

static struct type *struct_type(struct check *check, const struct type_node *node)
{
    struct type *const type = ARENA_NEW(check->arena, struct type);

    type->kind = TYPE_STRUCT;
    type->struct_tag = node->name.text;
    if (name_is_c(node->name.text))
        return type;
    diag_help(diag_report(check->diags, CODE_BAD_NAME, node->name.place, "'%s' can't be a struct in C",
                          node->name.text),
              "it is the tag of a struct of your own");
    return NULL;
}

void value_misplaced(struct check *check, const struct type *type, const char *what)
{
    struct diagnostic *const diagnostic =
        diag_report(check->diags, CODE_VALUE_PLACE, type->place, "%s can't be %s", what, type_words(type));

    if (type->kind == TYPE_STRUCT)
        diag_help(diagnostic, "only a guard gives a struct of C, and only an input with 'parse' reads one");
    else if (type_is_of_head(type))
        diag_help(diagnostic, "it is the value of a header");
    else if (type->kind == TYPE_UNION)
        diag_help(diagnostic, "put it into a type with fields");
}

struct type *type_resolve(struct check *check, const struct type_node *node)
{
    struct type *type = NULL;

    if (node->form == FORM_NAME)
        type = named_type(check, node);
    else if (node->form == FORM_ARRAY)
        type = container_type(check, node, TYPE_ARRAY);
    else if (node->form == FORM_STRUCT)
        type = struct_type(check, node);
    else if (strcmp(node->name.text, "map") != 0)
        diag_help(diag_report(check->diags, CODE_UNKNOWN_TYPE, node->name.place,
                              "'%s' does not hold a type in brackets", node->name.text),
                  "write 'map[T]' or '[T]'");
    else
        type = container_type(check, node, TYPE_MAP);
    if (type == NULL)
        return NULL;
    type->place = node->place;
    if (node->args.written)
        constraints_apply(check, type, &node->args);
    if (node->optional && type->optional) {
        diag_help(diag_report(check->diags, CODE_OPTIONAL_TWICE, node->optional_place,
                              "'%s' is optional already", node->name.text),
                  "remove this '?'");
        return NULL;
    }
    type->optional = type->optional || node->optional;
    type->place = node->place;
    type->written = place_text(check->arena, node->place);
    return type;
}

/* ---- all of them ------------------------------------------------------------------------------------- */

void check_types(struct check *check)
{
    /* Enums first: a default names a member. */
    for (size_t i = 0; i < check->order.count; i++) {
        struct entity *const entity = check->order.items[i];
        if (entity->statement->kind == STATEMENT_ENUM)
            declare_members(check, entity);
    }
    for (size_t i = 0; i < check->order.count; i++) {
        struct entity *const entity = check->order.items[i];
        const struct statement *const statement = entity->statement;
        if (statement->kind == STATEMENT_ALIAS)
            alias_type(check, entity, statement->place);
        else if (statement->kind == STATEMENT_TYPE || statement->kind == STATEMENT_SESSION)
            declare_properties(check, entity);
        else if (statement->kind == STATEMENT_UNION)
            declare_arms(check, entity);
        if (statement->kind != STATEMENT_ALIAS && statement->fields == NULL && !check->broken)
            diag_help(diag_report(check->diags, CODE_EMPTY_TYPE, statement->name.place,
                                  "'%s' has nothing in it", statement->name.text),
                      "declare a member between the braces");
    }
    for (size_t i = 0; i < check->order.count; i++) {
        if (check->order.items[i]->statement->kind == STATEMENT_UNION)
            check_tag(check, check->order.items[i]->declaration);
    }
}
