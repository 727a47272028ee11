/* net/resolver.h - host names to addresses by the system's resolver, and the seam that it goes through. */
#ifndef FLAREI_NET_RESOLVER_H
#define FLAREI_NET_RESOLVER_H

#include <flare/net.h>

struct addrinfo;

/** The system's calls; a test puts its own in place while no other thread uses them. */
struct flarei_resolver {
    int (*getaddrinfo)(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);
    void (*freeaddrinfo)(struct addrinfo *found);
};

extern struct flarei_resolver flarei_resolver;

/** Puts the system's own calls back. No other thread may use them meanwhile. */
void flarei_resolver_reset(void);

/** Asks for the addresses of a name, IPv6 and IPv4, in the order of RFC 6724. Blocks. Any thread.
 *  @param room of `addresses`; further ones are left out
 *  @return FLARE_OK with at least one; FLARE_ERR_NOT_FOUND; FLARE_ERR_UNREACHABLE (no name server answers);
 * FLARE_ERR_MEMORY; another system error */
flare_err flarei_resolve(const char *host, uint16_t port, flare_address *addresses, size_t room,
                         size_t *count);

#endif
