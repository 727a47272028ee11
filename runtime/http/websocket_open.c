/* A WebSocket's handshake (RFC 6455, section 4.2; RFC 8441, section 5). */
#include "http/websocket.h"

#include "http/reply.h"
#include "http/request.h"
#include "wire/h1_write.h"

enum { MESSAGE_MAX_BYTES = 65536 };

static bool field_lists(const flare_request *rq, flare_str name, flare_str token)
{
    for (uint32_t i = 0; i < rq->field_count; i++)
        if (flare_str_equal_nocase(rq->fields[i].name, name) &&
            flarei_ws_list_has(rq->fields[i].value, token))
            return true;
    return false;
}

static unsigned field_count(const flare_request *rq, flare_str name, flare_str *value)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < rq->field_count; i++) {
        if (!flare_str_equal_nocase(rq->fields[i].name, name))
            continue;
        *value = rq->fields[i].value;
        count++;
    }
    return count;
}

static void refuse(flare_request *rq, unsigned status, flare_str detail)
{
    if (status == 426) {
        (void)flarei_reply_field_constant(rq, FLARE_STR("Sec-WebSocket-Version"), FLARE_STR("13"));
        if (rq->wire == NULL) {
            (void)flarei_reply_field_constant(rq, FLARE_STR("Upgrade"), FLARE_STR("websocket"));
            if (rq->keep_alive)
                (void)flarei_reply_field_constant(rq, FLARE_STR("Connection"), FLARE_STR("Upgrade"));
        }
    }
    (void)flarei_reply_problem_of(rq, status, FLARE_STR(""), detail);
}

/* Another wire gives a carrier to those requests only that ask for a socket. */
static bool is_asked_for(const flare_request *rq)
{
    if (rq->wire != NULL)
        return rq->websockets != NULL;
    return rq->version_minor != 0 && rq->method == FLARE_METHOD_GET &&
           field_lists(rq, FLARE_STR("Upgrade"), FLARE_STR("websocket")) &&
           field_lists(rq, FLARE_STR("Connection"), FLARE_STR("upgrade"));
}

/* @return is it a handshake? Else it was refused */
static bool check(flare_request *rq, flare_str *key)
{
    flare_str version;

    if (!is_asked_for(rq)) {
        refuse(rq, 426, FLARE_STR("only WebSockets are served here"));
        return false;
    }
    if (field_count(rq, FLARE_STR("Sec-WebSocket-Version"), &version) != 1 ||
        !flare_str_equal(version, FLARE_STR("13"))) {
        refuse(rq, 426, FLARE_STR("the version of WebSocket is not 13"));
        return false;
    }
    *key = FLARE_STR("");
    if (rq->wire == NULL &&
        (field_count(rq, FLARE_STR("Sec-WebSocket-Key"), key) != 1 || !flarei_ws_key_valid(*key))) {
        refuse(rq, 400, FLARE_STR("Sec-WebSocket-Key is missing or malformed"));
        return false;
    }
    if (rq->has_body) {
        refuse(rq, 400, FLARE_STR("a WebSocket's handshake has no body"));
        return false;
    }
    return true;
}

/* @return false: malformed, and refused */
static bool choose_deflate(flare_request *rq, flare_ws *ws)
{
    const struct flarei_ws_rule *const rule = ws->rule;
    const uint8_t bits = rule->window_bits != 0 ? rule->window_bits : 15;
    const struct flarei_ws_deflate wanted = {!rule->deflate_context, !rule->deflate_context, bits, bits};

    for (uint32_t i = 0; i < rq->field_count && !ws->deflates; i++) {
        if (!flare_str_equal_nocase(rq->fields[i].name, FLARE_STR("Sec-WebSocket-Extensions")))
            continue;
        switch (flarei_ws_deflate_choose(&wanted, rq->fields[i].value, &ws->agreed)) {
        case FLAREI_WS_OFFER_AGREED:
            ws->deflates = true;
            break;
        case FLAREI_WS_OFFER_MALFORMED:
            refuse(rq, 400, FLARE_STR("Sec-WebSocket-Extensions is malformed"));
            return false;
        case FLAREI_WS_OFFER_NONE:
        default:
            break;
        }
    }
    return true;
}

