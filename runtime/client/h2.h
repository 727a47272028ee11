/* client/h2.h - requests side by side over a connection of HTTP/2 (RFC 9113). */
#ifndef FLAREI_CLIENT_H2_H
#define FLAREI_CLIENT_H2_H

#include "client/fetch.h"

/** Begins HTTP/2 on a connection that is open. @return FLARE_OK; FLARE_ERR_MEMORY; FLARE_ERR_UNSUPPORTED
 * where flare is built without it */
flare_err flarei_h2_client_begin(struct flarei_connection *connection);

/** The most bytes of flarei_h2_client_settings(). */
#define FLAREI_H2_CLIENT_SETTINGS_BYTES 64

/** Requests side by side over one connection at most. */
#define FLAREI_H2_CLIENT_STREAMS_MAX 100

/** The value of HTTP2-Settings (RFC 7540, section 3.2.1). @return its bytes; 0: there was no memory */
size_t flarei_h2_client_settings(const flare_client *client,
                                 char text[static FLAREI_H2_CLIENT_SETTINGS_BYTES]);

/** Goes on with HTTP/2, whose first stream is the request that offered it. What was received of it already
 * waits in `in`. @return FLARE_OK; FLARE_ERR_MEMORY */
flare_err flarei_h2_client_upgrade(struct flarei_connection *connection, flare_fetch *fetch);

/** May a further request go over it? */
bool flarei_h2_client_has_room(const struct flarei_connection *connection);

/** Has the peer said how many it takes? */
bool flarei_h2_client_is_settled(const struct flarei_connection *connection);

/** Asks; what fails is told later. */
void flarei_h2_client_ask(struct flarei_connection *connection, flare_fetch *fetch);

/** Ends a request whose fetch wants no more of it. */
void flarei_h2_client_drop(struct flarei_connection *connection, flare_fetch *fetch);

/** Frees what HTTP/2 needs, when no callback of it runs. */
void flarei_h2_client_free(struct flarei_connection *connection);

/** Goes on after a pause; the timer `more` of a connection that speaks HTTP/2. */
void flarei_h2_client_more(flare_loop *loop, flare_timer *timer);

/* ---- What is passed on: client/forward.h ---- */

#if FLAREI_HTTP2

/** As the functions of that. */
void flarei_h2_client_give(flare_fetch *fetch, flare_str *rest);
void flarei_h2_client_end(flare_fetch *fetch);

/** Sends what there is. */
void flarei_h2_client_flush(struct flarei_connection *connection);

/** Goes on with a fetch whose pause is over, at once. */
void flarei_h2_client_resume(flare_fetch *fetch);

#else

static inline void flarei_h2_client_give(flare_fetch *fetch, flare_str *rest)
{
    (void)fetch, (void)rest;
}

static inline void flarei_h2_client_end(flare_fetch *fetch)
{
    (void)fetch;
}

static inline void flarei_h2_client_flush(struct flarei_connection *connection)
{
    (void)connection;
}

static inline void flarei_h2_client_resume(flare_fetch *fetch)
{
    (void)fetch;
}

#endif

#endif
