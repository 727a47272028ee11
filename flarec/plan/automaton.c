/* automaton.c - tree to a nondeterministic automaton over bytes (Thompson), to a deterministic one (subsets),
 * to the smallest (Moore). */
#include <stdlib.h>
#include <string.h>

#include "letters.h"
#include "plan/pattern.h"

#define NODES_MAX 60000u
/* Before the smallest is found. */
#define SUBSETS_MAX 2500u
/* Members of all subsets together: bounds the time. */
#define MEMBERS_MAX 3000000u

enum node_kind { NODE_ACCEPT, NODE_SPLIT, NODE_RANGE };

struct node {
    enum node_kind kind;
    uint8_t first, last;  /* RANGE: bytes */
    unsigned next, other; /* other: of SPLIT */
};

struct machine {
    struct arena *arena;
    struct node *nodes;
    unsigned count, capacity;
    bool too_large;
};

static unsigned add(struct machine *machine, struct node node)
{
    if (machine->count == NODES_MAX) {
        machine->too_large = true;
        return 0;
    }
    if (machine->count == machine->capacity) {
        const unsigned capacity = machine->capacity ? 2 * machine->capacity : 64;
        struct node *more = ARENA_ARRAY(machine->arena, capacity, struct node);

        if (machine->count != 0)
            memcpy(more, machine->nodes, machine->count * sizeof *more);
        machine->nodes = more;
        machine->capacity = capacity;
    }
    machine->nodes[machine->count] = node;
    return machine->count++;
}

static unsigned either(struct machine *machine, unsigned left, unsigned right)
{
    return add(machine, (struct node){.kind = NODE_SPLIT, .next = left, .other = right});
}

/* ---- code points to bytes ---------------------------------------------------------------------- */

/* A node that takes the UTF-8 of any code point from `first` to `last`. A range is split until each part has
 * one range of bytes at every place. */
static unsigned range_node(struct machine *machine, uint32_t first, uint32_t last, unsigned next)
{
    static const uint32_t length_ends[] = {0x7f, 0x7ff, 0xffff};
    uint8_t low[4], high[4];
    unsigned length;

    for (size_t i = 0; i < 3; i++) {
        if (first <= length_ends[i] && last > length_ends[i])
            return either(machine, range_node(machine, first, length_ends[i], next),
                          range_node(machine, length_ends[i] + 1, last, next));
    }
    for (unsigned bits = 6; bits <= 18 && last >= 0x80; bits += 6) {
        const uint32_t mask = ((uint32_t)1 << bits) - 1;

        if ((first & ~mask) == (last & ~mask))
            continue;
        if ((first & mask) != 0)
            return either(machine, range_node(machine, first, first | mask, next),
                          range_node(machine, (first | mask) + 1, last, next));
        if ((last & mask) != mask)
            return either(machine, range_node(machine, first, (last & ~mask) - 1, next),
                          range_node(machine, last & ~mask, last, next));
    }
    length = (unsigned)utf8_put((char *)low, first);
    (void)utf8_put((char *)high, last);
    while (length-- > 0)
        next =
            add(machine,
                (struct node){.kind = NODE_RANGE, .first = low[length], .last = high[length], .next = next});
    return next;
}

/* ---- tree to nodes: each is made with what follows it known ---------------------------------------- */

static unsigned compile(struct machine *machine, const struct regex *regex, unsigned next);

static unsigned compile_repeat(struct machine *machine, const struct regex *regex, unsigned next)
{
    unsigned start = next;

    if (regex->max == REGEX_UNBOUNDED) {
        start = either(machine, 0, next);
        if (!machine->too_large) {
            const unsigned inner = compile(machine, regex->left, start);

            machine->nodes[start].next = inner;
        }
    } else {
        for (unsigned i = regex->min; i < regex->max && !machine->too_large; i++)
            start = either(machine, compile(machine, regex->left, start), next);
    }
    for (unsigned i = 0; i < regex->min && !machine->too_large; i++)
        start = compile(machine, regex->left, start);
    return start;
}

