/* compare.h - what breaking.c and compare.c share: two versions of a spec, and the differences found so far.
 */
#ifndef FLAREC_PUBLISH_COMPARE_H
#define FLAREC_PUBLISH_COMPARE_H

#include "publish/publish.h"

enum verdict { VERDICT_BREAKING, VERDICT_COMPATIBLE, VERDICT_C_ONLY };

struct difference {
    enum verdict verdict;
    const char *route; /* "GET /products/:id", or "" for the service's own */
    const char *where; /* "query limit", "body.items[].name", "reply 200", or "" */
    const char *what;
    struct place place; /* in the new spec, or in the old one where it is gone */
};

/* Who writes the values: clients (what was taken must still be) or the service (what comes must have come
 * before). */
enum direction { DIRECTION_INPUT, DIRECTION_OUTPUT };

/* A pair of declarations under comparison, so that recursion ends. */
struct visit {
    const struct visit *outer;
    const struct declaration *from, *to;
};

struct comparison {
    struct arena *arena;
    const struct model *from, *to;
    const char *route; /* at hand */
    const struct visit *visits;
    bool repeats; /* at hand are values of keys that may repeat: a query, a form */
    struct difference *items;
    size_t count, capacity;
};

void difference_add(struct comparison *comparison, enum verdict verdict, struct place place,
                    const char *where, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Notes each way in which values of one type no longer fit the other. */
void types_compare(struct comparison *comparison, enum direction direction, const char *where,
                   const struct type *from, const struct type *to);
/* Whether two models' routes, inputs, … differ: all of it. */
void models_compare(struct comparison *comparison);

#endif
