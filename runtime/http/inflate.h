/* http/inflate.h - the way from a body to its decoding: a service without inflate() does not hold the code.
 */
#ifndef FLAREI_HTTP_INFLATE_H
#define FLAREI_HTTP_INFLATE_H

#include <flare/gen.h>

struct flarei_inflate_calls {
    /** Are all codings of the body among those that are taken? */
    bool (*is_known)(const flare_request *rq);
    /** Puts the decoded body in the place of rq->body. @return false: refused, rq->body_refusal says how */
    bool (*decode)(flare_request *rq, uint64_t max_bytes);
};
extern const struct flarei_inflate_calls flarei_inflate_calls;

/** @param max_bytes that the body may have as it comes @return what it may become */
static inline uint64_t flarei_inflated_max_bytes(const struct flarei_body_rule *rule, uint64_t max_bytes)
{
    return rule->inflated_max_bytes != 0 ? rule->inflated_max_bytes : max_bytes;
}

#endif
