//: title

/* ---- guard $name$ - $place$ ---- */

$doc$

//: struct
struct $tag$; /* yours */

//: gives
typedef struct $name$_gives { /* to the handlers: lives as long as the request */
    $members$
} $name$_gives;

//: verdict
typedef struct $name$_verdict {
    flare_reply flarei;
    $gives$
} $name$_verdict;

//: pass

$prototype$ FLARE_MUST_USE; /* the request goes on */

//: after

$prototype$; /* yours: runs once the reply was made */

//: pass_function

$linkage$$prototype$
{
    $type$ made$zero$;

    $checks$
    made.flarei = flarei_pass(rq);
    $gives$
    return made;
}

//: pass_null
if ($value$ == NULL) {
    made.flarei = flarei_reply_fail(rq, $why$);
    return made;
}

//: phase

/* What the after-phase of $name$ is kept in. */
struct $phase$ {
    struct flarei_entered head;
    $gives$
};

//: in
$type$_in in = {
    $members$
};

//: gives_again
const $type$_gives $name$ = {
    $members$
};

//: function

/* guard $title$ - $place$ */
$linkage$$prototype$
{
    $declarations$
    $reading$
    $refuse$
    $run$
}

//: refuse
if (rq->refusal_count != 0)
    return ($type$){.flarei = flarei_reply_refusals(rq)};

//: refuse_unauthorized
if (rq->refusal_count != 0) {
    if (flarei_is_unauthorized(rq, $token$))
        return $reply$(rq);
    return ($type$){.flarei = flarei_reply_refusals(rq)};
}

//: run
return $call$;

//: run_phase
if (phase == NULL)
    return $fail$(rq, "no memory for its after-phase");
verdict = $call$;
if (flarei_is_passed(rq, verdict.flarei)) {
    $gives$
    flarei_enter(rq, &phase->head, $number$);
}
return verdict;

//: use
$verdict$ = $call$;
if (!flarei_is_passed(rq, $verdict$.flarei))
    return flarei_guard_refused(rq, $verdict$.flarei, $name$);

//: use_phase
if (!flarei_enter_phase(rq, $number$))
    return flarei_reply_fail(rq, "no memory for an after-phase");

//: after_begin
static void after(flare_request *rq)
{
    $phases$
    $metrics$
    $log$
}

//: after_phases
for (struct flarei_entered *phase; (phase = flarei_leave(rq)) != NULL;) {
    switch (phase->number) {
    $cases$
    default:
        break;
    }
}

//: after_case
case $number$:
    $call$;
    break;
