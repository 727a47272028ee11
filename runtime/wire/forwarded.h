/* wire/forwarded.h - the machines that a request came through, as proxies write them down: each adds, at the
 * right end, whom it got the request from. What stands left of an entry may be anybody's invention, so a list
 * is read from the right, and nothing in it can change what stands right of it.
 */
#ifndef FLAREI_WIRE_FORWARDED_H
#define FLAREI_WIRE_FORWARDED_H

#include "wire/hop.h"

/** Takes the last entry off an X-Forwarded-For list. @param list what is left of it, set @param hop whom it
 * names @return false if there is none left */
bool flarei_forwarded_for_take(flare_str *list, struct flarei_hop *hop);

/** The same of a Forwarded list: the entry's `for` (RFC 7239, section 4); unknown without one. */
bool flarei_forwarded_take(flare_str *list, struct flarei_hop *hop);

#endif
