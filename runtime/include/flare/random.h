/* flare/random.h - the one place all randomness of flare comes from. */
#ifndef FLARE_RANDOM_H
#define FLARE_RANDOM_H

#include <flare/str.h>

FLARE_BEGIN

/** Fills bytes; false if it can't. @param context as given to flarei_random_set() */
typedef bool flarei_random_source(void *context, void *bytes, size_t len);

/** Replaces the source of the process, for tests. Not thread safe: call it while no other thread draws.
 *  @param source NULL restores the system's */
void flarei_random_set(flarei_random_source *source, void *context);

/** Fills `bytes` with `len` bytes fit for keys (getrandom(2)). Any thread.
 *  @return false, and the bytes undefined, if the system has none to give */
bool flarei_random_bytes(void *bytes, size_t len) FLARE_MUST_USE;

FLARE_END
#endif
