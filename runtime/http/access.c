#include "http/reply.h"

#include <flare/log.h>

void flarei_log_access(flare_request *rq)
{
    flarei_log_line line;

    if (!flare_log_enabled(FLARE_LOG_INFO))
        return;
    flarei_log_begin(&line, FLARE_LOG_INFO, FLARE_STR("request"));
    flarei_log_add(&line, "method", flare_method_name(rq->method));
    flarei_log_add(&line, "path",
                   rq->route != NULL && (rq->route->uses & FLAREI_SECRET_PATH) != 0 ? rq->route->pattern
                                                                                    : rq->path);
    flarei_log_add_u64(&line, "status", rq->reply_status);
    flarei_log_add_u64(&line, "bytes", rq->reply_bytes);
    if (rq->start_ns != 0)
        flarei_log_add_u64(&line, "us", (uint64_t)(flarei_clock_monotonic() - rq->start_ns) / 1000);
    if (rq->route != NULL)
        flarei_log_add(&line, "route", rq->route->pattern);
    if (rq->id.len != 0)
        flarei_log_add(&line, "id", rq->id);
    if (rq->peer.len != 0)
        flarei_log_add(&line, "peer", rq->peer);
    flarei_log_end(&line);
}
