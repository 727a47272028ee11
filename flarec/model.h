/* model.h - what a checked spec means: the only input of plan/ and emit/.
 *
 * The checker makes it and hands it on only if there was no error, so a reader needs no second check:
 * references are resolved, aliases folded into effective constraints, group prefixes into full paths,
 * inherited inputs, `use`s and limits into each route, and every C name is made (snake_case, keywords with a
 * trailing `_`, clashes refused). Lists are arrays with a count, in the order of the text where nothing else
 * is said. All of it lives in the compilation's arena and does not change after the check.
 *
 * Names: `name` is what is on the wire, `c_name` what is in C. c_names of declarations, handlers and
 * constructors are complete (`shop_product`), of fields and inputs bare (`created_at`). The emitter derives
 * the rest by suffixes, which the checker has proved free: types `_opt _patch _array _array_opt _array_patch
 * _map _map_opt _map_patch _map_entry`, unions `_tag` and `_ARM`, handlers `_in _reply _fail`.
 */
#ifndef FLAREC_MODEL_H
#define FLAREC_MODEL_H

#include "ast.h"
#include "builtin.h"

/* ---- types ------------------------------------------------------------------------------- */

enum type_kind {
    TYPE_BOOL,
    TYPE_I8,
    TYPE_I16,
    TYPE_I32,
    TYPE_I64,
    TYPE_U8,
    TYPE_U16,
    TYPE_U32,
    TYPE_U64,
    TYPE_F32,
    TYPE_F64,
    TYPE_STRING,
    TYPE_BYTES, /* as text: base64 (RFC 4648 section 4) */
    TYPE_UUID,
    TYPE_DATE,
    TYPE_DATETIME,
    TYPE_EMAIL,
    TYPE_URL, /* `url` and `uri` are one */
    TYPE_IPV4,
    TYPE_IPV6,
    TYPE_ENUM,     /* declaration */
    TYPE_OBJECT,   /* declaration */
    TYPE_ARRAY,    /* element */
    TYPE_UNION,    /* declaration */
    TYPE_MAP,      /* element: of text to it */
    TYPE_RAW_JSON, /* any JSON, as the text that it is */
    TYPE_STRUCT,   /* struct_tag: C of the user's own; parse, where it is an input */
    TYPE_FILE,     /* a part of a multipart body */
    TYPE_BEARER,   /* the token of an Authorization field (RFC 6750) */
    TYPE_ETAG,     /* an entity tag (RFC 9110 section 8.8.3) */
    TYPE_BASIC     /* the user and password of an Authorization field (RFC 7617) */
};

/* A number of any scalar type, exactly. */
struct number {
    bool negative;      /* whole numbers: the sign; zero is never negative */
    uint64_t magnitude; /* whole numbers */
    double real;        /* f32 and f64: the value; whole numbers: the nearest */
};

/* /…/ in a constraint. Equal texts are one pattern. */
struct pattern {
    unsigned index;     /* in model.patterns */
    const char *text;   /* as between the slashes */
    size_t length;      /* of text, in bytes */
    struct place place; /* of text where it stands first, without the slashes: offsets map one to one */
};

/* What a value must obey beyond its kind. Effective: an alias's are folded in, ranges cut to what the type
 * can hold. */
struct constraints {
    bool has_min, has_max; /* numbers: written by the user, and narrower than the type itself */
    struct number min, max;
    bool has_length_min; /* strings in code points, bytes and files in bytes, arrays and maps in items */
    bool has_length_max;
    uint64_t length_min, length_max;
    const struct pattern *const *patterns; /* all must match, whole; strings and their kin */
    size_t patterns_count;
    const char *const *schemes; /* url: in lower case; none means any */
    size_t schemes_count;
    const char *const *checks; /* C functions of the user's, by name: bool f(value) */
    size_t checks_count;
    const char *const *media_types; /* FILE: in lower case; none means any */
    size_t media_types_count;
    const char *realm; /* BASIC: or NULL */
    bool unique;       /* arrays: no two items alike */
    bool secret;       /* never logged */
    bool as_text;      /* i64(text), u64(text): a string in JSON */
};

struct type {
    enum type_kind kind;
    bool optional;                         /* `?` */
    struct place place;                    /* where it is used */
    const char *written;                   /* its text there, for comments: "string(1..40)" */
    const struct declaration *declaration; /* ENUM, OBJECT */
    const struct declaration *alias;       /* the alias it was written by, or NULL */
    const struct type *element;            /* ARRAY, MAP: never optional */
    const char *struct_tag;                /* STRUCT: after `struct ` */
    const char *parse;                     /* STRUCT: the C function that makes one of text, or NULL */
    struct constraints constraints;
};

