//: page

/* $path$ */
$linkage$$prototype$
{
    $unused$
    $steps$
}

//: call
$writer$(out$body$);

//: text
FLAREI_PUT(out, $text$);

//: put
flarei_put_$word$(out, $value$);

//: formatted
{
    char text[$room$];
    const flare_str value = {text, flare_$word$_format($value$, text)};

    flarei_put_$how$(out, value);
}

//: date
if (!flare_date_valid($value$))
    flarei_put_failed(out, "a date of the page is not of the calendar");

//: choice
{
    const flare_str value = $text$($value$);

    if (value.len == 0)
        flarei_put_failed(out, "$name$ was never set");
    flarei_put_$how$(out, value);
}

//: if
if ($condition$) {
    $steps$
}

//: if_else
if ($condition$) {
    $steps$
} else {
    $otherwise$
}

//: elif
if ($condition$) {
    $steps$
} else $otherwise$

//: for
for (size_t $index$ = 0; $index$ < $array$count; $index$++) {
    $item$
    $steps$
}
