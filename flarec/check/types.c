/* types.c - what type is meant: each reference to its declaration, each declaration to its members. */
#include <string.h>

#include "check/check.h"

struct builtin {
    const char *name;
    enum type_kind kind;
    int later; /* a feature, or -1 */
};

static const struct builtin builtins[] = {
    {"bool", TYPE_BOOL, -1},
    {"i8", TYPE_I8, -1},
    {"i16", TYPE_I16, -1},
    {"i32", TYPE_I32, -1},
    {"i64", TYPE_I64, -1},
    {"u8", TYPE_U8, -1},
    {"u16", TYPE_U16, -1},
    {"u32", TYPE_U32, -1},
    {"u64", TYPE_U64, -1},
    {"f32", TYPE_F32, -1},
    {"f64", TYPE_F64, -1},
    {"string", TYPE_STRING, -1},
    {"bytes", TYPE_BYTES, -1},
    {"uuid", TYPE_UUID, -1},
    {"date", TYPE_DATE, -1},
    {"datetime", TYPE_DATETIME, -1},
    {"email", TYPE_EMAIL, -1},
    {"url", TYPE_URL, -1},
    {"uri", TYPE_URL, -1},
    {"ipv4", TYPE_IPV4, -1},
    {"ipv6", TYPE_IPV6, -1},
    {"json", TYPE_STRING, FEATURE_RAW_JSON},
    {"file", TYPE_STRING, FEATURE_FILE},
    {"bearer", TYPE_STRING, FEATURE_BEARER},
    {"etag", TYPE_STRING, FEATURE_ETAG},
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
    return type->kind != TYPE_ARRAY && type->kind != TYPE_OBJECT;
}

