/* certificates.h - certificates with the faults that a client must tell apart, made anew in a folder of the
 * test's. */
#ifndef FLARE_TEST_CERTIFICATES_H
#define FLARE_TEST_CERTIFICATES_H

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char certificate_folder[64];

/* The path of a file of the folder; four at a time. */
static inline const char *certificate_path(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *const path = paths[next++ % 4];

    (void)snprintf(path, sizeof paths[0], "%s/%s", certificate_folder, name);
    return path;
}

/* One that signs. */
struct issuer {
    X509 *certificate;
    EVP_PKEY *key;
};

static inline void add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    (void)X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/* Writes NAME.crt and NAME.key. @param names as in "DNS:localhost" @param issuer NULL: signs itself
 * @param from_s from when it is valid, counted from now */
static inline struct issuer make_certificate(const char *name, const char *names, const struct issuer *issuer,
                                             long from_s, long to_s)
{
    static long serial = 1000;
    struct issuer made = {X509_new(), EVP_EC_gen("P-256")};
    X509_NAME *const subject = X509_get_subject_name(made.certificate);
    char file[64];
    FILE *out;

    (void)X509_set_version(made.certificate, X509_VERSION_3);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), serial++);
    (void)X509_gmtime_adj(X509_getm_notBefore(made.certificate), from_s);
    (void)X509_gmtime_adj(X509_getm_notAfter(made.certificate), to_s);
    (void)X509_set_pubkey(made.certificate, made.key);
    (void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
    (void)X509_set_issuer_name(made.certificate,
                               issuer ? X509_get_subject_name(issuer->certificate) : subject);
    if (names != NULL)
        add_extension(made.certificate, NID_subject_alt_name, names);
    else
        add_extension(made.certificate, NID_basic_constraints, "critical,CA:TRUE");
    (void)X509_sign(made.certificate, issuer ? issuer->key : made.key, EVP_sha256());

    (void)snprintf(file, sizeof file, "%s.crt", name);
    out = fopen(certificate_path(file), "w");
    (void)PEM_write_X509(out, made.certificate);
    (void)fclose(out);
    (void)snprintf(file, sizeof file, "%s.key", name);
    (void)umask(077);
    out = fopen(certificate_path(file), "w");
    (void)PEM_write_PrivateKey(out, made.key, NULL, NULL, 0, NULL, NULL);
    (void)fclose(out);
    return made;
}

static inline void free_issuer(struct issuer made)
{
    X509_free(made.certificate);
    EVP_PKEY_free(made.key);
}

/* ca, which signs good, expired, early, other; alone, which signs itself; stray, of a CA that nobody trusts;
 * ada, a client's. */
static inline void make_certificates(void)
{
    enum { DAY = 24 * 60 * 60 };
    struct issuer ca, stranger;

    (void)snprintf(certificate_folder, sizeof certificate_folder, "/tmp/flare-certificates-XXXXXX");
    if (mkdtemp(certificate_folder) == NULL)
        exit(1);
    ca = make_certificate("ca", NULL, NULL, -DAY, DAY);
    stranger = make_certificate("stranger", NULL, NULL, -DAY, DAY);
    free_issuer(
        make_certificate("good", "DNS:localhost,DNS:*.wild.test,IP:127.0.0.1,IP:::1", &ca, -DAY, DAY));
    free_issuer(make_certificate("expired", "DNS:localhost", &ca, -2 * DAY, -DAY));
    free_issuer(make_certificate("early", "DNS:localhost", &ca, DAY, 2 * DAY));
    free_issuer(make_certificate("other", "DNS:other.test", &ca, -DAY, DAY));
    free_issuer(make_certificate("alone", "DNS:localhost", NULL, -DAY, DAY));
    free_issuer(make_certificate("stray", "DNS:localhost", &stranger, -DAY, DAY));
    free_issuer(make_certificate("ada", "email:ada@example.org", &ca, -DAY, DAY));
    free_issuer(ca);
    free_issuer(stranger);
}

static inline void remove_certificates(void)
{
    static const char *const names[] = {"ca",    "stranger", "good",  "expired", "early",
                                        "other", "alone",    "stray", "ada"};
    char file[64];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(file, sizeof file, "%s.crt", names[i]);
        (void)unlink(certificate_path(file));
        (void)snprintf(file, sizeof file, "%s.key", names[i]);
        (void)unlink(certificate_path(file));
    }
    (void)rmdir(certificate_folder);
}

#endif
