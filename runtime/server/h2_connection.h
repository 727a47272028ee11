/* server/h2_connection.h - a connection that speaks HTTP/2, and its requests.
 *
 *                 +-----------------------------------------+
 *                 v                                         |
 *   HEAD ----> READY (by urgency) -- dispatch --> BODY -----+ complete, refused or late
 *                 |
 *                 +-- replied --> SEND ---> DISCARD or LINGER ---> closed
 *                 +-- at work --> WORK ---> READY, with its reply
 *
 * An accepted WebSocket goes from READY to WEBSOCKET and back as bytes come; its end leads to SEND.
 * A request is in one of the lists always. Frames are taken in first, all that came; then the requests that
 * are ready run, the most urgent first, each with its reply sent as far as the windows allow before the next
 * runs. Of a reply only what the windows hold back is kept, and while that is too much none runs.
 */
#ifndef FLAREI_SERVER_H2_CONNECTION_H
#define FLAREI_SERVER_H2_CONNECTION_H

#include "server/h2.h"
#include "server/stream.h"
#include "server/websocket.h"

/** Replies that the peer's windows hold back may take this much in all ... */
#define FLAREI_H2_HELD_MAX_BYTES (1u << 20)
/** ... but for these many of any size, lest one large download stops all else. */
#define FLAREI_H2_HELD_LARGE_MAX 4

/** The lists; those with a deadline have the earliest first. */
enum flarei_h2_place {
    FLAREI_H2_IN_HEAD,
    FLAREI_H2_IN_BODY,
    FLAREI_H2_IN_SEND,
    FLAREI_H2_IN_DISCARD,
    FLAREI_H2_IN_LINGER,
    FLAREI_H2_IN_WORK,            /* its handler is at work */
    FLAREI_H2_IN_WEBSOCKET,       /* waits: sorted, since each route has its own times */
    FLAREI_H2_IN_WEBSOCKET_READY, /* something came, or it is over */
    FLAREI_H2_IN_READY,           /* of urgency 0; seven more follow */
    FLAREI_H2_PLACES = FLAREI_H2_IN_READY + 8
};

struct flarei_h2_request {
    flare_pool_item item;
    struct flarei_h2_stream stream;
    struct flarei_h2_request *next;
    struct flarei_h2_request *previous;
    struct flarei_exchange *exchange; /* until replied */
    struct flarei_out_buffer
        *output; /* holds back stream.content, or is stream.feed; NULL while it is empty */
    struct flarei_out_buffer *input;    /* of a tunnel: what was not taken; NULL while nothing is */
    struct flarei_websocket *websocket; /* NULL: none, or over */
    uint64_t deadline_ms;
    uint64_t moved_ms;     /* of a tunnel: when the peer last took something that was to be sent */
    uint64_t discarded;    /* bytes of body that were dropped */
    size_t unconsumed;     /* bytes of body that the windows still count */
    flare_field *trailers; /* of its reply, in a block of their own; or NULL */
    size_t handed_bytes;   /* of these, what a handler is reading */
    uint64_t progress_ms;  /* when the peer took something of what it wrote, or there was nothing to take */
    int refusal;           /* why it is to be refused, or 0: an H1 refusal or one of these */
    uint8_t place;         /* enum flarei_h2_place */
    uint8_t urgency;
    uint8_t tunnel; /* enum flarei_h2_tunnel */
    bool fresh;     /* of a socket: input came that was not looked at */
    bool gone;      /* of a socket: its stream is over and forgotten */
    bool large;     /* counted as such */
    bool held;      /* its output is counted among what is held back */
    bool unwanted;  /* what is left of its body is not even worth dropping */
};

/** Refusals beside those of the codec. */
enum { FLAREI_H2_NO_MEMORY = -1000, FLAREI_H2_BODY_LATE = -1001 };

/** A reply as its constructor left it. */
struct flarei_h2_reply_head {
    flare_str content_type;
    const flare_field *fields;
    uint32_t field_count;
    size_t length; /* of the content, sent or not */
    char type_text[128];
};

