//: function

/* $title$ - $place$ */
static $signature$
{
    $verdicts$
    static const struct flarei_upstream upstream = {
        $members$
    };

    $as_get$
    rq->route = &$routes$[$index$];
    $uses$
    return flarei_reply_proxy(rq, &upstream, $rest$);
}
