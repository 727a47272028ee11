#include "tls/stream.h"

#include <flare/memory.h>
#include <flare/net.h>

#include <openssl/err.h>
#include <pthread.h>

/* Two of the largest records. */
enum { RAW_BYTES = 2 * (16384 + 256 + 5) };

enum { RECORD_HANDSHAKE = 22 };

struct flarei_tls_raw {
    uint32_t start;
    uint32_t end;
    char bytes[RAW_BYTES];
};

/* ---- The buffer that is lent ---- */

static bool borrow(struct flarei_tls_stream *stream)
{
    struct flarei_tls_lane *const lane = stream->lane;

    if (lane->spare != NULL) {
        stream->raw = lane->spare;
        lane->spare = NULL;
        return true;
    }
    stream->raw = flarei_malloc(sizeof *stream->raw);
    if (stream->raw == NULL)
        return false;
    stream->raw->start = stream->raw->end = 0;
    return true;
}

static void give_back(struct flarei_tls_stream *stream)
{
    struct flarei_tls_raw *const raw = stream->raw;

    stream->raw = NULL;
    if (raw == NULL)
        return;
    raw->start = raw->end = 0;
    if (stream->lane->spare == NULL)
        stream->lane->spare = raw;
    else
        flarei_free(raw);
}

void flarei_tls_lane_clear(struct flarei_tls_lane *lane)
{
    flarei_free(lane->spare);
    lane->spare = NULL;
    flarei_tls_tickets_forget(&lane->tickets);
}

/* ---- The BIO ---- */

/* Receives into the empty buffer. @return false with stream->err */
static bool fill(struct flarei_tls_stream *stream)
{
    ptrdiff_t got;

    if (stream->drained) {
        stream->err = FLARE_ERR_AGAIN;
        return false;
    }
    if (stream->raw == NULL && !borrow(stream)) {
        stream->err = FLARE_ERR_MEMORY;
        return false;
    }
    got = flare_socket_receive(stream->fd, stream->raw->bytes, RAW_BYTES);
    if (got < 0) {
        stream->err = (flare_err)got;
        stream->drained = true;
        return false;
    }
    stream->raw->start = 0;
    stream->raw->end = (uint32_t)got;
    stream->drained = got < RAW_BYTES && !stream->hangup;
    return true;
}

static bool raw_empty(const struct flarei_tls_stream *stream)
{
    return stream->raw == NULL || stream->raw->start == stream->raw->end;
}

static int bio_read(BIO *bio, char *to, int bytes)
{
    struct flarei_tls_stream *const stream = BIO_get_data(bio);
    uint32_t count;

    BIO_clear_retry_flags(bio);
    if (bytes <= 0)
        return 0;
    if (raw_empty(stream) && !fill(stream)) {
        if (stream->err == FLARE_ERR_AGAIN)
            BIO_set_retry_read(bio);
        return -1;
    }
    count = stream->raw->end - stream->raw->start;
    if (count > (uint32_t)bytes)
        count = (uint32_t)bytes;
    memcpy(to, stream->raw->bytes + stream->raw->start, count);
    stream->raw->start += count;
    return (int)count;
}

static int bio_write(BIO *bio, const char *from, int bytes)
{
    struct flarei_tls_stream *const stream = BIO_get_data(bio);
    ptrdiff_t sent;

    BIO_clear_retry_flags(bio);
    if (bytes <= 0)
        return 0;
    sent = flare_socket_send(stream->fd, from, (size_t)bytes);
    if (sent > 0) {
        stream->moved = true;
        return (int)sent;
    }
    stream->err = (flare_err)sent;
    if (sent == FLARE_ERR_AGAIN || sent == FLARE_ERR_MEMORY)
        BIO_set_retry_write(bio);
    return -1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "flare");
    if (method == NULL || BIO_meth_set_read(method, bio_read) != 1 ||
        BIO_meth_set_write(method, bio_write) != 1 || BIO_meth_set_ctrl(method, bio_control) != 1) {
        BIO_meth_free(method);
        method = NULL;
    }
}

