/* http/cache_control.h - what Cache-Control says, and how long a reply is fresh (RFC 9111). No I/O. */
#ifndef FLAREI_HTTP_CACHE_CONTROL_H
#define FLAREI_HTTP_CACHE_CONTROL_H

#include <flare/field.h>
#include <flare/time.h>

/** Directives without a value that matters (sections 5.2.1 and 5.2.2). */
#define FLAREI_CACHE_NO_STORE         1u
#define FLAREI_CACHE_NO_CACHE         2u /* with names of fields, too */
#define FLAREI_CACHE_PRIVATE          4u /* the same */
#define FLAREI_CACHE_PUBLIC           8u
#define FLAREI_CACHE_MUST_REVALIDATE  16u
#define FLAREI_CACHE_PROXY_REVALIDATE 32u
#define FLAREI_CACHE_MUST_UNDERSTAND  64u
#define FLAREI_CACHE_ONLY_IF_CACHED   128u

/** What stands in the Cache-Control lines of a message. Of a directive that stands there twice the first
 * counts, as section 4.2.1 lets it. */
struct flarei_cache_control {
    uint32_t flags;      /**< FLAREI_CACHE_* bits */
    int32_t max_age_s;   /**< -1: it is not there; 0 where it is no number, so what it tells of is stale */
    int32_t s_maxage_s;  /**< the same */
    int32_t min_fresh_s; /**< -1: it is not there */
    int32_t max_stale_s; /**< the same; INT32_MAX without a value */
    int32_t stale_if_error_s;         /**< -1: it is not there, or no number (RFC 5861) */
    int32_t stale_while_revalidate_s; /**< the same */
};

/** Reads all lines. */
void flarei_cache_control_read(const flare_field *fields, size_t count, struct flarei_cache_control *control);
/** Adds one line's value to what was read before; begin with flarei_cache_control_none(). */
void flarei_cache_control_add(flare_str value, struct flarei_cache_control *control);
/** What no line says. */
void flarei_cache_control_none(struct flarei_cache_control *control);

/** What a shared cache must know of an exchange (section 3). */
struct flarei_cache_facts {
    unsigned status;
    bool personal;        /**< the request says who asks, as Authorization does */
    bool has_expires;     /**< the reply has Expires */
    bool expires_valid;   /**< … and it is a date */
    bool sets_cookie;     /**< the reply sets one: it is one client's, whatever else it says */
    bool varies_by_all;   /**< the reply has `Vary: *` */
    flare_time expires;   /**< where it is valid */
    flare_time now;       /**< when the reply was made */
    int32_t fresh_s;      /**< of a reply that does not say how long it is fresh; 0: it is not kept */
    int32_t age_s;        /**< what the reply's Age says; 0 without one */
    uint32_t asked_flags; /**< FLAREI_CACHE_* bits of the request that count */
};

/** May a shared cache keep the reply, and how long is it fresh from when it was made?
 *  @return seconds, less the age that it has already; 0: it is not to be kept */
int32_t flarei_cache_lifetime_s(const struct flarei_cache_facts *facts,
                                const struct flarei_cache_control *control);

/** Does the reply say that it is for whoever asks (section 3.5)? */
bool flarei_cache_for_all(const struct flarei_cache_control *control);

/** May a kept reply be used for a request (sections 4.2 and 5.2.1)? Without directives: as long as it is
 * fresh. @param asked the request's directives, where they count; or NULL @param must_revalidate the reply
 * said so */
bool flarei_cache_usable(const struct flarei_cache_control *asked, int64_t age_s, int64_t lifetime_s,
                         bool must_revalidate);

/** May one be used that is stale for less than `window_s` (RFC 5861)? Parameters as above. */
bool flarei_cache_usable_stale(const struct flarei_cache_control *asked, int64_t age_s, int64_t lifetime_s,
                               bool must_revalidate, int32_t window_s);

/** Seconds of an Age line (section 5.1), 0 where it is none. */
int32_t flarei_cache_age_s(flare_str value);

#endif
