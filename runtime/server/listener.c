#include "server/listener.h"

#include "server/connection.h"
#include "server/trust.h"

#include <flare/log.h>

/* Accepted in one go, so that a flood of connections leaves time for those that are open. A shared listener
 * is reported again while anybody waits, so there a small number spreads connections over the workers. */
enum { ACCEPT_BATCH = 64, ACCEPT_BATCH_SHARED = 8, RETRY_MS = 100 };

static flare_loop *loop_of(const struct flarei_listener *listener)
{
    return listener->site->worker->loop;
}

static void pause_until(struct flarei_listener *listener, uint64_t retry_ms)
{
    flare_loop_remove(loop_of(listener), &listener->watch);
    flare_timer_set(loop_of(listener), &listener->retry, retry_ms);
}

/* Without descriptors or memory the peer stays in the queue: looking again at once would spin. */
static void accept_failed(struct flarei_listener *listener, flare_err err)
{
    if (!listener->failing)
        flare_log(FLARE_LOG_ERROR, "accept on %s: %s", listener->endpoint->text, flare_err_text(err));
    listener->failing = true;
    pause_until(listener, RETRY_MS);
}

/* Only proxies that are believed may say whose connection it is. Nobody else is spoken to there. */
static void refuse_stranger(struct flarei_listener *listener, int fd, const flare_address *peer)
{
    char text[FLARE_ADDRESS_TEXT_MAX_BYTES];

    flare_socket_close(fd);
    if (!listener->refusing) {
        (void)flare_address_format(peer, text, sizeof text);
        flare_log(FLARE_LOG_WARN, "%s: %s is no trusted proxy", listener->endpoint->text, text);
    }
    listener->refusing = true;
}

/* Takes at most `count`. @return whether more may wait */
static bool accept_some(struct flarei_listener *listener, unsigned count)
{
    struct flarei_site *site = listener->site;
    const struct flarei_endpoint *const endpoint = listener->endpoint;
    const bool wants_peer =
        (site->served->service->uses & (FLAREI_USE_LOG | FLAREI_USE_PEER)) != 0 || endpoint->proxy;
    flare_address peer;

    while (count-- > 0) {
        int fd;
        flare_err err;

        if (site->connection_count >= site->served->limits.connections_max) {
            site->full = true;
            flare_loop_remove(loop_of(listener), &listener->watch);
            return false;
        }
        fd = flare_listener_accept(&listener->own, wants_peer ? &peer : NULL);
        if (fd == FLARE_ERR_AGAIN)
            return false;
        if (fd < 0) {
            accept_failed(listener, (flare_err)fd);
            return false;
        }
        if (FLARE_UNLIKELY(endpoint->proxy) && !flarei_trust_holds(site->worker, peer.family, peer.ip)) {
            refuse_stranger(listener, fd, &peer);
            continue;
        }
        err = flarei_connection_open(site, fd, wants_peer ? &peer : NULL, endpoint);
        if (err != FLARE_OK) {
            flare_socket_close(fd);
            accept_failed(listener, err);
            return false;
        }
        listener->failing = listener->refusing = false;
    }
    return true;
}

static void listener_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct flarei_listener *listener = FLARE_OWNER(watch, struct flarei_listener, watch);

    (void)ready;
    if (listener->endpoint->shared)
        (void)accept_some(listener, ACCEPT_BATCH_SHARED);
    else if (accept_some(listener, ACCEPT_BATCH))
        flare_timer_set(loop, &listener->retry, 0);
}

static void listener_retry(flare_loop *loop, flare_timer *timer)
{
    struct flarei_listener *listener = FLARE_OWNER(timer, struct flarei_listener, retry);

    if (flare_watch_active(&listener->watch))
        listener_ready(loop, &listener->watch, FLARE_READ);
    else
        flarei_listener_resume(listener);
}

flare_err flarei_listener_prepare(struct flarei_listener *listener, struct flarei_site *site,
                                  struct flarei_endpoint *endpoint)
{
    const flare_listener_options options = {.group = FLARE_LISTENER_JOIN};

    listener->site = site;
    listener->endpoint = endpoint;
    listener->retry.callback = listener_retry;
    listener->open = true;
    if (endpoint->shared || site->worker->index == 0) {
        listener->own = endpoint->socket;
        atomic_fetch_add(&endpoint->users, 1);
        return FLARE_OK;
    }
    listener->open = false;
    flare_err err = flare_listener_open(&listener->own, &endpoint->socket.address, &options);
    listener->open = err == FLARE_OK;
    return err;
}

flare_err flarei_listener_start(struct flarei_listener *listener)
{
    listener->watch = (flare_watch){.callback = listener_ready,
                                    .fd = listener->own.fd,
                                    .want = FLARE_READ,
                                    .flags = listener->endpoint->shared ? FLARE_WATCH_SHARED : 0};
    return flare_loop_add(loop_of(listener), &listener->watch);
}

void flarei_listener_resume(struct flarei_listener *listener)
{
    if (!listener->open || flare_watch_active(&listener->watch))
        return;
    if (flarei_listener_start(listener) != FLARE_OK)
        flare_timer_set(loop_of(listener), &listener->retry, RETRY_MS);
}

void flarei_listener_drain(struct flarei_listener *listener)
{
    if (listener->open)
        while (accept_some(listener, ACCEPT_BATCH))
            continue;
    flarei_listener_stop(listener);
}

void flarei_listener_stop(struct flarei_listener *listener)
{
    struct flarei_endpoint *endpoint = listener->endpoint;

    if (!listener->open)
        return;
    listener->open = false;
    flare_timer_cancel(loop_of(listener), &listener->retry);
    flare_loop_remove(loop_of(listener), &listener->watch);
    if (!endpoint->shared && listener->site->worker->index != 0)
        flare_listener_close(&listener->own);
    else if (atomic_fetch_sub(&endpoint->users, 1) == 1)
        flare_listener_close(&endpoint->socket);
}
