//: begin
#ifndef $guard$_CLIENT_H
#define $guard$_CLIENT_H

#include "$header$"

#include <flare/remote.h>

/* A call sends nothing unless its inputs are as the spec says: else it returns FLARE_ERR_ARGUMENT, and
 * `call.failures` tells all that is wrong. A reply that is none of those declared, or is not of its type, is
 * FLARE_ERR_CONTRACT; of other errors see flare/client.h. Each call writes all of `out`; whatever it
 * returned, flare_call_free(&out.call) gives back what that holds. */

FLARE_BEGIN

//: left_out

/* Left out:
 *
$routes$
 */

//: route

/* ---- $title$ - $place$ ---- */

$doc$

//: struct
struct {
    $members$
} $name$;

//: guard
struct { /* for the guard $guard$, unless the remote's fields or the client's cookies bring it */
    $members$
} $name$;

//: in
typedef struct $name$_in { /* borrowed for the call */
    $members$
} $name$_in;

//: reply
typedef enum $name$_reply {
    $values$
} $name$_reply;

//: as
union {
    $arms$
} as; /* by `reply` */

//: out
typedef struct $name$_out { /* lives until flare_call_free(&call) */
    flare_call call;
    $reply$
    $as$
} $name$_out;

//: prototype

$prototype$ FLARE_MUST_USE;

//: send_prototype
/* Says something, and waits until there is room for more. A message that is not as the spec says is
 * FLARE_ERR_ARGUMENT; FLARE_ERR_CLOSED: it is over. */
$prototype$ FLARE_MUST_USE;

//: message_prototype
/* The next message, which lives until the one after it. FLARE_ERR_TIMEOUT: none came; FLARE_ERR_CLOSED behind
 * the last, and `call.socket` has why. */
$prototype$ FLARE_MUST_USE;

//: next_prototype
/* The next event, which lives until the one after it; FLARE_ERR_CLOSED behind the last. `event`, what it has beside
 * its data, may be NULL. */
$prototype$ FLARE_MUST_USE;

//: source
#include "$header$"

#include <flare/gen_client.h>

#if FLARE_GEN_ABI != $abi$
#error "$spec$ was compiled for another version of flare: run flarec again"
#endif

//: function

/* $title$ - $place$ */
$prototype$
{
    $handshake$
    struct flarei_calling state, *const calling = &state;
    flare_err err;

    *out = ($out$_out){0};
    if (!flarei_call_begin(calling, remote, &out->call, $method$))
        return FLARE_ERR_MEMORY;
    $events$
    $ask$
    err = $send$;
    if (err != FLARE_OK)
        return err;
    $answer$
}

//: next

/* $title$: its $what$s */
$prototype$
{
    struct flarei_calling state, *const calling = &state;
    struct flarei_json reading, *const json = &reading;
    const flare_err err = $begin$;
    const char *at;

    if (err != FLARE_OK)
        return err;
    at = flarei_call_$what$_read(calling, json);
    if (at != NULL) {
        $read$
    }
    return flarei_call_$what$_checked(calling, json, at);
}

//: next_raw

/* $title$: its messages */
$prototype$
{
    struct flarei_calling state, *const calling = &state;
    const flare_err err = $begin$;

    if (err == FLARE_OK)
        *message = calling->content;
    return err;
}

//: say

/* $title$: what it is told */
$prototype$
{
    struct flarei_calling state, *const calling = &state;
    const flare_err err = flarei_call_say_begin(calling, &out->call);

    if (err != FLARE_OK)
        return err;
    $put$;
    return flarei_call_say(calling, $is_text$);
}

//: handshake
static const struct flarei_call_rule handshake = {
    $members$
};

//: method
flarei_call_method(calling, in->$member$);

//: subprotocol
calling->subprotocol = in->$member$;

//: path
flarei_call_path(calling, FLARE_STR($text$));

//: rest
flarei_call_rest(calling, in->rest);

//: plain
flarei_call_value(calling, FLAREI_IN_$place$, FLARE_STR($name$), -1, $value$, FLAREI_FINE);

//: basic
flarei_call_basic(calling, FLARE_STR($name$), $value$);

