/* json_read.h - JSON text as a tree, for what editors send. RFC 8259, UTF-8 apart, which its reader checks.
 */
#ifndef FLAREC_TOOLS_JSON_READ_H
#define FLAREC_TOOLS_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_kind kind;
    const char *key;  /* of a member; NUL-terminated */
    const char *text; /* STRING: unescaped, NUL behind it; NUMBER: as written; ARRAY and OBJECT: as written */
    size_t length;    /* of text */
    double number;    /* NUMBER */
    struct json *first; /* item or member */
    struct json *next;
};

/* Arrays and objects in each other. */
#define JSON_DEPTH_MAX 64

/* NULL where the bytes are no JSON text, or nest deeper. A lone surrogate becomes U+FFFD. */
struct json *json_read(struct arena *arena, const char *bytes, size_t length);

/* The member of an object, or NULL; so is a member of NULL or of another kind. The last of equal keys. */
const struct json *json_member(const struct json *object, const char *key);
/* The same for a string's text, or NULL. */
const char *json_member_text(const struct json *object, const char *key);
/* And for a whole number within 0..max; else `missing`. */
size_t json_member_whole(const struct json *object, const char *key, size_t max, size_t missing);

#endif
