/* server/proxy.h - a connection that a proxy passes on: the PROXY protocol's header comes first. */
#ifndef FLAREI_SERVER_PROXY_H
#define FLAREI_SERVER_PROXY_H

#include "server/connection.h"

/** The watch's callback while the header is awaited: then the connection's peer is whom it names, and
 * flarei_connection_enter() goes on. A malformed header ends the connection. */
void flarei_proxy_ready(flare_loop *loop, flare_watch *watch, unsigned ready);

#endif
