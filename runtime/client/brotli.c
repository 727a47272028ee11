/* br as a content coding of replies (RFC 7932). A part of flare_brotli: only programs that name it are linked
 * with brotli. */
#include "http/brotli.h"

#include <flare/client.h>

#include <brotli/decode.h>

static void *make(void)
{
    return BrotliDecoderCreateInstance(flarei_brotli_allocate, flarei_brotli_release, NULL);
}

static void end(void *state)
{
    BrotliDecoderDestroyInstance(state);
}

static flare_err step(void *state, flare_str *input, char *output, size_t *room, bool *over)
{
    const uint8_t *from = (const uint8_t *)input->ptr;
    uint8_t *to = (uint8_t *)output;
    size_t left = input->len, free_bytes = *room;
    BrotliDecoderResult result;

    if (*over)
        return input->len == 0 ? (*room = 0, FLARE_OK) : FLARE_ERR_SYNTAX;
    result = BrotliDecoderDecompressStream(state, &left, &from, &free_bytes, &to, NULL);
    *input = (flare_str){(const char *)from, left};
    *room -= free_bytes;
    *over = result == BROTLI_DECODER_RESULT_SUCCESS;
    return result != BROTLI_DECODER_RESULT_ERROR ? FLARE_OK : flarei_brotli_why(state);
}

const flare_content_coding flare_content_br = {"br", make, step, end};
