#include "multi_listener.flare.h"

#include <flare/tls.h>

/* Whose request it is: behind a trusted proxy not the proxy's. The port is not told. */
multi_listener_who_reply multi_listener_who(flare_request *rq)
{
    const flare_str peer = flare_request_peer(rq);
    size_t length = peer.len;

    while (length > 0 && peer.ptr[length - 1] != ':')
        length--;
    return multi_listener_who_ok(rq, flare_format(rq, "%.*s by %s\n",
                                                  length > 0 ? (int)length - 1 : (int)peer.len, peer.ptr,
                                                  flare_request_is_secure(rq) ? "TLS" : "TCP"));
}
