/* Where a client's WebSocket dials, and with which protocols. */
#include "client/websocket.h"

#include "tls/connector.h"

#include <flare/memory.h>

void flarei_ws_client_forget_place(flare_ws_client *ws)
{
    if (ws->place == NULL)
        return;
    flare_tls_connector_free(ws->place->tls);
    flarei_free(ws->place);
    ws->place = NULL;
}

static flare_err keep_place(flare_ws_client *ws, const flare_dial_options *to)
{
    struct flarei_ws_client_place *const place = flarei_calloc(1, sizeof *place);

    if (place == NULL)
        return FLARE_ERR_MEMORY;
    if (to->to.host.len >= sizeof place->host) {
        flarei_free(place);
        return FLARE_ERR_ARGUMENT;
    }
    memcpy(place->host, to->to.host.ptr, to->to.host.len);
    place->port = to->to.port;
    if (to->to.address != NULL)
        place->address = *to->to.address;
    flarei_tls_connector_keep(to->tls);
    place->tls = to->tls;
    ws->place = place;
    return FLARE_OK;
}

flare_err flarei_ws_client_dial(flare_ws_client *ws, const struct flarei_url *url,
                                const flare_ws_client_options *options, flare_stream_opened *opened)
{
    const bool offers_h2 = FLAREI_HTTP2 && url->secure && options->http2 == FLARE_WS_CLIENT_HTTP2_OFFERED;
    const char *const protocols = ws->knows_h2 ? "h2" : offers_h2 ? "h2,http/1.1" : "http/1.1";
    const flare_dial_options to = {.to = {.host = flarei_url_host(url->host),
                                          .port = url->port,
                                          .address = options->address,
                                          .timeout_ms = options->timeout_ms},
                                   .tls = url->secure ? options->tls : NULL,
                                   .protocols = url->secure ? protocols : NULL};
    const flare_err err = offers_h2 ? keep_place(ws, &to) : FLARE_OK;

    ws->timeout_ms = options->timeout_ms;
    return err == FLARE_OK ? flare_stream_dial(&ws->stream, ws->loop, &to, opened, ws) : err;
}

flare_err flarei_ws_client_dial_again(flare_ws_client *ws, flare_stream_opened *opened)
{
    const struct flarei_ws_client_place *const place = ws->place;
    flare_err err = FLARE_ERR_UNSUPPORTED;

    if (place != NULL) {
        const flare_dial_options to = {
            .to = {.host = flare_str_of(place->host),
                   .port = place->port,
                   .address = place->address.family != FLARE_ADDRESS_NONE ? &place->address : NULL,
                   .timeout_ms = ws->timeout_ms},
            .tls = place->tls,
            .protocols = "http/1.1"};

        err = flare_stream_dial(&ws->stream, ws->loop, &to, opened, ws);
    }
    flarei_ws_client_forget_place(ws);
    return err;
}
