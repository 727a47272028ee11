/* depth.c - can the JSON of a body or message be had within the limit `depth`? */
#include "check/check.h"

struct descent {
    unsigned *met; /* by declaration.index: the deepest place at which it was met; 0: at none */
    bool *open;    /* the same: it is around what is looked at */
    unsigned deepest;
};

/* `depth` containers are around it. A type that holds itself is as deep as its first turn, a union as its
 * arms. */
static void descend(struct descent *descent, const struct type *type, unsigned depth)
{
    const struct declaration *declaration;
    unsigned index;

    for (; type->kind == TYPE_ARRAY || type->kind == TYPE_MAP; type = type->element)
        depth++;
    declaration = type->declaration;
    depth += type->kind == TYPE_OBJECT;
    descent->deepest = depth > descent->deepest ? depth : descent->deepest;
    if (type->kind != TYPE_OBJECT && type->kind != TYPE_UNION)
        return;
    index = declaration->index;
    if (descent->open[index] || descent->met[index] > depth)
        return;
    descent->open[index] = true;
    descent->met[index] = depth + 1;
    for (size_t i = 0; i < declaration->properties_count; i++)
        if (declaration->properties[i].type != NULL)
            descend(descent, declaration->properties[i].type, depth);
    descent->open[index] = false;
}

void depth_agrees(struct check *check, const struct limit *limit, const struct type *type, struct place place)
{
    const size_t count = check->declared.count + 1;
    struct descent descent = {ARENA_ARRAY(check->arena, count, unsigned),
                              ARENA_ARRAY(check->arena, count, bool), 0};
    struct diagnostic *diagnostic;

    if (!limit->set || type == NULL)
        return;
    descend(&descent, type, 0);
    if (descent.deepest <= limit->value)
        return;
    diagnostic = diag_report(check->diags, CODE_LIMIT_CONTRADICTION, place,
                             "its type has %u containers inside one another", descent.deepest);
    diag_also(diagnostic, limit->place, "this many may be open at once");
    diag_help(diagnostic, "raise 'depth' to %u", descent.deepest);
}