static unsigned compile(struct machine *machine, const struct regex *regex, unsigned next)
{
    unsigned start;

    if (machine->too_large)
        return 0;
    switch (regex->kind) {
    case REGEX_EMPTY:
        return next;
    case REGEX_SET:
        /* No range: nothing matches, and node 0 is one that nothing leaves. */
        start = 0;
        for (size_t i = regex->ranges_count; i-- > 0;) {
            const unsigned range = range_node(machine, regex->ranges[i].first, regex->ranges[i].last, next);

            start = start == 0 ? range : either(machine, range, start);
        }
        return start;
    case REGEX_SEQUENCE:
        return compile(machine, regex->left, compile(machine, regex->right, next));
    case REGEX_EITHER:
        start = compile(machine, regex->left, next);
        return either(machine, start, compile(machine, regex->right, next));
    case REGEX_REPEAT:
        return compile_repeat(machine, regex, next);
    }
    return 0;
}

/* ---- subsets ----------------------------------------------------------------------------------- */

/* Bytes that no node tells apart are one class. */
static unsigned make_classes(const struct machine *machine, uint8_t class_of[256])
{
    bool starts[257] = {true};
    unsigned count = 0;

    for (unsigned i = 0; i < machine->count; i++) {
        if (machine->nodes[i].kind == NODE_RANGE) {
            starts[machine->nodes[i].first] = true;
            starts[machine->nodes[i].last + 1] = true;
        }
    }
    for (unsigned i = 0; i < 256; i++) {
        count += starts[i];
        class_of[i] = (uint8_t)(count - 1);
    }
    return count;
}

struct subset {
    const unsigned *nodes; /* RANGE and ACCEPT ones, sorted */
    unsigned count;
    bool accepting;
};

struct builder {
    const struct machine *machine;
    struct arena *arena;
    struct subset subsets[SUBSETS_MAX];
    unsigned count;
    unsigned buckets[8192]; /* subsets by hash, from 1 */
    uint16_t *next;         /* [subset * classes_count + class] */
    unsigned classes_count;
    uint8_t class_first[256]; /* a byte of each class */
    size_t members;
    unsigned *marks; /* per node: the round that last reached it */
    unsigned round;
    unsigned *stack, *reached;
    unsigned reached_count;
    bool too_large;
};

/* The node and all that follow it without a byte. */
static void reach(struct builder *builder, unsigned node)
{
    unsigned depth = 0;

    builder->stack[depth++] = node;
    while (depth > 0) {
        const unsigned at = builder->stack[--depth];
        const struct node *found = &builder->machine->nodes[at];

        if (builder->marks[at] == builder->round)
            continue;
        builder->marks[at] = builder->round;
        if (found->kind == NODE_SPLIT) {
            builder->stack[depth++] = found->other;
            builder->stack[depth++] = found->next;
        } else if (at != 0) {
            builder->reached[builder->reached_count++] = at;
        }
    }
}

static int by_number(const void *left, const void *right)
{
    const unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;

    return (a > b) - (a < b);
}

/* The subset of what was reached, which may be an old one. */
static unsigned subset_of_reached(struct builder *builder)
{
    const unsigned count = builder->reached_count;
    uint32_t hash = 2166136261u;
    struct subset *subset;
    unsigned *nodes;
    size_t at;

    if (count > 1)
        qsort(builder->reached, count, sizeof *builder->reached, by_number);
    for (unsigned i = 0; i < count; i++)
        hash = (hash ^ builder->reached[i]) * 16777619u;
    for (at = hash & 8191; builder->buckets[at] != 0; at = (at + 1) & 8191) {
        subset = &builder->subsets[builder->buckets[at] - 1];
        if (subset->count == count &&
            (count == 0 || memcmp(subset->nodes, builder->reached, count * sizeof *nodes) == 0))
            return builder->buckets[at] - 1;
    }
    builder->members += count;
    if (builder->count == SUBSETS_MAX || builder->members > MEMBERS_MAX) {
        builder->too_large = true;
        return 0;
    }
    builder->buckets[at] = builder->count + 1;
    subset = &builder->subsets[builder->count];
    nodes = ARENA_ARRAY(builder->arena, count + 1, unsigned);
    for (unsigned i = 0; i < count; i++) {
        nodes[i] = builder->reached[i];
        subset->accepting |= builder->machine->nodes[nodes[i]].kind == NODE_ACCEPT;
    }
    subset->nodes = nodes;
    subset->count = count;
    return builder->count++;
}

