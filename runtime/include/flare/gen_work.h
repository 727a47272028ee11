/* flare/gen_work.h - what emitted code of `async`, `blocking` and `deferred` routes uses, beside gen.h. */
#ifndef FLARE_GEN_WORK_H
#define FLARE_GEN_WORK_H

#include <flare/async.h>
#include <flare/gen.h>

FLARE_BEGIN

/** A handler that may take its time. */
struct flarei_work_rule {
    flare_reply (*run)(flare_request *rq, void *input); /* a deferred one's result is not looked at */
    size_t input_bytes;
    uint32_t time_ms; /* 0: the service's limit */
};

/** Runs the handler with a copy of the inputs: on a stack of its own, on a thread of the pool, or here, to
 * reply later. @return what dispatch returns: the reply, or that it is not there yet */
flare_reply flarei_async(flare_request *rq, const struct flarei_work_rule *rule,
                         const void *input) FLARE_MUST_USE;
flare_reply flarei_blocking(flare_request *rq, const struct flarei_work_rule *rule,
                            const void *input) FLARE_MUST_USE;
flare_reply flarei_deferred(flare_request *rq, const struct flarei_work_rule *rule,
                            const void *input) FLARE_MUST_USE;

/** The handle of a deferred handler that runs. */
flare_deferred *flarei_deferred_of(flare_request *rq);

/* ---- cache() ---- */

struct flarei_cached;
struct flarei_work;

/** The three above, for requests that wait before their handler begins. */
struct flarei_way {
    flare_reply (*begin)(flare_request *rq, const struct flarei_work_rule *rule, const void *input);
    void (*go_on)(struct flarei_work *work); /* one that waited; it may have ended when this returns */
};
extern const struct flarei_way flarei_way_async, flarei_way_blocking, flarei_way_deferred;

/** `use cache()` and the handler behind it: of requests for the same that is not kept the first one asks the
 * handler, and the others wait until its reply is kept. @return as flarei_async() */
flare_reply flarei_use_cache_joined(flare_request *rq, const struct flarei_cached *cached,
                                    const void *input) FLARE_MUST_USE;

FLARE_END
#endif
