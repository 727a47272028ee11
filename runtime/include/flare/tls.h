/* flare/tls.h - HTTPS: how a server speaks TLS, and who its peers are.
 *
 *     const flare_tls_pair pairs[] = {{.certificate = "shop.crt", .key = "shop.key"}};
 *     const flare_tls_options tls = {.pairs = pairs, .pair_count = 1};
 *     flare_options options = FLARE_OPTIONS_DEFAULT;
 *     options.tls = &tls;
 *     ...
 *     flare_server_listen(server, &shop_service, "tls:0.0.0.0:8443");
 *
 * TLS 1.2 and 1.3 only (RFC 8446, RFC 5246), with ephemeral keys and authenticated ciphers only. HTTP/2 is
 * chosen by ALPN (RFC 7301). Renegotiation, compression and early data are off.
 */
#ifndef FLARE_TLS_H
#define FLARE_TLS_H

#include <flare/request.h>
#include <flare/time.h>

FLARE_BEGIN

/** The most certificates that one server may have. */
#define FLARE_TLS_PAIRS_MAX 64

/** One certificate and its key, as files. */
typedef struct flare_tls_pair {
    const char *certificate; /**< PEM: the server's own first, then its issuers */
    const char *key;         /**< PEM, without a password; others must not be able to read the file */
    const char *ocsp;        /**< DER: an OCSP response to staple (RFC 6066 section 8), or NULL */
} flare_tls_pair;

/** Whether peers show a certificate. */
typedef enum flare_tls_client {
    FLARE_TLS_CLIENT_NONE = 0, /**< they are not asked */
    FLARE_TLS_CLIENT_OPTIONAL, /**< they may; one that does not verify ends the handshake */
    FLARE_TLS_CLIENT_REQUIRED  /**< they must */
} flare_tls_client;

/** How a server speaks TLS. Zero means the default everywhere but in the pairs. */
typedef struct flare_tls_options {
    const flare_tls_pair
        *pairs;               /**< at least one. A peer that asks for a name (SNI) gets the first pair whose
                                 certificate has it, by itself or by a wildcard; else the first pair */
    size_t pair_count;        /**< how many, up to FLARE_TLS_PAIRS_MAX */
    const char *client_ca;    /**< PEM: who may have signed peers' certificates; NULL where not asked for */
    flare_tls_client client;  /**< whether peers show a certificate */
    uint32_t ticket_period_s; /**< a key of session tickets seals for so long, and opens for one period
                                 more. Default 12 hours */
    bool ktls;                /**< let the kernel encrypt, where it can (Linux's tls module) */
} flare_tls_options;

/** What kind of name a subject alternative name is (RFC 5280 section 4.2.1.6). */
typedef enum flare_certificate_name_kind {
    FLARE_CERTIFICATE_DNS = 0, /**< a host name */
    FLARE_CERTIFICATE_EMAIL,   /**< a mailbox */
    FLARE_CERTIFICATE_URI,     /**< such as spiffe://example.org/billing */
    FLARE_CERTIFICATE_IP       /**< an address as text */
} flare_certificate_name_kind;

/** A subject alternative name. */
typedef struct flare_certificate_name {
    flare_certificate_name_kind kind; /**< what it is */
    flare_str text;                   /**< free of control characters */
} flare_certificate_name;

/** A peer's certificate, which was verified. */
typedef struct flare_certificate {
    flare_str subject;                   /**< as RFC 4514 writes it, "CN=ada,O=Example" */
    flare_str common_name;               /**< the subject's last CN, or empty */
    flare_str issuer;                    /**< as `subject` */
    flare_str serial;                    /**< in hexadecimal, upper case */
    flare_str fingerprint;               /**< SHA-256 of the certificate, 64 lower-case hexadecimal digits */
    flare_time not_before;               /**< from when it is valid */
    flare_time not_after;                /**< until when */
    const flare_certificate_name *names; /**< subject alternative names of the four kinds, in their order */
    size_t name_count;                   /**< how many */
} flare_certificate;

/** The certificate that the peer showed. It was verified against `client_ca` when the connection, or the
 *  session that it resumes, began.
 *  @param rq the request @param certificate set to it, or to NULL: a plain connection, or none was shown. It
 *  lives as long as the request
 *  @return FLARE_OK; FLARE_ERR_MEMORY, or FLARE_ERR_SYNTAX for one with a name that can't be told safely,
 * such as a NUL within. Its worker's thread. */
flare_err flare_request_peer_certificate(flare_request *rq,
                                         const flare_certificate **certificate) FLARE_MUST_USE;

/** @return whether the request came over TLS. @param rq the request. Its worker's thread. */
bool flare_request_is_secure(const flare_request *rq);

FLARE_END
#endif
