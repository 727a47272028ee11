/* server/h2.h - HTTP/2 on a connection, as the rooms that know HTTP/1 see it. Built without HTTP/2
 * (FLARE_HTTP2=OFF), no connection ever begins it. */
#ifndef FLAREI_SERVER_H2_H
#define FLAREI_SERVER_H2_H

#include "server/exchange.h"

#if FLAREI_HTTP2

/** The pool's maker, for a site. */
flare_pool_item *flarei_h2_request_make(void *site);

/** Do the first bytes of a connection become HTTP/2's preface? */
enum flarei_h2_peek flarei_h2_connection_peek(const char *bytes, size_t length);

/** Speaks HTTP/2 from the next byte on, the client's preface. @return false without memory */
bool flarei_h2_connection_begin(struct flarei_connection *connection);

/** Switches if an HTTP/1.1 request asks for it as it should, and its body is here: it becomes the first
 * stream (RFC 7540, section 3.2). @return whether it did */
bool flarei_h2_connection_upgrade(struct flarei_connection *connection, struct flarei_exchange *exchange);

/** One step over the input, the requests that are ready, and the frames to be sent. */
enum flarei_step flarei_h2_connection_step(struct flarei_connection *connection);

/** Nothing can be done now: sets the deadline. */
void flarei_h2_connection_await(struct flarei_connection *connection);

/** That deadline passed. */
void flarei_h2_connection_expired(struct flarei_connection *connection);

/** Has it requests under way? */
bool flarei_h2_connection_busy(const struct flarei_connection *connection);

/** Frees what HTTP/2 needs, if the connection speaks it. */
void flarei_h2_connection_free(struct flarei_connection *connection);

/** How streams carry sockets: server/h2_connection.h. */
extern const struct flarei_h2_websockets flarei_h2_websockets;
#define FLAREI_H2_WEBSOCKETS (&flarei_h2_websockets)

/** Sends what was written to a stream's socket from outside of its connection. */
void flarei_h2_websocket_settle(struct flarei_websocket *websocket);

/** As flarei_websocket_part() and flarei_websocket_resume(), of a stream's. */
void flarei_h2_websocket_part(struct flarei_websocket *websocket);
void flarei_h2_websocket_resume(struct flarei_websocket *websocket);

#else

#define FLAREI_H2_WEBSOCKETS NULL

static inline flare_pool_item *flarei_h2_request_make(void *site)
{
    (void)site;
    return NULL;
}

static inline enum flarei_h2_peek flarei_h2_connection_peek(const char *bytes, size_t length)
{
    (void)bytes;
    (void)length;
    return FLAREI_H2_PEEK_OTHER;
}

static inline bool flarei_h2_connection_begin(struct flarei_connection *connection)
{
    (void)connection;
    return false;
}

static inline bool flarei_h2_connection_upgrade(struct flarei_connection *connection,
                                                struct flarei_exchange *exchange)
{
    (void)connection;
    (void)exchange;
    return false;
}

static inline enum flarei_step flarei_h2_connection_step(struct flarei_connection *connection)
{
    (void)connection;
    return FLAREI_STEP_LOST;
}

static inline void flarei_h2_connection_await(struct flarei_connection *connection)
{
    (void)connection;
}

static inline void flarei_h2_connection_expired(struct flarei_connection *connection)
{
    (void)connection;
}

static inline bool flarei_h2_connection_busy(const struct flarei_connection *connection)
{
    (void)connection;
    return false;
}

static inline void flarei_h2_connection_free(struct flarei_connection *connection)
{
    (void)connection;
}

static inline void flarei_h2_websocket_settle(struct flarei_websocket *websocket)
{
    (void)websocket;
}

static inline void flarei_h2_websocket_part(struct flarei_websocket *websocket)
{
    (void)websocket;
}

static inline void flarei_h2_websocket_resume(struct flarei_websocket *websocket)
{
    (void)websocket;
}

#endif
#endif
