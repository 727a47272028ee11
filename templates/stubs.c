//: begin
/* Handlers of $spec$: each answers that it is not written yet. */
#include "$header$"

//: state

struct $state$ {
    int unused;
};

struct $state$ *$service$_state_open(void)
{
    static struct $state$ state;

    return &state;
}

void $service$_state_close(struct $state$ *state)
{
    (void)state;
}

//: worker

struct $state$ {
    int unused;
};

struct $state$ *$service$_worker_open($parameter$)
{
    static struct $state$ worker;

    $unused$
    return &worker;
}

void $service$_worker_close(struct $state$ *worker)
{
    (void)worker;
}

//: page

flare_reply $name$(flare_request *rq, const flare_problem_info *problem)
{
    return flare_text(rq, (int)problem->status, problem->title);
}

//: ready

bool $name$(flare_request *rq)
{
    (void)rq;
    return true;
}

//: guard

/* guard $title$ */
$prototype$
{
    $unused$
    return $name$_fail(rq, "the guard is not written yet");
}

//: after

/* after $title$ */
$prototype$
{
    (void)rq;
    $unused$
}

//: check

/* check: $name$ - $place$: it takes any value so far */
bool $name$($type$ value)
{
    (void)value;
    return true;
}

//: handler

/* $title$ */
$prototype$
{
    $unused$
    return flare_empty(rq, 501);
}

//: handler_reply

/* $title$ */
$prototype$
{
    $unused$
    return ($name$_reply){flare_empty(rq, 501)};
}

//: handler_deferred

/* $title$ */
$prototype$
{
    $unused$
    flare_deliver(later, flare_empty(rq, 501));
}
