/* functions.c - cuts the steps into functions of a size that a compiler and a reader like, and finds where
 * each goes on when it fails. */
#include <string.h>

#include "plan/trie.h"

/* A function's leaves and nesting. One function for all routes takes a compiler minutes at ten thousand of
 * them. */
#define WEIGHT_MAX 24
#define DEPTH_MAX  7

struct cutter {
    struct arena *arena;
    struct plan *plan;
    size_t capacity;
};

static unsigned add_function(struct cutter *cutter, struct function function)
{
    struct plan *plan = cutter->plan;

    if (plan->functions_count == cutter->capacity) {
        const size_t capacity = cutter->capacity ? 2 * cutter->capacity : 16;
        struct function *more = ARENA_ARRAY(cutter->arena, capacity, struct function);

        if (plan->functions_count != 0)
            memcpy(more, plan->functions, plan->functions_count * sizeof *more);
        plan->functions = more;
        cutter->capacity = capacity;
    }
    plan->functions[plan->functions_count++] = function;
    return (unsigned)plan->functions_count;
}

static unsigned least(unsigned left, unsigned right)
{
    return left < right ? left : right;
}

static unsigned first_of_leaf(const struct leaf *leaf)
{
    return leaf == NULL ? UINT32_MAX : leaf->routes[0]->index;
}

static void cut_off(struct cutter *cutter, struct step *step)
{
    step->function = add_function(cutter, (struct function){.step = step, .first_route = step->first_route});
}

/* What the steps below add to their function. */
static void measure(struct step *step, struct step *const *below, size_t count, unsigned own)
{
    step->weight = own;
    step->depth = 0;
    for (size_t i = 0; i < count; i++) {
        step->weight += below[i]->function != 0 ? 1 : below[i]->weight;
        if (below[i]->function == 0 && below[i]->depth > step->depth)
            step->depth = below[i]->depth;
        step->first_route = least(step->first_route, below[i]->first_route);
    }
    step->depth += step->branches_count > 1 ? 2 : 1;
}

static void cut(struct cutter *cutter, struct step *step)
{
    struct step *forked[2];
    struct step **below = step->branches;
    size_t count = step->branches_count;
    unsigned own = step->leaf == NULL ? 0 : 1;

    step->first_route = first_of_leaf(step->leaf);
    if (step->fork != NULL) {
        below = forked;
        if (step->fork->fixed != NULL)
            forked[count++] = step->fork->fixed;
        if (step->fork->parameter != NULL)
            forked[count++] = step->fork->parameter;
        own = step->fork->wildcard != NULL;
        step->first_route = first_of_leaf(step->fork->wildcard);
    }
    for (size_t i = 0; i < count; i++)
        cut(cutter, below[i]);
    measure(step, below, count, own);
    while (step->weight > WEIGHT_MAX || step->depth > DEPTH_MAX) {
        struct step *largest = NULL;

        for (size_t i = 0; i < count; i++) {
            if (below[i]->function == 0 &&
                (step->depth <= DEPTH_MAX || below[i]->depth + 1 >= step->depth - 1) &&
                below[i]->weight > (step->depth > DEPTH_MAX ? 0 : 1) &&
                (largest == NULL || below[i]->weight > largest->weight))
                largest = below[i];
        }
        if (largest == NULL)
            break;
        cut_off(cutter, largest);
        measure(step, below, count, own);
    }
    if (step->fork != NULL)
        step->fork->first_route = step->first_route;
}

/* ---- where a failure goes ------------------------------------------------------------------------ */

/* Makes the alternative a function of its own, since another function goes there. */
static void need(struct cutter *cutter, const struct pending *pending)
{
    unsigned *function;

    for (; pending->fork != NULL; pending = &pending->fork->after) {
        function = pending->stage == STAGE_PARAMETER ? &pending->fork->parameter_function
                                                     : &pending->fork->wildcard_function;
        if (*function != 0)
            return;
        *function = add_function(cutter, (struct function){.fork = pending->fork,
                                                           .stage = pending->stage,
                                                           .first_route = pending->fork->first_route});
    }
}

static void link_steps(struct cutter *cutter, struct step *step, struct pending pending)
{
    struct fork *fork = step->fork;

    if (step->function != 0) {
        cutter->plan->functions[step->function - 1].pending = pending;
        need(cutter, &pending);
    }
    for (size_t i = 0; i < step->branches_count; i++)
        link_steps(cutter, step->branches[i], pending);
    if (fork == NULL)
        return;
    fork->after = pending;
    if (fork->wildcard != NULL)
        pending = (struct pending){fork, STAGE_WILDCARD};
    if (fork->parameter != NULL)
        link_steps(cutter, fork->parameter, pending);
    if (fork->parameter != NULL)
        pending = (struct pending){fork, STAGE_PARAMETER};
    if (fork->fixed != NULL)
        link_steps(cutter, fork->fixed, pending);
}

void functions_cut(struct arena *arena, struct plan *plan)
{
    struct cutter cutter = {.arena = arena, .plan = plan};

    cut(&cutter, plan->root);
    link_steps(&cutter, plan->root, (struct pending){NULL, STAGE_FIXED});
}
