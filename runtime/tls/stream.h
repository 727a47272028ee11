/* tls/stream.h - TLS on one connected socket, as either side.
 *
 * OpenSSL reads and writes through a BIO of our own: all that the socket has is received at once, into a
 * buffer that the thread lends only for as long as it holds anything, and every call goes through the seam of
 * net/. An idle stream holds its struct and what OpenSSL needs.
 */
#ifndef FLAREI_TLS_STREAM_H
#define FLAREI_TLS_STREAM_H

#include "tls/context.h"
#include "tls/tickets.h"

struct flarei_tls_raw;
struct flare_tls_connector;

/** What the streams of one thread share. */
struct flarei_tls_lane {
    struct flarei_tls_raw *spare; /* lent to one stream at a time; NULL while it is, or before the first */
    struct flarei_tls_tickets tickets;
};

struct flarei_tls_stream {
    SSL *ssl;
    struct flarei_tls_context *context;    /* a server's */
    struct flare_tls_connector *connector; /* a client's */
    char *session_key;                     /* a client's: whose session it is */
    flare_err (*reason)(const SSL *ssl);   /* what OpenSSL's complaint means; NULL: nobody asks */
    struct flarei_tls_lane *lane;
    struct flarei_tls_raw *raw; /* received and not opened */
    flare_err err;              /* what the socket said last in this call */
    int fd;
    bool hangup;  /* the owner's: the peer may have sent its end, so a short receive is no reason to stop */
    bool drained; /* the socket had no more in this call */
    bool moved;   /* bytes were sent since flarei_tls_moved() */
    bool begun;   /* the peer's first byte was seen */
    bool broken;  /* nothing can be said any more */
    bool ktls;
};

/** Makes what all streams share, once a process. @return false without memory. Any thread. */
bool flarei_tls_streams_ready(void);

/** Begins TLS as the server. @param fd stays the caller's @return FLARE_OK or FLARE_ERR_MEMORY */
flare_err flarei_tls_open(struct flarei_tls_context *context, struct flarei_tls_lane *lane, int fd,
                          struct flarei_tls_stream **stream);

/** A stream over `ssl`, which is its from here on, also where this fails: of neither side yet.
 *  @param ktls whether OpenSSL must know the socket itself @return FLARE_OK or FLARE_ERR_MEMORY */
flare_err flarei_tls_stream_make(SSL *ssl, struct flarei_tls_lane *lane, int fd, bool ktls,
                                 struct flarei_tls_stream **stream);

/** Goes on with the handshake. @return FLARE_OK; FLARE_ERR_AGAIN; FLARE_ERR_SYNTAX (a client speaks in plain
 * text, and was told nothing); another error, after which the stream is of no use */
flare_err flarei_tls_handshake(struct flarei_tls_stream *stream);

/** Was HTTP/2 chosen? After the handshake. */
bool flarei_tls_chose_h2(const struct flarei_tls_stream *stream);

/** As flare_socket_receive(): fewer bytes than asked for say that no more are there now, but where
 * flarei_tls_ended(). FLARE_ERR_CLOSED is the peer's close_notify as well as an end without. */
ptrdiff_t flarei_tls_receive(struct flarei_tls_stream *stream, void *buffer, size_t bytes);

/** The last receive met the end, or an error, behind the bytes that it gave: the next one tells. */
bool flarei_tls_ended(const struct flarei_tls_stream *stream);

/** As flare_socket_send(). What is left must be the beginning of what the next call sends. */
ptrdiff_t flarei_tls_send(struct flarei_tls_stream *stream, const void *data, size_t bytes);

/** After FLARE_ERR_AGAIN: is it the peer's room to receive that is waited for? */
bool flarei_tls_wants_write(const struct flarei_tls_stream *stream);

/** @return whether any byte was sent since the last call */
bool flarei_tls_moved(struct flarei_tls_stream *stream);

/** Tells the peer that nothing more comes (close_notify), as far as the socket takes it. @return FLARE_OK;
 * FLARE_ERR_AGAIN; another error */
flare_err flarei_tls_notify(struct flarei_tls_stream *stream);

/** After FLARE_ERR_CLOSED: did the end come without close_notify, so that bytes may be missing? */
bool flarei_tls_truncated(const struct flarei_tls_stream *stream);

/** Frees it; the socket stays open. @param stream may be NULL */
void flarei_tls_free(struct flarei_tls_stream *stream);

/** Frees what the lane holds, its last stream having been freed. */
void flarei_tls_lane_clear(struct flarei_tls_lane *lane);

/** OpenSSL's callback for session tickets. */
int flarei_tls_stream_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                             EVP_MAC_CTX *mac, int seal);

#endif
