/* client/stream.h - inside a byte stream. */
#ifndef FLAREI_CLIENT_STREAM_H
#define FLAREI_CLIENT_STREAM_H

#include "tls/connector.h"

#include <flare/stream.h>

enum flarei_stream_state {
    FLAREI_STREAM_DIALING,
    FLAREI_STREAM_OPENING, /* connected: shakes hands, or has not been told */
    FLAREI_STREAM_OPEN,
    FLAREI_STREAM_FAILED
};

/** What a stream being dialled will need; freed when it shakes hands. */
struct flarei_stream_plan {
    flare_tls_connector *tls; /* kept */
    uint16_t port;
    char name[254];
    char protocols[FLAREI_TLS_PROTOCOLS_MAX_BYTES]; /* empty: none */
};

struct flare_stream {
    flare_watch watch;
    flare_timer timer; /* the end of its opening, then a report that no edge will make */
    flare_loop *loop;
    struct flarei_tls_stream *tls;
    flare_stream_ready *ready;
    void *ready_context;
    flare_stream_opened *opened;
    void *opened_context;
    flare_connect *attempt;
    struct flarei_stream_plan *plan;
    flare_err err; /* of FAILED */
    uint8_t state; /* enum flarei_stream_state */
    uint8_t want;  /* the owner's */
    bool crossed;  /* TLS waits to send so that it can receive, or the other way round */
    bool hangup;   /* the peer may have sent its end */
    bool own_loop; /* destroyed with it */
};

/** The watch's callback, and the timer's. */
void flarei_stream_event(flare_loop *loop, flare_watch *watch, unsigned ready);
void flarei_stream_due(flare_loop *loop, flare_timer *timer);

/** Tells the owner, who may close the stream in that. */
void flarei_stream_tell(flare_stream *stream, flare_err err);

#endif
