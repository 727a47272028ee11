#include "tls/context.h"

#include "tls/library.h"
#include "tls/stream.h"

#include <flare/memory.h>

#include <openssl/err.h>
#include <openssl/pem.h>

/* RFC 9325, section 4.2: ephemeral keys, authenticated ciphers. */
#define SUITES_12                                                                                            \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"               \
    "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
#define SUITES_13 "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"
#define GROUPS    "X25519:P-256:P-384"

enum { TICKET_PERIOD_S = 12 * 60 * 60 };

/* ---- What a peer asks for ---- */

static int choose_name(SSL *ssl, int *alert, void *argument)
{
    const struct flarei_tls_context *const context = argument;
    const char *const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    uint32_t index;

    (void)alert;
    if (asked == NULL || !flarei_tls_names_find(&context->names, flare_str_of(asked), &index))
        return SSL_TLSEXT_ERR_NOACK;
    return SSL_set_SSL_CTX(ssl, context->identities[index].ssl) != NULL ? SSL_TLSEXT_ERR_OK
                                                                        : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Our order counts, not the peer's. A peer that offers nothing that we speak is told so (RFC 7301,
 * section 3.2). */
static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *length,
                           const unsigned char *offered, unsigned offered_bytes, void *argument)
{
    const flare_str ours = ((const struct flarei_tls_context *)argument)->protocols;
    unsigned char *match;

    (void)ssl;
    if (SSL_select_next_proto(&match, length, (const unsigned char *)ours.ptr, (unsigned)ours.len, offered,
                              offered_bytes) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = match;
    return SSL_TLSEXT_ERR_OK;
}

/* ---- Rules ---- */

bool flarei_tls_rules_set(SSL_CTX *ssl, uint64_t options)
{
    (void)SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | options);
    (void)SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_read_ahead(ssl, 0);
    return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ssl, SUITES_12) == 1 && SSL_CTX_set_ciphersuites(ssl, SUITES_13) == 1 &&
           SSL_CTX_set1_groups_list(ssl, GROUPS) == 1;
}

static bool set_rules(SSL_CTX *ssl, const flare_tls_options *options, bool ktls)
{
    uint64_t flags = SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;

#if defined(SSL_OP_ENABLE_KTLS)
    if (ktls)
        flags |= SSL_OP_ENABLE_KTLS;
#else
    (void)ktls;
#endif
    (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_timeout(ssl,
                              (long)(options->ticket_period_s ? options->ticket_period_s : TICKET_PERIOD_S));
    return flarei_tls_rules_set(ssl, flags) && SSL_CTX_set_num_tickets(ssl, 1) == 1 &&
           SSL_CTX_set_max_early_data(ssl, 0) == 1;
}

static void set_callbacks(SSL_CTX *ssl, struct flarei_tls_context *context)
{
    SSL_CTX_set_tlsext_servername_callback(ssl, choose_name);
    SSL_CTX_set_tlsext_servername_arg(ssl, context);
    SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, context);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, flarei_tls_stream_ticket);
}

/* ---- Peers' certificates ---- */

/* What all identities ask of peers. */
struct clients {
    X509_STORE *store;
    STACK_OF(X509_NAME) * issuers;
    unsigned char session[EVP_MAX_MD_SIZE]; /* a session is resumed only under the same rules */
    unsigned session_bytes;
};

