#include <flare/dns.h>
#include <flare/memory.h>

#include "loop/loop.h"
#include "net/resolver.h"
#include "net/sys.h"

#include <errno.h>

enum { IDLE_MS = 10 * 1000, DEFAULT_MS = 30 * 1000 };

enum state { WAITING, ASKED, POSTED };

struct flare_dns_lookup {
    flare_task task;
    struct flare_dns_lookup *next; /* of those that wait */
    flare_loop *loop;
    flare_dns_function *done;
    void *context;
    size_t count;
    flare_err err;
    enum state state;
    bool cancelled;
    uint16_t port;
    char host[FLARE_DNS_NAME_MAX_BYTES + 1];
    flare_address addresses[FLARE_DNS_ADDRESSES_MAX];
};

/* ---- The threads, which the process has in common ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct flare_dns_lookup *first;
    struct flare_dns_lookup **last; /* where the next one goes */
    unsigned waiting;
    unsigned threads;
    unsigned idle;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Also in a child of fork, which has none of the threads. */
static void begin_anew(void)
{
    pthread_condattr_t attributes;

    (void)pthread_mutex_init(&pool.lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&pool.more, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    pool.first = NULL;
    pool.last = &pool.first;
    pool.waiting = pool.threads = pool.idle = 0;
}

static void open_once(void)
{
    begin_anew();
    (void)pthread_atfork(NULL, NULL, begin_anew);
}

/* The next that waits, for as long as an idle thread is kept. Under the lock. */
static struct flare_dns_lookup *take_next(void)
{
    const struct timespec until = flarei_loop_clock_after(IDLE_MS);
    struct flare_dns_lookup *lookup;
    int failed = 0;

    pool.idle++;
    while (pool.first == NULL && failed == 0)
        failed = pthread_cond_timedwait(&pool.more, &pool.lock, &until);
    pool.idle--;
    lookup = pool.first;
    if (lookup == NULL)
        return NULL;
    pool.first = lookup->next;
    if (pool.first == NULL)
        pool.last = &pool.first;
    pool.waiting--;
    return lookup;
}

static void *ask(void *context)
{
    struct flare_dns_lookup *lookup;

    (void)context;
    (void)pthread_mutex_lock(&pool.lock);
    while ((lookup = take_next()) != NULL) {
        lookup->state = ASKED;
        (void)pthread_mutex_unlock(&pool.lock);
        lookup->err = flarei_resolve(lookup->host, lookup->port, lookup->addresses, FLARE_DNS_ADDRESSES_MAX,
                                     &lookup->count);
        (void)pthread_mutex_lock(&pool.lock);
        /* Whoever cancels takes the lock first, so the loop of one that was not is there. */
        if (lookup->cancelled) {
            flarei_free(lookup);
        } else {
            lookup->state = POSTED;
            flare_loop_post(lookup->loop, &lookup->task);
        }
    }
    pool.threads--;
    (void)pthread_mutex_unlock(&pool.lock);
    return NULL;
}

/* One that ends by itself, with all signals blocked. Under the lock. */
static bool start_thread(void)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;
    bool started;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    started = flarei_sys.pthread_create(&thread, &attributes, ask, NULL) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    pool.threads += started;
    return started;
}

/* Under the lock. */
static flare_err enqueue(struct flare_dns_lookup *lookup)
{
    if (pool.waiting == FLARE_DNS_WAITING_MAX)
        return FLARE_ERR_LIMIT;
    if (pool.idle <= pool.waiting && pool.threads < FLARE_DNS_THREADS_MAX && !start_thread() &&
        pool.threads == 0)
        return FLARE_ERR_AGAIN;
    *pool.last = lookup;
    pool.last = &lookup->next;
    pool.waiting++;
    (void)pthread_cond_signal(&pool.more);
    return FLARE_OK;
}

