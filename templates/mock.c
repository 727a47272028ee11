//: begin
/* A mock of $spec$: each handler replies an example of what is declared, and a guard lets pass, unless
 * `Prefer: code=404` of a request asks for another reply. */
#include "$header$"

#include <flare/gen_mock.h>

//: given

/* What guards give of the service's own C: nobody looks into it. */
struct $tag$ {
    int unused;
};

//: given_item
static struct $tag$ mock_$tag$;

//: parser

struct $tag$ *$name$(flare_request *rq, flare_str text)
{
    (void)rq;
    (void)text;
    return &mock_$tag$;
}

//: check

/* check: $name$ - $place$: it is the service's own C, so a mock takes any value */
bool $name$($type$ value)
{
    (void)value;
    return true;
}

//: row
{$status$, FLARE_STR_INIT($name$)}, /* $words$ */

//: replies
static const struct flarei_mock_reply replies[] = {
    $rows$
};

//: case
case $number$: {
    $reply$
}

//: case_line
case $number$:
    $reply$

//: open
$name$_stream *const stream = $name$_open(rq$arguments$);

//: send
if (!$name$_send(stream, $address$$piece$))
    $end$

//: file
static const flare_str content = $words$;
flare_file_content file = {$saved$};
$name$_reply made;

if (!flarei_mock_file_open(content, &file)) {
    $fail$
}
made = $constructor$(rq, &file$heads$);
flarei_mock_file_close(&file);
$end$

//: body
flare_str piece;

//: body_read
while (flare_body_read(rq, &piece))
    continue;

//: items
$type$ item;

//: items_read
while ($name$_next(rq, &item))
    continue;

//: handler

/* $title$ - $place$ */
$prototype$
{
    $replies$
    $declarations$

    $unused$
    $read$
    switch (flarei_mock_choose(rq, replies, $count$, $usual$)) {
    $cases$
    default:
        break;
    }
    $refuse$
}

//: handler_open

/* $title$ - $place$: it declares no replies */
$prototype$
{
    $unused$
    $refuse$
}

//: guard

/* guard $title$ - $place$ */
$prototype$
{
    $replies$
    $declarations$

    $unused$
    switch (flarei_mock_choose(rq, replies, $count$, 0)) {
    $cases$
    default:
        break;
    }
    $pass$
}

//: guard_plain

/* guard $title$ - $place$ */
$prototype$
{
    $declarations$

    $unused$
    $pass$
}

//: after

/* after $title$ */
$prototype$
{
    (void)rq;
    $unused$
}

//: socket_plain

/* $title$ - $place$ */
$result$ $name$_open(flare_request *rq, $in$flare_ws *ws)
{
    $declarations$
    $result$ made;

    $unused$
    made = $name$_accept(rq, ws);
    $send$
    return made;
}

//: socket

/* $title$ - $place$ */
$result$ $name$_open(flare_request *rq, $in$flare_ws *ws)
{
    $replies$

    $declarations$
    $result$ made;

    $unused$
    switch (flarei_mock_choose(rq, replies, $count$, 0)) {
    $cases$
    default:
        break;
    }
    made = $name$_accept(rq, ws);
    $send$
    return made;
}

//: socket_message

void $name$_message(flare_ws *ws, $parameter$)
{
    $declarations$

    (void)ws;
    (void)message;
    $send$
}

//: socket_close

void $name$_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    (void)code;
}
