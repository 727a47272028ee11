/* plan.h - what will be emitted, before any text: the dispatch as steps, and patterns as automata.
 *
 * Dispatch is a tree of steps. A step compares a run of constant bytes and then looks at what follows: the
 * end of the path, one of several bytes, or (at the start of a segment that a parameter or `*` can fill) a
 * fork, which tries what is constant, then the parameter, then `*`. A step that fails leads to the next
 * alternative of the nearest fork above it, so where a failure goes is known when the code is written.
 */
#ifndef FLAREC_PLAN_PLAN_H
#define FLAREC_PLAN_PLAN_H

#include "arena.h"
#include "diag.h"
#include "model.h"

/* ---- dispatch ---------------------------------------------------------------------------- */

/* A set of methods: bit n is the method of number n (plan/methods.h). */
typedef uint64_t method_set;

struct unions;

/* Where a path ends, and who takes it. */
struct leaf {
    const struct route **routes; /* by method; the one for ANY last */
    size_t routes_count;
    method_set methods;    /* that some route takes, HEAD with GET */
    bool any;              /* one of them takes every method */
    bool second;           /* a path that leads here may also fit another leaf, tried before */
    bool overlaps;         /* a path that leads here may also fit another leaf, tried before or later */
    struct unions *unions; /* overlaps.c's own */
};

struct fork;

/* Which of the next bytes tell branches apart: the one at `first`, or, with a factor, both, mixed to a number
 * that no two branches share: (first * factor + second) & mask. */
struct look {
    unsigned first, second;
    unsigned factor, mask; /* or 0 */
};

/* `text`, then one of: the end (`leaf`), other bytes (`branches`), a fork. */
struct step {
    const char *text; /* canonical, as in struct segment */
    size_t length;
    struct leaf *leaf;
    struct step **branches; /* two or more, or one beside a leaf; in order */
    size_t branches_count;
    struct look look;   /* of two or more: what tells them apart */
    struct fork *fork;  /* then there are neither leaf nor branches */
    const char *prefix; /* the path up to and with `text`: "/users/:id/" */
    unsigned function; /* number of the function that begins with this step, or 0: it stands inside another */
    unsigned weight;   /* leaves in the same function from here */
    unsigned depth;    /* nesting of the code from here */
    unsigned first_route; /* least index of a route below: which part holds the function */
};

/* A step of a fork. */
enum stage { STAGE_FIXED, STAGE_PARAMETER, STAGE_WILDCARD };

/* Where dispatch goes on after a failure: a later stage of a fork above, or (NULL) the refusal. */
struct pending {
    struct fork *fork;
    enum stage stage;
};

struct fork {
    struct step *fixed;          /* or NULL */
    struct step *parameter;      /* what follows the captured segment; or NULL */
    struct leaf *wildcard;       /* or NULL */
    const char *prefix;          /* "/users/" */
    unsigned slot;               /* of the captured segment: how many forks stand above */
    unsigned parameter_function; /* number of the function that goes on with this stage, or 0 */
    unsigned wildcard_function;
    unsigned first_route;
    struct pending after; /* where all of it failed */
    size_t slots_count;   /* segments captured before it */
};

/* One function of the dispatch: a step's, or a later stage of a fork that several functions come back to. */
struct function {
    struct step *step; /* or NULL */
    struct fork *fork; /* or NULL */
    enum stage stage;
    struct pending pending; /* STEP: where its failure goes on */
    const unsigned *slots;  /* of the segments captured before it */
    size_t slots_count;
    unsigned first_route; /* decides which part holds it */
};

/* ---- patterns ---------------------------------------------------------------------------- */

#define DFA_STATES_MAX 1000

/* Over the bytes of UTF-8 text. State 0 is the dead one, state 1 the first. */
struct dfa {
    unsigned states_count;
    unsigned classes_count;
    uint8_t class_of[256]; /* bytes that no state tells apart are one class */
    const uint16_t *next;  /* [state * classes_count + class] */
    const bool *accepting;
};

/* ---- all of it ------------------------------------------------------------------------------- */

struct plan {
    struct step *root;          /* NULL without routes */
    struct function *functions; /* numbered from 1 */
    size_t functions_count;
    unsigned slots_count;       /* at most this many segments are captured */
    bool overlaps;              /* some leaf does */
    const method_set *refusals; /* each union of methods that may be met where no method fits */
    size_t refusals_count;
    const struct dfa *const *dfas; /* by pattern index */
    const bool *certain; /* by route: a request of its method with a path that fits can be of no other */
};

#endif
