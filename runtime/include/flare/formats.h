/* flare/formats.h - the named formats of a spec: uuid, ipv4, ipv6, email, url.
 *
 *     flare_uuid id;
 *     if (flare_uuid_parse(text, &id) != FLARE_OK) ...
 *
 * A parser takes the whole slice or nothing. Everything here: any thread, no memory.
 */
#ifndef FLARE_FORMATS_H
#define FLARE_FORMATS_H

#include <flare/err.h>
#include <flare/str.h>

FLARE_BEGIN

/** A UUID (RFC 9562), in the order it is written. */
typedef struct flare_uuid {
    uint8_t bytes[16];
} flare_uuid;

/** An IPv4 address, in network order. */
typedef struct flare_ipv4 {
    uint8_t bytes[4];
} flare_ipv4;

/** An IPv6 address, in network order. */
typedef struct flare_ipv6 {
    uint8_t bytes[16];
} flare_ipv6;

FLARE_OPTIONAL(flare_uuid_opt, flare_uuid);
FLARE_OPTIONAL(flare_ipv4_opt, flare_ipv4);
FLARE_OPTIONAL(flare_ipv6_opt, flare_ipv6);

/** The user and password of Basic credentials (RFC 7617): UTF-8 without control characters, the user without
 * a colon; each may be empty. Borrowed from the request. Compare a password by flare_secret_equal(). */
typedef struct flare_basic {
    flare_str user;     /**< who says so */
    flare_str password; /**< never to be logged */
} flare_basic;
/** `{has, value}` of credentials that may be absent. */
FLARE_OPTIONAL(flare_basic_opt, flare_basic);
FLARE_ARRAY(flare_uuid_array, flare_uuid);
FLARE_ARRAY(flare_ipv4_array, flare_ipv4);
FLARE_ARRAY(flare_ipv6_array, flare_ipv6);

/** The bytes that flare_uuid_format() writes. */
#define FLARE_UUID_BYTES 36
/** The most bytes that flare_ipv4_format() writes. */
#define FLARE_IPV4_MAX_BYTES 15
/** The most bytes that flare_ipv6_format() writes. */
#define FLARE_IPV6_MAX_BYTES 39

/** Parses `8-4-4-4-12` hexadecimal digits of either case, any version.
 *  @param text borrowed for the call @param uuid set when FLARE_OK is returned @return FLARE_OK or
 * FLARE_ERR_SYNTAX */
flare_err flare_uuid_parse(flare_str text, flare_uuid *uuid) FLARE_MUST_USE;

/** Writes `8-4-4-4-12` in lower case, no NUL. @param uuid what to write @param out room for FLARE_UUID_BYTES
 * @return FLARE_UUID_BYTES
 */
size_t flare_uuid_format(flare_uuid uuid, char *out);

/** Makes a random UUID (version 4, RFC 9562 section 5.4) from flarei_random_bytes().
 *  @param uuid set when FLARE_OK is returned @return FLARE_OK, or FLARE_ERR_IO if there is no randomness */
flare_err flare_uuid_make(flare_uuid *uuid) FLARE_MUST_USE;

/** Parses four decimal numbers 0 to 255 without leading zeros (RFC 3986 section 3.2.2).
 *  @param text borrowed for the call @param address set when FLARE_OK is returned @return FLARE_OK or
 * FLARE_ERR_SYNTAX */
flare_err flare_ipv4_parse(flare_str text, flare_ipv4 *address) FLARE_MUST_USE;

/** Writes `a.b.c.d`, no NUL. @param address what to write @param out room for FLARE_IPV4_MAX_BYTES
 *  @return bytes written */
size_t flare_ipv4_format(flare_ipv4 address, char *out);

/** Parses every form of RFC 4291 section 2.2 (the last four bytes may be an IPv4 address); no zone, no
 * brackets.
 *  @param text borrowed for the call @param address set when FLARE_OK is returned @return FLARE_OK or
 * FLARE_ERR_SYNTAX */
flare_err flare_ipv6_parse(flare_str text, flare_ipv6 *address) FLARE_MUST_USE;

/** Writes the canonical form of RFC 5952, no NUL; IPv4-mapped addresses as `::ffff:1.2.3.4`.
 *  @param address what to write @param out room for FLARE_IPV6_MAX_BYTES @return bytes written */
size_t flare_ipv6_format(flare_ipv6 address, char *out);

/** Is it an address that mail systems in practice take? A dot-atom of RFC 5322 section 3.2.3 (ASCII, at most
 * 64 bytes), `@`, and a domain name of at least two LDH labels (RFC 1123; 1 to 63 bytes each, the last not
 * all digits); at most 254 bytes (RFC 5321 section 4.5.3.1). No quoted local part, comment or address
 * literal. @param text any bytes @return is it one? */
bool flare_email_valid(flare_str text) FLARE_MUST_USE;

/** Is it an absolute http or https URI (RFC 3986 section 3; RFC 9110 section 4.2): scheme of either case,
 * `//`, a host that is not empty, no user information, optional port up to 65535, path, query and fragment?
 * Escapes must be well formed; nothing outside ASCII. @param text any bytes @return is it one? */
bool flare_url_valid(flare_str text) FLARE_MUST_USE;

/** The same for any scheme. @param scheme set, borrowed from `text`, where it is one @return is it one? */
bool flarei_url_split(flare_str text, flare_str *scheme) FLARE_MUST_USE;

FLARE_END
#endif
