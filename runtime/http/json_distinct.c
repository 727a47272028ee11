/* Are no two alike? Items and keys come from a client, so it takes n log n steps at most whatever they are.
 */
#include "http/json_scan.h"

/* Up to so many, each is compared with each. */
#define FEW 8

struct items {
    const char *first;
    size_t stride;
    size_t bytes; /* of an item that is compared as bytes; 0: it begins with a flare_str */
};

static flare_str view(const struct items *items, size_t index)
{
    const char *const at = items->first + index * items->stride;
    flare_str text;

    if (items->bytes != 0)
        return (flare_str){at, items->bytes};
    memcpy(&text, at, sizeof text);
    return text;
}

/* By length, then by bytes. */
static int compare(const struct items *items, size_t left, size_t right)
{
    const flare_str a = view(items, left), b = view(items, right);

    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len != 0 ? memcmp(a.ptr, b.ptr, a.len) : 0;
}

static bool few_distinct(const struct items *items, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (compare(items, i, k) == 0)
                return false;
    return true;
}

/* Merges two sorted runs. @return did no two compare as equal? */
static bool merge(const struct items *items, const uint32_t *from, size_t middle, size_t count, uint32_t *to)
{
    size_t left = 0, right = middle;

    for (size_t i = 0; i < count; i++) {
        int order = left == middle ? 1 : -1;

        if (left < middle && right < count) {
            order = compare(items, from[left], from[right]);
            if (order == 0)
                return false;
        }
        to[i] = order < 0 ? from[left++] : from[right++];
    }
    return true;
}

static bool sorted_distinct(const struct items *items, size_t count, uint32_t *from, uint32_t *to)
{
    for (size_t i = 0; i < count; i++)
        from[i] = (uint32_t)i;
    for (size_t width = 1; width < count; width *= 2) {
        uint32_t *const swapped = from;

        for (size_t start = 0; start < count; start += 2 * width) {
            const size_t left = count - start;

            if (!merge(items, from + start, width < left ? width : left, 2 * width < left ? 2 * width : left,
                       to + start))
                return false;
        }
        from = to;
        to = swapped;
    }
    return true;
}

const char *flarei_json_distinct(struct flarei_json *json, const char *at,
                                 const struct flarei_json_path *path, const void *items, size_t stride,
                                 size_t bytes, size_t count, uint32_t failed, enum flarei_rule rule)
{
    const struct items all = {(const char *)items, stride, bytes};
    const flarei_arena_mark mark = flarei_arena_mark_get(json->arena);
    uint32_t *order;
    bool distinct;

    /* What failed has left holes among the items. */
    if (at == NULL || count < 2 || json->count != failed || failed == FLAREI_REFUSALS_MAX)
        return at;
    if (count <= FEW) {
        distinct = few_distinct(&all, count);
    } else {
        if (count > UINT32_MAX)
            return flarei_json_stop(json, FLAREI_JSON_NO_MEMORY);
        order = (uint32_t *)flarei_arena_alloc_array(json->arena, 2 * count, sizeof *order);
        if (order == NULL)
            return flarei_json_stop(json, FLAREI_JSON_NO_MEMORY);
        distinct = sorted_distinct(&all, count, order, order + count);
        flarei_arena_rewind(json->arena, mark);
    }
    if (!distinct)
        flarei_json_fail(json, path, NULL, rule);
    return at;
}
