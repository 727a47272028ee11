/* flare/gen.h - everything that emitted C may use. Not for hand-written code: it changes with FLARE_GEN_ABI.
 */
#ifndef FLARE_GEN_H
#define FLARE_GEN_H

#include <flare/arena.h>
#include <flare/assert.h>
#include <flare/buffer.h>
#include <flare/etag.h>
#include <flare/file.h>
#include <flare/formats.h>
#include <flare/number.h>
#include <flare/service.h>
#include <flare/text.h>
#include <flare/time.h>

#include <float.h>

/** Emitted code starts with `#if FLARE_GEN_ABI != n` and an #error that says to run flarec again. */
#define FLARE_GEN_ABI 5

#define FLAREI_USE_REQUEST_ID 1u
#define FLAREI_USE_LOG        2u
#define FLAREI_SECRET_PATH    4u   /* logs show the pattern in its place */
#define FLAREI_WEBSOCKETS     8u   /* a service's: it has routes of WebSockets, or passes them on */
#define FLAREI_USE_TIME       16u  /* something measures how long requests take */
#define FLAREI_USE_PEER       32u  /* something asks whose they are */
#define FLAREI_USE_SECURE     128u /* something asks whether they come over TLS */
#define FLAREI_ODD_PATTERN    64u  /* of a route: logs must escape its pattern, or quote it */

FLARE_BEGIN

/* ---- Refusals: every failure of a stage is collected, then answered at once ---- */

/** X(CODE, "rule"): the stable names in `errors[].rule`. */
#define FLAREI_RULES(X)                                                                                      \
    X(REQUIRED, "required")                                                                                  \
    X(TYPE, "type")                                                                                          \
    X(MIN, "min")                                                                                            \
    X(MAX, "max")                                                                                            \
    X(MIN_LENGTH, "min_length")                                                                              \
    X(MAX_LENGTH, "max_length")                                                                              \
    X(MIN_ITEMS, "min_items")                                                                                \
    X(MAX_ITEMS, "max_items")                                                                                \
    X(UNIQUE, "unique")                                                                                      \
    X(PATTERN, "pattern")                                                                                    \
    X(SCHEME, "scheme")                                                                                      \
    X(CHECK, "check")                                                                                        \
    X(TAG, "tag")                                                                                            \
    X(UNKNOWN, "unknown")                                                                                    \
    X(ENUM, "enum")                                                                                          \
    X(REPEATED, "repeated")                                                                                  \
    X(UTF8, "utf8")                                                                                          \
    X(ESCAPE, "escape")                                                                                      \
    X(MEMORY, "memory")                                                                                      \
    X(MEDIA_TYPE, "media_type")

enum flarei_rule {
    FLAREI_FINE = 0,
#define FLAREI_RULE_ENUM(code, text) FLAREI_RULE_##code,
    FLAREI_RULES(FLAREI_RULE_ENUM)
#undef FLAREI_RULE_ENUM
};

enum flarei_place { FLAREI_IN_PATH = 1, FLAREI_IN_QUERY, FLAREI_IN_HEADER, FLAREI_IN_COOKIE, FLAREI_IN_BODY };

/* One declared input: where it is looked for, and what errors call it. */
struct flarei_input {
    enum flarei_place place;
    bool required; /* its absence is refused */
    flare_str name;
};

#define FLAREI_INPUT(place, required, name)                                                                  \
    {                                                                                                        \
        FLAREI_IN_##place, required, FLARE_STR_INIT(name)                                                    \
    }

struct flarei_refusal {
    const struct flarei_input *input;
    enum flarei_rule rule;
    int32_t index; /* of a repeated input, or -1 */
};

#define FLAREI_REFUSALS_MAX 32

/* ---- The request, as the wires fill it and emitted code reads it ---- */

enum flarei_request_state {
    FLAREI_REQUEST_FREE = 0, /* in the worker's pool: any use is a bug */
    FLAREI_REQUEST_OPEN,     /* its handler has not replied */
    FLAREI_REQUEST_PARKED,   /* waiting for its body */
    FLAREI_REQUEST_REPLIED,
    FLAREI_REQUEST_ENDING,    /* its after-phases run: what it was may be read */
    FLAREI_REQUEST_STREAMING, /* the head of its reply is written; its handler goes on with the content */
    FLAREI_REQUEST_STREAMED   /* that is over: whole or broken */
};

