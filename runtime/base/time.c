#include <flare/time.h>

#define SECONDS_OF_DAY 86400

static const char weekdays[7][10] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                     "Friday", "Saturday", "Sunday"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* ---- The calendar ---- */

static int days_of_month(int year, int month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month == 2 && leap ? 29 : days[month - 1];
}

bool flare_date_valid(flare_date date)
{
    return date.year >= 0 && date.year <= 9999 && date.month >= 1 && date.month <= 12 && date.day >= 1 &&
           date.day <= days_of_month(date.year, date.month);
}

/* Years begin in March here, so that the leap day is the last of its year. They are counted from 400 years
 * before the year 0, so that all numbers stay positive. */
int32_t flare_date_to_days(flare_date date)
{
    const int32_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    const int32_t year = date.year + 400 - (date.month <= 2);

    return year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + date.day - 1 - 719468 -
           146097;
}

flare_date flare_date_from_days(int32_t days)
{
    const int32_t shifted = days + 719468 + 146097;
    const int32_t era = shifted / 146097, day_of_era = shifted % 146097;
    const int32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int32_t month = (5 * day_of_year + 2) / 153;
    const int32_t year = (era - 1) * 400 + year_of_era + (month >= 10);

    return (flare_date){(int16_t)year, (uint8_t)(month < 10 ? month + 3 : month - 9),
                        (uint8_t)(day_of_year - (153 * month + 2) / 5 + 1)};
}

/* ---- Reading ---- */

/* What is left of a text; once something did not fit, `ok` is false and stays so. */
struct cursor {
    const char *p, *end;
    bool ok;
};

/* A moment taken apart. */
struct fields {
    int year, month, day, hour, minute, second, nanosecond, offset_minutes;
};

static struct cursor cursor_of(flare_str text)
{
    return (struct cursor){text.ptr, flarei_str_end(text), true};
}

static void take_char(struct cursor *at, char wanted)
{
    at->ok = at->ok && at->p < at->end && *at->p == wanted;
    at->p += at->ok;
}

static void take_text(struct cursor *at, const char *wanted)
{
    for (; *wanted; wanted++)
        take_char(at, *wanted);
}

static bool next_is_digit(const struct cursor *at)
{
    return at->p < at->end && (unsigned)(unsigned char)*at->p - '0' <= 9u;
}

static int take_number(struct cursor *at, int digits)
{
    int sum = 0;

    for (; digits > 0; digits--) {
        at->ok = at->ok && next_is_digit(at);
        if (!at->ok)
            return 0;
        sum = sum * 10 + (*at->p++ - '0');
    }
    return sum;
}

static void take_clock(struct cursor *at, struct fields *fields)
{
    fields->hour = take_number(at, 2);
    take_char(at, ':');
    fields->minute = take_number(at, 2);
    take_char(at, ':');
    fields->second = take_number(at, 2);
}

static void take_date(struct cursor *at, struct fields *fields)
{
    fields->year = take_number(at, 4);
    take_char(at, '-');
    fields->month = take_number(at, 2);
    take_char(at, '-');
    fields->day = take_number(at, 2);
}

static bool take_letter(struct cursor *at, char lower)
{
    if (!at->ok || at->p == at->end || (*at->p | 0x20) != lower)
        return false;
    at->p++;
    return true;
}

static bool date_fits(const struct fields *fields)
{
    return fields->month >= 1 && fields->month <= 12 && fields->day >= 1 &&
           fields->day <= days_of_month(fields->year, fields->month);
}

static int64_t seconds_of(const struct fields *fields)
{
    const flare_date date = {(int16_t)fields->year, (uint8_t)fields->month, (uint8_t)fields->day};

    return (int64_t)flare_date_to_days(date) * SECONDS_OF_DAY + fields->hour * 3600 +
           (fields->minute - fields->offset_minutes) * 60 + fields->second;
}

static flare_err time_of(int64_t seconds, int nanosecond, flare_time *time)
{
    /* Before the epoch one second is kept apart, since seconds * 10^9 alone may leave the type. */
    const int64_t whole = seconds < 0 ? seconds + 1 : seconds;
    const int64_t rest = seconds < 0 ? nanosecond - FLARE_TIME_SECOND : nanosecond;

    if (whole > INT64_MAX / FLARE_TIME_SECOND || whole < INT64_MIN / FLARE_TIME_SECOND)
        return FLARE_ERR_RANGE;
    if (rest > 0 ? whole * FLARE_TIME_SECOND > INT64_MAX - rest
                 : whole * FLARE_TIME_SECOND < INT64_MIN - rest)
        return FLARE_ERR_RANGE;
    *time = whole * FLARE_TIME_SECOND + rest;
    return FLARE_OK;
}

