//: function

/* $title$ - $place$ */
static $signature$
{
    $long_texts$
    static const struct flarei_docs docs = {
        .openapi = $openapi$,
        .openapi_tag = FLARE_STR_INIT("$openapi_tag$"),
        .page = $page$,
        .page_tag = FLARE_STR_INIT("$page_tag$"),
        .viewer = FLAREI_DOCS_VIEWER,
    };

    rq->route = &$routes$[$index$];
    $uses$
    return flarei_reply_docs(rq, &docs, raw_rest);
}
