/* The dates of Expires, which are written in any way (RFC 6265bis, section 5.1.1). */
#include "client/cookies.h"

#include <flare/text.h>

struct parts {
    int second, minute, hour, day, month, year;
    bool has_time, has_day, has_month, has_year;
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_delimiter(char byte)
{
    const unsigned char code = (unsigned char)byte;

    return code == 9 || (code >= 0x20 && code <= 0x2f) || (code >= 0x3b && code <= 0x40) ||
           (code >= 0x5b && code <= 0x60) || (code >= 0x7b && code <= 0x7e);
}

/* Digits at the front, `least` to `most` of them and none behind. @return what is read; 0: none */
static size_t read_digits(flare_str text, size_t least, size_t most, int *value)
{
    size_t n = 0;

    *value = 0;
    while (n < text.len && n <= most && is_digit(text.ptr[n]))
        *value = *value * 10 + (text.ptr[n++] - '0');
    return n >= least && n <= most ? n : 0;
}

static bool read_time(flare_str token, struct parts *parts)
{
    int *const values[3] = {&parts->hour, &parts->minute, &parts->second};
    int read[3];

    for (size_t i = 0; i < 3; i++) {
        const size_t n = read_digits(token, 1, 2, &read[i]);

        if (n == 0 || (i < 2 && (n == token.len || token.ptr[n] != ':')))
            return false;
        token = (flare_str){token.ptr + n + (i < 2), token.len - n - (i < 2)};
    }
    for (size_t i = 0; i < 3; i++)
        *values[i] = read[i];
    return true;
}

static bool read_month(flare_str token, int *month)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    if (token.len < 3)
        return false;
    for (int i = 0; i < 12; i++)
        if (flare_str_equal_nocase((flare_str){token.ptr, 3}, (flare_str){names + 3 * i, 3})) {
            *month = i + 1;
            return true;
        }
    return false;
}

static void read_token(flare_str token, struct parts *parts)
{
    if (!parts->has_time && read_time(token, parts))
        parts->has_time = true;
    else if (!parts->has_day && read_digits(token, 1, 2, &parts->day) != 0)
        parts->has_day = true;
    else if (!parts->has_month && read_month(token, &parts->month))
        parts->has_month = true;
    else if (!parts->has_year && read_digits(token, 2, 4, &parts->year) != 0)
        parts->has_year = true;
}

bool flarei_cookie_date(flare_str text, int64_t *seconds)
{
    struct parts parts = {.second = 0};
    size_t at = 0;
    flare_date date;

    while (at < text.len) {
        const size_t start = at;

        while (at < text.len && !is_delimiter(text.ptr[at]))
            at++;
        if (at > start)
            read_token((flare_str){text.ptr + start, at - start}, &parts);
        else
            at++;
    }
    if (!parts.has_time || !parts.has_day || !parts.has_month || !parts.has_year)
        return false;
    if (parts.year < 100)
        parts.year += parts.year >= 70 ? 1900 : 2000;
    date = (flare_date){(int16_t)parts.year, (uint8_t)parts.month, (uint8_t)parts.day};
    if (parts.year < 1601 || !flare_date_valid(date) || parts.hour > 23 || parts.minute > 59 ||
        parts.second > 59)
        return false;
    *seconds =
        (int64_t)flare_date_to_days(date) * 86400 + parts.hour * 3600 + parts.minute * 60 + parts.second;
    return true;
}
