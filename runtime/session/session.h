/* session/session.h - what stores share. */
#ifndef FLAREI_SESSION_SESSION_H
#define FLAREI_SESSION_SESSION_H

#include <flare/gen_session.h>
#include <flare/sign.h>

/** @return seconds since the epoch */
int64_t flarei_session_now_s(void);

/** Has the reply set the session's cookie, in place of what it set before. @param value empty removes it
 *  @param age_s until the browser may forget it @return FLARE_OK, FLARE_ERR_LIMIT (it is too long for a
 * browser), FLARE_ERR_MEMORY */
flare_err flarei_session_set(flare_request *rq, const struct flarei_session *session, flare_str value,
                             int64_t age_s) FLARE_MUST_USE;

/** Names and attributes of one cookie, as far as browsers must keep it (RFC 6265 section 6.1). */
#define FLAREI_COOKIE_MAX_BYTES 4096u

/** flare_sign() and flare_verify() with the keys of the process. FLARE_ERR_STATE: there are none. */
flare_err flarei_session_sign(flare_str purpose, flare_str value, int64_t expires_s, char *out,
                              size_t out_bytes, size_t *len) FLARE_MUST_USE;
flare_err flarei_session_verify(flare_str purpose, flare_str text, int64_t now_s, void *out,
                                size_t *len) FLARE_MUST_USE;
/** Replaces the keys of the process. @param keys which are then its own; NULL removes them */
void flarei_session_keys_set(flare_keys *keys);

/** A new name: 192 random bits in base64url. Who has it has the session. */
#define FLAREI_SESSION_NAME_BYTES 32u

/** Makes one. @param name FLAREI_SESSION_NAME_BYTES, not terminated @return false: there is no randomness */
bool flarei_session_name(char *name) FLARE_MUST_USE;
/** What a store knows it by: its SHA-256, so that who reads the store learns no name. @param digest 32 bytes
 */
void flarei_session_digest(flare_str name, unsigned char *digest);

#endif
