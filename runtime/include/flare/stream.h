/* flare/stream.h - byte streams on a loop, the same over TCP, unix sockets and TLS, for both sides.
 *
 *     static void opened(flare_stream *stream, void *context, flare_err err)
 *     {
 *         if (err != FLARE_OK)
 *             ...flare_stream_close(stream);
 *         flare_stream_watch(stream, FLARE_READ, ready, context);
 *         ready(stream, context, FLARE_READ);
 *     }
 *
 *     static void ready(flare_stream *stream, void *context, unsigned ready)
 *     {
 *         while ((got = flare_stream_read(stream, buffer, sizeof buffer)) > 0)
 *             ...
 *         if (got != FLARE_ERR_AGAIN)
 *             flare_stream_close(stream);
 *     }
 *
 *     const flare_dial_options to = {.to = {.host = FLARE_STR("example.org"), .port = 443}, .tls = tls};
 *     err = flare_stream_dial(&stream, loop, &to, opened, context);
 *
 * Readiness is as a watch's in <flare/loop.h>: told when it begins, and again after FLARE_ERR_AGAIN or after
 * a part of what was asked for; whoever begins to be interested tries first. A stream belongs to its loop's
 * thread, and so do all calls on it; each may be closed in its callbacks. Tools and tests that have no loop
 * use flare_stream_dial_wait() and its two companions.
 */
#ifndef FLARE_STREAM_H
#define FLARE_STREAM_H

#include <flare/arena.h>
#include <flare/connect.h>
#include <flare/connector.h>

FLARE_BEGIN

/** A byte stream; opaque. */
typedef struct flare_stream flare_stream;

/** Runs on the loop's thread, once: the stream is open, or was not to be had. It stays the caller's to close
 * either way.
 *  @param stream as given @param context as given
 *  @param err FLARE_OK; of connecting, as flare_connect_function is told; of TLS, FLARE_ERR_TLS_PROTOCOL (it
 * speaks none, or none that is allowed; or it refused us), FLARE_ERR_TLS_EXPIRED,
 * FLARE_ERR_TLS_NOT_YET_VALID, FLARE_ERR_TLS_WRONG_HOST, FLARE_ERR_TLS_UNTRUSTED, FLARE_ERR_TLS_SELF_SIGNED,
 * FLARE_ERR_TLS_CERTIFICATE (another fault of it); FLARE_ERR_CLOSED or FLARE_ERR_RESET (it went);
 * FLARE_ERR_TIMEOUT; FLARE_ERR_MEMORY */
typedef void flare_stream_opened(flare_stream *stream, void *context, flare_err err);

/** Runs on the loop's thread. @param stream open @param context as given @param ready bits of what was
 * wanted, and FLARE_HANGUP when the peer will send no more than what can be read now */
typedef void flare_stream_ready(flare_stream *stream, void *context, unsigned ready);

/* ---- Opening ---- */

/** Where to, and what to speak. Zero means the default everywhere but in the place itself. */
typedef struct flare_dial_options {
    flare_connect_options to; /**< its time is for TLS too */
    flare_tls_connector *tls; /**< NULL: plain */
    flare_str name;           /**< who the peer's certificate must name. Default: to.host */
    const char *protocols;    /**< what ALPN offers, the best first, with commas; NULL: nothing */
} flare_dial_options;

/** Connects, and with TLS shakes hands. `opened` never runs before this returns.
 *  @param stream receives it; the caller's to close at any time, which cancels; NULL on failure
 *  @param loop the thread's; it must outlive the stream @param options copied, what they point to as well,
 * but the connector, which is kept
 *  @param opened what to call @param context given to it
 *  @return FLARE_OK; FLARE_ERR_ARGUMENT (a place, name or protocols that can't be); FLARE_ERR_RANGE,
 * FLARE_ERR_LIMIT, FLARE_ERR_AGAIN, FLARE_ERR_MEMORY as flare_connect_start(). The loop's thread. */
flare_err flare_stream_dial(flare_stream **stream, flare_loop *loop, const flare_dial_options *options,
                            flare_stream_opened *opened, void *context) FLARE_MUST_USE;

/** Takes a connection over, as one that was accepted (see flare_listener_accept()), and with TLS shakes hands
 * as its server.
 *  @param stream receives it; the caller's to close at any time; NULL on failure
 *  @param loop the thread's; it must outlive the stream @param fd connected and non-blocking; the stream's
 * from here on, on failure still the caller's
 *  @param tls the server's side, which must outlive the stream; NULL: plain @param timeout_ms for shaking
 * hands; 0 means FLARE_CONNECT_TIMEOUT_MS
 *  @param opened what to call; never before this returns @param context given to it
 *  @return FLARE_OK; FLARE_ERR_MEMORY; FLARE_ERR_LIMIT (the system allows no more watches). The loop's
 * thread. */
flare_err flare_stream_accept(flare_stream **stream, flare_loop *loop, int fd, flare_tls_acceptor *tls,
                              uint32_t timeout_ms, flare_stream_opened *opened, void *context) FLARE_MUST_USE;

/** Begins TLS as a client over a stream that is open, such as one through a proxy (CONNECT).
 *  @param stream open, without TLS, all that came read; after an error to be closed @param tls kept
 *  @param name who the peer's certificate must name @param port of the peer, for sessions to be resumed
 *  @param protocols what ALPN offers, as in flare_dial_options @param timeout_ms for shaking hands; 0 means
 * FLARE_CONNECT_TIMEOUT_MS
 *  @param opened what to call; never before this returns @param context given to it
 *  @return FLARE_OK; FLARE_ERR_STATE (not open, or TLS already); FLARE_ERR_ARGUMENT; FLARE_ERR_MEMORY. Its
 * thread. */
