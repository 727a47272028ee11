/* client/proxy.h - proxies: which one is for a host, and tunnels through it. */
#ifndef FLAREI_CLIENT_PROXY_H
#define FLAREI_CLIENT_PROXY_H

#include "client/pool.h"

/** A proxy of HTTP (RFC 9110, section 3.7). */
struct flarei_proxy {
    char *authorization; /* a whole field line; or NULL */
    uint16_t port;
    char host[254];
};

/** Reads http://user:password@host:port, of which host is enough.
 *  @param proxy receives it, to be freed with flarei_proxy_free() @return FLARE_OK; FLARE_ERR_ARGUMENT;
 * FLARE_ERR_MEMORY */
flare_err flarei_proxy_make(struct flarei_proxy **proxy, flare_str text);

void flarei_proxy_free(struct flarei_proxy *proxy);

/** Takes what the options say, and the environment where they say so. */
flare_err flarei_proxies_make(flare_client *client, const flare_client_options *options);

/** Is a host one of a list as NO_PROXY holds it: names with commas, each with those below it; "*" is all? */
bool flarei_proxy_spares(flare_str list, flare_str host, uint16_t port);

/** The proxy for an origin; NULL: none. */
const struct flarei_proxy *flarei_proxy_for(const flare_client *client, flare_str host, uint16_t port,
                                            bool secure);

/** Asks the proxy for a tunnel over a stream that is open, then for TLS through it.
 *  @param done is told as flare_stream_opened, later; FLARE_ERR_REFUSED: the proxy made no tunnel
 *  @return FLARE_OK; FLARE_ERR_MEMORY */
flare_err flarei_tunnel(struct flarei_connection *connection, uint32_t timeout_ms, flare_stream_opened *done);

#endif
