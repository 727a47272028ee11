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

/* ---- what tells them apart ----------------------------------------------------------------------------- */

/* How far a look goes, how many branches it parts, and how large the numbers are that it makes. */
#define LOOK_BYTES_MAX    32
#define LOOK_BRANCHES_MAX 256
#define LOOK_MASK_MAX     511u
#define LOOK_FACTOR_MAX   64u

/* The two bytes of an item that a look is at, as one number; the same byte twice where it is at one. */
static unsigned look_at(const struct item *item, size_t from, const struct look *look)
{
    return (unsigned)(unsigned char)item->text[from + look->first] << 8 |
           (unsigned char)item->text[from + look->second];
}

/* How many branches a look would make: what differs in it. */
static size_t look_width(const struct item *items, size_t count, size_t from, const struct look *look)
{
    uint64_t seen[65536 / 64] = {0};
    size_t width = 0;

    for (size_t i = 0; i < count; i++) {
        const unsigned key = look_at(&items[i], from, look);

        width += (seen[key / 64] >> key % 64 & 1) == 0;
        seen[key / 64] |= (uint64_t)1 << key % 64;
    }
    return width;
}

/* Whether the mixed numbers differ wherever the two bytes do. */
static bool mixes(const struct item *items, size_t count, size_t from, const struct look *look)
{
    unsigned taken[LOOK_MASK_MAX + 1] = {0}; /* by which pair, plus one */

    for (size_t i = 0; i < count; i++) {
        const unsigned key = look_at(&items[i], from, look);
        const unsigned mixed = ((key >> 8) * look->factor + (key & 255)) & look->mask;

        if (taken[mixed] != 0 && taken[mixed] != key + 1)
            return false;
        taken[mixed] = key + 1;
    }
    return true;
}

/* The smallest numbers that do. False where none are found. */
static bool find_mix(const struct item *items, size_t count, size_t from, size_t width, struct look *look)
{
    for (look->mask = 1; look->mask <= LOOK_MASK_MAX; look->mask = 2 * look->mask + 1) {
        if (look->mask + 1 < width)
            continue;
        for (look->factor = 1; look->factor <= LOOK_FACTOR_MAX; look->factor++) {
            if (mixes(items, count, from, look))
                return true;
        }
    }
    return false;
}

/* Up to which byte all items can be looked at within their segment, its '/' included. */
static size_t look_room(const struct item *items, size_t count, size_t from)
{
    size_t room = LOOK_BYTES_MAX;

    for (size_t i = 0; i < count; i++) {
        const char *const slash = (const char *)memchr(items[i].text + from, '/', items[i].length - from);
        const size_t length =
            slash == NULL ? items[i].length - from : (size_t)(slash + 1 - items[i].text) - from;

        room = length < room ? length : room;
    }
    return room;
}

/* The look that makes the most branches. They are no less than two, since the first bytes differ; each is a
 * jump that a processor cannot foresee, so one wide step is better than two narrow ones. */
static struct look choose_look(const struct item *items, size_t count, size_t from)
{
    const unsigned room = (unsigned)look_room(items, count, from);
    struct look best = {0, 0, 0, 0};
    size_t best_width = look_width(items, count, from, &best);

    for (unsigned at = 1; at < room; at++) {
        const struct look look = {at, at, 0, 0};
        const size_t width = look_width(items, count, from, &look);

        if (width > best_width) {
            best = look;
            best_width = width;
        }
    }
    for (unsigned first = 0; first < room && best_width != count; first++) {
        for (unsigned second = first + 1; second < room; second++) {
            struct look look = {first, second, 0, 0};
            const size_t width = look_width(items, count, from, &look);

            if (width > best_width && width <= LOOK_BRANCHES_MAX &&
                find_mix(items, count, from, width, &look)) {
                best = look;
                best_width = width;
            }
        }
    }
    return best;
}

/* ---- steps --------------------------------------------------------------------------------------------- */

static struct step *radix(struct maker *maker, const struct item *items, size_t count, size_t from,
                          const char *prefix);

/* One branch for all items in which the look sees the same, in the order of their first ones. */
static void make_branches(struct maker *maker, struct step *step, const struct item *items, size_t count,
                          size_t from)
{
    struct item *const group = ARENA_ARRAY(maker->arena, count, struct item);
    bool *const done = ARENA_ARRAY(maker->arena, count, bool);

    step->branches = ARENA_ARRAY(maker->arena, count, struct step *);
    if (count > 1)
        step->look = choose_look(items, count, from);
    for (size_t i = 0; i < count; i++) {
        size_t grouped = 0;

        if (done[i])
            continue;
        for (size_t k = i; k < count; k++) {
            if (!done[k] && look_at(&items[k], from, &step->look) == look_at(&items[i], from, &step->look)) {
                group[grouped++] = items[k];
                done[k] = true;
            }
        }
        step->branches[step->branches_count++] = radix(maker, group, grouped, from, step->prefix);
    }
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
    if (at < count)
        make_branches(maker, step, items + at, count - at, to);
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
