#include "joined.h"

#include <flare/cache.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

atomic_int joined_mode, joined_hold, joined_seen, joined_ended, joined_asked, joined_running, joined_most,
    joined_drained;

joined_counted_verdict joined_counted(flare_request *rq)
{
    atomic_fetch_add(&joined_seen, 1);
    return joined_counted_pass(rq);
}

void joined_counted_after(flare_request *rq)
{
    (void)rq;
    atomic_fetch_add(&joined_ended, 1);
}

static void block(void *argument)
{
    (void)poll(NULL, 0, *(int *)argument);
}

/* A drain is no reason: it is work that is under way. */
static bool held(const flare_request *rq, bool on_fiber)
{
    int ms = 1;

    while (atomic_load(&joined_hold) != 0) {
        const flare_cancel reason = flare_cancel_reason(rq);

        if (reason == FLARE_CANCEL_PEER || reason == FLARE_CANCEL_DEADLINE)
            return false;
        if (reason == FLARE_CANCEL_DRAIN)
            atomic_store(&joined_drained, 1);
        if (on_fiber)
            (void)!flare_run_blocking(block, &ms);
        else
            block(&ms);
    }
    return true;
}

static flare_reply answer(flare_request *rq, int number)
{
    static char big[5000];
    flare_str lang = FLARE_STR("en");

    switch ((enum joined_mode)atomic_load(&joined_mode)) {
    case NO_STORE:
        (void)flare_reply_header(rq, FLARE_STR("Cache-Control"), FLARE_STR("no-store"));
        break;
    case PRIVATE:
        (void)flare_reply_header(rq, FLARE_STR("Cache-Control"), FLARE_STR("private"));
        break;
    case BIG:
        memset(big, 'x', sizeof big);
        return flare_bytes(rq, 200, FLARE_STR("text/plain"), (flare_str){big, sizeof big});
    case FAILS_ONCE:
        atomic_store(&joined_mode, KEPT);
        return flare_fail(rq, FLARE_ERR_IO, "as it was asked");
    case FAILS:
        return flare_fail(rq, FLARE_ERR_IO, "as it was asked");
    case BY_LANG:
        (void)flare_reply_header(rq, FLARE_STR("Vary"), FLARE_STR("X-Own"));
        (void)flare_request_header(rq, FLARE_STR("X-Own"), &lang);
        return flare_textf(rq, 200, "%d %.*s", number, FLARE_STR_ARG(lang));
    case SHORT_LIVED:
        (void)flare_reply_header(rq, FLARE_STR("Cache-Control"), FLARE_STR("max-age=1"));
        break;
    case KEPT:
    default:
        break;
    }
    return flare_textf(rq, 200, "%d", number);
}

static flare_reply handle(flare_request *rq, bool on_fiber)
{
    const int number = atomic_fetch_add(&joined_asked, 1) + 1;
    const int running = atomic_fetch_add(&joined_running, 1) + 1;
    flare_reply reply;

    if (running > atomic_load(&joined_most))
        atomic_store(&joined_most, running);
    reply = held(rq, on_fiber) ? answer(rq, number) : flare_cancelled_reply(rq);
    atomic_fetch_sub(&joined_running, 1);
    return reply;
}

flare_reply joined_kept_plain(flare_request *rq, const joined_kept_plain_in *in)
{
    (void)in;
    return handle(rq, false);
}

flare_reply joined_kept_async(flare_request *rq, const joined_kept_async_in *in)
{
    (void)in;
    return handle(rq, true);
}

flare_reply joined_kept_lang(flare_request *rq, const joined_kept_lang_in *in)
{
    (void)in;
    return handle(rq, true);
}

flare_reply joined_kept_blocking(flare_request *rq, const joined_kept_blocking_in *in)
{
    (void)in;
    return handle(rq, false);
}

static void *deferred(void *argument)
{
    flare_deferred *const later = argument;

    flare_deliver(later, handle(flare_deferred_request(later), false));
    return NULL;
}

void joined_kept_deferred(flare_request *rq, const joined_kept_deferred_in *in, flare_deferred *later)
{
    pthread_t thread;

    (void)rq;
    (void)in;
    if (pthread_create(&thread, NULL, deferred, later) != 0)
        abort();
    (void)pthread_detach(thread);
}

joined_forget_reply joined_forget(flare_request *rq, const joined_forget_in *in)
{
    (void)in;
    return joined_forget_no_content(rq);
}

flare_reply joined_short_async(flare_request *rq, const joined_short_async_in *in)
{
    (void)in;
    return handle(rq, true);
}

flare_reply joined_timed_async(flare_request *rq, const joined_timed_async_in *in)
{
    (void)in;
    return handle(rq, true);
}

flare_reply joined_timed_blocking(flare_request *rq, const joined_timed_blocking_in *in)
{
    (void)in;
    return handle(rq, false);
}

flare_reply joined_alone_async(flare_request *rq, const joined_alone_async_in *in)
{
    (void)in;
    return handle(rq, true);
}
