/* fiber/retry.h - how long to wait between tries. */
#ifndef FLAREI_FIBER_RETRY_H
#define FLAREI_FIBER_RETRY_H

#include <stdint.h>

/** The longest that a pause may be: it doubles with each failure. @param failures so far, 1 at least */
uint64_t flarei_retry_longest_ms(uint64_t first_ms, uint64_t most_ms, uint32_t failures);

/** Any number from 0 to `longest`, so that many who failed together do not come again together. Without
 * randomness it is `longest`. */
uint64_t flarei_retry_drawn(uint64_t longest);

#endif
