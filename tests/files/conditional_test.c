#include "http/conditional.h"
#include "test.h"

#define TAG "\"a\""

static const struct flarei_validators now = {FLARE_STR_INIT(TAG), INT64_C(784111777) * FLARE_TIME_SECOND};
static const char the_date[] = "Sun, 06 Nov 1994 08:49:37 GMT";
static const char before[] = "Sun, 06 Nov 1994 08:49:36 GMT";

static enum flarei_condition judge(const char *name, const char *value, const char *name2, const char *value2)
{
    static flare_request rq;
    const flare_field fields[] = {{flare_str_of(name), flare_str_of(value)},
                                  {flare_str_of(name2), flare_str_of(value2)}};

    rq.state = FLAREI_REQUEST_OPEN;
    rq.fields = fields;
    rq.field_count = 2;
    return flarei_condition_judge(&rq, &now);
}

static bool range_counts(const char *value)
{
    static flare_request rq;
    const flare_field fields[] = {{FLARE_STR_INIT("If-Range"), flare_str_of(value)}};

    rq.state = FLAREI_REQUEST_OPEN;
    rq.fields = fields;
    rq.field_count = 1;
    return flarei_condition_range(&rq, &now);
}

TEST(tags)
{
    CHECK_INT(judge("If-None-Match", TAG, "x", ""), FLAREI_CONDITION_NOT_MODIFIED);
    CHECK_INT(judge("if-none-match", "\"b\", W/" TAG, "x", ""), FLAREI_CONDITION_NOT_MODIFIED);
    CHECK_INT(judge("If-None-Match", "*", "x", ""), FLAREI_CONDITION_NOT_MODIFIED);
    CHECK_INT(judge("If-None-Match", "\"b\"", "If-None-Match", TAG), FLAREI_CONDITION_NOT_MODIFIED);
    CHECK_INT(judge("If-None-Match", "\"b\"", "x", ""), FLAREI_CONDITION_HOLDS);
    CHECK_INT(judge("If-Match", TAG, "x", ""), FLAREI_CONDITION_HOLDS);
    CHECK_INT(judge("If-Match", "W/" TAG, "x", ""), FLAREI_CONDITION_FAILED);
    CHECK_INT(judge("If-Match", "\"b\"", "If-None-Match", TAG), FLAREI_CONDITION_FAILED);
}

TEST(dates)
{
    CHECK_INT(judge("If-Modified-Since", the_date, "x", ""), FLAREI_CONDITION_NOT_MODIFIED);
    CHECK_INT(judge("If-Modified-Since", before, "x", ""), FLAREI_CONDITION_HOLDS);
    CHECK_INT(judge("If-Modified-Since", "yesterday", "x", ""), FLAREI_CONDITION_HOLDS);
    CHECK_INT(judge("If-Unmodified-Since", the_date, "x", ""), FLAREI_CONDITION_HOLDS);
    CHECK_INT(judge("If-Unmodified-Since", before, "x", ""), FLAREI_CONDITION_FAILED);
    CHECK_INT(judge("If-None-Match", "\"b\"", "If-Modified-Since", the_date), FLAREI_CONDITION_HOLDS);
    CHECK_INT(judge("If-Match", TAG, "If-Unmodified-Since", before), FLAREI_CONDITION_HOLDS);
}

TEST(ranges)
{
    CHECK(range_counts(TAG));
    CHECK(!range_counts("W/" TAG));
    CHECK(!range_counts("\"b\""));
    CHECK(range_counts(the_date));
    CHECK(!range_counts(before));
    CHECK(!range_counts("nonsense"));
}

int main(void)
{
    RUN(tags);
    RUN(dates);
    RUN(ranges);
    return TEST_END();
}
