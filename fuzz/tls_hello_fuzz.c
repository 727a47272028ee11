/* What a client may send before anything is agreed on: its first flight through a server's context, with
 * names, ALPN and tickets of any shape, cut into two at any place. The same bytes as a name asked for: what
 * is found must not depend on case. Behind an S, which begins no record, what a client may do once all is
 * agreed on: steps of a byte that says which, a length, and so many bytes, with an echo that must be right.
 * Target: runtime/tls/stream.c runtime/tls/names.c runtime/tls/context.c
 */
#include "fuzz.h"

#include "tls/stream.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct flarei_tls_context *context, *asking; /* the latter for peers' certificates */
static struct flarei_tls_lane lane;
static SSL_CTX *clients;

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
    flare_tls_options options = {.pairs = &pair, .pair_count = 1};
    struct flarei_tls_complaint complaint = {error, sizeof error};

    FUZZ_CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(certificate, sizeof certificate, "%s/crt", folder);
    (void)snprintf(key, sizeof key, "%s/key", folder);
    (void)umask(077);
    make_pair(certificate, key);
    FUZZ_CHECK(flarei_tls_context_open(&options, &context, &complaint) == FLARE_OK);
    options.client = FLARE_TLS_CLIENT_OPTIONAL;
    FUZZ_CHECK(flarei_tls_context_open(&options, &asking, &complaint) == FLARE_ERR_ARGUMENT);
    options.client_ca = key;
    FUZZ_CHECK(flarei_tls_context_open(&options, &asking, &complaint) == FLARE_ERR_SYNTAX);
    options.client_ca = certificate;
    FUZZ_CHECK(flarei_tls_context_open(&options, &asking, &complaint) == FLARE_OK);
    clients = SSL_CTX_new(TLS_client_method());
    FUZZ_CHECK(clients != NULL && SSL_CTX_set_alpn_protos(clients, (const unsigned char *)"\2h2", 3) == 0);
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

/* ---- Once all is agreed on ---- */

struct talk {
    struct flarei_tls_stream *stream;
    SSL *client;
    int ends[2];
    const uint8_t *sent; /* what the client said last */
    size_t sent_bytes;
    bool spoiled; /* by bytes that are no record of the client's */
    bool over;
};

/* The server has what was sent, in pieces, and echoes it; the client has it again. */
static void echo(struct talk *talk, size_t room)
{
    char piece[64], back[64];
    size_t echoed = 0;
    ptrdiff_t got;

    while ((got = flarei_tls_receive(talk->stream, piece, room)) > 0) {
        size_t heard = 0, part;

        FUZZ_CHECK((size_t)got <= room && (size_t)got <= talk->sent_bytes - echoed);
        FUZZ_CHECK(memcmp(piece, talk->sent + echoed, (size_t)got) == 0);
        echoed += (size_t)got;
        if (flarei_tls_send(talk->stream, piece, (size_t)got) != got)
            break;
        FUZZ_CHECK(flarei_tls_moved(talk->stream) && !flarei_tls_moved(talk->stream));
        while (heard < (size_t)got &&
               SSL_read_ex(talk->client, back + heard, (size_t)got - heard, &part) == 1)
            heard += part;
        FUZZ_CHECK(heard == (size_t)got && memcmp(back, piece, heard) == 0);
    }
    FUZZ_CHECK(talk->spoiled || echoed == talk->sent_bytes);
    talk->over = got < 0 && got != FLARE_ERR_AGAIN;
    FUZZ_CHECK(talk->over == flarei_tls_ended(talk->stream));
    FUZZ_CHECK(!talk->over || talk->spoiled ||
               (got == FLARE_ERR_CLOSED && !flarei_tls_truncated(talk->stream)));
    FUZZ_CHECK(!flarei_tls_wants_write(talk->stream));
}

static void take_step(struct talk *talk, unsigned what, const uint8_t *bytes, size_t count)
{
    talk->sent_bytes = 0;
    if (what == 0 && count != 0) {
        talk->sent = bytes;
        FUZZ_CHECK(SSL_write_ex(talk->client, bytes, count, &talk->sent_bytes) == 1);
        FUZZ_CHECK(talk->sent_bytes == count);
    } else if (what == 1) {
        talk->spoiled |= count != 0;
        FUZZ_CHECK(send(talk->ends[1], bytes, count, MSG_NOSIGNAL) == (ssize_t)count);
    } else if (what == 2 && SSL_version(talk->client) == TLS1_3_VERSION) {
        (void)SSL_key_update(talk->client,
                             SSL_KEY_UPDATE_REQUESTED); /* not while the last one is to be sent */
    } else if (what == 3) {
        (void)SSL_shutdown(talk->client);
    }
    ERR_clear_error();
    echo(talk, 1 + count % 64);
}

static void talk_on(const uint8_t *data, size_t size)
{
    struct talk talk = {.over = false};
    int mine = 0;
    flare_err theirs = FLARE_ERR_AGAIN;

    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, talk.ends) == 0);
    FUZZ_CHECK(flarei_tls_open(asking, &lane, talk.ends[0], &talk.stream) == FLARE_OK);
    talk.client = SSL_new(clients);
    FUZZ_CHECK(talk.client != NULL && SSL_set_fd(talk.client, talk.ends[1]) == 1);
    SSL_set_connect_state(talk.client);
    if (size % 2 != 0)
        (void)SSL_set_max_proto_version(talk.client, TLS1_2_VERSION);
    for (int round = 0; round < 8 && (mine != 1 || theirs != FLARE_OK); round++) {
        if (mine != 1)
            mine = SSL_do_handshake(talk.client);
        if (theirs != FLARE_OK)
            theirs = flarei_tls_handshake(talk.stream);
    }
    FUZZ_CHECK(mine == 1 && theirs == FLARE_OK && flarei_tls_chose_h2(talk.stream));
    for (size_t at = 0; at + 1 < size && !talk.over;) {
        const size_t left = size - at - 2, count = data[at + 1] < left ? data[at + 1] : left;

        take_step(&talk, data[at] % 4, data + at + 2, count);
        at += 2 + count;
    }
    (void)flarei_tls_notify(talk.stream);
    flarei_tls_free(talk.stream);
    SSL_free(talk.client);
    ERR_clear_error();
    (void)close(talk.ends[0]);
    (void)close(talk.ends[1]);
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
    if (size != 0 && data[0] == 'S')
        talk_on(data + 1, size - 1);
    else
        shake(data, size);
    if (size > 0)
        find(data, size);
    return 0;
}
