//: cors_origins
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
};

//: preflight
if (flarei_is_preflight(rq))
    return flarei_reply_preflight(rq, $cors$, $headers$);

//: dispatch_preflight
if (FLARE_UNLIKELY(rq->method == FLARE_METHOD_OPTIONS) && flarei_cors_asks(rq))
    return flarei_cors_preflight(rq, $find$);

