/* client/h2_stream.h - inside a client's connection of HTTP/2. */
#ifndef FLAREI_CLIENT_H2_STREAM_H
#define FLAREI_CLIENT_H2_STREAM_H

#include "client/h2.h"
#include "client/h2_outbound.h"

#include <nghttp2/nghttp2.h>

/** The window of a stream. */
#define FLAREI_H2_CLIENT_WINDOW_BYTES (1 << 20)
/** The same, of what is passed on. */
#define FLAREI_H2_CLIENT_PASSED_WINDOW_BYTES (1 << 17)

/** A request under way. */
struct flarei_h2_client_stream {
    struct flarei_link link; /* of its connection's */
    struct flarei_connection *connection;
    flare_fetch *fetch; /* NULL when it was dropped */
    int32_t id;
    flare_buffer head; /* fields, each behind the lengths of its name and value */
    flare_buffer held; /* content that came while the fetch was paused */
    size_t content_sent;
    size_t field_count;
    size_t trailer_bytes;
    uint16_t status;
    uint8_t interim; /* heads of status 1xx */
    bool has_head;
    bool too_large; /* its head */
    bool ended;     /* by END_STREAM: the reply is whole */
    bool uploads;   /* its fetch's source may be asked: not within the call that begins */
    bool closed;    /* by the peer; it waits for the end of a pause */
};

/** What a connection of HTTP/2 has. */
struct flarei_h2_client {
    nghttp2_session *session;
    struct flarei_link streams;
    uint32_t count;
    uint64_t heard_ms; /* when anything came last */
    bool settled;      /* the peer's SETTINGS came */
    bool going;        /* the peer takes no more */
    bool busy;         /* libnghttp2 is: nothing is sent from within its callbacks */
    bool failed;
};

/** What a client's peers may send ahead. */
struct flarei_h2_outbound_limits flarei_h2_client_limits(const flare_client *client);

/** Makes one for a fetch. @return NULL without memory */
struct flarei_h2_client_stream *flarei_h2_client_stream_new(struct flarei_connection *connection,
                                                            flare_fetch *fetch);

/** Frees it; its fetch is told by the caller. */
void flarei_h2_client_stream_free(struct flarei_h2_client_stream *stream);

/** Asks for what is passed on. @return FLARE_OK; FLARE_ERR_MEMORY */
flare_err flarei_h2_client_submit_forward(struct flarei_h2_client_stream *stream);

/** Passes a field of the reply's trailers on: as many bytes of them as a head may have. */
void flarei_h2_client_pass_trailer(struct flarei_h2_client_stream *stream, flare_field field);

/** Is all of the request's content on its way? */
bool flarei_h2_client_all_sent(const struct flarei_h2_client_stream *stream);

/** Sources that have more, and contents that are to begin, are sent on. */
void flarei_h2_client_upload(struct flarei_connection *connection);

#endif
