#include "base/shared.h"

#include "base/hash.h"

#include <stdatomic.h>

enum { AREAS = 1024, LINE_BYTES = 64 };

struct area {
    const void *key;
    unsigned index;
    _Alignas(LINE_BYTES) char memory[];
};

struct shared {
    atomic_size_t used;
    _Atomic(struct area *) areas[AREAS]; /* by hash; the processes have all of this at one address */
    _Alignas(LINE_BYTES) char memory[];
};

static struct shared *shared;
static size_t shared_bytes;
static unsigned processes, process;

void flarei_shared_begin(void *memory, size_t bytes, unsigned count)
{
    shared = (struct shared *)memory;
    shared_bytes = bytes;
    processes = count;
    process = 0;
    flarei_hash_seed();
}

void flarei_shared_end(void)
{
    shared = NULL;
    processes = 0;
}

void flarei_shared_enter(unsigned number)
{
    process = number;
}

unsigned flarei_shared_processes(void)
{
    return processes;
}

unsigned flarei_shared_process(void)
{
    return process;
}

static size_t first_place(const void *key, unsigned index)
{
    return (size_t)flarei_hash64_seeded(index, (flare_str){(const char *)&key, sizeof key}) % AREAS;
}

/* Of one that nobody has shown yet; if another is shown instead it stays unused. */
static struct area *prepare(const void *key, unsigned index, size_t bytes)
{
    const size_t room = shared_bytes - sizeof *shared;
    const size_t whole = (sizeof(struct area) + bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    size_t before = atomic_load_explicit(&shared->used, memory_order_relaxed);
    struct area *area;

    do {
        if (whole > room - before)
            return NULL;
    } while (!atomic_compare_exchange_weak(&shared->used, &before, before + whole));
    area = (struct area *)(void *)(shared->memory + before);
    area->key = key;
    area->index = index;
    return area;
}

static bool is_of(const struct area *area, const void *key, unsigned index)
{
    return area->key == key && area->index == index;
}

void *flarei_shared_find(const void *key, unsigned index)
{
    if (shared == NULL)
        return NULL;
    for (size_t i = 0, at = first_place(key, index); i < AREAS; i++, at = (at + 1) % AREAS) {
        struct area *const area = atomic_load_explicit(&shared->areas[at], memory_order_acquire);

        if (area == NULL)
            return NULL;
        if (is_of(area, key, index))
            return area->memory;
    }
    return NULL;
}

void *flarei_shared_make(const void *key, unsigned index, size_t bytes)
{
    void *const found = flarei_shared_find(key, index);
    struct area *made;

    if (found != NULL || shared == NULL)
        return found;
    made = prepare(key, index, bytes);
    if (made == NULL)
        return NULL;
    for (size_t i = 0, at = first_place(key, index); i < AREAS; i++, at = (at + 1) % AREAS) {
        struct area *there = NULL;

        if (atomic_compare_exchange_strong(&shared->areas[at], &there, made))
            return made->memory;
        if (is_of(there, key, index))
            return there->memory;
    }
    return NULL;
}
