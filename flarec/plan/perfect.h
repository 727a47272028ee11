/* perfect.h - a perfect hash: places for keys of which no two share one. */
#ifndef FLAREC_PLAN_PERFECT_H
#define FLAREC_PLAN_PERFECT_H

#include "arena.h"

#include <stdbool.h>
#include <stdint.h>

/* A key's bucket is in the first `bits` bits of its hash. Its place is then in the bucket's displacement and
 * the hash's last 32 bits; perfect_place() says how. */
struct perfect {
    unsigned bits;
    const uint16_t *displacements; /* by bucket: 1 << bits of them */
    size_t places_count;
};

size_t perfect_place(const struct perfect *perfect, uint64_t hash);

/* False where no displacements are found; another seed of the hashes may do. */
bool perfect_make(struct arena *arena, const uint64_t *hashes, size_t count, struct perfect *perfect);

#endif
