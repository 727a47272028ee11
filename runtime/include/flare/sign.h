/* flare/sign.h - values that come back as they were given out: signed, for one purpose, until a time.
 *
 *     flare_keys *keys;
 *     if (flare_keys_read("/etc/shop/keys", &keys, why, sizeof why) != FLARE_OK) ...
 *     err = flare_sign(keys, FLARE_STR("unsubscribe"), address, now_s + 86400, text, sizeof text, &len);
 *     ...
 *     err = flare_verify(keys, FLARE_STR("unsubscribe"), FLARE_LIT(flare_str){text, len}, now_s, value,
 * &len);
 *
 * What is signed can be read by whoever holds it: it is not encrypted. A signed value is text that a cookie,
 * a path and a query can hold: `VALUE.EXPIRES.MAC`, the value and the HMAC-SHA256 (RFC 2104) in base64url.
 *
 * Keys are rotated without a break: the first of several signs and all of them verify. So a new one is put
 * first, and an old one is removed once what it signed has expired.
 */
#ifndef FLARE_SIGN_H
#define FLARE_SIGN_H

#include <flare/err.h>
#include <flare/str.h>

FLARE_BEGIN

/** Bytes that a key has at least. */
#define FLARE_KEY_MIN_BYTES 32u
/** Keys at once. */
#define FLARE_KEYS_MAX 8u

/** Keys: the first signs, all verify. Does not change once made, so any thread may use it. */
typedef struct flare_keys flare_keys;

/** Takes keys from text: one on a line or between commas, in base64 (RFC 4648 section 4) as `openssl rand
 * -base64 32` prints it; blanks around it, empty lines and those that start with `#` are passed over.
 *  @param text borrowed for the call @param keys set on success, else NULL; free it with flare_keys_free()
 *  @return FLARE_OK, FLARE_ERR_SYNTAX (no base64), FLARE_ERR_RANGE (a key of less than FLARE_KEY_MIN_BYTES),
 *  FLARE_ERR_NOT_FOUND (there is none), FLARE_ERR_LIMIT (more than FLARE_KEYS_MAX), FLARE_ERR_MEMORY. Any
 * thread. */
flare_err flare_keys_parse(flare_str text, flare_keys **keys) FLARE_MUST_USE;

/** Takes keys from a file, as flare_keys_parse() does. One that everybody can read or change is refused.
 *  @param path a file name @param keys set on success, else NULL @param why on failure: a sentence that names
 * the file @param why_bytes its room
 *  @return as flare_keys_parse(), or FLARE_ERR_PERMISSION, FLARE_ERR_IO, what opening it failed with. Any
 * thread. */
flare_err flare_keys_read(const char *path, flare_keys **keys, char *why, size_t why_bytes) FLARE_MUST_USE;

/** Overwrites and frees them. @param keys or NULL. Any thread, once nobody uses them. */
void flare_keys_free(flare_keys *keys);

/** @return bytes that flare_sign() writes at most for a value, or SIZE_MAX. @param value_len bytes. Any
 * thread. */
size_t flare_sign_max(size_t value_len);

/** Signs a value. Any thread.
 *  @param keys the first signs @param purpose what it is for, without NUL: a value that is signed for one
 * thing is none for another @param value any bytes @param expires_s seconds since the epoch; 0: it does not
 * expire
 *  @param out room for flare_sign_max(value.len), not overlapping the value @param out_bytes that there is
 *  @param len set to what was written when FLARE_OK is returned
 *  @return FLARE_OK, FLARE_ERR_LIMIT (too little room), FLARE_ERR_ARGUMENT (a NUL in the purpose, a time
 * before the epoch) */
flare_err flare_sign(const flare_keys *keys, flare_str purpose, flare_str value, int64_t expires_s, char *out,
                     size_t out_bytes, size_t *len) FLARE_MUST_USE;

/** Takes a signed value. The time that this needs tells nothing of the signature. Any thread.
 *  @param keys any of them may have signed it @param purpose as it was signed @param text as flare_sign()
 * made it, from anywhere @param now_s seconds since the epoch
 *  @param out room for text.len bytes; may be where the text is @param len set to the value's length when
 * FLARE_OK is returned
 *  @return FLARE_OK, FLARE_ERR_SYNTAX (not of this form), FLARE_ERR_PERMISSION (none of the keys signed it
 * for this purpose), FLARE_ERR_TIMEOUT (it has expired); what `out` holds is then undefined */
flare_err flare_verify(const flare_keys *keys, flare_str purpose, flare_str text, int64_t now_s, void *out,
                       size_t *len) FLARE_MUST_USE;

FLARE_END
#endif
