#include "http/coding.h"

#include <flare/coding.h>
#include <flare/memory.h>

enum { GZIP_LEVEL_MAX = 9 };

/* The content goes with its storage: a buffer that was only written to begins where its storage does. */
static flare_err hand_out(flare_buffer *buffer, flare_err err, flare_str *out)
{
    *out = (flare_str){NULL, 0};
    if (err != FLARE_OK || flarei_buffer_len(buffer) == 0)
        flarei_buffer_free(buffer);
    else
        *out = flarei_buffer_str(buffer);
    return err;
}

flare_err flarei_coded(const struct flarei_encoder *encoder, flare_str content, int level, flare_str *coded)
{
    flare_buffer out;

    flarei_buffer_init(&out, SIZE_MAX / 4);
    return hand_out(&out, encoder->encode(content, level, &out) ? FLARE_OK : FLARE_ERR_MEMORY, coded);
}

flare_err flarei_decoded(const struct flarei_decoder *decoder, flare_str coded, size_t max_bytes,
                         flare_str *content)
{
    flare_buffer out;
    flare_err err;

    /* One more than it may have, so that what has just the limit is told from what has more. */
    flarei_buffer_init(&out, max_bytes < SIZE_MAX / 4 ? max_bytes + 1 : SIZE_MAX / 4);
    err = decoder->decode(coded, &out);
    if (err == FLARE_OK && flarei_buffer_len(&out) > max_bytes)
        err = FLARE_ERR_LIMIT;
    return hand_out(&out, err, content);
}

static flare_err encode(const struct flarei_encoder *encoder, flare_str content, int level, flare_str *coded)
{
    *coded = (flare_str){NULL, 0};
    if (level < 1 || level > GZIP_LEVEL_MAX)
        return FLARE_ERR_RANGE;
    return flarei_coded(encoder, content, level, coded);
}

flare_err flare_gzip_encode(flare_str content, int level, flare_str *coded)
{
    return encode(&flarei_encoder_gzip, content, level, coded);
}

flare_err flare_deflate_encode(flare_str content, int level, flare_str *coded)
{
    return encode(&flarei_encoder_deflate, content, level, coded);
}

flare_err flare_gzip_decode(flare_str coded, size_t max_bytes, flare_str *content)
{
    return flarei_decoded(&flarei_decoder_gzip, coded, max_bytes, content);
}

flare_err flare_deflate_decode(flare_str coded, size_t max_bytes, flare_str *content)
{
    return flarei_decoded(&flarei_decoder_deflate, coded, max_bytes, content);
}

void flare_coded_free(flare_str made)
{
    flarei_free((void *)(uintptr_t)made.ptr);
}
