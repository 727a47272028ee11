/* decode.h - what the files that emit readers of JSON share.
 *
 *   decode.c        readers by type, and those of arrays and checked texts
 *   decode_object.c objects: members in the order of the spec, then by name
 *   decode_names.c  which member a name is: a perfect hash
 */
#ifndef FLAREC_EMIT_DECODE_H
#define FLAREC_EMIT_DECODE_H

#include "emit/emit.h"

/* The statements that read a value, set `at` to the place behind it or to NULL, and fill `target`.
 * `path` is that of the container as an expression; `key` names the value in it as a string of C, or is NULL
 * where the path is the value's own. */
void decode_value(struct emitter *emitter, struct text *out, const struct type *type, const char *path,
                  const char *key, const char *target);
/* The body of an object's reader. */
void decode_object(struct emitter *emitter, struct symbol *symbol, const struct declaration *declaration);
/* "/name", escaped as RFC 6901 says, as a string of C. */
const char *decode_key(struct emitter *emitter, const char *name);
/* Writes a function that says which of `names` one can be, and returns its name. */
const char *decode_names(struct emitter *emitter, const char *bare, const char *const *names, size_t count);

#endif
