/* flare/gen_html.h - how emitted C writes values into HTML; a part of gen.h. */
#ifndef FLARE_GEN_HTML_H
#define FLARE_GEN_HTML_H

#include <flare/gen_reply.h>

FLARE_BEGIN

/* All of them fail the output where the text is not UTF-8: the reply becomes a 500. NUL becomes U+FFFD, as
 * in a browser. */

/** Writes text between tags, or into an attribute's value in quotes: < > & " ' become references. The
 * buffer's thread. @param out what is written @param value any bytes */
void flarei_put_html(flare_buffer *out, flare_str value);

/** Writes a whole URL into an attribute's value in quotes: a relative one, or one of the schemes http, https,
 * mailto, tel and sms; about:invalid in place of any other. What a URL can't hold is percent-encoded (RFC
 * 3986 section 2.1). The buffer's thread. @param out what is written @param value any bytes */
void flarei_put_url(flare_buffer *out, flare_str value);

/** Writes a part of a URL: all but unreserved characters is percent-encoded (RFC 3986 section 2.3). The
 * buffer's thread. @param out what is written @param value any bytes */
void flarei_put_url_part(flare_buffer *out, flare_str value);

/** Writes markup as it is: raw(). The buffer's thread. @param out what is written @param value HTML that the
 * caller vouches for */
void flarei_put_markup(flare_buffer *out, flare_str value);

FLARE_END

#endif
