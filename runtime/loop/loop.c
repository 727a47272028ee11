#include "loop/loop.h"

#include <flare/memory.h>
#include <flare/net.h>

#include <limits.h>

#define NS_PER_S         1000000000U
#define WATCHES_AT_FIRST 64U
#define TIMERS_NS        20000U /* in a turn, or as long as the ready descriptors took */

static const struct flarei_poller *poller_of(flare_loop_backend backend)
{
    switch (backend) {
    case FLARE_LOOP_POLL:
        return &flarei_poll_poller;
    case FLARE_LOOP_DEFAULT:
    case FLARE_LOOP_EPOLL:
#if defined(__linux__)
        return &flarei_epoll_poller;
#else
        return backend == FLARE_LOOP_DEFAULT ? &flarei_poll_poller : NULL;
#endif
    }
    return NULL;
}

flare_err flare_loop_create(flare_loop **out, flare_loop_backend backend)
{
    const struct flarei_poller *poller = poller_of(backend);
    flare_loop *loop = NULL;
    flare_err err = FLARE_ERR_MEMORY;

    *out = NULL;
    if (!poller)
        return FLARE_ERR_UNSUPPORTED;
    loop = flarei_calloc(1, sizeof *loop);
    if (!loop)
        return err;
    atomic_init(&loop->tasks, NULL);
    atomic_init(&loop->stop, false);
    loop->poller = poller;
    flare_loop_update_now(loop);
    flarei_wheel_init(&loop->wheel, loop->now_ms);
    err = poller->open(loop);
    if (err != FLARE_OK)
        goto no_poller;
    err = flarei_wake_open(loop);
    if (err != FLARE_OK)
        goto no_wake;
    *out = loop;
    return FLARE_OK;
no_wake:
    poller->close(loop);
    flarei_free(loop->watches);
no_poller:
    flarei_free(loop);
    return err;
}

void flare_loop_destroy(flare_loop *loop)
{
    if (!loop || !FLARE_ASSERT(!loop->running, "a loop is not destroyed from its own callback"))
        return;
    flarei_wake_close(loop);
    loop->poller->close(loop);
    flarei_free(loop->watches);
    flarei_free(loop);
}

flare_loop_backend flare_loop_backend_of(const flare_loop *loop)
{
    return loop->poller->backend;
}

/* ---- Time ---- */

uint64_t flare_loop_now_ns(const flare_loop *loop)
{
    return loop->now_ns;
}

uint64_t flare_loop_now_ms(const flare_loop *loop)
{
    return loop->now_ms;
}

void flare_loop_update_now(flare_loop *loop)
{
    flarei_loop_read_clock(loop);
}

int64_t flare_loop_wall_s(flare_loop *loop)
{
    struct timespec time;
    if (FLARE_LIKELY(loop->now_ns < loop->wall_until_ns))
        return loop->wall_s;
    if (flarei_sys.clock_gettime(CLOCK_REALTIME, &time) == 0) {
        loop->wall_s = time.tv_sec;
        loop->wall_until_ns = loop->now_ns + (NS_PER_S - (uint64_t)time.tv_nsec);
    }
    return loop->wall_s;
}

/* ---- Running ---- */

/* The milliseconds that the wait may take: until the first timer, at most `timeout_ms` unless that is
 * negative. */
static inline int time_to_wait(const flare_loop *loop, int timeout_ms)
{
    uint64_t next_ms = loop->wheel.next_ms;
    if (next_ms == FLAREI_WHEEL_NEVER)
        return timeout_ms;
    uint64_t limit = timeout_ms < 0 ? INT_MAX : (uint64_t)timeout_ms;
    uint64_t left = next_ms > loop->now_ms ? next_ms - loop->now_ms : 0;
    return (int)(left < limit ? left : limit);
}

/* The deadlines of many peers that came together pass together: those who are ready have their turn among
 * them. Timers have as much time as the ready ones took, so that a flood of these does not hold up those, and
 * one timer at least has its turn. */
static void run_timers(flare_loop *loop)
{
    const uint64_t began_ns = flarei_loop_clock_ns();
    const uint64_t took_ns = began_ns > loop->now_ns ? began_ns - loop->now_ns : 0;
    const uint64_t until_ns = began_ns + (took_ns > TIMERS_NS ? took_ns : TIMERS_NS);
    flare_timer *timer;

    while ((timer = flarei_wheel_expire(&loop->wheel, loop->now_ms))) {
        timer->callback(loop, timer);
        if (flarei_loop_clock_ns() >= until_ns)
            break;
    }
}

static inline bool is_stopped(flare_loop *loop)
{
    return atomic_load_explicit(&loop->stop, memory_order_acquire);
}

static inline flare_err turn(flare_loop *loop, int timeout_ms)
{
    flare_err err = loop->poller->wait(loop, time_to_wait(loop, timeout_ms));
    if (FLARE_UNLIKELY(loop->wheel.next_ms <= loop->now_ms))
        run_timers(loop);
    return err;
}

