/* flare/gen_use.h - what emitted C calls for `use NAME();`: one direct call each; a part of gen.h. */
#ifndef FLARE_GEN_USE_H
#define FLARE_GEN_USE_H

#include <flare/gen.h>

FLARE_BEGIN

/** `use request_id()`: takes a well-formed X-Request-Id or makes one, and adds it to the reply. */
void flarei_use_request_id(flare_request *rq);
struct flarei_access_log {
    uint32_t sample;          /* of 2^32 - 1 requests that went well; all of them: UINT32_MAX */
    bool query;               /* the query is logged, too */
    const flare_str *headers; /* and these fields */
    uint32_t header_count;
    uint32_t redact_count;
    const flare_str *redact; /* keys of a query and names of fields whose values are not shown */
};
/** `use log(…)` with settings: the after-phase goes by them. */
static inline void flarei_use_log(flare_request *rq, const struct flarei_access_log *log)
{
    rq->log = log;
    rq->marks |= FLAREI_MARK_LOG;
}
/** `use log()`: the after-phase that writes one access line. */
void flarei_log_access(flare_request *rq);

/* ---- metrics(), health(), ready() ---- */

/** `use metrics()`: the request has begun. */
void flarei_use_metrics(flare_request *rq);
/** Its after-phase: counts it. */
void flarei_metrics_end(flare_request *rq);
/** `-> metrics()`: what was counted, summed over all threads, as Prometheus' text. */
flare_reply flarei_reply_metrics(flare_request *rq) FLARE_MUST_USE;
/** `-> health()`: 200 as long as the process answers. */
flare_reply flarei_reply_health(flare_request *rq) FLARE_MUST_USE;
/** `-> ready()`: 200, or 503 once the server was told to stop. */
flare_reply flarei_reply_ready(flare_request *rq) FLARE_MUST_USE;
/** `-> ready(check: …)`: the same, and 503 where the service says that it is not good. */
flare_reply flarei_reply_ready_if(flare_request *rq, bool good) FLARE_MUST_USE;

/* ---- security_headers(), trace(), server_timing() ---- */

struct flarei_headers {
    const flare_field *fields;
    uint32_t count;
    flare_str transport; /* Strict-Transport-Security, over TLS only (RFC 6797 section 7.2); or empty */
};
/** `use security_headers()`: adds constant fields to the reply. */
void flarei_use_headers(flare_request *rq, const struct flarei_headers *headers);
/** `use trace()`: takes part in the client's trace, or begins one. */
void flarei_use_trace(flare_request *rq);
/** `use server_timing()`: the reply says how long it took. */
void flarei_use_server_timing(flare_request *rq);

/* ---- rate_limit(), csrf() ---- */

struct flarei_rate_limit {
    uint64_t interval_us; /* between requests that come evenly */
    uint64_t burst;       /* requests that may come at once, from 1 */
    flare_str policy;     /* as RateLimit-Policy says it */
    flare_str header;     /* whose value tells clients apart; empty: their address */
    uint64_t *slots;      /* zeroed */
    size_t slot_count;    /* a multiple of 8 */
};
/** `use rate_limit()`. @return false: return flarei_reply_too_many() */
FLARE_MUST_USE bool flarei_use_rate_limit(flare_request *rq, const struct flarei_rate_limit *limit);
/** 429. */
FLARE_NOINLINE_COLD flare_reply flarei_reply_too_many(flare_request *rq) FLARE_MUST_USE;

struct flarei_csrf {
    const flare_str *trusted; /* origins of others that may send; a '*' as in flarei_cors */
    uint32_t trusted_count;
};
/** `use csrf()`. @return false: return flarei_reply_cross_site() */
FLARE_MUST_USE bool flarei_use_csrf(flare_request *rq, const struct flarei_csrf *csrf);
/** 403. */
FLARE_NOINLINE_COLD flare_reply flarei_reply_cross_site(flare_request *rq) FLARE_MUST_USE;

/* ---- etag() ---- */

/** `use etag()`: replies to GET and HEAD have a tag, and conditions are judged by it. @param weak one that
 * says the same, not that the bytes are */
void flarei_use_etag(flare_request *rq, bool weak);

/* ---- cache(): RFC 9111 ---- */

