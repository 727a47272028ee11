/* cache.c - where a kept reply stands in for the handler, and where what is kept is forgotten. */
#include <string.h>
#include <strings.h>

#include "emit/emit.h"

/* Fields that choose no representation: conditions and parts are judged by the cache, who asks makes a reply
 * personal. */
static bool chooses(const char *name)
{
    static const char *const others[] = {
        "Authorization",       "Cookie",   "If-Match", "If-None-Match", "If-Modified-Since",
        "If-Unmodified-Since", "If-Range", "Range",    "Cache-Control"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcasecmp(others[i], name) == 0)
            return false;
    }
    return true;
}

/* What the handler reads of the head, as Vary says it. A guard that gives nothing runs for kept replies as
 * well, and its inputs are not the handler's. */
static const char *vary_of(struct emitter *emitter, const struct route *route)
{
    struct text names = {.arena = emitter->arena};

    for (size_t i = 0; i < route->inputs_count; i++) {
        if (route->inputs[i].kind == INPUT_HEADER && chooses(route->inputs[i].name))
            text_format(&names, "%s%s", names.length != 0 ? ", " : "", route->inputs[i].name);
    }
    return names.length != 0 ? text_of(&names) : NULL;
}

/* Is the handler told who asks? */
static bool is_personal(const struct route *route)
{
    for (size_t i = 0; i < route->inputs_count; i++) {
        if (route->inputs[i].kind == INPUT_COOKIE ||
            (route->inputs[i].kind == INPUT_HEADER &&
             strcasecmp(route->inputs[i].name, "Authorization") == 0))
            return true;
    }
    for (size_t i = 0; i < route->uses_count; i++) {
        if (route->uses[i].guard != NULL && route->uses[i].guard->gives_count != 0)
            return true;
    }
    return false;
}

/* Do two routes fit the same paths, as they are written? */
static bool is_same_path(const struct route *a, const struct route *b)
{
    if (a->segments_count != b->segments_count)
        return false;
    for (size_t i = 0; i < a->segments_count; i++) {
        if (a->segments[i].kind != b->segments[i].kind ||
            (a->segments[i].kind == SEGMENT_STATIC && strcmp(a->segments[i].text, b->segments[i].text) != 0))
            return false;
    }
    return true;
}

static bool is_safe(const char *method)
{
    static const char *const safe[] = {"GET",   "HEAD",     "OPTIONS", "TRACE",
                                       "QUERY", "PROPFIND", "REPORT",  "SEARCH"};

    for (size_t i = 0; method != NULL && i < sizeof safe / sizeof *safe; i++) {
        if (strcmp(safe[i], method) == 0)
            return true;
    }
    return false;
}

/* Does the route change what is kept of another, or of the group that the cache() stands in? */
static bool changes(const struct model *model, const struct route *route)
{
    if (route->websocket || is_safe(route->method))
        return false;
    if (route_use(route, USE_CACHE) != NULL)
        return true;
    for (size_t i = 0; i < model->routes_count; i++) {
        if (cache_keeps(&model->routes[i]) && is_same_path(&model->routes[i], route))
            return true;
    }
    return false;
}

/* Is there a time in which others may wait for its reply, and does it come as a whole? */
static bool joins(const struct route *route)
{
    return cache_keeps(route) && route_use(route, USE_CACHE)->cache->join_ms != 0 &&
           route->way != WAY_PLAIN && route->body.kind == BODY_NONE && !route_streams(route);
}

bool emit_cache(struct emitter *emitter, const struct route *route, const char *work,
                struct text *declarations, struct text *calls)
{
    static const char *const ways[] = {[WAY_ASYNC] = "flarei_way_async",
                                       [WAY_BLOCKING] = "flarei_way_blocking",
                                       [WAY_DEFERRED] = "flarei_way_deferred"};
    struct text members = {.arena = emitter->arena};
    const char *vary;

    if (!cache_keeps(route)) {
        if (changes(emitter->model, route))
            text_add(calls, "flarei_use_cache_change(rq);\n");
        return false;
    }
    vary = vary_of(emitter, route);
    text_format(&members, ".cache = &%s,\n", use_constant(emitter, route_use(route, USE_CACHE)));
    if (vary != NULL)
        text_format(&members, ".vary = FLARE_STR_INIT(%s),\n", c_string(emitter->arena, vary, strlen(vary)));
    if (is_personal(route))
        text_add(&members, ".personal = true,\n");
    if (joins(route)) {
        text_format(&members, ".way = &%s,\n.work = &%s,\n", ways[route->way], work);
        FILL(declarations, "use/cached", {"members", text_of(&members)});
        FILL(calls, "use/call_cache_joined", {"in", has_in(route) ? "&in" : "NULL"});
        return true;
    }
    FILL(declarations, "use/cached", {"members", text_of(&members)});
    text_add(declarations, "flare_reply kept;\n");
    FILL_PLAIN(calls, "use/call_cache");
    return false;
}
