/* flare/gen_session.h - how emitted C reads and writes sessions. For emitted code only, as gen.h is.
 *
 * A session is JSON of its type; where that is kept is its store's affair. What is known of a request's
 * session is in its cookie, or in the one that its reply sets: nothing else is remembered between two calls.
 */
#ifndef FLARE_GEN_SESSION_H
#define FLARE_GEN_SESSION_H

#include <flare/gen.h>

FLARE_BEGIN

/** The JSON of one session at most. */
#define FLAREI_SESSION_MAX_BYTES 16384u

struct flare_loop;
struct flarei_session;
struct flarei_table;

/* How sessions are kept. Every call is the request's thread's, but for open and close. */
struct flarei_session_store {
    bool signs; /* it needs keys */
    bool local; /* what it keeps only this process knows */
    flare_err (*open)(struct flarei_session *session);
    void (*close)(struct flarei_session *session);
    /* `cookie` is what the client sent. @return FLARE_OK, FLARE_ERR_NOT_FOUND (it is none, or has ended), or
     * why that is not known */
    flare_err (*find)(flare_request *rq, const struct flarei_session *session, flare_str cookie,
                      flare_str *json);
    /* `cookie` may be empty: there is none yet. @param renew under another name */
    flare_err (*save)(flare_request *rq, const struct flarei_session *session, flare_str cookie,
                      flare_str json, bool renew);
    flare_err (*end)(flare_request *rq, const struct flarei_session *session, flare_str cookie);
    /* No handler runs on this loop any more: what the store has on it is to be closed. */
    void (*leave)(struct flare_loop *loop);
};

extern const struct flarei_session_store flarei_session_cookies; /* store: cookie */
extern const struct flarei_session_store flarei_session_memory;  /* store: memory */
extern const struct flarei_session_store flarei_session_redis;   /* store: redis; of flare::redis */

/* One session of a spec. */
struct flarei_session {
    struct flarei_input cookie; /* where its name is looked for */
    flare_str purpose;          /* what its cookie is signed for */
    flare_str attributes;       /* of its cookie, without Max-Age: "; Path=/; Secure" */
    const struct flarei_session_store *store;
    uint32_t max_age_s; /* from its beginning */
    uint32_t idle_s;    /* from its last use; 0: only max_age_s counts */
    uint32_t max;       /* of sessions that are kept in memory */
    uint32_t opened;    /* by servers */
    struct flarei_table *table;
};

/* Where keys come from. */
struct flarei_session_keys {
    const char *file; /* or NULL */
    const char *text; /* or NULL */
};

struct flarei_sessions;

/* What a server does with the sessions of a service: only a service that has some brings the code. */
struct flarei_session_calls {
    flare_err (*open)(const struct flarei_sessions *sessions, const struct flarei_session_keys *keys,
                      char *why, size_t why_bytes);
    flare_err (*reload)(const struct flarei_sessions *sessions, const struct flarei_session_keys *keys,
                        char *why, size_t why_bytes);
    void (*close)(const struct flarei_sessions *sessions);
    void (*leave)(const struct flarei_sessions *sessions, struct flare_loop *loop);
};

extern const struct flarei_session_calls flarei_session_calls;

/* Those of a service. */
struct flarei_sessions {
    const struct flarei_session_calls *calls;
    struct flarei_session *const *items;
    size_t count;
};

/** Finds the request's session. @param json set with FLARE_OK: as long as the request
 *  @return FLARE_OK, FLARE_ERR_NOT_FOUND, or why that is not known: return flarei_reply_session_failed() */
flare_err flarei_session_find(flare_request *rq, const struct flarei_session *session,
                              flare_str *json) FLARE_MUST_USE;
/** Prepares `json` to be written, in the request's memory. @return false: there is none */
bool flarei_session_begin(flare_request *rq, flare_buffer *json) FLARE_MUST_USE;
/** Keeps what was written, under the name that there is or, with `renew` or if there is none, a new one.
 *  @return FLARE_OK, FLARE_ERR_STATE (the reply is made), FLARE_ERR_LIMIT (too large, or text that is no
 * UTF-8), or why it can't be kept */
flare_err flarei_session_save(flare_request *rq, const struct flarei_session *session,
                              const flare_buffer *json, bool renew) FLARE_MUST_USE;
/** Ends it, if there is one, and removes the cookie. @return as flarei_session_save() */
flare_err flarei_session_end(flare_request *rq, const struct flarei_session *session);
/** 503. */
FLARE_NOINLINE_COLD flare_reply flarei_reply_session_failed(flare_request *rq,
                                                            const struct flarei_session *session,
                                                            flare_err err) FLARE_MUST_USE;

FLARE_END
#endif
