#include "tls/connector.h"

#include "tls/library.h"
#include "tls/sessions.h"

#include <flare/memory.h>
#include <flare/net.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

enum { NAME_MAX_BYTES = 253, KEY_MAX_BYTES = 640 };

struct flare_tls_connector {
    unsigned users;
    SSL_CTX *ssl;
    struct flarei_tls_lane lane;
    struct flarei_tls_sessions sessions;
};

/* ---- What went wrong ---- */

static flare_err verdict_of(long code)
{
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return FLARE_ERR_TLS_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return FLARE_ERR_TLS_NOT_YET_VALID;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return FLARE_ERR_TLS_WRONG_HOST;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return FLARE_ERR_TLS_SELF_SIGNED;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
        return FLARE_ERR_TLS_UNTRUSTED;
    case X509_V_ERR_OUT_OF_MEM:
        return FLARE_ERR_MEMORY;
    default:
        return FLARE_ERR_TLS_CERTIFICATE;
    }
}

flare_err flarei_tls_reason(const SSL *ssl)
{
    const long code = SSL_get_verify_result(ssl);

    if (code != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE)
        return verdict_of(code);
    return ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE ? FLARE_ERR_MEMORY
                                                                    : FLARE_ERR_TLS_PROTOCOL;
}

/* ---- A connector ---- */

/* The session is ours if the result is 1. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    const struct flarei_tls_stream *const stream = SSL_get_app_data(ssl);

    return SSL_SESSION_is_resumable(session) == 1 &&
           flarei_tls_sessions_put(&stream->connector->sessions, stream->session_key, session);
}

static flare_err read_trust(SSL_CTX *ssl, const char *path, struct flarei_tls_complaint *complaint)
{
    X509_STORE *const store = SSL_CTX_get_cert_store(ssl);
    unsigned count = 0;
    flare_str content;
    flare_err err;
    X509 *one;
    BIO *text;

    if (path == NULL)
        return SSL_CTX_set_default_verify_paths(ssl) == 1
                   ? FLARE_OK
                   : flarei_tls_complain(complaint, FLARE_ERR_MEMORY, "TLS: %s", flarei_tls_library_reason());
    err = flarei_tls_file_read(path, false, &content, complaint);
    if (err != FLARE_OK)
        return err;
    text = BIO_new_mem_buf(content.ptr, (int)content.len);
    while (text != NULL && (one = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL) {
        count += X509_STORE_add_cert(store, one) == 1;
        X509_free(one);
    }
    if (count == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        err = flarei_tls_complain(complaint, FLARE_ERR_SYNTAX, "%s: no certificates that can be used: %s",
                                  path, flarei_tls_library_reason());
    ERR_clear_error();
    BIO_free(text);
    flarei_tls_file_free(content);
    return err;
}

static flare_err read_identity(SSL_CTX *ssl, const flare_tls_connector_options *options,
                               struct flarei_tls_complaint *complaint)
{
    const flare_tls_pair pair = {options->certificate, options->key, NULL};
    struct flarei_tls_identity identity = {.ssl = ssl};
    struct flarei_tls_names names = {.items = NULL};
    flare_err err;

    if (options->certificate == NULL && options->key == NULL)
        return FLARE_OK;
    if (options->certificate == NULL || options->key == NULL)
        return flarei_tls_complain(complaint, FLARE_ERR_ARGUMENT, "a certificate and its key go together");
    err = flarei_tls_identity_load(&identity, &pair, &names, 0, complaint);
    flarei_tls_names_free(&names);
    return err;
}

static flare_err prepare(struct flare_tls_connector *connector, const flare_tls_connector_options *options,
                         struct flarei_tls_complaint *complaint)
{
    flare_err err;

    connector->ssl = SSL_CTX_new(TLS_client_method());
    if (connector->ssl == NULL || !flarei_tls_rules_set(connector->ssl, 0))
        return flarei_tls_complain(complaint, FLARE_ERR_MEMORY, "TLS: %s", flarei_tls_library_reason());
    SSL_CTX_set_verify(connector->ssl, options->unverified ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_session_cache_mode(connector->ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(connector->ssl, keep_session);
    err = options->unverified ? FLARE_OK : read_trust(connector->ssl, options->ca, complaint);
    return err == FLARE_OK ? read_identity(connector->ssl, options, complaint) : err;
}

flare_err flare_tls_connector_create(flare_tls_connector **out, const flare_tls_connector_options *options,
                                     char *why, size_t why_bytes)
{
    static const flare_tls_connector_options defaults = {.ca = NULL};
    char unwanted[1];
    struct flarei_tls_complaint complaint = {why != NULL ? why : unwanted, why != NULL ? why_bytes : 1};
    struct flare_tls_connector *connector;
    flare_err err;

    *out = NULL;
    if (options == NULL)
        options = &defaults;
    flarei_tls_library_open();
    connector = flarei_tls_streams_ready() ? flarei_calloc(1, sizeof *connector) : NULL;
    if (connector == NULL)
        return flarei_tls_complain(&complaint, FLARE_ERR_MEMORY, "TLS: out of memory");
    connector->users = 1;
    connector->sessions.max = options->session_max != 0 ? options->session_max : FLARE_TLS_SESSIONS;
    err = prepare(connector, options, &complaint);
    if (err != FLARE_OK) {
        flare_tls_connector_free(connector);
        return err;
    }
    *out = connector;
    return FLARE_OK;
}

void flarei_tls_connector_keep(struct flare_tls_connector *connector)
{
    connector->users++;
}

void flare_tls_connector_free(flare_tls_connector *connector)
{
    if (connector == NULL || --connector->users != 0)
        return;
    flarei_tls_sessions_free(&connector->sessions);
    SSL_CTX_free(connector->ssl);
    flarei_tls_lane_clear(&connector->lane);
    flarei_free(connector);
}

/* ---- A client's stream ---- */

