/* client/h2_stream.h - inside a client's connection of HTTP/2. */
#ifndef FLAREI_CLIENT_H2_STREAM_H
#define FLAREI_CLIENT_H2_STREAM_H

#include "client/h2.h"

#include <nghttp2/nghttp2.h>

/** The window of a stream. */
#define FLAREI_H2_CLIENT_WINDOW_BYTES (1 << 20)

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
    uint16_t status;
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
    bool going; /* the peer takes no more */
    bool receiving;
    bool failed;
};

/** Makes one for a fetch. @return NULL without memory */
struct flarei_h2_client_stream *flarei_h2_client_stream_new(struct flarei_connection *connection,
                                                            flare_fetch *fetch);

/** Sends what there is. */
void flarei_h2_client_flush(struct flarei_connection *connection);

/** Frees it; its fetch is told by the caller. */
void flarei_h2_client_stream_free(struct flarei_h2_client_stream *stream);

/** Sources that have more, and contents that are to begin, are sent on. */
void flarei_h2_client_upload(struct flarei_connection *connection);

#endif
