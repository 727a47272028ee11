/* wire/h1_write.h - the lines of heads and trailers, as they are written (RFC 9112, section 5). */
#ifndef FLAREI_H1_WRITE_H
#define FLAREI_H1_WRITE_H

#include <flare/buffer.h>
#include <flare/field.h>

/** Appends a field line with its CRLF; without room or memory `out` has failed. @param name, value checked,
 * or constants: they are written as they are */
void flarei_h1_put_field(flare_buffer *out, flare_str name, flare_str value);

/** Appends what ends a chunked body that may have trailers. @return as flarei_buffer_append() */
bool flarei_h1_put_last_chunk(flare_buffer *out, const flare_field *trailers, size_t count);

#endif