flare_ws *flarei_ws_open(flare_request *rq, const struct flarei_ws_rule *rule)
{
    flare_str key;
    flare_ws *ws;

    if (!check(rq, &key))
        return NULL;
    ws = rq->websockets != NULL ? rq->websockets->make(rq) : NULL;
    if (ws == NULL) {
        refuse(rq, 503, FLARE_STR("no memory for a WebSocket"));
        return NULL;
    }
    ws->rule = rule;
    ws->carrier = rq->websockets;
    ws->service_state = rq->service_state;
    ws->key = key;
    ws->code = FLAREI_WS_CODE_LOST;
    rq->ws = ws;
    if (rule->way != NULL && !rule->way->open(ws)) {
        refuse(rq, 503, FLARE_STR("no memory for a WebSocket"));
        return NULL;
    }
    if (rule->deflate && !choose_deflate(rq, ws))
        return NULL;
    for (uint32_t i = 0; i < rule->protocol_count && ws->protocol.len == 0; i++)
        if (field_lists(rq, FLARE_STR("Sec-WebSocket-Protocol"), rule->protocols[i]))
            ws->protocol = rule->protocols[i];
    flarei_ws_reader_init(&ws->reader, true,
                          rule->message_max_bytes != 0 ? rule->message_max_bytes : MESSAGE_MAX_BYTES,
                          ws->deflates ? &ws->agreed : NULL);
    return ws;
}

flare_reply flarei_ws_refused(const flare_request *rq)
{
    return (flare_reply){rq->mark};
}

size_t flarei_ws_agreed_fields(const flare_ws *ws, flare_field fields[FLAREI_WS_AGREED_FIELDS],
                               char extension[FLAREI_WS_DEFLATE_TEXT_BYTES])
{
    size_t count = 0;

    if (ws->protocol.len != 0)
        fields[count++] = (flare_field){FLARE_STR("Sec-WebSocket-Protocol"), ws->protocol};
    if (ws->deflates)
        fields[count++] = (flare_field){FLARE_STR("Sec-WebSocket-Extensions"),
                                        {extension, flarei_ws_deflate_format(&ws->agreed, false, extension)}};
    return count;
}

/* @return false without memory */
static bool put_switch(flare_request *rq, const flare_ws *ws)
{
    char accept[FLAREI_WS_ACCEPT_BYTES], extension[FLAREI_WS_DEFLATE_TEXT_BYTES];
    flare_field agreed[FLAREI_WS_AGREED_FIELDS];
    flare_buffer *const out = rq->out;
    const size_t count = flarei_ws_agreed_fields(ws, agreed, extension);

    rq->reply_start = flarei_buffer_len(out);
    flarei_ws_accept(ws->key, accept);
    (void)flarei_buffer_append_str(
        out, FLARE_STR("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"));
    flarei_h1_put_field(out, FLARE_STR("Sec-WebSocket-Accept"), (flare_str){accept, sizeof accept});
    for (size_t i = 0; i < count; i++)
        flarei_h1_put_field(out, agreed[i].name, agreed[i].value);
    (void)flarei_buffer_append_str(out, rq->date);
    for (uint32_t i = 0; i < rq->reply_field_count; i++)
        flarei_h1_put_field(out, rq->reply_fields[i].name, rq->reply_fields[i].value);
    return flarei_buffer_append_str(out, FLARE_STR("\r\n"));
}

flare_reply flarei_ws_accept_request(flare_request *rq, flare_ws *ws)
{
    if (!FLARE_ASSERT(rq->state == FLAREI_REQUEST_OPEN && rq->ws == ws && ws->state == FLAREI_WS_OPENING,
                      "a WebSocket is accepted once, by its open function"))
        return (flare_reply){0};
    ws->state =
        FLAREI_WS_CLOSED; /* so its close function runs: what its open function keeps is let go there */
    if (rq->wire == NULL && !put_switch(rq, ws))
        return flarei_reply_fail(rq, "no memory for the reply");
    rq->reply_status = rq->wire == NULL ? 101 : 200; /* another wire's server says the rest */
    rq->reply_bytes = 0;
    rq->keep_alive = true;
    rq->state = FLAREI_REQUEST_REPLIED;
    ws->state = FLAREI_WS_OPEN;
    return (flare_reply){rq->mark};
}