flare_err flare_date_parse(flare_str text, flare_date *date)
{
    struct cursor at = cursor_of(text);
    struct fields fields = {0};

    take_date(&at, &fields);
    if (!at.ok || at.p != at.end)
        return FLARE_ERR_SYNTAX;
    if (!date_fits(&fields))
        return FLARE_ERR_RANGE;
    *date = (flare_date){(int16_t)fields.year, (uint8_t)fields.month, (uint8_t)fields.day};
    return FLARE_OK;
}

/* The fraction to nanoseconds. */
static int take_fraction(struct cursor *at)
{
    int sum = 0, digits = 0;

    for (; digits < 9 && next_is_digit(at); digits++)
        sum = sum * 10 + (*at->p++ - '0');
    at->ok = at->ok && digits > 0;
    for (; digits < 9; digits++)
        sum *= 10;
    return sum;
}

flare_err flare_time_parse(flare_str text, flare_time *time)
{
    struct cursor at = cursor_of(text);
    struct fields fields = {0};
    int offset_hour = 0, offset_minute = 0;

    take_date(&at, &fields);
    at.ok = take_letter(&at, 't');
    take_clock(&at, &fields);
    if (at.ok && at.p < at.end && *at.p == '.') {
        at.p++;
        fields.nanosecond = take_fraction(&at);
    }
    if (!take_letter(&at, 'z')) {
        const bool west = at.ok && at.p < at.end && *at.p == '-';

        take_char(&at, west ? '-' : '+');
        offset_hour = take_number(&at, 2);
        take_char(&at, ':');
        offset_minute = take_number(&at, 2);
        fields.offset_minutes = (offset_hour * 60 + offset_minute) * (west ? -1 : 1);
    }
    if (!at.ok || at.p != at.end)
        return FLARE_ERR_SYNTAX;
    if (!date_fits(&fields) || fields.hour > 23 || fields.minute > 59 || fields.second > 59 ||
        offset_hour > 23 || offset_minute > 59)
        return FLARE_ERR_RANGE;
    return time_of(seconds_of(&fields), fields.nanosecond, time);
}

/* ---- Writing ---- */

static char *put_number(char *p, int value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + digits;
}

static char *put_text(char *p, const char *text, size_t len)
{
    memcpy(p, text, len);
    return p + len;
}

static char *put_date(char *p, flare_date date)
{
    p = put_number(p, date.year, 4);
    *p++ = '-';
    p = put_number(p, date.month, 2);
    *p++ = '-';
    return put_number(p, date.day, 2);
}

static char *put_clock(char *p, int second_of_day)
{
    p = put_number(p, second_of_day / 3600, 2);
    *p++ = ':';
    p = put_number(p, second_of_day / 60 % 60, 2);
    *p++ = ':';
    return put_number(p, second_of_day % 60, 2);
}

/* Divides towards the past. */
static void split(flare_time time, int32_t *days, int *second_of_day, int *nanosecond)
{
    int64_t seconds = time / FLARE_TIME_SECOND;
    int64_t rest = time % FLARE_TIME_SECOND;

    if (rest < 0) {
        rest += FLARE_TIME_SECOND;
        seconds--;
    }
    *nanosecond = (int)rest;
    *days = (int32_t)(seconds / SECONDS_OF_DAY);
    *second_of_day = (int)(seconds % SECONDS_OF_DAY);
    if (*second_of_day < 0) {
        *second_of_day += SECONDS_OF_DAY;
        --*days;
    }
}

size_t flare_date_format(flare_date date, char *out)
{
    return flare_date_valid(date) ? (size_t)(put_date(out, date) - out) : 0;
}

size_t flare_time_format(flare_time time, char *out)
{
    int32_t days;
    int second_of_day, nanosecond;
    char *p;

    split(time, &days, &second_of_day, &nanosecond);
    p = put_date(out, flare_date_from_days(days));
    *p++ = 'T';
    p = put_clock(p, second_of_day);
    if (nanosecond != 0) {
        *p++ = '.';
        p = put_number(p, nanosecond, 9);
        while (p[-1] == '0')
            p--;
    }
    *p++ = 'Z';
    return (size_t)(p - out);
}

