//: call

/* $names$: $count$ routes. It stands alone so that a call is a jump. */
FLAREI_NOINLINE static flare_reply $name$($parameters$)
{
    switch (route) {
    $cases$
    default:
        return flarei_reply_not_found(rq);
    }
}

//: take

static flare_reply $name$(flare_request *rq, const struct flarei_indexed *found, const flare_str *part)
{
    $in$ in;

    if (!$read$)
        return flarei_reply_refusals(rq);
    return $call$(rq, found->route, &in);
}

//: take_nothing

static flare_reply $name$(flare_request *rq, const struct flarei_indexed *found, const flare_str *part)
{
    (void)part;
    rq->route = &$routes$[found->route];
    return $call$(rq, found->route);
}

//: groups

static flare_reply $name$(flare_request *rq, const struct flarei_indexed *found, const flare_str *part)
{
    switch (found->group) {
    $cases$
    default:
        return flarei_reply_not_found(rq);
    }
}

//: tables

/* Most routes by hash: of so many, a walk down the tree is a wait for code that no cache holds. */
/* clang-format off */
static const uint32_t $index$_shapes[] = {
    $shapes$
};
static const uint16_t $index$_displacements[] = {
    $displacements$
};
static const struct flarei_indexed $index$_routes[] = {
    $rows$
};
/* clang-format on */
static const struct flarei_index $index$ = {
    .shapes = $index$_shapes,
    .shapes_of = {$shapes_of$},
    .bits = $bits$,
    .seed = $seed$,
    .displacements = $index$_displacements,
    .routes = $index$_routes,
    .routes_count = $places$,
};

//: find
flare_str part[FLAREI_INDEX_PARTS_MAX];
const struct flarei_indexed *const found = flarei_index_find(&$index$, rq, part);

if (found != NULL)
    return $take$(rq, found, part);