bool flarei_tls_streams_ready(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    bool ready;

    (void)pthread_mutex_lock(&lock);
    if (method == NULL)
        make_method();
    ready = method != NULL;
    (void)pthread_mutex_unlock(&lock);
    return ready;
}

/* With the kernel's help OpenSSL must know the socket itself. */
static bool attach(struct flarei_tls_stream *stream)
{
    BIO *bio;

    if (stream->ktls)
        return SSL_set_fd(stream->ssl, stream->fd) == 1;
    bio = BIO_new(method);
    if (bio == NULL)
        return false;
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    SSL_set_bio(stream->ssl, bio, bio);
    return true;
}

/* ---- Its life ---- */

flare_err flarei_tls_stream_make(SSL *ssl, struct flarei_tls_lane *lane, int fd, bool ktls,
                                 struct flarei_tls_stream **out)
{
    struct flarei_tls_stream *const stream = ssl != NULL ? flarei_calloc(1, sizeof *stream) : NULL;

    if (stream == NULL) {
        SSL_free(ssl);
        ERR_clear_error();
        return FLARE_ERR_MEMORY;
    }
    stream->lane = lane;
    stream->fd = fd;
    stream->ktls = ktls;
    stream->ssl = ssl;
    if (SSL_set_app_data(stream->ssl, stream) != 1 || !attach(stream)) {
        ERR_clear_error();
        flarei_tls_free(stream);
        return FLARE_ERR_MEMORY;
    }
    *out = stream;
    return FLARE_OK;
}

flare_err flarei_tls_open(struct flarei_tls_context *context, struct flarei_tls_lane *lane, int fd,
                          struct flarei_tls_stream **out)
{
    const flare_err err =
        flarei_tls_stream_make(SSL_new(context->identities[0].ssl), lane, fd, context->ktls, out);

    if (err != FLARE_OK)
        return err;
    flarei_tls_context_keep(context);
    (*out)->context = context;
    SSL_set_accept_state((*out)->ssl);
    return FLARE_OK;
}

void flarei_tls_free(struct flarei_tls_stream *stream)
{
    if (stream == NULL)
        return;
    SSL_free(stream->ssl);
    give_back(stream);
    flarei_tls_context_release(stream->context);
    flarei_free(stream->session_key);
    flarei_free(stream);
}

/* ---- Using it ---- */

static void begin_call(struct flarei_tls_stream *stream)
{
    stream->err = FLARE_OK;
    stream->drained = false;
    if (stream->reason != NULL)
        ERR_clear_error();
}

static void end_call(struct flarei_tls_stream *stream)
{
    if (raw_empty(stream))
        give_back(stream);
}

/* Why OpenSSL did not do what it was asked for. Its queue of errors may hold those of others in this thread,
 * so it is asked only where it was cleared before. */
static flare_err why(struct flarei_tls_stream *stream, int result)
{
    if (stream->ktls && stream->err == FLARE_OK) {
        const int kind = SSL_get_error(stream->ssl, result);

        if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
            stream->err = FLARE_ERR_AGAIN;
    }
    if (stream->err == FLARE_ERR_AGAIN)
        return FLARE_ERR_AGAIN;
    if (stream->err == FLARE_OK && stream->reason != NULL && ERR_peek_error() != 0) {
        stream->err = stream->reason(stream->ssl); /* also where an alert came, which counts as the end too */
        stream->broken = true;
    }
    if (stream->err == FLARE_OK && (SSL_get_shutdown(stream->ssl) & SSL_RECEIVED_SHUTDOWN) != 0)
        stream->err = FLARE_ERR_CLOSED;
    else if (stream->err != FLARE_ERR_CLOSED && stream->err != FLARE_ERR_MEMORY)
        stream->broken = true;
    if (stream->err == FLARE_OK)
        stream->err = FLARE_ERR_IO;
    ERR_clear_error();
    return stream->err;
}

