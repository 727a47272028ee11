//: function

/* $title$ - $place$ */
$linkage$$signature$
{
    $declarations$
    rq->route = &$routes$[$index$];
    $uses$
    $begin$
    $reading$
    $refuse$
    $call$
}

//: fixed

/* $title$ - $place$ */
$linkage$$signature$
{
    static const struct flarei_head head = {
        .status = $status$,
        .h1 = $h1$,
        .content_type = FLARE_STR_INIT($type$),
    };
    $declarations$

    rq->route = &$routes$[$index$];
    $uses$
    return flarei_reply_whole(rq, &head, $body$);
}

//: redirect

/* $title$ - $place$ */
$linkage$$signature$
{
    static const flare_field fields[] = {
        {FLARE_STR_INIT("Location"), $location$},
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

//: in
$type$_in in = {
    $members$
};

//: inputs
static const struct flarei_input inputs[] = {
    $rows$
};

//: constant_array
static const $type$ $name$[] = {
    $items$
};

//: path
rule = $take$;
if (rule != FLAREI_FINE)
    flarei_refuse(&bad, $input$, rule);

//: path_escaped
rule = flarei_unescape_path(rq, $raw$, &text);
if (rule == FLAREI_FINE)
    rule = $take$;
if (rule != FLAREI_FINE)
    flarei_refuse(&bad, $input$, rule);

//: query
for (struct flarei_query_walk walk = flarei_query_walk_of(rq); flarei_query_next(&walk);) {
    switch (walk.name.len) {
    $cases$
    default:
        break;
    }
}

//: fields
for (uint32_t i = 0; i < rq->field_count; i++) {
    const flare_field *const field = &rq->fields[i];

    switch (field->name.len) {
    $cases$
    default:
        break;
    }
}

//: cookies
for (struct flarei_cookie_walk walk = flarei_cookie_walk_of(rq); flarei_cookie_next(&walk);) {
    switch (walk.name.len) {
    $cases$
    default:
        break;
    }
}

//: length_case
case $length$:
    $tests$
    break;

//: name_test
if ($test$, $name$)) {
    $read$
}

//: query_scalar
rule = $has$ ? FLAREI_RULE_REPEATED : walk.rule;
$has$ = true;
if (rule == FLAREI_FINE)
    rule = $take$;
if (rule != FLAREI_FINE)
    flarei_refuse(&bad, $input$, rule);

//: header_scalar
rule = $has$ ? FLAREI_RULE_REPEATED : FLAREI_FINE;
$has$ = true;
if (rule == FLAREI_FINE)
    rule = $take$;
if (rule != FLAREI_FINE)
    flarei_refuse(&bad, $input$, rule);

//: cookie
if ($has$)
    break;
$has$ = true;
rule = $take$;
if (rule != FLAREI_FINE)
    flarei_refuse(&bad, $input$, rule);

//: query_array
$limit$
items_$name$ = flarei_array_grow(rq, items_$name$, count_$name$, sizeof *items_$name$);
if (items_$name$ == NULL) {
    flarei_refuse(&bad, $input$, FLAREI_RULE_MEMORY);
    count_$name$ = 0;
    break;
}
rule = walk.rule;
if (rule == FLAREI_FINE)
    rule = $take$;
if (rule != FLAREI_FINE)
    flarei_refuse_at(&bad, $input$, rule, count_$name$);
count_$name$++;

//: header_array
for (flare_str rest = field->value, item; flarei_list_next(&rest, &item);) {
    $limit$
    items_$name$ = flarei_array_grow(rq, items_$name$, count_$name$, sizeof *items_$name$);
    if (items_$name$ == NULL) {
        flarei_refuse(&bad, $input$, FLAREI_RULE_MEMORY);
        count_$name$ = 0;
        break;
    }
    rule = $take$;
    if (rule != FLAREI_FINE)
        flarei_refuse_at(&bad, $input$, rule, count_$name$);
    count_$name$++;
}

//: array_full
if (count_$name$ >= $max$) {
    if (count_$name$++ == $max$)
        flarei_refuse(&bad, $input$, FLAREI_RULE_MAX_ITEMS);
    $leave$;
}

//: array_min
if ($unless$count_$name$ < $min$)
    flarei_refuse(&bad, $input$, FLAREI_RULE_MIN_ITEMS);

//: array_set
in.$name$.items = items_$name$;
in.$name$.count = count_$name$;

//: array_set_default
if (count_$name$ != 0) {
    in.$name$.items = items_$name$;
    in.$name$.count = count_$name$;
}

//: array_set_optional
in.$name$.has = count_$name$ != 0;
in.$name$.value.items = items_$name$;
in.$name$.value.count = count_$name$;

//: required
if (!$has$)
    flarei_refuse(&bad, $input$, FLAREI_RULE_REQUIRED);

//: refuse
if (bad.count != 0)
    return flarei_reply_refusals(rq, &bad);

//: call
return $call$;

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
    return flarei_park(rq, $resume$, &in, sizeof in);
case FLAREI_BODY_REFUSED:
    return flarei_reply_body_refused(rq);
case FLAREI_BODY_READY:
    break;
}
return $resume$(rq, &in);

//: resume

static flare_reply $name$(flare_request *rq, void *input)
{
    $in$_in *const in = ($in$_in *)input;

    in->body = rq->body;
    return $call$;
}
