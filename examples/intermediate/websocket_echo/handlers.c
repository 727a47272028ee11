#include "websocket_echo.flare.h"

flare_reply websocket_echo_text_open(flare_request *rq, flare_ws *ws)
{
    return websocket_echo_text_accept(rq, ws);
}

/* Where the peer does not read what it asked for, its socket ends: nothing is kept for it without end. */
static void said(flare_ws *ws, flare_err err)
{
    if (err == FLARE_ERR_AGAIN)
        (void)flare_ws_close(ws, FLARE_WS_POLICY, FLARE_STR("you do not read"));
}

void websocket_echo_text_message(flare_ws *ws, flare_str message)
{
    said(ws, websocket_echo_text_send(ws, message));
}

void websocket_echo_text_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    (void)code;
}

flare_reply websocket_echo_bytes_open(flare_request *rq, flare_ws *ws)
{
    return websocket_echo_bytes_accept(rq, ws);
}

void websocket_echo_bytes_message(flare_ws *ws, flare_str message)
{
    said(ws, websocket_echo_bytes_send(ws, message));
}

void websocket_echo_bytes_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    (void)code;
}
