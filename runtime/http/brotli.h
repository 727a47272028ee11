/* http/brotli.h - Brotli's memory comes from where all does. A part of flare_brotli. */
#ifndef FLAREI_HTTP_BROTLI_H
#define FLAREI_HTTP_BROTLI_H

#include <flare/err.h>
#include <flare/memory.h>

#include <brotli/decode.h>

static inline void *flarei_brotli_allocate(void *context, size_t bytes)
{
    (void)context;
    return flarei_malloc(bytes != 0 ? bytes : 1);
}

static inline void flarei_brotli_release(void *context, void *block)
{
    (void)context;
    flarei_free(block);
}

/** Why a decoder can't go on. @return FLARE_ERR_MEMORY, else FLARE_ERR_SYNTAX */
static inline flare_err flarei_brotli_why(const BrotliDecoderState *state)
{
    const BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(state);

    return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                   code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES
               ? FLARE_ERR_MEMORY
               : FLARE_ERR_SYNTAX;
}

#endif
