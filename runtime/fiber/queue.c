/* queue.c - pointers from whoever has them to whoever waits for them: fibers, and threads. */
#include "base/link.h"
#include "fiber/fiber.h"
#include "fiber/threads.h"
#include "loop/loop.h"

#include <flare/await.h>
#include <flare/memory.h>

#include <errno.h>
#include <pthread.h>

enum { LOOK_MS = 20 };

/* Somebody who waits for an item, or with one for room. What it waits for is handed to it, so that nobody can
 * come between. */
struct waiter {
    struct flarei_link place;
    void *item;
    flare_err result;
    bool queued;
    bool served; /* under the lock: `result` is set, and the wake on its way */
    bool woken;  /* fibers: and it has come */
    bool due;
    struct flarei_fiber *fiber; /* NULL: a thread */
    pthread_cond_t *served_now; /* threads */
    flare_task task;
    flare_timer timer;
};

struct flare_queue {
    pthread_mutex_t lock;
    struct flarei_link takers; /* who waits */
    struct flarei_link givers;
    size_t capacity;
    size_t count;
    size_t start;
    bool closed;
    void *items[];
};

/* ---- Waiters: the lock is held ---- */

static void enqueue(struct flarei_link *waiters, struct waiter *waiter)
{
    flarei_link_before(waiters, &waiter->place);
    waiter->queued = true;
}

static void dequeue(struct waiter *waiter)
{
    flarei_link_take(&waiter->place);
    waiter->queued = false;
}

static struct waiter *first(const struct flarei_link *waiters)
{
    return flarei_link_alone(waiters) ? NULL : FLARE_OWNER(waiters->next, struct waiter, place);
}

static void serve(struct waiter *waiter, flare_err result)
{
    dequeue(waiter);
    waiter->result = result;
    waiter->served = true;
    if (waiter->fiber != NULL)
        flare_loop_post(waiter->fiber->home->loop, &waiter->task);
    else
        (void)pthread_cond_signal(waiter->served_now);
}

/* ---- Items: the lock is held ---- */

/* @return false: there is no room */
static bool give(flare_queue *queue, void *item)
{
    struct waiter *const taker = first(&queue->takers);

    if (taker != NULL) {
        taker->item = item;
        serve(taker, FLARE_OK);
        return true;
    }
    if (queue->count == queue->capacity)
        return false;
    queue->items[(queue->start + queue->count++) % queue->capacity] = item;
    return true;
}

/* @return false: there is none */
static bool take(flare_queue *queue, void **item)
{
    struct waiter *const giver = first(&queue->givers);

    if (queue->count == 0)
        return false;
    *item = queue->items[queue->start];
    queue->start = (queue->start + 1) % queue->capacity;
    queue->count--;
    if (giver != NULL) {
        queue->items[(queue->start + queue->count++) % queue->capacity] = giver->item;
        serve(giver, FLARE_OK);
    }
    return true;
}

/* ---- Waiting ---- */

static void served(flare_loop *loop, flare_task *task)
{
    struct waiter *const waiter = FLARE_OWNER(task, struct waiter, task);

    (void)loop;
    waiter->woken = true;
    flarei_fiber_wake(waiter->fiber);
}

static void due(flare_loop *loop, flare_timer *timer)
{
    struct waiter *const waiter = FLARE_OWNER(timer, struct waiter, timer);

    (void)loop;
    waiter->due = true;
    flarei_fiber_wake(waiter->fiber);
}

/* Gives up, unless it was served just now. */
static flare_err withdraw(flare_queue *queue, struct waiter *waiter, flare_err why)
{
    (void)pthread_mutex_lock(&queue->lock);
    if (waiter->queued) {
        dequeue(waiter);
        waiter->result = why;
        waiter->woken = true;
    }
    (void)pthread_mutex_unlock(&queue->lock);
    while (!waiter->woken)
        flarei_fiber_park();
    return waiter->result;
}

/* The lock is held, and released. */
static flare_err wait_on_fiber(flare_queue *queue, struct flarei_link *waiters, struct waiter *waiter,
                               uint64_t timeout_ms)
{
    struct flarei_fiber *const fiber = waiter->fiber;
    flare_err err = FLARE_OK;

    waiter->task.callback = served;
    waiter->timer.callback = due;
    enqueue(waiters, waiter);
    (void)pthread_mutex_unlock(&queue->lock);
    if (timeout_ms != FLARE_FOREVER)
        flare_timer_set(fiber->home->loop, &waiter->timer, timeout_ms);
    while (!waiter->woken && !waiter->due && err == FLARE_OK) {
        flarei_fiber_park();
        err = flarei_fiber_cancelled(fiber, true);
    }
    flare_timer_cancel(fiber->home->loop, &waiter->timer);
    if (waiter->woken)
        return waiter->result;
    return withdraw(queue, waiter, err != FLARE_OK ? err : FLARE_ERR_TIMEOUT);
}

