#include "stream_service.h"

flare_limits stream_limits;
atomic_int stream_lost, stream_ended;
_Atomic uint64_t stream_given;

static const struct flarei_head bytes_head = FLAREI_HEAD(200, "OK", "application/octet-stream", "");
static const struct flarei_head events_head = FLAREI_HEAD(200, "OK", "text/event-stream", "");
static const struct flarei_body_rule rule = {.max_bytes = STREAM_BODY_MAX, .required = true, .streamed = true};

/* What a handler remembers. */
struct work {
    flare_reply (*run)(flare_request *rq, struct work *work);
    uint64_t left;
    flare_str piece;
    bool begun;
};

static flare_reply go(flare_request *rq, struct work *work);

static void wake(flare_request *rq)
{
    struct work *const work = rq->stream.waiter;

    (void)work->run(rq, work);
}

static flare_reply wait(flare_request *rq, struct work *work)
{
    flare_reply away = flarei_stream_away(rq, wake);

    rq->stream.waiter = work;
    return away;
}

static flare_reply give(flare_request *rq, struct work *work)
{
    static char bytes[5000];

    if (!work->begun) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)('a' + i % 26);
        work->begun = true;
        (void)flarei_stream_open(rq, &bytes_head);
    }
    while (work->left != 0) {
        enum flarei_flow flow;
        size_t before;

        if (work->piece.len == 0)
            work->piece = (flare_str){bytes, work->left < sizeof bytes ? (size_t)work->left : sizeof bytes};
        before = work->piece.len;
        flow = flarei_stream_write(rq, &work->piece);
        work->left -= before - work->piece.len;
        atomic_fetch_add(&stream_given, before - work->piece.len);
        if (flow == FLAREI_FLOW_WAIT)
            return wait(rq, work);
        if (flow == FLAREI_FLOW_CLOSED) {
            atomic_fetch_add(&stream_lost, 1);
            break;
        }
    }
    return flarei_stream_close(rq);
}

static flare_reply sink(flare_request *rq, struct work *work)
{
    flare_str piece;

    for (;;) {
        switch (flarei_stream_read(rq, &piece)) {
        case FLAREI_FLOW_ON:
            work->left += piece.len;
            break;
        case FLAREI_FLOW_WAIT:
            return wait(rq, work);
        case FLAREI_FLOW_END:
            return flare_textf(rq, 200, "%llu %u %.*s", (unsigned long long)work->left,
                               rq->stream.trailer_count,
                               rq->stream.trailer_count != 0 ? (int)rq->stream.trailers[0].value.len : 0,
                               rq->stream.trailer_count != 0 ? rq->stream.trailers[0].value.ptr : "");
        case FLAREI_FLOW_CLOSED:
            atomic_fetch_add(&stream_lost, 1);
            return flare_fail(rq, FLARE_OK, "the body could not be read");
        }
    }
}

static flare_reply echo(flare_request *rq, struct work *work)
{
    if (!work->begun) {
        work->begun = true;
        (void)flarei_stream_open(rq, &bytes_head);
    }
    for (;;) {
        enum flarei_flow flow;

        if (work->piece.len == 0) {
            flow = flarei_stream_read(rq, &work->piece);
            if (flow == FLAREI_FLOW_WAIT)
                return wait(rq, work);
            if (flow == FLAREI_FLOW_END)
                return flarei_stream_close(rq);
            if (flow == FLAREI_FLOW_CLOSED)
                return flare_fail(rq, FLARE_OK, "the body could not be read");
        }
        flow = flarei_stream_write(rq, &work->piece);
        if (flow == FLAREI_FLOW_WAIT)
            return wait(rq, work);
        if (flow == FLAREI_FLOW_CLOSED)
            return flare_fail(rq, FLARE_OK, "the peer is gone");
    }
}

static flare_reply hold(flare_request *rq, struct work *work)
{
    flare_str byte = FLARE_STR("x");

    if (!work->begun) {
        work->begun = true;
        (void)flarei_stream_open(rq, work->left != 0 ? &events_head : &bytes_head);
        rq->stream.heartbeat_ms = (uint32_t)work->left;
        (void)!flarei_stream_write(rq, &byte);
    }
    if (!rq->stream.closed)
        return wait(rq, work);
    atomic_fetch_add(&stream_lost, 1);
    return flarei_stream_close(rq);
}

static flare_reply broken(flare_request *rq, struct work *work)
{
    flare_str bytes = FLARE_STR("abc");

    (void)work;
    (void)flarei_stream_open(rq, &bytes_head);
    (void)!flarei_stream_write(rq, &bytes);
    return flare_fail(rq, FLARE_OK, "it is broken");
}

static flare_reply trailers(flare_request *rq, struct work *work)
{
    static const flare_field fields[] = {{FLARE_STR_INIT("X-Sum"), FLARE_STR_INIT("3")}};
    flare_str bytes = FLARE_STR("abc");

    (void)work;
    (void)flarei_stream_open(rq, &bytes_head);
    (void)!flarei_stream_write(rq, &bytes);
    flarei_stream_trailers(rq, fields, 1);
    return flarei_stream_close(rq);
}

static flare_reply leave(flare_request *rq, struct work *work)
{
    (void)work;
    return flare_text(rq, 200, FLARE_STR("left"));
}

static flare_reply go(flare_request *rq, struct work *work)
{
    struct work *const kept = flare_alloc(rq, sizeof *kept);

    if (kept == NULL)
        return flare_fail(rq, FLARE_ERR_MEMORY, "no memory");
    *kept = *work;
    return kept->run(rq, kept);
}

static bool is(const flare_request *rq, const char *path)
{
    return flare_str_equal(rq->path, flare_str_of(path));
}

static flare_reply dispatch(flare_request *rq)
{
    struct work work = {0};

    if (rq->path.len > 6 && memcmp(rq->path.ptr, "/give/", 6) == 0 &&
        flare_u64_parse((flare_str){rq->path.ptr + 6, rq->path.len - 6}, &work.left) == FLARE_OK)
        work.run = give;
    else if (is(rq, "/sink"))
        work.run = sink;
    else if (is(rq, "/echo"))
        work.run = echo;
    else if (is(rq, "/break"))
        work.run = broken;
    else if (is(rq, "/trailers"))
        work.run = trailers;
    else if (is(rq, "/leave"))
        work.run = leave;
    else if (is(rq, "/hold") || is(rq, "/events"))
        work = (struct work){.run = hold, .left = is(rq, "/events") ? 100 : 0};
    else
        return flarei_reply_not_found(rq);
    if (rq->method == FLARE_METHOD_POST && flarei_body(rq, &rule) == FLAREI_BODY_REFUSED)
        return flarei_reply_body_refused(rq);
    return go(rq, &work);
}

static void after(flare_request *rq)
{
    (void)rq;
    atomic_fetch_add(&stream_ended, 1);
}

const flare_service stream_service = {
    .abi = FLARE_GEN_ABI,
    .name = FLARE_STR_INIT("streams"),
    .version = FLARE_STR_INIT("1"),
    .limits = &stream_limits,
    .dispatch = dispatch,
    .after = after,
};
