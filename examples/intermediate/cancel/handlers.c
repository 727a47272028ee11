#include "cancel.flare.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

enum { STEP_MS = 100 };

/* "partial: 3" or "done: 10" */
static flare_str report(flare_request *rq, uint32_t done, uint32_t count)
{
    return flare_format(rq, "%s: %u\n", done < count ? "partial" : "done", (unsigned)done);
}

/* Waiting gives the thread to others, and ends early when nobody waits for the reply any more. */
static uint32_t steps(uint32_t count)
{
    uint32_t done = 0;

    while (done < count && flare_sleep(STEP_MS) == FLARE_OK)
        done++;
    return done;
}

cancel_steps_reply cancel_steps(flare_request *rq, const cancel_steps_in *in)
{
    return cancel_steps_ok(rq, report(rq, steps(in->count), in->count));
}

cancel_hurry_reply cancel_hurry(flare_request *rq, const cancel_hurry_in *in)
{
    return cancel_hurry_ok(rq, report(rq, steps(in->count), in->count));
}

/* What can't be interrupted is done in pieces, with a look at the token between them. */
static uint32_t grind(const flare_request *rq, uint32_t count)
{
    uint32_t done = 0;

    for (uint32_t quarters = 0; done < count && !flare_cancelled(rq); done = ++quarters / 4)
        (void)poll(NULL, 0, STEP_MS / 4);
    return done;
}

cancel_grind_reply cancel_grind(flare_request *rq, const cancel_grind_in *in)
{
    return cancel_grind_ok(rq, report(rq, grind(rq, in->count), in->count));
}

/* ---- Replying later ---- */

struct ticket {
    flare_deferred *later;
    uint32_t count;
};

static void *serve_ticket(void *argument)
{
    const struct ticket ticket = *(struct ticket *)argument;
    flare_request *const rq = flare_deferred_request(ticket.later);

    free(argument);
    cancel_ticket_deliver(ticket.later,
                          cancel_ticket_ok(rq, report(rq, grind(rq, ticket.count), ticket.count)));
    return NULL;
}

void cancel_ticket(flare_request *rq, const cancel_ticket_in *in, flare_deferred *later)
{
    struct ticket *const ticket = malloc(sizeof *ticket);
    pthread_t thread;

    if (ticket != NULL) {
        *ticket = (struct ticket){.later = later, .count = in->count};
        if (pthread_create(&thread, NULL, serve_ticket, ticket) == 0) {
            (void)pthread_detach(thread);
            return;
        }
        free(ticket);
    }
    cancel_ticket_deliver(later, cancel_ticket_too_busy(rq));
}
