/* server/exchange.h - one request on a connection: head, dispatch, reply, and its body on the way. */
#ifndef FLAREI_SERVER_EXCHANGE_H
#define FLAREI_SERVER_EXCHANGE_H

#include "server/connection.h"

/** Room for a struct flarei_work and small inputs. */
#define FLAREI_WORK_BYTES 640u

/** A request slot; borrowed from the site while a request is under way. */
struct flarei_exchange {
    flare_pool_item item;
    flare_request rq;
    flare_arena arena;
    struct flarei_h1_head head;
    struct flarei_h1_chunked decoder;
    bool chunked;
    uint32_t body_at;     /* offset in the input behind the head */
    uint64_t body_left;   /* declared and not yet received */
    char *body;           /* collected; NULL if none was needed */
    size_t body_bytes;    /* in `body` so far */
    size_t body_capacity; /* of `body` */
    struct flarei_stirred stirred;
    char *spare; /* HTTP/2: the part of a streamed body that its handler reads */
    size_t spare_capacity;
    uint64_t body_began_ms; /* when a streamed body was read first, and last */
    uint64_t heard_ms;
    uint64_t written_ms; /* when its handler wrote last */
    size_t burst_bytes;  /* moved since it went on last */
    struct flarei_h2_request *h2_request;
    struct flarei_peer client; /* behind trusted proxies, once it was asked for */
    struct flarei_peer peer;   /* that peer_text is of */
    size_t peer_bytes;         /* of it; 0: of nobody */
    char peer_text[FLARE_ADDRESS_TEXT_MAX_BYTES];
    /* Of a handler that takes its time, here and not in the arena: one that waits then touches no further
     * page. */
    _Alignas(16) char work[FLAREI_WORK_BYTES];
    flare_field fields[];
};

/** What one step over the input came to. */
enum flarei_step {
    FLAREI_STEP_MORE,  /* it needs more input */
    FLAREI_STEP_NEXT,  /* something was done: step again */
    FLAREI_STEP_CLOSE, /* the last reply was made: connection->closing is set */
    FLAREI_STEP_LOST,  /* no memory to say anything: close */
    FLAREI_STEP_YIELD, /* there is more to do, but others come first */
    FLAREI_STEP_PAUSE, /* there is more to do of what is worth little: it has time */
    FLAREI_STEP_WORK   /* a handler is at work: nothing is received until it has returned */
};

/** Begins a request that writes to `out`. */
void flarei_exchange_begin(struct flarei_connection *connection, struct flarei_exchange *exchange,
                           flare_buffer *out);

/** Copies what the head says into the request. @return as flarei_request_target() */
flare_err flarei_exchange_describe(struct flarei_connection *connection, struct flarei_exchange *exchange);

/** One step of each phase. */
enum flarei_step flarei_exchange_head(struct flarei_connection *connection);
enum flarei_step flarei_exchange_body(struct flarei_connection *connection);
enum flarei_step flarei_exchange_discard(struct flarei_connection *connection);

/** Ends a parked request with a refusal, or the connection if there is no memory: settle it then. */
void flarei_exchange_refuse(struct flarei_connection *connection, unsigned status, flare_str detail);

/** 408 for a head that is not complete: settle the connection then. */
void flarei_exchange_head_timeout(struct flarei_connection *connection);

/** 400 for a peer that sends plain text to where TLS is spoken: settle the connection then. */
void flarei_exchange_plain_text(struct flarei_connection *connection);

/** Gives back the slot, if the connection holds one, with no request in it. */
void flarei_exchange_give(struct flarei_connection *connection);

/** The same with a request that gets no reply. */
void flarei_exchange_abandon(struct flarei_connection *connection);

/** Ends a request that gets no reply, and gives back its slot. */
void flarei_exchange_drop(struct flarei_site *site, struct flarei_exchange *exchange);

/** The handler at work took too long, and keeps its input: 503, and the end of the connection. */
void flarei_exchange_late(struct flarei_connection *connection);

/** The handler that was at work has returned, and its reply is judged: sends it, and goes on. */
void flarei_exchange_worked(struct flarei_connection *connection);

/** The pool's maker and destroyer, for a site. */
flare_pool_item *flarei_exchange_make(void *site);
void flarei_exchange_destroy(flare_pool_item *item);

#endif
