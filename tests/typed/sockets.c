/* WebSockets that say back what they hear, and some of another service that say what nobody declared. */
#include "handlers.h"
#include "wild.flare.h"

#include <stdio.h>

/* ---- What is declared ---- */

asked_talk_reply asked_talk_open(flare_request *rq, const asked_talk_in *in, flare_ws *ws)
{
    if (flare_str_equal(in->name, FLARE_STR("unknown")))
        return asked_talk_no_such_name(rq);
    if (flare_str_equal(in->name, FLARE_STR("nobody")))
        return asked_talk_nobody(rq);
    if (flare_str_equal(in->name, FLARE_STR("busy")))
        return asked_talk_busy(rq, &(asked_point){7, 0.25}, 30);
    if (flare_str_equal(in->name, FLARE_STR("gone")))
        return asked_talk_gone(rq, FLARE_STR("for ever"));
    if (flare_str_equal(in->name, FLARE_STR("moved")))
        return asked_talk_moved(rq, FLARE_STR("/talk/here"));
    return asked_talk_accept(rq, ws);
}

void asked_talk_message(flare_ws *ws, const asked_note *message)
{
    const asked_heard heard = {message->text};

    if (flare_str_equal(message->text, FLARE_STR("bye")))
        (void)flare_ws_close(ws, 4000 + message->n, FLARE_STR("as you wish"));
    if (flare_str_equal(message->text, FLARE_STR("ping")))
        (void)flare_ws_ping(ws, FLARE_STR("there?"));
    for (uint32_t i = 0; i <= message->n; i++)
        (void)asked_talk_send(ws, &heard);
}

void asked_talk_close(flare_ws *ws, unsigned code)
{
    (void)ws, (void)code;
}

flare_reply asked_letters_open(flare_request *rq, flare_ws *ws)
{
    flare_str key;

    if (flare_request_header(rq, FLARE_STR("X-Refuse"), &key))
        return flare_text(rq, 418, FLARE_STR("short and stout"));
    return asked_letters_accept(rq, ws);
}

void asked_letters_message(flare_ws *ws, flare_str message)
{
    (void)asked_letters_send(ws, message);
}

void asked_letters_close(flare_ws *ws, unsigned code)
{
    (void)ws, (void)code;
}

asked_push_reply asked_push_open(flare_request *rq, const asked_push_in *in, flare_ws *ws)
{
    static const uint32_t numbers[] = {1, 2, 3};
    asked_push_reply reply;

    if (in->n == 0)
        return asked_push_service_unavailable(rq);
    reply = asked_push_accept(rq, ws);
    for (uint32_t i = 0; i < in->n; i++)
        (void)asked_push_send(ws, &(flare_u32_array){numbers, 3});
    (void)flare_ws_close(ws, FLARE_WS_NORMAL, FLARE_STR("all said"));
    return reply;
}

void asked_push_close(flare_ws *ws, unsigned code)
{
    (void)ws, (void)code;
}

flare_reply asked_hush_open(flare_request *rq, flare_ws *ws)
{
    return asked_hush_accept(rq, ws);
}

void asked_hush_message(flare_ws *ws, uint32_t message)
{
    if (message == 9)
        (void)flare_ws_close(ws, FLARE_WS_POLICY, FLARE_STR("enough"));
}

void asked_hush_close(flare_ws *ws, unsigned code)
{
    (void)ws, (void)code;
}

flare_reply asked_texts_open(flare_request *rq, const asked_texts_in *in, flare_ws *ws)
{
    (void)in;
    return asked_texts_accept(rq, ws);
}

/* Says how long it was. */
void asked_texts_message(flare_ws *ws, flare_str message)
{
    char text[32];

    (void)asked_texts_send(ws, (flare_str){text, (size_t)snprintf(text, sizeof text, "%zu", message.len)});
}

void asked_texts_close(flare_ws *ws, unsigned code)
{
    (void)ws, (void)code;
}

/* ---- One that asks ---- */

/* Reads beside the one that writes. */
static flare_err listen_to(void *argument)
{
    asked_client_talk_out *const out = argument;
    asked_heard heard;
    flare_err err;
    unsigned count = 0;

    while ((err = asked_client_talk_next(out, &heard, FLARE_FOREVER)) == FLARE_OK)
        count += flare_str_equal(heard.text, FLARE_STR("echo"));
    return err == FLARE_ERR_CLOSED && count == 10 ? FLARE_OK : FLARE_ERR_STATE;
}