/* A constant of a known type: a default, or a constant header. */
struct constant {
    struct place place;
    const char *written;          /* its text, for comments */
    bool boolean;                 /* BOOL */
    struct number number;         /* numbers */
    const char *text;             /* string kinds: the value, checked; NUL-terminated */
    size_t length;                /* of text, in bytes */
    const struct member *member;  /* ENUM */
    const struct constant *items; /* ARRAY */
    size_t items_count;
};

/* A C function of the user's that a type names: bool check(value). */
struct call {
    const char *name;
    struct place place;            /* where it is named first */
    const struct type *type;       /* of the value; its C type is the same wherever the function is named */
    const struct library *library; /* it is named there first; NULL for the file at hand */
};

/* A default, or an item of one, whose type has patterns: plan/, which has the automata, runs them. */
struct patterned {
    const struct type *type;
    const struct constant *constant;
};

/* A member of an enum. */
struct member {
    const char *name;
    const char *c_name; /* complete: TRACKER_STATUS_IN_PROGRESS */
    const char *doc;    /* or NULL */
    struct place place;
    unsigned value; /* from 1 */
};

/* A field of an object. */
struct property {
    const char *name;
    const char *c_name;
    const char *doc; /* or NULL */
    struct place place;
    const struct type *type;
    const struct constant *fallback; /* or NULL */
    bool by_pointer;                 /* an optional that may hold its own type again: C holds a const pointer,
                                        NULL where it is absent */
};

enum declaration_kind { DECLARATION_ENUM, DECLARATION_OBJECT, DECLARATION_ALIAS, DECLARATION_UNION };

/* A file that is imported. */
struct library {
    const char *name;   /* as written: money */
    const char *c_name; /* prefix of its symbols */
    const char *doc;    /* or NULL */
    const struct source *source;
    const char *header; /* file name of its header: money.flare.h */
    const struct library *const *imports;
    size_t imports_count;
};

struct declaration {
    enum declaration_kind kind;
    unsigned index; /* distinct for each of a compilation */
    const char *name;
    const char *c_name;
    const char *doc;    /* or NULL */
    struct place place; /* of its name */
    const struct member *members;
    size_t members_count;
    const struct property *properties; /* OBJECT: fields; UNION: arms, whose types are objects */
    size_t properties_count;
    const struct type *aliased;
    const struct library *library; /* it is declared there; NULL for the file at hand */
    const char *tag;               /* UNION: the member that tells the arm */
    bool strict;                   /* OBJECT: unknown members are refused */
    bool patch;                    /* OBJECT: RFC 7396; every member may be absent, those with `?` null */
    bool open;                     /* ENUM: unknown members are taken as c_unknown */
    const char *c_unknown;         /* ENUM, open: SHOP_COLOR_UNKNOWN */
    bool used_in_input;            /* some input's type reaches it */
    bool used_in_reply;            /* some reply's does */
};

/* ---- inputs, bodies, replies ---------------------------------------------------------------- */

enum input_kind { INPUT_PATH, INPUT_QUERY, INPUT_HEADER, INPUT_COOKIE };

struct input {
    enum input_kind kind;
    const char *name; /* headers as written: they match in any case */
    const char *c_name;
    const char *doc; /* or NULL */
    struct place place;
    const struct type *type;         /* a scalar, an enum, or an array of those; QUERY: or an object, whose
                                        fields are keys of their own */
    const struct constant *fallback; /* or NULL */
};

enum body_kind {
    BODY_NONE,
    BODY_BYTES,
    BODY_TEXT,
    BODY_JSON,
    BODY_NDJSON,
    BODY_FORM,
    BODY_MULTIPART,
    BODY_STREAM
};

/* A request without one has a text, bytes or a stream of length 0. What has a form of its own has to be
 * there. */
bool body_kind_may_be_absent(enum body_kind kind);

struct body {
    enum body_kind kind;
    bool streamed; /* STREAM, and NDJSON of an async handler: the handler reads it as it comes */
    struct place place;
    bool has_max;                /* it is limited where it is declared */
    uint64_t max_bytes;          /* that it may have, whatever said so; 0: the runtime's limit */
    uint64_t inflated_max_bytes; /* that a coded one may become; 0: as max_bytes, or inflate() is not used */
    const char *const *media_types; /* in lower case; none means any, or the kind's own */
    size_t media_types_count;
    const struct type *type; /* JSON: any; NDJSON, FORM, MULTIPART: an object; else NULL */
};

