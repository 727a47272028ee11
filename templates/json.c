//: scalar
flarei_put_$word$(out, $value$);

//: call
$writer$(out, $pointer$$value$);

//: or_null
if ($value$.has) {
    $put$
} else {
    FLAREI_PUT(out, "null");
}

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

//: object

$linkage$$prototype$
{
    $before$
    $members$
    $end$
}

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
    FLAREI_PUT(out, "[");
    for (size_t i = 0; i < value.count; i++) {
        if (i != 0)
            FLAREI_PUT(out, ",");
        $put$
    }
    FLAREI_PUT(out, "]");
}
