/* A client's handshake: the request, and what the server replied. */
#include "client/websocket.h"

#include "wire/h1_scan.h"
#include "wire/h1_write.h"

#include <flare/memory.h>
#include <flare/random.h>
#include <flare/text.h>

/* ---- The request ---- */

static bool take_prefix(flare_str *text, flare_str prefix)
{
    if (text->len < prefix.len || !flare_str_equal_nocase((flare_str){text->ptr, prefix.len}, prefix))
        return false;
    *text = (flare_str){text->ptr + prefix.len, text->len - prefix.len};
    return true;
}

static bool all_of(flare_str text, unsigned class_bit)
{
    const char *const end = flarei_str_end(text);

    return skip_bytes(text.ptr, end, class_bit) == end;
}

static bool is_ours(flare_str name)
{
    static const flare_str ours[] = {FLARE_STR_INIT("host"), FLARE_STR_INIT("connection"),
                                     FLARE_STR_INIT("upgrade"), FLARE_STR_INIT("content-length"),
                                     FLARE_STR_INIT("transfer-encoding")};

    if (take_prefix(&name, FLARE_STR("sec-websocket-")))
        return true;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (flare_str_equal_nocase(name, ours[i]))
            return true;
    return false;
}

static bool good_bits(uint8_t bits)
{
    return bits == 0 || (bits >= 9 && bits <= 15);
}

static bool good_options(const flare_ws_client_options *options)
{
    for (size_t i = 0; i < options->protocol_count; i++)
        if (options->protocols[i].len == 0 || !all_of(options->protocols[i], H1_TOKEN))
            return false;
    for (size_t i = 0; i < options->field_count; i++) {
        const flare_field *const field = &options->fields[i];

        if (field->name.len == 0 || !all_of(field->name, H1_TOKEN) || !all_of(field->value, H1_VALUE) ||
            is_ours(field->name))
            return false;
    }
    return good_bits(options->deflate.client_max_window_bits) &&
           good_bits(options->deflate.server_max_window_bits);
}

/* What was offered is compared with the reply. */
static bool keep_protocols(flare_ws_client *ws, const flare_ws_client_options *options)
{
    size_t bytes = options->protocol_count * sizeof ws->protocols[0];
    char *at;

    if (options->protocol_count == 0)
        return true;
    for (size_t i = 0; i < options->protocol_count; i++)
        bytes += options->protocols[i].len;
    ws->protocols = flarei_malloc(bytes);
    if (ws->protocols == NULL)
        return false;
    at = (char *)&ws->protocols[options->protocol_count];
    for (size_t i = 0; i < options->protocol_count; i++) {
        const flare_str protocol = options->protocols[i];

        memcpy(at, protocol.ptr, protocol.len);
        ws->protocols[i] = (flare_str){at, protocol.len};
        at += protocol.len;
    }
    ws->protocol_count = options->protocol_count;
    return true;
}

static bool make_key(flare_ws_client *ws)
{
    char nonce[16];

    return flarei_random_bytes(nonce, sizeof nonce) &&
           flare_base64_encode(FLARE_BASE64, nonce, sizeof nonce, ws->key) == sizeof ws->key;
}

static void write_offers(flare_ws_client *ws)
{
    char text[FLAREI_WS_DEFLATE_TEXT_BYTES];

    for (size_t i = 0; i < ws->protocol_count; i++) {
        (void)flarei_buffer_append_str(&ws->out,
                                       i == 0 ? FLARE_STR("Sec-WebSocket-Protocol: ") : FLARE_STR(", "));
        (void)flarei_buffer_append_str(&ws->out, ws->protocols[i]);
    }
    if (ws->protocol_count != 0)
        (void)flarei_buffer_append_str(&ws->out, FLARE_STR("\r\n"));
    if (ws->offers)
        flarei_h1_put_field(&ws->out, FLARE_STR("Sec-WebSocket-Extensions"),
                            (flare_str){text, flarei_ws_deflate_format(&ws->wanted, true, text)});
}

static void write_request(flare_ws_client *ws, const struct flarei_url *url,
                          const flare_ws_client_options *options)
{
    flare_buffer *const out = &ws->out;

    (void)flarei_buffer_append_str(out, FLARE_STR("GET "));
    if (url->target.len == 0 || url->target.ptr[0] != '/')
        (void)flarei_buffer_append_byte(out, '/');
    (void)flarei_buffer_append_str(out, url->target);
    (void)flarei_buffer_append_str(out, FLARE_STR(" HTTP/1.1\r\n"));
    flarei_h1_put_field(out, FLARE_STR("Host"), url->authority);
    (void)flarei_buffer_append_str(out, FLARE_STR("Upgrade: websocket\r\nConnection: Upgrade\r\n"));
    flarei_h1_put_field(out, FLARE_STR("Sec-WebSocket-Key"), (flare_str){ws->key, sizeof ws->key});
    (void)flarei_buffer_append_str(out, FLARE_STR("Sec-WebSocket-Version: 13\r\n"));
    write_offers(ws);
    for (size_t i = 0; i < options->field_count; i++)
        flarei_h1_put_field(out, options->fields[i].name, options->fields[i].value);
    (void)flarei_buffer_append_str(out, FLARE_STR("\r\n"));
}

