/* fiber/cancel.h - the token of one request: whether, and why, nobody waits for it any more. */
#ifndef FLAREI_FIBER_CANCEL_H
#define FLAREI_FIBER_CANCEL_H

#include "base/link.h"

#include <stdatomic.h>

struct flarei_fiber;

/** Why; bits, since a second reason may follow. */
enum {
    FLAREI_CANCEL_DRAIN = 1,    /* the server is asked to end: finish what is under way, begin nothing */
    FLAREI_CANCEL_DEADLINE = 2, /* the request's time is over */
    FLAREI_CANCEL_PEER = 4      /* the peer is gone, or took the request back */
};

struct flarei_cancel {
    atomic_uint reasons;
    struct flarei_link fibers; /* whose waits it ends */
};

/** Forgets all reasons; no fiber is left that waits under it. */
void flarei_cancel_init(struct flarei_cancel *cancel);

/** Flips it, and wakes the fibers. The loop's thread. @param reason one of the bits
 *  @return whether that is news */
bool flarei_cancel_flip(struct flarei_cancel *cancel, unsigned reason);

/** Any thread. */
static inline unsigned flarei_cancel_reasons(const struct flarei_cancel *cancel)
{
    return atomic_load_explicit(&((struct flarei_cancel *)(uintptr_t)cancel)->reasons, memory_order_acquire);
}

/** Does it end a wait? @param soft whether a drain does */
static inline bool flarei_cancel_ends(const struct flarei_cancel *cancel, bool soft)
{
    return (flarei_cancel_reasons(cancel) & ~(soft ? 0u : (unsigned)FLAREI_CANCEL_DRAIN)) != 0;
}

/** A fiber under it begins, or has ended. */
void flarei_cancel_join(struct flarei_cancel *cancel, struct flarei_fiber *fiber);
void flarei_cancel_part(struct flarei_fiber *fiber);

#endif
