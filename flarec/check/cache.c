/* cache.c - the settings of cache(), and whether there is anything to keep. */
#include <string.h>

#include "check/check.h"

void cache_check(struct check *check, const struct statement *statement, struct use *use)
{
    static const char *const labels[] = {
        "fresh", "memory", "max", "join", "reload", "status", "stale_if_error", "stale_while_revalidate",
        NULL};
    struct cache *const cache = ARENA_NEW(check->arena, struct cache);
    const struct arguments *const args = &statement->args;

    use->cache = cache;
    arguments_known(check, args, "cache()", labels);
    cache->memory_bytes = UINT64_C(16) << 20;
    cache->max_bytes = UINT64_C(1) << 20;
    cache->join_ms = 5000;
    setting_seconds(check, args, "fresh", 31536000, &cache->fresh_seconds);
    setting_seconds(check, args, "stale_if_error", 31536000, &cache->stale_if_error_seconds);
    setting_seconds(check, args, "stale_while_revalidate", 31536000, &cache->stale_while_revalidate_seconds);
    setting_duration(check, args, "join", 3600, &cache->join_ms);
    setting_size(check, args, "memory", UINT64_C(16) << 30, &cache->memory_bytes);
    if (!setting_size(check, args, "max", UINT64_C(64) << 20, &cache->max_bytes) &&
        cache->max_bytes > cache->memory_bytes / 4)
        cache->max_bytes = cache->memory_bytes / 4;
    cache->reload = setting_flag(check, args, "reload", false);
    cache->status = setting_flag(check, args, "status", false);
    if (cache->memory_bytes < UINT64_C(64) << 10)
        use_contradiction(check, statement->place, "this is too little memory to keep replies in",
                          "write memory: 64KiB, or more");
    else if (cache->max_bytes > cache->memory_bytes)
        use_contradiction(check, statement->place, "a reply may be larger than the memory for all of them",
                          "make 'max' smaller, or 'memory' larger");
}

static bool is_streamed(enum content_kind kind)
{
    return kind == CONTENT_STREAM || kind == CONTENT_SSE || kind == CONTENT_FILE;
}

/* Why nothing of the route can be kept; NULL: something can. */
static const char *why_not(const struct route *route)
{
    bool streams = route->replies_count != 0;

    for (size_t i = 0; i < route->replies_count; i++)
        streams = streams && (is_streamed(route->replies[i].content) || route->replies[i].status >= 400);
    if (route->websocket)
        return "a WebSocket has no reply to keep";
    if (route->handler != HANDLER_FUNCTION)
        return "a built-in handler makes no reply that is worth keeping";
    if (route->method != NULL && strcmp(route->method, "GET") != 0)
        return "only replies to GET are kept";
    return streams ? "replies that are sent piece by piece are not kept" : NULL;
}

bool cache_keeps(const struct route *route)
{
    bool used = false;

    for (size_t i = 0; i < route->uses_count; i++)
        used = used || route->uses[i].kind == USE_CACHE;
    return used && why_not(route) == NULL;
}

/* One around several routes is for those that it can be for; one of a route's own must be of use. */
void cache_settle(struct check *check, const struct route *route)
{
    const char *const why = why_not(route);

    for (size_t i = 0; why != NULL && i < route->uses_count; i++) {
        const struct use *const use = &route->uses[i];

        if (use->kind == USE_CACHE && use->place.start > route->place.start)
            diag_help(diag_report(check->diags, CODE_USE_PLACE, use->place, "%s", why),
                      "remove it: what is kept of a path is forgotten without it when a request changes it");
    }
}
