/* client/cookies.h - inside a jar. */
#ifndef FLAREI_CLIENT_COOKIES_H
#define FLAREI_CLIENT_COOKIES_H

#include "client/url.h"

#include <flare/cookies.h>

/** Reads the date of Expires. @param seconds since 1970 @return false if it is none */
bool flarei_cookie_date(flare_str text, int64_t *seconds);

/** As the public ones, of a URL that was read. */
flare_err flarei_cookies_keep(flare_cookie_jar *jar, const struct flarei_url *url, flare_str field,
                              flare_time now);
flare_err flarei_cookies_write(flare_cookie_jar *jar, const struct flarei_url *url, flare_time now,
                               flare_buffer *out);

#endif
