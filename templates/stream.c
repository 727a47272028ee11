//: declare

/* $status$, sent piece by piece. */
typedef struct $name$_stream $name$_stream;

/* Sends the head. What it returns is the request's, and never NULL. */
$name$_stream *$name$_open($parameters$) FLARE_MUST_USE;

//: declare_bytes
/* Waits while too much is on the way; false: nobody reads it any more, so come to an end. */
bool $name$_send($name$_stream *stream, flare_str bytes) FLARE_MUST_USE;

//: declare_events
/* Waits while too much is on the way; false: nobody reads it any more, so come to an end. */
bool $name$_send($name$_stream *stream, $parameter$) FLARE_MUST_USE;
/* The same with an id, a type or a time to come back. */
bool $name$_send_event($name$_stream *stream, $parameter$, const flare_event *event) FLARE_MUST_USE;

//: declare_end
$doc$
$prototype$ FLARE_MUST_USE; /* the end */

//: declare_next
/* Waits for the body's next item, which lives until the one after it; false behind the last, and where
 * flare_body_failed(). */
$prototype$ FLARE_MUST_USE;

//: open

$name$_stream *$name$_open($parameters$)
{
    $head$
    $headers$
    (void)$open$;
    return ($name$_stream *)rq;
}

//: fail_open
return ($name$_stream *)rq;

//: fail
made.flarei = flarei_reply_fail(rq, $name$);
return made;

//: send_bytes

bool $name$_send($name$_stream *stream, flare_str bytes)
{
    return flarei_stream_send((flare_request *)stream, bytes);
}

//: send_event

bool $name$_send_event($name$_stream *stream, $parameter$, const flare_event *event)
{
    flare_request *const rq = (flare_request *)stream;
    flare_str type = FLARE_STR("");
    flare_buffer *out;

    $type$
    out = flarei_event_begin(rq, event, type);
    if (out == NULL)
        return false;
    $put$
    return flarei_event_send(rq);
}

bool $name$_send($name$_stream *stream, $parameter$)
{
    return $name$_send_event(stream, body, NULL);
}

//: event_type
switch (body->tag) {
$cases$
}

//: event_case
case $tag$:
    type = FLARE_STR($text$);
    break;

//: end

$prototype$
{
    flare_request *const rq = (flare_request *)stream;
    $type$ made;

    $trailers$
    made.flarei = flarei_stream_close(rq);
    return made;
}

//: body
if (flarei_body(rq, &body_rule) == FLAREI_BODY_REFUSED)
    return flarei_reply_body_refused(rq);
return $call$;

//: next

$prototype$
{
    struct flarei_json state, *const json = &state;
    const char *at;

    if (!flarei_stream_line(rq, json, &at))
        return false;
    if (at != NULL) {
        $depth$
        $read$
    }
    return flarei_stream_line_end(rq, json, at);
}