/* Under the lock. */
static void dequeue(const struct flare_dns_lookup *lookup)
{
    struct flare_dns_lookup **at = &pool.first;

    while (*at != lookup)
        at = &(*at)->next;
    *at = lookup->next;
    if (*at == NULL)
        pool.last = at;
    pool.waiting--;
}

/* ---- A lookup ---- */

static void answered(flare_loop *loop, flare_task *task)
{
    struct flare_dns_lookup *const lookup = FLARE_OWNER(task, struct flare_dns_lookup, task);

    if (!lookup->cancelled)
        lookup->done(loop, lookup->context, lookup->err, lookup->addresses, lookup->count);
    flarei_free(lookup);
}

flare_err flare_dns_start(flare_dns_lookup **out, flare_loop *loop, flare_str host, uint16_t port,
                          flare_dns_function *done, void *context)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct flare_dns_lookup *lookup;
    flare_err err;

    *out = NULL;
    if (host.len == 0 || memchr(host.ptr, '\0', host.len) != NULL)
        return FLARE_ERR_ARGUMENT;
    if (host.len > FLARE_DNS_NAME_MAX_BYTES)
        return FLARE_ERR_RANGE;
    lookup = flarei_calloc(1, sizeof *lookup);
    if (lookup == NULL)
        return FLARE_ERR_MEMORY;
    lookup->task.callback = answered;
    lookup->loop = loop;
    lookup->done = done;
    lookup->context = context;
    lookup->port = port;
    memcpy(lookup->host, host.ptr, host.len);
    (void)pthread_once(&once, open_once);
    (void)pthread_mutex_lock(&pool.lock);
    err = enqueue(lookup);
    (void)pthread_mutex_unlock(&pool.lock);
    if (err != FLARE_OK) {
        flarei_free(lookup);
        return err;
    }
    *out = lookup;
    return FLARE_OK;
}

void flare_dns_cancel(flare_dns_lookup *lookup)
{
    bool waits;

    if (lookup == NULL)
        return;
    (void)pthread_mutex_lock(&pool.lock);
    waits = lookup->state == WAITING;
    lookup->cancelled = true;
    if (waits)
        dequeue(lookup);
    (void)pthread_mutex_unlock(&pool.lock);
    if (waits)
        flarei_free(lookup);
}

/* ---- For who can wait ---- */

struct waiting {
    flare_address *addresses;
    size_t room;
    size_t count;
    flare_err err;
    bool done;
};

static void keep(flare_loop *loop, void *context, flare_err err, const flare_address *addresses, size_t count)
{
    struct waiting *const waiting = context;

    waiting->done = true;
    waiting->err = err;
    waiting->count = count < waiting->room ? count : waiting->room;
    for (size_t i = 0; i < waiting->count; i++)
        waiting->addresses[i] = addresses[i];
    flare_loop_stop(loop);
}

static void give_up(flare_loop *loop, flare_timer *timer)
{
    (void)timer;
    flare_loop_stop(loop);
}

flare_err flare_dns_resolve(flare_str host, uint16_t port, uint32_t timeout_ms, flare_address *addresses,
                            size_t room, size_t *count)
{
    struct waiting waiting = {.addresses = addresses, .room = room, .err = FLARE_ERR_TIMEOUT};
    flare_timer timer = {.callback = give_up};
    flare_dns_lookup *lookup;
    flare_loop *loop;
    flare_err err = flare_loop_create(&loop, FLARE_LOOP_DEFAULT);

    *count = 0;
    if (err != FLARE_OK)
        return err;
    err = flare_dns_start(&lookup, loop, host, port, keep, &waiting);
    if (err == FLARE_OK) {
        flare_timer_set(loop, &timer, timeout_ms != 0 ? timeout_ms : DEFAULT_MS);
        err = flare_loop_run(loop);
        if (!waiting.done) {
            flare_dns_cancel(lookup);
            (void)flare_loop_run_once(loop, 0);
        }
        err = err == FLARE_OK ? waiting.err : err;
        *count = waiting.count;
    }
    flare_loop_destroy(loop);
    return err;
}
