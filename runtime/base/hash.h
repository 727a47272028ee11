/* base/hash.h - a number for bytes: equal bytes give equal numbers, on every machine and in every version. */
#ifndef FLAREI_BASE_HASH_H
#define FLAREI_BASE_HASH_H

#include <flare/str.h>

/** XXH64 with seed 0. Against accidents, not against an enemy. */
uint64_t flarei_hash64(flare_str bytes);

/** One that differs in each process, so that nobody can choose bytes that fall on the same number. Any
 * thread.
 *  @param before the hash of what stands before these bytes, or 0 */
uint64_t flarei_hash64_seeded(uint64_t before, flare_str bytes);
/** Draws the secret now, so that processes that are forked later have the same. Any thread. */
void flarei_hash_seed(void);

#endif
