/* Nothing here knows HTTP/1 from HTTP/2: the same functions serve both. */
#include "ws_over_h2.flare.h"

ws_over_h2_page_reply ws_over_h2_page(flare_request *rq)
{
    return ws_over_h2_page_ok(rq, FLARE_STR("open a WebSocket at /prices\n"));
}

ws_over_h2_prices_reply ws_over_h2_prices_open(flare_request *rq, flare_ws *ws)
{
    if (flare_ws_subprotocol(ws).len == 0)
        return ws_over_h2_prices_no_subprotocol(rq);
    return ws_over_h2_prices_accept(rq, ws);
}

void ws_over_h2_prices_message(flare_ws *ws, const ws_over_h2_ask *message)
{
    const bool second = flare_str_equal(flare_ws_subprotocol(ws), FLARE_STR("prices.v2"));
    const ws_over_h2_price price = {
        .symbol = message->symbol, .cents = (uint32_t)message->symbol.len * 100, .version = second ? 2 : 1};

    if (ws_over_h2_prices_send(ws, &price) == FLARE_ERR_AGAIN)
        (void)flare_ws_close(ws, FLARE_WS_POLICY, FLARE_STR("read what you asked for"));
}

void ws_over_h2_prices_close(flare_ws *ws, unsigned code)
{
    (void)ws;
    (void)code;
}
