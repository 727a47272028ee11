/* net/network.h - ranges of addresses, as an operator writes them: 10.0.0.0/8. */
#ifndef FLAREI_NET_NETWORK_H
#define FLAREI_NET_NETWORK_H

#include <flare/net.h>

/** A range; FLARE_ADDRESS_UNIX is every unix socket's peer. */
struct flarei_network {
    flare_address_family family;
    uint8_t bits; /* of the prefix */
    uint8_t ip[16];
};

/** Reads `10.0.0.0/8`, `192.0.2.1`, `2001:db8::/32`, `::1` or `unix`. @param reason a constant text on
 * failure @return FLARE_OK or FLARE_ERR_SYNTAX: also where bits behind the prefix are set, which is a mistake
 */
flare_err flarei_network_parse(flare_str text, struct flarei_network *network, const char **reason);

/** Is it one of these? @param family FLARE_ADDRESS_NONE, as peers of unix sockets are, counts as a unix
 * socket */
bool flarei_network_holds(const struct flarei_network *networks, size_t count, flare_address_family family,
                          const uint8_t ip[16]);

#endif
