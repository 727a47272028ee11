//: scalar
flarei_put_$word$(out, $value$);

//: call
$writer$(out, $pointer$$value$);

//: number_text
FLAREI_PUT(out, "\"");
flarei_put_$word$(out, $value$);
FLAREI_PUT(out, "\"");

//: member
FLAREI_PUT(out, $key$);
$put$

//: member_after_some
flarei_put(out, &before, 1);
$comma$
FLAREI_PUT(out, $key$);
$put$

//: if_present
if (value->$name$.has) {
    $member$
}

//: if_there
if (value->$name$ != NULL) {
    $member$
}

//: if_patched
if (value->$name$.has) {
    $member$
} else if (value->$name$.clear) {
    $null$
}

//: union

$linkage$$prototype$
{
    switch (value->tag) {
    $cases$
    }
    flarei_put_failed(out, "$name$ was never set");
}

//: arm
case $tag$:
    FLAREI_PUT(out, $text$);
    $writer$(out, &value->as.$arm$);
    return;

//: object

$linkage$$prototype$
{
    $before$
    $enter$
    $members$
    $end$
    $leave$
}

//: enter
if (!flarei_put_enter(out))
    return;

//: leave
flarei_put_leave(out);

//: enum

$linkage$$prototype$
{
    switch (value) {
    $cases$
    }
    flarei_put_failed(out, "$name$ was never set");
}

//: enum_case
case $member$:
    FLAREI_PUT(out, $text$);
    return;

//: array

$linkage$$prototype$
{
    $enter$
    FLAREI_PUT(out, "[");
    for (size_t i = 0; i < value.count; i++) {
        if (i != 0)
            FLAREI_PUT(out, ",");
        $put$
    }
    FLAREI_PUT(out, "]");
    $leave$
}

//: map

$linkage$$prototype$
{
    $enter$
    FLAREI_PUT(out, "{");
    for (size_t i = 0; i < value.count; i++) {
        if (i != 0)
            FLAREI_PUT(out, ",");
        flarei_put_string(out, value.items[i].key);
        FLAREI_PUT(out, ":");
        $put$
    }
    FLAREI_PUT(out, "}");
    $leave$
}
