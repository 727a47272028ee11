/* server/secure.h - a connection whose bytes go through TLS: what it does in place of the socket's calls. */
#ifndef FLAREI_SERVER_SECURE_H
#define FLAREI_SERVER_SECURE_H

#include "server/connection.h"

/** Begins TLS on a new connection. @return FLARE_OK or FLARE_ERR_MEMORY */
flare_err flarei_secure_open(struct flarei_connection *connection);

/** As flare_socket_receive(); the handshake first. FLARE_ERR_SYNTAX: the connection is a plain one now, whose
 * peer has been refused: settle it. */
ptrdiff_t flarei_secure_receive(struct flarei_connection *connection, void *buffer, size_t bytes);

/** As flare_socket_send(). */
ptrdiff_t flarei_secure_send(struct flarei_connection *connection, const void *data, size_t bytes);

/** Has the peer taken bytes since it was asked last, if less than a whole record? */
bool flarei_secure_moved(struct flarei_connection *connection);

/** Tells the peer that nothing more comes, and goes on without TLS. */
void flarei_secure_close(struct flarei_connection *connection);

/** Reads the files again and hands them to the workers. The control loop's thread. */
void flarei_secure_reload(flare_server *server);

/** Reads the files for the first time. @return FLARE_OK, or why not, with the server's sentence */
flare_err flarei_secure_begin(flare_server *server);

/** A worker's share of what the server has. */
void flarei_secure_worker(struct flarei_worker *worker);
void flarei_secure_worker_free(struct flarei_worker *worker);
void flarei_secure_end(flare_server *server);

#endif
