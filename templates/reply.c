//: constructor

$linkage$$prototype$
{
    $head$
    $out$
    $type$ made$zero$;

    $headers$
    $finish$
    return made;
}

//: head
static const struct flarei_head head = {
    $members$
};

//: fields
static const flare_field fields[] = {
    $rows$
};

//: put
if ($start$$value$$end$) {
    $fail$
}

//: field_number
if (flarei_reply_field_$word$(rq, FLARE_STR($name$), $value$) != FLARE_OK) {
    $fail$
}

//: put_check_cookie
if (value.len == 0) {
    $fail$
}

//: put_enum
{
    const flare_str value = $text$($value$);

    $check$
    if ($or_empty$$start$value$end$) {
        $fail$
    }
}

//: put_bool
{
    const flare_str value = $value$ ? FLARE_STR("true") : FLARE_STR("false");

    if ($start$value$end$) {
        $fail$
    }
}

//: put_text
{
    char text[$room$];
    const flare_str value = {text, flare_$word$_format($value$, text)};

    $check$
    if ($or_empty$$start$value$end$) {
        $fail$
    }
}

//: if_present
if ($value$.has) {
    $put$
}

//: enum_text

$linkage$$prototype$
{
    switch (value) {
    $cases$
    }
    return FLARE_STR("");
}

//: enum_case
case $member$:
    return FLARE_STR($text$);

//: json
out = flarei_reply_open(rq, &head, 256);
if (out != NULL) {
    $put$
}
made.flarei = flarei_reply_close(rq);

//: html
out = flarei_reply_open(rq, &head, 4096);
if (out != NULL)
    $put$
made.flarei = flarei_reply_close(rq);

//: whole
made.flarei = flarei_reply_whole(rq, &head, body);

//: file
made.flarei = flarei_reply_file(rq, &head, file);

//: empty
made.flarei = flarei_reply_empty(rq, &head);

//: problem
made.flarei = flarei_reply_problem(rq, &head, FLARE_STR($json$));

//: fail

$linkage$$type$ $name$_fail(flare_request *rq, const char *why)
{
    $type$ made$zero$;

    made.flarei = flarei_reply_fail(rq, why);
    return made;
}

//: cancelled

$type$ $name$_cancelled(flare_request *rq)
{
    $type$ made;

    made.flarei = flare_cancelled_reply(rq);
    return made;
}

//: deliver

void $name$_deliver(flare_deferred *later, $name$_reply reply)
{
    flare_deliver(later, reply.flarei);
}