static void begin(struct builder *builder)
{
    builder->round++;
    builder->reached_count = 0;
}

static void make_subsets(struct builder *builder, unsigned start)
{
    begin(builder);
    subset_of_reached(builder); /* 0: the dead one */
    begin(builder);
    reach(builder, start);
    subset_of_reached(builder);
    for (unsigned from = 1; from < builder->count && !builder->too_large; from++) {
        for (unsigned class = 0; class < builder->classes_count && !builder->too_large; class ++) {
            const uint8_t byte = builder->class_first[class];

            begin(builder);
            for (unsigned i = 0; i < builder->subsets[from].count; i++) {
                const struct node *node = &builder->machine->nodes[builder->subsets[from].nodes[i]];

                if (node->kind == NODE_RANGE && byte >= node->first && byte <= node->last)
                    reach(builder, node->next);
            }
            builder->next[from * builder->classes_count + class] = (uint16_t)subset_of_reached(builder);
        }
    }
}

/* ---- the smallest ------------------------------------------------------------------------------ */

/* One round: subsets that lead to different groups part. Group numbers are those of first appearance, so that
 * 0 stays the dead one's. */
static unsigned split_groups(const struct builder *builder, const uint16_t *group, uint16_t *finer,
                             unsigned *buckets, unsigned *firsts)
{
    const unsigned classes = builder->classes_count;
    unsigned count = 0;

    memset(buckets, 0, 8192 * sizeof *buckets);
    for (unsigned i = 0; i < builder->count; i++) {
        uint32_t hash = 2166136261u ^ group[i];
        size_t at;

        for (unsigned class = 0; class < classes; class ++)
            hash = (hash ^ group[builder->next[i * classes + class]]) * 16777619u;
        for (at = (hash ^ hash >> 15) & 8191; buckets[at] != 0; at = (at + 1) & 8191) {
            const unsigned other = firsts[buckets[at] - 1];
            bool same = group[other] == group[i];

            for (unsigned class = 0; same && class < classes; class ++)
                same = group[builder->next[other * classes + class]] ==
                       group[builder->next[i * classes + class]];
            if (same)
                break;
        }
        if (buckets[at] == 0) {
            firsts[count] = i;
            buckets[at] = ++count;
        }
        finer[i] = (uint16_t)(buckets[at] - 1);
    }
    return count;
}

/* Classes that no state tells apart any more become one. */
static void join_classes(struct arena *arena, struct dfa *dfa, const uint8_t class_of[256], uint16_t *next,
                         unsigned classes)
{
    uint8_t joined[256];
    unsigned kept[256];
    uint16_t *narrow;

    for (unsigned class = 0; class < classes; class ++) {
        unsigned same = 0;

        for (; same < dfa->classes_count; same++) {
            bool equal = true;

            for (unsigned i = 0; equal && i < dfa->states_count; i++)
                equal = next[i * classes + class] == next[i * classes + kept[same]];
            if (equal)
                break;
        }
        if (same == dfa->classes_count)
            kept[dfa->classes_count++] = class;
        joined[class] = (uint8_t)same;
    }
    for (unsigned i = 0; i < 256; i++)
        dfa->class_of[i] = joined[class_of[i]];
    narrow = ARENA_ARRAY(arena, (size_t)dfa->states_count * dfa->classes_count, uint16_t);
    for (unsigned i = 0; i < dfa->states_count; i++) {
        for (unsigned class = 0; class < dfa->classes_count; class ++)
            narrow[i * dfa->classes_count + class] = next[i * classes + kept[class]];
    }
    dfa->next = narrow;
}