struct flarei_h2_connection {
    struct flarei_connection *connection;
    struct flarei_h2_session session;
    struct flarei_h2_head head; /* of the request whose fields are coming */
    struct {
        struct flarei_h2_request *first;
        struct flarei_h2_request *last;
    } lists[FLAREI_H2_PLACES];
    struct flarei_h2_request *running;  /* whose reply is being sent for the first time */
    struct flarei_h2_request *starting; /* that is being dispatched */
    struct flarei_h2_request *handled;  /* the one that ran last */
    struct flarei_out_buffer *scratch;  /* that replies are made in; NULL while there is none */
    struct flarei_h2_reply_head reply;
    struct flarei_stirred stirred;
    uint32_t count;         /* of requests */
    uint32_t work;          /* done since others had their turn */
    uint32_t unchecked;     /* of it, since the clock was looked at */
    uint64_t turn_until_ns; /* when others have theirs; 0: the turn begins with the next step */
    uint32_t held_large;    /* replies held back of more than FLAREI_OUTPUT_HIGH_BYTES */
    size_t held_bytes;      /* in the others */
    uint64_t idle_since_ms; /* while count is 0 */
    uint64_t shut_ms;       /* when new streams are refused at the latest, once `noticed` */
    bool noticed;           /* the peer was told that the connection will end */
    bool shut;              /* no more streams */
    bool ended;             /* the session has, with what came */
    bool lost;              /* no memory: drop the connection */
    bool stepping;          /* what its sockets write is sent anyway */
    bool sockets_told;      /* of the drain */
};

/** The session's events. */
extern const struct flarei_h2_events flarei_h2_request_events;
/** What reply constructors call. */
extern const struct flarei_wire flarei_h2_reply_wire;

/** Moves a request to the end of a list. */
void flarei_h2_request_move(struct flarei_h2_connection *h2, struct flarei_h2_request *request,
                            enum flarei_h2_place place);

/** Moves it to the end of those that run next, by its urgency. */
static inline void flarei_h2_request_ready(struct flarei_h2_connection *h2, struct flarei_h2_request *request)
{
    flarei_h2_request_move(h2, request, FLAREI_H2_IN_READY + request->urgency);
}

/** A handler at work that waits for this goes on. @param waits FLAREI_WAITS_* */
static inline void flarei_h2_request_wake(const struct flarei_h2_request *request, unsigned waits)
{
    flare_request *const rq = request->place == FLAREI_H2_IN_WORK ? &request->exchange->rq : NULL;

    if (rq != NULL && rq->streamed && (rq->stream.waits & waits) != 0)
        rq->stream.calls->wake(rq);
}

/** The session's events of a body. */
void flarei_h2_body_came(void *owner, struct flarei_h2_stream *stream, flare_str bytes);
void flarei_h2_body_ended(void *owner, struct flarei_h2_stream *stream);
void flarei_h2_body_trailer(void *owner, struct flarei_h2_stream *stream, const flare_field *field);

/** What was kept of the body is the route's: as much may come again. */
void flarei_h2_body_consume(struct flarei_h2_connection *h2, struct flarei_h2_request *request);

/** Bytes that nobody wants any more. */
void flarei_h2_body_discard(struct flarei_h2_connection *h2, struct flarei_h2_request *request, size_t bytes);
/** Moves it within its list. @param before behind which; NULL: to the front */
void flarei_h2_request_move_behind(struct flarei_h2_connection *h2, struct flarei_h2_request *request,
                                   struct flarei_h2_request *before);

/** Runs a request of a READY list up to its reply or to the wait for its body.
 *  @return false: the connection is lost */
bool flarei_h2_request_run(struct flarei_h2_connection *h2, struct flarei_h2_request *request);

/** The reply is made: hands it over, ends the request, and sends as much as the windows allow.
 *  @return false: the connection is lost */
bool flarei_h2_request_replied(struct flarei_h2_connection *h2, struct flarei_h2_request *request);

