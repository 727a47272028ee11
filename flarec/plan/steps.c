/* steps.c - the tree by segment becomes one by bytes, cut into functions. */
#include <stdlib.h>
#include <string.h>

#include "plan/trie.h"

/* A constant run of bytes from the start of a segment, and what it leads to. */
struct item {
    const char *text;
    size_t length;
    struct leaf *leaf; /* the path ends behind it */
    struct step *step; /* else: it ends in '/', and a fork follows */
};

struct items {
    struct item *items;
    size_t count, capacity;
};

struct maker {
    struct arena *arena;
    struct plan *plan;
};

static struct step *segment_start(struct maker *maker, const struct trie *node, unsigned slot);

static void items_add(struct maker *maker, struct items *items, struct item item)
{
    if (items->count == items->capacity) {
        const size_t capacity = items->capacity ? 2 * items->capacity : 8;
        struct item *more = ARENA_ARRAY(maker->arena, capacity, struct item);

        if (items->count != 0)
            memcpy(more, items->items, items->count * sizeof *more);
        items->items = more;
        items->capacity = capacity;
    }
    items->items[items->count++] = item;
}

/* Everything constant from the start of a segment on. In the order of bytes: children are sorted, and what
 * ends here comes before what goes on with '/'. But "a-b" sorts before "a/…", so the caller sorts again. */
static void collect(struct maker *maker, const struct trie *node, const char *before, unsigned slot,
                    struct items *items)
{
    for (size_t i = 0; i < node->fixed_count; i++) {
        const struct trie *child = node->fixed[i];
        const char *text = arena_format(maker->arena, "%s%s", before, child->text);
        const bool forks = child->parameter != NULL || child->wildcard != NULL;
        const char *further;

        if (child->leaf != NULL)
            items_add(maker, items, (struct item){text, strlen(text), child->leaf, NULL});
        if (!forks && child->fixed_count == 0)
            continue;
        further = arena_format(maker->arena, "%s/", text);
        if (forks)
            items_add(maker, items,
                      (struct item){further, strlen(further), NULL, segment_start(maker, child, slot)});
        else
            collect(maker, child, further, slot, items);
    }
}

static int item_compare(const void *left, const void *right)
{
    return strcmp(((const struct item *)left)->text, ((const struct item *)right)->text);
}

static size_t common_length(const struct item *items, size_t count, size_t from)
{
    const struct item *first = &items[0], *last = &items[count - 1];
    size_t length = from;

    while (length < first->length && length < last->length && first->text[length] == last->text[length])
        length++;
    return length;
}

/* Sorted items that agree in their first `from` bytes. */
static struct step *radix(struct maker *maker, const struct item *items, size_t count, size_t from,
                          const char *prefix)
{
    const size_t to = common_length(items, count, from);
    struct step *step = ARENA_NEW(maker->arena, struct step);
    size_t at = 0;

    step->text = arena_copy(maker->arena, items[0].text + from, to - from);
    step->length = to - from;
    step->prefix = arena_format(maker->arena, "%s%s", prefix, step->text);
    if (items[0].length == to && items[0].step != NULL) {
        step->fork = items[0].step->fork;
        return step;
    }
    if (items[0].length == to) {
        step->leaf = items[0].leaf;
        at = 1;
    }
    for (size_t i = at; i < count; i++) {
        if (i == at || items[i].text[to] != items[i - 1].text[to])
            step->branches_count++;
    }
    step->branches = ARENA_ARRAY(maker->arena, step->branches_count, struct step *);
    for (size_t branch = 0; at < count; branch++) {
        size_t end = at + 1;

        while (end < count && items[end].text[to] == items[at].text[to])
            end++;
        step->branches[branch] = radix(maker, items + at, end - at, to, step->prefix);
        at = end;
    }
    return step;
}

/* A '/' and what may stand behind it. */
static struct step *after_slash(struct maker *maker, const struct trie *node, unsigned slot)
{
    struct step *step = segment_start(maker, node, slot);

    step->text = arena_format(maker->arena, "/%s", step->text);
    step->length++;
    return step;
}

/* What may stand behind a '/'. */
static struct step *segment_start(struct maker *maker, const struct trie *node, unsigned slot)
{
    const bool forks = node->parameter != NULL || node->wildcard != NULL;
    const char *prefix = arena_format(maker->arena, "%s/", node->prefix);
    struct items items = {0};
    struct step *fixed = NULL;
    struct step *step;

    collect(maker, node, "", forks ? slot + 1 : slot, &items);
    if (items.count != 0) {
        qsort(items.items, items.count, sizeof *items.items, item_compare);
        fixed = radix(maker, items.items, items.count, 0, prefix);
    }
    if (!forks)
        return fixed;
    step = ARENA_NEW(maker->arena, struct step);
    step->text = "";
    step->prefix = prefix;
    step->fork = ARENA_NEW(maker->arena, struct fork);
    step->fork->fixed = fixed;
    step->fork->wildcard = node->wildcard;
    step->fork->prefix = prefix;
    step->fork->slot = slot;
    if (slot + 1 > maker->plan->slots_count)
        maker->plan->slots_count = slot + 1;
    if (node->parameter != NULL) {
        struct step *parameter = ARENA_NEW(maker->arena, struct step);
        const struct trie *child = node->parameter;

        parameter->text = "";
        parameter->prefix = child->prefix;
        parameter->leaf = child->leaf;
        if (child->fixed_count != 0 || child->parameter != NULL || child->wildcard != NULL) {
            parameter->branches = ARENA_ARRAY(maker->arena, 1, struct step *);
            parameter->branches[0] = after_slash(maker, child, slot + 1);
            parameter->branches_count = 1;
        }
        step->fork->parameter = parameter;
    }
    return step;
}

void steps_make(struct arena *arena, const struct trie *trie, struct plan *plan)
{
    struct maker maker = {arena, plan};

    plan->root = after_slash(&maker, trie, 0);
}
