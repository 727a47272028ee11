/* server/linger.h - the end of a connection whose peer may still be sending. */
#ifndef FLAREI_SERVER_LINGER_H
#define FLAREI_SERVER_LINGER_H

#include "server/connection.h"

/** Ends what is sent, and drops what comes until the peer ends too, at most for so long: a close with unread
 *  bytes would reset the connection, and the peer might lose the last reply (RFC 9112, section 9.6). Nothing
 * is read before others had their turn. From here on the connection is its own.
 *  @return false: leave it alone */
bool flarei_linger_begin(struct flarei_connection *connection, uint64_t linger_ms);

#endif
