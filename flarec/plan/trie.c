/* trie.c - puts routes into the tree and refuses two in one place. */
#include "plan/trie.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash(const char *text)
{
    uint32_t value = 2166136261u;

    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * 16777619u;
    return value;
}

static void place_bucket(struct trie *node, size_t index)
{
    size_t at = hash(node->fixed[index]->text) & (node->buckets_count - 1);

    while (node->buckets[at] != 0)
        at = (at + 1) & (node->buckets_count - 1);
    node->buckets[at] = index + 1;
}

static void grow(struct arena *arena, struct trie *node)
{
    const size_t capacity = node->fixed_capacity ? 2 * node->fixed_capacity : 4;
    struct trie **more = ARENA_ARRAY(arena, capacity, struct trie *);

    if (node->fixed_count != 0)
        memcpy(more, node->fixed, node->fixed_count * sizeof *more);
    node->fixed = more;
    node->fixed_capacity = capacity;
    node->buckets_count = 2 * capacity;
    node->buckets = ARENA_ARRAY(arena, node->buckets_count, size_t);
    for (size_t i = 0; i < node->fixed_count; i++)
        place_bucket(node, i);
}

static struct trie *fixed_child(struct arena *arena, struct trie *node, const char *text)
{
    struct trie *child;

    if (node->buckets_count != 0) {
        for (size_t at = hash(text) & (node->buckets_count - 1); node->buckets[at] != 0;
             at = (at + 1) & (node->buckets_count - 1)) {
            child = node->fixed[node->buckets[at] - 1];
            if (strcmp(child->text, text) == 0)
                return child;
        }
    }
    if (node->fixed_count == node->fixed_capacity)
        grow(arena, node);
    child = ARENA_NEW(arena, struct trie);
    child->text = text;
    child->prefix = arena_format(arena, "%s/%s", node->prefix, text);
    node->fixed[node->fixed_count++] = child;
    place_bucket(node, node->fixed_count - 1);
    return child;
}

static struct trie *parameter_child(struct arena *arena, struct trie *node, const char *name)
{
    if (node->parameter == NULL) {
        node->parameter = ARENA_NEW(arena, struct trie);
        node->parameter->prefix = arena_format(arena, "%s/:%s", node->prefix, name);
    }
    return node->parameter;
}

/* A path that both routes take: each parameter is filled with its name's first letter. */
static const char *witness(struct arena *arena, const struct route *route)
{
    const char *text = "";

    for (size_t i = 0; i < route->segments_count; i++) {
        const struct segment *segment = &route->segments[i];

        if (segment->kind == SEGMENT_STATIC)
            text = arena_format(arena, "%s/%s", text, segment->text);
        else if (segment->kind == SEGMENT_PARAMETER)
            text = arena_format(arena, "%s/%c", text, segment->text[0] ? segment->text[0] : 'x');
        else
            text = arena_format(arena, "%s/", text);
    }
    return text;
}

/* The path, its prefixes too, as it was written: what is compared has its escapes undone. */
static const char *written(struct arena *arena, const struct route *route)
{
    const char *text = "";

    for (size_t i = 0; i < route->segments_count; i++) {
        const struct place place = route->segments[i].place;
        text = arena_format(arena, "%s/%.*s", text, (int)place.length, place.source->text + place.start);
    }
    return text;
}

static void report_conflict(struct arena *arena, const struct route *first, const struct route *second,
                            struct diags *diags)
{
    const char *const first_method = first->method ? first->method : "ANY";
    const char *const second_method = second->method ? second->method : "ANY";
    const char *const method = second->method ? second->method : first->method ? first->method : "GET";
    struct diagnostic *d;

    d = diag_report(diags, CODE_ROUTE_CONFLICT, second->path_place, "%s %s and %s %s match the same request",
                    first_method, written(arena, first), second_method, written(arena, second));
    diag_label(d, "this route matches what another one does");
    diag_also(d, first->path_place, "the other one");
    diag_note(d, "both match %s %s", method, witness(arena, second));
    diag_help(d, "give one of them another path or method, or remove it");
}

static void add_to_leaf(struct arena *arena, struct leaf **place, const struct route *route,
                        struct diags *diags)
{
    struct leaf *leaf = *place;
    const struct route **routes;

    if (leaf == NULL)
        leaf = *place = ARENA_NEW(arena, struct leaf);
    for (size_t i = 0; i < leaf->routes_count; i++) {
        const struct route *other = leaf->routes[i];

        if (other->method == NULL || route->method == NULL || strcmp(other->method, route->method) == 0) {
            report_conflict(arena, other, route, diags);
            return;
        }
    }
    routes = ARENA_ARRAY(arena, leaf->routes_count + 1, const struct route *);
    if (leaf->routes_count != 0)
        memcpy(routes, leaf->routes, leaf->routes_count * sizeof *routes);
    routes[leaf->routes_count++] = route;
    leaf->routes = routes;
    if (route->method == NULL)
        leaf->any = true;
    else
        leaf->methods |= METHOD_BIT(method_number(route->method));
    if ((leaf->methods & METHOD_BIT(METHOD_GET)) != 0)
        leaf->methods |= METHOD_BIT(METHOD_HEAD);
}

static int by_text(const void *left, const void *right)
{
    return strcmp((*(struct trie *const *)left)->text, (*(struct trie *const *)right)->text);
}

static void sort(struct trie *node)
{
    if (node->fixed_count > 1)
        qsort(node->fixed, node->fixed_count, sizeof *node->fixed, by_text);
    node->buckets = NULL;
    node->buckets_count = 0;
    for (size_t i = 0; i < node->fixed_count; i++)
        sort(node->fixed[i]);
    if (node->parameter != NULL)
        sort(node->parameter);
}

struct trie *trie_build(struct arena *arena, const struct model *model, struct diags *diags)
{
    struct trie *root = ARENA_NEW(arena, struct trie);

    root->prefix = "";
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *route = &model->routes[i];
        struct trie *node = root;

        for (size_t k = 0; k < route->segments_count; k++) {
            const struct segment *segment = &route->segments[k];

            if (segment->kind == SEGMENT_STATIC)
                node = fixed_child(arena, node, segment->text);
            else if (segment->kind == SEGMENT_PARAMETER)
                node = parameter_child(arena, node, segment->text);
        }
        add_to_leaf(arena, route->wildcard ? &node->wildcard : &node->leaf, route, diags);
    }
    sort(root);
    return root;
}
