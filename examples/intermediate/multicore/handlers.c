#include "multicore.flare.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { WORKERS_MAX = 256 };

/* A worker's own: only its thread adds, so that no other core's cache is disturbed. Others may read. */
struct multicore_worker {
    atomic_uint_least64_t hits;
};

struct multicore_state {
    atomic_uint_least64_t total; /* all add to it */
    pthread_mutex_t lock;        /* of what follows */
    struct multicore_worker *workers[WORKERS_MAX];
    uint32_t count;
};

struct multicore_state *multicore_state_open(void)
{
    struct multicore_state *const state = calloc(1, sizeof *state);

    if (state != NULL)
        (void)pthread_mutex_init(&state->lock, NULL);
    return state;
}

void multicore_state_close(struct multicore_state *state)
{
    for (uint32_t i = 0; i < state->count; i++)
        free(state->workers[i]);
    (void)pthread_mutex_destroy(&state->lock);
    free(state);
}

/* On the worker's thread, before its first request. */
struct multicore_worker *multicore_worker_open(struct multicore_state *state)
{
    struct multicore_worker *worker = NULL;

    (void)pthread_mutex_lock(&state->lock);
    if (state->count < WORKERS_MAX)
        worker = calloc(1, sizeof *worker);
    if (worker != NULL)
        state->workers[state->count++] = worker;
    (void)pthread_mutex_unlock(&state->lock);
    return worker;
}

/* What it counted is still shown while others serve: the state has it, and frees it. */
void multicore_worker_close(struct multicore_worker *worker)
{
    (void)worker;
}

multicore_hit_reply multicore_hit(flare_request *rq)
{
    struct multicore_worker *const worker = multicore_worker_of(rq);

    atomic_store_explicit(&worker->hits, atomic_load_explicit(&worker->hits, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&multicore_state_of(rq)->total, 1, memory_order_relaxed);
    return multicore_hit_no_content(rq);
}

multicore_show_counts_reply multicore_show_counts(flare_request *rq)
{
    struct multicore_state *const state = multicore_state_of(rq);
    uint64_t hits[WORKERS_MAX];

    (void)pthread_mutex_lock(&state->lock);
    for (uint32_t i = 0; i < state->count; i++)
        hits[i] = atomic_load_explicit(&state->workers[i]->hits, memory_order_relaxed);
    const multicore_counts counts = {
        .total = atomic_load_explicit(&state->total, memory_order_relaxed),
        .workers = {hits, state->count},
    };
    (void)pthread_mutex_unlock(&state->lock);

    return multicore_show_counts_ok(rq, &counts);
}
