/* recursion.c - which types hold themselves: how deep their values are is the client's choice, or a mistake
 * of the user's, so that readers and writers look at it. */
#include "emit/emit.h"

/* One search: which declarations it has met, and which of them are to be looked at. */
struct search {
    struct emitter *emitter;
    const struct declaration **work;
    size_t count;
};

static const struct declaration *held_by(const struct type *type)
{
    while (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP)
        type = type->element;
    return type->kind == TYPE_OBJECT || type->kind == TYPE_UNION ? type->declaration : NULL;
}

static void prepare(struct emitter *emitter)
{
    size_t indices = 1;

    for (size_t i = 0; i < emitter->model->declarations_count; i++) {
        const size_t index = emitter->model->declarations[i]->index;
        indices = index >= indices ? index + 1 : indices;
    }
    emitter->recursion.met = ARENA_ARRAY(emitter->arena, indices, unsigned);
    emitter->recursion.found = ARENA_ARRAY(emitter->arena, indices, unsigned char);
    emitter->recursion.work =
        ARENA_ARRAY(emitter->arena, emitter->model->declarations_count + 1, const struct declaration *);
}

static void meet(struct search *search, const struct declaration *declaration)
{
    const struct recursion *const recursion = &search->emitter->recursion;

    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct declaration *const held = held_by(declaration->properties[i].type);

        if (held == NULL || recursion->met[held->index] == recursion->round)
            continue;
        recursion->met[held->index] = recursion->round;
        search->work[search->count++] = held;
    }
}

bool holds_itself(struct emitter *emitter, const struct type *type)
{
    const struct declaration *const declaration = held_by(type);
    struct recursion *const recursion = &emitter->recursion;
    struct search search;
    bool found;

    if (declaration == NULL)
        return false;
    if (recursion->met == NULL)
        prepare(emitter);
    if (recursion->found[declaration->index] != 0)
        return recursion->found[declaration->index] == 2;
    recursion->round++;
    search = (struct search){emitter, recursion->work, 0};
    meet(&search, declaration);
    while (search.count != 0 && recursion->met[declaration->index] != recursion->round)
        meet(&search, search.work[--search.count]);
    found = recursion->met[declaration->index] == recursion->round;
    recursion->found[declaration->index] = found ? 2 : 1;
    return found;
}
