/* declarations.c - what an enum, a type or a union has in it. */
#include <string.h>

#include "check/check.h"

static const char *const none[] = {NULL};

const char *name_upper(struct arena *arena, const char *name)
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

/* Reads settings that are single words into flags[i] for known[i]. */
static void read_settings(struct check *check, const struct arguments *args, const char *thing,
                          const char *const *known, bool *const *flags)
{
    for (const struct argument *argument = args->first; argument != NULL; argument = argument->next) {
        bool found = false;
        for (size_t i = 0; known[i] != NULL; i++) {
            if (argument->value->kind != VALUE_NAME || argument->label.text != NULL ||
                strcmp(argument->value->text, known[i]) != 0)
                continue;
            found = true;
            if (*flags[i])
                diag_report(check->diags, CODE_DUPLICATE, argument->place, "'%s' is set twice", known[i]);
            *flags[i] = true;
        }
        if (!found)
            diag_help(diag_report(check->diags, CODE_UNKNOWN_ARGUMENT, argument->place,
                                  "%s has no such setting", thing),
                      known[1] != NULL ? "the settings are '%s' and '%s'" : "the setting is '%s'", known[0],
                      known[1]);
    }
}

/* ---- enums ------------------------------------------------------------------------------------- */

void declare_members(struct check *check, struct entity *entity)
{
    const struct statement *const statement = entity->statement;
    struct declaration *const declaration = entity->declaration;
    static const char *const settings[] = {"open", NULL};
    bool *const flags[] = {&declaration->open};
    struct member *const members =
        ARENA_ARRAY(check->arena, count_fields(statement->fields) + 1, struct member);
    struct table scope = {0};
    size_t count = 0;

    read_settings(check, &statement->args, "an enum", settings, flags);
    for (const struct field *field = statement->fields; field != NULL; field = field->next) {
        const char *const c_name =
            field->c_name.text != NULL ? field->c_name.text : name_snake(check->arena, field->name.text);
        if (field->args.written)
            arguments_known(check, &field->args, "a member", none);
        if (name_taken(check, &scope, c_name, &field->name, "the member"))
            continue;
        members[count] = (struct member){.name = field->name.text, .place = field->name.place};
        members[count].doc = field->doc != NULL ? field->doc->text : NULL;
        members[count].value = (unsigned)count + 1;
        if (declaration->c_name != NULL) {
            const struct name written = {.text = field->c_name.text != NULL ? c_name : field->name.text,
                                         .place = field->name.place};
            const char *const complete = name_complete(check, &written, declaration->c_name);
            members[count].c_name = complete == NULL ? NULL : name_upper(check->arena, complete);
        }
        table_add(&entity->members, check->arena, field->name.text, &members[count]);
        count++;
    }
    declaration->members = members;
    declaration->members_count = count;
    if (declaration->open && declaration->c_name != NULL)
        declaration->c_unknown =
            name_upper(check->arena, arena_format(check->arena, "%s_unknown", declaration->c_name));
}

/* ---- types with fields --------------------------------------------------------------------------------- */

/* What a field may not be, whatever its type is declared as. */
static bool field_allowed(struct check *check, const struct declaration *declaration,
                          const struct field *field, const struct type *type)
{
    if (type_is_of_head(type)) {
        value_misplaced(check, type, "a field");
        return false;
    }
    if (declaration->patch && field->fallback != NULL) {
        diag_help(diag_report(check->diags, CODE_OPTIONAL_DEFAULT, field->fallback->place,
                              "a field of a patch has no default"),
                  "a field that is absent leaves things as they are; remove the default");
        return false;
    }
    return true;
}

void declare_properties(struct check *check, struct entity *entity)
{
    const struct statement *const statement = entity->statement;
    struct declaration *const declaration = entity->declaration;
    static const char *const settings[] = {"strict", "patch", NULL};
    bool *const flags[] = {&declaration->strict, &declaration->patch};
    struct property *const properties =
        ARENA_ARRAY(check->arena, count_fields(statement->fields) + 1, struct property);
    struct table in_c = {0};
    struct table on_wire = {0};
    size_t count = 0;

    if (statement->kind == STATEMENT_TYPE)
        read_settings(check, &statement->args, "a type", settings, flags);
    for (const struct field *field = statement->fields; field != NULL; field = field->next) {
        const char *const c_name = name_in_c(check, &field->name, &field->c_name);
        struct property *const property = &properties[count];
        if (field->args.written)
            arguments_known(check, &field->args, "a field", none);
        if (name_taken(check, &on_wire, field->name.text, &field->name, "the field") ||
            (c_name != NULL && name_taken(check, &in_c, c_name, &field->name, "the field")))
            continue;
        property->name = field->name.text;
        property->c_name = c_name;
        property->place = field->name.place;
        property->doc = field->doc != NULL ? field->doc->text : NULL;
        property->type = type_resolve(check, field->type);
        if (property->type == NULL || !field_allowed(check, declaration, field, property->type))
            continue;
        if (field->fallback != NULL)
            property->fallback = constant_of(check, property->type, field->fallback);
        count++;
    }
    declaration->properties = entity->properties = properties;
    declaration->properties_count = count;
}

