#include "stream_service.h"

#include <flare/gen_use.h>
#include <flare/gen_work.h>

#include <stdio.h>

/* Where it is 1, br is a coding of compress(), too. */
#ifndef STREAM_BROTLI
#define STREAM_BROTLI 0
#endif

flare_limits stream_limits;
bool stream_blocking;
atomic_int stream_lost, stream_ended, stream_left, stream_save_fd = -1;
_Atomic uint64_t stream_given;

static const struct flarei_head bytes_head = FLAREI_HEAD(200, "OK", "application/octet-stream", "");
static const struct flarei_head events_head = FLAREI_HEAD(200, "OK", "text/event-stream", "");
static const struct flarei_body_rule rule = {
    .max_bytes = STREAM_BODY_MAX, .required = true, .streamed = true};

static const struct flarei_head text_head = FLAREI_HEAD(200, "OK", "text/csv", "");
static const struct flarei_encoder *const encoders[] = {
    &flarei_encoder_gzip,
#if STREAM_BROTLI
    &flarei_encoder_br,
#endif
};
static const struct flarei_decoder *const decoders[] = {&flarei_decoder_gzip};
static const struct flarei_inflate inflate = {decoders, 1};
static const struct flarei_compress compress = {encoders, sizeof encoders / sizeof *encoders, 6, 256};

static flare_reply give(flare_request *rq, const struct flarei_head *head, uint64_t left)
{
    char bytes[5000];
    flare_str piece = {bytes, sizeof bytes};

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + i % 26);
    (void)flarei_stream_open(rq, head);
    for (; left != 0; left -= piece.len) {
        if (left < piece.len)
            piece.len = (size_t)left;
        if (!flarei_stream_send(rq, piece)) {
            atomic_fetch_add(&stream_lost, 1);
            break;
        }
        atomic_fetch_add(&stream_given, piece.len);
    }
    return flarei_stream_close(rq);
}

static flare_reply sink(flare_request *rq)
{
    unsigned long long bytes = 0;
    flare_str piece, checksum = FLARE_STR("none");

    while (flare_body_read(rq, &piece))
        bytes += piece.len;
    if (flare_body_failed(rq)) {
        atomic_fetch_add(&stream_lost, 1);
        return flare_text(rq, 200, FLARE_STR("this is not said"));
    }
    (void)flare_request_trailer(rq, FLARE_STR("checksum"), &checksum);
    return flare_textf(rq, 200, "%llu %.*s", bytes, FLARE_STR_ARG(checksum));
}

static flare_reply echo(flare_request *rq)
{
    flare_str piece;

    (void)flarei_stream_open(rq, &bytes_head);
    while (flare_body_read(rq, &piece))
        if (!flarei_stream_send(rq, piece))
            return flare_fail(rq, FLARE_OK, "the peer is gone");
    if (flare_body_failed(rq))
        return flare_fail(rq, FLARE_OK, "the body did not come whole");
    return flarei_stream_close(rq);
}

static flare_reply hold(flare_request *rq, const struct flarei_head *head, flare_str bytes)
{
    (void)flarei_stream_open(rq, head);
    (void)flarei_stream_send(rq, bytes);
    if (flare_sleep(60000) != FLARE_OK)
        atomic_fetch_add(&stream_lost, 1);
    return flarei_stream_close(rq);
}

static flare_reply events(flare_request *rq)
{
    const flare_event event = {.id = FLARE_STR("7"), .name = FLARE_STR("tick")};
    flare_buffer *text;

    (void)flarei_events_open(rq, &events_head, 100, 5000);
    text = flarei_event_begin(rq, &event, FLARE_STR(""));
    if (text != NULL) {
        FLAREI_PUT(text, "1");
        (void)flarei_event_send(rq);
    }
    while (flare_sleep(60000) == FLARE_OK)
        continue;
    atomic_fetch_add(&stream_lost, 1);
    return flarei_stream_close(rq);
}

static flare_reply broken(flare_request *rq)
{
    (void)flarei_stream_open(rq, &bytes_head);
    (void)flarei_stream_send(rq, FLARE_STR("abc"));
    return flare_fail(rq, FLARE_OK, "it is broken");
}