//: value
{
    const flare_str text = $text$;
    $type$ taken;
    const enum flarei_rule rule = $rule$;

    flarei_call_value(calling, FLAREI_IN_$place$, FLARE_STR($name$), $index$, text, rule);
}

//: if_there
if ($value$.has) {
    $put$
}

//: count
flarei_call_count(calling, FLAREI_IN_$place$, FLARE_STR($name$), $value$.count, $min$, $max$);

//: count_if_any
if ($value$.count != 0)
    flarei_call_count(calling, FLAREI_IN_$place$, FLARE_STR($name$), $value$.count, $min$, $max$);

//: unique
flarei_call_unique(calling, FLAREI_IN_$place$, FLARE_STR($name$), $value$.items, $value$.count, sizeof *$value$.items, $kind$);

//: items
for (size_t i = 0; i < $value$.count; i++) {
    $item$
}

//: form
(void)flarei_call_body(calling, FLARE_STR("application/x-www-form-urlencoded"));

//: multipart
flarei_call_multipart(calling);

//: media_types
static const flare_str media_types[] = {
    $rows$
};

//: file
{
    $types$
    flarei_call_file(calling, FLARE_STR($name$), $index$, &$value$, $min$, $max$, $media_types$, $count$);
}

//: text_check
{
    flare_str taken;
    const enum flarei_rule rule = flarei_take_string(in->body, 0, SIZE_MAX, &taken);

    flarei_call_note(calling, FLAREI_IN_BODY, FLARE_STR(""), rule);
}

//: content
flarei_call_content(calling, in->body, $media_type$);

//: put_json
$name$(calling, &in->body, $media_type$);

//: json_body

static void $name$(struct flarei_calling *calling, $parameters$)
{
    flare_buffer *const out = flarei_call_body(calling, $content_type$);
    struct flarei_json state, *const json = &state;
    $type$ again;
    const char *at;

    $put$
    at = flarei_call_body_read(calling, json);
    if (at != NULL) {
        $read$
    }
    flarei_call_body_checked(calling, json, at);
}

//: lines_body

static void $name$(struct flarei_calling *calling, $parameters$)
{
    flare_buffer *const out = flarei_call_body(calling, $content_type$);

    flarei_call_count(calling, FLAREI_IN_BODY, FLARE_STR(""), body->count, 1, SIZE_MAX);
    for (size_t i = 0; i < body->count && !out->failed; i++) {
        const size_t start = flarei_buffer_len(out);
        struct flarei_json state, *const json = &state;
        $type$ again;
        const char *at;

        $put$
        at = flarei_call_line_read(calling, json, start);
        if (at != NULL) {
            $read$
        }
        flarei_call_line_checked(calling, json, at, start, i);
    }
}

//: any_answer
return flarei_call_end(calling, 1);

//: answer
/* clang-format off */
static const struct flarei_declared declared[] = {
    $rows$
};
/* clang-format on */
const unsigned number = flarei_call_match(calling, declared, $count$);

$choose$
err = flarei_call_end(calling, number);
if (err == FLARE_OK)
    out->reply = ($name$_reply)number;
return err;

//: choose
switch (number) {
$cases$
default:
    break;
}

//: case
case $number$: {
    $read$
    break;
}

//: read_json
struct flarei_json reading, *const json = &reading;
const char *at = flarei_call_reply_read(calling, json);

if (at != NULL) {
    $read$
}
flarei_call_reply_checked(calling, json, at);

//: read_value
{
    flare_str text;

    if (flarei_call_reply_value(calling, FLAREI_IN_$place$, FLARE_STR($name$), true, &text)) {
        const enum flarei_rule rule = $rule$;

        flarei_call_note(calling, FLAREI_IN_$place$, FLARE_STR($name$), rule);
    }
}

//: read_optional
{
    flare_str text;

    $target$.has = flarei_call_reply_value(calling, FLAREI_IN_$place$, FLARE_STR($name$), false, &text);
    if ($target$.has) {
        const enum flarei_rule rule = $rule$;

        flarei_call_note(calling, FLAREI_IN_$place$, FLARE_STR($name$), rule);
    }
}
