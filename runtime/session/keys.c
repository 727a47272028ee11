/* keys.c - the keys of the process, which a reload replaces while they are in use; and what a server does
 * with the sessions of its services. */
#include "session/session.h"
#include "session/sign.h"

#include <pthread.h>
#include <stdio.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static flare_keys *current;
static size_t users; /* services with sessions that need keys */

void flarei_session_keys_set(flare_keys *keys)
{
    (void)pthread_rwlock_wrlock(&lock);
    flare_keys *const before = current;
    current = keys;
    (void)pthread_rwlock_unlock(&lock);
    flare_keys_free(before);
}

flare_err flarei_session_sign(flare_str purpose, flare_str value, int64_t expires_s, char *out,
                              size_t out_bytes, size_t *len)
{
    flare_err err = FLARE_ERR_STATE;

    (void)pthread_rwlock_rdlock(&lock);
    if (current != NULL)
        err = flare_sign(current, purpose, value, expires_s, out, out_bytes, len);
    (void)pthread_rwlock_unlock(&lock);
    return err;
}

flare_err flarei_session_verify(flare_str purpose, flare_str text, int64_t now_s, void *out, size_t *len)
{
    flare_err err = FLARE_ERR_STATE;

    (void)pthread_rwlock_rdlock(&lock);
    if (current != NULL)
        err = flare_verify(current, purpose, text, now_s, out, len);
    (void)pthread_rwlock_unlock(&lock);
    return err;
}

/* ---- a server's ---- */

static const struct flarei_session *signing(const struct flarei_sessions *sessions)
{
    for (size_t i = 0; i < sessions->count; i++) {
        if (sessions->items[i]->store->signs)
            return sessions->items[i];
    }
    return NULL;
}

static flare_err load(const struct flarei_session_keys *from, const struct flarei_session *session, char *why,
                      size_t why_bytes)
{
    flare_keys *keys = NULL;
    flare_err err;

    if (from->file != NULL) {
        err = flare_keys_read(from->file, &keys, why, why_bytes);
    } else if (from->text != NULL) {
        err = flare_keys_parse(flare_str_of(from->text), &keys);
        if (err != FLARE_OK)
            (void)snprintf(why, why_bytes, "FLARE_SESSION_KEYS: %s", flarei_keys_fault(err));
    } else {
        (void)snprintf(
            why, why_bytes,
            "the session in the cookie '%.*s' is signed, and there is no key: write one by 'openssl "
            "rand -base64 32' to a file, and name that by --session-key-file",
            FLARE_STR_ARG(session->cookie.name));
        return FLARE_ERR_STATE;
    }
    if (err == FLARE_OK)
        flarei_session_keys_set(keys);
    return err;
}

static void close_first(const struct flarei_sessions *sessions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct flarei_session *const session = sessions->items[i];

        if (--session->opened == 0 && session->store->close != NULL)
            session->store->close(session);
    }
}

static flare_err open_sessions(const struct flarei_sessions *sessions, const struct flarei_session_keys *keys,
                               char *why, size_t why_bytes)
{
    const struct flarei_session *const needs = signing(sessions);
    flare_err err = needs != NULL ? load(keys, needs, why, why_bytes) : FLARE_OK;

    for (size_t i = 0; i < sessions->count && err == FLARE_OK; i++) {
        struct flarei_session *const session = sessions->items[i];

        if (session->opened == 0 && session->store->open != NULL)
            err = session->store->open(session);
        if (err == FLARE_OK) {
            session->opened++;
            continue;
        }
        (void)snprintf(why, why_bytes, "the sessions of '%.*s' can't be kept: %s",
                       FLARE_STR_ARG(session->cookie.name), flare_err_text(err));
        close_first(sessions, i);
    }
    if (err == FLARE_OK && needs != NULL)
        users++;
    return err;
}

static flare_err reload_sessions(const struct flarei_sessions *sessions,
                                 const struct flarei_session_keys *keys, char *why, size_t why_bytes)
{
    const struct flarei_session *const needs = signing(sessions);

    return needs != NULL ? load(keys, needs, why, why_bytes) : FLARE_OK;
}

static void close_sessions(const struct flarei_sessions *sessions)
{
    close_first(sessions, sessions->count);
    if (signing(sessions) != NULL && --users == 0)
        flarei_session_keys_set(NULL);
}

static void leave_loop(const struct flarei_sessions *sessions, struct flare_loop *loop)
{
    for (size_t i = 0; i < sessions->count; i++)
        if (sessions->items[i]->store->leave != NULL)
            sessions->items[i]->store->leave(loop);
}

const struct flarei_session_calls flarei_session_calls = {open_sessions, reload_sessions, close_sessions,
                                                          leave_loop};
