/* What a client's WebSocket sends, each frame under a mask of its own (RFC 6455, section 5.3). */
#include "client/websocket.h"

#include <flare/random.h>

enum {
    CLOSE_MS = 5000,
    DEFLATE_LEAST_BYTES = 32 /* shorter messages gain nothing */
};

static bool take_mask(flare_ws_client *ws, uint8_t mask[4])
{
    if (ws->masks_used == 0 || ws->masks_used == sizeof ws->masks) {
        if (!flarei_random_bytes(ws->masks, sizeof ws->masks))
            return false;
        ws->masks_used = 0;
    }
    memcpy(mask, ws->masks + ws->masks_used, 4);
    memset(ws->masks + ws->masks_used, 0, 4);
    ws->masks_used = (uint16_t)(ws->masks_used + 4);
    return true;
}

/* May `bytes` more be sent, and with which mask? */
static flare_err may_send(flare_ws_client *ws, size_t bytes, uint8_t mask[4])
{
    const size_t unsent = flarei_buffer_len(&ws->out);

    if (ws->state < FLAREI_WS_CLIENT_OPEN)
        return FLARE_ERR_STATE;
    if (ws->state > FLAREI_WS_CLIENT_OPEN)
        return FLARE_ERR_CLOSED;
    if (bytes > FLARE_WS_CLIENT_SEND_LIMIT_BYTES)
        return FLARE_ERR_LIMIT;
    if (unsent != 0 && (unsent >= ws->unsent_max_bytes || bytes > ws->unsent_max_bytes - unsent)) {
        ws->full = true;
        return FLARE_ERR_AGAIN;
    }
    return take_mask(ws, mask) ? FLARE_OK : FLARE_ERR_IO;
}

/* In a callback it goes out when that returns. */
static flare_err written(flare_ws_client *ws, bool good)
{
    if (!good)
        return FLARE_ERR_MEMORY;
    flarei_ws_client_enter(ws);
    flarei_ws_client_leave(ws);
    return FLARE_OK;
}

/* The deflater for the next message, or NULL where it is sent as it is. */
static struct flarei_ws_deflater *deflater_for(flare_ws_client *ws, size_t bytes)
{
    if (!ws->deflates || bytes < DEFLATE_LEAST_BYTES)
        return NULL;
    if (ws->deflater == NULL)
        ws->deflater =
            flarei_ws_deflater_new(ws->agreed.client_max_window_bits, !ws->agreed.client_no_context_takeover);
    return ws->deflater;
}

static flare_err send_message(flare_ws_client *ws, enum flarei_ws_opcode opcode, flare_str payload)
{
    struct flarei_ws_deflater *deflater;
    uint8_t mask[4];
    const flare_err err = may_send(ws, payload.len, mask);

    if (err != FLARE_OK)
        return err;
    deflater = deflater_for(ws, payload.len);
    if (deflater != NULL)
        return written(ws, flarei_ws_write_deflated(&ws->out, deflater, opcode, payload, mask));
    return written(ws, flarei_ws_write(&ws->out, FLAREI_WS_FIN | opcode, payload, mask));
}

flare_err flare_ws_client_send_text(flare_ws_client *ws, flare_str text)
{
    return send_message(ws, FLAREI_WS_TEXT, text);
}

flare_err flare_ws_client_send_bytes(flare_ws_client *ws, flare_str bytes)
{
    return send_message(ws, FLAREI_WS_BINARY, bytes);
}

flare_err flarei_ws_client_control(flare_ws_client *ws, enum flarei_ws_opcode opcode, flare_str payload)
{
    uint8_t mask[4];
    const flare_err err = may_send(ws, payload.len, mask);

    return err == FLARE_OK ? written(ws, flarei_ws_write(&ws->out, FLAREI_WS_FIN | opcode, payload, mask))
                           : err;
}

flare_err flare_ws_client_ping(flare_ws_client *ws, flare_str payload)
{
    return payload.len <= FLAREI_WS_CONTROL_MAX_BYTES ? flarei_ws_client_control(ws, FLAREI_WS_PING, payload)
                                                      : FLARE_ERR_LIMIT;
}

/* Says Close, whatever waits before it. */
flare_err flarei_ws_client_say_close(flare_ws_client *ws, unsigned code, flare_str reason)
{
    uint8_t mask[4];

    if (!take_mask(ws, mask))
        return FLARE_ERR_IO;
    if (!flarei_ws_write_close(&ws->out, code, reason, mask)) {
        flarei_buffer_truncate(&ws->out, flarei_buffer_len(&ws->out));
        return FLARE_ERR_MEMORY;
    }
    ws->state = FLAREI_WS_CLIENT_CLOSING;
    ws->code = (uint16_t)code;
    flare_timer_set(ws->loop, &ws->timer, CLOSE_MS);
    return FLARE_OK;
}

flare_err flare_ws_client_close(flare_ws_client *ws, unsigned code, flare_str reason)
{
    flare_err err;

    if (!flarei_ws_code_valid(code))
        return FLARE_ERR_ARGUMENT;
    if (ws->state != FLAREI_WS_CLIENT_OPEN)
        return ws->state < FLAREI_WS_CLIENT_OPEN ? FLARE_ERR_STATE : FLARE_ERR_CLOSED;
    err = flarei_ws_client_say_close(ws, code, reason);
    if (err == FLARE_OK)
        flare_ws_client_resume(ws); /* the answer is to be read */
    return err;
}
