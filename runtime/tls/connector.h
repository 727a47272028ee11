/* tls/connector.h - streams of a client: trust, names, sessions. And of a server without flare's own. */
#ifndef FLAREI_TLS_CONNECTOR_H
#define FLAREI_TLS_CONNECTOR_H

#include "tls/stream.h"

#include <flare/connector.h>

/** The longest list of protocols, as ALPN writes it. */
#define FLAREI_TLS_PROTOCOLS_MAX_BYTES 256u

/** Begins TLS as the client.
 *  @param name whom the peer must be: a host name, or an address as text @param port for its session
 *  @param protocols to offer, with commas, or NULL @param fd stays the caller's
 *  @return FLARE_OK; FLARE_ERR_ARGUMENT (a name or protocols that can't be); FLARE_ERR_MEMORY */
flare_err flarei_tls_connect(struct flare_tls_connector *connector, flare_str name, uint16_t port,
                             const char *protocols, int fd, struct flarei_tls_stream **stream);

/** Begins TLS as the server. @return FLARE_OK or FLARE_ERR_MEMORY */
flare_err flarei_tls_accept(struct flare_tls_acceptor *acceptor, int fd, struct flarei_tls_stream **stream);

/** Ends one of either; NULL is allowed. */
void flarei_tls_connector_end(struct flarei_tls_stream *stream);

/** Another user of it; flare_tls_connector_free() takes one off. */
void flarei_tls_connector_keep(struct flare_tls_connector *connector);

/** What OpenSSL's complaint means, of either side. */
flare_err flarei_tls_reason(const SSL *ssl);

/** Writes a list with commas as ALPN has it (RFC 7301, section 3.1). @return its bytes, or 0 if it can't be
 */
size_t flarei_tls_protocols(const char *list, unsigned char to[FLAREI_TLS_PROTOCOLS_MAX_BYTES]);

#endif
