/* query.c - the pairs of a query, name=value with '&' between: those of one name, or of several in one pass.
 */
#include <flare/gen.h>

/* Where a pair's name ends, if it means this one ('+' is a space there, and any character may be escaped);
 * else NULL. A name with a bad escape is no declared name. */
static const char *match_name(flare_str name, const char *p, const char *stop)
{
    const char *const name_end = flarei_str_end(name);

    for (const char *want = name.ptr; want != name_end; want++, p++) {
        char byte;

        if (p == stop)
            return NULL;
        byte = *p;
        if (byte == '+') {
            byte = ' ';
        } else if (byte == '%') {
            const int high = stop - p > 2 ? flarei_hex_value(p[1]) : -1;
            const int low = high < 0 ? -1 : flarei_hex_value(p[2]);

            if (low < 0)
                return NULL;
            byte = (char)(high << 4 | low);
            p += 2;
        } else if (byte == '=') {
            return NULL;
        }
        if (byte != *want)
            return NULL;
    }
    return p == stop || *p == '=' ? p : NULL;
}

static const char *pair_end(const char *at, const char *end)
{
    const char *const stop = (const char *)memchr(at, '&', (size_t)(end - at));

    return stop == NULL ? end : stop;
}

/* ---- one name ---- */

bool flarei_query_next(struct flarei_query_walk *walk)
{
    while (walk->at != walk->end) {
        const char *const start = walk->at;
        const char *const stop = pair_end(start, walk->end);
        const char *equals;

        walk->at = stop == walk->end ? stop : stop + 1;
        equals = stop == start ? NULL : match_name(walk->name, start, stop);
        if (equals == NULL)
            continue;
        walk->value.ptr = equals == stop ? stop : equals + 1;
        walk->value.len = (size_t)(stop - walk->value.ptr);
        walk->rule = flarei_unescape_form(walk->rq, &walk->value);
        return true;
    }
    return false;
}

/* ---- several names ---- */

bool flarei_query_pair(struct flarei_query_scan *scan)
{
    while (scan->at != scan->end) {
        const char *const start = scan->at;
        const char *at = start;

        scan->plain = true;
        for (; at != scan->end && *at != '=' && *at != '&'; at++)
            scan->plain = scan->plain && *at != '%' && *at != '+';
        scan->name.ptr = start;
        scan->name.len = (size_t)(at - start);
        scan->value.ptr = at != scan->end && *at == '=' ? at + 1 : at;
        at = pair_end(scan->value.ptr, scan->end);
        scan->value.len = (size_t)(at - scan->value.ptr);
        scan->at = at == scan->end ? at : at + 1;
        if (at != start)
            return true;
    }
    return false;
}

/* Which name a pair's means that has escapes in it: any of them, so it is held against each. */
static size_t find_escaped(const struct flarei_query_scan *scan)
{
    const char *const stop = flarei_str_end(scan->name);

    for (size_t i = 0; i < scan->count; i++) {
        if (match_name(scan->inputs[i]->name, scan->name.ptr, stop) != NULL)
            return i;
    }
    return scan->count;
}

static void add_value(struct flarei_query_scan *scan, size_t index)
{
    struct flarei_query_values *const values = &scan->values[index];
    struct flarei_query_value *more;

    if (values->count++ == 0) {
        values->first = (struct flarei_query_value){scan->value, NULL};
        values->last = &values->first;
        return;
    }
    more = (struct flarei_query_value *)flarei_arena_alloc(scan->rq->arena, sizeof *more);
    if (more == NULL) {
        flarei_refuse(scan->rq, scan->inputs[index], FLAREI_RULE_MEMORY);
        return;
    }
    *more = (struct flarei_query_value){scan->value, NULL};
    values->last->next = more;
    values->last = more;
}

void flarei_query_keep(struct flarei_query_scan *scan, unsigned member)
{
    size_t index = member - 1u;

    if (FLARE_UNLIKELY(!scan->plain))
        index = find_escaped(scan);
    else if (member == 0 || !flare_str_equal(scan->name, scan->inputs[index]->name))
        return;
    if (index < scan->count)
        add_value(scan, index);
}

bool flarei_query_find(flare_request *rq, const struct flarei_input *input,
                       const struct flarei_query_values *values, flare_str *value)
{
    enum flarei_rule rule;

    if (values->count == 0) {
        if (input->required)
            flarei_refuse(rq, input, FLAREI_RULE_REQUIRED);
        return false;
    }
    *value = values->first.text;
    rule = flarei_unescape_form(rq, value);
    if (FLARE_LIKELY(rule == FLAREI_FINE && values->count == 1))
        return true;
    flarei_refuse(rq, input, rule != FLAREI_FINE ? rule : FLAREI_RULE_REPEATED);
    return false;
}

bool flarei_query_item(struct flarei_query_items *items)
{
    const struct flarei_query_value *const next = items->at == NULL ? &items->values->first : items->at->next;

    if (items->values->count == 0 || next == NULL)
        return false;
    items->at = next;
    items->value = next->text;
    items->rule = flarei_unescape_form(items->rq, &items->value);
    return true;
}
