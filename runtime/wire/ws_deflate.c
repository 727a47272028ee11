#include "wire/ws.h"
#include "wire/zlib_memory.h"

#include <flare/memory.h>

#include <limits.h>
#include <string.h>

/* Output grows by steps of this at least. */
enum { STEP_BYTES = 1024, WINDOW_BYTES = 32768, MEMORY_LEVEL = 8 };

/* What a sender takes off the end of each message (RFC 7692, section 7.2.1). */
static const char tail[4] = {0, 0, (char)0xff, (char)0xff};

struct flarei_ws_inflater {
    z_stream stream;
    bool keeps_context;
};

struct flarei_ws_deflater {
    z_stream stream;
    bool keeps_context;
};

/* ---- Inflating ---- */

struct flarei_ws_inflater *flarei_ws_inflater_new(bool keeps_context)
{
    struct flarei_ws_inflater *inflater = flarei_calloc(1, sizeof *inflater);

    if (inflater == NULL)
        return NULL;
    inflater->keeps_context = keeps_context;
    flarei_zlib_memory(&inflater->stream);
    if (inflateInit2(&inflater->stream, -MAX_WBITS) != Z_OK) {
        flarei_free(inflater);
        return NULL;
    }
    return inflater;
}

void flarei_ws_inflater_free(struct flarei_ws_inflater *inflater)
{
    if (inflater == NULL)
        return;
    (void)inflateEnd(&inflater->stream);
    flarei_free(inflater);
}

/* A block said to be the last ends zlib's stream, but neither the message nor the window that later ones
 * refer to (RFC 7692, section 7.2.3.4). */
static flare_err go_on(z_stream *stream)
{
    Bytef *window = flarei_malloc(WINDOW_BYTES);
    uInt bytes = 0;
    bool good;

    if (window == NULL)
        return FLARE_ERR_MEMORY;
    good = inflateGetDictionary(stream, window, &bytes) == Z_OK && inflateReset(stream) == Z_OK &&
           (bytes == 0 || inflateSetDictionary(stream, window, bytes) == Z_OK);
    flarei_free(window);
    return good ? FLARE_OK : FLARE_ERR_MEMORY;
}

/* Room behind what `out` holds; at its maximum, one byte elsewhere that must stay empty. */
static bool find_room(z_stream *stream, flare_buffer *out, Bytef *beyond)
{
    const size_t left = out->max - flarei_buffer_len(out);
    size_t room;

    if (left == 0) {
        stream->next_out = beyond;
        stream->avail_out = 1;
        return true;
    }
    stream->next_out = (Bytef *)flarei_buffer_reserve(out, left < STEP_BYTES ? left : STEP_BYTES);
    if (stream->next_out == NULL)
        return false;
    room = flarei_buffer_room(out) < left ? flarei_buffer_room(out) : left;
    stream->avail_out = room < UINT_MAX ? (uInt)room : UINT_MAX;
    return true;
}

static flare_err inflate_all(z_stream *stream, const char *bytes, size_t len, int flush, flare_buffer *out)
{
    stream->next_in = (Bytef *)(uintptr_t)bytes;
    stream->avail_in = (uInt)len;
    for (;;) {
        Bytef beyond;
        uInt room;
        int result;

        if (!find_room(stream, out, &beyond))
            return FLARE_ERR_MEMORY;
        room = stream->avail_out;
        result = inflate(stream, flush);
        if (stream->next_out == &beyond + 1)
            return FLARE_ERR_LIMIT;
        if (flarei_buffer_len(out) != out->max)
            flarei_buffer_commit(out, room - stream->avail_out);
        if (result == Z_STREAM_END) {
            const flare_err err = go_on(stream);

            if (err != FLARE_OK)
                return err;
        } else if (result == Z_MEM_ERROR) {
            return FLARE_ERR_MEMORY;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            return FLARE_ERR_SYNTAX;
        }
        if (stream->avail_in == 0 && stream->avail_out != 0)
            return FLARE_OK;
    }
}

