#include "test.h"

#include "http/cache_control.h"

/* What a line says: flags, and the four numbers. */
static const struct {
    const char *line;
    unsigned flags;
    int max_age, s_maxage, min_fresh, max_stale;
} lines[] = {
    {"", 0, -1, -1, -1, -1},
    {"max-age=60", 0, 60, -1, -1, -1},
    {"MAX-AGE=60", 0, 60, -1, -1, -1},
    {"max-age=\"60\"", 0, 60, -1, -1, -1},
    {"max-age = 60", 0, 60, -1, -1, -1},
    {"max-age=0", 0, 0, -1, -1, -1},
    {"max-age=2147483646", 0, 2147483646, -1, -1, -1},
    {"max-age=2147483647", 0, 2147483647, -1, -1, -1},
    {"max-age=2147483648", 0, 2147483647, -1, -1, -1},
    {"max-age=99999999999999999999999", 0, 2147483647, -1, -1, -1},
    {"max-age", 0, 0, -1, -1, -1},
    {"max-age=", 0, 0, -1, -1, -1},
    {"max-age=-1", 0, 0, -1, -1, -1},
    {"max-age=1.5", 0, 0, -1, -1, -1},
    {"max-age=60s", 0, 0, -1, -1, -1},
    {"max-age=\"60", 0, 0, -1, -1, -1},
    {"max-age=1, max-age=2", 0, 1, -1, -1, -1},
    {"s-maxage=5, max-age=60", 0, 60, 5, -1, -1},
    {"no-store", FLAREI_CACHE_NO_STORE, -1, -1, -1, -1},
    {"No-Store,no-cache", FLAREI_CACHE_NO_STORE | FLAREI_CACHE_NO_CACHE, -1, -1, -1, -1},
    {"private=\"set-cookie, max-age=5\", max-age=60", FLAREI_CACHE_PRIVATE, 60, -1, -1, -1},
    {"no-cache=\"a\\\", max-age=5\", max-age=60", FLAREI_CACHE_NO_CACHE, 60, -1, -1, -1},
    {"x=\"no-store", 0, -1, -1, -1, -1},
    {"x=\"\\", 0, -1, -1, -1, -1},
    {" , ,public\t, ", FLAREI_CACHE_PUBLIC, -1, -1, -1, -1},
    {"public;max-age=60", 0, -1, -1, -1, -1},
    {"must-revalidate, proxy-revalidate, must-understand",
     FLAREI_CACHE_MUST_REVALIDATE | FLAREI_CACHE_PROXY_REVALIDATE | FLAREI_CACHE_MUST_UNDERSTAND, -1, -1, -1,
     -1},
    {"only-if-cached, min-fresh=3", FLAREI_CACHE_ONLY_IF_CACHED, -1, -1, 3, -1},
    {"min-fresh=x", 0, -1, -1, 2147483647, -1},
    {"max-stale", 0, -1, -1, -1, 2147483647},
    {"max-stale=9", 0, -1, -1, -1, 9},
    {"max-stale=x", 0, -1, -1, -1, 0},
    {"=60", 0, -1, -1, -1, -1},
    {"no-storage, xno-store", 0, -1, -1, -1, -1},
};

/* RFC 5861 */
static const struct {
    const char *line;
    int if_error, while_revalidate;
} stale_lines[] = {
    {"", -1, -1},
    {"stale-if-error=60", 60, -1},
    {"max-age=1, Stale-While-Revalidate=\"9\", stale-if-error=0", 0, 9},
    {"stale-if-error=1, stale-if-error=2", 1, -1},
    {"stale-if-error, stale-while-revalidate=x", -1, -1},
    {"stale-if-error=2147483648", 2147483647, -1},
};

TEST(how_long_one_is_good_that_is_stale)
{
    for (size_t i = 0; i < sizeof stale_lines / sizeof *stale_lines; i++) {
        struct flarei_cache_control control;

        flarei_cache_control_none(&control);
        flarei_cache_control_add(flare_str_of(stale_lines[i].line), &control);
        CHECK_INT(control.stale_if_error_s, stale_lines[i].if_error);
        CHECK_INT(control.stale_while_revalidate_s, stale_lines[i].while_revalidate);
    }
}

TEST(what_a_line_says)
{
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct flarei_cache_control control;

        flarei_cache_control_none(&control);
        flarei_cache_control_add(flare_str_of(lines[i].line), &control);
        if (control.flags != lines[i].flags || control.max_age_s != lines[i].max_age ||
            control.s_maxage_s != lines[i].s_maxage || control.min_fresh_s != lines[i].min_fresh ||
            control.max_stale_s != lines[i].max_stale)
            fprintf(stderr, "  of '%s'\n", lines[i].line);
        CHECK_INT(control.flags, lines[i].flags);
        CHECK_INT(control.max_age_s, lines[i].max_age);
        CHECK_INT(control.s_maxage_s, lines[i].s_maxage);
        CHECK_INT(control.min_fresh_s, lines[i].min_fresh);
        CHECK_INT(control.max_stale_s, lines[i].max_stale);
    }
}

TEST(several_lines_are_one)
{
    const flare_field fields[] = {{FLARE_STR("Cache-Control"), FLARE_STR("no-cache")},
                                  {FLARE_STR("X-Cache-Control"), FLARE_STR("private")},
                                  {FLARE_STR("cache-control"), FLARE_STR("max-age=7")}};
    struct flarei_cache_control control;

    flarei_cache_control_read(fields, 3, &control);
    CHECK_INT(control.flags, FLAREI_CACHE_NO_CACHE);
    CHECK_INT(control.max_age_s, 7);
}

TEST(ages)
{
    CHECK_INT(flarei_cache_age_s(FLARE_STR("12")), 12);
    CHECK_INT(flarei_cache_age_s(FLARE_STR("")), 0);
    CHECK_INT(flarei_cache_age_s(FLARE_STR("-1")), 0);
    CHECK_INT(flarei_cache_age_s(FLARE_STR("99999999999")), 2147483647);
}

int main(void)
{
    RUN(what_a_line_says);
    RUN(how_long_one_is_good_that_is_stale);
    RUN(several_lines_are_one);
    RUN(ages);
    return TEST_END();
}
