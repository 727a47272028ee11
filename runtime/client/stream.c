#include "client/stream.h"

#include "tls/peer.h"

#include <flare/memory.h>

/* How soon the kernel is asked again when it had no buffers. */
enum { BUFFERS_MS = 10 };

/* ---- What happens to it ---- */

void flarei_stream_tell(flare_stream *stream, flare_err err)
{
    stream->state = err == FLARE_OK ? FLAREI_STREAM_OPEN : FLAREI_STREAM_FAILED;
    stream->err = err;
    stream->watch.want = 0;
    flare_timer_cancel(stream->loop, &stream->timer);
    flare_connect_cancel(stream->attempt);
    stream->attempt = NULL;
    stream->opened(stream, stream->opened_context, err);
}

static void shake_hands(flare_stream *stream)
{
    flare_err err;

    stream->tls->hangup = stream->hangup;
    err = flarei_tls_handshake(stream->tls);
    if (err == FLARE_ERR_AGAIN) {
        stream->watch.want = flarei_tls_wants_write(stream->tls) ? FLARE_WRITE : FLARE_READ;
        return;
    }
    flarei_stream_tell(stream, err == FLARE_ERR_SYNTAX ? FLARE_ERR_TLS_PROTOCOL : err);
}

/* What TLS waits for beside what the owner does. */
static void set_want(flare_stream *stream)
{
    stream->watch.want = stream->want;
    if (stream->crossed && stream->want != 0)
        stream->watch.want = FLARE_READ | FLARE_WRITE;
}

static void report(flare_stream *stream, unsigned ready)
{
    if (stream->crossed) {
        stream->crossed = false;
        ready |= FLARE_READ | FLARE_WRITE;
        set_want(stream);
    }
    ready &= stream->want | (unsigned)FLARE_HANGUP;
    if (ready != 0 && stream->ready != NULL)
        stream->ready(stream, stream->ready_context, ready);
}

void flarei_stream_event(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    flare_stream *const stream = FLARE_OWNER(watch, flare_stream, watch);

    (void)loop;
    stream->hangup |= (ready & FLARE_HANGUP) != 0;
    if (stream->state == FLAREI_STREAM_OPEN)
        report(stream, ready);
    else if (stream->state == FLAREI_STREAM_OPENING && stream->tls != NULL)
        shake_hands(stream);
    else if (stream->state == FLAREI_STREAM_OPENING)
        flarei_stream_tell(stream, FLARE_OK);
}

void flarei_stream_due(flare_loop *loop, flare_timer *timer)
{
    flare_stream *const stream = FLARE_OWNER(timer, flare_stream, timer);

    (void)loop;
    if (stream->state == FLAREI_STREAM_OPEN)
        report(stream, FLARE_READ | FLARE_WRITE);
    else
        flarei_stream_tell(stream, stream->err != FLARE_OK ? stream->err : FLARE_ERR_TIMEOUT);
}

/* ---- Using ---- */

void flare_stream_watch(flare_stream *stream, unsigned want, flare_stream_ready *ready, void *context)
{
    stream->want = (uint8_t)(want & (FLARE_READ | FLARE_WRITE));
    stream->ready = ready;
    stream->ready_context = context;
    if (stream->state == FLAREI_STREAM_OPEN)
        set_want(stream);
}

static flare_err unusable(const flare_stream *stream)
{
    return stream->state == FLAREI_STREAM_FAILED ? stream->err : FLARE_ERR_STATE;
}

/* After AGAIN of TLS: may it be the other direction that is waited for? */
static void note_crossing(flare_stream *stream, bool writing)
{
    if (flarei_tls_wants_write(stream->tls) != writing) {
        stream->crossed = true;
        set_want(stream);
    }
}

static ptrdiff_t read_secure(flare_stream *stream, void *buffer, size_t bytes)
{
    ptrdiff_t got;

    stream->tls->hangup = stream->hangup;
    got = flarei_tls_receive(stream->tls, buffer, bytes);
    if (got == FLARE_ERR_AGAIN)
        note_crossing(stream, false);
    else if (got == FLARE_ERR_CLOSED && flarei_tls_truncated(stream->tls))
        got = FLARE_ERR_RESET;
    else if (got > 0 && (size_t)got < bytes && flarei_tls_ended(stream->tls))
        flare_timer_set(stream->loop, &stream->timer, 0); /* the end was received already: no edge tells it */
    return got;
}

ptrdiff_t flare_stream_read(flare_stream *stream, void *buffer, size_t bytes)
{
    if (FLARE_UNLIKELY(stream->state != FLAREI_STREAM_OPEN))
        return unusable(stream);
    return stream->tls != NULL ? read_secure(stream, buffer, bytes)
                               : flare_socket_receive(stream->watch.fd, buffer, bytes);
}

ptrdiff_t flare_stream_write(flare_stream *stream, const void *data, size_t bytes)
{
    ptrdiff_t sent;

    if (FLARE_UNLIKELY(stream->state != FLAREI_STREAM_OPEN))
        return unusable(stream);
    sent = stream->tls != NULL ? flarei_tls_send(stream->tls, data, bytes)
                               : flare_socket_send(stream->watch.fd, data, bytes);
    if (sent == FLARE_ERR_AGAIN && stream->tls != NULL) {
        note_crossing(stream, true);
    } else if (sent == FLARE_ERR_MEMORY) {
        flare_timer_set(stream->loop, &stream->timer, BUFFERS_MS);
        sent = FLARE_ERR_AGAIN;
    }
    return sent;
}

flare_err flare_stream_shutdown(flare_stream *stream)
{
    if (stream->state != FLAREI_STREAM_OPEN)
        return unusable(stream);
    if (stream->tls != NULL)
        return flarei_tls_notify(stream->tls);
    return flare_socket_shutdown(stream->watch.fd);
}

/* ---- Asking ---- */

flare_loop *flare_stream_loop(const flare_stream *stream)
{
    return stream->loop;
}

int flare_stream_fd(const flare_stream *stream)
{
    return stream->watch.fd;
}

bool flare_stream_is_secure(const flare_stream *stream)
{
    return stream->tls != NULL;
}

flare_str flare_stream_protocol(const flare_stream *stream)
{
    const unsigned char *name = NULL;
    unsigned length = 0;

    if (stream->tls != NULL)
        SSL_get0_alpn_selected(stream->tls->ssl, &name, &length);
    return (flare_str){(const char *)name, length};
}

bool flare_stream_resumed(const flare_stream *stream)
{
    return stream->tls != NULL && SSL_session_reused(stream->tls->ssl) == 1;
}

const char *flare_stream_tls_version(const flare_stream *stream)
{
    return stream->tls != NULL ? SSL_get_version(stream->tls->ssl) : NULL;
}

flare_err flare_stream_peer_certificate(const flare_stream *stream, flare_arena *arena,
                                        const flare_certificate **certificate)
{
    *certificate = NULL;
    return stream->tls != NULL ? flarei_tls_peer(stream->tls, arena, certificate) : FLARE_OK;
}