flare_err flare_loop_run_once(flare_loop *loop, int timeout_ms)
{
    if (!FLARE_ASSERT(!loop->running, "a loop is not run from its own callback"))
        return FLARE_ERR_STATE;
    loop->running = true;
    flare_err err = turn(loop, timeout_ms);
    loop->running = false;
    return err;
}

flare_err flare_loop_run(flare_loop *loop)
{
    flare_err err = FLARE_OK;
    if (!FLARE_ASSERT(!loop->running, "a loop is not run from its own callback"))
        return FLARE_ERR_STATE;
    loop->running = true;
    while (err == FLARE_OK && !is_stopped(loop))
        err = turn(loop, -1);
    atomic_store_explicit(&loop->stop, false, memory_order_relaxed);
    loop->running = false;
    return err;
}

void flare_loop_stop(flare_loop *loop)
{
    atomic_store_explicit(&loop->stop, true, memory_order_release);
    flarei_loop_wake(loop);
}

/* ---- Watches ---- */

static flare_err make_room(flare_loop *loop, uint32_t fd)
{
    uint32_t size = loop->watches_size ? loop->watches_size : WATCHES_AT_FIRST;
    if (fd < loop->watches_size)
        return FLARE_OK;
    while (size <= fd)
        size *= 2;
    flare_watch **watches = flarei_realloc(loop->watches, size * sizeof(flare_watch *));
    if (!watches)
        return FLARE_ERR_MEMORY;
    for (uint32_t i = loop->watches_size; i < size; i++)
        watches[i] = NULL;
    loop->watches = watches;
    loop->watches_size = size;
    return FLARE_OK;
}

flare_err flare_loop_add(flare_loop *loop, flare_watch *watch)
{
    if (!FLARE_ASSERT(watch->generation == 0, "a watch is added once") ||
        !FLARE_ASSERT(watch->fd >= 0, "a watch has an open descriptor"))
        return FLARE_ERR_STATE;
    flare_err err = make_room(loop, (uint32_t)watch->fd);
    if (err != FLARE_OK)
        return err;
    if (!FLARE_ASSERT(loop->watches[watch->fd] == NULL,
                      "stale descriptor: it was closed while another watch was on it"))
        return FLARE_ERR_STATE;
    if (++loop->generation == 0)
        loop->generation = 1;
    watch->generation = loop->generation;
    watch->told = 0;
    err = loop->poller->add(loop, watch);
    if (err == FLARE_OK)
        loop->watches[watch->fd] = watch;
    else
        watch->generation = 0;
    return err;
}

/* Takes the watch from the table; false if the number belongs to another one by now. */
static bool release(flare_loop *loop, flare_watch *watch)
{
    bool own =
        watch->fd >= 0 && (uint32_t)watch->fd < loop->watches_size && loop->watches[watch->fd] == watch;
    if (own)
        loop->watches[watch->fd] = NULL;
    return FLARE_ASSERT(
               own, "stale descriptor: it was closed and watched again, or changed, while it was watched") &&
           own;
}

void flare_loop_remove(flare_loop *loop, flare_watch *watch)
{
    if (watch->generation == 0)
        return;
    if (release(loop, watch))
        loop->poller->remove(loop, watch);
    watch->generation = 0;
}

void flare_loop_close(flare_loop *loop, flare_watch *watch)
{
    bool own = true;
    if (watch->generation != 0) {
        own = release(loop, watch);
        if (own && FLARE_ASSERT_MODE == FLARE_ASSERT_ALL)
            loop->poller->remove(loop, watch);
        else if (own)
            loop->poller->forget(loop, watch);
        watch->generation = 0;
    }
    if (own)
        flare_socket_close(watch->fd);
    watch->fd = -1;
}

flare_err flarei_loop_again(flare_loop *loop, flare_watch *watch)
{
    return loop->poller->again(loop, watch);
}

/* ---- Timers ---- */

void flare_timer_set(flare_loop *loop, flare_timer *timer, uint64_t delay_ms)
{
    if (delay_ms > FLARE_TIMER_MAX_MS)
        delay_ms = FLARE_TIMER_MAX_MS;
    /* One more, since now_ms is up to 1 ms behind the clock. */
    uint64_t due_ms = loop->now_ms + delay_ms + 1;
    if (delay_ms >= FLARE_TIMER_COARSE_FROM_MS)
        due_ms = (due_ms + FLARE_TIMER_COARSE_MS - 1) / FLARE_TIMER_COARSE_MS * FLARE_TIMER_COARSE_MS;
    if (timer->link.next)
        flarei_wheel_remove(&loop->wheel, timer);
    flarei_wheel_follow(&loop->wheel, loop->now_ms);
    flarei_wheel_add(&loop->wheel, timer, due_ms);
}

void flarei_timer_set_now(flare_loop *loop, flare_timer *timer)
{
    flarei_wheel_follow(&loop->wheel, loop->now_ms);
    flarei_wheel_add(&loop->wheel, timer, loop->now_ms);
}

void flare_timer_cancel(flare_loop *loop, flare_timer *timer)
{
    if (timer->link.next)
        flarei_wheel_remove(&loop->wheel, timer);
}
