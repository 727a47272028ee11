/* flare/cookies.h - a client's cookies (RFC 6265bis): kept from replies, sent with requests that they are
 * for.
 *
 *     flare_cookie_jar *jar;
 *     err = flare_cookie_jar_create(&jar, NULL);
 *     const flare_client_options options = {.cookies = jar};
 *
 * A cookie is for the host that set it, or, with Domain, for the hosts below a domain that this host is of.
 * Of which domains nobody may set cookies for, such as co.uk, only a list can tell. libpsl has one:
 *
 *     const flare_cookie_jar_options options = {.is_public_suffix = flare_cookie_public_suffix};
 *
 * Without a list those of one label are refused, so a host below co.uk could set cookies for others below it.
 * A jar belongs to one thread.
 */
#ifndef FLARE_COOKIES_H
#define FLARE_COOKIES_H

#include <flare/buffer.h>
#include <flare/err.h>
#include <flare/time.h>

FLARE_BEGIN

/** The most bytes of a cookie's name and value together; larger ones are ignored. */
#define FLARE_COOKIE_MAX_BYTES 4096
/** The most bytes of an attribute; larger ones are ignored. */
#define FLARE_COOKIE_ATTRIBUTE_MAX_BYTES 1024
/** The most cookies of a domain; then the one that was used the longest ago goes. */
#define FLARE_COOKIES_OF_DOMAIN_MAX 50
/** The most cookies of a jar; likewise. */
#define FLARE_COOKIES_MAX 3000
/** The longest life of a cookie: 400 days. */
#define FLARE_COOKIE_MAX_AGE_S (INT64_C(400) * 24 * 60 * 60)

/** A jar; opaque. */
typedef struct flare_cookie_jar flare_cookie_jar;

/** How a jar behaves. Zero means the default everywhere. */
typedef struct flare_cookie_jar_options {
    /** Is it a domain that many register under? @param domain lower case, without a dot in front @param
     * context as given. NULL: those of one label are */
    bool (*is_public_suffix)(flare_str domain, void *context);
    void *context; /**< given to it */
} flare_cookie_jar_options;

/** Is it a public suffix by libpsl's list (https://publicsuffix.org)? In the library flare_psl, which a
 * program that names this is linked with (`flare::psl`; it is there where flare was built beside libpsl).
 *  @param domain lower case, without a dot in front @param context not used @return whether; also of one that
 * is too long to be a domain. Any thread. No errors. */
bool flare_cookie_public_suffix(flare_str domain, void *context);

/** Makes an empty jar. @param jar receives it; the caller's, to outlive the clients that use it; NULL on
 * failure
 * @param options copied; NULL for the defaults @return FLARE_OK; FLARE_ERR_MEMORY. Any thread; it is then one
 * thread's. */
flare_err flare_cookie_jar_create(flare_cookie_jar **jar,
                                  const flare_cookie_jar_options *options) FLARE_MUST_USE;

/** Frees it. @param jar may be NULL. Its thread. No errors. */
void flare_cookie_jar_free(flare_cookie_jar *jar);

/** Keeps what a Set-Cookie field says, or ignores it, or forgets a cookie.
 *  @param jar to keep it in @param url whose reply it is of @param field the field's value @param now the
 * time of day
 *  @return FLARE_OK, also where it was ignored; FLARE_ERR_ARGUMENT (no http or https URL); FLARE_ERR_MEMORY.
 * Its thread. */
flare_err flare_cookie_jar_set(flare_cookie_jar *jar, flare_str url, flare_str field, flare_time now);

/** Appends what Cookie is to hold: `a=b; c=d`, those with longer paths first; nothing if there is none.
 *  @param jar any @param url what is asked for @param now the time of day @param out where to
 *  @return FLARE_OK; FLARE_ERR_ARGUMENT (no http or https URL); FLARE_ERR_MEMORY (also where `out` has no
 * room). Its thread. */
flare_err flare_cookie_jar_get(flare_cookie_jar *jar, flare_str url, flare_time now, flare_buffer *out);

/** How many cookies it holds. @param jar any @return the number, those that expired and were not met since
 * included. Its thread. No errors. */
size_t flare_cookie_jar_count(const flare_cookie_jar *jar);

/** Forgets all. @param jar any. Its thread. No errors. */
void flare_cookie_jar_clear(flare_cookie_jar *jar);

FLARE_END
#endif
