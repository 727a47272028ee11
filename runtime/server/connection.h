/* server/connection.h - one peer: bytes in, requests run, replies out, and a deadline for each of them.
 *
 *                    +-----------------------------------------------+
 *                    v                                               |
 *     open ------> HEAD ---- a whole head: dispatch -------------> replied ---> LINGER ---> closed
 *                              |                                   ^   |           ^
 *                              +- parked -> BODY -> resume --------+   +-> DISCARD +
 *                              +- at work -> WORK -----------------+
 *
 * Across all of them a connection is `blocked` while the peer does not take what was written: then nothing is
 * received and no request runs. Idle (HEAD with no bytes, nothing to send) it holds nothing but its struct.
 * With TLS a connection begins in HANDSHAKE, which HEAD or HTTP/2 follow; behind a proxy, before that, in
 * PROXY. HTTP/2 is one phase more, which HEAD leads to and LINGER may follow: requests, bodies and replies
 * are its streams' then.
 */
#ifndef FLAREI_SERVER_CONNECTION_H
#define FLAREI_SERVER_CONNECTION_H

#include "server/server.h"

/** Bytes received and not used up; borrowed from the site while there are any. */
struct flarei_in_buffer {
    flare_pool_item item;
    uint32_t start;
    uint32_t end;
    uint32_t capacity;
    uint32_t parsed; /* how much of an incomplete head the parser has seen */
    char bytes[];
};

/** Replies that were not sent; borrowed while there are any. */
struct flarei_out_buffer {
    flare_pool_item item;
    flare_buffer buffer;
};

enum flarei_phase {
    FLAREI_PHASE_HEAD,      /* waits for a head, or is idle */
    FLAREI_PHASE_BODY,      /* a parked request collects its body */
    FLAREI_PHASE_DISCARD,   /* a body that nobody wanted is dropped */
    FLAREI_PHASE_H2,        /* speaks HTTP/2 from here on: server/h2.h */
    FLAREI_PHASE_PROXY,     /* the PROXY protocol's header comes first: server/proxy.h */
    FLAREI_PHASE_HANDSHAKE, /* TLS is not agreed on yet */
    FLAREI_PHASE_WEBSOCKET, /* speaks WebSocket from here on: server/websocket.h */
    FLAREI_PHASE_LINGER,    /* all is said: waits for the peer's FIN so that it can read the last reply */
    /* From here on of the peer only its end counts: what it sends may wait in the kernel. */
    FLAREI_PHASE_WORK,          /* a handler is at work: server/work.h */
    FLAREI_PHASE_WEBSOCKET_HELD /* the handler of a WebSocket's messages is behind */
};

enum flarei_deadline {
    FLAREI_DEADLINE_NONE,
    FLAREI_DEADLINE_IDLE,
    FLAREI_DEADLINE_HANDSHAKE,
    FLAREI_DEADLINE_FIRST, /* of an unused connection, in a drain */
    FLAREI_DEADLINE_HEAD,
    FLAREI_DEADLINE_BODY,
    FLAREI_DEADLINE_WORK, /* none: the handler has its own */
    FLAREI_DEADLINE_DISCARD,
    FLAREI_DEADLINE_H2,        /* the earliest of what an HTTP/2 connection waits for */
    FLAREI_DEADLINE_WEBSOCKET, /* for a Ping or its Pong */
    FLAREI_DEADLINE_CLOSE,     /* for the answer to a WebSocket's Close */
    FLAREI_DEADLINE_WRITE,
    FLAREI_DEADLINE_LINGER
};

/** Where a peer is, for the log. */
struct flarei_peer {
    uint8_t ip[16];
    uint16_t port;
    uint8_t family; /* flare_address_family */
};

struct flarei_exchange;
struct flarei_h2_connection;
struct flarei_tls_stream;
struct flarei_websocket;

struct flarei_connection {
    flare_pool_item item;
    flare_watch watch;
    flare_timer timer;
    uint64_t deadline_ms; /* the timer is set for this or earlier */
    struct flarei_site *site;
    struct flarei_link place; /* among the worker's */
    struct flarei_in_buffer *input;
    struct flarei_out_buffer *output;
    struct flarei_exchange *exchange; /* kept for the next request while there is input */
    struct flarei_h2_connection *h2;  /* NULL: HTTP/1 */
    struct flarei_tls_stream *tls;    /* NULL: bytes are as they come */
    struct flarei_websocket *websocket;
    uint32_t requests;
    uint8_t phase;    /* enum flarei_phase */
    uint8_t deadline; /* enum flarei_deadline */
    bool blocked;
    bool closing; /* no further request: close once all is sent */
    bool unread;  /* with closing: the peer may still be sending */
    bool hangup;  /* the peer sent FIN, or is gone */
    bool again;   /* the timer is set to go on with what was left, not for a deadline */
    bool secure;  /* it is to speak TLS */
    struct flarei_peer peer;
};