size_t flarei_tls_protocols(const char *list, unsigned char to[FLAREI_TLS_PROTOCOLS_MAX_BYTES])
{
    size_t at = 0;

    for (;;) {
        const char *const comma = strchr(list, ',');
        const size_t len = comma != NULL ? (size_t)(comma - list) : strlen(list);

        if (len == 0 || len > 255 || at + 1 + len > FLAREI_TLS_PROTOCOLS_MAX_BYTES)
            return 0;
        to[at] = (unsigned char)len;
        memcpy(to + at + 1, list, len);
        at += 1 + len;
        if (comma == NULL)
            return at;
        list = comma + 1;
    }
}

/* An address is not told to the peer (RFC 6066, section 3), but must be in its certificate too. */
static bool expect_name(SSL *ssl, char *name)
{
    X509_VERIFY_PARAM *const rules = SSL_get0_param(ssl);
    const bool address = X509_VERIFY_PARAM_set1_ip_asc(rules, name) == 1;

    if (address)
        return true;
    ERR_clear_error();
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return X509_VERIFY_PARAM_set1_host(rules, name, 0) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static bool offer(SSL *ssl, const unsigned char *protocols, size_t bytes)
{
    return bytes == 0 || SSL_set_alpn_protos(ssl, protocols, (unsigned)bytes) == 0;
}

static flare_err name_of(flare_str given, char name[NAME_MAX_BYTES + 1])
{
    if (given.len > 1 && given.ptr[given.len - 1] == '.')
        given.len--;
    if (given.len > 2 && given.ptr[0] == '[' && given.ptr[given.len - 1] == ']')
        given = (flare_str){given.ptr + 1, given.len - 2};
    if (given.len == 0 || given.len > NAME_MAX_BYTES || memchr(given.ptr, '\0', given.len) != NULL)
        return FLARE_ERR_ARGUMENT;
    memcpy(name, given.ptr, given.len);
    name[given.len] = '\0';
    return FLARE_OK;
}

/* Whose session it is: another port may be another server. */
static bool set_key(struct flarei_tls_stream *stream, const char *name, uint16_t port, const char *protocols)
{
    stream->session_key = flarei_malloc(KEY_MAX_BYTES);
    if (stream->session_key != NULL)
        (void)snprintf(stream->session_key, KEY_MAX_BYTES, "%s %u %s", name, port,
                       protocols != NULL ? protocols : "");
    return stream->session_key != NULL;
}

flare_err flarei_tls_connect(struct flare_tls_connector *connector, flare_str given, uint16_t port,
                             const char *protocols, int fd, struct flarei_tls_stream **out)
{
    unsigned char list[FLAREI_TLS_PROTOCOLS_MAX_BYTES];
    const size_t list_bytes = protocols != NULL ? flarei_tls_protocols(protocols, list) : 0;
    char name[NAME_MAX_BYTES + 1];
    struct flarei_tls_stream *stream;
    SSL_SESSION *session;
    flare_err err = name_of(given, name);

    if (err != FLARE_OK || (protocols != NULL && list_bytes == 0))
        return FLARE_ERR_ARGUMENT;
    err = flarei_tls_stream_make(SSL_new(connector->ssl), &connector->lane, fd, false, &stream);
    if (err != FLARE_OK)
        return err;
    flarei_tls_connector_keep(connector);
    stream->connector = connector;
    stream->reason = flarei_tls_reason;
    stream->begun = true;
    if (!expect_name(stream->ssl, name) || !offer(stream->ssl, list, list_bytes) ||
        !set_key(stream, name, port, protocols)) {
        ERR_clear_error();
        flarei_tls_connector_end(stream);
        return FLARE_ERR_MEMORY;
    }
    SSL_set_connect_state(stream->ssl);
    session = flarei_tls_sessions_take(&connector->sessions, stream->session_key);
    if (session != NULL) {
        (void)SSL_set_session(stream->ssl, session);
        SSL_SESSION_free(session);
    }
    *out = stream;
    return FLARE_OK;
}

void flarei_tls_connector_end(struct flarei_tls_stream *stream)
{
    struct flare_tls_connector *const connector = stream != NULL ? stream->connector : NULL;

    flarei_tls_free(stream);
    flare_tls_connector_free(connector);
}