/* ---- unions ------------------------------------------------------------------------------------ */

static void read_tag(struct check *check, const struct statement *statement, struct declaration *declaration)
{
    static const char *const labels[] = {"tag", NULL};
    const struct argument *const argument = argument_find(check, &statement->args, "tag");

    arguments_known(check, &statement->args, "a union", labels);
    if (argument == NULL) {
        if (statement->args.first == NULL)
            diag_help(diag_report(check->diags, CODE_UNION_TAG, statement->name.place,
                                  "the union '%s' has no tag", statement->name.text),
                      "say which member tells the arms apart: union %s(tag: kind)", statement->name.text);
        return;
    }
    if ((argument->value->kind == VALUE_NAME || argument->value->kind == VALUE_STRING) &&
        argument->value->length > 0) {
        declaration->tag = argument->value->text;
        return;
    }
    diag_help(
        diag_report(check->diags, CODE_UNION_TAG, argument->value->place, "a tag is the name of a member"),
        "write 'tag: kind'");
}

static bool arm_allowed(struct check *check, const struct field *arm, const struct type *type)
{
    struct diagnostic *diagnostic;

    if (arm->fallback != NULL) {
        diag_help(diag_report(check->diags, CODE_UNION_ARM, arm->fallback->place,
                              "an arm of a union has no default"),
                  "remove it");
        return false;
    }
    if (type->kind == TYPE_OBJECT && !type->optional)
        return true;
    diagnostic = diag_report(check->diags, CODE_UNION_ARM, arm->type->place,
                             "an arm of a union is a type "
                             "with fields");
    if (type->optional)
        diag_help(diagnostic, "remove the '?'");
    else
        diag_help(diagnostic, "declare a type with this as a field, since the tag stands beside the fields");
    return false;
}

void declare_arms(struct check *check, struct entity *entity)
{
    const struct statement *const statement = entity->statement;
    struct declaration *const declaration = entity->declaration;
    struct property *const arms =
        ARENA_ARRAY(check->arena, count_fields(statement->fields) + 1, struct property);
    struct table in_c = {0};
    struct table on_wire = {0};
    size_t count = 0;

    read_tag(check, statement, declaration);
    for (const struct field *field = statement->fields; field != NULL; field = field->next) {
        const char *const c_name = name_in_c(check, &field->name, &field->c_name);
        struct property *const arm = &arms[count];
        if (field->args.written)
            arguments_known(check, &field->args, "an arm", none);
        if (name_taken(check, &on_wire, field->name.text, &field->name, "the arm") ||
            (c_name != NULL && name_taken(check, &in_c, c_name, &field->name, "the arm")))
            continue;
        *arm = (struct property){.name = field->name.text, .c_name = c_name, .place = field->name.place};
        arm->doc = field->doc != NULL ? field->doc->text : NULL;
        arm->type = type_resolve(check, field->type);
        if (arm->type != NULL && arm_allowed(check, field, arm->type))
            count++;
    }
    declaration->properties = entity->properties = arms;
    declaration->properties_count = count;
}

void check_tag(struct check *check, const struct declaration *declaration)
{
    for (size_t i = 0; declaration->tag != NULL && i < declaration->properties_count; i++) {
        const struct declaration *const arm = declaration->properties[i].type->declaration;
        for (size_t k = 0; k < arm->properties_count; k++) {
            if (strcmp(arm->properties[k].name, declaration->tag) != 0)
                continue;
            struct diagnostic *const diagnostic =
                diag_report(check->diags, CODE_TAG_CLASH, declaration->properties[i].place,
                            "the arm '%s' has a field '%s', which is the union's tag",
                            declaration->properties[i].name, declaration->tag);
            diag_also(diagnostic, arm->properties[k].place, "the field");
            diag_help(diagnostic, "remove the field, or name another tag");
        }
    }
}