enum content_kind {
    CONTENT_EMPTY,
    CONTENT_TEXT,
    CONTENT_JSON,
    CONTENT_BYTES,
    CONTENT_PROBLEM,
    CONTENT_STREAM, /* bytes, sent piece by piece */
    CONTENT_SSE,    /* events, each of the type as JSON */
    CONTENT_HTML,   /* a page */
    CONTENT_FILE /* a file, sent while its handler waits; its media type may be any: then its name tells it */
};

struct page; /* template/page.h */

/* header X: T;  or  header X = "v"; */
struct reply_header {
    const char *name;
    const char *c_name;
    const char *doc; /* or NULL */
    struct place place;
    const struct type *type;         /* NULL for a constant one */
    const struct constant *constant; /* a string; or NULL */
};

/* cookie sid(max_age: 30d): string; */
struct reply_cookie {
    const char *name;
    const char *c_name;
    const char *doc; /* or NULL */
    struct place place;
    const struct type
        *type; /* a scalar; optional: not set where absent; NULL: it is removed (max_age is 0) */
    bool has_max_age;
    uint64_t max_age_seconds;
    const char *path;      /* "/" where not given */
    const char *domain;    /* or NULL */
    const char *same_site; /* "Lax", "Strict", "None" */
    bool secure;
    bool http_only;
};

struct reply {
    struct place place;
    const char *doc; /* or NULL */
    unsigned status;
    const char *reason;      /* RFC 9110 and the registry: "Not Found"; "" for one that has none */
    const char *constructor; /* bare, in C: ok, not_found, out_of_stock */
    const char *c_name;      /* complete: shop_create_product_out_of_stock */
    enum content_kind content;
    const char *media_type;  /* as Content-Type sends it; NULL for EMPTY */
    const struct type *type; /* JSON, SSE; HTML: or NULL */
    const struct page *page; /* HTML */
    uint64_t heartbeat_ms;   /* SSE: a comment after so long without an event; 0: none */
    uint64_t retry_ms;       /* SSE: what the client is told first; 0: nothing */
    const char *slug;        /* PROBLEM: as written, or NULL */
    const struct reply_header *headers;
    size_t headers_count;
    const struct reply_cookie *cookies;
    size_t cookies_count;
    const struct reply_header *trailers; /* STREAM; each has a type */
    size_t trailers_count;
};

/* ---- routes --------------------------------------------------------------------------------- */

enum segment_kind { SEGMENT_STATIC, SEGMENT_PARAMETER, SEGMENT_WILDCARD };

/* What stands after one `/`. `/` alone is one static segment with an empty text; a trailing slash ends in
 * one. */
struct segment {
    enum segment_kind kind;
    const char *text; /* STATIC: canonical: unreserved characters unescaped, other escapes in upper case; else
                         the name */
    struct place place;
    const struct input *input; /* PARAMETER: one of the route's inputs */
};

enum limit_key {
    LIMIT_HEAD,      /* bytes of a request's head */
    LIMIT_URI,       /* bytes of its target */
    LIMIT_HEADERS,   /* number of field lines */
    LIMIT_BODY,      /* bytes */
    LIMIT_MESSAGE,   /* bytes of a WebSocket's message */
    LIMIT_REQUESTS,  /* a connection */
    LIMIT_HEAD_TIME, /* milliseconds, and all below */
    LIMIT_BODY_TIME,
    LIMIT_IDLE_TIME,
    LIMIT_WRITE_TIME,
    LIMIT_TIME,      /* from the match to the end of the reply */
    LIMIT_PING_TIME, /* of a WebSocket, as the next three */
    LIMIT_PONG_TIME,
    LIMIT_MESSAGE_TIME,
    LIMIT_CLOSE_TIME,
    LIMIT_UNSENT,   /* bytes that wait for a WebSocket's peer */
    LIMIT_STREAMS,  /* of an HTTP/2 connection at once */
    LIMIT_WINDOW,   /* bytes of a stream's body that are taken ahead */
    LIMIT_INFLATED, /* bytes that a coded body may become; unset: as many as it may have */
    LIMIT_DEPTH,    /* of JSON: containers that are open at once */
    LIMIT_COUNT
};

