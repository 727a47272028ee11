/* wire/zlib_memory.h - zlib's memory comes from where all does. */
#ifndef FLAREI_ZLIB_MEMORY_H
#define FLAREI_ZLIB_MEMORY_H

#include <zlib.h>

/** Before deflateInit2() or inflateInit2(). */
void flarei_zlib_memory(z_stream *stream);

#endif
