#include "ws_permessage_deflate.flare.h"

flare_reply ws_permessage_deflate_each_open(flare_request *rq, flare_ws *ws)
{
    return ws_permessage_deflate_each_accept(rq, ws);
}

void ws_permessage_deflate_each_message(flare_ws *ws, flare_str message)
{
    if (ws_permessage_deflate_each_send(ws, message) == FLARE_ERR_AGAIN)
        (void)flare_ws_close(ws, FLARE_WS_POLICY, FLARE_STR("you do not read"));
}

void ws_permessage_deflate_each_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    (void)code;
}

flare_reply ws_permessage_deflate_context_open(flare_request *rq, flare_ws *ws)
{
    return ws_permessage_deflate_context_accept(rq, ws);
}

void ws_permessage_deflate_context_message(flare_ws *ws, flare_str message)
{
    if (ws_permessage_deflate_context_send(ws, message) == FLARE_ERR_AGAIN)
        (void)flare_ws_close(ws, FLARE_WS_POLICY, FLARE_STR("you do not read"));
}

void ws_permessage_deflate_context_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    (void)code;
}

flare_reply ws_permessage_deflate_window_open(flare_request *rq, flare_ws *ws)
{
    return ws_permessage_deflate_window_accept(rq, ws);
}

void ws_permessage_deflate_window_message(flare_ws *ws, flare_str message)
{
    if (ws_permessage_deflate_window_send(ws, message) == FLARE_ERR_AGAIN)
        (void)flare_ws_close(ws, FLARE_WS_POLICY, FLARE_STR("you do not read"));
}

void ws_permessage_deflate_window_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    (void)code;
}
