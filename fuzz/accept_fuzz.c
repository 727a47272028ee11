/* Accept-Encoding: what is chosen was named with a weight, nothing that is forbidden is chosen, and lists in
 * several lines are one list.
 *
 * Target: runtime/http/accept.c
 */
#include "fuzz.h"

#include "http/accept.h"

#include <stdlib.h>

static const flare_str names[] = {FLARE_STR_INIT("br"), FLARE_STR_INIT("gzip")};
enum { COUNT = 2, ALL = FLAREI_CODINGS_MAX + 2 };

static void forget(int weights[static ALL])
{
    for (size_t i = 0; i < ALL; i++)
        weights[i] = -1;
}

static bool holds(flare_str line, const char *text)
{
    const size_t length = strlen(text);

    for (size_t i = 0; i + length <= line.len; i++)
        if (flare_str_equal_nocase((flare_str){line.ptr + i, length}, (flare_str){text, length}))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const texts[COUNT] = {"br", "gzip"};
    int whole[ALL], parts[ALL];
    flare_str line = {(const char *)data, size};
    const char *comma;

    forget(whole);
    forget(parts);
    flarei_accept_codings(line, names, COUNT, whole);
    for (size_t i = 0; i < ALL; i++)
        FUZZ_CHECK(whole[i] >= -1 && whole[i] <= 1000);
    const size_t chosen = flarei_accept_choose(whole, COUNT);
    FUZZ_CHECK(chosen <= COUNT);
    if (chosen < COUNT) {
        FUZZ_CHECK(whole[chosen] != 0);
        FUZZ_CHECK(holds(line, texts[chosen]) || holds(line, "*"));
        FUZZ_CHECK(whole[FLAREI_CODINGS_MAX] < 1000 || whole[chosen] == 1000 || whole[chosen] < 0);
    }
    /* As if weights had two digits. */
    FUZZ_PLANT((whole[0] > 0 && whole[0] % 10 != 0) || (whole[1] > 0 && whole[1] % 10 != 0));
    if (size != 0 && memchr(data, '"', size) == NULL) {
        while ((comma = (const char *)memchr(line.ptr, ',', line.len)) != NULL) {
            flarei_accept_codings((flare_str){line.ptr, (size_t)(comma - line.ptr)}, names, COUNT, parts);
            line.len -= (size_t)(comma + 1 - line.ptr);
            line.ptr = comma + 1;
        }
        flarei_accept_codings(line, names, COUNT, parts);
        FUZZ_CHECK(memcmp(whole, parts, sizeof whole) == 0);
    }
    return 0;
}