struct limit {
    bool set;
    uint64_t value;
    struct place place;
};

enum use_kind {
    USE_REQUEST_ID,
    USE_LOG,
    USE_DEFLATE,
    USE_SUBPROTOCOL,
    USE_GUARD,
    USE_CORS,
    USE_METRICS,
    USE_COMPRESS,
    USE_INFLATE,
    USE_SECURITY_HEADERS,
    USE_TRACE,
    USE_SERVER_TIMING,
    USE_RATE_LIMIT,
    USE_CSRF,
    USE_ETAG,
    USE_CACHE
};

/* log(): what is not the usual. */
struct log_settings {
    double sample; /* the part of requests that went well, to 1 */
    bool query;
    const char **headers; /* fields that are logged */
    size_t headers_count;
    const char **redact; /* keys and names whose values are not */
    size_t redact_count;
};

struct rate_limit {
    uint64_t requests, burst, clients;
    uint64_t per_ms;
    const char *header; /* that tells clients apart; NULL: their address does */
};

/* csrf(): origins of others that may send. */
struct csrf {
    const char *const *trusted;
    size_t trusted_count;
};

/* cache(): replies that are kept. */
struct cache {
    uint64_t memory_bytes, max_bytes, fresh_seconds;
    uint64_t stale_if_error_seconds, stale_while_revalidate_seconds;
    uint64_t join_ms;
    bool reload, status;
};

/* security_headers(): fields of every reply. */
struct headers {
    struct header_text {
        const char *name, *value;
    } items[12];
    size_t count;
    const char *transport; /* Strict-Transport-Security, of replies over TLS; or NULL */
};

/* compress(), inflate(): content codings. */
struct codings {
    const char *const *names; /* "gzip": the one that is liked best first */
    size_t count;
    uint64_t level;
    uint64_t min_bytes;
};

/* cors(): which pages of other origins may read replies. */
struct cors {
    const char *const *origins; /* none: any */
    size_t origins_count;
    bool credentials;
    const char *methods; /* "GET, PUT"; NULL: those that the routes have */
    const char *headers; /* that pages may send besides those that the routes read; or NULL */
    const char *expose;  /* or NULL */
    const char *max_age; /* in seconds; or NULL */
};

struct use {
    enum use_kind kind;
    struct place place;
    const struct guard *guard; /* GUARD */
    bool context;              /* DEFLATE: kept between messages */
    unsigned window_bits;      /* DEFLATE */
    const char **names;        /* SUBPROTOCOL: the best first */
    size_t names_count;
    const struct cors *cors;        /* CORS */
    const struct codings *codings;  /* COMPRESS, INFLATE */
    const struct headers *headers;  /* SECURITY_HEADERS */
    const struct rate_limit *rate;  /* RATE_LIMIT */
    const struct csrf *csrf;        /* CSRF */
    const struct log_settings *log; /* LOG: NULL where it has none */
    const struct cache *cache;      /* CACHE */
    bool weak;                      /* ETAG */
};

/* gives user: User; */
struct given {
    const char *name;
    const char *c_name;
    const char *doc; /* or NULL */
    struct place place;
    const struct type *type; /* any; a STRUCT is given by pointer */
};

enum session_store { SESSION_COOKIE, SESSION_MEMORY, SESSION_REDIS };

/* How a session is kept. */
struct session {
    const struct declaration *declaration; /* of what it holds */
    enum session_store store;
    struct reply_cookie cookie; /* without a type; max_age is the session's */
    uint64_t idle_seconds;      /* 0: only max_age counts */
    uint64_t max;               /* of those in memory */
};

/* A guard: a C function of the user's that runs before the handlers under it. */
struct guard {
    unsigned index; /* in model.guards */
    const char *name;
    const char *c_name; /* complete: shop_signed_in */
    const char *doc;    /* or NULL */
    struct place place;
    const struct library *library; /* it is declared there; NULL for the file at hand */
    const struct input *inputs;    /* its own */
    size_t inputs_count;
    const struct use *uses; /* guards that run before it, whose gives it reads */
    size_t uses_count;
    const struct given *gives;
    size_t gives_count;
    const struct reply *replies; /* how it refuses */
    size_t replies_count;
    const struct session *session; /* it reads this session, and is no function of the user's; or NULL. Its
                                      input, the cookie, is never refused */
    bool waits; /* for its session, or that of a guard it uses: it runs where the handler does */
    bool after; /* it has an after-phase too */
    bool used;  /* some route runs it: what calls it is written only then */
};

