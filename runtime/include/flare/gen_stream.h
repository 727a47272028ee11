/* flare/gen_stream.h - how emitted C streams: bodies that are read, replies that are written, piece by piece.
 */
#ifndef FLARE_GEN_STREAM_H
#define FLARE_GEN_STREAM_H

#include <flare/gen.h>
#include <flare/flow.h>

FLARE_BEGIN

struct flarei_work_rule;

/** As flarei_async(), for a handler that reads its body or writes its reply as a stream. */
flare_reply flarei_async_stream(flare_request *rq, const struct flarei_work_rule *rule,
                                const void *input) FLARE_MUST_USE;
/** As flarei_blocking(), for such a handler. */
flare_reply flarei_blocking_stream(flare_request *rq, const struct flarei_work_rule *rule,
                                   const void *input) FLARE_MUST_USE;

/* ---- What never waits: the steps that the rest is made of ---- */

/* What one step of a stream came to. */
enum flarei_flow {
    FLAREI_FLOW_ON,    /* done: go on */
    FLAREI_FLOW_WAIT,  /* nothing there, or too much on the way */
    FLAREI_FLOW_END,   /* of a body: all of it was read */
    FLAREI_FLOW_CLOSED /* the peer is gone, or the body can't be had: rq->body_failed */
};

/** The next piece of a body whose rule is `streamed`; valid until the next read. */
enum flarei_flow flarei_stream_read(flare_request *rq, flare_str *piece) FLARE_MUST_USE;
/** Takes bytes from the front of `rest`, copied, up to the watermark. */
enum flarei_flow flarei_stream_write(flare_request *rq, flare_str *rest) FLARE_MUST_USE;

/* ---- Replies ---- */

/** Writes a reply's head; its content follows. @return false without memory: sending says false then, and the
 * end makes a 500 */
bool flarei_stream_open(flare_request *rq, const struct flarei_head *head);
/** Sends bytes, and waits while too many are on the way. @return false: the peer is gone, or the time is over
 */
bool flarei_stream_send(flare_request *rq, flare_str bytes);
/** Adds a trailer for the end. @param name a constant @param value copied @return FLARE_OK, FLARE_ERR_SYNTAX,
 * FLARE_ERR_LIMIT past 16, FLARE_ERR_MEMORY */
flare_err flarei_stream_trailer(flare_request *rq, flare_str name, flare_str value) FLARE_MUST_USE;
/** Ends the reply. */
flare_reply flarei_stream_close(flare_request *rq) FLARE_MUST_USE;
/** The same without a look at whether it may. */
flare_reply flarei_stream_end(flare_request *rq) FLARE_MUST_USE;

/** Opens a reply of events. @param heartbeat_ms a comment after so long without one, 0: none
 *  @param retry_ms what the client is told first, 0: nothing @return as flarei_stream_open() */
bool flarei_events_open(flare_request *rq, const struct flarei_head *head, uint32_t heartbeat_ms,
                        uint32_t retry_ms);
/** Begins an event: its data follows, as one text of JSON. @param event or NULL @param name where that gives
 * none
 *  @return NULL: the peer is gone */
flare_buffer *flarei_event_begin(flare_request *rq, const flare_event *event, flare_str name) FLARE_MUST_USE;
/** Sends it. @return as flarei_stream_send() */
bool flarei_event_send(flare_request *rq);

/* ---- Bodies of NDJSON ---- */

struct flarei_json;

/** Waits for the next line, in the memory of the line before. @param at set to the place of its value, or
 * NULL where it has none @return false at the end, and where the body can't be had */
bool flarei_stream_line(flare_request *rq, struct flarei_json *json, const char **at) FLARE_MUST_USE;
/** Ends it. @return false: it is refused, and so is the body */
bool flarei_stream_line_end(flare_request *rq, struct flarei_json *json, const char *at) FLARE_MUST_USE;

FLARE_END
#endif
