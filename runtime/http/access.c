#include "http/reply.h"
#include "http/trace.h"

#include <flare/gen_use.h>
#include <flare/log.h>
#include <flare/text.h>

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

/* The settings of a request that was refused before its route was found are not known: it is logged whole but
 * for them. */
static const struct flarei_access_log *settings_of(const flare_request *rq)
{
    return (rq->marks & FLAREI_MARK_LOG) != 0 ? rq->log : NULL;
}

/* Of what went well a part, drawn evenly. */
static bool is_left_out(const flare_request *rq, const struct flarei_access_log *log)
{
    uint64_t words[2];

    if (log->sample == UINT32_MAX || rq->reply_status < 200 || rq->reply_status >= 400)
        return false;
    flarei_unique(words);
    return (uint32_t)words[1] >= log->sample;
}

static bool is_redacted(const struct flarei_access_log *log, flare_str name)
{
    for (uint32_t i = 0; i < log->redact_count; i++) {
        if (flare_str_equal_nocase(log->redact[i], name))
            return true;
    }
    return false;
}

/* A key that is not written plainly may be any of them. */
static bool is_plain_key(flare_str key)
{
    return memchr(key.ptr, '%', key.len) == NULL && memchr(key.ptr, '+', key.len) == NULL;
}

/* The query, a value that is not to be shown as "-". */
static void add_query(flarei_log_line *line, const flare_request *rq, const struct flarei_access_log *log)
{
    char text[FLARE_LOG_MAX_BYTES];
    const char *at = rq->query.ptr;
    const char *const end = flarei_str_end(rq->query);
    size_t len = 0;

    if (rq->query.len == 0 || log->redact_count == 0) {
        if (rq->query.len != 0)
            flarei_log_add(line, "query", rq->query);
        return;
    }
    while (at != end && len < sizeof text) {
        const char *const ampersand = (const char *)memchr(at, '&', (size_t)(end - at));
        const char *const stop = ampersand != NULL ? ampersand : end;
        const char *const equals = (const char *)memchr(at, '=', (size_t)(stop - at));
        const flare_str key = {at, (size_t)((equals != NULL ? equals : stop) - at)};
        const bool hide = equals != NULL && (!is_plain_key(key) || is_redacted(log, key));
        const char *const shown = hide ? equals + 1 : stop;
        const size_t left = sizeof text - len;
        size_t bytes = (size_t)(shown - at);

        bytes = bytes < left ? bytes : left;
        memcpy(text + len, at, bytes);
        len += bytes;
        if (hide && len < sizeof text)
            text[len++] = '-';
        if (ampersand != NULL && len < sizeof text)
            text[len++] = '&';
        at = ampersand != NULL ? ampersand + 1 : end;
    }
    flarei_log_add(line, "query", (flare_str){text, len});
}

static void add_headers(flarei_log_line *line, const flare_request *rq, const struct flarei_access_log *log)
{
    for (uint32_t i = 0; i < log->header_count; i++) {
        flare_str value;

        if (flarei_request_field(rq, log->headers[i], &value))
            flarei_log_add(line, log->headers[i].ptr,
                           is_redacted(log, log->headers[i]) ? FLARE_STR("-") : value);
    }
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
    const struct flarei_access_log *const log = settings_of(rq);
    flarei_log_line line;

    if (!flare_log_enabled(FLARE_LOG_INFO) || (log != NULL && is_left_out(rq, log)))
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
    if (log != NULL && log->query)
        add_query(&line, rq, log);
    if (log != NULL)
        add_headers(&line, rq, log);
    flarei_log_end(&line);
}
