/* contender.h - what the C contenders of the JSON benchmark share: the text, the line protocol, a digest of
 * what was read. A contender is started as `contender FILE decode|encode`; bench/README.md tells the
 * protocol. */
#ifndef CONTENDER_H
#define CONTENDER_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct text {
    char *bytes;
    size_t length;
};

/* One operation: false if it failed. */
typedef bool operation(const struct text *text);

static struct text text_load(const char *path)
{
    struct text text = {malloc(64u << 20), 0};
    FILE *const file = fopen(path, "rb");

    if (file == NULL || text.bytes == NULL) {
        fprintf(stderr, "%s: can't be read\n", path);
        exit(2);
    }
    text.length = fread(text.bytes, 1, 64u << 20, file);
    fclose(file);
    return text;
}

static inline uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t length)
{
    const unsigned char *const p = bytes;

    for (size_t i = 0; i < length; i++)
        digest = (digest ^ p[i]) * UINT64_C(0x100000001b3);
    return (digest ^ 0xff) * UINT64_C(0x100000001b3);
}

static inline uint64_t digest_u64(uint64_t digest, uint64_t value)
{
    return digest_bytes(digest, &value, sizeof value);
}

static inline uint64_t digest_f64(uint64_t digest, double value)
{
    return digest_bytes(digest, &value, sizeof value);
}

/* Makes the compiler believe that memory is looked at. */
static inline void keep(const void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

static int contend(const struct text *text, operation *run, uint64_t digest)
{
    long times;

    /* Python reads it as a signed number of 63 bits. */
    printf("checked %" PRIu64 "\n", digest >> 1);
    fflush(stdout);
    while (scanf("%ld", &times) == 1) {
        struct timespec start, stop;

        clock_gettime(CLOCK_MONOTONIC, &start);
        for (long i = 0; i < times; i++) {
            if (!run(text)) {
                fprintf(stderr, "it failed while timed\n");
                return 1;
            }
        }
        clock_gettime(CLOCK_MONOTONIC, &stop);
        printf("%lld\n", (long long)(stop.tv_sec - start.tv_sec) * 1000000000 + stop.tv_nsec - start.tv_nsec);
        fflush(stdout);
    }
    return 0;
}

#endif