/* A request in plain text begins with a method, and no record of TLS with a letter. */
static bool plain_text(struct flarei_tls_stream *stream)
{
    char first;

    if (stream->begun || stream->ktls || (raw_empty(stream) && !fill(stream)))
        return false;
    stream->begun = true;
    first = stream->raw->bytes[stream->raw->start];
    return first != RECORD_HANDSHAKE && first >= 'A' && first <= 'Z';
}

flare_err flarei_tls_handshake(struct flarei_tls_stream *stream)
{
    flare_err err = FLARE_OK;
    int result;

    begin_call(stream);
    if (plain_text(stream)) {
        stream->broken = true;
        return FLARE_ERR_SYNTAX;
    }
    result = SSL_do_handshake(stream->ssl);
    if (result != 1) {
        err = why(stream, result);
        stream->broken |= err != FLARE_ERR_AGAIN;
    }
    end_call(stream);
    return err;
}

bool flarei_tls_chose_h2(const struct flarei_tls_stream *stream)
{
    const unsigned char *name;
    unsigned length;

    SSL_get0_alpn_selected(stream->ssl, &name, &length);
    return length == 2 && memcmp(name, "h2", 2) == 0;
}

ptrdiff_t flarei_tls_receive(struct flarei_tls_stream *stream, void *buffer, size_t bytes)
{
    size_t have = 0;
    flare_err err = FLARE_OK;

    begin_call(stream);
    while (have < bytes) {
        size_t got;

        if (FLARE_UNLIKELY(SSL_read_ex(stream->ssl, (char *)buffer + have, bytes - have, &got) != 1)) {
            err = why(stream, 0);
            break;
        }
        have += got;
        if (FLARE_LIKELY(stream->drained && raw_empty(stream)) && SSL_pending(stream->ssl) == 0)
            break;
    }
    end_call(stream);
    return have > 0 ? (ptrdiff_t)have : (ptrdiff_t)err;
}

bool flarei_tls_ended(const struct flarei_tls_stream *stream)
{
    return stream->err != FLARE_OK && stream->err != FLARE_ERR_AGAIN;
}

ptrdiff_t flarei_tls_send(struct flarei_tls_stream *stream, const void *data, size_t bytes)
{
    size_t sent = 0;

    begin_call(stream);
    while (sent < bytes) {
        size_t count;

        if (FLARE_UNLIKELY(SSL_write_ex(stream->ssl, (const char *)data + sent, bytes - sent, &count) != 1)) {
            if (sent > 0)
                break;
            return stream->err == FLARE_ERR_MEMORY ? FLARE_ERR_MEMORY : why(stream, 0);
        }
        sent += count;
    }
    return (ptrdiff_t)sent;
}

bool flarei_tls_wants_write(const struct flarei_tls_stream *stream)
{
    return SSL_want_write(stream->ssl);
}

bool flarei_tls_moved(struct flarei_tls_stream *stream)
{
    const bool moved = stream->moved;

    stream->moved = false;
    return moved;
}

flare_err flarei_tls_notify(struct flarei_tls_stream *stream)
{
    int result;

    if (stream->broken || !SSL_is_init_finished(stream->ssl))
        return FLARE_ERR_CLOSED;
    stream->err = FLARE_OK;
    result = SSL_shutdown(stream->ssl);
    ERR_clear_error();
    if (result >= 0)
        return FLARE_OK;
    return stream->err != FLARE_OK ? stream->err : FLARE_ERR_IO;
}

bool flarei_tls_truncated(const struct flarei_tls_stream *stream)
{
    return (SSL_get_shutdown(stream->ssl) & SSL_RECEIVED_SHUTDOWN) == 0;
}

int flarei_tls_stream_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                             EVP_MAC_CTX *mac, int seal)
{
    struct flarei_tls_stream *const stream = SSL_get_app_data(ssl);
    const int result = flarei_tls_tickets_use(&stream->lane->tickets, flarei_clock_monotonic(), seal != 0,
                                              name, iv, cipher, mac);

    /* A client uses a ticket of TLS 1.3 once (RFC 8446, appendix C.4), and needs another for the next time.
     */
    return result == 1 && seal == 0 && SSL_version(ssl) == TLS1_3_VERSION ? 2 : result;
}