const char *type_words(const struct type *type)
{
    if (type->kind == TYPE_ARRAY)
        return "an array";
    if (type->kind == TYPE_OBJECT || type->kind == TYPE_ENUM)
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
    const struct builtin *const builtin = builtin_find(node->name.text);
    struct entity *entity;
    const struct type *aliased;

    if (builtin != NULL && builtin->later >= 0) {
        check_later(check, (enum feature)builtin->later, NULL, node->place);
        return NULL;
    }
    if (builtin != NULL) {
        type->kind = builtin->kind;
        return type;
    }
    entity = table_find(&check->entities, node->name.text);
    if (entity == NULL) {
        unknown_type(check, node);
        return NULL;
    }
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

static struct type *array_type(struct check *check, const struct type_node *node)
{
    struct type *const type = ARENA_NEW(check->arena, struct type);
    struct type *const element = type_resolve(check, node->element);

    if (element == NULL)
        return NULL;
    if (element->optional) {
        const struct place place =
            node->element->optional ? node->element->optional_place : node->element->place;
        diag_help(
            diag_report(check->diags, CODE_OPTIONAL_TWICE, place, "an item of an array can't be optional"),
            "make the array optional, or leave the items out");
        return NULL;
    }
    type->kind = TYPE_ARRAY;
    type->element = element;
    return type;
}

struct type *type_resolve(struct check *check, const struct type_node *node)
{
    struct type *type = NULL;

    if (node->module.text != NULL)
        check_later(check, FEATURE_IMPORT, NULL, node->place);
    else if (node->form == FORM_NAME)
        type = named_type(check, node);
    else if (node->form == FORM_ARRAY)
        type = array_type(check, node);
    else if (node->form == FORM_STRUCT)
        check_later(check, FEATURE_STRUCT, NULL, node->place);
    else if (strcmp(node->name.text, "map") != 0)
        diag_help(diag_report(check->diags, CODE_UNKNOWN_TYPE, node->name.place,
                              "'%s' does not hold a type in brackets", node->name.text),
                  "write 'map[T]' or '[T]'");
    else {
        check_later(check, FEATURE_MAP, NULL, node->place);
        type_resolve(check, node->element);
    }
    if (type == NULL)
        return NULL;
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

/* ---- declarations ------------------------------------------------------------------------------------ */

static const char *upper(struct arena *arena, const char *name)
{
    char *const text = arena_copy(arena, name, strlen(name));

    for (char *at = text; *at != '\0'; at++) {
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 32);
    }
    return text;
}

static size_t count_fields(const struct field *field)
{
    size_t count = 0;

    for (; field != NULL; field = field->next)
        count++;
    return count;
}

static void check_settings(struct check *check, const struct arguments *args, enum feature feature,
                           const char *thing, const char *const *known)
{
    for (const struct argument *argument = args->first; argument != NULL; argument = argument->next) {
        bool found = false;
        for (size_t i = 0; known[i] != NULL; i++)
            found = found || (argument->value->kind == VALUE_NAME && argument->label.text == NULL &&
                              strcmp(argument->value->text, known[i]) == 0);
        if (found)
            check_later(check, feature, NULL, argument->place);
        else
            diag_help(diag_report(check->diags, CODE_UNKNOWN_ARGUMENT, argument->place,
                                  "%s has no such setting", thing),
                      known[1] != NULL ? "the settings are '%s' and '%s'" : "the setting is '%s'", known[0],
                      known[1]);
    }
}

static void declare_members(struct check *check, struct entity *entity)
{
    const struct statement *const statement = entity->statement;
    struct declaration *const declaration = entity->declaration;
    static const char *const settings[] = {"open", NULL};
    struct member *const members =
        ARENA_ARRAY(check->arena, count_fields(statement->fields) + 1, struct member);
    struct table scope = {0};
    size_t count = 0;

    check_settings(check, &statement->args, FEATURE_OPEN, "an enum", settings);
    for (const struct field *field = statement->fields; field != NULL; field = field->next) {
        const char *const c_name =
            field->c_name.text != NULL ? field->c_name.text : name_snake(check->arena, field->name.text);
        if (field->args.written)
            check_later(check, FEATURE_SETTINGS, NULL, field->args.place);
        if (name_taken(check, &scope, c_name, &field->name, "the member"))
            continue;
        members[count] = (struct member){.name = field->name.text, .place = field->name.place};
        members[count].doc = field->doc != NULL ? field->doc->text : NULL;
        members[count].value = (unsigned)count + 1;
        if (declaration->c_name != NULL) {
            const struct name written = {.text = field->c_name.text != NULL ? c_name : field->name.text,
                                         .place = field->name.place};
            const char *const complete = name_complete(check, &written, declaration->c_name);
            members[count].c_name = complete == NULL ? NULL : upper(check->arena, complete);
        }
        table_add(&entity->members, check->arena, field->name.text, &members[count]);
        count++;
    }
    declaration->members = members;
    declaration->members_count = count;
}

static void declare_properties(struct check *check, const struct statement *statement,
                               struct declaration *declaration)
{
    static const char *const settings[] = {"strict", "patch", NULL};
    struct property *const properties =
        ARENA_ARRAY(check->arena, count_fields(statement->fields) + 1, struct property);
    struct table in_c = {0};
    struct table on_wire = {0};
    size_t count = 0;

    check_settings(check, &statement->args, FEATURE_STRICT, "a type", settings);
    for (const struct field *field = statement->fields; field != NULL; field = field->next) {
        const char *const c_name = name_in_c(check, &field->name, &field->c_name);
        struct property *const property = &properties[count];
        if (field->args.written)
            check_later(check, FEATURE_SETTINGS, NULL, field->args.place);
        if (name_taken(check, &on_wire, field->name.text, &field->name, "the field") ||
            (c_name != NULL && name_taken(check, &in_c, c_name, &field->name, "the field")))
            continue;
        property->name = field->name.text;
        property->c_name = c_name;
        property->place = field->name.place;
        property->doc = field->doc != NULL ? field->doc->text : NULL;
        property->type = type_resolve(check, field->type);
        if (property->type == NULL)
            continue;
        if (field->fallback != NULL)
            property->fallback = constant_of(check, property->type, field->fallback);
        count++;
    }
    declaration->properties = properties;
    declaration->properties_count = count;
}

/* Unions and sessions have no meaning yet, but what their fields name is used. */
static void visit_fields(struct check *check, const struct statement *statement)
{
    for (const struct field *field = statement->fields; field != NULL; field = field->next) {
        if (field->type != NULL)
            type_resolve(check, field->type);
    }
}

/* The types that a guard names are used. */
static void visit_guard(struct check *check, const struct statement *guard)
{
    for (const struct statement *statement = guard->block->first; statement != NULL;
         statement = statement->next) {
        if (statement->type != NULL)
            type_resolve(check, statement->type);
    }
}

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
        else if (statement->kind == STATEMENT_TYPE)
            declare_properties(check, statement, entity->declaration);
        else if (statement->kind != STATEMENT_ENUM)
            visit_fields(check, statement);
        if (statement->kind != STATEMENT_ALIAS && statement->fields == NULL && !check->broken)
            diag_help(diag_report(check->diags, CODE_EMPTY_TYPE, statement->name.place,
                                  "'%s' has nothing in it", statement->name.text),
                      "declare a member between the braces");
    }
    for (const struct statement *statement = check->tree->first; statement != NULL;
         statement = statement->next) {
        if (statement->kind == STATEMENT_GUARD)
            visit_guard(check, statement);
    }
}
