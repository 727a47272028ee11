#if defined(__linux__)

#include "loop/loop.h"

#include <flare/memory.h>

#include <errno.h>
#include <sys/epoll.h>

struct epoll_state {
    int fd;
    struct epoll_event events[FLAREI_LOOP_BATCH];
};

static flare_err epoll_open(flare_loop *loop)
{
    struct epoll_state *state = flarei_malloc(sizeof *state);
    if (!state)
        return FLARE_ERR_MEMORY;
    state->fd = flarei_sys.epoll_create1(EPOLL_CLOEXEC);
    if (state->fd < 0) {
        flare_err err = flarei_err_from_errno(errno);
        flarei_free(state);
        return err;
    }
    loop->poller_state = state;
    return FLARE_OK;
}

static void epoll_close(flare_loop *loop)
{
    struct epoll_state *state = loop->poller_state;
    (void)flarei_sys.close(state->fd);
    flarei_free(state);
}

static struct epoll_event event_of(const flare_watch *watch)
{
    return (struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.u64 = flarei_watch_tag(watch)};
}

static flare_err epoll_add(flare_loop *loop, flare_watch *watch)
{
    const struct epoll_state *state = loop->poller_state;
    struct epoll_event event = event_of(watch);
    if (watch->flags & FLARE_WATCH_SHARED)
        event.events = EPOLLIN | EPOLLEXCLUSIVE;
    if (flarei_sys.epoll_ctl(state->fd, EPOLL_CTL_ADD, watch->fd, &event) == 0)
        return FLARE_OK;
    int number = errno;
    if (!FLARE_ASSERT(number != EBADF, "stale descriptor: it is closed") || number == EBADF)
        return FLARE_ERR_STATE;
    return number == ENOSPC ? FLARE_ERR_LIMIT : flarei_err_from_errno(number);
}

static void epoll_remove(flare_loop *loop, flare_watch *watch)
{
    const struct epoll_state *state = loop->poller_state;
    struct epoll_event unused = {.events = 0};
    bool same = flarei_sys.epoll_ctl(state->fd, EPOLL_CTL_DEL, watch->fd, &unused) == 0 ||
                (errno != EBADF && errno != ENOENT);
    (void)FLARE_ASSERT(same, "stale descriptor: it was closed, or closed and reused, while it was watched");
}

/* Closing a descriptor ends its registration. If another process holds the same socket the registration stays
 * behind; what it reports has a tag of the past. */
static void epoll_forget(flare_loop *loop, flare_watch *watch)
{
    (void)loop, (void)watch;
}

/* A change counts as an edge. */
static flare_err epoll_again(flare_loop *loop, flare_watch *watch)
{
    const struct epoll_state *state = loop->poller_state;
    struct epoll_event event = event_of(watch);
    return flarei_sys.epoll_ctl(state->fd, EPOLL_CTL_MOD, watch->fd, &event) == 0
               ? FLARE_OK
               : flarei_err_from_errno(errno);
}

static unsigned ready_after_hangup(uint32_t events)
{
    unsigned ready = FLARE_READ | FLARE_HANGUP;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        ready |= FLARE_WRITE;
    return ready;
}

static inline unsigned ready_of(uint32_t events)
{
    if (FLARE_UNLIKELY(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
        return ready_after_hangup(events);
    return ((events & EPOLLIN) ? FLARE_READ : 0U) | ((events & EPOLLOUT) ? FLARE_WRITE : 0U);
}

static flare_err epoll_poller_wait(flare_loop *loop, int timeout_ms)
{
    struct epoll_state *state = loop->poller_state;
    int count = flarei_sys.epoll_wait(state->fd, state->events, FLAREI_LOOP_BATCH, timeout_ms);
    flare_err err = count >= 0 || errno == EINTR ? FLARE_OK : flarei_err_from_errno(errno);

    flarei_loop_read_clock(loop);
    for (int i = 0; i < count; i++)
        flarei_loop_report(loop, state->events[i].data.u64, ready_of(state->events[i].events));
    return err;
}

const struct flarei_poller flarei_epoll_poller = {
    .backend = FLARE_LOOP_EPOLL,
    .open = epoll_open,
    .close = epoll_close,
    .add = epoll_add,
    .remove = epoll_remove,
    .forget = epoll_forget,
    .again = epoll_again,
    .wait = epoll_poller_wait,
};

#else
/** ISO C wants a declaration in every file. */
typedef int flarei_no_epoll;
#endif