struct flarei_head;
struct flare_ws;
struct flarei_work;
struct flarei_ws_carrier;
struct flarei_serving;
struct flarei_layer;
struct flarei_timing;
struct flarei_access_log;
struct flarei_inflate;
struct flarei_inflate_calls;

#define FLAREI_MARK_PREFLIGHT 1u    /* its route is only looked for: cors() answers */
#define FLAREI_MARK_DECLINED  2u    /* … and that route has no cors() */
#define FLAREI_MARK_CORS      4u    /* cors() has looked at the origin */
#define FLAREI_MARK_ALLOWED   8u    /* … and it may read the reply */
#define FLAREI_MARK_COUNTED   16u   /* metrics() counts it as in flight */
#define FLAREI_MARK_INFLATE   32u   /* inflate() takes coded bodies: `inflate` is set */
#define FLAREI_MARK_CODED     64u   /* its body is one */
#define FLAREI_MARK_TRACE     128u  /* `trace` is set */
#define FLAREI_MARK_TIMING    256u  /* `timing` is */
#define FLAREI_MARK_LOG       512u  /* `log` is */
#define FLAREI_MARK_SECURE    1024u /* it came over TLS; said where the service asks */

/* What a wire other than h1, or a layer over one, does for reply constructors; h1 is called directly
 * (rq->wire is NULL). */
struct flarei_wire {
    flare_buffer *(*open)(flare_request *rq, const struct flarei_head *head, size_t length_hint);
    flare_reply (*close)(flare_request *rq);
    flare_reply (*whole)(flare_request *rq, const struct flarei_head *head, flare_str body);
    /* Of a layer: the head of a reply is next whose content is sent piece by piece. Takes the layer off;
     * NULL: it has nothing to say to such. */
    void (*stream)(flare_request *rq, const struct flarei_head *head);
    bool carries; /* no layer: the wire itself */
};

struct flarei_stream_calls;
struct flarei_coder;

/* What a handler waits for whose body comes and whose reply leaves meanwhile. */
#define FLAREI_WAITS_BODY  1u
#define FLAREI_WAITS_REPLY 2u

/* The two directions of such a request; begun at first use, which rq->streamed tells. */
struct flarei_stream {
    const struct flarei_stream_calls *calls; /* the wire's; NULL: no handler here streams */
    struct flarei_coder *coder;              /* of the reply's content; NULL: it goes as it is */
    void *waiter;                            /* the fiber that waits */
    flare_field *trailers;                   /* of the request, once its body is over */
    flare_field *own_trailers;               /* of the reply; set before its end */
    flare_buffer *event;                     /* that is written */
    flare_buffer *line;                      /* that is read, of an NDJSON body */
    flare_str piece;                         /* what is left of what was read, of an NDJSON body */
    flare_arena *items;                      /* where those are made */
    flare_arena *kept;                       /* of what the server keeps while a thread is at work, or NULL */
    size_t data_at;                          /* in `event`: where its data begins */
    uint64_t body_bytes;                     /* read so far */
    uint64_t length;                         /* of the reply's content, where `sized` */
    uint32_t trailer_count;
    uint32_t own_trailer_count;
    uint32_t heartbeat_ms; /* of events: a comment goes out after so long without one; 0: none */
    uint8_t waits;         /* FLAREI_WAITS_* bits */
    bool events;           /* a drain ends the reply */
    bool reads;            /* the body was asked for */
    bool over;             /* all of it was read */
    bool sized;            /* the length of the reply's content is known before */
    bool framed;           /* the reply's content is chunked */
    bool closed;           /* the peer takes no content: nothing is sent any more */
    bool cut;              /* the content ends early: the peer must see that */
    bool lost;             /* the connection is gone */
    bool dated;            /* the reply has a date of its own */
    bool raw;              /* of HTTP/1: what follows the head is no HTTP, either way */
    bool threaded;         /* its handler is on another thread than the request */
    bool left;             /* of such: the connection is gone, and the handler was at work */
};

