/* text.h - growing text, and how values and names are written in C. The traps are all here: trigraphs,
 * escapes that run into a digit, INT64_MIN, suffixes, comment signs inside of comments, strings that are too
 * long for a compiler. */
#ifndef FLAREC_EMIT_TEXT_H
#define FLAREC_EMIT_TEXT_H

#include "arena.h"
#include "model.h"

struct text {
    struct arena *arena;
    char *bytes; /* NUL-terminated once something was added */
    size_t length, capacity;
};

void text_add(struct text *text, const char *more);
void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Never NULL. */
const char *text_of(const struct text *text);

/* A string literal, quotes included, on one line: text that is not printable ASCII as octal escapes. */
const char *c_string(struct arena *arena, const char *bytes, size_t length);
/* Compilers must take literals of this many characters (C11 5.2.4.1); longer ones are arrays of numbers. */
#define C_STRING_MAX 4000

/* Adds a JSON string, quotes included. */
void json_string(struct text *text, const char *value);

/* A member of an initializer, left out where its value is what it would be without. */
void member_text(struct text *members, const char *name, const char *value);
void member_true(struct text *members, const char *name, bool value);

/* Numbers of a type, as constant expressions without warnings: UINT64_C(5), INT64_MIN, 1.5f. */
const char *c_number(struct arena *arena, enum type_kind kind, struct number number);

/* What may stand in a comment: one line, and nothing that begins or ends one. */
const char *c_comment(struct arena *arena, const char *words);

/* An identifier from any words: letters, digits and single underscores, not first a digit, at most 40 bytes.
 */
const char *c_identifier(struct arena *arena, const char *words);

/* Columns that text takes. */
size_t text_columns(const char *bytes, size_t length);

#endif