/* What a WebSocket's messages are. */
enum message_kind { MESSAGE_NONE, MESSAGE_JSON, MESSAGE_TEXT, MESSAGE_BYTES };

struct messages {
    enum message_kind kind;
    struct place place;
    const struct type *type; /* JSON */
};

struct route {
    unsigned index;     /* in model.routes */
    const char *doc;    /* or NULL */
    const char *method; /* "GET"; NULL for ANY */
    const char *word;   /* as written: "GET", "ANY", "WS" */
    bool websocket;     /* a GET that becomes a WebSocket: its handler is three functions */
    struct place method_place;
    struct place place; /* of the statement */
    struct place path_place;
    const char *path; /* complete, prefixes included: "/t/:tenant/projects/:project" */
    const struct segment *segments;
    size_t segments_count;
    bool wildcard; /* the last segment is `*`: in->rest */

    enum handler_kind handler;
    enum handler_way way;        /* FUNCTION */
    enum handler_way socket_way; /* of a WebSocket's messages; its handshake is plain */
    const char *handler_name;    /* FUNCTION: as written */
    const char *handler_c_name;  /* FUNCTION: complete */
    struct place handler_place;  /* FUNCTION: of its name */
    bool handler_repeated;       /* FUNCTION: an earlier route has it too; neither has inputs or replies */
    unsigned fixed_status;       /* FIXED and REDIRECT */
    const char *fixed_reason;    /* of the status: "OK", or "" */
    const char *fixed_media_type;
    const char *fixed_body;   /* FIXED: the body; REDIRECT: the Location */
    size_t fixed_length;      /* of fixed_body, in bytes */
    struct files files;       /* FILES */
    struct upstream upstream; /* PROXY */
    const char *ready_name;   /* READY: the function that has a say, as written; or NULL */
    const char *ready_c_name;
    struct place ready_place;

    const struct input *inputs; /* path in the path's order, then query, header, cookie, outer before inner */
    size_t inputs_count;
    struct body body;
    struct messages receive;     /* websocket */
    struct messages send;        /* websocket */
    const struct reply *replies; /* none: the handler returns a plain flare_reply */
    size_t replies_count;
    const struct use *uses; /* from outer to inner */
    size_t uses_count;
    struct limit limits[LIMIT_COUNT]; /* inner over outer; unset ones are the runtime's */
};

/* error 404 -> page; */
struct error_page {
    unsigned status; /* 0: all that have none of their own */
    const char *name;
    const char *c_name; /* complete: shop_page */
    struct place place;
    bool repeated; /* another has the same function */
};

struct model {
    const struct source *source;
    bool is_library;                      /* the file at hand is one: only its header is written */
    const char *name;                     /* as written */
    const char *c_name;                   /* prefix of every symbol, without the `_` */
    const char *doc;                      /* or NULL */
    const char *version;                  /* "" where not given */
    const char *state;                    /* C struct tag after `struct `, or NULL */
    const char *worker_state;             /* the same, of each worker */
    const struct error_page *error_pages; /* those of one status, then the one for all others, if any */
    size_t error_pages_count;
    struct place place;
    struct limit limits[LIMIT_COUNT]; /* the service's own */
    const struct use *uses;           /* the service's own: for every request, matched or not */
    size_t uses_count;
    const struct declaration *const *declarations; /* each after those it holds by value, imported ones too */
    size_t declarations_count;
    const struct library *const *libraries; /* all that were read, each after those it imports */
    size_t libraries_count;
    const struct library *const *imports; /* those that the file at hand imports itself */
    size_t imports_count;
    const struct guard *const *guards; /* each after those it uses, imported ones too */
    size_t guards_count;
    const struct route *routes;
    size_t routes_count;
    const struct pattern *const *patterns;
    size_t patterns_count;
    const struct patterned *patterned;
    size_t patterned_count;
    const struct call *const *calls; /* those of `check:` */
    size_t calls_count;
    const char *const *files; /* all that were read, the spec first: for the depfile */
    size_t files_count;
};

/* What a route is handled by, for people: the handler's name in C, or "docs()". */
const char *route_handler_words(const struct route *route);

/* The function that a route's ready() asks, once for all routes that ask it; NULL: none, or an earlier route
 * has it. */
const char *ready_first(const struct model *model, size_t index);

/* Does a cache() keep replies of this route? */
bool cache_keeps(const struct route *route);

#endif