struct flarei_cache {
    size_t memory_bytes;      /* of each worker's kept replies */
    size_t max_bytes;         /* of a reply's content; a larger one is not kept */
    int32_t fresh_s;          /* of a reply that does not say how long it is fresh; 0: it is not kept */
    int32_t stale_if_error_s; /* it may stand in for an error so long after, unless it says other */
    int32_t stale_while_revalidate_s; /* the same, while the handler is asked for a fresh one */
    bool reload;                      /* clients may ask for a reply that is fresh, or fresher */
    uint32_t join_ms; /* how long a request waits for another one's reply that is being made; 0: never */
    bool status;      /* replies have Cache-Status (RFC 9211) */
};
struct flarei_way;
struct flarei_work_rule;
/* What it is to a route. */
struct flarei_cached {
    const struct flarei_cache *cache;
    flare_str vary; /* fields that the route reads, as Vary says them; may be empty */
    bool personal;  /* who asks is known to the handler: it must say that its reply is for all */
    const struct flarei_way *way; /* flarei_use_cache_joined(): how the handler is run */
    const struct flarei_work_rule *work;
};
/** `use cache()`, where the handler would be called: a kept reply stands in for it. Else the reply that it
 * makes may be kept. Of an unsafe method: what is kept of the path is forgotten. @param kept set where true
 * is returned */
FLARE_MUST_USE bool flarei_use_cache(flare_request *rq, const struct flarei_cached *cached,
                                     flare_reply *kept);
/** Of routes that change what others are kept of: once the reply says that it went well, or nobody knows. */
void flarei_use_cache_change(flare_request *rq);

/* ---- compress() and inflate() ---- */

struct flarei_encoder;
struct flarei_decoder;
extern const struct flarei_encoder flarei_encoder_gzip, flarei_encoder_br;
extern const struct flarei_decoder flarei_decoder_gzip, flarei_decoder_deflate, flarei_decoder_br;

struct flarei_compress {
    const struct flarei_encoder *const *encoders; /* the one that is liked best first; at most 4 */
    uint32_t encoder_count;
    int level;
    size_t min_bytes; /* content below this is left alone */
};
/** `use compress()`: the reply is coded as the client likes it. */
void flarei_use_compress(flare_request *rq, const struct flarei_compress *how);

struct flarei_inflate {
    const struct flarei_decoder *const *decoders;
    uint32_t decoder_count;
};
/** `use inflate()`: a coded body is taken, and decoded. */
void flarei_use_inflate(flare_request *rq, const struct flarei_inflate *how);

/* ---- cors(): the Fetch standard's CORS protocol ---- */

struct flarei_cors {
    const flare_str *origins; /* as browsers write them; a '*' in one stands for labels of a host */
    uint32_t origin_count;    /* 0: any */
    bool credentials;         /* replies to requests with cookies may be read too */
    flare_str methods;        /* that pages may use; empty: all that the routes take */
    flare_str expose;         /* fields of replies that pages may read; may be empty */
    flare_str max_age;        /* seconds that a preflight's answer holds; may be empty */
};

/** `use cors()`: adds what lets a page of an allowed origin read the reply, and Vary. */
void flarei_use_cors(flare_request *rq, const struct flarei_cors *cors);
/** Is this a preflight? */
FLARE_NOINLINE_COLD bool flarei_cors_asks(const flare_request *rq);
/** Looks for the route that a preflight asks about by `find`, whose cors() answers. Where it has none, `find`
 * is asked for the OPTIONS that the request is. */
FLARE_NOINLINE_COLD flare_reply flarei_cors_preflight(flare_request *rq,
                                                      flare_reply (*find)(flare_request *rq)) FLARE_MUST_USE;
/** Is the route only looked for? */
static inline bool flarei_is_preflight(const flare_request *rq)
{
    return FLARE_UNLIKELY((rq->marks & FLAREI_MARK_PREFLIGHT) != 0);
}
/** The answer to a preflight. @param cors the route's; NULL: it has none @param headers a list of the request
 * fields that pages may send */
FLARE_NOINLINE_COLD flare_reply flarei_reply_preflight(flare_request *rq, const struct flarei_cors *cors,
                                                       flare_str headers) FLARE_MUST_USE;

FLARE_END

#endif
