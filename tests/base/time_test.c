#include "test.h"

#include <flare/time.h>

#include <time.h>

enum { OK = FLARE_OK, SYNTAX = FLARE_ERR_SYNTAX, RANGE = FLARE_ERR_RANGE };

#define SECONDS(n) (INT64_C(n) * FLARE_TIME_SECOND)

TEST(moments_are_parsed)
{
    static const struct {
        const char *text;
        int err;
        flare_time time;
    } rows[] = {
        {"1970-01-01T00:00:00Z", OK, 0},
        {"1970-01-01t00:00:00z", OK, 0},
        {"1969-12-31T23:59:59.999999999Z", OK, -1},
        {"1985-04-12T23:20:50.52Z", OK, SECONDS(482196050) + 520000000}, /* RFC 3339 section 5.8 */
        {"1996-12-19T16:39:57-08:00", OK, SECONDS(851042397)},
        {"1937-01-01T12:00:27.87+00:20", OK, SECONDS(-1041337172) - 130000000},
        {"2000-02-29T00:00:00+23:59", OK, SECONDS(951696060)},
        {"2024-02-29T12:00:00.000000001-00:00", OK, SECONDS(1709208000) + 1},
        {"2262-04-11T23:47:16.854775807Z", OK, INT64_MAX},
        {"2262-04-11T23:47:16.854775808Z", RANGE, 0},
        {"2262-04-11T23:47:17Z", RANGE, 0},
        {"1677-09-21T00:12:43.145224192Z", OK, INT64_MIN},
        {"1677-09-21T00:12:43.145224191Z", RANGE, 0},
        {"1677-09-21T00:12:42Z", RANGE, 0},
        {"0000-01-01T00:00:00Z", RANGE, 0},
        {"9999-12-31T23:59:59Z", RANGE, 0},
        {"1990-12-31T23:59:60Z", RANGE, 0},
        {"1990-12-31T23:60:00Z", RANGE, 0},
        {"1990-12-31T24:00:00Z", RANGE, 0},
        {"1990-00-31T00:00:00Z", RANGE, 0},
        {"1990-13-31T00:00:00Z", RANGE, 0},
        {"1990-12-00T00:00:00Z", RANGE, 0},
        {"1990-12-32T00:00:00Z", RANGE, 0},
        {"1990-04-31T00:00:00Z", RANGE, 0},
        {"2023-02-29T00:00:00Z", RANGE, 0},
        {"1900-02-29T00:00:00Z", RANGE, 0},
        {"2000-02-30T00:00:00Z", RANGE, 0},
        {"2000-01-01T00:00:00+24:00", RANGE, 0},
        {"2000-01-01T00:00:00+00:60", RANGE, 0},
        {"", SYNTAX, 0},
        {"2000-01-01", SYNTAX, 0},
        {"2000-01-01T00:00:00", SYNTAX, 0}, /* the offset is required */
        {"2000-01-01 00:00:00Z", SYNTAX, 0},
        {"2000-01-01T00:00Z", SYNTAX, 0},
        {"2000-01-01T00:00:00.Z", SYNTAX, 0},
        {"2000-01-01T00:00:00.1234567890Z", SYNTAX, 0},
        {"2000-01-01T00:00:00,5Z", SYNTAX, 0},
        {"2000-01-01T00:00:00ZZ", SYNTAX, 0},
        {"2000-01-01T00:00:00Z ", SYNTAX, 0},
        {" 2000-01-01T00:00:00Z", SYNTAX, 0},
        {"2000-1-01T00:00:00Z", SYNTAX, 0},
        {"+2000-01-01T00:00:00Z", SYNTAX, 0},
        {"20000101T000000Z", SYNTAX, 0},
        {"2000-01-01T00:00:00+0000", SYNTAX, 0},
        {"2000-01-01T00:00:00+00", SYNTAX, 0},
        {"2000-01-01T00:00:00+00:0", SYNTAX, 0},
        {"2000-01-01T0:00:00Z", SYNTAX, 0},
        {"2000-01-01T00:00:00\xe2\x88\x92"
         "08:00",
         SYNTAX, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        flare_time time = 77;
        const flare_err err = flare_time_parse(flare_str_of(rows[i].text), &time);

        if (err != (flare_err)rows[i].err)
            fprintf(stderr, "in the row \"%s\":\n", rows[i].text);
        CHECK_INT(err, rows[i].err);
        CHECK_INT(time, err == FLARE_OK ? rows[i].time : 77);
    }
}

TEST(moments_are_written_with_z)
{
    static const struct {
        flare_time time;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59.999999999Z"},
        {SECONDS(-86400), "1969-12-31T00:00:00Z"},
        {SECONDS(951782400), "2000-02-29T00:00:00Z"},
        {SECONDS(1) + 500000000, "1970-01-01T00:00:01.5Z"},
        {1, "1970-01-01T00:00:00.000000001Z"},
        {100, "1970-01-01T00:00:00.0000001Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854775807Z"},
        {INT64_MIN, "1677-09-21T00:12:43.145224192Z"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[FLARE_TIME_MAX_BYTES];
        const flare_str formatted = {text, flare_time_format(rows[i].time, text)};
        flare_time back = 0;

        CHECK_STR(formatted, rows[i].text);
        CHECK(flare_time_parse(formatted, &back) == FLARE_OK && back == rows[i].time);
    }
}

TEST(dates)
{
    static const struct {
        const char *text;
        int err;
        flare_date date;
    } rows[] = {
        {"2024-02-29", OK, {2024, 2, 29}},
        {"0000-01-01", OK, {0, 1, 1}},
        {"9999-12-31", OK, {9999, 12, 31}},
        {"0000-02-29", OK, {0, 2, 29}},
        {"2023-02-29", RANGE, {0, 0, 0}},
        {"2100-02-29", RANGE, {0, 0, 0}},
        {"2023-00-10", RANGE, {0, 0, 0}},
        {"2023-13-10", RANGE, {0, 0, 0}},
        {"2023-06-31", RANGE, {0, 0, 0}},
        {"2023-06-00", RANGE, {0, 0, 0}},
        {"", SYNTAX, {0, 0, 0}},
        {"2023-6-01", SYNTAX, {0, 0, 0}},
        {"2023/06/01", SYNTAX, {0, 0, 0}},
        {"2023-06-01T", SYNTAX, {0, 0, 0}},
        {"-001-06-01", SYNTAX, {0, 0, 0}},
        {"2023-06-1", SYNTAX, {0, 0, 0}},
        {"20230601", SYNTAX, {0, 0, 0}},
    };
    char text[FLARE_DATE_BYTES];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        flare_date date = {0, 0, 0};

        CHECK_INT(flare_date_parse(flare_str_of(rows[i].text), &date), rows[i].err);
        CHECK(date.year == rows[i].date.year && date.month == rows[i].date.month &&
              date.day == rows[i].date.day);
        if (rows[i].err == OK) {
            const flare_str formatted = {text, flare_date_format(date, text)};

            CHECK_STR(formatted, rows[i].text);
        }
    }
    CHECK_INT(flare_date_format((flare_date){2023, 2, 29}, text), 0);
    CHECK_INT(flare_date_format((flare_date){10000, 1, 1}, text), 0);
    CHECK_INT(flare_date_format((flare_date){-1, 1, 1}, text), 0);
    CHECK_INT(flare_date_format((flare_date){2023, 0, 1}, text), 0);
    CHECK_INT(flare_date_format((flare_date){2023, 13, 1}, text), 0);
    CHECK_INT(flare_date_format((flare_date){2023, 1, 0}, text), 0);
    CHECK_INT(flare_date_format((flare_date){2023, 1, 32}, text), 0);
}

/* Walks the calendar day by day. */
TEST(every_day_of_ten_thousand_years)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t days = -719528;
    bool right = true;

    for (int year = 0; year <= 9999; year++) {
        const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= lengths[month - 1] + (month == 2 && leap); day++, days++) {
                const flare_date date = {(int16_t)year, (uint8_t)month, (uint8_t)day};
                const flare_date back = flare_date_from_days(days);

                right = right && flare_date_valid(date) && flare_date_to_days(date) == days &&
                        back.year == year && back.month == month && back.day == day;
            }
        }
    }
    CHECK(right);
    CHECK_INT(days, 2932897);
}

