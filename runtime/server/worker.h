/* server/worker.h - one thread's share of a server. */
#ifndef FLAREI_SERVER_WORKER_H
#define FLAREI_SERVER_WORKER_H

#include "server/server.h"

/** Makes a worker with its loop, sites and listeners; none accepts yet. @param index 0 takes the endpoints'
 * own sockets
 *  @param worker set on success @return FLARE_OK, FLARE_ERR_MEMORY, or why a socket or the loop could not be
 * opened */
flare_err flarei_worker_new(flare_server *server, unsigned index, struct flarei_worker **worker);

/** Starts its thread, which posts `done_task` to the control loop as its last act. @return as
 * flare_worker_start() */
flare_err flarei_worker_launch(struct flarei_worker *worker);

/** Opens the services' states of this worker, on its thread. @return FLARE_OK or FLARE_ERR_STATE */
flare_err flarei_worker_open_states(struct flarei_worker *worker);

/** Serves in the calling thread, on the control loop, until it is drained. @return why it could not, or
 * FLARE_OK */
flare_err flarei_worker_run(struct flarei_worker *worker);

/** Frees a worker whose thread was joined or never began. @param worker may be NULL */
void flarei_worker_free(struct flarei_worker *worker);

/** Brings worker->date up to date; once a wake-up of a connection is enough. */
void flarei_worker_date(struct flarei_worker *worker);

/** A connection began, or ended: then new ones are taken where that was why the worker paused, and the last
 * one's end is the drain's. */
void flarei_worker_connection_began(struct flarei_worker *worker, struct flarei_site *site);
void flarei_worker_connection_ended(struct flarei_worker *worker, struct flarei_site *site);

/** Begins the drain: what waits is accepted and served, idle connections end. */
void flarei_worker_drain(flare_loop *loop, flare_task *task);
/** Ends all connections at once, as a task and when the drain's time is over. */
void flarei_worker_cut(flare_loop *loop, flare_task *task);
void flarei_worker_drain_due(flare_loop *loop, flare_timer *timer);
/** Leaves the loop if the last connection has ended, and the last handler that is at work. */
void flarei_worker_maybe_drained(struct flarei_worker *worker);
/** Logs what it did. */
void flarei_worker_report(struct flarei_worker *worker);

#endif
