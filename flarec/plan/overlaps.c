/* overlaps.c - which leaves can one path fit? Asked twice: is a `*` ever reached, and what must `Allow` name?
 */
#include <string.h>

#include "plan/trie.h"

/* ---- shadows ------------------------------------------------------------------------------- */

static bool takes(const struct leaf *leaf, method_set method)
{
    return leaf != NULL && (leaf->any || (leaf->methods & method) != 0);
}

/* Does every path that goes on after here have a route? What is static covers no more than itself, so only
 * the empty segment, the parameter and `*` count. */
static bool covers_all(const struct trie *node, method_set method, bool with_wildcard)
{
    const struct trie *empty =
        node->fixed_count != 0 && node->fixed[0]->text[0] == '\0' ? node->fixed[0] : NULL;

    if (with_wildcard && takes(node->wildcard, method))
        return true;
    return empty != NULL && node->parameter != NULL && takes(empty->leaf, method) &&
           takes(node->parameter->leaf, method) && covers_all(empty, method, true) &&
           covers_all(node->parameter, method, true);
}

static void check_shadows(const struct trie *node, struct diags *diags)
{
    for (size_t i = 0; node->wildcard != NULL && i < node->wildcard->routes_count; i++) {
        const struct route *route = node->wildcard->routes[i];
        /* For ANY, a method that no route can name: only others of ANY cover it. */
        const method_set method =
            route->method ? METHOD_BIT(method_number(route->method)) : METHOD_BIT(METHOD_COUNT);

        if (covers_all(node, method, false)) {
            struct diagnostic *d =
                diag_report(diags, CODE_ROUTE_SHADOWED, route->path_place, "%s %s is never reached",
                            route->method ? route->method : "ANY", route->path);
            diag_label(d, "every path that it matches goes to a more specific route");
            diag_also(d, node->fixed[0]->leaf->routes[0]->path_place, "this one takes the empty rest");
            diag_also(d, node->parameter->leaf->routes[0]->path_place, "this one takes one segment");
            diag_help(d, "remove it, or one of the routes that leave it nothing");
        }
    }
    for (size_t i = 0; i < node->fixed_count; i++)
        check_shadows(node->fixed[i], diags);
    if (node->parameter != NULL)
        check_shadows(node->parameter, diags);
}

void trie_check_shadows(const struct trie *trie, struct diags *diags)
{
    check_shadows(trie, diags);
}

/* ---- unions of methods ------------------------------------------------------------------------ */

/* Distinct sets of methods. */
struct unions {
    method_set *items;
    size_t count, capacity;
};

/* How a path got to a node: the node before each segment. */
struct way {
    const struct trie **nodes;
    enum stage *stages;
    const struct segment *segments; /* of a route behind the leaf at hand */
    size_t segments_count;
};

struct overlaps {
    struct arena *arena;
    struct diags *diags;
    struct plan *plan;
    struct way way;
    struct unions all;
    size_t visits; /* bounds the search where everything overlaps */
    bool too_many;
};

#define UNIONS_MAX 1000
#define VISITS_MAX 5000000

static void unions_add(struct overlaps *overlaps, struct unions *unions, method_set item)
{
    for (size_t i = 0; i < unions->count; i++) {
        if (unions->items[i] == item)
            return;
    }
    if (unions->count == UNIONS_MAX) {
        overlaps->too_many = true;
        return;
    }
    if (unions->count == unions->capacity) {
        const size_t capacity = unions->capacity ? 2 * unions->capacity : 4;
        method_set *more = ARENA_ARRAY(overlaps->arena, capacity, method_set);

        if (unions->count != 0)
            memcpy(more, unions->items, unions->count * sizeof *more);
        unions->items = more;
        unions->capacity = capacity;
    }
    unions->items[unions->count++] = item;
}

/* What may have been noted when a path comes to this leaf and its method does not fit either. */
static struct unions *unions_of(struct overlaps *overlaps, struct leaf *leaf)
{
    if (leaf->unions == NULL) {
        leaf->unions = ARENA_NEW(overlaps->arena, struct unions);
        unions_add(overlaps, leaf->unions, leaf->methods);
    }
    return leaf->unions;
}

/* A path may fit both leaves, and comes to `later` second. */
static void found(struct overlaps *overlaps, struct leaf *leaf, struct leaf *later)
{
    const struct unions *before = unions_of(overlaps, leaf);
    struct unions *after = unions_of(overlaps, later);

    /* The later one too: it must name what the earlier one noted. */
    leaf->overlaps = later->overlaps = later->second = true;
    if (leaf->any || later->any)
        return;
    for (size_t i = 0; i < before->count && !overlaps->too_many; i++)
        unions_add(overlaps, after, before->items[i] | later->methods);
}

