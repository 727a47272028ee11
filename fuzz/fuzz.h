/* fuzz.h - what every harness starts from.
 *
 *     #include "fuzz.h"
 *     int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { ...; FUZZ_CHECK(events_agree); return 0;
 * }
 */
#ifndef FLARE_FUZZ_H
#define FLARE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input. */
#define FUZZ_CHECK(condition)                                                                                \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

/* A bug planted where only an input that got deep into the target can reach it, such as
 * FUZZ_PLANT(event.method == FLARE_METHOD_PUT && event.body_length > 3). `./dev fuzz --planted` builds with
 * it and expects the fuzzer to find it from the seeds, of which none has it; every other build leaves it out.
 */
#ifdef FUZZ_PLANTED
#define FUZZ_PLANT(condition)                                                                                \
    do {                                                                                                     \
        if (condition) {                                                                                     \
            fprintf(stderr, "%s:%d: planted: %s\n", __FILE__, __LINE__, #condition);                         \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)
#else
#define FUZZ_PLANT(condition) ((void)sizeof((condition) ? 1 : 0))
#endif

#endif
