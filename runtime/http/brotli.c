/* brotli.c - br as a content coding (RFC 7932), by Google's library. A target of its own, flare_brotli: only
 * services that name br are linked with it. */
#include "http/brotli.h"
#include "http/coding.h"

#include <flare/coding.h>

#include <flare/memory.h>

#include <brotli/decode.h>
#include <brotli/encode.h>

enum { WINDOW_BITS = 18, STREAM_WINDOW_BITS = 14, STEP_BYTES = 4096 };

static bool encode(flare_str content, int level, flare_buffer *out)
{
    BrotliEncoderState *const state =
        BrotliEncoderCreateInstance(flarei_brotli_allocate, flarei_brotli_release, NULL);
    const size_t bound = content.len + content.len / 2 + 1024;
    char *const to = flarei_buffer_reserve(out, bound);
    const uint8_t *from = (const uint8_t *)content.ptr;
    uint8_t *next = (uint8_t *)to;
    size_t left = content.len, room = bound;
    bool good = state != NULL && to != NULL;

    good = good && BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, (uint32_t)level) &&
           BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, WINDOW_BITS) &&
           BrotliEncoderSetParameter(state, BROTLI_PARAM_SIZE_HINT,
                                     content.len < UINT32_MAX ? (uint32_t)content.len : UINT32_MAX) &&
           BrotliEncoderCompressStream(state, BROTLI_OPERATION_FINISH, &left, &from, &room, &next, NULL) &&
           BrotliEncoderIsFinished(state);
    if (good)
        flarei_buffer_commit(out, bound - room);
    if (state != NULL)
        BrotliEncoderDestroyInstance(state);
    return good;
}

static void *stream_begin(int level)
{
    BrotliEncoderState *const state =
        BrotliEncoderCreateInstance(flarei_brotli_allocate, flarei_brotli_release, NULL);

    if (state != NULL) {
        (void)BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, (uint32_t)level);
        (void)BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, STREAM_WINDOW_BITS);
    }
    return state;
}

static bool stream_next(void *of, flare_str piece, enum flarei_coding_step step, flare_buffer *out)
{
    BrotliEncoderState *const state = (BrotliEncoderState *)of;
    const BrotliEncoderOperation operation = step == FLAREI_CODING_MORE    ? BROTLI_OPERATION_PROCESS
                                             : step == FLAREI_CODING_FLUSH ? BROTLI_OPERATION_FLUSH
                                                                           : BROTLI_OPERATION_FINISH;
    const uint8_t *from = (const uint8_t *)piece.ptr;
    size_t left = piece.len;

    do {
        uint8_t *to = (uint8_t *)flarei_buffer_reserve(out, STEP_BYTES);
        size_t room = STEP_BYTES;

        if (to == NULL || !BrotliEncoderCompressStream(state, operation, &left, &from, &room, &to, NULL))
            return false;
        flarei_buffer_commit(out, STEP_BYTES - room);
    } while (left != 0 || BrotliEncoderHasMoreOutput(state));
    return true;
}

static void stream_end(void *state)
{
    BrotliEncoderDestroyInstance((BrotliEncoderState *)state);
}

static flare_err decode_all(BrotliDecoderState *state, flare_str content, flare_buffer *out)
{
    const uint8_t *from = (const uint8_t *)content.ptr;
    size_t left = content.len;

    for (;;) {
        const size_t most = out->max - flarei_buffer_len(out);
        char *const to = most != 0 ? flarei_buffer_reserve(out, most < STEP_BYTES ? most : STEP_BYTES) : NULL;
        size_t room = flarei_buffer_room(out) < most ? flarei_buffer_room(out) : most;
        const size_t before = room;
        uint8_t *next = (uint8_t *)to;
        BrotliDecoderResult result;

        if (most == 0)
            return FLARE_ERR_LIMIT;
        if (to == NULL)
            return FLARE_ERR_MEMORY;
        result = BrotliDecoderDecompressStream(state, &left, &from, &room, &next, NULL);
        flarei_buffer_commit(out, before - room);
        if (result == BROTLI_DECODER_RESULT_SUCCESS)
            return left == 0 ? FLARE_OK : FLARE_ERR_SYNTAX;
        if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT)
            return FLARE_ERR_SYNTAX;
    }
}

static flare_err decode(flare_str content, flare_buffer *out)
{
    BrotliDecoderState *const state =
        BrotliDecoderCreateInstance(flarei_brotli_allocate, flarei_brotli_release, NULL);
    flare_err err;

    if (state == NULL)
        return FLARE_ERR_MEMORY;
    err = decode_all(state, content, out);
    BrotliDecoderDestroyInstance(state);
    return err;
}

const struct flarei_encoder flarei_encoder_br = {FLARE_STR_INIT("br"), encode, stream_begin, stream_next,
                                                 stream_end};
const struct flarei_decoder flarei_decoder_br = {FLARE_STR_INIT("br"), decode};

flare_err flare_brotli_encode(flare_str content, int level, flare_str *coded)
{
    *coded = (flare_str){NULL, 0};
    if (level < BROTLI_MIN_QUALITY || level > BROTLI_MAX_QUALITY)
        return FLARE_ERR_RANGE;
    return flarei_coded(&flarei_encoder_br, content, level, coded);
}

flare_err flare_brotli_decode(flare_str coded, size_t max_bytes, flare_str *content)
{
    return flarei_decoded(&flarei_decoder_br, coded, max_bytes, content);
}
