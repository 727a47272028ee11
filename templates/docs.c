//: function

/* $title$ - $place$ */
static $signature$
{
    $long_texts$
    static const struct flarei_docs docs = {
        .openapi = {FLARE_STR_INIT("openapi.json"), FLARE_STR_INIT("application/json"), $openapi$, FLARE_STR_INIT("$openapi_tag$"), false},
        .page = {FLARE_STR_INIT("plain"), FLARE_STR_INIT("text/html; charset=utf-8"), $page$, FLARE_STR_INIT("$page_tag$"), false},
        .viewer = FLAREI_DOCS_VIEWER,
    };

    rq->route = &$routes$[$index$];
    $uses$
    return flarei_reply_docs(rq, &docs, raw_rest);
}
