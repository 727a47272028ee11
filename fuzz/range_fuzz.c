/* Range fields and paths of files: parts lie in the content and apart from each other; what is allowed leads
 * nowhere else.
 *
 * Target: runtime/http/range.c
 */
#include "fuzz.h"

#include "http/range.h"
#include "server/beneath.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const flare_str text = {(const char *)data, size};
    struct flarei_range ranges[FLAREI_RANGES_MAX];
    const uint64_t content = 1000;
    unsigned count;
    const enum flarei_ranges what = flarei_ranges_parse(text, content, ranges, &count);

    FUZZ_CHECK((what == FLAREI_RANGES_SOME) == (count != 0));
    for (unsigned i = 0; i < count; i++) {
        FUZZ_CHECK(ranges[i].bytes != 0 && ranges[i].first < content &&
                   ranges[i].bytes <= content - ranges[i].first);
        for (unsigned k = 0; k < i; k++)
            FUZZ_CHECK(ranges[k].first >= ranges[i].first + ranges[i].bytes ||
                       ranges[i].first >= ranges[k].first + ranges[k].bytes);
    }
    FUZZ_PLANT(count > 2 && ranges[1].first > 500);
    if (size != 0 && flarei_beneath_allowed(text, true))
        FUZZ_CHECK(data[0] != '/' && memmem(data, size, "//", 2) == NULL &&
                   memmem(data, size, "/../", 4) == NULL && memchr(data, 0, size) == NULL &&
                   (size != 2 || memcmp(data, "..", 2) != 0) &&
                   (size <= 2 || memcmp(data + size - 3, "/..", 3) != 0));
    return 0;
}
