#include <flare/gen.h>

/* Fewer are compared pair by pair. */
#define PAIRS_MAX 16

struct items {
    const char *first;
    size_t bytes; /* of one */
    enum flarei_items kind;
};

static int compare_reals(double left, double right)
{
    return left < right ? -1 : left > right;
}

static int compare_texts(flare_str left, flare_str right)
{
    const size_t shorter = left.len < right.len ? left.len : right.len;
    const int order = shorter == 0 ? 0 : memcmp(left.ptr, right.ptr, shorter);

    return order != 0 ? order : left.len < right.len ? -1 : left.len > right.len;
}

static int compare(const struct items *items, size_t left, size_t right)
{
    const char *const a = items->first + left * items->bytes;
    const char *const b = items->first + right * items->bytes;

    switch (items->kind) {
    case FLAREI_ITEMS_TEXTS:
        return compare_texts(*(const flare_str *)(const void *)a, *(const flare_str *)(const void *)b);
    case FLAREI_ITEMS_F32:
        return compare_reals((double)*(const float *)(const void *)a,
                             (double)*(const float *)(const void *)b);
    case FLAREI_ITEMS_F64:
        return compare_reals(*(const double *)(const void *)a, *(const double *)(const void *)b);
    case FLAREI_ITEMS_PLAIN:
        break;
    }
    return memcmp(a, b, items->bytes);
}

/* Lets the index at the root sink to where it belongs in a heap. */
static void sink(const struct items *items, uint32_t *heap, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        const uint32_t index = heap[root];

        if (child + 1 < count && compare(items, heap[child], heap[child + 1]) < 0)
            child++;
        if (compare(items, index, heap[child]) >= 0)
            return;
        heap[root] = heap[child];
        heap[child] = index;
    }
}

/* A heapsort, since no client may choose how many steps it takes. */
static enum flarei_rule check_sorted(flare_arena *arena, const struct items *items, size_t count)
{
    const flarei_arena_mark mark = flarei_arena_mark_get(arena);
    uint32_t *const heap =
        count > UINT32_MAX ? NULL : (uint32_t *)flarei_arena_alloc(arena, count * sizeof(uint32_t));
    enum flarei_rule rule = FLAREI_FINE;

    if (heap == NULL)
        return FLAREI_RULE_MEMORY;
    for (size_t i = 0; i < count; i++)
        heap[i] = (uint32_t)i;
    for (size_t i = count / 2; i-- > 0;)
        sink(items, heap, i, count);
    for (size_t left = count - 1; left > 0 && rule == FLAREI_FINE; left--) {
        const uint32_t greatest = heap[0];

        heap[0] = heap[left];
        heap[left] = greatest;
        sink(items, heap, 0, left);
        if (compare(items, heap[0], greatest) == 0)
            rule = FLAREI_RULE_UNIQUE;
    }
    flarei_arena_rewind(arena, mark);
    return rule;
}

enum flarei_rule flarei_check_unique(flare_arena *arena, const void *first, size_t count, size_t item_bytes,
                                     enum flarei_items kind)
{
    const struct items items = {(const char *)first, item_bytes, kind};

    if (count > PAIRS_MAX)
        return check_sorted(arena, &items, count);
    for (size_t i = 1; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (compare(&items, i, k) == 0)
                return FLAREI_RULE_UNIQUE;
        }
    }
    return FLAREI_FINE;
}
