/* timing.c - server_timing(): how long the reply took, told to the client (Server-Timing). A layer, since
 * that is known only when the reply is made. */
#include "http/layer.h"

#include <flare/request.h>

#include <stdio.h>

enum { TEXT_BYTES = 512 };

struct flarei_timing {
    struct flarei_layer layer;
    size_t length;
    char text[TEXT_BYTES];
};

static void add(struct flarei_timing *timing, flare_str name, int64_t ns)
{
    const int64_t us = ns > 0 ? ns / 1000 : 0;
    const size_t room = TEXT_BYTES - timing->length;
    const int length = snprintf(timing->text + timing->length, room, "%s%.*s;dur=%lld.%03lld",
                                timing->length != 0 ? ", " : "", FLARE_STR_ARG(name), (long long)(us / 1000),
                                (long long)(us % 1000));

    if (length > 0 && (size_t)length < room)
        timing->length += (size_t)length;
}

static void finish(flare_request *rq)
{
    struct flarei_timing *const timing = (struct flarei_timing *)rq->layer;

    flarei_layer_pop(rq);
    rq->marks &= (uint16_t)~FLAREI_MARK_TIMING;
    if (rq->start_ns != 0)
        add(timing, FLARE_STR("total"), flarei_clock_monotonic() - rq->start_ns);
    /* A reply without it is better than none. */
    if (timing->length != 0)
        (void)flarei_reply_field_constant(rq, FLARE_STR("Server-Timing"),
                                          (flare_str){timing->text, timing->length});
}

static flare_reply whole(flare_request *rq, const struct flarei_head *head, flare_str body)
{
    finish(rq);
    return flarei_reply_whole(rq, head, body);
}

static flare_buffer *open(flare_request *rq, const struct flarei_head *head, size_t length_hint)
{
    finish(rq);
    return flarei_reply_open(rq, head, length_hint);
}

/* Never called: the layer is gone once a reply is open. */
static flare_reply close(flare_request *rq)
{
    finish(rq);
    return flarei_reply_close(rq);
}

/* What came after its head is not known yet. */
static void stream(flare_request *rq, const struct flarei_head *head)
{
    (void)head;
    finish(rq);
}

static const struct flarei_wire wire = {.open = open, .close = close, .whole = whole, .stream = stream};

void flarei_use_server_timing(flare_request *rq)
{
    struct flarei_timing *const timing =
        (struct flarei_timing *)flarei_layer_push(rq, &wire, sizeof(struct flarei_timing));

    if (timing == NULL)
        return;
    timing->length = 0;
    rq->timing = timing;
    rq->marks |= FLAREI_MARK_TIMING;
}

void flare_request_timing(flare_request *rq, flare_str name, int64_t ns)
{
    if ((rq->marks & FLAREI_MARK_TIMING) == 0 || !flarei_token_valid(name))
        return;
    add(rq->timing, name, ns);
}
