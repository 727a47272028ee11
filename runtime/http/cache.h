/* http/cache.h - what a request comes to at its cache(), in steps: between looking for what is kept and
 * asking the handler, it may wait for who asked first. */
#ifndef FLAREI_HTTP_CACHE_H
#define FLAREI_HTTP_CACHE_H

#include "http/cache_control.h"
#include "http/cache_flight.h"
#include "http/cache_store.h"

#include <flare/gen_use.h>

/** What the request says that matters here. */
struct flarei_cache_asked {
    struct flarei_cache_control control;
    bool passes;      /**< it is about what is there, not what is kept: a part, or a condition of a change */
    bool conditional; /**< it has a condition that a kept reply can answer */
    bool personal;
};

/** A request that nothing is kept for. */
struct flarei_cache_miss {
    const struct flarei_cached *of;
    struct flarei_cache_store *store; /**< NULL: it has nothing to do with any */
    struct flarei_cache_key key;
    struct flarei_cache_asked asked;
};

/** What became of a reply that might be kept. */
enum flarei_cache_fate {
    FLAREI_CACHE_NOT_KEPT,
    FLAREI_CACHE_KEPT,
    FLAREI_CACHE_INSTEAD /**< it was an error, and what was kept before stood in for it */
};

struct flarei_cache_made {
    enum flarei_cache_fate fate;
    unsigned error; /**< of INSTEAD: the status */
};

/** Looks for what is kept. @param waited whether it is looked for again, after a wait for it @param kept set
 * where true is returned @return false: the handler is to be asked, and `miss` says what of it is of use */
bool flarei_cache_find(flare_request *rq, const struct flarei_cached *of, bool waited,
                       struct flarei_cache_miss *miss, flare_reply *kept) FLARE_MUST_USE;

/** May the reply be kept that the handler is about to make for it? */
static inline bool flarei_cache_may_keep(const flare_request *rq, const struct flarei_cache_miss *miss)
{
    return miss->store != NULL && rq->method == FLARE_METHOD_GET;
}

/** Is it worth it for others to wait for that reply? */
static inline bool flarei_cache_may_lead(const flare_request *rq, const struct flarei_cache_miss *miss)
{
    return flarei_cache_may_keep(rq, miss) && (miss->asked.control.flags & FLAREI_CACHE_NO_STORE) == 0;
}

/** Is a reply as good that is being made already? */
static inline bool flarei_cache_may_join(const struct flarei_cache_miss *miss)
{
    return miss->store != NULL && (miss->asked.control.flags & FLAREI_CACHE_NO_CACHE) == 0 &&
           miss->asked.control.max_age_s != 0;
}

/** Watches the reply that is made from here on. @return what will have become of it, in the request's memory;
 * NULL: it will not be kept */
const struct flarei_cache_made *flarei_cache_keep(flare_request *rq, const struct flarei_cache_miss *miss);

/** What was kept before, in place of an error that another one got (RFC 5861). @return false: there is none,
 * or not for this one */
bool flarei_cache_instead(flare_request *rq, const struct flarei_cached *of, unsigned error,
                          flare_reply *kept) FLARE_MUST_USE;

/** A hash of all that its reply is known to depend on before it is made. */
uint64_t flarei_cache_miss_hash(const struct flarei_cache_miss *miss);

#endif
