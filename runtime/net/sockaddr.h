/* net/sockaddr.h - between flare_address and the kernel's struct sockaddr. */
#ifndef FLAREI_NET_SOCKADDR_H
#define FLAREI_NET_SOCKADDR_H

#include <flare/net.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

/** Any address as the kernel wants it. */
union flarei_sockaddr {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    struct sockaddr_un local;
};

/** Fills `out`; FLARE_ADDRESS_ANY becomes the IPv6 wildcard.
 *  @return its size in bytes, or 0 for FLARE_ADDRESS_NONE and a path without its NUL. Any thread. */
socklen_t flarei_sockaddr_from_address(union flarei_sockaddr *out, const flare_address *address);

/** The other way; IPv4 carried in IPv6 becomes IPv4, an unnamed or abstract unix socket FLARE_ADDRESS_NONE.
 *  @return FLARE_OK, or FLARE_ERR_UNSUPPORTED for another family. Any thread. */
flare_err flarei_sockaddr_to_address(const union flarei_sockaddr *in, socklen_t bytes,
                                     flare_address *address);

#endif