flare_err flarei_ws_client_ask(flare_ws_client *ws, const struct flarei_url *url,
                               const flare_ws_client_options *options)
{
    const flare_ws_client_deflate *const deflate = &options->deflate;

    if (!good_options(options))
        return FLARE_ERR_ARGUMENT;
    ws->offers = !deflate->off;
    ws->wanted = (struct flarei_ws_deflate){
        .server_no_context_takeover = deflate->server_no_context,
        .client_no_context_takeover = deflate->client_no_context,
        .server_max_window_bits = deflate->server_max_window_bits ? deflate->server_max_window_bits : 15,
        .client_max_window_bits = deflate->client_max_window_bits ? deflate->client_max_window_bits : 15};
    if (!keep_protocols(ws, options))
        return FLARE_ERR_MEMORY;
    if (!make_key(ws))
        return FLARE_ERR_IO;
    write_request(ws, url, options);
    return ws->out.failed ? FLARE_ERR_MEMORY : FLARE_OK;
}

/* ---- The reply ---- */

static struct flarei_ws_offered offer_of(const flare_ws_client *ws)
{
    return (struct flarei_ws_offered){ws->protocols, ws->protocol_count, ws->offers ? &ws->wanted : NULL};
}

static void note_protocol(flare_ws_client *ws, flare_str chosen)
{
    for (size_t i = 0; i < ws->protocol_count; i++)
        if (flare_str_equal(ws->protocols[i], chosen))
            ws->protocol = ws->protocols[i];
}

ptrdiff_t flarei_ws_client_answer(flare_ws_client *ws, flare_str bytes)
{
    const struct flarei_ws_offered offer = offer_of(ws);
    const flare_str key = {ws->key, sizeof ws->key};
    struct flarei_ws_reply reply;
    ptrdiff_t used;
    flare_err err;

    if (ws->refusal != NULL)
        return flarei_ws_refusal_take(ws, bytes);
    used = flarei_ws_reply_read(bytes, &reply);
    if (used < 0) {
        ws->why = "the server's reply is not HTTP/1.1";
        return FLARE_ERR_SYNTAX;
    }
    if (used == 0)
        return 0;
    ws->status = (uint16_t)reply.status;
    if (reply.status < 200 && reply.status != 101)
        return used; /* an interim one: the reply follows */
    ws->why = flarei_ws_reply_wrong(&reply, key, &offer, &ws->agreed, &ws->deflates);
    if (ws->why == NULL) {
        note_protocol(ws, reply.protocol);
        return used;
    }
    if (reply.status == 101)
        return FLARE_ERR_SYNTAX;
    err = flarei_ws_client_refuse(ws, (flare_str){bytes.ptr, (size_t)used});
    return err == FLARE_ERR_AGAIN ? used : (ptrdiff_t)err;
}

static flare_err judge_connect(flare_ws_client *ws, const struct flarei_ws_reply *reply)
{
    const struct flarei_ws_offered offer = offer_of(ws);
    const bool good = reply->status >= 200 && reply->status <= 299;

    ws->status = (uint16_t)reply->status;
    ws->why = flarei_ws_connect_wrong(reply, &offer, &ws->agreed, &ws->deflates);
    if (ws->why != NULL)
        return good ? FLARE_ERR_SYNTAX : flarei_ws_client_refuse(ws, FLARE_STR(""));
    note_protocol(ws, reply->protocol);
    flarei_buffer_clear(&ws->out); /* the request, had it been sent by HTTP/1.1 */
    return FLARE_OK;
}

flare_err flarei_ws_client_connect(flare_ws_client *ws)
{
    flare_err err = flarei_ws_h2_step(ws->h2);
    const struct flarei_ws_reply *const reply = flarei_ws_h2_reply(ws->h2);

    if (err == FLARE_ERR_LIMIT || err == FLARE_ERR_MEMORY)
        return err;
    if (reply != NULL)
        return judge_connect(ws, reply);
    if (flarei_ws_h2_declined(ws->h2)) {
        ws->why = "the server takes no WebSocket over HTTP/2";
        return FLARE_ERR_UNSUPPORTED;
    }
    if (err == FLARE_ERR_SYNTAX)
        ws->why = "the server's frames break HTTP/2";
    if (err != FLARE_OK && err != FLARE_ERR_AGAIN)
        return err;
    if (flarei_ws_h2_may_ask(ws->h2)) {
        err = flarei_ws_h2_ask(ws->h2, flarei_buffer_str(&ws->out), ws->secure);
        if (err != FLARE_OK)
            return err;
        err = flarei_ws_h2_flush(ws->h2);
    }
    return err == FLARE_OK ? FLARE_ERR_AGAIN : err;
}