/* In steps: a thread is not woken by what ends its waits. The lock is held, and kept. */
static flare_err wait_in_steps(flare_queue *queue, struct waiter *waiter, uint64_t timeout_ms)
{
    const struct flarei_cancel *const cancel = flarei_threads_cancel();

    while (!waiter->served) {
        const uint64_t step_ms = timeout_ms < LOOK_MS || cancel == NULL ? timeout_ms : LOOK_MS;
        const struct timespec until = flarei_loop_clock_after(step_ms);

        if (cancel != NULL && flarei_cancel_ends(cancel, true))
            return FLARE_ERR_CANCELLED;
        if (timeout_ms == 0)
            return FLARE_ERR_TIMEOUT;
        if (step_ms == FLARE_FOREVER) {
            (void)pthread_cond_wait(waiter->served_now, &queue->lock);
        } else if (pthread_cond_timedwait(waiter->served_now, &queue->lock, &until) == ETIMEDOUT &&
                   timeout_ms != FLARE_FOREVER) {
            timeout_ms -= step_ms;
        }
    }
    return FLARE_OK;
}

/* The lock is held, and released. */
static flare_err wait_on_thread(flare_queue *queue, struct flarei_link *waiters, struct waiter *waiter,
                                uint64_t timeout_ms)
{
    pthread_condattr_t attributes;
    pthread_cond_t served_now;
    flare_err err = FLARE_ERR_MEMORY;

    if (pthread_condattr_init(&attributes) == 0) {
        (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        if (pthread_cond_init(&served_now, &attributes) == 0) {
            waiter->served_now = &served_now;
            enqueue(waiters, waiter);
            err = wait_in_steps(queue, waiter, timeout_ms);
            if (waiter->queued)
                dequeue(waiter);
            else
                err = waiter->result;
            (void)pthread_cond_destroy(&served_now);
        }
        (void)pthread_condattr_destroy(&attributes);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return err;
}

static flare_err wait(flare_queue *queue, struct flarei_link *waiters, struct waiter *waiter,
                      uint64_t timeout_ms)
{
    const struct flarei_cancel *cancel;

    waiter->fiber = flarei_fiber_current();
    cancel = waiter->fiber != NULL ? waiter->fiber->cancel : flarei_threads_cancel();
    if (timeout_ms == 0 || (cancel != NULL && flarei_cancel_ends(cancel, true))) {
        (void)pthread_mutex_unlock(&queue->lock);
        return timeout_ms == 0 ? FLARE_ERR_TIMEOUT : FLARE_ERR_CANCELLED;
    }
    return waiter->fiber != NULL ? wait_on_fiber(queue, waiters, waiter, timeout_ms)
                                 : wait_on_thread(queue, waiters, waiter, timeout_ms);
}

/* ---- The queue ---- */

flare_err flare_queue_new(flare_queue **queue, size_t capacity)
{
    flare_queue *const made = capacity != 0 && capacity < SIZE_MAX / sizeof(void *) / 2
                                  ? flarei_calloc(1, sizeof *made + capacity * sizeof made->items[0])
                                  : NULL;

    if (made != NULL && pthread_mutex_init(&made->lock, NULL) != 0) {
        flarei_free(made);
        return FLARE_ERR_MEMORY;
    }
    *queue = made;
    if (made == NULL)
        return FLARE_ERR_MEMORY;
    made->capacity = capacity;
    flarei_link_init(&made->takers);
    flarei_link_init(&made->givers);
    return FLARE_OK;
}

flare_err flare_queue_push(flare_queue *queue, void *item, uint64_t timeout_ms)
{
    struct waiter waiter = {.item = item};
    flare_err err = FLARE_OK;

    (void)pthread_mutex_lock(&queue->lock);
    if (queue->closed)
        err = FLARE_ERR_CLOSED;
    else if (!give(queue, item))
        return wait(queue, &queue->givers, &waiter, timeout_ms);
    (void)pthread_mutex_unlock(&queue->lock);
    return err;
}

flare_err flare_queue_pop(flare_queue *queue, void **item, uint64_t timeout_ms)
{
    struct waiter waiter = {0};
    flare_err err = FLARE_OK;

    (void)pthread_mutex_lock(&queue->lock);
    if (!take(queue, item)) {
        if (!queue->closed) {
            err = wait(queue, &queue->takers, &waiter, timeout_ms);
            if (err == FLARE_OK)
                *item = waiter.item;
            return err;
        }
        err = FLARE_ERR_CLOSED;
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return err;
}

void flare_queue_close(flare_queue *queue)
{
    struct waiter *waiter;

    (void)pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    while ((waiter = first(&queue->takers)) != NULL || (waiter = first(&queue->givers)) != NULL)
        serve(waiter, FLARE_ERR_CLOSED);
    (void)pthread_mutex_unlock(&queue->lock);
}

void flare_queue_free(flare_queue *queue)
{
    if (queue == NULL)
        return;
    (void)pthread_mutex_destroy(&queue->lock);
    flarei_free(queue);
}
