/* decode.h - what the files that emit readers of JSON share.
 *
 *   decode.c        readers by type, and those of arrays and checked texts
 *   decode_object.c objects: members in the order of the spec, then by name
 *   decode_union.c  unions: the tag first, wherever it stands
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
/* The reader of an object. `tag` is NULL, or the member that tells the arm of the union it is one of. */
void decode_object(struct emitter *emitter, struct symbol *symbol, const struct declaration *declaration,
                   const char *tag);
/* What sets the route's own limit of depth, once reading has begun. `around` frames stand around the text. */
const char *decode_limit(struct emitter *emitter, const struct route *route, unsigned around);
/* Where the type may hold itself: the check of how deep it is. */
const char *decode_depth(struct emitter *emitter, const struct type *type);
/* The reader of a union, and those of its arms. decode_union.c */
void decode_union(struct emitter *emitter, struct symbol *symbol, const struct declaration *declaration);
/* The prototype of a reader, with %s for its name. */
const char *decode_prototype(struct emitter *emitter, const struct type *type);
/* "/name", escaped as RFC 6901 says, as a string of C. */
const char *decode_key(struct emitter *emitter, const char *name);
#endif
