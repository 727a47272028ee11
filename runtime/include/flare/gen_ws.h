/* flare/gen_ws.h - what emitted code of WebSocket routes uses, beside gen.h. */
#ifndef FLARE_GEN_WS_H
#define FLARE_GEN_WS_H

#include <flare/gen_json.h>
#include <flare/websocket.h>

FLARE_BEGIN

/** How a socket's functions run that take their time; the server's. */
struct flarei_ws_way;
extern const struct flarei_ws_way flarei_ws_async;    /**< on a stack of their own */
extern const struct flarei_ws_way flarei_ws_blocking; /**< on a thread of the pool */

/** What serves sockets, for the flare_service of a spec that has them; the server's. */
extern const struct flarei_websockets flarei_websockets;

/** What a route says of its sockets. A 0 is the default. */
struct flarei_ws_rule {
    size_t message_max_bytes;   /* of a message that comes, inflated. Default 64 KiB */
    size_t send_max_bytes;      /* unsent, before sending says AGAIN. Default 1 MiB */
    uint32_t ping_ms;           /* without a byte, before a Ping. Default 30 s */
    uint32_t pong_ms;           /* for any byte after it, before the end. Default as long again */
    uint32_t message_ms;        /* from one whole message to the next, before a Close. Default for ever */
    uint32_t close_ms;          /* for the answer to a Close. Default 5 s */
    bool deflate;               /* permessage-deflate, where the peer offers it (RFC 7692) */
    bool deflate_context;       /* later messages refer to earlier ones */
    uint8_t window_bits;        /* of deflate; 9 to 15. Default 15 */
    const flare_str *protocols; /* Sec-WebSocket-Protocol values, the best first */
    uint32_t protocol_count;
    uint32_t time_ms; /* of one call of a function that takes its time. Default the service's */
    const struct flarei_ws_way *way; /* how `message` and `close` run; NULL: at once */
    void (*message)(flare_ws *ws, bool is_text, flare_str payload);
    void (*close)(flare_ws *ws, unsigned code);
};

/** Is the request a WebSocket's handshake? Then it gets a socket that waits to be accepted.
 *  @return NULL after a refusal, whose reply flarei_ws_refused() gives */
flare_ws *flarei_ws_open(flare_request *rq, const struct flarei_ws_rule *rule);
flare_reply flarei_ws_refused(const flare_request *rq);

/** A socket's route also takes the CONNECT that asks for one (RFC 8441), which from here on is a GET like any
 * other wire's. */
static inline void flarei_ws_as_get(flare_request *rq)
{
    if (rq->method == FLARE_METHOD_CONNECT)
        rq->method = FLARE_METHOD_GET;
}

/** 101, or what says the same on the request's wire. */
flare_reply flarei_ws_accept_request(flare_request *rq, flare_ws *ws);

/** The memory that a message's values live in, empty. */
flare_arena *flarei_ws_arena(flare_ws *ws);
/** A message that is not of its route's kind: 1003. */
void flarei_ws_wrong_kind(flare_ws *ws);
/** One that breaks its type: 1007, and where it does. */
void flarei_ws_wrong_json(flare_ws *ws, const struct flarei_json *json);

/** A message is written right into what will be sent: begin, write JSON, end.
 *  @return NULL if it can't be sent: *err says why */
flare_buffer *flarei_ws_json_begin(flare_ws *ws, flare_err *err);
flare_err flarei_ws_json_end(flare_ws *ws);

/** The same for a frame to many. @return NULL without memory */
flare_buffer *flarei_ws_frame_begin(flare_ws_frame **frame);
flare_ws_frame *flarei_ws_frame_end(flare_ws_frame *frame);

FLARE_END
#endif