struct flare_request {
    flare_str path; /* as routed */
    flare_str query;
    const flare_field *fields;
    uint32_t field_count;
    uint32_t refusal_count;
    uint32_t mark; /* what a genuine reply to this request carries; never 0 */
    enum flare_method method;
    uint8_t state;
    uint8_t version_minor; /* of HTTP/1 */
    bool path_plain;       /* without a '%': captures are what they mean */
    bool head_only;        /* a reply's content is counted and dropped: HEAD */
    bool keep_alive;       /* after this reply; constructors may clear it */
    bool expose_errors;
    bool body_complete;
    bool has_body; /* framing says that content follows the head, even of no bytes */
    bool expects_continue;
    bool in_page;     /* a page of the service's own is being made for an error */
    bool streamed;    /* `stream` is begun */
    bool body_failed; /* a body that was read as a stream can't be had: body_refusal says why */

    flare_buffer *out; /* h1: where the reply is written */
    flare_str date;    /* "Date: …\r\n", the worker's */
    const flare_service *service;
    void *service_state;
    void *worker_state;
    flare_arena *arena;
    const struct flarei_file_calls *files;      /* for large files of a body; NULL: none can be kept */
    const struct flarei_ws_carrier *websockets; /* NULL: none can be made */
    const struct flarei_serving *serving;       /* the server that this is of; NULL: none */
    struct flarei_work *work;                   /* NULL unless the handler may take its time */
    const flare_limits *limits;
    void *connection;   /* the wire's own */
    flare_str target;   /* the request target as received */
    size_t reply_start; /* offset in out where this reply's head starts */

    /* From here on what begin clears, down to `peer`. */
    const struct flarei_wire *wire;
    struct flarei_layer *layer; /* the top one that its reply passes: `wire` is its; NULL: none */
    const flare_route *route;   /* NULL until matched */
    uint8_t reply_field_count;
    uint8_t kept_fields; /* of the reply: those at its front stay if it is made anew */
    uint16_t marks;      /* FLAREI_MARK_…: what the service's uses have to remember */
    uint32_t reply_status;
    uint32_t time_ms;              /* of a plain handler whose route has its own; 0: the service's */
    uint64_t reply_bytes;          /* of content, for the log */
    uint64_t body_length;          /* declared, or UINT64_MAX for chunked */
    int64_t start_ns;              /* monotonic, when the head was complete; 0 where nothing needs it */
    struct flarei_entered *phases; /* after-phases that were entered, the last one first */
    struct flarei_upload *upload;  /* a multipart body, which is read as it comes */
    const struct flarei_upload_calls *upload_calls; /* set with it */
    struct flare_ws *ws;                            /* made for this handshake */
    flare_str body;
    flare_str id;
    flare_str content_type;
    flare_str peer; /* text of the peer's address, made on demand */

    /* From here on what is read only after it was set. */
    const struct flarei_body_rule *body_rule; /* of a request that waits for its body */
    uint64_t body_max_bytes;
    size_t body_next;  /* of an NDJSON body: the offset of the next line */
    bool lines_failed; /* of an NDJSON body: there was no memory for a line */
    flare_reply (*resume)(flare_request *rq, void *input);
    void *resume_input;
    struct flarei_timing *timing; /* where marks say so, as the next four */
    const uint8_t *peer_ip;       /* of a service that asks for it: 4 or 16 bytes; NULL: it has none */
    uint8_t peer_ip_bytes;
    const char *trace; /* traceparent */
    const struct flarei_access_log *log;
    const struct flarei_inflate *inflate;
    const struct flarei_inflate_calls *inflate_calls;
    flare_str body_refusal_detail;
    uint16_t body_refusal;           /* status that flarei_body() met */
    uint8_t reply_length_width;      /* digits left for Content-Length; 0 before open */
    size_t reply_body;               /* offset in out where its content starts */
    flare_field *reply_fields;       /* added by flare_reply_header() */
    flare_field own_reply_fields[8]; /* most replies add no more fields than these */
    struct flarei_stream stream;
    struct flarei_refusal refusals[FLAREI_REFUSALS_MAX];
};

/* ---- What is made of scalars: arrays and maps, maybe absent, and members of a patch ---- */

