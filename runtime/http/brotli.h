/* http/brotli.h - Brotli's memory comes from where all does. A part of flare_brotli. */
#ifndef FLAREI_HTTP_BROTLI_H
#define FLAREI_HTTP_BROTLI_H

#include <flare/memory.h>

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

#endif
