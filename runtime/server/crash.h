/* server/crash.h - the last words of a process that a fault ends: which signal, which request, which calls.
 */
#ifndef FLAREI_SERVER_CRASH_H
#define FLAREI_SERVER_CRASH_H

#include "server/server.h"

/** From here on SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT write to stderr before they end the process as
 * they would have. One whose action somebody else has set stays theirs. @param name of the service; borrowed
 */
void flarei_crash_install(flare_str name);

/** The calling thread is this worker's: a fault in it tells its request, also of a full stack. Without memory
 * for a stack of the handler's own, that one can't be told. */
void flarei_crash_enter(struct flarei_worker *worker);
void flarei_crash_leave(struct flarei_worker *worker);

/** The memory of a request of the calling thread's worker goes. */
void flarei_crash_forget(const flare_request *rq);

#endif
