/* wire/proxy.h - the header of the PROXY protocol, versions 1 and 2, by which a proxy says whose connection
 * it passes on before the first byte of that connection.
 *
 *     "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"          (version 1; version 2 is the same in binary)
 */
#ifndef FLAREI_WIRE_PROXY_H
#define FLAREI_WIRE_PROXY_H

#include "wire/hop.h"

/** The longest header that is taken, extensions of version 2 included; senders use a few hundred bytes. */
#define FLAREI_PROXY_MAX_BYTES 4096

/** Reads a header at the start of `bytes`. While it is not complete, all of `bytes` belongs to it.
 *  @param source whose connection it is; unknown where the proxy speaks for itself (LOCAL, a health check) or
 * of a kind that is not IP (UNKNOWN, a unix socket): the connection's own peer stands then
 *  @return its length; 0 if it is not complete; -1 if there is none, it is malformed, its checksum is wrong
 * or it is longer than FLAREI_PROXY_MAX_BYTES */
ptrdiff_t flarei_proxy_parse(flare_str bytes, struct flarei_hop *source);

#endif
