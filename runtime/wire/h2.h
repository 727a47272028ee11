/* wire/h2.h - HTTP/2, the server's side, without input or output of its own (RFC 9113), over libnghttp2.
 *
 *     flarei_h2_open(&session, &limits, &events, owner);
 *     flarei_h2_receive(&session, bytes, length, now_ms);     events come: begin, request, data, end, closed
 *     flarei_h2_reply(&session, stream, status, fields, count, content);
 *     flarei_h2_send(&session, out, high);                    frames go to the end of `out`
 *
 * A request's head is made into the same struct that HTTP/1 makes, under the same limits and refusals: what
 * reads it can't tell the two apart. libnghttp2 keeps the streams' states, HPACK and the windows; here are
 * the meaning of heads, the checks that it leaves out, and a budget for frames that cost the sender nothing.
 * A session belongs to one thread at a time. Nothing here waits or reads a clock.
 */
#ifndef FLAREI_H2_H
#define FLAREI_H2_H

#include "wire/h1.h"

#include <flare/arena.h>
#include <flare/buffer.h>

/** What a client begins a connection with (RFC 9113, section 3.4). */
#define FLAREI_H2_PREFACE       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define FLAREI_H2_PREFACE_BYTES 24

/** Error codes that an owner gives (RFC 9113, section 7). */
enum flarei_h2_error {
    FLAREI_H2_NO_ERROR = 0,
    FLAREI_H2_PROTOCOL_ERROR = 1,
    FLAREI_H2_INTERNAL_ERROR = 2,
    FLAREI_H2_STREAM_CLOSED = 5,
    FLAREI_H2_REFUSED_STREAM = 7,
    FLAREI_H2_CANCEL = 8,
    FLAREI_H2_ENHANCE_YOUR_CALM = 11
};

/** Fields that a reply may have beside its status. */
#define FLAREI_H2_REPLY_FIELDS_MAX 96

/** What is accepted, and announced by SETTINGS. */
struct flarei_h2_limits {
    struct flarei_h1_limits h1;       /**< of heads; head_max_bytes counts as RFC 9113, section 6.5.2 does */
    uint32_t streams_max;             /**< open at once */
    uint32_t window_bytes;            /**< of body that a stream may send ahead of its reader */
    uint32_t connection_window_bytes; /**< the same for all streams together */
    bool connect_protocol;            /**< extended CONNECT is taken (RFC 8441, section 3) */
};

/** What the `:protocol` of an extended CONNECT asks for (RFC 8441, section 4). */
enum flarei_h2_tunnel { FLAREI_H2_NO_TUNNEL, FLAREI_H2_WEBSOCKET, FLAREI_H2_UNKNOWN_TUNNEL };

/** A head while its fields come. The owner sets the first three members and those of `head` that a parser of
 *  h1 wants set; the memory of names and values is the arena's, and lives as long. */
struct flarei_h2_head {
    const struct flarei_h1_limits *limits;
    flare_arena *arena;
    struct flarei_h1_head *head; /**< what is made */
    uint32_t bytes;              /* so far, by RFC 9113, section 6.5.2 */
    uint16_t crumbs;             /* of Cookie lines */
    uint8_t urgency;             /**< 0 to 7, of the field Priority (RFC 9218, section 4.1) */
    uint8_t tunnel;              /**< enum flarei_h2_tunnel: then the head has a path, and no body */
    bool foreign_scheme;         /**< neither http nor https */
    bool no_memory;
    int refusal; /* the first: a flarei_h1_refusal */
};

/** Prepares a head whose first three members are set. */
void flarei_h2_head_begin(struct flarei_h2_head *head);

/** Takes one field, pseudo fields too. What is wrong, or too much, is told at the end.
 *  @param name_constant the name lives on for ever: it is not copied */
void flarei_h2_head_field(struct flarei_h2_head *head, flare_str name, flare_str value, bool name_constant);

