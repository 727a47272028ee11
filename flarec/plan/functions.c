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
    unsigned *slots; /* while steps are linked: of the segments captured so far */
    size_t slots_count;
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

/* Which step is the better one to make a function of? */
static bool is_larger(const struct step *step, const struct step *than, bool by_depth)
{
    if (by_depth)
        return than == NULL || step->depth > than->depth;
    return step->weight > (than == NULL ? 1 : than->weight);
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
            if (below[i]->function == 0 && is_larger(below[i], largest, step->depth > DEPTH_MAX))
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

static void keep_slots(struct cutter *cutter, struct function *function, size_t count)
{
    unsigned *slots = ARENA_ARRAY(cutter->arena, count + 1, unsigned);

    if (count != 0)
        memcpy(slots, cutter->slots, count * sizeof *slots);
    function->slots = slots;
    function->slots_count = count;
}

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
        keep_slots(cutter, &cutter->plan->functions[*function - 1], pending->fork->slots_count);
    }
}

static void link_steps(struct cutter *cutter, struct step *step, struct pending pending)
{
    struct fork *fork = step->fork;

    if (step->function != 0) {
        cutter->plan->functions[step->function - 1].pending = pending;
        keep_slots(cutter, &cutter->plan->functions[step->function - 1], cutter->slots_count);
        need(cutter, &pending);
    }
    for (size_t i = 0; i < step->branches_count; i++)
        link_steps(cutter, step->branches[i], pending);
    if (fork == NULL)
        return;
    fork->after = pending;
    fork->slots_count = cutter->slots_count;
    if (fork->wildcard != NULL)
        pending = (struct pending){fork, STAGE_WILDCARD};
    if (fork->parameter != NULL) {
        cutter->slots[cutter->slots_count++] = fork->slot;
        link_steps(cutter, fork->parameter, pending);
        cutter->slots_count--;
        pending = (struct pending){fork, STAGE_PARAMETER};
    }
    if (fork->fixed != NULL)
        link_steps(cutter, fork->fixed, pending);
}

void functions_cut(struct arena *arena, struct plan *plan)
{
    struct cutter cutter = {.arena = arena, .plan = plan};

    cutter.slots = ARENA_ARRAY(arena, plan->slots_count + 1, unsigned);
    cut(&cutter, plan->root);
    cut_off(&cutter, plan->root);
    link_steps(&cutter, plan->root, (struct pending){NULL, STAGE_FIXED});
}
