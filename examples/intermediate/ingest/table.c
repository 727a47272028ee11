/* table.c - a hash table of fixed size, which never moves a series. */
#include "table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 2 * TABLE_SERIES_MAX, NAME_MAX_BYTES = 200 }; /* names are ASCII, by their pattern */

struct kept {
    char name[NAME_MAX_BYTES];
    size_t length; /* 0: nobody's place */
    flare_time at;
    double value;
    uint64_t points;
};

struct table {
    pthread_mutex_t lock;
    struct kept places[PLACES];
    size_t count;
};

struct table *table_new(void)
{
    struct table *const table = calloc(1, sizeof *table);

    if (table != NULL && pthread_mutex_init(&table->lock, NULL) != 0) {
        free(table);
        return NULL;
    }
    return table;
}

void table_free(struct table *table)
{
    (void)pthread_mutex_destroy(&table->lock);
    free(table);
}

void table_lock(struct table *table)
{
    (void)pthread_mutex_lock(&table->lock);
}

void table_unlock(struct table *table)
{
    (void)pthread_mutex_unlock(&table->lock);
}

/* The place of this name, or the empty one where it would stand (FNV-1a). */
static struct kept *place_of(struct table *table, flare_str name)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.ptr[i]) * 16777619U;
    for (;; hash++) {
        struct kept *const kept = &table->places[hash % PLACES];

        if (kept->length == 0 || flare_str_equal((flare_str){kept->name, kept->length}, name))
            return kept;
    }
}

bool table_reserve(struct table *table, flare_str name)
{
    struct kept *const kept = place_of(table, name);

    if (kept->length != 0)
        return true;
    if (table->count == TABLE_SERIES_MAX)
        return false;
    memcpy(kept->name, name.ptr, name.len);
    kept->length = name.len;
    table->count++;
    return true;
}

uint64_t table_add(struct table *table, const ingest_series *series, double offset)
{
    struct kept *const kept = place_of(table, series->name);

    for (size_t i = 0; i < series->points.count; i++) {
        const ingest_point *const point = &series->points.items[i];

        if (kept->points++ > 0 && point->at < kept->at)
            continue;
        kept->at = point->at;
        kept->value = point->value - offset;
    }
    return series->points.count;
}
