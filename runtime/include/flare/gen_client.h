/* flare/gen_client.h - what emitted clients are made of. For emitted code only, as gen.h is.
 *
 * A call notes what is wrong with its inputs and goes on, so that all of it is told at once; memory that was
 * not there is remembered, and told by flarei_call_send().
 */
#ifndef FLARE_GEN_CLIENT_H
#define FLARE_GEN_CLIENT_H

#include <flare/file.h>
#include <flare/flow.h>
#include <flare/gen_json.h>
#include <flare/remote.h>

FLARE_BEGIN

/* A call while it is made. */
struct flarei_calling {
    const flare_remote *remote;
    flare_call *call;
    flare_str method;
    flare_str content;
    flare_str content_type;
    flare_field *fields; /* the remote's and the call's */
    size_t field_count;
    size_t field_room;
    flarei_arena_mark mark; /* before the body was read again */
    bool asks;              /* there is a '?' in the URL */
    bool keep_redirects;    /* the spec declares one */
    bool events;            /* the spec declares a reply of events, which stays open */
    bool headless;          /* of HEAD, whose reply has no content */
    bool undeclared;        /* the spec declares no refusals of the handshake */
    bool is_text;           /* of `content` that came as a message */
    flare_str subprotocol;  /* the only one to offer; empty: all of the route */
    flare_err err;          /* FLARE_ERR_MEMORY */
};

/** Begins a call. @param call is set to zero @return false: no memory, and nothing to free */
bool flarei_call_begin(struct flarei_calling *calling, const flare_remote *remote, flare_call *call,
                       flare_str method) FLARE_MUST_USE;

/* ---- What is asked ---- */

/** Looks at the method of a route of any; one that no route takes is FLARE_ERR_ARGUMENT. */
void flarei_call_method(struct flarei_calling *calling, enum flare_method method);

/** Values as text. @return it, in memory of the call */
flare_str flarei_call_i64(struct flarei_calling *calling, int64_t value);
flare_str flarei_call_u64(struct flarei_calling *calling, uint64_t value);
flare_str flarei_call_f32(struct flarei_calling *calling, float value);
flare_str flarei_call_f64(struct flarei_calling *calling, double value);
flare_str flarei_call_uuid(struct flarei_calling *calling, flare_uuid value);
flare_str flarei_call_date(struct flarei_calling *calling, flare_date value);
flare_str flarei_call_time(struct flarei_calling *calling, flare_time value);
flare_str flarei_call_ipv4(struct flarei_calling *calling, flare_ipv4 value);
flare_str flarei_call_ipv6(struct flarei_calling *calling, flare_ipv6 value);
/** "Bearer " and a token. */
flare_str flarei_call_bearer(struct flarei_calling *calling, flare_str token);
static inline flare_str flarei_call_bool(bool value)
{
    return value ? FLARE_STR("true") : FLARE_STR("false");
}

/** Adds text of a path as it stands in a URL. */
void flarei_call_path(struct flarei_calling *calling, flare_str path);
/** Adds what stands for a `*`: segments, and slashes between them. */
void flarei_call_rest(struct flarei_calling *calling, flare_str rest);
/** Notes that something is wrong, unless the rule is FLAREI_FINE. @param name empty for a body */
void flarei_call_note(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                      enum flarei_rule rule);
/** Adds a value where it belongs, a field of a form to the body; or notes the rule that it breaks.
 *  @param index of an item, or -1 @param text lives as long as the call */
void flarei_call_value(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                       ptrdiff_t index, flare_str text, enum flarei_rule rule);
/** The same for credentials, in an Authorization field (RFC 7617). */
void flarei_call_basic(struct flarei_calling *calling, flare_str name, flare_basic basic);
/** Notes an array of fewer or more items. */
void flarei_call_count(struct flarei_calling *calling, enum flarei_place place, flare_str name, size_t count,
                       size_t min, size_t max);
/** Notes an array in which two items are alike. */
void flarei_call_unique(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                        const void *items, size_t count, size_t item_bytes, enum flarei_items kind);
/** Sets a body that is sent as it is; an empty one is none. */
void flarei_call_content(struct flarei_calling *calling, flare_str content, flare_str content_type);
/** Begins a body. @return where it is written */
flare_buffer *flarei_call_body(struct flarei_calling *calling, flare_str content_type);
/** Begins a body of multipart/form-data: values of the body are parts of it. */
void flarei_call_multipart(struct flarei_calling *calling);
/** Adds a file to it. @param min bytes @param media_types in lower case; NULL for any */
void flarei_call_file(struct flarei_calling *calling, flare_str name, ptrdiff_t index, const flare_file *file,
                      uint64_t min, uint64_t max, const flare_str *media_types, uint32_t media_type_count);
/** What was written as JSON is read as the service will read it: begins that. @return as flarei_json_begin()
 */
const char *flarei_call_body_read(struct flarei_calling *calling, struct flarei_json *json) FLARE_MUST_USE;
/** Ends it, and notes what broke its type. */
void flarei_call_body_checked(struct flarei_calling *calling, struct flarei_json *json, const char *at);

/** The same for a line of several, which begins at `start`; the second puts a line end behind it. */
const char *flarei_call_line_read(struct flarei_calling *calling, struct flarei_json *json,
                                  size_t start) FLARE_MUST_USE;
void flarei_call_line_checked(struct flarei_calling *calling, struct flarei_json *json, const char *at,
                              size_t start, size_t index);

/* ---- What comes back ---- */

enum flarei_declared_kind {
    FLAREI_DECLARED_EMPTY,
    FLAREI_DECLARED_CONTENT,
    FLAREI_DECLARED_JSON,
    FLAREI_DECLARED_PROBLEM
};

