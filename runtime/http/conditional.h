/* http/conditional.h - does a request want the representation at hand? (RFC 9110 section 13) */
#ifndef FLAREI_HTTP_CONDITIONAL_H
#define FLAREI_HTTP_CONDITIONAL_H

#include <flare/gen.h>

/** What tells one representation from another. */
struct flarei_validators {
    flare_str etag;     /**< quotes included */
    flare_time changed; /**< last, in whole seconds; 0: not known */
};

enum flarei_condition {
    FLAREI_CONDITION_HOLDS,
    FLAREI_CONDITION_NOT_MODIFIED, /**< 304 */
    FLAREI_CONDITION_FAILED        /**< 412 */
};

/** Judges If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since of a GET or HEAD, in the order
 * of RFC 9110 section 13.2.2. @return what they come to. No errors. The request's thread. */
enum flarei_condition flarei_condition_judge(const flare_request *rq, const struct flarei_validators *now);

/** Does If-Range, where there is one, name this very representation? @return whether a Range counts. The
 * request's thread. RFC 9110 section 13.1.5 */
bool flarei_condition_range(const flare_request *rq, const struct flarei_validators *now);

#endif
