#include "fiber/cancel.h"

#include "fiber/fiber.h"

void flarei_cancel_init(struct flarei_cancel *cancel)
{
    atomic_init(&cancel->reasons, 0);
    flarei_link_init(&cancel->fibers);
}

bool flarei_cancel_flip(struct flarei_cancel *cancel, unsigned reason)
{
    const unsigned before = atomic_fetch_or_explicit(&cancel->reasons, reason, memory_order_acq_rel);

    if ((before & reason) != 0)
        return false;
    for (struct flarei_link *at = cancel->fibers.next; at != &cancel->fibers; at = at->next)
        flarei_fiber_wake(FLARE_OWNER(at, struct flarei_fiber, under));
    return true;
}

void flarei_cancel_join(struct flarei_cancel *cancel, struct flarei_fiber *fiber)
{
    flarei_link_behind(&cancel->fibers, &fiber->under);
}

void flarei_cancel_part(struct flarei_fiber *fiber)
{
    flarei_link_take(&fiber->under);
}