/* A reply that the spec declares. */
struct flarei_declared {
    unsigned status;
    enum flarei_declared_kind kind;
    flare_str type; /* its media type, empty for any; of a problem, its `type` */
};

/** Asks, and waits for the reply. @return FLARE_OK; FLARE_ERR_ARGUMENT where something was noted; as
 * flare_fetch_wait() */
flare_err flarei_call_send(struct flarei_calling *calling) FLARE_MUST_USE;
/** Which of the declared replies came. @return its number, from 1; 0: none of them */
unsigned flarei_call_match(struct flarei_calling *calling, const struct flarei_declared *declared,
                           size_t count) FLARE_MUST_USE;
/** Begins to read the content as JSON. @return as flarei_json_begin() */
const char *flarei_call_reply_read(struct flarei_calling *calling, struct flarei_json *json) FLARE_MUST_USE;
/** Ends it, and notes what broke its type. */
void flarei_call_reply_checked(struct flarei_calling *calling, struct flarei_json *json, const char *at);
/** Finds a field, or a cookie that is set; notes one that must be there. @return is it there? */
bool flarei_call_reply_value(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                             bool required, flare_str *text) FLARE_MUST_USE;
/** Ends the call. @param number what flarei_call_match() returned
 *  @return FLARE_OK; FLARE_ERR_CONTRACT; FLARE_ERR_MEMORY */
flare_err flarei_call_end(struct flarei_calling *calling, unsigned number) FLARE_MUST_USE;

/* ---- Events ---- */

/** Waits for the next event of a reply. What the last one took is given back. @param calling is set, for the
 * next two @param event what it has beside its data; may be NULL
 *  @return FLARE_OK; FLARE_ERR_CLOSED behind the last; FLARE_ERR_STATE where no reply of events is open;
 * FLARE_ERR_LIMIT; FLARE_ERR_MEMORY; as flare_fetch_read() */
flare_err flarei_call_event(struct flarei_calling *calling, flare_call *call,
                            flare_event *event) FLARE_MUST_USE;
/** Begins to read its data as JSON. @return as flarei_json_begin() */
const char *flarei_call_event_read(struct flarei_calling *calling, struct flarei_json *json) FLARE_MUST_USE;
/** Ends it. @return FLARE_OK; FLARE_ERR_CONTRACT, with failures; FLARE_ERR_MEMORY */
flare_err flarei_call_event_checked(struct flarei_calling *calling, struct flarei_json *json,
                                    const char *at) FLARE_MUST_USE;

/* ---- WebSockets ---- */

/* Which messages a side may send. */
enum flarei_messages { FLAREI_MESSAGES_NONE, FLAREI_MESSAGES_TEXT, FLAREI_MESSAGES_BYTES };

/* What a route says of its sockets. */
struct flarei_call_rule {
    const flare_str *protocols; /* Sec-WebSocket-Protocol values, the best first */
    uint32_t protocol_count;
    uint32_t message_max_bytes; /* that the service takes; 0: 64 KiB */
    enum flarei_messages hears; /* what the service sends */
    bool deflate;               /* permessage-deflate is offered */
    bool undeclared;            /* the spec declares no refusals */
};

/** Shakes hands, and waits for the reply, which is then matched as any other; the first of those declared is
 * `101` without content. @return as flarei_call_send() */
flare_err flarei_call_open_socket(struct flarei_calling *calling,
                                  const struct flarei_call_rule *rule) FLARE_MUST_USE;

/** Begins a message. @param calling is set, for what follows @return FLARE_OK; FLARE_ERR_STATE where no
 * socket was opened, or another waits to send */
flare_err flarei_call_say_begin(struct flarei_calling *calling, flare_call *call) FLARE_MUST_USE;
/** Sends it, the content or the body, and waits until there is room for the next one. @param is_text UTF-8,
 * or bytes
 *  @return FLARE_OK; FLARE_ERR_ARGUMENT where something was noted; FLARE_ERR_LIMIT (over what the service
 * takes); FLARE_ERR_CONTRACT (the service sends what is not declared); as flare_ws_client_send_text(), but
 * FLARE_ERR_AGAIN; FLARE_ERR_CANCELLED */
flare_err flarei_call_say(struct flarei_calling *calling, bool is_text) FLARE_MUST_USE;

/** Waits for the next message. What the last one took is given back. @param calling is set, for the next two;
 * its content is the message @param is_text what it has to be
 *  @return FLARE_OK; FLARE_ERR_TIMEOUT: none came; FLARE_ERR_CLOSED behind the last; FLARE_ERR_CONTRACT of
 * another kind, then the socket is ended with 1003; FLARE_ERR_STATE where no socket was opened, or another
 * waits; FLARE_ERR_CANCELLED, by a drain too; FLARE_ERR_MEMORY; another error that the connection ended with
 */
flare_err flarei_call_message(struct flarei_calling *calling, flare_call *call, bool is_text,
                              uint64_t timeout_ms) FLARE_MUST_USE;
/** Begins to read it as JSON. @return as flarei_json_begin() */
const char *flarei_call_message_read(struct flarei_calling *calling, struct flarei_json *json) FLARE_MUST_USE;
/** Ends it. @return FLARE_OK; FLARE_ERR_CONTRACT, with failures, and the socket is ended with 1007;
 * FLARE_ERR_MEMORY */
flare_err flarei_call_message_checked(struct flarei_calling *calling, struct flarei_json *json,
                                      const char *at) FLARE_MUST_USE;

FLARE_END
#endif
