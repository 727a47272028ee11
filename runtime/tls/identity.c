#include "tls/context.h"
#include "tls/library.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* A server has nobody to ask. */
static int no_password(char *buffer, int bytes, int writing, void *context)
{
    (void)buffer;
    (void)bytes;
    (void)writing;
    *(bool *)context = true;
    return -1;
}

static flare_err complain_of(struct flarei_tls_complaint *complaint, const char *path, const char *what)
{
    return flarei_tls_complain(complaint, FLARE_ERR_SYNTAX, "%s: %s: %s", path, what,
                               flarei_tls_library_reason());
}

/* ---- The certificate and its issuers ---- */

/* @return how many certificates the text has, the first of them in *leaf; 0 with one that is malformed */
static int use_chain(SSL_CTX *ssl, BIO *text, X509 **leaf)
{
    X509 *issuer;
    int count = 0;

    *leaf = PEM_read_bio_X509_AUX(text, NULL, NULL, NULL);
    if (*leaf == NULL || SSL_CTX_use_certificate(ssl, *leaf) != 1)
        return 0;
    for (count = 1; (issuer = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL; count++) {
        if (SSL_CTX_add0_chain_cert(ssl, issuer) != 1) {
            X509_free(issuer);
            return 0;
        }
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return 0;
    ERR_clear_error();
    return count;
}

/* A certificate without alternative names is known by its common name, as it was before RFC 6125. */
static bool add_common_name(X509 *leaf, struct flarei_tls_names *names, uint32_t index)
{
    const X509_NAME *const subject = X509_get_subject_name(leaf);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    unsigned char *text = NULL;
    bool added = true;
    int length;

    if (at < 0)
        return true;
    length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (length > 0)
        added = flarei_tls_names_add(names, (flare_str){(const char *)text, (size_t)length}, index);
    OPENSSL_free(text);
    return added;
}

static bool add_names(X509 *leaf, struct flarei_tls_names *names, uint32_t index)
{
    GENERAL_NAMES *const alternatives = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    bool added = true;

    if (alternatives == NULL)
        return add_common_name(leaf, names, index);
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives) && added; i++) {
        const GENERAL_NAME *const name = sk_GENERAL_NAME_value(alternatives, i);

        if (name->type == GEN_DNS)
            added = flarei_tls_names_add(names,
                                         (flare_str){(const char *)ASN1_STRING_get0_data(name->d.dNSName),
                                                     (size_t)ASN1_STRING_length(name->d.dNSName)},
                                         index);
    }
    GENERAL_NAMES_free(alternatives);
    return added;
}

static flare_err load_certificate(struct flarei_tls_identity *identity, const char *path, X509 **leaf,
                                  struct flarei_tls_complaint *complaint)
{
    flare_str content;
    flare_err err = flarei_tls_file_read(path, false, &content, complaint);
    BIO *text;

    if (err != FLARE_OK)
        return err;
    text = BIO_new_mem_buf(content.ptr, (int)content.len);
    if (text == NULL || use_chain(identity->ssl, text, leaf) == 0)
        err = complain_of(complaint, path, "no certificate that can be used");
    BIO_free(text);
    flarei_tls_file_free(content);
    return err;
}

/* ---- The key ---- */

static flare_err use_key(SSL_CTX *ssl, const X509 *leaf, EVP_PKEY *key, const flare_tls_pair *pair,
                         struct flarei_tls_complaint *complaint)
{
    if (X509_check_private_key(leaf, key) != 1) {
        ERR_clear_error();
        return flarei_tls_complain(complaint, FLARE_ERR_ARGUMENT, "%s is not the key of the certificate %s",
                                   pair->key, pair->certificate);
    }
    if (SSL_CTX_use_PrivateKey(ssl, key) != 1)
        return complain_of(complaint, pair->key, "the key can't be used");
    return FLARE_OK;
}

static flare_err load_key(struct flarei_tls_identity *identity, const X509 *leaf, const flare_tls_pair *pair,
                          struct flarei_tls_complaint *complaint)
{
    flare_str content;
    flare_err err = flarei_tls_file_read(pair->key, true, &content, complaint);
    bool sealed = false;
    EVP_PKEY *key = NULL;
    BIO *text;

    if (err != FLARE_OK)
        return err;
    text = BIO_new_mem_buf(content.ptr, (int)content.len);
    if (text != NULL)
        key = PEM_read_bio_PrivateKey(text, NULL, no_password, &sealed);
    if (key != NULL) {
        err = use_key(identity->ssl, leaf, key, pair, complaint);
    } else if (sealed) {
        ERR_clear_error();
        err = flarei_tls_complain(complaint, FLARE_ERR_UNSUPPORTED,
                                  "%s needs a password, and nobody is there to give it", pair->key);
    } else {
        err = complain_of(complaint, pair->key, "no key that can be used");
    }
    EVP_PKEY_free(key);
    BIO_free(text);
    flarei_tls_file_free(content);
    return err;
}

/* ---- The OCSP response ---- */

/* OpenSSL frees what it is given, so each handshake gets a copy. */
static int staple(SSL *ssl, void *context)
{
    const flare_str *const ocsp = context;
    unsigned char *const copy = OPENSSL_malloc(ocsp->len);

    if (copy == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    memcpy(copy, ocsp->ptr, ocsp->len);
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)ocsp->len);
    return SSL_TLSEXT_ERR_OK;
}

static flare_err load_ocsp(struct flarei_tls_identity *identity, const char *path,
                           struct flarei_tls_complaint *complaint)
{
    flare_err err = flarei_tls_file_read(path, false, &identity->ocsp, complaint);
    const unsigned char *bytes;
    OCSP_RESPONSE *response;

    if (err != FLARE_OK)
        return err;
    bytes = (const unsigned char *)identity->ocsp.ptr;
    response = d2i_OCSP_RESPONSE(NULL, &bytes, (long)identity->ocsp.len);
    if (response == NULL || OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        err = flarei_tls_complain(complaint, FLARE_ERR_SYNTAX, "%s is not a good OCSP response (DER)", path);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    SSL_CTX_set_tlsext_status_cb(identity->ssl, staple);
    SSL_CTX_set_tlsext_status_arg(identity->ssl, &identity->ocsp);
    return err;
}

flare_err flarei_tls_identity_load(struct flarei_tls_identity *identity, const flare_tls_pair *pair,
                                   struct flarei_tls_names *names, uint32_t index,
                                   struct flarei_tls_complaint *complaint)
{
    X509 *leaf = NULL;
    flare_err err = load_certificate(identity, pair->certificate, &leaf, complaint);

    if (err == FLARE_OK)
        err = load_key(identity, leaf, pair, complaint);
    if (err == FLARE_OK && !add_names(leaf, names, index))
        err = flarei_tls_complain(complaint, FLARE_ERR_MEMORY, "%s: out of memory", pair->certificate);
    if (err == FLARE_OK && pair->ocsp != NULL)
        err = load_ocsp(identity, pair->ocsp, complaint);
    X509_free(leaf);
    return err;
}
