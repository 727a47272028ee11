/* recursion.c - can each type be laid out? Sorts declarations so that each comes after those it holds by
 * value. */
#include "check/check.h"

/* Types within types by value. */
#define DEPTH_MAX 200

/* The walk's way from the declaration it started at. */
struct way {
    const struct way *before;
    const struct entity *entity;
    const struct property *property; /* by which the next is held */
    unsigned depth;
};

static void report(struct check *check, const struct way *way, const struct entity *entity)
{
    const struct way *first = way;
    bool through_optional = false;
    struct diagnostic *diagnostic;

    for (; first->entity != entity; first = first->before)
        through_optional = through_optional || first->property->type->optional;
    through_optional = through_optional || first->property->type->optional;
    if (through_optional) {
        check_later(check, FEATURE_NESTED_OPTIONAL, NULL, way->property->type->place);
        return;
    }
    diagnostic = diag_report(check->diags, CODE_RECURSIVE, way->property->type->place,
                             "the type '%s' holds itself", entity->statement->name.text);
    diag_label(diagnostic, "a '%s' within a '%s' has no end", entity->statement->name.text,
               entity->statement->name.text);
    diag_also(diagnostic, entity->statement->name.place, "declared here");
    diag_help(diagnostic, "put an array or an optional between");
}

static void too_deep(struct check *check, const struct property *property)
{
    if (!check->too_deep)
        diag_report(check->diags, CODE_TOO_DEEP, property->place, "types are nested too deeply here");
    check->too_deep = true;
}

static void visit(struct check *check, struct entity *entity, const struct way *before)
{
    const struct declaration *const declaration = entity->declaration;

    entity->held = HELD_BUSY;
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        const struct way way = {before, entity, property, before == NULL ? 1 : before->depth + 1};
        if (property->type == NULL || property->type->declaration == NULL ||
            property->type->kind == TYPE_ARRAY)
            continue;
        struct entity *const held = table_find(&check->entities, property->type->declaration->name);
        if (held->held == HELD_BUSY)
            report(check, &way, held);
        else if (held->held == HELD_NEW && way.depth < DEPTH_MAX)
            visit(check, held, &way);
        else if (held->held == HELD_NEW)
            too_deep(check, property);
    }
    entity->held = HELD_DONE;
    VECTOR_ADD(check->arena, check->layout, declaration);
}

void check_recursion(struct check *check)
{
    for (size_t i = 0; i < check->order.count; i++) {
        struct entity *const entity = check->order.items[i];
        if (entity->declaration != NULL && entity->held == HELD_NEW)
            visit(check, entity, NULL);
    }
}
