/* Cache-Control: numbers are in their range, a list in two lines is one list where it is cut at a comma
 * outside of quotes, a reply that says no-store, no-cache or private for itself is never kept, and more time
 * passed never makes a reply usable again.
 *
 * Target: runtime/http/cache_control.c
 */
#include "fuzz.h"

#include "http/cache_control.h"

static void read(const char *from, size_t length, struct flarei_cache_control *control)
{
    flarei_cache_control_add((flare_str){from, length}, control);
}

static bool is_same(const struct flarei_cache_control *a, const struct flarei_cache_control *b)
{
    return a->flags == b->flags && a->max_age_s == b->max_age_s && a->s_maxage_s == b->s_maxage_s &&
           a->min_fresh_s == b->min_fresh_s && a->max_stale_s == b->max_stale_s &&
           a->stale_if_error_s == b->stale_if_error_s &&
           a->stale_while_revalidate_s == b->stale_while_revalidate_s;
}

/* Of a reply of any status, with Expires or without. */
static void check_lifetimes(const struct flarei_cache_control *said, struct flarei_cache_facts facts)
{
    static const unsigned statuses[] = {200, 206, 302, 404, 500};

    facts.now = 1000 * FLARE_TIME_SECOND;
    facts.expires = facts.now + 20 * FLARE_TIME_SECOND;
    for (size_t i = 0; i < 4 * sizeof statuses / sizeof *statuses; i++) {
        facts.status = statuses[i / 4];
        facts.has_expires = i % 2 != 0;
        facts.expires_valid = i % 4 > 1;
        const int32_t lifetime = flarei_cache_lifetime_s(&facts, said);
        FUZZ_CHECK(lifetime >= 0 && (facts.status != 206 || lifetime == 0));
        if (said->s_maxage_s >= 0 || said->max_age_s >= 0)
            FUZZ_CHECK(lifetime == 0 ||
                       lifetime == (said->s_maxage_s >= 0 ? said->s_maxage_s : said->max_age_s));
        else if (facts.has_expires)
            FUZZ_CHECK(lifetime == 0 || (facts.expires_valid && lifetime == 20));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint32_t never = FLAREI_CACHE_NO_STORE | FLAREI_CACHE_NO_CACHE | FLAREI_CACHE_PRIVATE;
    const char *const text = (const char *)data;
    struct flarei_cache_control whole, parts;
    struct flarei_cache_facts facts = {.status = 200, .fresh_s = 10};
    size_t cut = 0;

    const flare_field fields[] = {{FLARE_STR_INIT("Age"), {text, size}},
                                  {FLARE_STR_INIT("cache-control"), {text, size}}};

    flarei_cache_control_read(fields, 2, &whole);
    flarei_cache_control_none(&parts);
    read(text, size, &parts);
    FUZZ_CHECK(is_same(&whole, &parts) && flarei_cache_age_s(fields[0].value) >= 0);
    FUZZ_CHECK(whole.max_age_s >= -1 && whole.s_maxage_s >= -1 && whole.min_fresh_s >= -1 &&
               whole.max_stale_s >= -1 && whole.stale_if_error_s >= -1 &&
               whole.stale_while_revalidate_s >= -1);
    FUZZ_PLANT(whole.s_maxage_s == 31);

    while (cut < size && text[cut] != ',' && text[cut] != '"')
        cut++;
    if (cut < size && text[cut] == ',') {
        flarei_cache_control_none(&parts);
        read(text, cut, &parts);
        read(text + cut + 1, size - cut - 1, &parts);
        FUZZ_CHECK(is_same(&whole, &parts));
    }
    for (unsigned personal = 0; personal < 2; personal++) {
        facts.personal = personal != 0;
        const int32_t lifetime = flarei_cache_lifetime_s(&facts, &whole);
        FUZZ_CHECK(lifetime >= 0);
        check_lifetimes(&whole, facts);
        if ((whole.flags & never & ~FLAREI_CACHE_NO_STORE) != 0 ||
            ((whole.flags & never) != 0 && (whole.flags & FLAREI_CACHE_MUST_UNDERSTAND) == 0))
            FUZZ_CHECK(lifetime == 0);
        if (personal != 0 && !flarei_cache_for_all(&whole))
            FUZZ_CHECK(lifetime == 0);
    }
    for (int64_t age = 0, last = 1; age < 100; age += 7) {
        const bool usable = flarei_cache_usable(&whole, age, 40, false);
        FUZZ_CHECK(!usable || last != 0);
        FUZZ_CHECK(!flarei_cache_usable(&whole, age, 40, true) || usable);
        last = usable;
        FUZZ_CHECK(flarei_cache_usable(NULL, age, 40, false) == (age < 40));
        FUZZ_CHECK(flarei_cache_usable_stale(NULL, age, 40, false, 10) == (age < 50));
        FUZZ_CHECK(!flarei_cache_usable_stale(&whole, age, 40, true, INT32_MAX));
        FUZZ_CHECK(age < 50 || !flarei_cache_usable_stale(&whole, age, 40, false, 10));
    }
    return 0;
}
