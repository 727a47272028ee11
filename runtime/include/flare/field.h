/* flare/field.h - one field line of a head or of a trailer section (RFC 9110, section 5). */
#ifndef FLARE_FIELD_H
#define FLARE_FIELD_H

#include <flare/str.h>

FLARE_BEGIN

/** A field line as received: two borrowed slices, which live as long as the bytes that they point into. */
typedef struct flare_field {
    flare_str name;  /**< a token in the peer's spelling; names compare case-insensitively */
    flare_str value; /**< without leading and trailing whitespace; may be empty */
} flare_field;

FLARE_END
#endif
