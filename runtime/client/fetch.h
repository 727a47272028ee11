/* client/fetch.h - inside a request under way. */
#ifndef FLAREI_CLIENT_FETCH_H
#define FLAREI_CLIENT_FETCH_H

#include "client/coding.h"
#include "client/forward.h"
#include "client/pool.h"
#include "client/upload.h"

/** What follows the reply that is under way. */
enum flarei_fetch_next {
    FLAREI_FETCH_REPLY,
    FLAREI_FETCH_REDIRECT,
    FLAREI_FETCH_RETRY,
    FLAREI_FETCH_UNASKED /* the request again, without its expectation */
};

/** Of one that is waited for. */
struct flarei_fetch_waiter {
    struct flarei_fiber *fiber; /* that waits just now; or NULL */
    flare_buffer kept;          /* content that came */
    flare_buffer given;         /* what its reader has */
    flare_err err;              /* once done */
    bool headed;
    bool done;
    bool lost; /* there was no memory for content */
};

struct flare_fetch {
    struct flarei_link link;    /* of the client's: fetches or dead ones */
    struct flarei_link waiting; /* of an origin's */
    flare_client *client;       /* NULL when it is no more */
    struct flarei_origin *origin;
    struct flarei_connection *connection;   /* while it has one */
    struct flarei_h2_client_stream *stream; /* of that, where it is one of HTTP/2 */
    flare_fetch_handler handler;
    void *context;
    flare_arena arena;
    flare_timer timer;
    uint64_t deadline_ms; /* of all; UINT64_MAX: none */
    uint64_t silent_ms;   /* when the peer's silence has lasted too long; UINT64_MAX: not counted */
    uint64_t held_ms;     /* until when content waits for 100 (Continue); UINT64_MAX: it does not */
    uint64_t again_ms;    /* when the next try begins; UINT64_MAX: none is to */
    uint64_t content_max_bytes;
    uint64_t content_bytes; /* that were handed out or collected */
    uint32_t connect_ms;
    uint32_t silence_ms;
    uint32_t expect_ms;
    uint32_t redirects_max;
    uint32_t retries_max;

    enum flare_method method;
    flare_str method_token;
    flare_str url_text;
    struct flarei_url url;
    flare_field *fields;
    size_t field_count;
    flare_str content;
    flare_str content_type;
    struct flarei_upload upload; /* in place of `content` */

    flare_fetch_reply reply;
    flare_buffer collected;
    struct flarei_coding coding;
    flare_buffer coded; /* what came while it was paused */
    struct flarei_fetch_waiter waiter;
    struct flarei_forward *forward; /* it is passed on for somebody; or NULL */
    flare_buffer given; /* over HTTP/2: its content, from the first byte while it may be asked again */
    size_t given_sent;  /* of that */
    const char *why;
    flare_err err;    /* to be told by the timer */
    uint8_t stale;    /* connections that were gone already */
    uint8_t next;     /* enum flarei_fetch_next: what is not REPLY is dropped */
    bool asks_accept; /* a field of the caller's does */
    bool names_agent;
    bool has_cookies; /* of the caller's */
    bool keep_redirects;
    bool keep_coded;
    bool told;           /* of this reply */
    bool counts_content; /* against content_max_bytes */
    bool paused;
    bool patient; /* of one that is passed on: the peer waits for it, so its silence is not counted */
    bool over;    /* done was called, or will never be */
    bool freed;
};

/** Checks and copies what was asked for. */
flare_err flarei_fetch_copy(flare_fetch *fetch, const flare_fetch_options *options);

/** The value of Authorization that the options ask for; its ptr is NULL where they don't. @return FLARE_OK;
 * FLARE_ERR_ARGUMENT; FLARE_ERR_MEMORY */
flare_err flarei_fetch_authorization(flare_arena *arena, const flare_fetch_options *options,
                                     flare_str *value);

/** Begins one that is passed on: flarei_forward_start(). */
flare_err flarei_fetch_forward(flare_fetch **fetch, flare_client *client, const struct flarei_url *url,
                               enum flare_method method, struct flarei_forward *forward,
                               const flare_fetch_handler *handler, void *context) FLARE_MUST_USE;

/** Writes what a connection of HTTP/2 had taken of its content, and its peer did not look at. */
void flarei_forward_repeat(struct flarei_connection *connection, flare_fetch *fetch);

/** May a request of this method be sent twice (RFC 9110, section 9.2.2)? */
bool flarei_fetch_is_repeatable(enum flare_method method);

/** Does a request say something, if only that it says nothing (RFC 9110, section 8.6)? */
bool flarei_fetch_has_content(const flare_fetch *fetch);

/** How much that is, where that is known. */
static inline uint64_t flarei_fetch_content_bytes(const flare_fetch *fetch)
{
    return fetch->upload.is ? fetch->upload.source.length : fetch->content.len;
}

/** Does its content wait for the peer's word (RFC 9110, section 10.1.1)? */
static inline bool flarei_fetch_holds(const flare_fetch *fetch)
{
    return fetch->held_ms != UINT64_MAX;
}

/** It waits no longer, if it did. */
void flarei_fetch_let_go(flare_fetch *fetch);

/** There are news for who waits for it. */
void flarei_fetch_tell_waiter(flare_fetch *fetch);

/** Sets the timer to the first of its deadlines. */
void flarei_fetch_set_timer(flare_fetch *fetch);

/** It waits for no connection any more. */
void flarei_fetch_leave_queue(flare_fetch *fetch);

/** The last of its callbacks. */
void flarei_fetch_tell(flare_fetch *fetch, flare_err err);

/** Frees what nobody refers to. */
void flarei_fetch_bury(flare_fetch *fetch);

/** It has a connection, whose peer may be silent for a while from now on. */
void flarei_fetch_asked(flare_fetch *fetch, struct flarei_connection *connection);

/** The peer was heard. */
void flarei_fetch_heard(flare_fetch *fetch);

/** Takes a pause back. @return whether its connection has to go on now, which is the caller's to see to */
bool flarei_fetch_unpause(flare_fetch *fetch);

/** The head of a reply, interim ones apart. @param head all of its bytes @param response whose slices point
 * into them @return FLARE_OK; FLARE_ERR_MEMORY; FLARE_ERR_LIMIT. The fetch may be `over` afterwards. */
flare_err flarei_fetch_head(flare_fetch *fetch, const struct flarei_h1_response *response, flare_str head);

/** Content, as it came. @return likewise */
flare_err flarei_fetch_take(flare_fetch *fetch, flare_str part);

/** The reply is complete; the connection is no longer the fetch's. */
void flarei_fetch_ended(flare_fetch *fetch);

/** It failed; the connection is no longer the fetch's. @param why NULL or a constant */
void flarei_fetch_failed(flare_fetch *fetch, flare_err err, const char *why);

/** The same, not from within a call of the owner's. */
void flarei_fetch_fail_later(flare_fetch *fetch, flare_err err);

/** Its connection was gone before it took the request: asks again over another.
 *  @param unsent nothing of it left @return false if that may do harm, or was tried too often */
bool flarei_fetch_again(flare_fetch *fetch, bool unsent);

/** Puts it into the queue of its URL's origin. @param first before the others @return FLARE_OK;
 * FLARE_ERR_MEMORY; of making a TLS connector */
flare_err flarei_fetch_queue(flare_fetch *fetch, bool first);

#endif
