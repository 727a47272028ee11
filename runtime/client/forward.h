/* client/forward.h - a request that is passed on for somebody else: its head was written by its owner, and
 * its content comes while the reply may be on its way already.
 *
 *     flarei_forward_start(&fetch, client, &url, method, &forward, &handler, context)
 *     ... room() ...            flarei_forward_give() as often as there is something, then
 * flarei_forward_end() flarei_forward_flush() when that was all for now
 *     ... head(), content() ... of the handler, as with every fetch, and done() last
 *
 * Nothing is added and nothing followed: no redirect, no coding, no cookie, no further try. A connection that
 * had been kept and turns out to be gone is the one exception, and what a peer of HTTP/2 says that it did not
 * look at, as long as none of the content was taken, or all that was is kept still.
 *
 * The head is written as HTTP/1.1 has it, and said in HTTP/2's way where the connection speaks that.
 */
#ifndef FLAREI_CLIENT_FORWARD_H
#define FLAREI_CLIENT_FORWARD_H

#include "client/url.h"
#include "wire/h1_response.h"

#include <flare/client.h>

struct flarei_forward;

/** What it calls besides the fetch's handler; on the loop's thread. None may free the fetch. */
struct flarei_forward_calls {
    /** There is a connection, or room for more content. It may come more often. */
    void (*room)(struct flarei_forward *forward);
    /** A head of status 1xx. @param response lives until it returns */
    void (*interim)(struct flarei_forward *forward, const struct flarei_h1_response *response);
    /** A field of the trailers. @param field likewise */
    void (*trailer)(struct flarei_forward *forward, const flare_field *field);
};

/** The owner's; outlives the fetch. */
struct flarei_forward {
    const struct flarei_forward_calls *calls;
    flare_str head;      /**< all of it, with its empty line */
    uint32_t connect_ms; /**< for connecting */
    uint32_t silence_ms; /**< how long the peer may be silent */
    bool chunked;        /**< the content goes in chunks */
    bool upgrades;       /**< 101 is a reply: what comes after it are bytes, until the connection ends */
    bool tunnel; /**< it has switched: the end of the content is that of this side of the connection */
    bool whole;  /**< there is no more content; set before the start where there is none at all */
    bool taken;  /* some of it was, and is kept nowhere: it can't be asked again */
    const flare_field *trailers; /* that end it */
    size_t trailer_count;
};

/** Begins. @param url whose slices outlive the fetch @param method not CONNECT @return as flare_fetch_start()
 */
flare_err flarei_forward_start(flare_fetch **fetch, flare_client *client, const struct flarei_url *url,
                               enum flare_method method, struct flarei_forward *forward,
                               const flare_fetch_handler *handler, void *context) FLARE_MUST_USE;

/** Takes content from the front of `rest` as far as there is room: none before there is a connection, and
 * none any more when the peer takes nothing. @param rest copied */
void flarei_forward_give(flare_fetch *fetch, flare_str *rest);

/** That was all of it. @param trailers sent where it goes in chunks, or over HTTP/2; outlive the fetch */
void flarei_forward_end(flare_fetch *fetch, const flare_field *trailers, size_t count);

/** Sends what was given. */
void flarei_forward_flush(flare_fetch *fetch);

/** Goes on after flare_fetch_pause(), at once: the handler is called in this. */
void flarei_forward_resume(flare_fetch *fetch);

/** From here on the peer may be silent for so long, and so may the owner. */
void flarei_forward_patience(flare_fetch *fetch, uint32_t silence_ms);

/** Whose turn is it? While it is not the peer's, its silence is not counted. */
void flarei_forward_expect(flare_fetch *fetch, bool peer);

#endif
