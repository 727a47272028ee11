/* The preface among the first bytes of a connection, as a connection comes to look for it: the h1 parser is
 * asked first, with each length that the bytes may have had when they came; only if it refuses are they
 * looked at for HTTP/2. Whatever begins as the preface does is never taken for a request of HTTP/1, and has
 * been seen once it is whole; whatever does not is told at once.
 *
 * The first byte says how much of the preface stands before the rest.
 * Target: runtime/wire/h1_line.c
 */
#include "wire/h2.h"

#include "fuzz.h"

#include <string.h>

enum { FIELDS_MAX = 20, INPUT_MAX_BYTES = 1024 };

static const struct flarei_h1_limits limits = {1024, 256, FIELDS_MAX, 128, 48};

/* What a connection decides on when it has the first `length` bytes. */
enum verdict { WAITS, HTTP1, HTTP2, REFUSED };

static enum verdict decide(const char *bytes, size_t length)
{
    flare_field fields[FIELDS_MAX];
    struct flarei_h1_head head = {.fields = fields, .field_capacity = FIELDS_MAX};
    /* Of exactly that size, so that nothing beyond them can be read. */
    char *const copy = malloc(length);
    enum verdict verdict = WAITS;
    ptrdiff_t parsed;

    FUZZ_CHECK(copy != NULL);
    memcpy(copy, bytes, length);
    parsed = flarei_h1_parse_head(&limits, copy, length, &head);
    if (parsed > 0) {
        verdict = HTTP1;
    } else if (parsed < 0) {
        switch (flarei_h2_peek(copy, length)) {
        case FLAREI_H2_PEEK_MORE:
            break;
        case FLAREI_H2_PEEK_PREFACE:
            verdict = HTTP2;
            break;
        case FLAREI_H2_PEEK_OTHER:
            verdict = REFUSED;
            break;
        }
    }
    free(copy);
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char bytes[FLAREI_H2_PREFACE_BYTES + INPUT_MAX_BYTES];
    enum verdict before = WAITS;
    size_t length, same = 0;

    if (size < 2 || size > INPUT_MAX_BYTES)
        return 0;
    length = data[0] % (FLAREI_H2_PREFACE_BYTES + 1);
    memcpy(bytes, FLAREI_H2_PREFACE, length);
    memcpy(bytes + length, data + 1, size - 1);
    length += size - 1;
    while (same < length && same < FLAREI_H2_PREFACE_BYTES && bytes[same] == FLAREI_H2_PREFACE[same])
        same++;
    for (size_t have = 1; have <= length && before == WAITS; have++) {
        const enum verdict now = decide(bytes, have);

        if (have <= same)
            FUZZ_CHECK(now == WAITS || (now == HTTP2 && have == FLAREI_H2_PREFACE_BYTES));
        FUZZ_CHECK(now != HTTP2 || same == FLAREI_H2_PREFACE_BYTES);
        FUZZ_CHECK(now != WAITS || have < limits.head_max_bytes);
        before = now;
    }
    FUZZ_CHECK(same < FLAREI_H2_PREFACE_BYTES || before == HTTP2);
    FUZZ_PLANT(before == HTTP1 && same > 0 && same < 4); /* as if no method began like the preface */
    return 0;
}