/** Takes a new peer. @param fd stays the caller's on failure @param peer NULL if not asked for
 *  @param endpoint where it came
 *  @return FLARE_OK, FLARE_ERR_MEMORY, or as flare_loop_add() */
flare_err flarei_connection_open(struct flarei_site *site, int fd, const flare_address *peer,
                                 const struct flarei_endpoint *endpoint);

/** Goes on when the PROXY protocol's header was taken. */
void flarei_connection_enter(struct flarei_connection *connection);

/** Copies an address. */
void flarei_connection_keep_peer(struct flarei_peer *peer, const flare_address *address);

/** Ends it at once and gives back all it holds. */
void flarei_connection_close(struct flarei_connection *connection);

/** Its part of the drain: what is under way ends with `Connection: close`, an idle one ends now. */
void flarei_connection_drain(struct flarei_connection *connection);

/** Sends what there is. @return false if the connection ended */
bool flarei_connection_flush(struct flarei_connection *connection);

/** Sends what there is while a handler runs: the connection does not end. @return false if the peer is gone
 */
bool flarei_connection_push(struct flarei_connection *connection);

/** The kernel takes no more of a file now: nothing is sent until it does. */
void flarei_connection_block(struct flarei_connection *connection);

/** Receives for a handler, as flare_socket_receive(). */
ptrdiff_t flarei_connection_receive(struct flarei_connection *connection, char *to, size_t room);

/** Goes on after a handler did, outside of a step. */
void flarei_connection_stirred(struct flarei_connection *connection);

/** Flushes a reply made outside of receiving, and goes on or closes. */
void flarei_connection_settle(struct flarei_connection *connection);

/** Tries again what READ or WRITE would: the `again` of the timer. */
void flarei_connection_continue(struct flarei_connection *connection);

/** Goes on with what does not wait for the peer, sends it, and receives. */
void flarei_connection_resume(struct flarei_connection *connection);

/** The time without progress in sending is over. The system reports a socket as writable only when much of
 * its buffer is free: tries once more, and cuts a peer that took nothing. */
void flarei_connection_stalled(struct flarei_connection *connection);

/** An output to write replies to. @return NULL without memory */
static inline flare_buffer *flarei_connection_output(struct flarei_connection *connection)
{
    if (connection->output == NULL)
        connection->output = (struct flarei_out_buffer *)flare_pool_take(&connection->site->outputs);
    return FLARE_LIKELY(connection->output != NULL) ? &connection->output->buffer : NULL;
}

/** Of a worker's free_timer. */
void flarei_out_buffer_free_due(flare_loop *loop, flare_timer *timer);
/** Ends all of a site's large ones. */
void flarei_out_buffers_clear(struct flarei_site *site);

/** Pools' makers and destroyers, for a site. */
flare_pool_item *flarei_connection_make(void *site);
flare_pool_item *flarei_in_buffer_make(void *site);
flare_pool_item *flarei_out_buffer_make(void *site);
void flarei_out_buffer_destroy(flare_pool_item *item);

/** A large one: where the pool has none it shrinks; else it is freed, one in a while, since giving back much
 * memory at once takes long. Until then it is taken before others are made. */
FLARE_NOINLINE_COLD void flarei_out_buffer_give_large(struct flarei_site *site,
                                                      struct flarei_out_buffer *output);

/** Empties and gives back what was borrowed. */
static inline void flarei_out_buffer_give(struct flarei_site *site, struct flarei_out_buffer *output)
{
    flarei_buffer_clear(&output->buffer);
    if (FLARE_UNLIKELY(output->buffer.capacity > FLAREI_OUTPUT_HIGH_BYTES))
        flarei_out_buffer_give_large(site, output);
    else
        flare_pool_give(&site->outputs, &output->item);
}
void flarei_in_buffer_give(struct flarei_site *site, struct flarei_in_buffer *input);

#endif
