/* tls/sessions.h - what a client may resume, by the name of the peer. */
#ifndef FLAREI_TLS_SESSIONS_H
#define FLAREI_TLS_SESSIONS_H

#include <flare/str.h>

#include <openssl/ssl.h>

struct flarei_tls_session {
    char *key; /* owned */
    SSL_SESSION *session;
};

/** The oldest first. */
struct flarei_tls_sessions {
    struct flarei_tls_session *items; /* owned; made with the first */
    size_t count;
    size_t max;
};

/** Keeps a session, in place of the peer's last one or, of too many, of the oldest.
 *  @param session the sessions' if this succeeds @return false without memory */
bool flarei_tls_sessions_put(struct flarei_tls_sessions *sessions, const char *key, SSL_SESSION *session);

/** Takes a peer's session out, since one is used once (RFC 8446, appendix C.4). @return the caller's, or NULL
 */
SSL_SESSION *flarei_tls_sessions_take(struct flarei_tls_sessions *sessions, const char *key);

void flarei_tls_sessions_free(struct flarei_tls_sessions *sessions);

#endif
