/* server/upstream.h - between the parts of proxy(): what is asked, what is replied, and how both are moved.
 */
#ifndef FLAREI_SERVER_UPSTREAM_H
#define FLAREI_SERVER_UPSTREAM_H

#include "client/forward.h"
#include "fiber/fiber.h"

#include <flare/buffer.h>
#include <flare/gen_proxy.h>

/** Of a Sec-WebSocket-Key. */
#define FLAREI_UPSTREAM_KEY_BYTES 24

/** A request that is being passed on: on its fiber's stack. */
struct flarei_passing {
    struct flarei_forward forward;
    flare_request *rq;
    const struct flarei_upstream *upstream;
    flare_str rest; /* of the path */
    flare_fetch *fetch;
    struct flarei_fiber *fiber;
    const flare_fetch_reply *reply; /* once its head is there */
    flare_str piece;                /* of the body, that the upstream has not taken */
    flare_buffer pending;           /* content that the client has not taken */
    flare_timer patience;           /* for the upstream's 100 (Continue) */
    flare_err err;
    const char *why;                     /* or NULL: a constant */
    char key[FLAREI_UPSTREAM_KEY_BYTES]; /* of the handshake, where `connects` */
    bool connects; /* it came over HTTP/2, so the handshake with the upstream is ours (RFC 8441) */
    bool upgrades; /* the client asks for a WebSocket */
    bool holds;    /* the client waits for 100 (Continue) before it sends its body */
    bool opened;   /* the head of the reply is sent */
    bool empty;    /* it will be all of the reply */
    bool tunnel;   /* bytes go both ways now */
    bool over;     /* the upstream has no more to say: `err` */
    bool lost;     /* there was no memory for what it said */
};

/** Is it one that ends at each hop (RFC 9110, section 7.6.1)? */
bool flarei_hop_field(flare_str name);

/** Does a list of tokens hold this one? */
bool flarei_list_holds(flare_str list, flare_str token);

/** Do the Connection fields name it? */
bool flarei_connection_names(const flare_field *fields, size_t count, flare_str name);

/** Does a field of a reply that has these go on to the client? */
bool flarei_upstream_passes(const flare_field *fields, size_t count, flare_str name);

/** Writes the head for the upstream. @return false without memory */
bool flarei_upstream_ask(struct flarei_passing *passing);

/** Sends the head of the reply, or keeps one that is all of it. @return FLARE_OK; FLARE_ERR_LIMIT (too many
 * fields); FLARE_ERR_MEMORY; FLARE_ERR_SYNTAX (of a handshake that is ours): `why` says what is wrong */
flare_err flarei_upstream_reply(struct flarei_passing *passing);

/** An interim reply goes to the client, where it takes those. */
void flarei_upstream_interim(flare_request *rq, const struct flarei_h1_response *response);

#endif
