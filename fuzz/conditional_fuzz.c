/* Conditions of a request: each line of the input is a field. A verdict fits the method, what holds for no
 * field holds, the order of other fields does not matter, and a tag that is not in the text is never found.
 *
 * Target: runtime/http/conditional.c
 */
#include "fuzz.h"

#include "http/conditional.h"

#include <flare/text.h>

enum { MOST = 16 };

static const struct flarei_validators of = {.etag = FLARE_STR_INIT("\"v1\""),
                                            .modified = INT64_C(784111777) * FLARE_TIME_SECOND,
                                            .has_modified = true};

static size_t lines_of(const char *at, size_t size, flare_field *fields)
{
    const char *const end = at + size;
    size_t count = 0;

    while (at != end && count < MOST) {
        const char *const newline = (const char *)memchr(at, '\n', (size_t)(end - at));
        const char *const stop = newline != NULL ? newline : end;
        const char *const colon = (const char *)memchr(at, ':', (size_t)(stop - at));

        if (colon != NULL)
            fields[count++] =
                (flare_field){{at, (size_t)(colon - at)}, {colon + 1, (size_t)(stop - colon - 1)}};
        at = newline != NULL ? newline + 1 : end;
    }
    return count;
}

static bool has(const flare_field *fields, size_t count, flare_str name)
{
    for (size_t i = 0; i < count; i++)
        if (flare_str_equal_nocase(fields[i].name, name))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const flare_time now = of.modified + 86400 * FLARE_TIME_SECOND;
    const struct flarei_validators none = {.etag = {NULL, 0}};
    flare_field fields[MOST], turned[MOST];
    const size_t count = lines_of((const char *)data, size, fields);
    const enum flarei_condition reads = flarei_condition_judge(fields, count, true, &of, now);
    const enum flarei_condition writes = flarei_condition_judge(fields, count, false, &of, now);
    const bool none_match = has(fields, count, FLARE_STR("If-None-Match"));
    const bool match = has(fields, count, FLARE_STR("If-Match"));

    FUZZ_CHECK(writes != FLAREI_CONDITION_NOT_MODIFIED);
    if (!none_match)
        FUZZ_CHECK((reads == FLAREI_CONDITION_FAILED) == (writes == FLAREI_CONDITION_FAILED));
    if (!none_match && !match && !has(fields, count, FLARE_STR("If-Modified-Since")) &&
        !has(fields, count, FLARE_STR("If-Unmodified-Since")))
        FUZZ_CHECK(reads == FLAREI_CONDITION_GO_ON && writes == FLAREI_CONDITION_GO_ON);
    if (none_match && reads == FLAREI_CONDITION_NOT_MODIFIED)
        FUZZ_CHECK(writes == FLAREI_CONDITION_FAILED);
    if (flarei_condition_judge(fields, count, true, &none, now) == FLAREI_CONDITION_NOT_MODIFIED)
        FUZZ_CHECK(none_match);
    FUZZ_PLANT(match && reads == FLAREI_CONDITION_NOT_MODIFIED);
    if (count == 2 && !flare_str_equal_nocase(fields[0].name, fields[1].name)) {
        turned[0] = fields[1];
        turned[1] = fields[0];
        FUZZ_CHECK(flarei_condition_judge(turned, count, true, &of, now) == reads);
        FUZZ_CHECK(flarei_condition_range(turned, count, &of, now) ==
                   flarei_condition_range(fields, count, &of, now));
    }
    if (has(fields, count, FLARE_STR("If-Range")) && flarei_condition_range(fields, count, &of, now))
        FUZZ_CHECK(!flarei_condition_range(fields, count, &none, now));
    return 0;
}
