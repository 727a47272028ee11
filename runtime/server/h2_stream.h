/* server/h2_stream.h - streams of HTTP/2: what server/stream.c does where the request came over HTTP/2. */
#ifndef FLAREI_SERVER_H2_STREAM_H
#define FLAREI_SERVER_H2_STREAM_H

#include "server/stream.h"

#if FLAREI_HTTP2

enum flarei_flow flarei_h2_stream_read(flare_request *rq, flare_str *piece);
bool flarei_h2_stream_open(flare_request *rq, const struct flarei_head *head);
enum flarei_flow flarei_h2_stream_write(flare_request *rq, flare_str *rest);
enum flarei_flow flarei_h2_stream_write_file(flare_request *rq, int fd, uint64_t *at, uint64_t *left);
void flarei_h2_stream_end(flare_request *rq);
void flarei_h2_stream_stir(flare_request *rq);
void flarei_h2_stream_interim(flare_request *rq, unsigned status, const flare_field *fields, size_t count);

/** Does the request ask for a WebSocket (RFC 8441)? */
bool flarei_h2_stream_connects(const flare_request *rq);
/** Its reply, which opens next, begins a tunnel: what is read from then on is the peer's side of it. */
void flarei_h2_stream_tunnel(flare_request *rq);

/** When the peer has taken nothing of a reply for too long; and that time may have come. */
uint64_t flarei_h2_stream_due_ms(const flare_request *rq);
void flarei_h2_stream_late(flare_request *rq);

#else

static inline enum flarei_flow flarei_h2_stream_read(flare_request *rq, flare_str *piece)
{
    (void)rq;
    (void)piece;
    return FLAREI_FLOW_CLOSED;
}

static inline bool flarei_h2_stream_open(flare_request *rq, const struct flarei_head *head)
{
    (void)rq;
    (void)head;
    return false;
}

static inline enum flarei_flow flarei_h2_stream_write(flare_request *rq, flare_str *rest)
{
    (void)rq;
    (void)rest;
    return FLAREI_FLOW_CLOSED;
}

static inline enum flarei_flow flarei_h2_stream_write_file(flare_request *rq, int fd, uint64_t *at,
                                                           uint64_t *left)
{
    (void)rq;
    (void)fd;
    (void)at;
    (void)left;
    return FLAREI_FLOW_CLOSED;
}

static inline void flarei_h2_stream_end(flare_request *rq)
{
    (void)rq;
}

static inline void flarei_h2_stream_stir(flare_request *rq)
{
    (void)rq;
}

static inline void flarei_h2_stream_interim(flare_request *rq, unsigned status, const flare_field *fields,
                                            size_t count)
{
    (void)rq;
    (void)status;
    (void)fields;
    (void)count;
}

static inline bool flarei_h2_stream_connects(const flare_request *rq)
{
    (void)rq;
    return false;
}

static inline void flarei_h2_stream_tunnel(flare_request *rq)
{
    (void)rq;
}

static inline uint64_t flarei_h2_stream_due_ms(const flare_request *rq)
{
    (void)rq;
    return UINT64_MAX;
}

static inline void flarei_h2_stream_late(flare_request *rq)
{
    (void)rq;
}

#endif
#endif
