/* trie.h - the routes by segment: the tree of which dispatch is made, and in which conflicts are found. */
#ifndef FLAREC_PLAN_TRIE_H
#define FLAREC_PLAN_TRIE_H

#include "plan/methods.h"

/* What a path may be after some segments. */
struct trie {
    const char *text;    /* of the segment that leads here; NULL for a parameter and the root */
    const char *prefix;  /* all of it, as the first route here writes it: "/users/:id" */
    struct trie **fixed; /* by static segment; sorted by text once the tree is complete */
    size_t fixed_count, fixed_capacity;
    struct trie *parameter; /* or NULL */
    struct leaf *leaf;      /* the path may end here; or NULL */
    struct leaf *wildcard;  /* of `*` after here; or NULL */
    size_t *buckets;        /* while it grows: a table over `fixed` by hash, of indices from 1 */
    size_t buckets_count;
};

/* All routes. Conflicts are reported; then the tree is not complete. */
struct trie *trie_build(struct arena *arena, const struct model *model, struct diags *diags);

/* Reports each `*` route behind which others take every path that it could get. */
void trie_check_shadows(const struct trie *trie, struct diags *diags);

/* Marks the leaves of which a path may also fit one that is tried later, and lists the unions of methods that
 * a refusal may have to name then. False, reported, where there are too many. */
bool trie_find_overlaps(struct arena *arena, const struct trie *trie, const struct model *model,
                        struct plan *plan, struct diags *diags);

/* Tree to steps, and these to functions: steps.c, functions.c. */
void steps_make(struct arena *arena, const struct trie *trie, struct plan *plan);
void functions_cut(struct arena *arena, struct plan *plan);

#endif
