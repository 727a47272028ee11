/* brotli.c - br as a content coding (RFC 7932), by Google's library. A target of its own, flare_brotli: only
 * services that name br are linked with it. */
#include "http/brotli.h"
#include "http/coding.h"

#include <flare/coding.h>

#include <flare/memory.h>

#include <brotli/decode.h>
#include <brotli/encode.h>

#include <setjmp.h>
#include <stddef.h>

enum { WINDOW_BITS = 18, STREAM_WINDOW_BITS = 14, STEP_BYTES = 4096 };

/* ---- encoding ------------------------------------------------------------------------------------------ */

/* Where the library's encoder gets no memory it ends the process. So it never hears of that: the call is left
 * in the middle, and what the encoder held, which is memory alone, is freed by the list of it. */
struct block {
    struct block *next;
    struct block **link; /* what points to it */
    max_align_t bytes[];
};

struct encoding {
    BrotliEncoderState *state;
    struct block *blocks;
    jmp_buf *back; /* while the library is at work */
};

static void *allocate_block(void *context, size_t bytes)
{
    struct encoding *const of = (struct encoding *)context;
    struct block *const block = (struct block *)flarei_malloc(sizeof *block + bytes);

    if (block == NULL) {
        if (of->back != NULL)
            longjmp(*of->back, 1);
        return NULL;
    }
    block->next = of->blocks;
    block->link = &of->blocks;
    if (block->next != NULL)
        block->next->link = &block->next;
    of->blocks = block;
    return block->bytes;
}

static void free_block(struct block *block)
{
    *block->link = block->next;
    if (block->next != NULL)
        block->next->link = block->link;
    flarei_free(block);
}

static void release_block(void *context, void *bytes)
{
    (void)context;
    if (bytes != NULL)
        free_block((struct block *)(void *)((char *)bytes - offsetof(struct block, bytes)));
}

static bool begin(struct encoding *of, int level, uint32_t window_bits)
{
    *of = (struct encoding){.state = NULL};
    of->state = BrotliEncoderCreateInstance(allocate_block, release_block, of);
    return of->state != NULL && BrotliEncoderSetParameter(of->state, BROTLI_PARAM_QUALITY, (uint32_t)level) &&
           BrotliEncoderSetParameter(of->state, BROTLI_PARAM_LGWIN, window_bits);
}

static void end(struct encoding *of)
{
    while (of->blocks != NULL)
        free_block(of->blocks);
    of->state = NULL;
}

/* @return false: it can't go on, for want of memory */
static bool step(struct encoding *of, BrotliEncoderOperation operation, flare_str *piece, uint8_t **to,
                 size_t *room)
{
    const uint8_t *from = (const uint8_t *)piece->ptr;
    jmp_buf back;

    if (of->state == NULL)
        return false;
    if (setjmp(back) != 0) {
        of->back = NULL;
        end(of);
        return false;
    }
    of->back = &back;
    if (!BrotliEncoderCompressStream(of->state, operation, &piece->len, &from, room, to, NULL))
        end(of);
    of->back = NULL;
    piece->ptr = (const char *)from;
    return of->state != NULL;
}

static bool encode(flare_str content, int level, flare_buffer *out)
{
    const size_t bound = content.len + content.len / 2 + 1024;
    char *const to = flarei_buffer_reserve(out, bound);
    uint8_t *next = (uint8_t *)to;
    size_t room = bound;
    struct encoding encoding;
    bool good;

    if (to == NULL)
        return false;
    good = begin(&encoding, level, WINDOW_BITS) &&
           BrotliEncoderSetParameter(encoding.state, BROTLI_PARAM_SIZE_HINT,
                                     content.len < UINT32_MAX ? (uint32_t)content.len : UINT32_MAX) &&
           step(&encoding, BROTLI_OPERATION_FINISH, &content, &next, &room) &&
           BrotliEncoderIsFinished(encoding.state);
    if (good)
        flarei_buffer_commit(out, bound - room);
    end(&encoding);
    return good;
}

static void stream_end(void *of)
{
    end((struct encoding *)of);
    flarei_free(of);
}

static void *stream_begin(int level)
{
    struct encoding *const encoding = (struct encoding *)flarei_malloc(sizeof *encoding);

    if (encoding == NULL || begin(encoding, level, STREAM_WINDOW_BITS))
        return encoding;
    stream_end(encoding);
    return NULL;
}

static bool stream_next(void *of, flare_str piece, enum flarei_coding_step how_far, flare_buffer *out)
{
    struct encoding *const encoding = (struct encoding *)of;
    const BrotliEncoderOperation operation = how_far == FLAREI_CODING_MORE    ? BROTLI_OPERATION_PROCESS
                                             : how_far == FLAREI_CODING_FLUSH ? BROTLI_OPERATION_FLUSH
                                                                              : BROTLI_OPERATION_FINISH;

    do {
        uint8_t *to = (uint8_t *)flarei_buffer_reserve(out, STEP_BYTES);
        size_t room = STEP_BYTES;

        if (to == NULL || !step(encoding, operation, &piece, &to, &room))
            return false;
        flarei_buffer_commit(out, STEP_BYTES - room);
    } while (piece.len != 0 || BrotliEncoderHasMoreOutput(encoding->state));
    return true;
}

/* ---- decoding ------------------------------------------------------------------------------------------ */

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
        if (result == BROTLI_DECODER_RESULT_ERROR)
            return flarei_brotli_why(state);
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
