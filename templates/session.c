//: types

/* ---- session $title$ - $place$ ---- */

$doc$

typedef struct $name$_gives { /* to the handlers: lives as long as the request */
    $name$_opt $member$;
} $name$_gives;

typedef struct $name$_verdict {
    flare_reply flarei;
    $name$_gives gives;
} $name$_verdict;

/* Keeps it, and begins it where there is none; before the reply is made. FLARE_ERR_RANGE: the value breaks its
 * own type; FLARE_ERR_LIMIT: it is too large, or has text that is no UTF-8. */
flare_err $name$_save(flare_request *rq, const $name$ *value) FLARE_MUST_USE;
/* The same under a new name, with its whole time before it: for each login. */
flare_err $name$_renew(flare_request *rq, const $name$ *value) FLARE_MUST_USE;
/* Ends it, and removes the cookie. */
flare_err $name$_end(flare_request *rq) FLARE_MUST_USE;

//: object

/* session $title$ - $place$ */
static struct flarei_session $object$ = {
    .cookie = FLAREI_INPUT(COOKIE, false, $cookie$),
    .purpose = FLARE_STR_INIT($purpose$),
    .attributes = FLARE_STR_INIT($attributes$),
    .store = &$store$,
    .max_age_s = $max_age$,
    .idle_s = $idle$,
    .max = $max$,
};

//: functions

static bool $take$(flare_request *rq, flare_str text, $name$ *out)
{
    struct flarei_json state, *const json = &state;
    const char *at = flarei_json_begin(json, text, rq->arena);

    if (at != NULL) {
        $read$
    }
    if (flarei_json_end(json, at) == FLAREI_JSON_FINE)
        return true;
    *out = ($name$){0};
    return false;
}

static flare_err $keep$(flare_request *rq, const $name$ *value, bool renew)
{
    flare_buffer buffer, *const out = &buffer;
    $name$ again;

    if (!flarei_session_begin(rq, out))
        return FLARE_ERR_MEMORY;
    $put$
    if (!out->failed && !$take$(rq, flarei_buffer_str(out), &again))
        return FLARE_ERR_RANGE;
    return flarei_session_save(rq, &$object$, out, renew);
}

flare_err $name$_save(flare_request *rq, const $name$ *value)
{
    return $keep$(rq, value, false);
}

flare_err $name$_renew(flare_request *rq, const $name$ *value)
{
    return $keep$(rq, value, true);
}

flare_err $name$_end(flare_request *rq)
{
    return flarei_session_end(rq, &$object$);
}

//: guard

$linkage$$prototype$
{
    $name$_verdict verdict = {0};
    flare_str text = {NULL, 0};
    const flare_err err = flarei_session_find(rq, &$object$, &text);

    if (err == FLARE_OK)
        verdict.gives.$member$.has = $take$(rq, text, &verdict.gives.$member$.value);
    verdict.flarei = err == FLARE_OK || err == FLARE_ERR_NOT_FOUND
                         ? flarei_pass(rq)
                         : flarei_reply_session_failed(rq, &$object$, err);
    return verdict;
}

//: table

static struct flarei_session *const kept[] = {
    $items$
};
static const struct flarei_sessions $name$ = {&flarei_session_calls, kept, $count$};
