#include "test.h"

#include "http/conditional.h"

#define MODIFIED (INT64_C(784111777) * FLARE_TIME_SECOND) /* Sun, 06 Nov 1994 08:49:37 GMT */
#define SAME     "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE   "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER    "Sun, 06 Nov 1994 08:49:38 GMT"

enum {
    GO_ON = FLAREI_CONDITION_GO_ON,
    UNMODIFIED = FLAREI_CONDITION_NOT_MODIFIED,
    FAILED = FLAREI_CONDITION_FAILED
};

static const struct flarei_validators both = {FLARE_STR_INIT("\"v1\""), MODIFIED, true};
static const struct flarei_validators weak = {FLARE_STR_INIT("W/\"v1\""), MODIFIED, true};
static const struct flarei_validators neither = {{NULL, 0}, 0, false};

/* Names and values in turn, up to two fields. */
static size_t fields_of(const char *const texts[static 4], flare_field fields[static 2])
{
    size_t count = 0;

    for (size_t i = 0; i < 4 && texts[i] != NULL; i += 2)
        fields[count++] = (flare_field){flare_str_of(texts[i]), flare_str_of(texts[i + 1])};
    return count;
}

static int judge(bool is_read, const struct flarei_validators *of, const char *name, const char *value,
                 const char *second_name, const char *second)
{
    const char *const texts[4] = {name, value, second_name, second};
    flare_field fields[2];

    return (int)flarei_condition_judge(fields, fields_of(texts, fields), is_read, of,
                                       MODIFIED + 86400 * FLARE_TIME_SECOND);
}

static bool range(const struct flarei_validators *of, const char *name, const char *value, const char *second)
{
    const char *const texts[4] = {name, value, second != NULL ? name : NULL, second};
    flare_field fields[2];

    return flarei_condition_range(fields, fields_of(texts, fields), of, MODIFIED + 86400 * FLARE_TIME_SECOND);
}

TEST(tags)
{
    CHECK_INT(judge(true, &both, NULL, NULL, NULL, NULL), GO_ON);
    CHECK_INT(judge(true, &both, "If-None-Match", "\"v0\", \"v1\"", NULL, NULL), UNMODIFIED);
    CHECK_INT(judge(false, &both, "If-None-Match", "\"v1\"", NULL, NULL), FAILED);
    CHECK_INT(judge(true, &both, "if-none-match", "W/\"v1\"", NULL, NULL), UNMODIFIED);
    CHECK_INT(judge(true, &weak, "If-None-Match", "\"v1\"", NULL, NULL), UNMODIFIED);
    CHECK_INT(judge(true, &both, "If-None-Match", "\"v2\"", NULL, NULL), GO_ON);
    CHECK_INT(judge(true, &both, "If-None-Match", "\"v2\"", "If-None-Match", "\"v1\""), UNMODIFIED);
    CHECK_INT(judge(true, &neither, "If-None-Match", "\"v1\"", NULL, NULL), GO_ON);
    CHECK_INT(judge(true, &neither, "If-None-Match", "*", NULL, NULL), UNMODIFIED);
    CHECK_INT(judge(true, &both, "If-None-Match", "v1", NULL, NULL), GO_ON);
    CHECK_INT(judge(true, &both, "If-Match", "\"v0\", \"v1\"", NULL, NULL), GO_ON);
    CHECK_INT(judge(true, &both, "If-Match", "W/\"v1\"", NULL, NULL), FAILED);
    CHECK_INT(judge(true, &weak, "If-Match", "W/\"v1\"", NULL, NULL), FAILED);
    CHECK_INT(judge(false, &weak, "If-Match", "*", NULL, NULL), GO_ON);
    CHECK_INT(judge(false, &neither, "If-Match", "*", NULL, NULL), GO_ON);
    CHECK_INT(judge(false, &neither, "If-Match", "\"v1\"", NULL, NULL), FAILED);
}

TEST(dates)
{
    CHECK_INT(judge(true, &both, "If-Modified-Since", SAME, NULL, NULL), UNMODIFIED);
    CHECK_INT(judge(true, &both, "If-Modified-Since", AFTER, NULL, NULL), UNMODIFIED);
    CHECK_INT(judge(true, &both, "If-Modified-Since", BEFORE, NULL, NULL), GO_ON);
    CHECK_INT(judge(true, &both, "If-Modified-Since", "yesterday", NULL, NULL), GO_ON);
    CHECK_INT(judge(true, &both, "If-Modified-Since", SAME, "If-Modified-Since", SAME), GO_ON);
    CHECK_INT(judge(false, &both, "If-Modified-Since", SAME, NULL, NULL), GO_ON);
    CHECK_INT(judge(true, &neither, "If-Modified-Since", SAME, NULL, NULL), GO_ON);
    CHECK_INT(judge(false, &both, "If-Unmodified-Since", SAME, NULL, NULL), GO_ON);
    CHECK_INT(judge(false, &both, "If-Unmodified-Since", BEFORE, NULL, NULL), FAILED);
    CHECK_INT(judge(true, &both, "If-Unmodified-Since", BEFORE, NULL, NULL), FAILED);
    CHECK_INT(judge(false, &both, "If-Unmodified-Since", "never", NULL, NULL), GO_ON);
    CHECK_INT(judge(false, &neither, "If-Unmodified-Since", BEFORE, NULL, NULL), GO_ON);
}

/* Which field counts where there are two. */
TEST(order)
{
    CHECK_INT(judge(true, &both, "If-Modified-Since", SAME, "If-None-Match", "\"v2\""), GO_ON);
    CHECK_INT(judge(true, &both, "If-Modified-Since", BEFORE, "If-None-Match", "\"v1\""), UNMODIFIED);
    CHECK_INT(judge(false, &both, "If-Unmodified-Since", BEFORE, "If-Match", "\"v1\""), GO_ON);
    CHECK_INT(judge(true, &both, "If-None-Match", "\"v1\"", "If-Match", "\"v2\""), FAILED);
    CHECK_INT(judge(true, &both, "If-None-Match", "\"v1\"", "If-Match", "\"v1\""), UNMODIFIED);
    CHECK_INT(judge(true, &both, "If-None-Match", "\"v1\"", "If-Unmodified-Since", BEFORE), FAILED);
}

TEST(ranges)
{
    CHECK(range(&both, NULL, NULL, NULL));
    CHECK(range(&both, "If-Range", "\"v1\"", NULL));
    CHECK(!range(&both, "If-Range", "\"v2\"", NULL));
    CHECK(!range(&both, "If-Range", "W/\"v1\"", NULL));
    CHECK(!range(&weak, "If-Range", "W/\"v1\"", NULL));
    CHECK(range(&both, "If-Range", SAME, NULL));
    CHECK(!range(&both, "If-Range", AFTER, NULL));
    CHECK(!range(&both, "If-Range", BEFORE, NULL));
    CHECK(!range(&neither, "If-Range", SAME, NULL));
    CHECK(!range(&both, "If-Range", "*", NULL));
    CHECK(!range(&both, "If-Range", "\"v1\"", "\"v1\""));
}

int main(void)
{
    RUN(tags);
    RUN(dates);
    RUN(order);
    RUN(ranges);
    return TEST_END();
}
