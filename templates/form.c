//: title

/* type $name$ - $place$ */

//: media_types
static const flare_str $name$[] = {
    $rows$
};

//: field
{
    .input = FLAREI_INPUT(BODY, $required$, $name$),
    $members$
},

//: name_test
if (FLAREI_IS(name, $text$))
    return $number$;

//: rule
static const struct flarei_form_field $fields$[] = {
    $rows$
};

static uint32_t $field_of$(flare_str name)
{
    switch (name.len) {
    $cases$
    default:
        break;
    }
    return 0;
}

$linkage$const struct flarei_form_rule $name$ = {
    .fields = $fields$,
    .field_of = $field_of$,
    .field_count = $count$,
    $strict$
};

//: reader

$linkage$$prototype$
{
    $declarations$
    uint32_t counts[$count$] = {0};
    struct flarei_form form = flarei_form_begin(rq, &$rule$, counts);

    $begin$
    while (flarei_form_next(&form)) {
        switch (form.field) {
        $cases$
        default:
            break;
        }
    }
    $arrays$
    return flarei_form_end(&form);
}

//: single
case $number$: /* $words$ */
    $take$
    break;

//: array
case $number$: /* $words$ */
    items_$name$ = flarei_array_grow(rq, items_$name$, count_$name$, sizeof *items_$name$);
    if (items_$name$ == NULL)
        return flarei_form_no_memory(&form);
    $take$
    count_$name$++;
    break;

//: array_unique
flarei_form_unique(&form, $number$, items_$name$, count_$name$, sizeof *items_$name$, $kind$);

//: array_set
out->$name$.items = items_$name$;
out->$name$.count = count_$name$;

//: array_set_default
if (count_$name$ != 0) {
    out->$name$.items = items_$name$;
    out->$name$.count = count_$name$;
}

//: array_set_optional
out->$name$.has = count_$name$ != 0;
out->$name$.value.items = items_$name$;
out->$name$.value.count = count_$name$;

//: resume

static flare_reply $name$(flare_request *rq, void *input)
{
    $in$_in *const in = ($in$_in *)input;

    if (!$read$(rq, &in->body))
        return flarei_reply_form_refused(rq);
    return $call$;
}
