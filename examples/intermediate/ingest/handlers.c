/* handlers.c - who may send how much, and what is kept of it. */
#include "table.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { WINDOW_S = 60 };

struct ingest_state {
    struct table *table;
};

struct ingest_tenant {
    flare_str key;
    uint64_t points_per_window;
    /* Workers are threads. A window that ends while points are counted may lose some: a quota is not a bill.
     */
    atomic_int_fast64_t window;
    atomic_uint_fast64_t used;
};

/* An example's keys; yours come from where secrets are kept. */
static struct ingest_tenant tenants[] = {
    {.key = FLARE_STR_INIT("0123456789abcdef0123456789abcdef"), .points_per_window = 1000000},
    {.key = FLARE_STR_INIT("00000000000000000000000000000000"), .points_per_window = 0},
};

struct ingest_state *ingest_state_open(void)
{
    struct ingest_state *const state = calloc(1, sizeof *state);

    if (state == NULL || (state->table = table_new()) == NULL) {
        free(state);
        return NULL;
    }
    return state;
}

void ingest_state_close(struct ingest_state *state)
{
    table_free(state->table);
    free(state);
}

ingest_with_key_verdict ingest_with_key(flare_request *rq, const ingest_with_key_in *in)
{
    const int64_t now = (int64_t)time(NULL);

    for (size_t i = 0; i < sizeof tenants / sizeof *tenants; i++) {
        struct ingest_tenant *const tenant = &tenants[i];

        if (!flare_str_equal(tenant->key, in->key))
            continue;
        if (atomic_exchange(&tenant->window, now / WINDOW_S) != now / WINDOW_S)
            atomic_store(&tenant->used, 0);
        if (atomic_load(&tenant->used) >= tenant->points_per_window)
            return ingest_with_key_too_many_requests(rq, (uint32_t)(WINDOW_S - now % WINDOW_S));
        return ingest_with_key_pass(rq, tenant);
    }
    return ingest_with_key_unauthorized(rq);
}

/* All of a batch, or nothing. */
ingest_push_batch_reply ingest_push_batch(flare_request *rq, const ingest_push_batch_in *in)
{
    struct table *const table = ingest_state_of(rq)->table;
    const ingest_series_array *const batch = &in->body.series;
    ingest_accepted accepted = {.points = 0};
    bool room = true;

    table_lock(table);
    for (size_t i = 0; i < batch->count && room; i++)
        room = table_reserve(table, batch->items[i].name);
    for (size_t i = 0; i < batch->count && room; i++)
        accepted.points += table_add(table, &batch->items[i], in->body.offset);
    table_unlock(table);
    if (!room)
        return ingest_push_batch_service_unavailable(rq);
    atomic_fetch_add(&in->tenant->used, accepted.points);
    return ingest_push_batch_accepted(rq, &accepted);
}

ingest_push_stream_reply ingest_push_stream(flare_request *rq, const ingest_push_stream_in *in)
{
    struct table *const table = ingest_state_of(rq)->table;
    ingest_accepted accepted = {.points = 0};
    ingest_series series;
    bool room = true;

    while (room && ingest_push_stream_next(rq, &series)) {
        table_lock(table);
        room = table_reserve(table, series.name);
        if (room)
            accepted.points += table_add(table, &series, 0);
        table_unlock(table);
    }
    atomic_fetch_add(&in->tenant->used, accepted.points);
    return room ? ingest_push_stream_accepted(rq, &accepted) : ingest_push_stream_service_unavailable(rq);
}