asked_overheard_reply asked_overheard(flare_request *rq, const asked_overheard_in *in)
{
    const flare_remote other = {.client = asked_worker_client(rq), .options = {.url = in->url}};
    const asked_client_talk_in ask = {.name = FLARE_STR("relayed"),
                                      .keyed = {.key = {true, FLARE_STR_INIT("good")}}};
    const asked_note note = {FLARE_STR_INIT("echo"), 9, 2};
    asked_client_talk_out out;
    flare_branch listener;
    flare_err err = asked_client_talk_open(&other, &ask, &out), heard = FLARE_ERR_STATE;

    if (err == FLARE_OK && out.reply == ASKED_CLIENT_TALK_OPEN) {
        err = flare_spawn(&listener, listen_to, &out);
        if (err == FLARE_OK)
            err = asked_client_talk_send(&out, &note);
        if (err == FLARE_OK)
            err = asked_client_talk_send(&out, &(asked_note){FLARE_STR_INIT("bye"), 0, 2});
        heard = flare_join(&listener);
    }
    const unsigned code = out.call.socket.code;

    flare_call_free(&out.call);
    if (err != FLARE_OK || heard != FLARE_OK)
        return asked_overheard_bad_gateway(rq);
    return asked_overheard_ok(rq, flare_format(rq, "%u", code));
}

/* ---- Any method ---- */

asked_any_thing_reply asked_any_thing(flare_request *rq, const asked_any_thing_in *in)
{
    const flare_str method = flare_method_name(rq->method);
    const asked_heard heard = {in->note.has ? in->note.value : FLARE_STR("-")};

    if (in->id == 0)
        return asked_any_thing_no_content(rq);
    if (in->id == 9)
        return asked_any_thing_taken(rq, &(asked_point){1, 2});
    return asked_any_thing_ok(rq, &heard, method);
}

asked_keep_reply asked_keep(flare_request *rq, const asked_keep_in *in)
{
    return asked_keep_ok(rq, &in->body);
}

flare_reply asked_free_for_all(flare_request *rq, const asked_free_for_all_in *in)
{
    return flare_text(rq, 203, in->rest);
}

/* ---- What is not ---- */

/* Says what stands in its path. */
flare_reply wild_talk_open(flare_request *rq, const wild_talk_in *in, flare_ws *ws)
{
    flare_reply reply;

    if (flare_str_equal(in->name, FLARE_STR("teapot")))
        return flare_text(rq, 418, FLARE_STR("short and stout"));
    if (flare_str_equal(in->name, FLARE_STR("count")))
        return flare_bytes(rq, 429, FLARE_STR("application/json"), FLARE_STR("{\"x\":101}"));
    reply = wild_talk_accept(rq, ws);
    if (flare_str_equal(in->name, FLARE_STR("type")))
        (void)wild_talk_send(ws, FLARE_STR("{\"text\":1}"));
    if (flare_str_equal(in->name, FLARE_STR("json")))
        (void)wild_talk_send(ws, FLARE_STR("{\"text\":"));
    (void)wild_talk_send(ws, FLARE_STR("{\"text\":\"behind it\"}"));
    return reply;
}

void wild_talk_message(flare_ws *ws, flare_str message)
{
    (void)message;
    (void)wild_talk_send(ws, FLARE_STR("{\"text\":\"late\"}"));
}

/* The next one of this service tells how the last one ended. */
static unsigned last_code;

void wild_talk_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    last_code = code;
}

flare_reply wild_letters_open(flare_request *rq, flare_ws *ws)
{
    const flare_reply reply = wild_letters_accept(rq, ws);

    (void)wild_letters_send(ws, FLARE_STR("a text"));
    return reply;
}

void wild_letters_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    last_code = code;
}

flare_reply wild_push_open(flare_request *rq, const wild_push_in *in, flare_ws *ws)
{
    const flare_reply reply = wild_push_accept(rq, ws);

    (void)wild_push_send(ws, FLARE_STR("bytes"));
    (void)in;
    return reply;
}

void wild_push_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    last_code = code;
}

flare_reply wild_hush_open(flare_request *rq, flare_ws *ws)
{
    return wild_hush_accept(rq, ws);
}

void wild_hush_message(flare_ws *ws, flare_str message)
{
    (void)message;
    (void)wild_hush_send(ws, FLARE_STR("nobody asked"));
}

void wild_hush_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    last_code = code;
}

flare_reply wild_last(flare_request *rq)
{
    return flare_text(rq, 200, flare_format(rq, "%u", last_code));
}
