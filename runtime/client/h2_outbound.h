/* client/h2_outbound.h - what a client's sessions of HTTP/2 have in common, whatever they are for: how one
 * begins, and how its frames leave. */
#ifndef FLAREI_CLIENT_H2_OUTBOUND_H
#define FLAREI_CLIENT_H2_OUTBOUND_H

#include <flare/buffer.h>
#include <flare/stream.h>

#include <nghttp2/nghttp2.h>

/** What a session tells its owner; NULL: nothing. */
struct flarei_h2_outbound_events {
    nghttp2_on_begin_headers_callback head;
    nghttp2_on_header_callback field;
    nghttp2_on_frame_recv_callback frame;
    nghttp2_on_data_chunk_recv_callback data; /* stays the peer's debt until it is consumed */
    nghttp2_on_stream_close_callback closed;
};

/** What the peer may send ahead. */
struct flarei_h2_outbound_limits {
    uint32_t stream_window_bytes;
    int32_t connection_window_bytes;
    uint32_t head_max_bytes;
};

/** Begins a session, whose SETTINGS wait for the first frames. @param owner of events @param upgraded they
 * were in the request that offered HTTP/2, which is stream 1 (RFC 7540, section 3.2) @return NULL without
 * memory; to be ended with nghttp2_session_del() */
nghttp2_session *flarei_h2_outbound_new(const struct flarei_h2_outbound_events *events,
                                        const struct flarei_h2_outbound_limits *limits, void *owner,
                                        bool upgraded);

/** The most bytes of flarei_h2_outbound_settings(). */
#define FLAREI_H2_OUTBOUND_SETTINGS_BYTES 64

/** The value of HTTP2-Settings. @return its bytes; 0: there was no memory */
size_t flarei_h2_outbound_settings(const struct flarei_h2_outbound_limits *limits,
                                   char text[static FLAREI_H2_OUTBOUND_SETTINGS_BYTES]);

/** Makes frames of what there is to say, up to a watermark. @return false without memory, or where the
 * session can't go on */
bool flarei_h2_outbound_frames(nghttp2_session *session, flare_buffer *out);

/** Sends all there is. @return FLARE_OK; FLARE_ERR_AGAIN: the system takes no more, the rest is in `out`;
 * FLARE_ERR_MEMORY; why it can't be sent */
flare_err flarei_h2_outbound_send(nghttp2_session *session, flare_stream *stream, flare_buffer *out);

#endif
