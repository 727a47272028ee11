/* test.h - the smallest test harness that names what failed.
 *
 *     TEST(adds) { CHECK(1 + 1 == 2); }
 *     int main(void) { RUN(adds); return TEST_END(); }
 */
#ifndef FLARE_TEST_H
#define FLARE_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int test_passed, test_failed;
static bool test_ok;

#define TEST(name) static void test_##name(void)

#define RUN(name)                                                                                            \
    do {                                                                                                     \
        test_ok = true;                                                                                      \
        test_##name();                                                                                       \
        if (test_ok)                                                                                         \
            test_passed++;                                                                                   \
        else                                                                                                 \
            test_failed++, fprintf(stderr, "FAILED: %s\n", #name);                                           \
    } while (0)

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            test_ok = false;                                                                                 \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                        \
        }                                                                                                    \
    } while (0)

/* Compares integers, and prints both. */
#define CHECK_INT(got, want)                                                                                 \
    do {                                                                                                     \
        long long got_ = (long long)(got), want_ = (long long)(want);                                        \
        if (got_ != want_) {                                                                                 \
            test_ok = false;                                                                                 \
            fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, got_, want_);         \
        }                                                                                                    \
    } while (0)

/* Compares a slice (a variable with ptr and len, since it is named often) with a C string, and prints both.
 */
#define CHECK_STR(got, want)                                                                                 \
    do {                                                                                                     \
        const char *want_ = (want);                                                                          \
        if ((got).len != strlen(want_) || ((got).len && memcmp((got).ptr, want_, (got).len) != 0)) {         \
            test_ok = false;                                                                                 \
            fprintf(stderr, "%s:%d: %s is \"%.*s\", not \"%s\"\n", __FILE__, __LINE__, #got, (int)(got).len, \
                    (got).ptr, want_);                                                                       \
        }                                                                                                    \
    } while (0)

#define TEST_END() (printf("%d passed, %d failed\n", test_passed, test_failed), test_failed ? 1 : 0)

#endif
