/* http/stream.h - a body that comes, and a reply that leaves, while the handler is at work.
 *
 * A wire moves the bytes; it holds no more than a watermark of either direction, and says WAIT where the
 * handler has to wait for the peer. Its side is here, the emitted code's in <flare/gen_stream.h>.
 */
#ifndef FLAREI_HTTP_STREAM_H
#define FLAREI_HTTP_STREAM_H

#include <flare/gen_stream.h>

struct flarei_connection;

/** What a wire's server does; on the request's thread, but for hop, wait and cancelled. The code is reached
 * through here alone, so that a service that does not stream does not hold it. */
struct flarei_stream_calls {
    /* What a handler does. */

    /** The next piece of the body: valid until the next read. */
    enum flarei_flow (*read)(flare_request *rq, flare_str *piece);
    /** Writes the head. @return false without memory: nothing was written */
    bool (*open)(flare_request *rq, const struct flarei_head *head);
    /** Takes from the front of `rest` what is below the watermark. @return ON where all was taken */
    enum flarei_flow (*write)(flare_request *rq, flare_str *rest);
    /** The same with bytes of a file, from `at` on; moves both. @return CLOSED also where the file can't be
     * read, or is shorter: the content is cut then */
    enum flarei_flow (*write_file)(flare_request *rq, int fd, uint64_t *at, uint64_t *left);
    /** The reply is over: with its trailers, or cut. The state is STREAMED. */
    void (*end)(flare_request *rq);
    /** Takes one of the steps above, and what belongs to it, on the request's thread, wherever the caller is.
     */
    void (*hop)(flare_request *rq, void (*step)(flare_request *rq, void *argument), void *argument);
    /** Waits for what the last call said. @return FLARE_OK, FLARE_ERR_CANCELLED, FLARE_ERR_STATE */
    flare_err (*wait)(flare_request *rq);
    /** Does nobody wait for more? */
    bool (*cancelled)(const flare_request *rq);

    /* What the server does with a request at work. */

    void (*wake)(flare_request *rq);
    /** Of a handler on another thread: the connection is gone. */
    void (*leave)(flare_request *rq);
    /** HTTP/1: something may have come, or can be sent. */
    void (*step)(struct flarei_connection *connection);
    void (*await)(struct flarei_connection *connection);
    void (*expired)(struct flarei_connection *connection);
    /** HTTP/2: when the peer is late, or a comment is due; and that time may have come. */
    uint64_t (*due_ms)(const flare_request *rq);
    void (*late)(flare_request *rq);
};

/** The calls of a request that may stream, or NULL. */
static inline const struct flarei_stream_calls *flarei_stream_calls(const flare_request *rq)
{
    return rq->streamed ? rq->stream.calls : NULL;
}

/** Did a handler that has just begun stream its whole reply? One on another thread, which may be replying by
 * now, streams nothing before its first step on this one. */
static inline bool flarei_stream_is_over(const flare_request *rq)
{
    return rq->streamed && !rq->stream.threaded && rq->state == FLAREI_REQUEST_STREAMED;
}

/** Is a body still to come that the handler may read? Then the peer's end is behind it. */
static inline bool flarei_stream_body_comes(const flare_request *rq)
{
    return flarei_stream_calls(rq) != NULL && rq->has_body && !rq->body_complete && !rq->body_failed;
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

/** The connection is gone: nothing is sent or read any more. */
void flarei_stream_lose(flare_request *rq);

/** A body that can't be had: the reading handler is told, and flare_fail() answers this. */
void flarei_stream_refuse_body(flare_request *rq, unsigned status, flare_str detail);

/** A handler whose body failed does not say that all went well. @return the reply that counts */
flare_reply flarei_stream_judge_body(flare_request *rq, flare_reply reply);

/** Keeps a trailer field of the request; without memory, or past 32 of them, it is dropped. */
void flarei_stream_keep_trailer(flare_request *rq, const flare_field *field, bool copy);

/** As flarei_stream_send(), bytes of a file, from an offset on. */
bool flarei_stream_send_file(flare_request *rq, int fd, uint64_t at, uint64_t bytes);

/** Ends a reply whose head was sent and whose content can't be finished. */
flare_reply flarei_stream_break(flare_request *rq);

#endif
