//: texts
static const flare_str $name$[] = {
    $rows$
};

//: cors

/* use cors() - $place$ */
$origins$
$linkage$const struct flarei_cors $name$ = {
    $members$
};

//: codings

/* use $use$() - $place$ */
static const struct flarei_$word$ *const $list$[] = {
    $rows$
};
$linkage$const struct flarei_$use$ $name$ = {
    $members$
};

//: headers

/* use security_headers() - $place$ */
static const flare_field $list$[] = {
    $rows$
};
$linkage$const struct flarei_headers $name$ = {
    .fields = $list$,
    .count = $count$,
    $transport$
};

//: rate_limit

/* use rate_limit() - $place$ */
static uint64_t $slots$[$count$];
$linkage$const struct flarei_rate_limit $name$ = {
    .interval_us = $interval$,
    .burst = $burst$,
    .policy = $policy$,
    $header$
    .slots = $slots$,
    .slot_count = $count$,
};

//: csrf

/* use csrf() - $place$ */
$trusted$
$linkage$const struct flarei_csrf $name$ = {
    $members$
};

//: log

/* use log() - $place$ */
$lists$
$linkage$const struct flarei_access_log $name$ = {
    $members$
};

//: cache

/* use cache() - $place$ */
$linkage$const struct flarei_cache $name$ = {
    $members$
};

//: cached
static const struct flarei_cached cached = {
    $members$
};

//: call_cache_joined
return flarei_use_cache_joined(rq, &cached, $in$);

//: call_cache
if (flarei_use_cache(rq, &cached, &kept))
    return kept;

//: call_rate_limit
if (!flarei_use_rate_limit(rq, &$name$))
    return flarei_reply_too_many(rq);

//: call_csrf
if (!flarei_use_csrf(rq, &$name$))
    return flarei_reply_cross_site(rq);

//: preflight
if (flarei_is_preflight(rq))
    return flarei_reply_preflight(rq, $cors$, $headers$);

//: dispatch_preflight
if (FLARE_UNLIKELY(rq->method == FLARE_METHOD_OPTIONS) && flarei_cors_asks(rq))
    return flarei_cors_preflight(rq, $find$);

