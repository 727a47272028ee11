/* recursion.c - can each type be laid out? Finds the optionals that hold their own type again, which C holds
 * by pointer, and sorts declarations so that each comes after those it holds by value. */
#include "check/check.h"

/* Types within types by value. */
#define DEPTH_MAX 200

static void too_deep(struct check *check, const struct property *property)
{
    if (!check->too_deep)
        diag_report(check->diags, CODE_TOO_DEEP, property->place, "types are nested too deeply here");
    check->too_deep = true;
}

/* What a value of the property's type holds in itself, or NULL. */
static struct entity *held_by(const struct check *check, const struct property *property)
{
    const struct type *const type = property->type;

    if (type == NULL || type->declaration == NULL || type->kind == TYPE_ARRAY || type->kind == TYPE_MAP)
        return NULL;
    return entity_of(check, type->declaration);
}

/* ---- circles: Tarjan's strongly connected components ------------------------------------------- */

struct circles {
    struct check *check;
    struct entity_vector stack;
    unsigned depth;
};

/* Of one component, whose entities are items[from] and those behind it: an optional that leads from one of
 * them to another is held by pointer. A patch tells null from absent, which a pointer can't. */
static void close_circle(struct circles *circles, size_t from)
{
    struct check *const check = circles->check;

    for (size_t i = from; i < circles->stack.count; i++)
        circles->stack.items[i]->circle = circles->stack.items[from]->circle_low;
    for (size_t i = from; i < circles->stack.count; i++) {
        const struct entity *const entity = circles->stack.items[i];
        if (entity->declaration->patch)
            continue;
        for (size_t k = 0; k < entity->declaration->properties_count; k++) {
            /* The checker's own until it is handed on. */
            struct property *const property = &entity->properties[k];
            const struct entity *const held = held_by(check, property);
            if (held != NULL && property->type->optional && held->declaration->kind != DECLARATION_ENUM &&
                held->circle == entity->circle)
                property->by_pointer = true;
        }
    }
    circles->stack.count = from;
}

static void find_circles(struct circles *circles, struct entity *entity)
{
    struct check *const check = circles->check;
    const size_t at = circles->stack.count;

    entity->circle_met = entity->circle_low = ++check->circles_met;
    VECTOR_ADD(check->arena, circles->stack, entity);
    for (size_t i = 0; i < entity->declaration->properties_count; i++) {
        const struct property *const property = &entity->declaration->properties[i];
        struct entity *const held = held_by(check, property);
        if (held == NULL || held->circle != 0)
            continue;
        if (held->circle_met == 0 && circles->depth == DEPTH_MAX) {
            too_deep(check, property);
            continue;
        }
        if (held->circle_met == 0) {
            circles->depth++;
            find_circles(circles, held);
            circles->depth--;
        }
        if (held->circle == 0 && held->circle_low < entity->circle_low)
            entity->circle_low = held->circle_low;
    }
    if (entity->circle_low == entity->circle_met)
        close_circle(circles, at);
}

/* ---- the order of layout ----------------------------------------------------------------------- */

/* The walk's way from the declaration it started at. */
struct way {
    const struct way *before;
    const struct entity *entity;
    const struct property *property; /* by which the next is held */
    unsigned depth;
};

static void report(struct check *check, const struct way *way, const struct entity *entity)
{
    struct diagnostic *const diagnostic =
        diag_report(check->diags, CODE_RECURSIVE, way->property->type->place, "the type '%s' holds itself",
                    entity->statement->name.text);

    diag_label(diagnostic, "a '%s' within a '%s' has no end", entity->statement->name.text,
               entity->statement->name.text);
    diag_also(diagnostic, entity->statement->name.place, "declared here");
    if (way->entity->declaration->patch)
        diag_help(diagnostic, "in a patch, put an array between");
    else
        diag_help(diagnostic, "put an array or an optional between");
}

/* Enums are held by nothing but what names them: they come first wherever they stand. */
static void visit_enums(struct check *check, const struct type *type)
{
    while (type != NULL && (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP))
        type = type->element;
    if (type == NULL || type->kind != TYPE_ENUM)
        return;
    struct entity *const entity = entity_of(check, type->declaration);
    if (entity->held != HELD_NEW)
        return;
    entity->held = HELD_DONE;
    VECTOR_ADD(check->arena, check->layout, entity->declaration);
}

static void visit(struct check *check, struct entity *entity, const struct way *before)
{
    const struct declaration *const declaration = entity->declaration;

    entity->held = HELD_BUSY;
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];
        const struct way way = {before, entity, property, before == NULL ? 1 : before->depth + 1};
        struct entity *const held = held_by(check, property);
        visit_enums(check, property->type);
        if (held == NULL || property->by_pointer)
            continue;
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
    struct circles circles = {.check = check};

    for (size_t i = 0; i < check->order.count; i++) {
        struct entity *const entity = check->order.items[i];
        if (entity->declaration != NULL && entity->circle_met == 0)
            find_circles(&circles, entity);
    }
    for (size_t i = 0; i < check->order.count; i++) {
        struct entity *const entity = check->order.items[i];
        if (entity->declaration != NULL && entity->held == HELD_NEW)
            visit(check, entity, NULL);
    }
}
