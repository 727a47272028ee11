/* flare/gen_stream.h - how emitted C streams: bodies that are read, replies that are written, piece by piece.
 */
#ifndef FLARE_GEN_STREAM_H
#define FLARE_GEN_STREAM_H

#include <flare/gen.h>

FLARE_BEGIN

/* What one step of a stream came to. */
enum flarei_flow {
    FLAREI_FLOW_ON,    /* done: go on */
    FLAREI_FLOW_WAIT,  /* nothing there, or too much on the way: the handler is woken */
    FLAREI_FLOW_END,   /* of a body: all of it was read */
    FLAREI_FLOW_CLOSED /* the peer is gone, or the body can't be had: rq->body_failed */
};

/** The next piece of a body whose rule is `streamed`; valid until the next read. */
enum flarei_flow flarei_stream_read(flare_request *rq, flare_str *piece) FLARE_MUST_USE;

/** Writes a reply's head; its content follows piece by piece. @return false without memory: writing says
 * CLOSED then, and the end makes a 500 */
bool flarei_stream_open(flare_request *rq, const struct flarei_head *head);

/** Takes bytes from the front of `rest`, copied, up to the watermark. */
enum flarei_flow flarei_stream_write(flare_request *rq, flare_str *rest) FLARE_MUST_USE;

/** Trailers for the end. @param fields live until then */
static inline void flarei_stream_trailers(flare_request *rq, const flare_field *fields, uint32_t count)
{
    rq->stream.own_trailers = fields;
    rq->stream.own_trailer_count = count;
}

/** Ends the reply. */
flare_reply flarei_stream_close(flare_request *rq) FLARE_MUST_USE;

/** What a handler returns that will go on when it is woken, by `wake`, on the same thread. */
flare_reply flarei_stream_away(flare_request *rq, void (*wake)(flare_request *rq)) FLARE_MUST_USE;

/** After going on outside of `wake`: the request has its reply, or waits for its wire. */
void flarei_stream_stir(flare_request *rq);

FLARE_END
#endif