/** Ends the head: `head->head` is complete. @param ended no content follows
 *  @return 0 or an enum flarei_h1_refusal; `no_memory` is a matter of its own */
int flarei_h2_head_end(struct flarei_h2_head *head, bool ended);

/** The urgency that a Priority field's value gives, 3 where it gives none (RFC 9218, section 4.1). */
uint8_t flarei_h2_urgency(flare_str priority);

/** One stream; the first member of the owner's. */
struct flarei_h2_stream {
    int32_t id;
    bool ended;                  /**< the peer has sent all of its side */
    bool replied;                /**< so have we */
    struct flarei_h2_head *head; /**< where fields go; NULL once the head is complete */
    bool tunnel;                 /**< replied to by flarei_h2_accept(): `feed` is sent, not `content` */
    bool finished;               /**< of a tunnel: END_STREAM follows what `feed` holds */
    flare_buffer *feed;          /**< of a tunnel: what waits to be sent, or NULL; the owner's */
    flare_str content;           /**< of the reply, what was not sent yet; the owner keeps the bytes */
    bool open;                   /**< more content may follow: flarei_h2_more(), then flarei_h2_end() */
    bool chatty;                 /**< its content are a tunnel's messages, small ones too */
    bool paused;                 /* there was none to send */
    const flare_field *trailers; /* that follow the content */
    size_t trailer_count;
};

/** Does a connection begin with the preface? */
enum flarei_h2_peek { FLAREI_H2_PEEK_OTHER, FLAREI_H2_PEEK_MORE, FLAREI_H2_PEEK_PREFACE };

/** Looks at a connection's first bytes. @return MORE while they could become the preface */
static inline enum flarei_h2_peek flarei_h2_peek(const char *bytes, size_t length)
{
    const size_t known = length < FLAREI_H2_PREFACE_BYTES ? length : FLAREI_H2_PREFACE_BYTES;

    if (memcmp(bytes, FLAREI_H2_PREFACE, known) != 0)
        return FLAREI_H2_PEEK_OTHER;
    return known == FLAREI_H2_PREFACE_BYTES ? FLAREI_H2_PEEK_PREFACE : FLAREI_H2_PEEK_MORE;
}

struct flarei_h2_session;

/** What a session tells its owner. No event comes while the owner's code is inside a call, but those of
 * flarei_h2_receive() and flarei_h2_send(). An event may reply and reset, but neither receive nor send. */
struct flarei_h2_events {
    /** A stream begins. @return the stream, its `head` prepared, or NULL: it is refused */
    struct flarei_h2_stream *(*begin)(void *owner);
    /** Its head is complete. @param refusal 0 or why it must be refused, as flarei_h2_head_end() told */
    void (*request)(void *owner, struct flarei_h2_stream *stream, int refusal);
    /** Bytes of content: they stay the peer's debt until flarei_h2_consume(). */
    void (*data)(void *owner, struct flarei_h2_stream *stream, flare_str bytes);
    /** `ended` became true after the head. */
    void (*end)(void *owner, struct flarei_h2_stream *stream);
    /** A field of the trailers behind the content; borrowed. */
    void (*trailer)(void *owner, struct flarei_h2_stream *stream, const flare_field *field);
    /** All of the reply is in the output; what the peer still sends is for nobody. */
    void (*replied)(void *owner, struct flarei_h2_stream *stream);
    /** Content of the reply, or of the tunnel, left for the output. */
    void (*sent)(void *owner, struct flarei_h2_stream *stream);
    /** Its urgency changed (RFC 9218, section 7.1). */
    void (*priority)(void *owner, struct flarei_h2_stream *stream, uint8_t urgency);
    /** The stream is over, and forgotten here. */
    void (*closed)(void *owner, struct flarei_h2_stream *stream);
    /** The peer has seen the shutdown's notice. */
    void (*noticed)(void *owner);
};

#define FLAREI_H2_FRAME_HEAD_BYTES 9

