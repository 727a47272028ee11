/* fiber/threads.h - a pool of threads for what blocks: at most so many, started as they are needed.
 *
 * A job is a field of its owner's; it runs once, first come, first served. Whoever needs to know that it is
 * over posts a task to its own loop as the job's last act.
 */
#ifndef FLAREI_FIBER_THREADS_H
#define FLAREI_FIBER_THREADS_H

#include "base/link.h"
#include "fiber/cancel.h"

#include <flare/err.h>

struct flarei_threads;

/** Zero it, set the first two fields, add it. */
struct flarei_job {
    void (*run)(struct flarei_job *job);
    struct flarei_cancel *cancel; /* that ends its waits, or NULL */
    struct flarei_link place;
    bool queued;
};

/** @param most threads; at least 1 @return NULL without memory */
struct flarei_threads *flarei_threads_new(unsigned most);

/** Ends and joins all threads, after the jobs that are there. @param threads may be NULL */
void flarei_threads_free(struct flarei_threads *threads);

/** Has a job run. Any thread. @return FLARE_OK; why there is no thread at all for it: FLARE_ERR_MEMORY,
 * FLARE_ERR_AGAIN */
flare_err flarei_threads_add(struct flarei_threads *threads, struct flarei_job *job);

/** Takes a job back that has not begun. Any thread. @return false: it runs, or has run */
bool flarei_threads_take_back(struct flarei_threads *threads, struct flarei_job *job);

/** What ends the waits of the job on this thread, or NULL. */
struct flarei_cancel *flarei_threads_cancel(void);

/** Does this thread belong to a pool? */
bool flarei_threads_here(void);

#endif
