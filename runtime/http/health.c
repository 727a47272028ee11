/* health.c - health() and ready(): is the process alive, and should it get requests? */
#include "http/reply.h"
#include "http/serving.h"

#define NO_STORE "Cache-Control: no-store\r\n"

static const flare_field no_store[] = {{FLARE_STR_INIT("Cache-Control"), FLARE_STR_INIT("no-store")}};
static const struct flarei_head good = {
    .status = 200,
    .h1 = FLARE_STR_INIT("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" NO_STORE),
    .content_type = FLARE_STR_INIT("text/plain"),
    .fields = no_store,
    .field_count = 1,
};
static const struct flarei_head bad = {
    .status = 503,
    .h1 = FLARE_STR_INIT("HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n" NO_STORE),
    .content_type = FLARE_STR_INIT("text/plain"),
    .fields = no_store,
    .field_count = 1,
};

flare_reply flarei_reply_health(flare_request *rq)
{
    return flarei_reply_whole(rq, &good, FLARE_STR("ok\n"));
}

static bool is_stopping(const flare_request *rq)
{
    return rq->serving != NULL && atomic_load_explicit(&rq->serving->stopping, memory_order_relaxed);
}

flare_reply flarei_reply_ready(flare_request *rq)
{
    if (is_stopping(rq))
        return flarei_reply_whole(rq, &bad, FLARE_STR("stopping\n"));
    return flarei_reply_whole(rq, &good, FLARE_STR("ready\n"));
}

flare_reply flarei_reply_ready_if(flare_request *rq, bool is_good)
{
    if (is_good || is_stopping(rq))
        return flarei_reply_ready(rq);
    return flarei_reply_whole(rq, &bad, FLARE_STR("not ready\n"));
}
