/* server/supervisor.h - `--supervise`: a process that holds the sockets and lets workers serve, each a
 * process of its own, so that a fault in one costs no more than its own connections.
 */
#ifndef FLAREI_SERVER_SUPERVISOR_H
#define FLAREI_SERVER_SUPERVISOR_H

#include "server/settings.h"
#include "tls/tickets.h"

/** What a worker's process serves. */
struct flarei_share {
    const char *listen[FLAREI_ADDRESSES_MAX]; /* its sockets, as `fd:` addresses */
    size_t listen_count;
    unsigned index;
    int notify;                        /* its words are for the supervisor */
    struct flarei_tls_tickets tickets; /* of which all have the same keys */
};

/** Opens the sockets, and runs workers until a stop; SIGHUP is passed on. Returns in the workers' processes
 * too.
 *  @param announce is called once the sockets are open, with each address
 *  @param share set in a worker's process @param status the exit status, set in the supervisor
 *  @return whether this is a worker's process, which is to serve its share */
bool flarei_supervise(struct flarei_settings *settings, const flare_service *service,
                      void (*announce)(const flare_service *service, const char *address),
                      struct flarei_share *share, int *status);

#endif