static bool read_issuers(struct clients *clients, BIO *text)
{
    X509 *issuer;
    bool good = true;

    while (good && (issuer = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL) {
        X509_NAME *const name = X509_NAME_dup(X509_get_subject_name(issuer));

        good = name != NULL && X509_STORE_add_cert(clients->store, issuer) == 1;
        if (!good || sk_X509_NAME_push(clients->issuers, name) == 0) {
            X509_NAME_free(name);
            good = false;
        }
        X509_free(issuer);
    }
    good = good && sk_X509_NAME_num(clients->issuers) > 0 &&
           ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (good)
        ERR_clear_error();
    return good;
}

static flare_err read_clients(struct clients *clients, const flare_tls_options *options,
                              struct flarei_tls_complaint *complaint)
{
    flare_str content;
    flare_err err;
    BIO *text;

    if (options->client == FLARE_TLS_CLIENT_NONE) {
        clients->session_bytes = 1;
        return FLARE_OK;
    }
    if (options->client_ca == NULL)
        return flarei_tls_complain(complaint, FLARE_ERR_ARGUMENT,
                                   "peers' certificates are asked for, but not who may have signed them");
    err = flarei_tls_file_read(options->client_ca, false, &content, complaint);
    if (err != FLARE_OK)
        return err;
    clients->store = X509_STORE_new();
    clients->issuers = sk_X509_NAME_new_null();
    text = BIO_new_mem_buf(content.ptr, (int)content.len);
    if (clients->store == NULL || clients->issuers == NULL || text == NULL || !read_issuers(clients, text) ||
        EVP_Digest(content.ptr, content.len, clients->session, &clients->session_bytes, EVP_sha256(), NULL) !=
            1)
        err = flarei_tls_complain(complaint, FLARE_ERR_SYNTAX, "%s: no certificates that can be used: %s",
                                  options->client_ca, flarei_tls_library_reason());
    if (options->client == FLARE_TLS_CLIENT_REQUIRED)
        clients->session[0] ^= 1;
    BIO_free(text);
    flarei_tls_file_free(content);
    return err;
}

static bool ask_clients(SSL_CTX *ssl, const struct clients *clients, flare_tls_client how)
{
    STACK_OF(X509_NAME) * issuers;

    if (SSL_CTX_set_session_id_context(ssl, clients->session, clients->session_bytes) != 1)
        return false;
    if (how == FLARE_TLS_CLIENT_NONE)
        return true;
    issuers = SSL_dup_CA_list(clients->issuers);
    if (issuers == NULL)
        return false;
    SSL_CTX_set_client_CA_list(ssl, issuers);
    SSL_CTX_set_verify(
        ssl, SSL_VERIFY_PEER | (how == FLARE_TLS_CLIENT_REQUIRED ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
        NULL);
    SSL_CTX_set1_cert_store(ssl, clients->store);
    return true;
}

static void free_clients(struct clients *clients)
{
    X509_STORE_free(clients->store);
    sk_X509_NAME_pop_free(clients->issuers, X509_NAME_free);
}

/* ---- The whole ---- */

static flare_err open_identity(struct flarei_tls_context *context, const flare_tls_options *options,
                               const struct clients *clients, struct flarei_tls_complaint *complaint)
{
    const uint32_t index = (uint32_t)context->identity_count;
    struct flarei_tls_identity *const identity = &context->identities[index];

    identity->ssl = SSL_CTX_new(TLS_server_method());
    if (identity->ssl == NULL)
        return flarei_tls_complain(complaint, FLARE_ERR_MEMORY, "TLS: %s", flarei_tls_library_reason());
    context->identity_count++;
    if (!set_rules(identity->ssl, options, context->ktls) ||
        !ask_clients(identity->ssl, clients, options->client))
        return flarei_tls_complain(complaint, FLARE_ERR_UNSUPPORTED, "TLS: %s", flarei_tls_library_reason());
    set_callbacks(identity->ssl, context);
    return flarei_tls_identity_load(identity, &options->pairs[index], &context->names, index, complaint);
}

flare_err flarei_tls_context_open(const flare_tls_options *options, struct flarei_tls_context **out,
                                  struct flarei_tls_complaint *complaint)
{
    struct clients clients = {.store = NULL};
    struct flarei_tls_context *context;
    flare_err err;

    if (options->pair_count == 0 || options->pair_count > FLARE_TLS_PAIRS_MAX)
        return flarei_tls_complain(complaint, FLARE_ERR_ARGUMENT, "TLS needs 1 to %d certificates",
                                   FLARE_TLS_PAIRS_MAX);
    flarei_tls_library_open();
    context = flarei_tls_streams_ready() ? flarei_calloc(1, sizeof *context) : NULL;
    if (context == NULL)
        return flarei_tls_complain(complaint, FLARE_ERR_MEMORY, "TLS: out of memory");
    atomic_init(&context->users, 1);
#if FLAREI_HTTP2
    context->protocols = FLARE_STR("\x02h2\x08http/1.1");
#else
    context->protocols = FLARE_STR("\x08http/1.1");
#endif
    context->ktls = options->ktls && flarei_tls_kernel_ready();
    context->identities = flarei_calloc(options->pair_count, sizeof *context->identities);
    err = context->identities ? read_clients(&clients, options, complaint)
                              : flarei_tls_complain(complaint, FLARE_ERR_MEMORY, "TLS: out of memory");
    while (err == FLARE_OK && context->identity_count < options->pair_count)
        err = open_identity(context, options, &clients, complaint);
    free_clients(&clients);
    if (err != FLARE_OK) {
        flarei_tls_context_release(context);
        return err;
    }
    flarei_tls_names_sort(&context->names);
    *out = context;
    return FLARE_OK;
}

void flarei_tls_context_keep(struct flarei_tls_context *context)
{
    atomic_fetch_add_explicit(&context->users, 1, memory_order_relaxed);
}

void flarei_tls_context_release(struct flarei_tls_context *context)
{
    if (context == NULL || atomic_fetch_sub(&context->users, 1) != 1)
        return;
    for (size_t i = 0; i < context->identity_count; i++) {
        SSL_CTX_free(context->identities[i].ssl);
        flarei_tls_file_free(context->identities[i].ocsp);
    }
    flarei_tls_names_free(&context->names);
    flarei_free(context->identities);
    flarei_free(context);
}
