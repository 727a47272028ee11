/* client/h2_lines.h - the fields of a request, as libnghttp2 takes them. */
#ifndef FLAREI_CLIENT_H2_LINES_H
#define FLAREI_CLIENT_H2_LINES_H

#include "client/fetch.h"

#include <nghttp2/nghttp2.h>

/** The most fields of a request, with those that the client writes. */
#define FLAREI_H2_CLIENT_LINES_MAX (FLARE_FETCH_FIELDS_MAX + 13)

/** One field, borrowed. */
nghttp2_nv flarei_h2_client_line(flare_str name, flare_str value);

/** Lists a request's fields, borrowed. @param cookies empty: none @param length of the content, as text
 * @return how many */
size_t flarei_h2_client_lines(const flare_client *client, const flare_fetch *fetch, flare_str path,
                              flare_str cookies, flare_str length,
                              nghttp2_nv lines[static FLAREI_H2_CLIENT_LINES_MAX]);

/** How many flarei_h2_client_lines_of() has at most. */
size_t flarei_h2_client_lines_max(flare_str request);

/** Lists a request as HTTP/1.1 says it, borrowed: what its head says of a connection is left out (RFC 9113,
 * section 8.2.2). @param request whose first field is Host @param protocol of an extended CONNECT that takes
 * the place of its method (RFC 8441, section 5); empty: none @return how many */
size_t flarei_h2_client_lines_of(flare_str request, bool secure, flare_str protocol, nghttp2_nv *lines);

#endif
