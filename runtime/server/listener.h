/* server/listener.h - takes connections, and stops taking them when there is no room. */
#ifndef FLAREI_SERVER_LISTENER_H
#define FLAREI_SERVER_LISTENER_H

#include "server/server.h"

/** Prepares a listener and, where the endpoint's socket is not for this worker, opens one of its own.
 *  @param listener zeroed @return FLARE_OK or why there is no socket */
flare_err flarei_listener_prepare(struct flarei_listener *listener, struct flarei_site *site,
                                  struct flarei_endpoint *endpoint);

/** Begins to accept. @return as flare_loop_add() */
flare_err flarei_listener_start(struct flarei_listener *listener);

/** Goes on after flarei_site.full. */
void flarei_listener_resume(struct flarei_listener *listener);

/** Takes all that wait, then stops listening for good. */
void flarei_listener_drain(struct flarei_listener *listener);

/** Stops listening for good; harmless when stopped. */
void flarei_listener_stop(struct flarei_listener *listener);

#endif
