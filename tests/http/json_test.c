#include "fixture.h"

#include <math.h>

static flare_reply fixture_dispatch(flare_request *rq)
{
    return flare_empty(rq, 204);
}

static flare_buffer out;

static flare_str written(void)
{
    return flarei_buffer_str(&out);
}

#define WRITES(call, text)                                                                                   \
    do {                                                                                                     \
        flarei_buffer_clear(&out);                                                                           \
        call;                                                                                                \
        const flare_str got = written();                                                                     \
        CHECK_STR(got, text);                                                                                \
    } while (0)

TEST(strings)
{
    WRITES(flarei_put_string(&out, FLARE_STR("")), "\"\"");
    WRITES(flarei_put_string(&out, FLARE_STR("plain")), "\"plain\"");
    WRITES(flarei_put_string(&out, FLARE_STR("a\"b\\c/d")), "\"a\\\"b\\\\c/d\"");
    WRITES(flarei_put_string(&out, FLARE_STR("\b\t\n\f\r")), "\"\\b\\t\\n\\f\\r\"");
    WRITES(flarei_put_string(&out, FLARE_STR("\0\x01\x1f\x7f")), "\"\\u0000\\u0001\\u001f\x7f\"");
    WRITES(flarei_put_string(&out, FLARE_STR("\xc3\xa9\xf0\x9f\x94\xa5")), "\"\xc3\xa9\xf0\x9f\x94\xa5\"");
}

TEST(values)
{
    WRITES(flarei_put_bool(&out, true), "true");
    WRITES(flarei_put_bool(&out, false), "false");
    WRITES(flarei_put_u64(&out, UINT64_MAX), "18446744073709551615");
    WRITES(flarei_put_i64(&out, INT64_MIN), "-9223372036854775808");
    WRITES(flarei_put_f64(&out, 0.1), "0.1");
    WRITES(flarei_put_f64(&out, 19.99), "19.99");
    WRITES(flarei_put_f32(&out, 0.1f), "0.1");
    WRITES(flarei_put_bytes(&out, FLARE_STR("\xff\x00z")), "\"/wB6\"");
    WRITES(flarei_put_bytes(&out, FLARE_STR("")), "\"\"");
    WRITES(flarei_put_date(&out, ((flare_date){2026, 2, 28})), "\"2026-02-28\"");
    WRITES(flarei_put_datetime(&out, 0), "\"1970-01-01T00:00:00Z\"");
    WRITES(flarei_put_ipv4(&out, ((flare_ipv4){{127, 0, 0, 1}})), "\"127.0.0.1\"");
    WRITES(flarei_put_ipv6(&out, ((flare_ipv6){{[15] = 1}})), "\"::1\"");
    WRITES(flarei_put_uuid(&out, ((flare_uuid){{0}})), "\"00000000-0000-0000-0000-000000000000\"");
}

#define FAILS(call)                                                                                          \
    do {                                                                                                     \
        flarei_buffer_clear(&out);                                                                           \
        call;                                                                                                \
        CHECK(out.failed);                                                                                   \
    } while (0)

TEST(what_json_can_not_say)
{
    FAILS(flarei_put_string(&out, FLARE_STR("\xff")));
    FAILS(flarei_put_string(&out, FLARE_STR("\xed\xa0\x80")));
    FAILS(flarei_put_f64(&out, NAN));
    FAILS(flarei_put_f64(&out, INFINITY));
    FAILS(flarei_put_f32(&out, -INFINITY));
    FAILS(flarei_put_date(&out, ((flare_date){2026, 2, 29})));
    FAILS(flarei_put_failed(&out, "color was never set"));
}

int main(void)
{
    (void)fixture_has;
    (void)fixture_begin;
    (void)fixture_dies;
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF, .descriptor = 2});
    flarei_buffer_init(&out, 1 << 20);
    RUN(strings);
    RUN(values);
    RUN(what_json_can_not_say);
    flarei_buffer_free(&out);
    return TEST_END();
}