#define FLAREI_DERIVED(stem, type)                                                                           \
    FLARE_OPTIONAL(stem##_array_opt, stem##_array);                                                          \
    FLARE_PATCHED(stem##_patch, type);                                                                       \
    FLARE_PATCHED(stem##_array_patch, stem##_array);                                                         \
    FLARE_MAP(stem##_map, type);                                                                             \
    FLARE_OPTIONAL(stem##_map_opt, stem##_map);                                                              \
    FLARE_PATCHED(stem##_map_patch, stem##_map)
FLAREI_DERIVED(flare_str, flare_str);
FLAREI_DERIVED(flare_bool, bool);
FLAREI_DERIVED(flare_i8, int8_t);
FLAREI_DERIVED(flare_i16, int16_t);
FLAREI_DERIVED(flare_i32, int32_t);
FLAREI_DERIVED(flare_i64, int64_t);
FLAREI_DERIVED(flare_u8, uint8_t);
FLAREI_DERIVED(flare_u16, uint16_t);
FLAREI_DERIVED(flare_u32, uint32_t);
FLAREI_DERIVED(flare_u64, uint64_t);
FLAREI_DERIVED(flare_f32, float);
FLAREI_DERIVED(flare_f64, double);
FLAREI_DERIVED(flare_uuid, flare_uuid);
FLAREI_DERIVED(flare_date, flare_date);
FLAREI_DERIVED(flare_time, flare_time);
FLAREI_DERIVED(flare_ipv4, flare_ipv4);
FLAREI_DERIVED(flare_ipv6, flare_ipv6);
#undef FLAREI_DERIVED

/* ---- What is wrong with a request's inputs ---- */

/** Notes one failure; past the 32nd they are dropped. */
FLARE_NOINLINE_COLD void flarei_refuse(flare_request *rq, const struct flarei_input *input,
                                       enum flarei_rule rule);
/** The same for item `index` of a repeated input. */
FLARE_NOINLINE_COLD void flarei_refuse_at(flare_request *rq, const struct flarei_input *input,
                                          enum flarei_rule rule, size_t index);
/** Notes what a check returned, unless that is FLAREI_FINE. */
static inline void flarei_note(flare_request *rq, const struct flarei_input *input, enum flarei_rule rule)
{
    if (FLARE_UNLIKELY(rule != FLAREI_FINE))
        flarei_refuse(rq, input, rule);
}
/** The reply to a request with failures: 400 (422 for a body), problem+json with `errors`; nothing the client
 * sent. */
FLARE_NOINLINE_COLD flare_reply flarei_reply_refusals(flare_request *rq);

/* ---- Dispatch ---- */

/** Where the segment of a path ends that `at` is in: at the next '/' or the end. */
const char *flarei_segment_end(flare_str path, const char *at);

/** Cuts one segment off a request's path. */
static inline flare_str flarei_cut_segment(const flare_request *rq, const char **at)
{
    const char *const start = *at;

    *at = flarei_segment_end(rq->path, start);
    return FLARE_LIT(flare_str){start, (size_t)(*at - start)};
}

/* Where the segments of a path end, for 64 bytes at a time: whoever cuts several looks once. */
struct flarei_segments {
    const char *base;
    uint64_t ends; /* bit n: base[n] is a '/', or the path's end */
};

/** The same as flarei_segment_end(); keeps the ends that come after. */
const char *flarei_segment_find(struct flarei_segments *segments, flare_str path, const char *at);

/** Cuts the first one of several segments off. */
static inline flare_str flarei_cut_first_segment(const flare_request *rq, struct flarei_segments *segments,
                                                 const char **at)
{
    const char *const start = *at;

    *at = flarei_segment_find(segments, rq->path, start);
    return FLARE_LIT(flare_str){start, (size_t)(*at - start)};
}

/** Cuts a further one off. */
static inline flare_str flarei_cut_next_segment(const flare_request *rq, struct flarei_segments *segments,
                                                const char **at)
{
    const char *const start = *at;
    const size_t offset = (size_t)(start - segments->base);
    const uint64_t ends = offset < 64 ? segments->ends >> offset : 0;

    *at = FLARE_LIKELY(ends != 0) ? start + __builtin_ctzll(ends)
                                  : flarei_segment_find(segments, rq->path, start);
    return FLARE_LIT(flare_str){start, (size_t)(*at - start)};
}

/** One of the next bytes of a path, or 0 past its end: no path holds a NUL. */
static inline int flarei_peek(const char *at, const char *end, size_t offset)
{
    return (size_t)(end - at) <= offset ? 0 : (unsigned char)at[offset];
}

/** Two bytes as one small number; flarec chooses factor and mask so that the words at hand get different
 * ones. */
#define FLAREI_MIX(first, second, factor, mask)                                                              \
    ((int)(((unsigned)(unsigned char)(first) * (factor) + (unsigned char)(second)) & (mask)))
/** The mix of two of the next bytes of a path, `first` the nearer one, or -1 past its end. */
static inline int flarei_mix(const char *at, const char *end, size_t first, size_t second, unsigned factor,
                             unsigned mask)
{
    if ((size_t)(end - at) <= second)
        return -1;
    return FLAREI_MIX((unsigned char)at[first], (unsigned char)at[second], factor, mask);
}

/** Steps over `text` if it comes next. */
static inline bool flarei_skip(const char **at, const char *end, const char *text, size_t length)
{
    if ((size_t)(end - *at) < length || memcmp(*at, text, length) != 0)
        return false;
    *at += length;
    return true;
}
#define FLAREI_SKIP(at, end, literal) flarei_skip((at), (end), "" literal, sizeof(literal) - 1)
/** Is this all that is left? */
#define FLAREI_REST_IS(at, end, literal)                                                                     \
    ((size_t)((end) - (at)) == sizeof(literal) - 1 && memcmp((at), "" literal, sizeof(literal) - 1) == 0)
/** Is a slice this text? */
#define FLAREI_IS(text, literal)                                                                             \
    ((text).len == sizeof(literal) - 1 && memcmp((text).ptr, "" literal, sizeof(literal) - 1) == 0)

/* ---- Many routes: by hash, before dispatch goes down the tree ---- */

/** What is looked up at most: segments of a path, and those captured. */
enum { FLAREI_INDEX_SEGMENTS_MAX = 16, FLAREI_INDEX_PARTS_MAX = 8 };

/* A route in an index. A place of none has no method. */
struct flarei_indexed {
    const char *text; /* of its path what stands between the parameters, joined: "/users//posts" */
    uint32_t route;
    uint8_t length; /* of the text */
    uint8_t shape;
    uint8_t method;
    uint8_t group; /* the emitter's own */
};

/* Routes by a hash of method, shape and text that parts them all. */
struct flarei_index {
    const uint32_t *shapes; /* which segments are parameters: bit n is the one of number n */
    uint8_t shapes_of[FLAREI_INDEX_SEGMENTS_MAX + 2]; /* of n segments: from [n] on, up to [n + 1] */
    uint8_t bits;                                     /* of a hash: which displacement */
    uint64_t seed;
    const uint16_t *displacements;
    const struct flarei_indexed *routes;
    size_t routes_count;
};

/** The route that takes a request; NULL says only that dispatch has to look. @param parts the captured
 * segments, with room for FLAREI_INDEX_PARTS_MAX */
const struct flarei_indexed *flarei_index_find(const struct flarei_index *index, const flare_request *rq,
                                               flare_str *parts);

/** 404. */
FLARE_NOINLINE_COLD flare_reply flarei_reply_not_found(flare_request *rq) FLARE_MUST_USE;
/** 405 with `Allow`. @param allow a constant such as "GET, HEAD, OPTIONS" */
FLARE_NOINLINE_COLD flare_reply flarei_reply_not_allowed(flare_request *rq, flare_str allow) FLARE_MUST_USE;
/** What OPTIONS gets where no route takes it: 204 with `Allow`. */
flare_reply flarei_reply_options(flare_request *rq, flare_str allow) FLARE_MUST_USE;

/* ---- Guards and after-phases ---- */

/** What `_pass` makes: a mark that only this request's guards have, and no reply has. */
static inline flare_reply flarei_pass(const flare_request *rq)
{
    return FLARE_LIT(flare_reply){rq->state == FLAREI_REQUEST_OPEN ? ~rq->mark : 0};
}
/** Did a guard let the request pass? */
static inline bool flarei_is_passed(const flare_request *rq, flare_reply verdict)
{
    return FLARE_LIKELY(verdict.flarei_mark == ~rq->mark);
}
/** What a route returns when a guard did not: the guard's reply, or a 500 where no constructor made the
 * verdict. */
FLARE_NOINLINE_COLD flare_reply flarei_guard_refused(flare_request *rq, flare_reply verdict,
                                                     const char *guard) FLARE_MUST_USE;
/** Does the caller not say who they are: is an input of a guard absent that it requires, or its token wrong?
 *  @param token NULL if the guard reads none */
FLARE_NOINLINE_COLD bool flarei_is_unauthorized(const flare_request *rq, const struct flarei_input *token);

/* An after-phase that was entered: it heads what the phase is called with. */
struct flarei_entered {
    struct flarei_entered *before; /* entered before it, so it runs after it */
    uint32_t number;
};

/** Memory for one, from the request's. @param bytes with what follows the head @return NULL without memory */
static inline void *flarei_phase_make(flare_request *rq, size_t bytes)
{
    return flarei_arena_alloc(rq->arena, bytes);
}
/** From here on it will run, once. */
static inline void flarei_enter(flare_request *rq, struct flarei_entered *phase, uint32_t number)
{
    phase->number = number;
    phase->before = rq->phases;
    rq->phases = phase;
}
/** Enters one that is called with nothing. @return false without memory */
static inline bool flarei_enter_phase(flare_request *rq, uint32_t number)
{
    struct flarei_entered *const phase = (struct flarei_entered *)flarei_phase_make(rq, sizeof *phase);

    if (FLARE_UNLIKELY(phase == NULL))
        return false;
    flarei_enter(rq, phase, number);
    return true;
}
/** Takes the one that was entered last. @return NULL when there is none left */
static inline struct flarei_entered *flarei_leave(flare_request *rq)
{
    struct flarei_entered *const phase = rq->phases;

    if (phase != NULL)
        rq->phases = phase->before;
    return phase;
}

/* ---- The body ---- */

struct flarei_body_rule {
    uint64_t max_bytes;           /* 413 above; 0: the service's limit */
    uint64_t inflated_max_bytes;  /* the same, of a coded body once it is decoded; 0: as max_bytes */
    const flare_str *media_types; /* lower case, no parameters; 415 for others; NULL for any */
    uint32_t media_type_count;
    bool required;                            /* 400 when the request has none; else that is an empty one */
    uint32_t body_time_ms;                    /* 408 above; 0: the service's limit */
    uint32_t time_ms;                         /* the same, of the whole request */
    const struct flarei_form_rule *multipart; /* what its parts are */
    /* It is read as it comes, and begun by this: flarei_upload_begin(); or NULL. */
    bool (*begin)(flare_request *rq, const struct flarei_form_rule *multipart);
    bool streamed; /* the handler reads it: flarei_stream_read() */
};

enum flarei_body_state {
    FLAREI_BODY_READY,  /* rq->body is it */
    FLAREI_BODY_LATER,  /* return flarei_park() */
    FLAREI_BODY_REFUSED /* return flarei_reply_body_refused() */
};

/** Asks for the body, once the head's inputs passed. */
enum flarei_body_state flarei_body(flare_request *rq, const struct flarei_body_rule *rule);
/** The body as text: UTF-8 without U+0000. @return false: refused, as FLAREI_BODY_REFUSED says */
bool flarei_body_text(flare_request *rq, flare_str *text) FLARE_MUST_USE;
/** Parks the request until its body is complete; then `resume(rq, copy of input)` runs. @return what dispatch
 * returns */
flare_reply flarei_park(flare_request *rq, flare_reply (*resume)(flare_request *rq, void *input),
                        const void *input, size_t input_bytes) FLARE_MUST_USE;
/** The reply to the refusal that flarei_body() met: 413, 415 or 400. */
flare_reply flarei_reply_body_refused(flare_request *rq) FLARE_MUST_USE;

/* ---- State ---- */

/** The service's state. */
static inline void *flarei_state(flare_request *rq)
{
    return rq->service_state;
}

/** The worker's. */
static inline void *flarei_worker_state(flare_request *rq)
{
    return rq->worker_state;
}

FLARE_END

#include <flare/gen_docs.h>
#include <flare/gen_input.h>
#include <flare/gen_reply.h>
#include <flare/gen_use.h>

#endif