/** Where the bytes stand among the frames. */
struct flarei_h2_scan {
    uint8_t bytes[FLAREI_H2_FRAME_HEAD_BYTES + 5]; /* a frame's head, and all of a PRIORITY */
    uint8_t have;
    uint8_t want;
    bool due;      /* the frame in `bytes` is to be judged now */
    uint8_t heads; /* of frames that were passed in one go */
    uint32_t skip; /* bytes of payload, or of the preface */
};

#define FLAREI_H2_BLOCK_SIZES 8

/** Small blocks that libnghttp2 takes and gives back with each stream, kept for the next one: sessions of one
 *  thread have them in common. Of each size as many are kept as were lately needed at once. Zeroed, nothing
 * is kept yet. */
struct flarei_h2_blocks {
    struct flarei_h2_block_list {
        struct flarei_h2_block *free;
        uint32_t count;
        uint32_t lowest; /* fewest free since the last trim: so many were not needed */
    } sizes[FLAREI_H2_BLOCK_SIZES];
};

#if !defined FLAREI_HTTP2 || FLAREI_HTTP2
/** Frees what was not needed since the last trim. @return whether there was any */
bool flarei_h2_blocks_trim(struct flarei_h2_blocks *blocks);

/** Frees all that is kept. */
void flarei_h2_blocks_clear(struct flarei_h2_blocks *blocks);
#else
static inline bool flarei_h2_blocks_trim(struct flarei_h2_blocks *blocks)
{
    (void)blocks;
    return false;
}

static inline void flarei_h2_blocks_clear(struct flarei_h2_blocks *blocks)
{
    (void)blocks;
}
#endif

/** A connection. Its members are the session's own, but `blocks`. */
struct flarei_h2_session {
    struct nghttp2_session *nghttp2;
    struct flarei_h2_blocks *blocks;  /**< to be set, or NULL, before it is opened; outlives the session */
    struct flarei_h2_block *released; /* what waits for the session's end, once `failed` */
    struct flarei_h2_stream *current; /* whose fields are coming */
    const struct flarei_h2_events *events;
    void *owner;
    const struct flarei_h2_limits *limits;
    flare_buffer *out; /* while flarei_h2_send() runs */
    size_t high;
    uint64_t earned_ms;     /* when the budget was last raised for time gone by */
    uint32_t spent;         /* of the budget, since the owner last looked */
    int32_t budget;         /* of frames that cost the peer nothing */
    int32_t last_id;        /* the highest stream that the peer opened */
    int32_t reset_id;       /* the highest that was reset here */
    uint32_t unheard_bytes; /* of content that may be sent while `upgraded` */
    struct flarei_h2_scan scan;
    size_t head_bytes; /* of the fields that are coming */
    bool upgraded;     /* and the client has said nothing since */
    bool noticing;     /* a PING will say that the peer has seen the notice */
    bool left;         /* the peer said GOAWAY */
    bool ended;        /* by flarei_h2_terminate(), or for the peer's fault */
    bool failed;       /* no memory, or no output: it must be dropped */
};

/** Begins a session; the server's SETTINGS wait for the first send.
 *  @param session to fill, its `blocks` set; in use until flarei_h2_close() @param limits, events, owner
 * outlive it
 *  @return false without memory */
bool flarei_h2_open(struct flarei_h2_session *session, const struct flarei_h2_limits *limits,
                    const struct flarei_h2_events *events, void *owner, uint64_t now_ms);

/** Ends a session at once. Its streams are forgotten without an event. */
void flarei_h2_close(struct flarei_h2_session *session);

/** Takes over from HTTP/1 (RFC 7540, section 3.2): the request that asked for it becomes stream 1, whose
 *  peer's side has ended. To be called once, first.
 *  @param settings the value of HTTP2-Settings @param head_only the request is a HEAD
 *  @return false if the settings are malformed or there is no memory: close the session then */
bool flarei_h2_upgrade(struct flarei_h2_session *session, flare_str settings, bool head_only,
                       struct flarei_h2_stream *stream);

