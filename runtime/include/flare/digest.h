/* flare/digest.h - SHA-256, and HMAC over it: to sign what a client gives back, and to check it.
 *
 *     uint8_t mac[FLARE_SHA256_BYTES];
 *     if (flare_hmac_sha256(key, message, mac) != FLARE_OK)
 *         ...
 *     if (!flare_secret_equal((flare_str){(const char *)mac, sizeof mac}, given))
 *         ...                                           (never memcmp: it tells by its time how much is
 * right)
 */
#ifndef FLARE_DIGEST_H
#define FLARE_DIGEST_H

#include <flare/err.h>

FLARE_BEGIN

/** The bytes of a SHA-256 digest, and of an HMAC by it. */
#define FLARE_SHA256_BYTES 32

/** SHA-256 (FIPS 180-4). @param bytes borrowed for the call @param digest set when FLARE_OK is returned
 *  @return FLARE_OK, or FLARE_ERR_UNSUPPORTED where OpenSSL has none. Any thread. */
flare_err flare_sha256(flare_str bytes, uint8_t digest[FLARE_SHA256_BYTES]) FLARE_MUST_USE;

/** HMAC-SHA-256 (RFC 2104, RFC 4231).
 *  @param key as long as the digest or longer, and random @param bytes what it vouches for; both are borrowed
 * for the call @param mac set when FLARE_OK is returned
 *  @return FLARE_OK; FLARE_ERR_LIMIT (a key of 2 GiB); FLARE_ERR_UNSUPPORTED where OpenSSL has none. Any
 * thread. */
flare_err flare_hmac_sha256(flare_str key, flare_str bytes, uint8_t mac[FLARE_SHA256_BYTES]) FLARE_MUST_USE;

/** Are two slices the same? Takes as long whatever is in them; only their lengths are told by the time.
 *  @param a a slice @param b a slice @return are they? Any thread. No errors. */
bool flare_secret_equal(flare_str a, flare_str b) FLARE_MUST_USE;

FLARE_END
#endif
