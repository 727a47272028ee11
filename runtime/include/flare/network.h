/* flare/network.h - which network an address belongs to: `10.0.0.0/8`, and what is special about it.
 *
 *     flare_network inside;
 *     if (flare_network_parse(FLARE_STR("10.0.0.0/8"), &inside) == FLARE_OK &&
 *         flare_network_holds(&inside, &peer))
 *         ...
 *     if (flare_address_kind_of(&peer) == FLARE_ADDRESS_LOOPBACK)
 *         ...
 *
 * IPv4 that is carried in IPv6 (RFC 4291, 2.5.5.2) counts as the IPv4 address that it is. Everything here is
 * pure: any thread, no memory.
 */
#ifndef FLARE_NETWORK_H
#define FLARE_NETWORK_H

#include <flare/net.h>

FLARE_BEGIN

/** What an address is for, by the registries of special-purpose addresses (RFC 6890). */
typedef enum flare_address_kind {
    FLARE_ADDRESS_GLOBAL = 0,  /**< of the internet, as far as the address tells */
    FLARE_ADDRESS_UNSPECIFIED, /**< none: 0.0.0.0/8, `::`, and what is no IP address but a unix socket */
    FLARE_ADDRESS_LOOPBACK,    /**< this machine: 127.0.0.0/8, `::1`, and unix sockets */
    FLARE_ADDRESS_PRIVATE,     /**< this site: 10/8, 172.16/12, 192.168/16 (RFC 1918), fc00::/7 (RFC 4193) */
    FLARE_ADDRESS_LINK_LOCAL,  /**< this wire: 169.254/16 (RFC 3927), fe80::/10 */
    FLARE_ADDRESS_SHARED,      /**< a carrier's: 100.64/10 (RFC 6598) */
    FLARE_ADDRESS_MULTICAST,   /**< a group: 224/4, ff00::/8 */
    FLARE_ADDRESS_BROADCAST,   /**< 255.255.255.255 */
    FLARE_ADDRESS_DOCUMENTATION, /**< nobody: 192.0.2/24, 198.51.100/24, 203.0.113/24, 2001:db8::/32,
                                    3fff::/20 */
    FLARE_ADDRESS_RESERVED       /**< 240/4, 198.18/15 (benchmarks), 192.0.0/24, 100::/64 (discard) */
} flare_address_kind;

/** Says what an address is for. A client that follows what others wrote (redirects, hooks) reaches out to
 * FLARE_ADDRESS_GLOBAL only. @param address any @return its kind. No errors. */
flare_address_kind flare_address_kind_of(const flare_address *address);

/** A range of addresses: those that begin with the same bits. */
typedef struct flare_network {
    flare_address_family family; /**< FLARE_ADDRESS_IPV4 or FLARE_ADDRESS_IPV6 */
    uint8_t bits;                /**< of `ip` that count: up to 32, or 128 */
    uint8_t ip[16];              /**< network byte order; what is behind those bits is 0 */
} flare_network;

/** Room for any network's text, its NUL counted. */
#define FLARE_NETWORK_TEXT_MAX_BYTES 44

/** Reads `10.0.0.0/8` or `2001:db8::/32` (RFC 4632, RFC 4291 section 2.3); an address alone is a network of
 * one. @param text borrowed for the call @param network written only on success
 *  @return FLARE_OK; FLARE_ERR_SYNTAX; FLARE_ERR_RANGE (more bits than the address has, or bits behind them
 * that are not 0: 10.0.0.1/8 is most often a mistake) */
flare_err flare_network_parse(flare_str text, flare_network *network) FLARE_MUST_USE;

/** Writes a network as flare_network_parse() reads it, NUL terminated, cut as snprintf does.
 *  @param network what to write @param buffer where to, or NULL if bytes is 0 @param bytes its size;
 * FLARE_NETWORK_TEXT_MAX_BYTES is always enough @return the bytes of the whole text, NUL not counted. No
 * errors. */
size_t flare_network_format(const flare_network *network, char *buffer, size_t bytes);

/** Does an address belong to a network? @param network any @param address any; a unix socket belongs to none
 *  @return true if so. No errors. */
bool flare_network_holds(const flare_network *network, const flare_address *address) FLARE_MUST_USE;

FLARE_END
#endif
