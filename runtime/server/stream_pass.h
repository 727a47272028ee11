/* server/stream_pass.h - what a stream does only for a reply that is passed on. */
#ifndef FLAREI_SERVER_STREAM_PASS_H
#define FLAREI_SERVER_STREAM_PASS_H

#include "server/stream.h"

/** A reply of status 1xx goes out before the one that is to come; without memory or room, or on HTTP/1.0, it
 * is dropped. */
void flarei_stream_interim(flare_request *rq, unsigned status, const flare_field *fields, size_t count);

/** The reply that opens next ends HTTP on this connection (RFC 9110, section 7.8), or on this stream (RFC
 * 8441): its content are bytes, and so is what is read from then on, until the peer ends. */
void flarei_stream_tunnel(flare_request *rq);

#endif