TEST(http_dates_of_rfc_9110)
{
    static const flare_time now = SECONDS(1709208000); /* 2024-02-29T12:00:00Z */
    static const struct {
        const char *text;
        int err;
        flare_time time;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", OK, SECONDS(784111777)}, /* the three of section 5.6.7 */
        {"Sunday, 06-Nov-94 08:49:37 GMT", OK, SECONDS(784111777)},
        {"Sun Nov  6 08:49:37 1994", OK, SECONDS(784111777)},
        {"Sun Nov 16 08:49:37 1994", OK, SECONDS(784975777)},
        {"Mon, 06 Nov 1994 08:49:37 GMT", OK, SECONDS(784111777)}, /* the weekday need not fit */
        {"Thu, 01 Jan 1970 00:00:00 GMT", OK, 0},
        {"Wed, 31 Dec 1969 23:59:59 GMT", OK, SECONDS(-1)},
        {"Sat, 31 Dec 2016 23:59:60 GMT", OK, SECONDS(1483228800)},
        {"Thursday, 29-Feb-74 12:00:00 GMT", RANGE, 0},                 /* 2074 has no such day */
        {"Wednesday, 28-Feb-74 12:00:00 GMT", OK, SECONDS(3287044800)}, /* 50 years less a day ahead */
        {"Thursday, 01-Mar-74 12:00:00 GMT", OK, SECONDS(3287131200)},
        {"Thursday, 01-Mar-74 12:00:01 GMT", OK, SECONDS(131371201)}, /* more than 50: 1974 */
        {"Wednesday, 01-Jan-75 00:00:00 GMT", OK, SECONDS(157766400)},
        {"Sun, 31 Feb 1994 08:49:37 GMT", RANGE, 0},
        {"Sun, 06 Nov 1994 24:49:37 GMT", RANGE, 0},
        {"Sun, 06 Nov 1994 08:60:37 GMT", RANGE, 0},
        {"Sun, 06 Nov 1994 08:49:61 GMT", RANGE, 0},
        {"Sun, 06 Nov 9994 08:49:37 GMT", RANGE, 0},
        {"Sunday, 99-Nov-94 08:49:37 GMT", RANGE, 0},
        {"", SYNTAX, 0},
        {"Sun", SYNTAX, 0},
        {"Sun, 06 Nov 1994 08:49:37 UTC", SYNTAX, 0},
        {"Sun, 06 Nov 1994 08:49:37", SYNTAX, 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT ", SYNTAX, 0},
        {"sun, 06 Nov 1994 08:49:37 GMT", SYNTAX, 0}, /* names are case-sensitive */
        {"Sun, 06 nov 1994 08:49:37 GMT", SYNTAX, 0},
        {"Sun,  6 Nov 1994 08:49:37 GMT", SYNTAX, 0},
        {"Sun, 6 Nov 1994 08:49:37 GMT", SYNTAX, 0},
        {"Sun 06 Nov 1994 08:49:37 GMT", SYNTAX, 0},
        {"Sun, 06-Nov-94 08:49:37 GMT", SYNTAX, 0},
        {"Sunday, 06 Nov 1994 08:49:37 GMT", SYNTAX, 0},
        {"Sun Nov 6 08:49:37 1994", SYNTAX, 0},
        {"Sun Nov   6 08:49:37 1994", SYNTAX, 0},
        {"Sun Nov  6 08:49:37 94", SYNTAX, 0},
        {"Xyz, 06 Nov 1994 08:49:37 GMT", SYNTAX, 0},
        {"0", SYNTAX, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        flare_time time = 77;
        const flare_err err = flare_time_http_parse(flare_str_of(rows[i].text), now, &time);

        if (err != (flare_err)rows[i].err || (err == FLARE_OK && time != rows[i].time))
            fprintf(stderr, "in the row \"%s\":\n", rows[i].text);
        CHECK_INT(err, rows[i].err);
        CHECK_INT(time, err == FLARE_OK ? rows[i].time : 77);
    }
}

TEST(http_dates_are_written_as_the_system_would)
{
    for (flare_time time = SECONDS(-9000000000); time < SECONDS(9000000000); time += SECONDS(1234567) + 1) {
        char text[FLARE_TIME_HTTP_BYTES], want[64];
        const flare_str formatted = {text, flare_time_http_format(time, text)};
        const time_t seconds = (time_t)(time / FLARE_TIME_SECOND - (time % FLARE_TIME_SECOND < 0));
        struct tm parts;

        gmtime_r(&seconds, &parts);
        strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        CHECK_STR(formatted, want);
    }
}

static int64_t seven(void *context)
{
    return 7 + *(int *)context;
}

TEST(clocks_can_be_set)
{
    int more = 1;
    const flarei_clock clock = {&more, seven, seven};
    const int64_t before = flarei_clock_monotonic();

    CHECK(flarei_clock_monotonic() >= before);
    CHECK(flarei_clock_wall() > SECONDS(1700000000));
    flarei_clock_set(&clock);
    CHECK_INT(flarei_clock_wall(), 8);
    CHECK_INT(flarei_clock_monotonic(), 8);
    flarei_clock_set(NULL);
    CHECK(flarei_clock_wall() > SECONDS(1700000000));
}

int main(void)
{
    RUN(moments_are_parsed);
    RUN(moments_are_written_with_z);
    RUN(dates);
    RUN(every_day_of_ten_thousand_years);
    RUN(http_dates_of_rfc_9110);
    RUN(http_dates_are_written_as_the_system_would);
    RUN(clocks_can_be_set);
    return TEST_END();
}