static flare_reply trailers(flare_request *rq)
{
    (void)flarei_stream_open(rq, &bytes_head);
    (void)flarei_stream_send(rq, FLARE_STR("abc"));
    if (flarei_stream_trailer(rq, FLARE_STR("X-Sum"), FLARE_STR("3")) != FLARE_OK)
        return flare_fail(rq, FLARE_OK, "no room");
    return flarei_stream_close(rq);
}

static flare_reply save(flare_request *rq)
{
    FILE *const file = tmpfile();
    uint64_t bytes = 0;
    flare_err err;

    if (file == NULL)
        return flare_fail(rq, FLARE_ERR_IO, "no file");
    atomic_store(&stream_save_fd, fileno(file));
    err = flare_body_save(rq, fileno(file), &bytes);
    atomic_store(&stream_save_fd, -1);
    (void)fclose(file);
    return flare_textf(rq, 200, "%s %llu", flare_err_name(err), (unsigned long long)bytes);
}

static bool is(const flare_request *rq, const char *path)
{
    return flare_str_equal(rq->path, flare_str_of(path));
}

static flare_reply run(flare_request *rq, void *input)
{
    if (is(rq, "/sink"))
        return sink(rq);
    if (is(rq, "/echo") || is(rq, "/upload"))
        return echo(rq);
    if (is(rq, "/save"))
        return save(rq);
    if (is(rq, "/break"))
        return broken(rq);
    if (is(rq, "/trailers"))
        return trailers(rq);
    if (is(rq, "/hold"))
        return hold(rq, &bytes_head, FLARE_STR("x"));
    if (is(rq, "/text/0"))
        return hold(rq, &text_head, FLARE_STR("abc"));
    if (is(rq, "/events") || is(rq, "/feed"))
        return events(rq);
    if (is(rq, "/leave"))
        return flare_text(rq, 200, FLARE_STR("left"));
    return give(rq, memcmp(rq->path.ptr, "/text/", 6) == 0 ? &text_head : &bytes_head, *(uint64_t *)input);
}

static const flare_route routes[] = {
    {FLARE_STR_INIT("ANY"), FLARE_STR_INIT("/*"), FLARE_STR_INIT("any"), 1, 0},
};

static flare_reply dispatch(flare_request *rq)
{
    static const struct flarei_work_rule work = {.run = run, .input_bytes = sizeof(uint64_t)};
    uint64_t bytes = 0;

    rq->route = routes;
    if (is(rq, "/none"))
        return flarei_reply_not_found(rq);
    if (is(rq, "/hold") && !flarei_enter_phase(rq, 1))
        return flare_fail(rq, FLARE_ERR_MEMORY, "no memory for a phase");
    if (rq->path.len > 6 && memcmp(rq->path.ptr, "/give/", 6) == 0)
        (void)!flare_u64_parse((flare_str){rq->path.ptr + 6, rq->path.len - 6}, &bytes);
    if (rq->path.len > 6 && memcmp(rq->path.ptr, "/text/", 6) == 0)
        (void)!flare_u64_parse((flare_str){rq->path.ptr + 6, rq->path.len - 6}, &bytes);
    if ((rq->path.len > 5 && memcmp(rq->path.ptr, "/text", 5) == 0) || is(rq, "/feed") || is(rq, "/upload") ||
        rq->query.len != 0) {
        flarei_use_compress(rq, &compress);
        flarei_use_server_timing(rq);
        flarei_use_inflate(rq, &inflate);
    }
    if (rq->method == FLARE_METHOD_POST && flarei_body(rq, &rule) == FLAREI_BODY_REFUSED)
        return flarei_reply_body_refused(rq);
    return stream_blocking ? flarei_blocking_stream(rq, &work, &bytes)
                           : flarei_async_stream(rq, &work, &bytes);
}

static void after(flare_request *rq)
{
    while (flarei_leave(rq) != NULL)
        atomic_fetch_add(&stream_left, 1);
    atomic_fetch_add(&stream_ended, 1);
}

const flare_service stream_service = {
    .abi = FLARE_GEN_ABI,
    .uses = FLAREI_USE_TIME,
    .name = FLARE_STR_INIT("streams"),
    .version = FLARE_STR_INIT("1"),
    .limits = &stream_limits,
    .dispatch = dispatch,
    .after = after,
};
