#include "fiber/cancel.h"

#include "fiber/fiber.h"

void flarei_cancel_init(struct flarei_cancel *cancel)
{
    atomic_init(&cancel->reasons, 0);
    cancel->fibers = NULL;
}

bool flarei_cancel_flip(struct flarei_cancel *cancel, unsigned reason)
{
    const unsigned before = atomic_fetch_or_explicit(&cancel->reasons, reason, memory_order_acq_rel);

    if ((before & reason) != 0)
        return false;
    for (struct flarei_fiber *fiber = cancel->fibers; fiber != NULL; fiber = fiber->co_next)
        flarei_fiber_wake(fiber);
    return true;
}

void flarei_cancel_join(struct flarei_cancel *cancel, struct flarei_fiber *fiber)
{
    fiber->co_previous = NULL;
    fiber->co_next = cancel->fibers;
    if (cancel->fibers != NULL)
        cancel->fibers->co_previous = fiber;
    cancel->fibers = fiber;
}

void flarei_cancel_part(struct flarei_cancel *cancel, struct flarei_fiber *fiber)
{
    if (fiber->co_previous != NULL)
        fiber->co_previous->co_next = fiber->co_next;
    else
        cancel->fibers = fiber->co_next;
    if (fiber->co_next != NULL)
        fiber->co_next->co_previous = fiber->co_previous;
}
