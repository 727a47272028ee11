//: function

/* $title$ - $place$ */
static $signature$
{
    $declarations$
    $route$
    $uses$
    $gives$
    $reading$
    $refuse$
    $call$
}

//: fixed

/* $title$ - $place$ */
static $signature$
{
    $long_texts$
    $verdicts$
    static const struct flarei_head head = {
        .status = $status$,
        .h1 = $h1$,
        .content_type = FLARE_STR_INIT($type$),
    };

    rq->route = &$routes$[$index$];
    $uses$
    return flarei_reply_whole(rq, &head, $body$);
}

//: redirect

/* $title$ - $place$ */
static $signature$
{
    $long_texts$
    $verdicts$
    static const flare_field fields[] = {
        {FLARE_STR_INIT("Location"), $body$},
    };
    static const struct flarei_head head = {
        .status = $status$,
        .h1 = $h1$,
        .fields = fields,
        .field_count = 1,
    };

    rq->route = &$routes$[$index$];
    $uses$
    return flarei_reply_empty(rq, &head);
}

//: state

/* $title$ - $place$ */
static $signature$
{
    $verdicts$
    rq->route = &$routes$[$index$];
    $uses$
    return flarei_reply_$call$;
}

//: shared

/* $names$: for $count$ routes. */
static bool $name$($parameters$)
{
    $declarations$
    $defaults$
    $route$
    $reading$
    return rq->refusal_count == 0;
}

//: function_shared

/* $title$ - $place$ */
static $signature$
{
    $declarations$
    $route$
    $uses$
    $gives$
    if (!$read$)
        return flarei_reply_refusals(rq);
    $call$
}

//: in
$type$_in in = {
    $members$
};

//: input
$linkage$const struct flarei_input $name$ = FLAREI_INPUT($place$, $required$, $text$);

//: inputs

/* The inputs, as they are found and as errors name them. */

//: constant_array
static const $type$ $name$[] = {
    $items$
};

//: path
flarei_note(rq, &$input$, $take$);

//: path_string
flarei_path_string(rq, &$input$, $raw$, $min$, $max$, $out$);

//: path_text
if (flarei_path_text(rq, &$input$, $raw$, &text))
    flarei_note(rq, &$input$, $take$);

//: path_parse
if (flarei_path_text(rq, &$input$, $raw$, &text)) {
    $out$ = $parse$(rq, text);
    if ($out$ == NULL)
        flarei_refuse(rq, &$input$, FLAREI_RULE_TYPE);
}

//: find_parse
if ($find$) {
    $out$ = $parse$(rq, text);
    if ($out$ == NULL)
        flarei_refuse(rq, &$input$, FLAREI_RULE_TYPE);
}

//: find
if ($find$)
    flarei_note(rq, &$input$, $take$);

//: find_optional
$has$ = $find$;
if ($has$)
    flarei_note(rq, &$input$, $take$);

//: query_inputs
/* clang-format off */
static const struct flarei_input *const query[] = {
    $rows$
};
/* clang-format on */
struct flarei_query_values values[$count$];
struct flarei_query_scan scan = flarei_query_scan_of(rq, query, values, $count$);

//: query
while (flarei_query_pair(&scan))
    flarei_query_keep(&scan, $member_of$(scan.name));

//: query_array
while ($next$(&walk_$name$)) {
    $limit$
    items_$name$ = flarei_array_grow(rq, items_$name$, count_$name$, sizeof *items_$name$);
    if (items_$name$ == NULL) {
        flarei_refuse(rq, &$input$, FLAREI_RULE_MEMORY);
        count_$name$ = 0;
        break;
    }
    rule = walk_$name$.rule;
    if (rule == FLAREI_FINE)
        rule = $take$;
    if (rule != FLAREI_FINE)
        flarei_refuse_at(rq, &$input$, rule, count_$name$);
    count_$name$++;
}

//: header_array
for (uint32_t i = 0; i < rq->field_count; i++) {
    if (!flare_str_equal_nocase(rq->fields[i].name, $input$.name))
        continue;
    for (flare_str rest = rq->fields[i].value, item; flarei_list_next(&rest, &item);) {
        $limit$
        items_$name$ = flarei_array_grow(rq, items_$name$, count_$name$, sizeof *items_$name$);
        if (items_$name$ == NULL) {
            flarei_refuse(rq, &$input$, FLAREI_RULE_MEMORY);
            count_$name$ = 0;
            break;
        }
        rule = $take$;
        if (rule != FLAREI_FINE)
            flarei_refuse_at(rq, &$input$, rule, count_$name$);
        count_$name$++;
    }
}

//: array_full
if (count_$name$ >= $max$) {
    if (count_$name$++ == $max$)
        flarei_refuse(rq, &$input$, FLAREI_RULE_MAX_ITEMS);
    $leave$;
}

//: array_min
if ($unless$count_$name$ < $min$)
    flarei_refuse(rq, &$input$, FLAREI_RULE_MIN_ITEMS);

//: array_unique
if (count_$name$ != 0 && rq->refusal_count == refused && refused < FLAREI_REFUSALS_MAX) {
    rule = flarei_check_unique(rq->arena, items_$name$, count_$name$, sizeof *items_$name$, $kind$);
    flarei_note(rq, &$input$, rule);
}

//: array_set
$to$items = items_$name$;
$to$count = count_$name$;

//: array_set_default
if (count_$name$ != 0) {
    $to$items = items_$name$;
    $to$count = count_$name$;
}

//: array_set_optional
$to$has = count_$name$ != 0;
$to$value.items = items_$name$;
$to$value.count = count_$name$;

//: refuse
if (rq->refusal_count != 0)
    return flarei_reply_refusals(rq);

//: call
return $call$;

//: work

static flare_reply $run$(flare_request *rq, void *input)
{
    $first$
    return $call$;
}

static const struct flarei_work_rule $name$ = {
    $members$
};

//: work_deferred

static flare_reply $run$(flare_request *rq, void *input)
{
    $first$
    $call$;
    return (flare_reply){0};
}

static const struct flarei_work_rule $name$ = {
    $members$
};

//: media_types
static const flare_str media_types[] = {
    $rows$
};

//: body_rule
static const struct flarei_body_rule body_rule = {
    $members$
};

//: body
switch (flarei_body(rq, &body_rule)) {
case FLAREI_BODY_LATER:
    return flarei_park(rq, $resume$, $in$, $bytes$);
case FLAREI_BODY_REFUSED:
    return flarei_reply_body_refused(rq);
case FLAREI_BODY_READY:
    break;
}
return $resume$(rq, $in$);

//: resume

static flare_reply $name$(flare_request *rq, void *input)
{
    $in$_in *const in = ($in$_in *)input;

    in->body = rq->body;
    return $call$;
}

//: resume_text

static flare_reply $name$(flare_request *rq, void *input)
{
    $in$_in *const in = ($in$_in *)input;

    if (FLARE_UNLIKELY(!flarei_body_text(rq, &in->body)))
        return flarei_reply_body_refused(rq);
    return $call$;
}
