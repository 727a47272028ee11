#include "http/json_scan.h"

const char *flarei_json_distinct(struct flarei_json *json, const char *at,
                                 const struct flarei_json_path *path, const void *items, size_t item_bytes,
                                 enum flarei_items kind, size_t count, uint32_t failed, enum flarei_rule rule)
{
    enum flarei_rule found;

    /* What failed has left holes among the items. */
    if (at == NULL || count < 2 || json->count != failed || failed == FLAREI_REFUSALS_MAX)
        return at;
    found = flarei_check_unique(json->arena, items, count, item_bytes, kind);
    if (found == FLAREI_RULE_MEMORY)
        return flarei_json_stop(json, FLAREI_JSON_NO_MEMORY);
    if (found != FLAREI_FINE)
        flarei_json_fail(json, path, NULL, rule);
    return at;
}
