/* tls/context.h - what a server's TLS connections are made from: certificates by name, rules, callbacks.
 *
 * A context is read from files once and never changes; a reload makes another, and whoever still uses the old
 * one keeps it.
 */
#ifndef FLAREI_TLS_CONTEXT_H
#define FLAREI_TLS_CONTEXT_H

#include "tls/file.h"
#include "tls/names.h"

#include <flare/tls.h>

#include <openssl/ssl.h>
#include <stdatomic.h>

/** One certificate. */
struct flarei_tls_identity {
    SSL_CTX *ssl;
    flare_str ocsp; /* owned, or empty */
};

struct flarei_tls_context {
    atomic_uint users;
    struct flarei_tls_identity *identities;
    size_t identity_count;
    struct flarei_tls_names names; /* to identities */
    bool ktls;                     /* asked for, and the kernel has it */
    flare_str protocols;           /* what ALPN chooses from, each behind its length; not owned */
};

/** Reads all files and checks them. @param context set on success, with one user
 *  @return FLARE_OK, or what is wrong, with a complaint */
flare_err flarei_tls_context_open(const flare_tls_options *options, struct flarei_tls_context **context,
                                  struct flarei_tls_complaint *complaint);

/** The rules of either side: versions, suites, groups, modes. @param options SSL_OP_... beside ours
 *  @return false if OpenSSL has none of them */
bool flarei_tls_rules_set(SSL_CTX *ssl, uint64_t options);

/** Takes a share of it. Any thread. */
void flarei_tls_context_keep(struct flarei_tls_context *context);

/** Gives it back; the last one frees. @param context may be NULL. Any thread. */
void flarei_tls_context_release(struct flarei_tls_context *context);

/** Reads certificate, key and OCSP response of a pair into identity->ssl, and the names that it has. */
flare_err flarei_tls_identity_load(struct flarei_tls_identity *identity, const flare_tls_pair *pair,
                                   struct flarei_tls_names *names, uint32_t index,
                                   struct flarei_tls_complaint *complaint);

#endif