flare_err flarei_ws_inflate(struct flarei_ws_inflater *inflater, flare_str piece, bool last,
                            flare_buffer *out)
{
    z_stream *const stream = &inflater->stream;
    flare_err err = FLARE_OK;

    while (piece.len != 0 && err == FLARE_OK) {
        const size_t take = piece.len < UINT_MAX ? piece.len : UINT_MAX;

        err = inflate_all(stream, piece.ptr, take, Z_SYNC_FLUSH, out);
        piece.ptr += take;
        piece.len -= take;
    }
    if (err != FLARE_OK || !last)
        return err;
    err = inflate_all(stream, tail, sizeof tail, Z_BLOCK, out);
    /* Unless it stopped between two blocks, the message ended within one. */
    if (err == FLARE_OK && (stream->data_type & 128) == 0)
        return FLARE_ERR_SYNTAX;
    if (err == FLARE_OK && !inflater->keeps_context)
        (void)inflateReset(stream);
    return err;
}

/* ---- Deflating ---- */

struct flarei_ws_deflater *flarei_ws_deflater_new(unsigned window_bits, bool keeps_context)
{
    struct flarei_ws_deflater *deflater = flarei_calloc(1, sizeof *deflater);

    if (deflater == NULL)
        return NULL;
    deflater->keeps_context = keeps_context;
    flarei_zlib_memory(&deflater->stream);
    if (deflateInit2(&deflater->stream, Z_BEST_SPEED, Z_DEFLATED, -(int)window_bits, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        flarei_free(deflater);
        return NULL;
    }
    return deflater;
}

void flarei_ws_deflater_free(struct flarei_ws_deflater *deflater)
{
    if (deflater == NULL)
        return;
    (void)deflateEnd(&deflater->stream);
    flarei_free(deflater);
}

void flarei_ws_deflater_reset(struct flarei_ws_deflater *deflater)
{
    (void)deflateReset(&deflater->stream);
}

/* Appends the deflated payload without its tail. @return its bytes, 0 without room */
static size_t deflate_all(z_stream *stream, flare_str payload, flare_buffer *out)
{
    size_t bytes = 0;

    stream->next_in = (Bytef *)(uintptr_t)payload.ptr;
    stream->avail_in = (uInt)payload.len;
    do {
        const size_t bound = deflateBound(stream, stream->avail_in) + 16;
        char *to = flarei_buffer_reserve(out, bound < 16 * STEP_BYTES ? bound : 16 * STEP_BYTES);
        size_t room;

        if (to == NULL)
            return 0;
        room = flarei_buffer_room(out);
        room = room < UINT_MAX ? room : UINT_MAX;
        stream->next_out = (Bytef *)to;
        stream->avail_out = (uInt)room;
        (void)deflate(stream, Z_SYNC_FLUSH);
        flarei_buffer_commit(out, room - stream->avail_out);
        bytes += room - stream->avail_out;
    } while (stream->avail_out == 0);
    if (bytes >= sizeof tail && memcmp(out->ptr + out->end - sizeof tail, tail, sizeof tail) == 0) {
        out->end -= sizeof tail;
        bytes -= sizeof tail;
    }
    if (bytes == 0 && flarei_buffer_append_byte(out, 0)) /* an empty message (section 7.2.3.6) */
        bytes = 1;
    return bytes;
}

bool flarei_ws_write_deflated(flare_buffer *out, struct flarei_ws_deflater *deflater,
                              enum flarei_ws_opcode opcode, flare_str payload, const uint8_t *mask)
{
    const size_t before = flarei_buffer_len(out);
    char head[FLAREI_WS_HEAD_MAX_BYTES];
    size_t head_bytes, bytes;
    char *start;

    if (payload.len > UINT_MAX)
        return false;
    /* Deflated behind the longest head, then moved down to the one it needs. */
    if (flarei_buffer_reserve(out, sizeof head) != NULL) {
        flarei_buffer_commit(out, sizeof head);
        bytes = deflate_all(&deflater->stream, payload, out);
    } else {
        bytes = 0;
    }
    if (bytes == 0 || out->failed) {
        flarei_buffer_truncate(out, before);
        flarei_ws_deflater_reset(deflater);
        return false;
    }
    start = out->ptr + out->start + before;
    head_bytes = flarei_ws_head(head, FLAREI_WS_FIN | FLAREI_WS_RSV1 | opcode, bytes, mask);
    if (mask != NULL)
        flarei_ws_mask(start + sizeof head, bytes, mask, 0);
    memmove(start + head_bytes, start + sizeof head, bytes);
    memcpy(start, head, head_bytes);
    flarei_buffer_truncate(out, before + head_bytes + bytes);
    if (!deflater->keeps_context)
        flarei_ws_deflater_reset(deflater);
    return true;
}
