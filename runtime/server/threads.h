/* server/threads.h - the server's pool for what blocks, made at its first use. */
#ifndef FLAREI_SERVER_THREADS_H
#define FLAREI_SERVER_THREADS_H

#include "fiber/threads.h"
#include "server/server.h"

/** Any worker's thread. @return NULL without memory */
struct flarei_threads *flarei_server_threads(flare_server *server);

/** The worker's fibers, made at their first use. @return NULL without memory */
struct flarei_fibers *flarei_worker_fibers(struct flarei_worker *worker);

#endif
