/* header.h - X.flare.h while it is written: its types (header_type.c), then what is made of them (header.c).
 */
#ifndef FLAREC_EMIT_HEADER_H
#define FLAREC_EMIT_HEADER_H

#include "emit/emit.h"

struct header {
    struct emitter *emitter;
    struct text *out;
    struct noted *noted[1024];     /* types declared so far, by hash */
    struct entry *entries;         /* of maps, that wait for their type */
    const struct library *library; /* whose types these are; NULL for the file at hand */
    bool shared;                   /* it is a library's: what is made of a type is declared beside it */
};

/* All of X.flare.h, of a service. */
void header_emit(struct header *header);
/* Notes that the name is declared. Is it new? */
bool header_note(struct header *header, const char *name);
/* Declares what a use of the type needs that is not there yet. */
void header_need_type(struct header *header, const struct type *type);
/* The enums, objects and unions of the header's library. */
void header_emit_types(struct header *header);
/* The checks of the library that the user writes. */
void header_emit_calls(struct header *header, const struct library *library);

#endif
