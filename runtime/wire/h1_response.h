/* wire/h1_response.h - HTTP/1.1 and 1.0, the client's side: a reply's head and how its content is framed
 * (RFC 9112, sections 4 and 6.3). Content in chunks goes through flarei_h1_chunked_next() of "wire/h1.h",
 * whose rules hold here too: nothing allocates, copies or waits, and no split of the bytes changes what they
 * mean.
 */
#ifndef FLAREI_H1_RESPONSE_H
#define FLAREI_H1_RESPONSE_H

#include "wire/h1.h"

/** How content ends. */
enum flarei_h1_framing {
    FLAREI_H1_NO_CONTENT,  /**< there is none, whatever the fields say */
    FLAREI_H1_BY_LENGTH,   /**< content_length bytes, perhaps 0 */
    FLAREI_H1_BY_CHUNKS,   /**< feed it to flarei_h1_chunked_next */
    FLAREI_H1_UNTIL_CLOSED /**< with the connection */
};

/** A reply's head. The caller sets the first two members; the rest is valid after a positive result. */
struct flarei_h1_response {
    flare_field *fields; /**< in: storage, not NULL. out: the fields in their order, slices of the bytes */
    uint16_t field_capacity; /**< in: a head with more is refused */
    uint16_t field_count;
    uint16_t status; /**< 100 to 999 */
    uint8_t version_minor;
    uint8_t framing;           /**< enum flarei_h1_framing */
    uint16_t content_encoding; /**< index of the first such field, plus one; 0: none */
    uint16_t location;         /**< likewise */
    uint16_t set_cookie;       /**< likewise */
    bool keep_alive;           /**< a further request may follow, once the content is read */
    flare_str reason;          /**< may be empty */
    uint64_t content_length;   /**< of BY_LENGTH; of NO_CONTENT what the field said, else 0 */
};

/** Parses one head; interim ones (1xx) are heads too. Folded lines, line feeds without CR, and framing that
 * says two things are refused: what is lenient here is how replies get split (RFC 9112, section 11.1).
 * Repeated Content-Length lines that say the same are one.
 *  @param limits head_max_bytes and field_max_count are looked at
 *  @param bytes from where the reply starts @param length how many; nothing beyond them is read
 *  @param method of the request: HEAD's reply has no content, nor has CONNECT's that succeeded
 *  @param response see there
 *  @return bytes of the head (> 0); 0 if more are needed; an enum flarei_h1_refusal (< 0), whose text says
 * why. 0 is not returned once `length` has reached head_max_bytes. */
ptrdiff_t flarei_h1_parse_response(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                                   enum flare_method method, struct flarei_h1_response *response);

#endif