/* ---- HTTP ---- */

size_t flare_time_http_format(flare_time time, char *out)
{
    int32_t days;
    int second_of_day, nanosecond;
    flare_date date;
    char *p = out;

    split(time, &days, &second_of_day, &nanosecond);
    date = flare_date_from_days(days);
    /* 1970-01-01 was a Thursday; 700,000 is a multiple of 7 that makes every day positive. */
    p = put_text(p, weekdays[(days + 700000 + 3) % 7], 3);
    p = put_text(p, ", ", 2);
    p = put_number(p, date.day, 2);
    *p++ = ' ';
    p = put_text(p, months[date.month - 1], 3);
    *p++ = ' ';
    p = put_number(p, date.year, 4);
    *p++ = ' ';
    p = put_clock(p, second_of_day);
    p = put_text(p, " GMT", 4);
    return (size_t)(p - out);
}

static void take_month(struct cursor *at, struct fields *fields)
{
    for (int i = 0; at->ok && i < 12; i++) {
        if (at->end - at->p >= 3 && memcmp(at->p, months[i], 3) == 0) {
            at->p += 3;
            fields->month = i + 1;
            return;
        }
    }
    at->ok = false;
}

/* @return the letters taken: 3, or all of them where a long name stands. */
static size_t take_weekday(struct cursor *at)
{
    const size_t left = (size_t)(at->end - at->p);

    for (int i = 0; i < 7; i++) {
        const size_t len = strlen(weekdays[i]);

        if (left >= len && memcmp(at->p, weekdays[i], len) == 0) {
            at->p += len;
            return len;
        }
        if (left >= 3 && memcmp(at->p, weekdays[i], 3) == 0) {
            at->p += 3;
            return 3;
        }
    }
    at->ok = false;
    return 0;
}

/* Two digits become the latest year that ends so and is at most 50 years after `now`. */
static void complete_year(struct fields *fields, flare_time now)
{
    int32_t days;
    int second_of_day, nanosecond;

    split(now, &days, &second_of_day, &nanosecond);
    const flare_date today = flare_date_from_days(days);
    const int latest = today.year + 50;
    const flare_date last_day = {(int16_t)latest, today.month, today.day};
    const int64_t last = (int64_t)flare_date_to_days(last_day) * SECONDS_OF_DAY + second_of_day;

    fields->year = latest - (latest - fields->year) % 100;
    if (seconds_of(fields) > last)
        fields->year -= 100;
}

flare_err flare_time_http_parse(flare_str text, flare_time now, flare_time *time)
{
    struct cursor at = cursor_of(text);
    struct fields fields = {0};
    const size_t weekday = take_weekday(&at);
    bool short_year = false;

    if (at.ok && weekday == 3 && at.p < at.end && *at.p == ' ') { /* asctime: Sun Nov  6 08:49:37 1994 */
        at.p++;
        take_month(&at, &fields);
        take_char(&at, ' ');
        if (at.ok && at.p < at.end && *at.p == ' ') {
            at.p++;
            fields.day = take_number(&at, 1);
        } else {
            fields.day = take_number(&at, 2);
        }
        take_char(&at, ' ');
        take_clock(&at, &fields);
        take_char(&at, ' ');
        fields.year = take_number(&at, 4);
    } else { /* Sun, 06 Nov 1994 08:49:37 GMT, or Sunday, 06-Nov-94 08:49:37 GMT */
        const char between = weekday == 3 ? ' ' : '-';

        short_year = weekday != 3;
        take_text(&at, ", ");
        fields.day = take_number(&at, 2);
        take_char(&at, between);
        take_month(&at, &fields);
        take_char(&at, between);
        fields.year = take_number(&at, short_year ? 2 : 4);
        take_char(&at, ' ');
        take_clock(&at, &fields);
        take_text(&at, " GMT");
    }
    if (!at.ok || at.p != at.end)
        return FLARE_ERR_SYNTAX;
    if (short_year)
        complete_year(&fields, now);
    if (!date_fits(&fields) || fields.hour > 23 || fields.minute > 59 || fields.second > 60)
        return FLARE_ERR_RANGE;
    return time_of(seconds_of(&fields), 0, time);
}
