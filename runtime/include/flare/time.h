/* flare/time.h - moments, dates, and the clocks.
 *
 *     flare_time made;
 *     flare_time_parse(FLARE_STR("2024-02-29T12:00:00.5+01:00"), &made);
 *
 *     char text[FLARE_TIME_MAX_BYTES];
 *     size_t len = flare_time_format(made, text);          // 2024-02-29T11:00:00.5Z
 *
 * The calendar is the Gregorian one, also before it was invented. No leap seconds, no local time zones.
 * Everything here: any thread, no memory.
 */
#ifndef FLARE_TIME_H
#define FLARE_TIME_H

#include <flare/err.h>
#include <flare/str.h>

FLARE_BEGIN

/** Nanoseconds since 1970-01-01T00:00:00Z: from 1677-09-21T00:12:43.145224192Z to
 * 2262-04-11T23:47:16.854775807Z. */
typedef int64_t flare_time;

/** Nanoseconds of a second. */
#define FLARE_TIME_SECOND INT64_C(1000000000)
/** Nanoseconds of a millisecond. */
#define FLARE_TIME_MILLISECOND INT64_C(1000000)

/** A day of the calendar. */
typedef struct flare_date {
    int16_t year;  /**< 0 to 9999 */
    uint8_t month; /**< 1 to 12 */
    uint8_t day;   /**< 1 to 31 */
} flare_date;

FLARE_OPTIONAL(flare_time_opt, flare_time);
FLARE_OPTIONAL(flare_date_opt, flare_date);
FLARE_ARRAY(flare_time_array, flare_time);
FLARE_ARRAY(flare_date_array, flare_date);

/** The most bytes that flare_time_format() writes. */
#define FLARE_TIME_MAX_BYTES 30
/** The bytes that flare_date_format() writes. */
#define FLARE_DATE_BYTES 10
/** The bytes that flare_time_http_format() writes. */
#define FLARE_TIME_HTTP_BYTES 29

/** Parses a date-time of RFC 3339 section 5.6: `T` and `Z` of either case, the offset required, a fraction of
 *  1 to 9 digits, no second 60. @param text borrowed for the call @param time set when FLARE_OK is returned
 *  @return FLARE_OK; FLARE_ERR_SYNTAX; FLARE_ERR_RANGE for a field (month 13, 30 February, :60) or a moment
 *          out of range */
flare_err flare_time_parse(flare_str text, flare_time *time) FLARE_MUST_USE;

/** Writes RFC 3339 with `Z`; the fraction without trailing zeros, and none if it is zero.
 *  @param time what to write @param out room for FLARE_TIME_MAX_BYTES @return bytes written, no NUL */
size_t flare_time_format(flare_time time, char *out);

/** Parses `YYYY-MM-DD` (full-date of RFC 3339). @param text borrowed for the call @param date set when
 * FLARE_OK is returned
 *  @return FLARE_OK, FLARE_ERR_SYNTAX, or FLARE_ERR_RANGE if there is no such day */
flare_err flare_date_parse(flare_str text, flare_date *date) FLARE_MUST_USE;

/** Writes `YYYY-MM-DD`. @param date a day that exists @param out room for FLARE_DATE_BYTES
 *  @return FLARE_DATE_BYTES; 0 and nothing written if the day does not exist */
size_t flare_date_format(flare_date date, char *out);

/** @return is it a day of the calendar? @param date any */
bool flare_date_valid(flare_date date) FLARE_MUST_USE;

/** @return days from 1970-01-01 to a valid date; negative before. @param date a valid one */
int32_t flare_date_to_days(flare_date date);

/** @return the date `days` after 1970-01-01. @param days from -719528 (0000-01-01) to 2932896 (9999-12-31) */
flare_date flare_date_from_days(int32_t days);

/** Writes the IMF-fixdate of RFC 9110 section 5.6.7, such as `Sun, 06 Nov 1994 08:49:37 GMT`; the fraction is
 *  cut off towards the past. @param time what to write @param out room for FLARE_TIME_HTTP_BYTES
 *  @return FLARE_TIME_HTTP_BYTES */
size_t flare_time_http_format(flare_time time, char *out);

/** Parses any of the three HTTP-date forms of RFC 9110 section 5.6.7. The weekday must be a name but need not
 *  fit; second 60 is the next minute's first.
 *  @param text borrowed for the call @param now for the two-digit year of the RFC 850 form: one over 50 years
 * ahead is of the past century
 *  @param time set when FLARE_OK is returned
 *  @return FLARE_OK, FLARE_ERR_SYNTAX, or FLARE_ERR_RANGE as flare_time_parse() */
flare_err flare_time_http_parse(flare_str text, flare_time now, flare_time *time) FLARE_MUST_USE;

/** The two clocks; a test may set its own. */
typedef struct flarei_clock {
    void *context;
    flare_time (*wall)(void *context);   /**< nanoseconds since the epoch */
    int64_t (*monotonic)(void *context); /**< nanoseconds that never go back, from any start */
} flarei_clock;

/** Replaces both clocks of the process. Not thread safe: call it while no other thread reads one.
 *  @param clock copied; NULL restores the system's */
void flarei_clock_set(const flarei_clock *clock);

/** @return the time of day now. Never fails. */
flare_time flarei_clock_wall(void);

/** @return nanoseconds of a clock that only moves forward. Never fails. */
int64_t flarei_clock_monotonic(void);

FLARE_END
#endif
