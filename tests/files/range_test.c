#include "http/range.h"
#include "test.h"

static struct flarei_range ranges[FLAREI_RANGES_MAX];
static unsigned count;

static enum flarei_ranges parse(const char *text, uint64_t size)
{
    return flarei_ranges_parse(flare_str_of(text), size, ranges, &count);
}

static void check_range(unsigned at, uint64_t first, uint64_t bytes)
{
    CHECK(at < count);
    CHECK_INT(ranges[at].first, first);
    CHECK_INT(ranges[at].bytes, bytes);
}

TEST(one)
{
    CHECK_INT(parse("bytes=0-0", 10), FLAREI_RANGES_SOME);
    check_range(0, 0, 1);
    CHECK_INT(parse("bytes=9-9", 10), FLAREI_RANGES_SOME);
    check_range(0, 9, 1);
    CHECK_INT(parse("Bytes=2-100", 10), FLAREI_RANGES_SOME);
    check_range(0, 2, 8);
    CHECK_INT(parse("bytes=4-", 10), FLAREI_RANGES_SOME);
    check_range(0, 4, 6);
    CHECK_INT(parse("bytes=-3", 10), FLAREI_RANGES_SOME);
    check_range(0, 7, 3);
    CHECK_INT(parse("bytes=-30", 10), FLAREI_RANGES_SOME);
    check_range(0, 0, 10);
    CHECK_INT(parse("bytes=0-99999999999999999999999", 10), FLAREI_RANGES_SOME);
    check_range(0, 0, 10);
}

TEST(several)
{
    CHECK_INT(parse("bytes= 0-1 , ,-2,\t4-5", 10), FLAREI_RANGES_SOME);
    CHECK_INT(count, 3);
    check_range(0, 0, 2);
    check_range(1, 8, 2);
    check_range(2, 4, 2);
    CHECK_INT(parse("bytes=0-1,50-60", 10), FLAREI_RANGES_SOME);
    CHECK_INT(count, 1);
}

TEST(unsatisfiable)
{
    CHECK_INT(parse("bytes=10-", 10), FLAREI_RANGES_UNSATISFIABLE);
    CHECK_INT(parse("bytes=-0", 10), FLAREI_RANGES_UNSATISFIABLE);
    CHECK_INT(parse("bytes=0-0", 0), FLAREI_RANGES_UNSATISFIABLE);
    CHECK_INT(parse("bytes=-1", 0), FLAREI_RANGES_UNSATISFIABLE);
    CHECK_INT(count, 0);
}

TEST(ignored)
{
    static const char *const texts[] = {
        "",           "bytes",         "bytes=",      "bytes=,",     "items=0-1", "bytes=5-4",   "bytes=a-b",
        "bytes=1",    "bytes=-",       "bytes=0-1x",  "bytes=0-1;",  "bytes 0-1", "bytes=1-2-3", "bytes=--1",
        "bytes=0 -1", "bytes=0-5,3-8", "bytes=0-,0-", "bytes=-5,7-8"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK_INT(parse(texts[i], 10), FLAREI_RANGES_NONE);
        CHECK_INT(count, 0);
    }
}

TEST(limit)
{
    char text[256] = "bytes=0-0";

    for (unsigned i = 1; i < FLAREI_RANGES_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ",%u-%u", 2 * i, 2 * i);
    CHECK_INT(parse(text, 100), FLAREI_RANGES_SOME);
    CHECK_INT(count, FLAREI_RANGES_MAX);
    snprintf(text + strlen(text), sizeof text - strlen(text), ",99-99");
    CHECK_INT(parse(text, 100), FLAREI_RANGES_NONE);
}

int main(void)
{
    RUN(one);
    RUN(several);
    RUN(unsatisfiable);
    RUN(ignored);
    RUN(limit);
    return TEST_END();
}
