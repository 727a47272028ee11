#include "http/reply.h"
#include "http/trace.h"

#include <flare/log.h>

/* The path, unless a secret stands in it. Where no route is found none says which part is one, so a service
 * that has such a route shows no path then: it may be a route's own with another method or a slash too many.
 */
static flare_str path_of(const flare_request *rq)
{
    if (rq->route != NULL)
        return (rq->route->uses & FLAREI_SECRET_PATH) != 0 ? rq->route->pattern : rq->path;
    for (uint32_t i = 0; i < rq->service->route_count; i++) {
        if ((rq->service->routes[i].uses & FLAREI_SECRET_PATH) != 0)
            return FLARE_STR("-");
    }
    return rq->path;
}

static inline void add_pattern(flarei_log_line *line, const flare_route *route)
{
    if (FLARE_UNLIKELY((route->uses & FLAREI_ODD_PATTERN) != 0))
        flarei_log_add(line, "route", route->pattern);
    else
        flarei_log_add_plain(line, "route", route->pattern);
}

void flarei_log_access(flare_request *rq)
{
    const flare_str trace = flarei_request_trace(rq);
    flarei_log_line line;

    if (!flare_log_enabled(FLARE_LOG_INFO))
        return;
    flarei_log_begin(&line, FLARE_LOG_INFO, FLARE_STR("request"));
    flarei_log_add_plain(&line, "method", flare_method_name(rq->method));
    flarei_log_add(&line, "path", path_of(rq));
    flarei_log_add_u64(&line, "status", rq->reply_status);
    flarei_log_add_u64(&line, "bytes", rq->reply_bytes);
    if (rq->start_ns != 0)
        flarei_log_add_u64(&line, "us", (uint64_t)(flarei_clock_monotonic() - rq->start_ns) / 1000);
    if (rq->route != NULL)
        add_pattern(&line, rq->route);
    if (rq->id.len != 0)
        flarei_log_add_plain(&line, "id", rq->id);
    if (trace.len != 0) {
        flarei_log_add_plain(&line, "trace", (flare_str){trace.ptr + 3, 32});
        flarei_log_add_plain(&line, "span", (flare_str){trace.ptr + 36, 16});
    }
    if (rq->peer.len != 0)
        flarei_log_add_plain(&line, "peer", rq->peer);
    flarei_log_end(&line);
}
