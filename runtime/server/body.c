#include "server/body.h"

#include "http/request.h"
#include "http/stream.h"

#include <flare/memory.h>

/* A chunked body's memory begins with this and doubles. */
enum { CHUNKED_FIRST_BYTES = 4096 };

static flare_str input_str(const struct flarei_in_buffer *input)
{
    return (flare_str){input->bytes + input->start, input->end - input->start};
}

static void input_advance_to(struct flarei_in_buffer *input, flare_str rest)
{
    input->start = input->end - (uint32_t)rest.len;
}

/* Is a chunked body complete? Only looks, since a route may yet refuse it unread; of trailers too, which stay
 * where they are when the body is decoded in front of them. */
static int chunked_look(struct flarei_exchange *exchange, const struct flarei_h1_limits *limits,
                        flare_str bytes)
{
    struct flarei_h1_chunked decoder;
    struct flarei_h1_chunked_part part;
    int event;

    flarei_h1_chunked_init(&decoder, limits, UINT64_MAX);
    do {
        event = flarei_h1_chunked_next(&decoder, &bytes, &part);
        if (FLARE_UNLIKELY(event == FLAREI_H1_CHUNKED_TRAILER))
            flarei_stream_keep_trailer(&exchange->rq, &part.field, false);
    } while (event == FLAREI_H1_CHUNKED_DATA || event == FLAREI_H1_CHUNKED_TRAILER);
    if (event == FLAREI_H1_CHUNKED_END)
        return FLAREI_BODY_WHOLE;
    if (FLARE_UNLIKELY(exchange->rq.streamed))
        exchange->rq.stream.trailer_count = 0; /* they will be met again */
    return event < 0 ? event : FLAREI_BODY_WAIT;
}

static int chunked_take(struct flarei_exchange *exchange, const struct flarei_h1_limits *limits,
                        struct flarei_in_buffer *input)
{
    flare_str bytes = input_str(input);
    char *const body = input->bytes + input->start;
    size_t written = 0;
    int result;

    if (bytes.len == 0)
        return FLAREI_BODY_WAIT;
    result = chunked_look(exchange, limits, bytes);
    if (result != FLAREI_BODY_WHOLE)
        return result;
    flarei_h1_chunked_init(&exchange->decoder, limits, UINT64_MAX);
    result = flarei_h1_chunked_decode(&exchange->decoder, &bytes, body, bytes.len, &written);
    if (!FLARE_ASSERT(result == FLAREI_H1_CHUNKED_END, "a body that was complete decodes completely"))
        return result < 0 ? result : FLAREI_BODY_WAIT;
    exchange->rq.body = (flare_str){body, written};
    input_advance_to(input, bytes);
    return FLAREI_BODY_WHOLE;
}

int flarei_body_take(struct flarei_exchange *exchange, const struct flarei_h1_limits *limits,
                     struct flarei_in_buffer *input)
{
    const uint64_t length = exchange->head.content_length;

    if (exchange->chunked)
        return chunked_take(exchange, limits, input);
    if (length > input->end - input->start)
        return FLAREI_BODY_WAIT;
    exchange->rq.body = (flare_str){input->bytes + input->start, (size_t)length};
    input->start += (uint32_t)length;
    return FLAREI_BODY_WHOLE;
}

bool flarei_body_resize(struct flarei_exchange *exchange, size_t capacity)
{
    char *const grown = flarei_realloc(exchange->body, capacity);

    if (grown == NULL)
        return false;
    exchange->body = grown;
    exchange->body_capacity = capacity;
    return true;
}

/* Room for at least one byte more, so that the end of a body of the largest size can be read. */
static bool chunked_grow(struct flarei_exchange *exchange)
{
    const uint64_t most = exchange->rq.body_max_bytes < SIZE_MAX ? exchange->rq.body_max_bytes + 1 : SIZE_MAX;
    size_t capacity;

    if (exchange->body_bytes < exchange->body_capacity)
        return true;
    capacity = exchange->body_capacity == 0 ? CHUNKED_FIRST_BYTES : exchange->body_capacity * 2;
    return flarei_body_resize(exchange, capacity < most ? capacity : (size_t)most);
}

/* What a step of the decoder came to. Of a body that goes on, what is left of the input moves to behind the
 * head, which stays where it is. */
static int chunked_result(struct flarei_exchange *exchange, struct flarei_in_buffer *input, flare_str rest,
                          int event)
{
    if (event < 0)
        return event;
    if (event == FLAREI_H1_CHUNKED_END) {
        input_advance_to(input, rest);
        return FLAREI_BODY_WHOLE;
    }
    memmove(input->bytes + exchange->body_at, rest.ptr, rest.len);
    input->start = exchange->body_at;
    input->end = exchange->body_at + (uint32_t)rest.len;
    return FLAREI_BODY_WAIT;
}

static int chunked_collect(struct flarei_exchange *exchange, struct flarei_in_buffer *input)
{
    flare_str rest = input_str(input);
    int event;

    do {
        size_t written = 0;

        if (!chunked_grow(exchange))
            return FLAREI_BODY_NO_MEMORY;
        event = flarei_h1_chunked_decode(&exchange->decoder, &rest, exchange->body + exchange->body_bytes,
                                         exchange->body_capacity - exchange->body_bytes, &written);
        exchange->body_bytes += written;
    } while (event == FLAREI_H1_CHUNKED_DATA);
    event = chunked_result(exchange, input, rest, event);
    if (event == FLAREI_BODY_WHOLE)
        exchange->rq.body = (flare_str){exchange->body, exchange->body_bytes};
    return event;
}

/* ---- A body that is read as it comes ---- */

