#include "loop/loop.h"

#include <flare/memory.h>

#include <errno.h>

#if !defined(POLLRDHUP)
#define POLLRDHUP 0
#endif

#define SLOTS_AT_FIRST 16U

/* What is kept of a watch beside its pollfd. */
struct slot {
    flare_watch *watch;
    dev_t device; /* with inode: which file the descriptor was when it was added */
    ino_t inode;
};

/* What the last wait found, kept apart because callbacks move the slots. */
struct report {
    uint64_t tag;
    unsigned ready;
};

struct poll_state {
    struct pollfd *items;
    struct slot *slots;
    struct report *reports;
    uint32_t count;
    uint32_t size; /* of each of the three */
};

static flare_err poll_open(flare_loop *loop)
{
    loop->poller_state = flarei_calloc(1, sizeof(struct poll_state));
    return loop->poller_state ? FLARE_OK : FLARE_ERR_MEMORY;
}

static void poll_close(flare_loop *loop)
{
    struct poll_state *state = loop->poller_state;
    flarei_free(state->items);
    flarei_free(state->slots);
    flarei_free(state->reports);
    flarei_free(state);
}

/* An array that grew stays; `size` follows when all have. */
static bool grow(struct poll_state *state)
{
    uint32_t size = state->size ? state->size * 2 : SLOTS_AT_FIRST;
    struct pollfd *items = flarei_realloc(state->items, size * sizeof *items);
    if (!items)
        return false;
    state->items = items;
    struct slot *slots = flarei_realloc(state->slots, size * sizeof *slots);
    if (!slots)
        return false;
    state->slots = slots;
    struct report *reports = flarei_realloc(state->reports, size * sizeof *reports);
    if (!reports)
        return false;
    state->reports = reports;
    state->size = size;
    return true;
}

static flare_err poll_add(flare_loop *loop, flare_watch *watch)
{
    struct poll_state *state = loop->poller_state;
    struct stat status;
    bool open = flarei_sys.fstat(watch->fd, &status) == 0 || errno != EBADF;
    if (!FLARE_ASSERT(open, "stale descriptor: it is closed") || !open)
        return FLARE_ERR_STATE;
    if (state->count == state->size && !grow(state))
        return FLARE_ERR_MEMORY;
    watch->slot = state->count++;
    state->items[watch->slot] = (struct pollfd){.fd = watch->fd};
    state->slots[watch->slot] =
        (struct slot){.watch = watch, .device = status.st_dev, .inode = status.st_ino};
    return FLARE_OK;
}

static void poll_forget(flare_loop *loop, flare_watch *watch)
{
    struct poll_state *state = loop->poller_state;
    uint32_t last = --state->count;
    state->items[watch->slot] = state->items[last];
    state->slots[watch->slot] = state->slots[last];
    state->slots[watch->slot].watch->slot = watch->slot;
}

static void poll_remove(flare_loop *loop, flare_watch *watch)
{
    const struct poll_state *state = loop->poller_state;
    const struct slot *slot = &state->slots[watch->slot];
    struct stat status;
    bool same = flarei_sys.fstat(watch->fd, &status) == 0 && status.st_dev == slot->device &&
                status.st_ino == slot->inode;
    poll_forget(loop, watch);
    (void)FLARE_ASSERT(same, "stale descriptor: it was closed, or closed and reused, while it was watched");
}

/* What is ready is reported in each turn. */
static flare_err poll_again(flare_loop *loop, flare_watch *watch)
{
    (void)loop, (void)watch;
    return FLARE_OK;
}

static void ask(struct pollfd *item, const flare_watch *watch)
{
    item->events = 0;
    if (watch->want & FLARE_READ)
        item->events |= POLLIN;
    if (watch->want & FLARE_WRITE)
        item->events |= POLLOUT;
    if (!(watch->told & FLARE_HANGUP))
        item->events |= POLLRDHUP;
    /* A hang-up can't be masked: without this, one that nobody wants to hear of again would keep the loop
     * awake. */
    item->fd = item->events ? watch->fd : -1;
}

static unsigned ready_of(short events)
{
    unsigned ready = 0;
    if (events & (POLLIN | POLLRDHUP | POLLHUP | POLLERR | POLLNVAL))
        ready |= FLARE_READ;
    if (events & (POLLOUT | POLLHUP | POLLERR | POLLNVAL))
        ready |= FLARE_WRITE;
    if (events & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL))
        ready |= FLARE_HANGUP;
    return ready;
}

static flare_err poll_wait(flare_loop *loop, int timeout_ms)
{
    struct poll_state *state = loop->poller_state;
    for (uint32_t i = 0; i < state->count; i++)
        ask(&state->items[i], state->slots[i].watch);
    int left = flarei_sys.poll(state->items, state->count, timeout_ms);
    flare_err err = left >= 0 || errno == EINTR ? FLARE_OK : flarei_err_from_errno(errno);

    flarei_loop_read_clock(loop);
    uint32_t reports = 0;
    for (uint32_t i = 0; left > 0 && i < state->count; i++) {
        short events = state->items[i].revents;
        if (!events)
            continue;
        left--;
        (void)FLARE_ASSERT(!(events & POLLNVAL), "stale descriptor: it was closed while it was watched");
        state->reports[reports++] =
            (struct report){flarei_watch_tag(state->slots[i].watch), ready_of(events)};
    }
    /* By index: a callback that adds a watch may move the array. */
    for (uint32_t i = 0; i < reports; i++)
        flarei_loop_report(loop, state->reports[i].tag, state->reports[i].ready);
    return err;
}

const struct flarei_poller flarei_poll_poller = {
    .backend = FLARE_LOOP_POLL,
    .open = poll_open,
    .close = poll_close,
    .add = poll_add,
    .remove = poll_remove,
    .forget = poll_forget,
    .again = poll_again,
    .wait = poll_wait,
};
