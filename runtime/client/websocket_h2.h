/* client/websocket_h2.h - a WebSocket's bytes on a stream of HTTP/2 that has its connection for itself (RFC
 * 8441): the stream's ends are read and written as those of a connection. */
#ifndef FLAREI_CLIENT_WEBSOCKET_H2_H
#define FLAREI_CLIENT_WEBSOCKET_H2_H

#include "wire/ws.h"

#include <flare/field.h>
#include <flare/stream.h>

struct flarei_ws_h2;

#if FLAREI_HTTP2

/** Begins HTTP/2 on a stream that is open and stays the caller's. @return NULL without memory */
struct flarei_ws_h2 *flarei_ws_h2_new(flare_stream *stream);

/** Says goodbye as far as the system takes it; NULL is allowed. */
void flarei_ws_h2_free(struct flarei_ws_h2 *h2);

/** Takes frames that came, until some are for the socket, and sends what waits. @return FLARE_OK: there may
 * be more, but others are to have their turn; FLARE_ERR_AGAIN: that was all; why it is over */
flare_err flarei_ws_h2_step(struct flarei_ws_h2 *h2);

/** Did the server say that it takes no WebSocket over HTTP/2, before or after it was asked? */
bool flarei_ws_h2_declined(const struct flarei_ws_h2 *h2);

/** May it be asked, and was it not? */
bool flarei_ws_h2_may_ask(const struct flarei_ws_h2 *h2);

/** Asks. @param request of HTTP/1.1, whose fields are taken over @return FLARE_OK; FLARE_ERR_MEMORY */
flare_err flarei_ws_h2_ask(struct flarei_ws_h2 *h2, flare_str request, bool secure);

/** The server's reply, NULL before it came. Its slices live as long as the stream. */
const struct flarei_ws_reply *flarei_ws_h2_reply(const struct flarei_ws_h2 *h2);

/** Its fields, which live as long. */
const flare_field *flarei_ws_h2_fields(const struct flarei_ws_h2 *h2, size_t *count);

/** As flare_stream_read(), and 0 where others are to have their turn. */
ptrdiff_t flarei_ws_h2_read(struct flarei_ws_h2 *h2, char *buffer, size_t bytes);

/** As flare_stream_write(). FLARE_ERR_AGAIN also where the server opened no window. */
ptrdiff_t flarei_ws_h2_write(struct flarei_ws_h2 *h2, const char *bytes, size_t len);

/** Ends the sending side. */
void flarei_ws_h2_end(struct flarei_ws_h2 *h2);

/** Sends what waits. @return FLARE_OK; FLARE_ERR_AGAIN: the system takes no more; why it is over */
flare_err flarei_ws_h2_flush(struct flarei_ws_h2 *h2);

/** Bytes of frames that the system did not take. */
size_t flarei_ws_h2_unsent(const struct flarei_ws_h2 *h2);

#else

static inline struct flarei_ws_h2 *flarei_ws_h2_new(flare_stream *stream)
{
    (void)stream;
    return NULL;
}

static inline void flarei_ws_h2_free(struct flarei_ws_h2 *h2)
{
    (void)h2;
}

static inline flare_err flarei_ws_h2_step(struct flarei_ws_h2 *h2)
{
    (void)h2;
    return FLARE_ERR_UNSUPPORTED;
}

static inline bool flarei_ws_h2_declined(const struct flarei_ws_h2 *h2)
{
    (void)h2;
    return true;
}

static inline bool flarei_ws_h2_may_ask(const struct flarei_ws_h2 *h2)
{
    (void)h2;
    return false;
}

static inline flare_err flarei_ws_h2_ask(struct flarei_ws_h2 *h2, flare_str request, bool secure)
{
    (void)h2, (void)request, (void)secure;
    return FLARE_ERR_UNSUPPORTED;
}

static inline const struct flarei_ws_reply *flarei_ws_h2_reply(const struct flarei_ws_h2 *h2)
{
    (void)h2;
    return NULL;
}

static inline const flare_field *flarei_ws_h2_fields(const struct flarei_ws_h2 *h2, size_t *count)
{
    (void)h2;
    *count = 0;
    return NULL;
}

static inline ptrdiff_t flarei_ws_h2_read(struct flarei_ws_h2 *h2, char *buffer, size_t bytes)
{
    (void)h2, (void)buffer, (void)bytes;
    return FLARE_ERR_UNSUPPORTED;
}

static inline ptrdiff_t flarei_ws_h2_write(struct flarei_ws_h2 *h2, const char *bytes, size_t len)
{
    (void)h2, (void)bytes, (void)len;
    return FLARE_ERR_UNSUPPORTED;
}

static inline void flarei_ws_h2_end(struct flarei_ws_h2 *h2)
{
    (void)h2;
}

static inline flare_err flarei_ws_h2_flush(struct flarei_ws_h2 *h2)
{
    (void)h2;
    return FLARE_OK;
}

static inline size_t flarei_ws_h2_unsent(const struct flarei_ws_h2 *h2)
{
    (void)h2;
    return 0;
}

#endif
#endif