static int upload_chunked(struct flarei_exchange *exchange, struct flarei_in_buffer *input)
{
    flare_str rest = input_str(input);
    struct flarei_h1_chunked_part part;
    int event;

    while ((event = flarei_h1_chunked_next(&exchange->decoder, &rest, &part)) == FLAREI_H1_CHUNKED_DATA ||
           event == FLAREI_H1_CHUNKED_TRAILER) {
        if (event == FLAREI_H1_CHUNKED_DATA && !flarei_upload_feed(&exchange->rq, part.data))
            return FLAREI_BODY_UPLOAD_REFUSED;
    }
    return chunked_result(exchange, input, rest, event);
}

static int upload_collect(struct flarei_exchange *exchange, struct flarei_in_buffer *input)
{
    int result;

    if (exchange->chunked) {
        result = input->start == input->end ? FLAREI_BODY_WAIT : upload_chunked(exchange, input);
    } else {
        flare_str here = input_str(input);

        if (here.len > exchange->body_left)
            here.len = (size_t)exchange->body_left;
        if (!flarei_upload_feed(&exchange->rq, here))
            return FLAREI_BODY_UPLOAD_REFUSED;
        exchange->body_left -= here.len;
        input->start += (uint32_t)here.len;
        result = exchange->body_left == 0 ? FLAREI_BODY_WHOLE : FLAREI_BODY_WAIT;
        if (input->start == input->end)
            input->start = input->end = exchange->body_at;
    }
    if (result != FLAREI_BODY_WHOLE)
        return result;
    exchange->rq.body = (flare_str){input->bytes + exchange->body_at, 0};
    return flarei_upload_end(&exchange->rq) ? FLAREI_BODY_WHOLE : FLAREI_BODY_UPLOAD_REFUSED;
}

/* ---- A body that is collected ---- */

int flarei_body_begin(struct flarei_exchange *exchange, const struct flarei_h1_limits *limits,
                      struct flarei_in_buffer *input)
{
    const uint64_t length = exchange->head.content_length;
    const flare_str here = input_str(input);

    if (exchange->chunked) {
        flarei_h1_chunked_init(&exchange->decoder, limits, exchange->rq.body_max_bytes);
        return flarei_body_collect(exchange, input);
    }
    if (length > exchange->rq.body_max_bytes || length > SIZE_MAX)
        return FLAREI_H1_BODY_TOO_LARGE;
    if (exchange->rq.upload != NULL) {
        exchange->body_left = length;
        return upload_collect(exchange, input);
    }
    exchange->body = flarei_malloc((size_t)length);
    if (exchange->body == NULL)
        return FLAREI_BODY_NO_MEMORY;
    exchange->body_capacity = (size_t)length;
    memcpy(exchange->body, here.ptr, here.len);
    exchange->body_bytes = here.len;
    exchange->body_left = length - here.len;
    input->start = input->end = exchange->body_at;
    return FLAREI_BODY_WAIT;
}

int flarei_body_collect(struct flarei_exchange *exchange, struct flarei_in_buffer *input)
{
    if (exchange->rq.upload != NULL)
        return upload_collect(exchange, input);
    if (exchange->chunked)
        return input->start == input->end ? FLAREI_BODY_WAIT : chunked_collect(exchange, input);
    if (exchange->body_left > 0)
        return FLAREI_BODY_WAIT;
    exchange->rq.body = (flare_str){exchange->body, exchange->body_bytes};
    return FLAREI_BODY_WHOLE;
}

void flarei_body_discard_begin(struct flarei_exchange *exchange, const struct flarei_h1_limits *limits,
                               uint64_t max_bytes)
{
    if (exchange->rq.streamed && exchange->rq.stream.reads) { /* its handler has read a part */
        if (exchange->decoder.body_left > max_bytes)
            exchange->decoder.body_left = max_bytes;
        return;
    }
    exchange->body_left = exchange->head.content_length;
    if (exchange->chunked)
        flarei_h1_chunked_init(&exchange->decoder, limits, max_bytes);
}

int flarei_body_discard(struct flarei_exchange *exchange, struct flarei_in_buffer *input)
{
    flare_str rest = input_str(input);
    struct flarei_h1_chunked_part part;
    int event;

    if (!exchange->chunked) {
        const uint64_t here = rest.len < exchange->body_left ? rest.len : exchange->body_left;

        exchange->body_left -= here;
        input->start += (uint32_t)here;
        return exchange->body_left == 0 ? FLAREI_BODY_WHOLE : FLAREI_BODY_WAIT;
    }
    do
        event = flarei_h1_chunked_next(&exchange->decoder, &rest, &part);
    while (event == FLAREI_H1_CHUNKED_DATA || event == FLAREI_H1_CHUNKED_TRAILER);
    input_advance_to(input, rest);
    if (event == FLAREI_H1_CHUNKED_END)
        return FLAREI_BODY_WHOLE;
    return event < 0 ? event : FLAREI_BODY_WAIT;
}

void flarei_body_free(struct flarei_exchange *exchange)
{
    if (exchange->body == NULL && exchange->spare == NULL)
        return;
    flarei_free(exchange->body);
    flarei_free(exchange->spare);
    exchange->body = exchange->spare = NULL;
    exchange->spare_capacity = 0;
    exchange->body_bytes = exchange->body_capacity = 0;
}

uint32_t flarei_body_time_ms(const struct flarei_exchange *exchange)
{
    const struct flarei_body_rule *const rule = exchange->rq.body_rule;
    const flare_limits *const limits = exchange->rq.limits;
    const uint32_t own_ms = rule->body_time_ms != 0 ? rule->body_time_ms : limits->body_time_ms;
    const uint32_t time_ms = rule->time_ms != 0 ? rule->time_ms : limits->time_ms;

    return own_ms < time_ms ? own_ms : time_ms;
}
