/* traceparent: what is taken is of the form that Trace Context (section 3.2) gives it, as a slow reading by
 * its letters sees it.
 *
 * Target: runtime/http/trace.c
 */
#include "fuzz.h"

#include "http/trace.h"

#include <stdlib.h>

/* Hex digits of the part, in lower case, not all zero. */
static bool is_part(const char *text, size_t length)
{
    return strspn(text, "0123456789abcdef") >= length && strspn(text, "0") < length;
}

static bool oracle(const char *text, size_t length)
{
    if (length < 55 || strcspn(text, "-") != 2 || strspn(text, "0123456789abcdef") != 2)
        return false;
    if (strncmp(text, "ff", 2) == 0 || text[35] != '-' || text[52] != '-')
        return false;
    if (length > 55 && (strncmp(text, "00", 2) == 0 || text[55] != '-'))
        return false;
    return is_part(text + 3, 32) && is_part(text + 36, 16) && strspn(text + 53, "0123456789abcdef") >= 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const text = (char *)malloc(size + 1);

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (memchr(data, 0, size) == NULL) {
        const bool valid = flarei_traceparent_valid((flare_str){text, size});

        FUZZ_CHECK(valid == oracle(text, size));
        FUZZ_PLANT(valid && text[0] == 'c');
    }
    free(text);
    return 0;
}
