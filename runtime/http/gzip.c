/* gzip.c - gzip and deflate as content codings, by zlib. A thread keeps one encoder, so that after its first
 * reply no memory is taken. */
#include "http/coding.h"
#include "wire/zlib_memory.h"

#include <flare/memory.h>

#include <limits.h>
#include <pthread.h>

enum { GZIP_BITS = MAX_WBITS + 16, MEMORY_LEVEL = 8, STEP_BYTES = 4096 };
/* Each stream has an encoder of its own, of 64 KiB with these. */
enum { STREAM_BITS = 13 + 16, STREAM_MEMORY_LEVEL = 6 };

struct deflater {
    z_stream stream;
    int level;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;
static _Thread_local struct deflater *own;

static void end(void *of_thread)
{
    struct deflater *const deflater = (struct deflater *)of_thread;

    (void)deflateEnd(&deflater->stream);
    flarei_free(deflater);
    own = NULL;
}

static void begin(void)
{
    has_key = pthread_key_create(&key, end) == 0;
}

static FLARE_NOINLINE_COLD struct deflater *make(int level)
{
    struct deflater *deflater;

    (void)pthread_once(&once, begin);
    deflater = has_key ? (struct deflater *)flarei_calloc(1, sizeof *deflater) : NULL;
    if (deflater == NULL)
        return NULL;
    flarei_zlib_memory(&deflater->stream);
    deflater->level = level;
    if (deflateInit2(&deflater->stream, level, Z_DEFLATED, GZIP_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        flarei_free(deflater);
        return NULL;
    }
    if (pthread_setspecific(key, deflater) != 0) {
        end(deflater);
        return NULL;
    }
    return own = deflater;
}

static bool encode_whole(z_stream *stream, flare_str content, flare_buffer *out)
{
    const uLong bound = deflateBound(stream, (uLong)content.len);
    char *const to = flarei_buffer_reserve(out, bound);
    int result;

    if (to == NULL)
        return false;
    stream->next_in = (Bytef *)(uintptr_t)content.ptr;
    stream->avail_in = (uInt)content.len;
    stream->next_out = (Bytef *)to;
    stream->avail_out = (uInt)bound;
    result = deflate(stream, Z_FINISH);
    flarei_buffer_commit(out, bound - stream->avail_out);
    return result == Z_STREAM_END;
}

static bool encode(flare_str content, int level, flare_buffer *out)
{
    struct deflater *const deflater = own != NULL ? own : make(level);
    bool good;

    if (deflater == NULL || content.len > UINT_MAX / 2)
        return false;
    if (deflater->level != level) {
        (void)deflateParams(&deflater->stream, level, Z_DEFAULT_STRATEGY);
        deflater->level = level;
    }
    good = encode_whole(&deflater->stream, content, out);
    (void)deflateReset(&deflater->stream);
    return good;
}

static bool encode_deflate(flare_str content, int level, flare_buffer *out)
{
    z_stream stream = {0};
    bool good;

    flarei_zlib_memory(&stream);
    if (content.len > UINT_MAX / 2 || deflateInit(&stream, level) != Z_OK)
        return false;
    good = encode_whole(&stream, content, out);
    (void)deflateEnd(&stream);
    return good;
}

static void *stream_begin(int level)
{
    z_stream *const stream = (z_stream *)flarei_calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    flarei_zlib_memory(stream);
    if (deflateInit2(stream, level, Z_DEFLATED, STREAM_BITS, STREAM_MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK)
        return stream;
    flarei_free(stream);
    return NULL;
}

static bool stream_next(void *state, flare_str piece, enum flarei_coding_step step, flare_buffer *out)
{
    z_stream *const stream = (z_stream *)state;
    const int flush = step == FLAREI_CODING_MORE    ? Z_NO_FLUSH
                      : step == FLAREI_CODING_FLUSH ? Z_SYNC_FLUSH
                                                    : Z_FINISH;

    stream->next_in = (Bytef *)(uintptr_t)piece.ptr;
    stream->avail_in = (uInt)piece.len;
    do {
        char *const to = flarei_buffer_reserve(out, STEP_BYTES);

        if (to == NULL)
            return false;
        stream->next_out = (Bytef *)to;
        stream->avail_out = STEP_BYTES;
        if (deflate(stream, flush) == Z_STREAM_ERROR)
            return false;
        flarei_buffer_commit(out, STEP_BYTES - stream->avail_out);
    } while (stream->avail_out == 0);
    return true;
}

static void stream_end(void *state)
{
    (void)deflateEnd((z_stream *)state);
    flarei_free(state);
}

const struct flarei_encoder flarei_encoder_gzip = {FLARE_STR_INIT("gzip"), encode, stream_begin, stream_next,
                                                   stream_end};
const struct flarei_encoder flarei_encoder_deflate = {.name = FLARE_STR_INIT("deflate"),
                                                      .encode = encode_deflate};

/* ---- decoding ------------------------------------------------------------------------------------------ */

/* All members of a gzip stream, one after the other (RFC 1952 section 2.2), or one of zlib's. */
static flare_err inflate_all(z_stream *stream, flare_buffer *out)
{
    for (;;) {
        const size_t left = out->max - flarei_buffer_len(out);
        const size_t step = left < STEP_BYTES ? left : STEP_BYTES;
        size_t room;
        int result;

        if (left == 0)
            return FLARE_ERR_LIMIT;
        stream->next_out = (Bytef *)flarei_buffer_reserve(out, step);
        if (stream->next_out == NULL)
            return FLARE_ERR_MEMORY;
        room = flarei_buffer_room(out) < left ? flarei_buffer_room(out) : left;
        room = room < UINT_MAX ? room : UINT_MAX;
        stream->avail_out = (uInt)room;
        result = inflate(stream, Z_NO_FLUSH);
        flarei_buffer_commit(out, room - stream->avail_out);
        if (result == Z_MEM_ERROR)
            return FLARE_ERR_MEMORY;
        if (result == Z_STREAM_END) {
            if (stream->avail_in == 0)
                return FLARE_OK;
            if (inflateReset(stream) != Z_OK)
                return FLARE_ERR_SYNTAX;
        } else if (result != Z_OK || (stream->avail_in == 0 && stream->avail_out != 0)) {
            return FLARE_ERR_SYNTAX;
        }
    }
}

static flare_err decode(flare_str content, int bits, flare_buffer *out)
{
    z_stream stream = {0};
    flare_err err;

    if (content.len > UINT_MAX)
        return FLARE_ERR_LIMIT;
    flarei_zlib_memory(&stream);
    if (inflateInit2(&stream, bits) != Z_OK)
        return FLARE_ERR_MEMORY;
    stream.next_in = (Bytef *)(uintptr_t)content.ptr;
    stream.avail_in = (uInt)content.len;
    err = inflate_all(&stream, out);
    (void)inflateEnd(&stream);
    return err;
}

static flare_err decode_gzip(flare_str content, flare_buffer *out)
{
    return decode(content, GZIP_BITS, out);
}

/* Many senders leave zlib's frame out (RFC 9110 section 8.4.1.2). */
static flare_err decode_deflate(flare_str content, flare_buffer *out)
{
    const bool framed = content.len >= 2 && (content.ptr[0] & 15) == Z_DEFLATED &&
                        ((unsigned char)content.ptr[0] * 256u + (unsigned char)content.ptr[1]) % 31 == 0;

    return decode(content, framed ? MAX_WBITS : -MAX_WBITS, out);
}

const struct flarei_decoder flarei_decoder_gzip = {FLARE_STR_INIT("gzip"), decode_gzip};
const struct flarei_decoder flarei_decoder_deflate = {FLARE_STR_INIT("deflate"), decode_deflate};