/* All leaves at and under a node. */
static void found_below(struct overlaps *overlaps, struct leaf *leaf, const struct trie *node)
{
    if (++overlaps->visits > VISITS_MAX)
        overlaps->too_many = true;
    if (overlaps->too_many)
        return;
    if (node->leaf != NULL)
        found(overlaps, leaf, node->leaf);
    for (size_t i = 0; i < node->fixed_count; i++)
        found_below(overlaps, leaf, node->fixed[i]);
    if (node->parameter != NULL)
        found_below(overlaps, leaf, node->parameter);
    if (node->wildcard != NULL)
        found(overlaps, leaf, node->wildcard);
}

/* The leaves under `node` that a path may fit whose further segments are those from `at` on. */
static void search(struct overlaps *overlaps, struct leaf *leaf, const struct trie *node, size_t at)
{
    const struct way *way = &overlaps->way;
    const struct segment *segment = at < way->segments_count ? &way->segments[at] : NULL;

    if (++overlaps->visits > VISITS_MAX)
        overlaps->too_many = true;
    if (overlaps->too_many)
        return;
    if (segment == NULL) {
        if (node->leaf != NULL)
            found(overlaps, leaf, node->leaf);
        return;
    }
    for (size_t i = 0; i < node->fixed_count; i++) {
        const struct trie *child = node->fixed[i];

        if (segment->kind == SEGMENT_WILDCARD)
            found_below(overlaps, leaf, child);
        else if (segment->kind == SEGMENT_PARAMETER ? child->text[0] != '\0'
                                                    : strcmp(child->text, segment->text) == 0)
            search(overlaps, leaf, child, at + 1);
    }
    if (node->parameter != NULL) {
        if (segment->kind == SEGMENT_WILDCARD)
            found_below(overlaps, leaf, node->parameter);
        else if (segment->kind == SEGMENT_PARAMETER || segment->text[0] != '\0')
            search(overlaps, leaf, node->parameter, at + 1);
    }
    if (node->wildcard != NULL)
        found(overlaps, leaf, node->wildcard);
}

/* Looks at what dispatch tries after this leaf, nearest fork first. */
static void visit_leaf(struct overlaps *overlaps, struct leaf *leaf)
{
    struct way *way = &overlaps->way;
    const struct route *route = leaf->routes[0];

    way->segments = route->segments;
    way->segments_count = route->segments_count;
    for (size_t at = way->segments_count; at-- > 0 && !overlaps->too_many;) {
        const struct trie *node = way->nodes[at];

        if (way->stages[at] == STAGE_FIXED && node->parameter != NULL && way->segments[at].text[0] != '\0')
            search(overlaps, leaf, node->parameter, at + 1);
        if (way->stages[at] != STAGE_WILDCARD && node->wildcard != NULL)
            found(overlaps, leaf, node->wildcard);
    }
    for (size_t i = 0; i < unions_of(overlaps, leaf)->count && !leaf->any; i++)
        unions_add(overlaps, &overlaps->all, leaf->unions->items[i]);
    overlaps->plan->overlaps |= leaf->overlaps;
    if (overlaps->too_many && overlaps->diags->errors == 0) {
        struct diagnostic *d = diag_report(overlaps->diags, CODE_ROUTE_OVERLAPS, route->path_place,
                                           "paths overlap in too many ways to name the methods of each");
        diag_label(d, "one of these paths");
        diag_help(d,
                  "use fewer parameters beside constant segments, or the same methods on all of these paths");
    }
}

static void visit(struct overlaps *overlaps, const struct trie *node, size_t depth)
{
    struct way *way = &overlaps->way;

    if (overlaps->too_many)
        return;
    if (node->leaf != NULL)
        visit_leaf(overlaps, node->leaf);
    way->nodes[depth] = node;
    way->stages[depth] = STAGE_FIXED;
    for (size_t i = 0; i < node->fixed_count; i++)
        visit(overlaps, node->fixed[i], depth + 1);
    way->stages[depth] = STAGE_PARAMETER;
    if (node->parameter != NULL)
        visit(overlaps, node->parameter, depth + 1);
    way->stages[depth] = STAGE_WILDCARD;
    if (node->wildcard != NULL && !overlaps->too_many)
        visit_leaf(overlaps, node->wildcard);
}

bool trie_find_overlaps(struct arena *arena, const struct trie *trie, const struct model *model,
                        struct plan *plan, struct diags *diags)
{
    struct overlaps overlaps = {.arena = arena, .diags = diags, .plan = plan};
    size_t deepest = 0;

    for (size_t i = 0; i < model->routes_count; i++) {
        if (model->routes[i].segments_count > deepest)
            deepest = model->routes[i].segments_count;
    }
    overlaps.way.nodes = ARENA_ARRAY(arena, deepest + 1, const struct trie *);
    overlaps.way.stages = ARENA_ARRAY(arena, deepest + 1, enum stage);
    visit(&overlaps, trie, 0);
    plan->refusals = overlaps.all.items;
    plan->refusals_count = overlaps.all.count;
    return !overlaps.too_many;
}
