/* flare/assert.h - FLARE_ASSERT=none|warn|safe|all: what happens at an unsafe or foreign boundary.
 *
 *   none  compiled out            warn  a line in the log, then on with the documented fallback
 *   safe  a line, then abort()    all   safe, plus the checks too dear for production
 *
 * The mode is set for the whole build by -DFLARE_ASSERT_MODE=0..3 (CMake: -DFLARE_ASSERT=safe).
 */
#ifndef FLARE_ASSERT_H
#define FLARE_ASSERT_H

#include <flare/str.h>

#define FLARE_ASSERT_NONE 0
#define FLARE_ASSERT_WARN 1
#define FLARE_ASSERT_SAFE 2
#define FLARE_ASSERT_ALL  3

#ifndef FLARE_ASSERT_MODE
#define FLARE_ASSERT_MODE FLARE_ASSERT_SAFE
#endif

FLARE_BEGIN

/** Reports a broken contract: one line on stderr, then abort() unless the mode is warn. Any thread.
 *  @param condition the text that was false @param what the contract in words
 *  @param file source file @param line source line @param mode FLARE_ASSERT_WARN or above */
void flarei_assert_failed(const char *condition, const char *what, const char *file, int line, int mode);

/** FLARE_ASSERT(cond, "what the caller must keep to"): true if it holds. With mode none it is not evaluated
 *  and true. Use it as `if (!FLARE_ASSERT(...)) return FLARE_ERR_STATE;` so that warn has a way on. */
#if FLARE_ASSERT_MODE == FLARE_ASSERT_NONE
#define FLARE_ASSERT(condition, what) ((void)sizeof((condition) ? 1 : 0), true)
#else
#define FLARE_ASSERT(condition, what)                                                                        \
    (FLARE_LIKELY(condition) ||                                                                              \
     (flarei_assert_failed(#condition, what, __FILE__, __LINE__, FLARE_ASSERT_MODE), false))
#endif

/** As FLARE_ASSERT, compiled only with mode all. */
#if FLARE_ASSERT_MODE == FLARE_ASSERT_ALL
#define FLARE_ASSERT_ALL_MODE(condition, what) FLARE_ASSERT(condition, what)
#else
#define FLARE_ASSERT_ALL_MODE(condition, what) ((void)sizeof((condition) ? 1 : 0), true)
#endif

FLARE_END
#endif
