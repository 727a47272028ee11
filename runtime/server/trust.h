/* server/trust.h - whom the server believes when it says who the client is, and who that is. */
#ifndef FLAREI_SERVER_TRUST_H
#define FLAREI_SERVER_TRUST_H

#include "server/exchange.h"

#include <flare/network.h>

/** The proxies that are believed; never changed, shared by the server and its workers. */
struct flarei_trust {
    atomic_uint users;
    flare_forwarded_field field;
    size_t count;
    flare_network networks[]; /* FLARE_ADDRESS_UNIX: every unix socket's peer */
};

/** Reads an address, a network or `unix`. @return FLARE_OK or FLARE_ERR_SYNTAX */
flare_err flarei_trust_parse(const char *text, flare_network *network);

/** Reads what `options` say. @param trust set: NULL where nobody is trusted @return FLARE_OK,
 * FLARE_ERR_MEMORY or FLARE_ERR_SYNTAX */
flare_err flarei_trust_make(const flare_options *options, struct flarei_trust **trust);

/** One user less. @param trust may be NULL */
void flarei_trust_release(struct flarei_trust *trust);

/** Hands another trust to the server and its workers. @param trust the server's from now on; may be NULL. The
 * control loop's thread */
void flarei_trust_renew(flare_server *server, struct flarei_trust *trust);

/** A worker's share of what the server has. */
void flarei_trust_worker(struct flarei_worker *worker);
void flarei_trust_worker_free(struct flarei_worker *worker);

/** Who asks: the connection's peer, or whom trusted proxies name. Lives as long as the request. */
const struct flarei_peer *flarei_trust_client(const struct flarei_connection *connection,
                                              struct flarei_exchange *exchange);

/** Gives the request the text of it. */
void flarei_trust_show(struct flarei_exchange *exchange, const struct flarei_peer *client);

/** Is it a proxy that is believed? */
bool flarei_trust_holds(const struct flarei_worker *worker, flare_address_family family,
                        const uint8_t ip[16]);

#endif