/** Takes bytes up to the head of the 8th frame: what many small frames cost is told by `spent`.
 *  @return how many were used; all of them where it ended or failed */
size_t flarei_h2_take(struct flarei_h2_session *session, const char *bytes, size_t length, uint64_t now_ms);

/** Looks for a RST_STREAM of the stream `id` among bytes that follow what was taken, which was all there was.
 */
bool flarei_h2_resets(const struct flarei_h2_session *session, int32_t id, const char *bytes, size_t length);

/** Takes all the bytes. @return false: no memory; drop the connection */
bool flarei_h2_receive(struct flarei_h2_session *session, const char *bytes, size_t length, uint64_t now_ms);

/** Appends the frames that wait, until `out` holds `high` bytes or more. @return false: no memory; drop the
 * connection */
bool flarei_h2_send(struct flarei_h2_session *session, flare_buffer *out, size_t high);

/** Did the session end, and is that said? Then send what is left and close.
 *  @param idle no stream is open: a peer that said GOAWAY has nothing more to say then */
bool flarei_h2_finished(const struct flarei_h2_session *session, bool idle);

/** Replies; the stream's side ends with `content`, whose bytes the owner keeps until they are sent.
 *  @param fields copied; names in any case @return false: no memory */
bool flarei_h2_reply(struct flarei_h2_session *session, struct flarei_h2_stream *stream, unsigned status,
                     const flare_field *fields, size_t count, flare_str content);

/** Replies with content that comes later; as flarei_h2_reply(). */
bool flarei_h2_reply_later(struct flarei_h2_session *session, struct flarei_h2_stream *stream,
                           unsigned status, const flare_field *fields, size_t count);

/** `content` of an open reply was made longer. @return false: no memory */
bool flarei_h2_more(struct flarei_h2_session *session, struct flarei_h2_stream *stream);

/** The content of an open reply ends with what `content` holds; trailers follow it. @param fields the owner
 * keeps them until the stream is replied to, or closed @return false: no memory */
bool flarei_h2_end(struct flarei_h2_session *session, struct flarei_h2_stream *stream,
                   const flare_field *fields, size_t count);
/** Replies 200 and leaves the stream open: a tunnel. From then on what is appended to its `feed` is sent.
 *  @param fields copied @return false: no memory */
bool flarei_h2_accept(struct flarei_h2_session *session, struct flarei_h2_stream *stream,
                      const flare_field *fields, size_t count);

/** A tunnel's `feed` has more, or it was finished. @return false: no memory */
bool flarei_h2_resume(struct flarei_h2_session *session, const struct flarei_h2_stream *stream);

/** Says what a reply's head of status 1xx does. @param fields copied @return false: no memory */
bool flarei_h2_interim(struct flarei_h2_session *session, struct flarei_h2_stream *stream, unsigned status,
                       const flare_field *fields, size_t count);

/** Says 100 (Continue). @return false: no memory */
bool flarei_h2_continue(struct flarei_h2_session *session, struct flarei_h2_stream *stream);

/** Content of a stream was used up: the peer may send as much again. @param stream NULL: of a stream that no
 * longer reads, for the connection's window alone @return false: no memory */
bool flarei_h2_consume(struct flarei_h2_session *session, const struct flarei_h2_stream *stream,
                       size_t bytes);

/** Resets a stream; `closed` follows when that is sent. */
void flarei_h2_reset(struct flarei_h2_session *session, struct flarei_h2_stream *stream,
                     enum flarei_h2_error error);

/** Tells the peer that no new streams will be taken soon; `noticed` says when it knows. */
void flarei_h2_notice(struct flarei_h2_session *session);

/** Takes no streams beyond those begun (RFC 9113, section 6.8). */
void flarei_h2_shut(struct flarei_h2_session *session);

/** Ends the connection with an error, or in order. */
void flarei_h2_terminate(struct flarei_h2_session *session, enum flarei_h2_error error);

#endif
