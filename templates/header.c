//: begin
#ifndef $guard$
#define $guard$

#include <flare/gen.h>
$includes$

FLARE_BEGIN

$doc$
extern const flare_service $service$_service;

//: begin_library
#ifndef $guard$
#define $guard$

#include <flare/gen.h>
$includes$

$doc$
FLARE_BEGIN

//: state

/* What the handlers share: yours. It is made once, before the first request, and freed after the last. */
struct $state$;

struct $state$ *$service$_state_open(void); /* yours; NULL: the service can't start */
void $service$_state_close(struct $state$ *state); /* yours */

static inline struct $state$ *$service$_state_of(flare_request *rq)
{
    return (struct $state$ *)flarei_state(rq);
}

//: worker

/* What the handlers on one worker's thread share: yours. It is made for each worker before the first request,
 * and freed after the last. */
struct $state$;

struct $state$ *$service$_worker_open($parameter$); /* yours; NULL: the service can't start */
void $service$_worker_close(struct $state$ *worker); /* yours */

static inline struct $state$ *$service$_worker_of(flare_request *rq)
{
    return (struct $state$ *)flarei_worker_state(rq);
}

//: pages

/* What is sent in place of the errors that the server answers by itself. */

//: page
flare_reply $name$(flare_request *rq, const flare_problem_info *problem); /* yours */

//: ready

/* Should the service get requests? Asked at each GET of $path$, on a worker's thread: it must not wait. */
bool $name$(flare_request *rq); /* yours */

//: enum

$doc$
/* enum $name$ - $place$ */
typedef enum $type$ {
    $members$
} $type$;

//: object

$doc$
/* type $name$ - $place$ */
typedef struct $type$ {
    $members$
} $type$;

//: patch

$doc$
/* type $name$ - $place$, a patch: `has` sets, `clear` sets null, neither leaves it */
typedef struct $type$ {
    $members$
} $type$;

//: union

/* union $name$ - $place$: read `as` by `tag`, in a switch without default */
typedef enum $type$_tag {
    $tags$
} $type$_tag;

$doc$
typedef struct $type$ {
    $type$_tag tag;
    union {
        $arms$
    } as;
} $type$;

//: maker

static inline $type$ $type$_$arm$($of$ $arm$)
{
    $type$ made;

    made.tag = $tag$;
    made.as.$arm$ = $arm$;
    return made;
}

//: checks

/* ---- Checks of your own: is the value a good one? ---- */

//: route

/* ---- $title$ - $place$ ---- */

$doc$

//: parser
/* yours: makes it of text, in memory of the request; NULL: the text is none */
struct $tag$ *$name$(flare_request *rq, flare_str text);

//: in
typedef struct $name$_in { /* borrowed from the request: valid until the reply */
    $members$
} $name$_in;

//: next
/* Takes the body's next item; false behind the last. All were checked before the handler. */
$prototype$ FLARE_MUST_USE;

//: reply
typedef struct $name$_reply {
    flare_reply flarei;
} $name$_reply;

//: reply_headers

typedef struct $name$_headers {
    $members$
} $name$_headers;

//: constructor
$doc$
$prototype$ FLARE_MUST_USE; /* $status$ */

//: fail
$type$ $name$_fail(flare_request *rq, const char *why) FLARE_MUST_USE; /* 500; `why` is only logged */

//: cancelled
$type$ $name$_cancelled(flare_request *rq) FLARE_MUST_USE; /* 503: it ended early; nothing is logged */

//: deliver
void $name$_deliver(flare_deferred *later, $name$_reply reply); /* exactly once, from any thread */

//: handler

$prototype$; /* yours */

//: end

FLARE_END

#endif
