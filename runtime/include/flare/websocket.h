/* flare/websocket.h - open WebSockets (RFC 6455), as the handlers of a `WS` route see them.
 *
 * For `WS /echo -> echo { receive text; send text; }` of a service `demo` the user writes three functions:
 *
 *     flare_reply demo_echo_open(flare_request *rq, flare_ws *ws) { return demo_echo_accept(rq, ws); }
 *     void demo_echo_message(flare_ws *ws, flare_str text) { (void)demo_echo_send(ws, text); }
 *     void demo_echo_close(flare_ws *ws, unsigned code) { (void)ws, (void)code; }
 *
 * A socket belongs to the thread of its worker, and so do all calls on it. It is valid from its open
 * function, if that accepts, until its close function returns. Nothing that is sent leaves before the
 * callback at hand returns: then it goes out together.
 *
 * With `-> async echo` the message and close functions run on a stack of their own and may wait, with
 * `-> blocking echo` on a thread of the pool. Messages of one socket come one after the other all the same;
 * one may wait meanwhile, then nothing more is read of the peer. A socket lives until its close function has
 * returned, also where its peer left while a message was handled; sending then says FLARE_ERR_CLOSED. To the
 * sockets of a `blocking` route all threads of the pool may send, whichever worker they belong to: that is
 * handed on, in order, and waits for nothing.
 */
#ifndef FLARE_WEBSOCKET_H
#define FLARE_WEBSOCKET_H

#include <flare/err.h>
#include <flare/reply.h>

FLARE_BEGIN

/** One peer's WebSocket; opaque. */
typedef struct flare_ws flare_ws;

/** Close codes that a service says or is told (RFC 6455, section 7.4.1). 3000 to 4999 are its own. */
enum {
    FLARE_WS_NORMAL = 1000,      /**< all was said */
    FLARE_WS_GOING_AWAY = 1001,  /**< the server ends, or the page was left */
    FLARE_WS_PROTOCOL = 1002,    /**< the peer broke the protocol */
    FLARE_WS_UNSUPPORTED = 1003, /**< a text where bytes are taken, or the other way round */
    FLARE_WS_NONE = 1005,        /**< told only: the peer gave no code */
    FLARE_WS_LOST = 1006,        /**< told only: the connection ended without a Close */
    FLARE_WS_DATA = 1007,        /**< a message that is not what its type says */
    FLARE_WS_POLICY = 1008,      /**< not allowed */
    FLARE_WS_TOO_BIG = 1009,     /**< a message over the limit */
    FLARE_WS_INTERNAL = 1011     /**< the server can't go on */
};

/** Keeps a pointer of the user's with a socket. @param ws open, or opening @param data any; not freed by
 * flare. No errors. The worker's thread. */
void flare_ws_set_data(flare_ws *ws, void *data);
/** @return what flare_ws_set_data() kept, or NULL. @param ws open, or opening. The worker's thread. */
void *flare_ws_data(const flare_ws *ws);
/** The state of the service that the socket's route is of. No errors. The worker's thread.
 *  @param ws open, or opening @return what its state_open made, which the service owns; NULL without one */
void *flare_ws_state(const flare_ws *ws);

/** The subprotocol that was agreed on: of those that the route uses the first one that the peer offers. No
 * errors. The worker's thread. @param ws open, or opening @return a constant; empty where there is none */
flare_str flare_ws_subprotocol(const flare_ws *ws);

/** Is nobody waiting any more for what an `async` or `blocking` function does? Then what it waits for ends
 * too.
 *  @param ws its own @return true when the peer is gone, or shut down its side, when the function's time
 * (`limits(time: ...)`) is over, and in a drain; false in plain ones. No errors. The function's thread. */
bool flare_ws_cancelled(const flare_ws *ws);

/** Sends a text message, which is copied.
 *  @param ws accepted @param text valid UTF-8, else the peer will end the socket
 *  @return FLARE_OK; FLARE_ERR_AGAIN: the peer does not read and the route's `send` limit is reached, nothing
 * was kept; FLARE_ERR_CLOSED after a Close; FLARE_ERR_MEMORY; FLARE_ERR_STATE before it was accepted. The
 * worker's thread. */
flare_err flare_ws_send_text(flare_ws *ws, flare_str text);
/** Sends a binary message, which is copied. The worker's thread.
 *  @param ws accepted @param bytes any
 *  @return FLARE_OK; FLARE_ERR_AGAIN, FLARE_ERR_CLOSED, FLARE_ERR_MEMORY, FLARE_ERR_STATE, all as
 * flare_ws_send_text() */
flare_err flare_ws_send_bytes(flare_ws *ws, flare_str bytes);

/** What waits because the peer does not read. No errors. The worker's thread.
 *  @param ws accepted @return bytes that were sent and that the system did not take yet */
size_t flare_ws_unsent_bytes(const flare_ws *ws);

/** Sends a Ping; the server sends them by itself where a socket is quiet.
 *  @param ws accepted @param payload at most 125 bytes
 *  @return as flare_ws_send_text(); FLARE_ERR_LIMIT for a longer payload. The worker's thread. */
flare_err flare_ws_ping(flare_ws *ws, flare_str payload);

/** Sends a Close and takes no further message. The close function runs when the peer has answered, or after
 * 5 s, not before this returns.
 *  @param ws accepted @param code one of the above that may be said, or 3000 to 4999 @param reason UTF-8; cut
 * at 123 bytes
 *  @return FLARE_OK; FLARE_ERR_CLOSED if that was done before; FLARE_ERR_ARGUMENT; FLARE_ERR_STATE before it
 * was accepted; FLARE_ERR_MEMORY. The worker's thread. */
flare_err flare_ws_close(flare_ws *ws, unsigned code, flare_str reason);

/* ---- One message to many ---- */

/** A message that is framed, and compressed, once; opaque. */
typedef struct flare_ws_frame flare_ws_frame;

/** Makes a text message for many sockets. @param text copied @return NULL without memory; free it with
 * flare_ws_frame_free(). Any thread; a frame is used by one thread at a time. */
flare_ws_frame *flare_ws_frame_text(flare_str text);
/** Makes a binary message for many sockets. @param bytes copied @return NULL without memory; free it with
 * flare_ws_frame_free(). Any thread; a frame is used by one thread at a time. */
flare_ws_frame *flare_ws_frame_bytes(flare_str bytes);
/** Sends it to one of them. The worker's thread.
 *  @param frame stays the caller's, and may be sent again @param ws accepted
 *  @return FLARE_OK; FLARE_ERR_AGAIN, FLARE_ERR_CLOSED, FLARE_ERR_MEMORY, FLARE_ERR_STATE, all as
 * flare_ws_send_text() */
flare_err flare_ws_frame_send(flare_ws_frame *frame, flare_ws *ws);
/** Frees it. @param frame may be NULL; what was sent of it is not touched */
void flare_ws_frame_free(flare_ws_frame *frame);

FLARE_END
#endif
