/* What a client may send before anything is agreed on: its first flight through a server's context, with
 * names, ALPN and tickets of any shape, cut into two at any place. The same bytes as a name asked for: what
 * is found must not depend on case. Target: runtime/tls/stream.c runtime/tls/names.c runtime/tls/context.c
 */
#include "fuzz.h"

#include "tls/stream.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct flarei_tls_context *context;
static struct flarei_tls_lane lane;

/* A key and a certificate made here, as files: nothing of them is kept. */
static void make_pair(const char *certificate, const char *key)
{
    EVP_PKEY *const pair = EVP_EC_gen("P-256");
    X509 *const x509 = X509_new();
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:a.test,DNS:*.b.test");
    FILE *file;

    (void)X509_set_version(x509, 2);
    (void)X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(x509), 86400);
    (void)X509_set_pubkey(x509, pair);
    (void)X509_add_ext(x509, names, -1);
    FUZZ_CHECK(X509_sign(x509, pair, EVP_sha256()) != 0);
    file = fopen(certificate, "w");
    FUZZ_CHECK(file != NULL && PEM_write_X509(file, x509) == 1 && fclose(file) == 0);
    file = fopen(key, "w");
    FUZZ_CHECK(file != NULL && PEM_write_PrivateKey(file, pair, NULL, NULL, 0, NULL, NULL) == 1 &&
               fclose(file) == 0);
    X509_EXTENSION_free(names);
    X509_free(x509);
    EVP_PKEY_free(pair);
}

static void begin(void)
{
    char folder[] = "/tmp/flare-fuzz-XXXXXX", certificate[64], key[64], error[256] = "";
    const flare_tls_pair pair = {certificate, key, NULL};
    const flare_tls_options options = {.pairs = &pair, .pair_count = 1};
    struct flarei_tls_complaint complaint = {error, sizeof error};

    FUZZ_CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(certificate, sizeof certificate, "%s/crt", folder);
    (void)snprintf(key, sizeof key, "%s/key", folder);
    (void)umask(077);
    make_pair(certificate, key);
    FUZZ_CHECK(flarei_tls_context_open(&options, &context, &complaint) == FLARE_OK);
    FUZZ_CHECK(flarei_tls_tickets_begin(&lane.tickets, 0));
    (void)unlink(certificate);
    (void)unlink(key);
    (void)rmdir(folder);
}

static void shake(const uint8_t *data, size_t size)
{
    const size_t cut = size > 0 ? data[size - 1] * size / 256 : 0;
    struct flarei_tls_stream *stream;
    int ends[2];

    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    FUZZ_CHECK(flarei_tls_open(context, &lane, ends[0], &stream) == FLARE_OK);
    if (cut > 0) {
        FUZZ_CHECK(send(ends[1], data, cut, 0) == (ssize_t)cut);
        (void)flarei_tls_handshake(stream);
    }
    if (!stream->broken && size > cut) {
        FUZZ_CHECK(send(ends[1], data + cut, size - cut, 0) == (ssize_t)(size - cut));
        FUZZ_CHECK(flarei_tls_handshake(stream) != FLARE_OK); /* nobody can finish without our reply */
    }
    FUZZ_PLANT(SSL_get_servername(stream->ssl, TLSEXT_NAMETYPE_host_name) != NULL &&
               strlen(SSL_get_servername(stream->ssl, TLSEXT_NAMETYPE_host_name)) == 6 &&
               strcmp(SSL_get_servername(stream->ssl, TLSEXT_NAMETYPE_host_name), "a.test") != 0);
    flarei_tls_free(stream);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void find(const uint8_t *data, size_t size)
{
    char upper[256];
    uint32_t one = 7, other = 7;
    bool found;

    if (size > sizeof upper)
        return;
    for (size_t i = 0; i < size; i++)
        upper[i] = (char)(data[i] >= 'a' && data[i] <= 'z' ? data[i] - 32 : data[i]);
    found = flarei_tls_names_find(&context->names, (flare_str){(const char *)data, size}, &one);
    FUZZ_CHECK(flarei_tls_names_find(&context->names, (flare_str){upper, size}, &other) == found);
    FUZZ_CHECK(one == other);
    FUZZ_CHECK(!found || size >= sizeof("a.test") - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (context == NULL)
        begin();
    if (size > 16384)
        return 0;
    shake(data, size);
    if (size > 0)
        find(data, size);
    return 0;
}
