#include "wire/zlib_memory.h"

#include <flare/memory.h>

static voidpf allocate(voidpf context, uInt count, uInt size)
{
    (void)context;
    return flarei_calloc(count, size);
}

static void release(voidpf context, voidpf block)
{
    (void)context;
    flarei_free(block);
}

void flarei_zlib_memory(z_stream *stream)
{
    stream->zalloc = allocate;
    stream->zfree = release;
}
