//: way

/* What dispatch keeps on its way down. */
struct way {
    flare_str part[$slots$]; /* captured segments; of a segment that is tried as constant first, its start */
    $segments$
    $seen$
};

//: refuse

/* Allow: $allow$ */
FLARE_NOINLINE_COLD static flare_reply $name$(flare_request *rq)
{
    static const flare_str allow = FLARE_STR_INIT("$allow$");

    if (rq->method == FLARE_METHOD_OPTIONS)
        return flarei_reply_options(rq, allow);
    return flarei_reply_not_allowed(rq, allow);
}

//: no_route

/* No path fits, or none of those that do takes the method. */
$linkage$$prototype$
{
    switch (way->seen) {
    $cases$
    default:
        return flarei_reply_not_found(rq);
    }
}

//: method
if ($test$)
    return $call$;

//: connect
if (rq->method == FLARE_METHOD_CONNECT)
    return $refuse$(rq);

//: methods
switch ((int)rq->method) {
$cases$
default:
    break;
}

//: at_end
if (p == end) {
    $leaf$
}

//: if
if ($test$) {
    $inner$
}

//: branches
switch ($look$) {
$cases$
default:
    break;
}

//: segment
const char *const $segment$ = p;

//: segment_again
const char *const $segment$ = way->part[$slot$].ptr;
$p$

//: segment_kept
way->part[$slot$].ptr = p;

//: parameter
/* $path$ */
$start$
$type$$part$ = $cut$;
if ($part$.len != 0) {
    $inner$
}

//: wildcard
/* $path$ */
const flare_str $rest$ = {$start$, (size_t)(end - $start$)};

$leaf$

//: wildcard_unread
/* $path$ */
$leaf$

//: function

/* $path$ */
$linkage$$prototype$
{
    $unused$
    $body$
}

//: dispatch

static flare_reply $function$(flare_request *rq)
{
    $uses$
    $indexed$
    return $root$(rq, rq->path.ptr, rq->path.ptr + rq->path.len);
}

//: dispatch_way

static flare_reply $function$(flare_request *rq)
{
    struct way way;

    $seen$
    $uses$
    $indexed$
    return $root$(rq, rq->path.ptr, rq->path.ptr + rq->path.len, &way);
}

//: nothing

static flare_reply dispatch(flare_request *rq)
{
    $uses$
    return flarei_reply_not_found(rq);
}

//: dispatch_find

static flare_reply dispatch(flare_request *rq)
{
    $uses$
    return $find$(rq);
}
