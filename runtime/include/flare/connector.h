/* flare/connector.h - TLS for streams of one's own: whom a client believes, and what a server shows.
 *
 *     flare_tls_connector *tls;
 *     char why[256];
 *     if (flare_tls_connector_create(&tls, NULL, why, sizeof why) != FLARE_OK)
 *         return fail(why);
 *     const flare_dial_options to = {.to = {.host = FLARE_STR("example.org"), .port = 443}, .tls = tls};
 *     err = flare_stream_dial(&stream, loop, &to, opened, context);          (see <flare/stream.h>)
 *
 * Both speak as <flare/tls.h> says: TLS 1.2 and 1.3, with ephemeral keys and authenticated ciphers only. A
 * client checks its peer: a chain up to somebody it trusts, its dates, and the name (RFC 9525). Each belongs
 * to one thread, whose streams share it; streams that are open keep it.
 */
#ifndef FLARE_CONNECTOR_H
#define FLARE_CONNECTOR_H

#include <flare/err.h>
#include <flare/tls.h>

FLARE_BEGIN

/** How many sessions a connector keeps, unless asked for otherwise. */
#define FLARE_TLS_SESSIONS 64

/** The client's side of TLS; opaque. */
typedef struct flare_tls_connector flare_tls_connector;

/** Whom a client believes, and who it is. Zero is the default everywhere, so NULL is a good choice. */
typedef struct flare_tls_connector_options {
    const char *ca;          /**< PEM: who may sign peers' certificates; NULL: whom the system trusts */
    const char *certificate; /**< PEM: the client's own, then its issuers, for servers that ask; or NULL */
    const char *key;         /**< PEM: with `certificate`; others must not be able to read the file */
    uint32_t session_max;    /**< sessions kept, to begin the next stream to a host sooner (RFC 8446 section
                                2.2). Default FLARE_TLS_SESSIONS */
    bool unverified;         /**< believe anyone, so that no one is known: for tests alone */
} flare_tls_connector_options;

/** Makes a client's side.
 *  @param connector receives it; the caller's, to end with flare_tls_connector_free(); NULL on failure
 *  @param options borrowed for the call; NULL for the defaults
 *  @param why receives a sentence on failure, NUL terminated; or NULL @param why_bytes its room
 *  @return FLARE_OK; FLARE_ERR_NOT_FOUND, FLARE_ERR_PERMISSION (of a file); FLARE_ERR_SYNTAX (no certificate,
 * or no key); FLARE_ERR_ARGUMENT (the key is another certificate's); FLARE_ERR_UNSUPPORTED; FLARE_ERR_MEMORY.
 * Any thread; it is then one thread's. */
flare_err flare_tls_connector_create(flare_tls_connector **connector,
                                     const flare_tls_connector_options *options, char *why,
                                     size_t why_bytes) FLARE_MUST_USE;

/** Frees it, with its last stream. @param connector may be NULL. Its thread. No errors. */
void flare_tls_connector_free(flare_tls_connector *connector);

/** The server's side of TLS, for streams of one's own; opaque. */
typedef struct flare_tls_acceptor flare_tls_acceptor;

/** Makes a server's side.
 *  @param acceptor receives it; the caller's, to end with flare_tls_acceptor_free(); NULL on failure
 *  @param options borrowed for the call
 *  @param protocols what ALPN chooses from, the best first, with commas, such as "line/2,line/1"; a peer that
 * offers only others is refused. NULL: "h2,http/1.1"
 *  @param why receives a sentence on failure, NUL terminated; or NULL @param why_bytes its room
 *  @return FLARE_OK; FLARE_ERR_ARGUMENT (also for such a list that can't be), FLARE_ERR_NOT_FOUND,
 * FLARE_ERR_PERMISSION, FLARE_ERR_SYNTAX, FLARE_ERR_UNSUPPORTED, FLARE_ERR_MEMORY, all as
 * flare_tls_connector_create(); FLARE_ERR_IO (no random bytes). Any thread; it is then one thread's. */
flare_err flare_tls_acceptor_create(flare_tls_acceptor **acceptor, const flare_tls_options *options,
                                    const char *protocols, char *why, size_t why_bytes) FLARE_MUST_USE;

/** Frees it. @param acceptor may be NULL; its streams are closed before. Its thread. No errors. */
void flare_tls_acceptor_free(flare_tls_acceptor *acceptor);

FLARE_END
#endif