static const struct dfa *smallest(struct arena *arena, const struct builder *builder,
                                  const uint8_t class_of[256])
{
    const unsigned classes = builder->classes_count;
    struct arena *scratch = builder->arena;
    uint16_t *group = ARENA_ARRAY(scratch, builder->count, uint16_t);
    uint16_t *finer = ARENA_ARRAY(scratch, builder->count, uint16_t);
    unsigned *firsts = ARENA_ARRAY(scratch, builder->count, unsigned);
    unsigned *buckets = ARENA_ARRAY(scratch, 8192, unsigned);
    struct dfa *dfa = ARENA_NEW(arena, struct dfa);
    bool *accepting;
    uint16_t *next;
    unsigned count = 1, finer_count = 2;

    for (unsigned i = 0; i < builder->count; i++)
        group[i] = builder->subsets[i].accepting;
    while (finer_count != count) {
        uint16_t *swap = group;

        count = finer_count;
        finer_count = split_groups(builder, group, finer, buckets, firsts);
        group = finer;
        finer = swap;
    }
    if (count > DFA_STATES_MAX)
        return NULL;
    accepting = ARENA_ARRAY(arena, count + 1, bool);
    next = ARENA_ARRAY(scratch, (size_t)(count + 1) * classes, uint16_t);
    for (unsigned i = 0; i < count; i++) {
        accepting[i] = builder->subsets[firsts[i]].accepting;
        for (unsigned class = 0; class < classes; class ++)
            next[i * classes + class] = group[builder->next[firsts[i] * classes + class]];
    }
    /* A pattern that matches nothing has no other state than the dead one: give it a first one all the same.
     */
    dfa->states_count = count == 1 ? 2 : count;
    dfa->accepting = accepting;
    join_classes(arena, dfa, class_of, next, classes);
    return dfa;
}

const struct dfa *dfa_make(struct arena *arena, const struct regex *regex)
{
    struct arena scratch = {0};
    struct machine machine = {.arena = &scratch};
    struct builder *builder;
    const struct dfa *dfa = NULL;
    uint8_t class_of[256];
    unsigned start;

    add(&machine, (struct node){.kind = NODE_ACCEPT}); /* 0: never reached */
    start = compile(&machine, regex, add(&machine, (struct node){.kind = NODE_ACCEPT}));
    if (!machine.too_large) {
        builder = ARENA_NEW(&scratch, struct builder);
        builder->machine = &machine;
        builder->arena = &scratch;
        builder->classes_count = make_classes(&machine, class_of);
        for (unsigned i = 256; i-- > 0;)
            builder->class_first[class_of[i]] = (uint8_t)i;
        builder->next = ARENA_ARRAY(&scratch, (size_t)SUBSETS_MAX * builder->classes_count, uint16_t);
        builder->marks = ARENA_ARRAY(&scratch, machine.count, unsigned);
        builder->stack = ARENA_ARRAY(&scratch, 2 * (size_t)machine.count + 2, unsigned);
        builder->reached = ARENA_ARRAY(&scratch, machine.count, unsigned);
        make_subsets(builder, start);
        if (!builder->too_large)
            dfa = smallest(arena, builder, class_of);
    }
    arena_free(&scratch);
    return dfa;
}

bool dfa_matches(const struct dfa *dfa, const char *text, size_t length)
{
    unsigned state = 1;

    for (size_t i = 0; i < length && state != 0; i++)
        state = dfa->next[state * dfa->classes_count + dfa->class_of[(unsigned char)text[i]]];
    return dfa->accepting[state];
}
