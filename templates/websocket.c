//: header
$result$ $name$_open(flare_request *rq, $in$flare_ws *ws); /* yours: accept, or refuse */
$message$
void $name$_close(flare_ws *ws, unsigned code); /* yours: it ended; `ws` is gone after this */
$result$ $name$_accept(flare_request *rq, flare_ws *ws) FLARE_MUST_USE; /* 101: open from here on */
$send$

//: header_message
void $name$_message(flare_ws *ws, $parameter$); /* yours; borrowed until you return */

//: header_send
flare_err $name$_send(flare_ws *ws, $parameter$); /* AGAIN: it does not read; see flare_ws_send_text() */
flare_ws_frame *$name$_frame($parameter$) FLARE_MUST_USE; /* one message to many */

//: subprotocols
static const flare_str subprotocols[] = {
    $rows$
};

//: rule
static const struct flarei_ws_rule rule = {
    $members$
};

//: open
ws = flarei_ws_open(rq, &rule);
if (ws == NULL)
    return flarei_ws_refused(rq);
return $name$_open(rq, $in$ws)$field$;

//: accept

$result$ $name$_accept(flare_request *rq, flare_ws *ws)
{
    return $made$flarei_ws_accept_request(rq, ws)$end$;
}

//: message_none

static void $function$(flare_ws *ws, bool is_text, flare_str payload)
{
    (void)is_text;
    (void)payload;
    flarei_ws_wrong_kind(ws);
}

//: message_raw

static void $function$(flare_ws *ws, bool is_text, flare_str payload)
{
    if (FLARE_UNLIKELY($wrong$))
        flarei_ws_wrong_kind(ws);
    else
        $name$_message(ws, payload);
}

//: message_json

static void $function$(flare_ws *ws, bool is_text, flare_str payload)
{
    struct flarei_json state, *const json = &state;
    $type$ message$zero$;
    const char *at;

    if (FLARE_UNLIKELY(!is_text)) {
        flarei_ws_wrong_kind(ws);
        return;
    }
    at = flarei_json_begin(json, payload, flarei_ws_arena(ws));
    $depth$
    if (at != NULL) {
        $read$
    }
    if (FLARE_UNLIKELY(flarei_json_end(json, at) != FLAREI_JSON_FINE))
        flarei_ws_wrong_json(ws, json);
    else
        $name$_message(ws, $address$message);
}

//: send_raw

flare_err $name$_send(flare_ws *ws, flare_str message)
{
    return flare_ws_send_$kind$(ws, message);
}

flare_ws_frame *$name$_frame(flare_str message)
{
    return flare_ws_frame_$kind$(message);
}

//: send_json

flare_err $name$_send(flare_ws *ws, $parameter$)
{
    flare_err err;
    flare_buffer *const out = flarei_ws_json_begin(ws, &err);

    if (out == NULL)
        return err;
    $put$
    return flarei_ws_json_end(ws);
}

$frame$

//: send_json_anywhere

$frame$

flare_err $name$_send(flare_ws *ws, $parameter$)
{
    flare_ws_frame *const frame = $name$_frame(message);
    const flare_err err = frame != NULL ? flare_ws_frame_send(frame, ws) : FLARE_ERR_MEMORY;

    flare_ws_frame_free(frame);
    return err;
}

//: frame_json
flare_ws_frame *$name$_frame($parameter$)
{
    flare_ws_frame *frame;
    flare_buffer *const out = flarei_ws_frame_begin(&frame);

    if (out == NULL)
        return NULL;
    $put$
    return flarei_ws_frame_end(frame);
}

//: stubs

/* $title$ */
$result$ $name$_open(flare_request *rq, $in$flare_ws *ws)
{
    $unused$
    return $name$_accept(rq, ws);
}

$message$

void $name$_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    (void)code;
}

//: stubs_message
void $name$_message(flare_ws *ws, $parameter$)
{
    (void)message;
    (void)flare_ws_close(ws, FLARE_WS_POLICY, FLARE_STR("not written yet"));
}
