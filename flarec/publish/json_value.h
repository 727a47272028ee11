/* json_value.h - JSON text as a tree. */
#ifndef FLAREC_PUBLISH_JSON_VALUE_H
#define FLAREC_PUBLISH_JSON_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_value {
    enum json_kind kind;
    bool boolean;
    const char *text;         /* STRING: unescaped; NUMBER: as written; NUL-terminated */
    size_t length;            /* of text */
    const char *key;          /* of a member; else NULL */
    struct json_value *items; /* ARRAY and OBJECT: the first, or NULL */
    struct json_value *next;
    size_t count;
};

/* NULL where the text is not JSON (RFC 8259), with a word about it in *why. */
const struct json_value *json_value_parse(struct arena *arena, const char *text, const char **why);

#endif
