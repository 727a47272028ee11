/* table.c - open addressing over FNV-1a; keys are compared whole. */
#include <string.h>

#include "check/check.h"

static size_t hash(const char *key)
{
    uint64_t value = 14695981039346656037u;

    for (; *key != '\0'; key++)
        value = (value ^ (unsigned char)*key) * 1099511628211u;
    return (size_t)(value ^ value >> 32);
}

/* The entry of the key, or the free one where it belongs. The table is never full. */
static struct table_entry *slot(const struct table *table, const char *key)
{
    size_t at = hash(key) & (table->size - 1);

    while (table->entries[at].key != NULL && strcmp(table->entries[at].key, key) != 0)
        at = (at + 1) & (table->size - 1);
    return &table->entries[at];
}

void *table_find(const struct table *table, const char *key)
{
    return table->size == 0 ? NULL : slot(table, key)->thing;
}

static void grow(struct table *table, struct arena *arena)
{
    const struct table old = *table;

    table->size = old.size == 0 ? 16 : old.size * 2;
    table->entries = ARENA_ARRAY(arena, table->size, struct table_entry);
    for (size_t i = 0; i < old.size; i++) {
        if (old.entries[i].key != NULL)
            *slot(table, old.entries[i].key) = old.entries[i];
    }
}

void *table_add(struct table *table, struct arena *arena, const char *key, void *thing)
{
    struct table_entry *entry;

    if (table->count * 2 >= table->size)
        grow(table, arena);
    entry = slot(table, key);
    if (entry->key != NULL)
        return entry->thing;
    entry->key = key;
    entry->thing = thing;
    table->count++;
    return NULL;
}

void *vector_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    *capacity = *capacity == 0 ? 8 : *capacity * 2;
    void *const more = arena_array(arena, *capacity, size);
    if (count > 0)
        memcpy(more, items, count * size);
    return more;
}

const char *check_nearest(struct check *check, const char *text, const char *const *names, size_t count)
{
    if (check->suggested > 100000)
        return NULL;
    check->suggested += count;
    return diag_nearest(text, names, count);
}