/** Replies by a refusal. @return as above */
bool flarei_h2_request_refuse(struct flarei_h2_connection *h2, struct flarei_h2_request *request,
                              unsigned status, flare_str detail);

/** The handler of a streamed reply is through: what is left of that and of its body is the connection's.
 *  @return as above */
bool flarei_h2_request_streamed(struct flarei_h2_connection *h2, struct flarei_h2_request *request);

/** Sends the reply of a handler that was at work. @return as above */
bool flarei_h2_request_deliver(struct flarei_h2_connection *h2, struct flarei_h2_request *request);

/** Tells the peer to send no more of a request that was replied to (RFC 9113, section 8.1), once it had time
 * to read the reply: some clients lose it where a reset follows at once. */
void flarei_h2_request_stop(struct flarei_h2_connection *h2, struct flarei_h2_request *request);

/** Forgets a request and gives back all it holds. */
void flarei_h2_request_free(struct flarei_h2_connection *h2, struct flarei_h2_request *request);

/** Hands the reply of `rq` to the session, its content in the scratch buffer. @return false: no memory */
bool flarei_h2_reply_submit(struct flarei_h2_connection *h2, const flare_request *rq,
                            struct flarei_h2_stream *stream);

/** Hands over the head of a reply whose content comes later; of HEAD, all of it. @return false: no memory */
bool flarei_h2_reply_open(struct flarei_h2_connection *h2, flare_request *rq, const struct flarei_head *head,
                          struct flarei_h2_stream *stream);
/** Adds the fields that every reply has. @param fields of FLAREI_H2_REPLY_FIELDS_MAX, with room for the date
 *  @return how many they are now */
size_t flarei_h2_reply_fields(const flare_request *rq, flare_field *fields, size_t count);

/* ---- WebSockets on streams: h2_websocket.c ---- */

/** As struct flarei_websockets, of streams. Only where a service has sockets there are tunnels. */
struct flarei_h2_websockets {
    const struct flarei_ws_carrier *carrier;

    /** Replies to the request that opened a socket. @return false: no memory */
    bool (*accept)(struct flarei_h2_connection *h2, struct flarei_h2_request *request,
                   const flare_request *rq);
    /** That was said, and the exchange is over: the socket lives. */
    void (*begin)(struct flarei_h2_connection *h2, struct flarei_h2_request *request);

    /** Events of a tunnel's stream. */
    void (*data)(struct flarei_h2_connection *h2, struct flarei_h2_request *request, flare_str bytes);
    void (*ended)(struct flarei_h2_connection *h2, struct flarei_h2_request *request);
    void (*sent)(struct flarei_h2_connection *h2, struct flarei_h2_request *request);
    /** The stream is over, the socket not yet: no service's code runs in events. */
    void (*gone)(struct flarei_h2_connection *h2, struct flarei_h2_request *request);

    /** Runs one of WEBSOCKET_READY. @return false: the connection is lost */
    bool (*run)(struct flarei_h2_connection *h2, struct flarei_h2_request *request);
    /** The deadline of one of WEBSOCKET passed. */
    void (*expired)(struct flarei_h2_connection *h2, struct flarei_h2_request *request);
    /** Gives back what a tunnel holds. */
    void (*give)(struct flarei_h2_connection *h2, struct flarei_h2_request *request);

    /** Says 1001 to all. */
    void (*drain)(struct flarei_h2_connection *h2);
    /** The connection ends: so do they. */
    void (*end)(struct flarei_h2_connection *h2);
};

/** @return NULL where the connection's service has no sockets */
static inline const struct flarei_h2_websockets *
flarei_h2_websockets_of(const struct flarei_h2_connection *h2)
{
    const struct flarei_websockets *const websockets = flarei_websockets_of(h2->connection);

    return websockets != NULL ? websockets->h2 : NULL;
}

static inline uint64_t flarei_h2_now_ms(const struct flarei_h2_connection *h2)
{
    return flare_loop_now_ms(h2->connection->site->worker->loop);
}

#endif
