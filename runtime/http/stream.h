/* http/stream.h - a body that comes, and a reply that leaves, while the handler goes on.
 *
 * A wire moves the bytes; it holds no more than a watermark of either direction, and says WAIT: then the
 * handler is woken when it may go on. Its side is here, the emitted code's in <flare/gen_stream.h>.
 */
#ifndef FLAREI_HTTP_STREAM_H
#define FLAREI_HTTP_STREAM_H

#include <flare/gen_stream.h>

/** What a wire's server does. All on the request's thread, while its handler runs. */
struct flarei_stream_calls {
    /** The next piece of the body: valid until the next read. */
    enum flarei_flow (*read)(flare_request *rq, flare_str *piece);
    /** Writes the head. @return false without memory: nothing was written */
    bool (*open)(flare_request *rq, const struct flarei_head *head);
    /** Takes from the front of `rest` what is below the watermark. @return ON where all was taken */
    enum flarei_flow (*write)(flare_request *rq, flare_str *rest);
    /** The reply is over: with its trailers, or broken. The state is STREAMED. */
    void (*end)(flare_request *rq);
    /** Something else than the wire woke the handler, and it has replied, or waits for the wire now. */
    void (*stir)(flare_request *rq);
};

/** Is a handler on its way that will go on with the request? */
static inline bool flarei_stream_lives(const flare_request *rq)
{
    return rq->away && (rq->state == FLAREI_REQUEST_STREAMING || rq->state == FLAREI_REQUEST_OPEN);
}

/** The stream of a request. */
static inline struct flarei_stream *flarei_stream_of(flare_request *rq)
{
    if (!rq->streamed) {
        memset(&rq->stream, 0, sizeof rq->stream);
        rq->streamed = true;
    }
    return &rq->stream;
}

/** Goes on with a handler that is away. On return it may be away again, or the request is REPLIED or
 * STREAMED. */
void flarei_stream_wake(flare_request *rq);

/** Nothing is sent or read any more: says so to the handler. */
void flarei_stream_lose(flare_request *rq);

/** A body that can't be had: the reading handler is told, and flare_fail() answers this. */
void flarei_stream_refuse_body(flare_request *rq, unsigned status, flare_str detail);

/** Keeps a trailer field of the request; without memory, or past the fields that a head may have, it is
 * dropped. */
void flarei_stream_keep_trailer(flare_request *rq, const flare_field *field, bool copy);

/** Ends a reply whose head was sent and whose content can't be finished. */
flare_reply flarei_stream_break(flare_request *rq);

#endif
