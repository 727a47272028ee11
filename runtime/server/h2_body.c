/* h2_body.c - the bodies of requests on HTTP/2: kept, collected, streamed or dropped. */
#include "server/body.h"
#include "server/h2_connection.h"

#include "http/request.h"

#include <flare/memory.h>

/* A body whose length is not known, or not yet trusted, begins with this much memory, and doubles. */
enum { BODY_FIRST_BYTES = 4096 };

static struct flarei_h2_request *request_of(struct flarei_h2_stream *stream)
{
    return FLARE_OWNER(stream, struct flarei_h2_request, stream);
}

/* Makes room for `bytes` more. A declared length is believed once the route has said that it takes as much.
 */
static bool body_reserve(struct flarei_exchange *exchange, size_t bytes, bool wanted)
{
    const size_t needed = exchange->body_bytes + bytes;
    size_t capacity = exchange->body_capacity != 0 ? exchange->body_capacity : BODY_FIRST_BYTES;

    if (needed <= exchange->body_capacity)
        return true;
    while (capacity < needed)
        capacity *= 2;
    if (exchange->head.has_content_length && needed <= exchange->head.content_length &&
        (wanted || capacity > exchange->head.content_length))
        capacity = (size_t)exchange->head.content_length;
    return flarei_body_resize(exchange, capacity);
}

static void refuse_body(struct flarei_h2_connection *h2, struct flarei_h2_request *request, int refusal)
{
    if (request->refusal == 0)
        request->refusal = refusal;
    if (request->place == FLAREI_H2_IN_BODY)
        flarei_h2_request_ready(h2, request);
}

/* A body that nobody wants is dropped up to the service's limit, as with HTTP/1: not all clients understand a
 * reset after the reply. */
void flarei_h2_body_discard(struct flarei_h2_connection *h2, struct flarei_h2_request *request, size_t bytes)
{
    request->discarded += bytes;
    if (request->unwanted || request->discarded <= h2->connection->site->served->limits.body_max_bytes) {
        h2->lost |= !flarei_h2_consume(&h2->session, request->unwanted ? NULL : &request->stream, bytes);
        return;
    }
    h2->lost |= !flarei_h2_consume(&h2->session, NULL, bytes);
    if (request->stream.replied)
        flarei_h2_request_stop(h2, request);
    else
        request->unwanted = true;
}

/* What was kept of the body is the route's: as much may come again. */
void flarei_h2_body_consume(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    h2->lost |= !flarei_h2_consume(&h2->session, &request->stream, request->unconsumed);
    request->unconsumed = 0;
}

/* Before the route has asked for it, a body is kept as far as the window goes; then it is collected, and the
 * windows opened again, up to the route's limit. */
void flarei_h2_body_came(void *owner, struct flarei_h2_stream *stream, flare_str bytes)
{
    struct flarei_h2_connection *h2 = owner;
    struct flarei_h2_request *request = request_of(stream);
    struct flarei_exchange *const exchange = request->exchange;
    const bool wanted = request->place == FLAREI_H2_IN_BODY;

    if (FLARE_UNLIKELY(stream->tunnel)) {
        flarei_h2_websockets_of(h2)->data(h2, request, bytes);
        return;
    }
    if (exchange == NULL) {
        flarei_h2_body_discard(h2, request, bytes.len);
        return;
    }
    if (request->refusal != 0) {
        h2->lost |= !flarei_h2_consume(&h2->session, NULL, bytes.len);
        return;
    }
    request->unconsumed += bytes.len;
    exchange->heard_ms = flarei_h2_now_ms(h2);
    if (wanted && bytes.len > exchange->rq.body_max_bytes - exchange->body_bytes) {
        refuse_body(h2, request, FLAREI_H1_BODY_TOO_LARGE);
    } else if (wanted && exchange->rq.upload != NULL) {
        exchange->body_bytes += bytes.len;
        if (!flarei_upload_feed(&exchange->rq, bytes))
            refuse_body(h2, request, FLAREI_BODY_UPLOAD_REFUSED);
        flarei_h2_body_consume(h2, request);
    } else if (!body_reserve(exchange, bytes.len, wanted)) {
        refuse_body(h2, request, FLAREI_H2_NO_MEMORY);
    } else {
        memcpy(exchange->body + exchange->body_bytes, bytes.ptr, bytes.len);
        exchange->body_bytes += bytes.len;
        if (wanted)
            flarei_h2_body_consume(h2, request);
    }
    flarei_h2_request_wake(request, FLAREI_WAITS_BODY);
}

void flarei_h2_body_ended(void *owner, struct flarei_h2_stream *stream)
{
    struct flarei_h2_connection *h2 = owner;
    struct flarei_h2_request *request = request_of(stream);

    if (FLARE_UNLIKELY(stream->tunnel)) {
        flarei_h2_websockets_of(h2)->ended(h2, request);
        return;
    }
    flarei_h2_request_wake(request, FLAREI_WAITS_BODY);
    if (request->place == FLAREI_H2_IN_BODY)
        flarei_h2_request_ready(h2, request);
}

void flarei_h2_body_trailer(void *owner, struct flarei_h2_stream *stream, const flare_field *field)
{
    struct flarei_h2_request *request = request_of(stream);

    (void)owner;
    if (request->place == FLAREI_H2_IN_WORK)
        flarei_stream_keep_trailer(&request->exchange->rq, field, true);
}