flare_err flare_stream_secure(flare_stream *stream, flare_tls_connector *tls, flare_str name, uint16_t port,
                              const char *protocols, uint32_t timeout_ms, flare_stream_opened *opened,
                              void *context) FLARE_MUST_USE;

/** Closes it, with TLS saying so as far as the system takes that; no callback runs any more. What was written
 * and taken is still sent.
 *  @param stream may be NULL; freed. Its thread. No errors. */
void flare_stream_close(flare_stream *stream);

/* ---- Using ---- */

/** Says what to call when reading or writing is worth another try. What is not wanted is not kept for later.
 *  @param stream open @param want FLARE_READ | FLARE_WRITE, or 0 @param ready what to call, NULL with want 0
 *  @param context given to it. Its thread. No errors. */
void flare_stream_watch(flare_stream *stream, unsigned want, flare_stream_ready *ready, void *context);

/** Takes what has arrived.
 *  @param stream open @param buffer where to; the caller's @param bytes its room, at least 1
 *  @return 1 to bytes; FLARE_ERR_AGAIN; FLARE_ERR_CLOSED (the peer's end); FLARE_ERR_RESET (also an end of
 * TLS without notice, RFC 8446 section 6.1: bytes may be missing); FLARE_ERR_TLS_PROTOCOL; FLARE_ERR_TIMEOUT;
 * FLARE_ERR_STATE before it is open; another negative flare_err. Its thread. */
ptrdiff_t flare_stream_read(flare_stream *stream, void *buffer, size_t bytes) FLARE_MUST_USE;

/** Sends as much as can be taken at once. With TLS, what is left must be the beginning of what the next call
 * sends.
 *  @param stream open @param data borrowed for the call @param bytes how many, at least 1
 *  @return 1 to bytes; FLARE_ERR_AGAIN; FLARE_ERR_CLOSED; FLARE_ERR_RESET; FLARE_ERR_STATE before it is open;
 * another negative flare_err. Its thread. */
ptrdiff_t flare_stream_write(flare_stream *stream, const void *data, size_t bytes) FLARE_MUST_USE;

/** Tells the peer that nothing more comes; reading goes on.
 *  @param stream open @return FLARE_OK; FLARE_ERR_AGAIN (with TLS: as writing); FLARE_ERR_CLOSED;
 * FLARE_ERR_STATE before it is open; another system error. Its thread. */
flare_err flare_stream_shutdown(flare_stream *stream);

/* ---- Asking ---- */

/** @return its loop, which its owner destroys after the stream is closed. @param stream any. Its thread. No
 * errors. */
flare_loop *flare_stream_loop(const flare_stream *stream);
/** @return its descriptor, which stays the stream's; -1 while it is connecting. @param stream any. Its
 * thread. No errors. */
int flare_stream_fd(const flare_stream *stream);
/** @return whether it speaks TLS. @param stream open. Its thread. No errors. */
bool flare_stream_is_secure(const flare_stream *stream);
/** What ALPN chose (RFC 7301). @param stream open @return it, which lives as long as the stream; empty for
 * none. Its thread. No errors. */
flare_str flare_stream_protocol(const flare_stream *stream);
/** Did TLS go on with a session of before? @param stream open @return true if so. Its thread. No errors. */
bool flare_stream_resumed(const flare_stream *stream);
/** @return "TLSv1.3" or such, a constant; NULL of a plain one. @param stream open. Its thread. No errors. */
const char *flare_stream_tls_version(const flare_stream *stream);
/** The certificate that the peer showed.
 *  @param stream open @param arena what the certificate lives in @param certificate set to it; NULL for none
 *  @return FLARE_OK; FLARE_ERR_MEMORY; FLARE_ERR_SYNTAX (a name in it that can't be told safely). Its thread.
 */
flare_err flare_stream_peer_certificate(const flare_stream *stream, flare_arena *arena,
                                        const flare_certificate **certificate) FLARE_MUST_USE;

/* ---- For who can wait ---- */

/** As flare_stream_dial(), on a loop of its own, and waits until the stream is open.
 *  @param stream receives it; the caller's to close; NULL on failure @param options borrowed for the call
 *  @return FLARE_OK, or what flare_stream_opened is told or flare_loop_create() returns, such as
 * FLARE_ERR_REFUSED. Any thread, whose the stream is then. */
flare_err flare_stream_dial_wait(flare_stream **stream, const flare_dial_options *options) FLARE_MUST_USE;

/** Waits for bytes.
 *  @param stream of flare_stream_dial_wait() @param buffer where to; the caller's @param bytes its room, at
 * least 1 @param timeout_ms the longest wait; 0: none
 *  @return as flare_stream_read(), and FLARE_ERR_TIMEOUT instead of FLARE_ERR_AGAIN; FLARE_ERR_STATE for
 * another stream. Its thread. */
ptrdiff_t flare_stream_read_wait(flare_stream *stream, void *buffer, size_t bytes,
                                 uint32_t timeout_ms) FLARE_MUST_USE;

/** Sends all, waiting for the peer.
 *  @param stream of flare_stream_dial_wait() @param data borrowed for the call @param bytes how many
 *  @param timeout_ms the longest wait for the peer to take any; 0: none
 *  @return FLARE_OK, or why not all was sent: FLARE_ERR_TIMEOUT, FLARE_ERR_CLOSED, FLARE_ERR_RESET;
 * FLARE_ERR_STATE for another stream. Its thread. */
flare_err flare_stream_write_wait(flare_stream *stream, const void *data, size_t bytes,
                                  uint32_t timeout_ms) FLARE_MUST_USE;

FLARE_END
#endif
