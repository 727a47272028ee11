/* http/cookie.h - cookies of a request, and blanks around what a field holds. */
#ifndef FLAREI_HTTP_COOKIE_H
#define FLAREI_HTTP_COOKIE_H

#include <flare/gen.h>

/** @return the text between two places, without blanks at either end */
static inline flare_str flarei_trimmed(const char *start, const char *end)
{
    while (start != end && (*start == ' ' || *start == '\t'))
        start++;
    while (end != start && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (flare_str){start, (size_t)(end - start)};
}

/** Finds the first cookie of a name in one Cookie field.
 *  @param value on success a slice of the field, without quotes and blanks around it @return is there one? */
bool flarei_cookie_find(flare_str cookies, flare_str name, flare_str *value) FLARE_MUST_USE;

/** May this be the value of a cookie: ASCII without control characters, blanks, quotes, commas, semicolons
 * and backslashes (RFC 6265 section 4.1.1)? */
bool flarei_cookie_value_valid(flare_str value) FLARE_MUST_USE;

#endif
