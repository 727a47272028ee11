/* wire/hop.h - an address that one machine on a request's way tells of another. */
#ifndef FLAREI_WIRE_HOP_H
#define FLAREI_WIRE_HOP_H

#include <flare/str.h>

/** What an address is of; FLAREI_HOP_UNKNOWN where it was not told, or not understood. */
enum flarei_hop_kind { FLAREI_HOP_UNKNOWN, FLAREI_HOP_IPV4, FLAREI_HOP_IPV6 };

/** One machine. IPv4 carried in IPv6 is given as IPv4. */
struct flarei_hop {
    enum flarei_hop_kind kind;
    uint16_t port;  /* 0 where it was not told */
    uint8_t ip[16]; /* network byte order; IPv4 uses the first four */
};

/** Turns IPv4 that IPv6 carries (RFC 4291, section 2.5.5.2) into IPv4. */
void flarei_hop_normalize(struct flarei_hop *hop);

/** Reads `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`, as proxies write
 * them. Anything else is FLAREI_HOP_UNKNOWN, as `unknown` and `_hidden` of RFC 7239 are. */
struct flarei_hop flarei_hop_parse(flare_str text);

#endif
