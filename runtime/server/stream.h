/* server/stream.h - requests whose handler goes on while their body comes and their reply leaves.
 *
 * On HTTP/1 the connection is in FLAREI_PHASE_STREAM meanwhile: the socket is read when the handler asks for
 * more, so what it does not read stays with the peer; and it may write until the peer has taken less than
 * FLAREI_STREAM_HIGH_BYTES, then it waits until all of that is gone. HTTP/2 does the same by a stream's
 * windows.
 */
#ifndef FLAREI_SERVER_STREAM_H
#define FLAREI_SERVER_STREAM_H

#include "server/exchange.h"

#include "http/stream.h"

/** Content of one reply that waits for its peer at most, but for one piece's framing. */
#define FLAREI_STREAM_HIGH_BYTES 16384u
/** Of HTTP/2: a handler goes on when less than this waits. */
#define FLAREI_STREAM_LOW_BYTES 4096u

/** What requests are given. */
extern const struct flarei_stream_calls flarei_server_streams;

/* ---- HTTP/1 ---- */

/** The handler has returned: it will go on, or has streamed all of its reply already. */
enum flarei_step flarei_stream_begin(struct flarei_connection *connection);

/** Goes on as far as the peer lets it: the step of FLAREI_PHASE_STREAM. */
enum flarei_step flarei_stream_step(struct flarei_connection *connection);

/** Sets the deadline of what is waited for, and passes it. */
void flarei_stream_await(struct flarei_connection *connection);
void flarei_stream_expired(struct flarei_connection *connection);

/** The drain: events end, all else goes on. */
void flarei_stream_drain(struct flarei_connection *connection);

/** The connection is lost: tells the handler. @return whether it is still on its way, so that the connection's
 * memory must stay */
bool flarei_stream_hold(struct flarei_connection *connection);

/* ---- Both ---- */

/** Has the connection go on at the end of this turn of the loop. */
void flarei_stir(struct flarei_connection *connection, struct flarei_stirred *stirred);
void flarei_stir_forget(struct flarei_worker *worker, struct flarei_stirred *stirred);

/** The timer's callback: goes on with all that were stirred. */
void flarei_stirred_due(flare_loop *loop, flare_timer *timer);

/** How long a streamed body may take in all, or pause. @return whether it is all of it */
bool flarei_stream_body_time(const flare_request *rq, uint32_t *time_ms);

#endif
