//: function

/* $title$ - $place$ */
static $signature$
{
    $verdicts$
    static struct flarei_files files = {
        $members$
    };

    rq->route = &$routes$[$index$];
    $uses$
    return flarei_reply_files(rq, &files, $rest$);
}

//: held

/* $title$ - $place$ */
static $signature$
{
    $long_texts$
    $verdicts$
    /* clang-format off */
    static const struct flarei_held_file held[] = {
        $rows$
    };
    /* clang-format on */
    static const struct flarei_files files = {
        $members$
    };

    rq->route = &$routes$[$index$];
    $uses$
    return flarei_reply_held(rq, &files, $rest$);
}
