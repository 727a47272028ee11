/* list.c - tasks in memory, each in one allocation with all its texts. */
#include "list.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct kept {
    tasks_entry entry;
    _Alignas(max_align_t) char memory[];
};

struct list {
    pthread_mutex_t lock;
    struct kept *items[LIST_MAX]; /* by id */
    size_t count;
    uint64_t last_id;
};

/* ---- copies ---- */

/* Copies pieces behind one another, or without `to` only counts what room they need. */
struct copier {
    char *to;
    size_t used;
};

static void *copy(struct copier *copier, const void *from, size_t bytes)
{
    char *const to = copier->to == NULL ? NULL : copier->to + copier->used;
    const size_t align = _Alignof(max_align_t);

    if (to != NULL && bytes > 0)
        memcpy(to, from, bytes);
    copier->used += (bytes + align - 1) / align * align;
    return to;
}

static flare_str copy_text(struct copier *copier, flare_str text)
{
    return (flare_str){(char *)copy(copier, text.ptr, text.len), text.len};
}

static tasks_task copy_task(struct copier *copier, tasks_task task)
{
    tasks_step *const steps = copy(copier, task.steps.items, task.steps.count * sizeof *steps);
    flare_str *const topics = copy(copier, task.topics.items, task.topics.count * sizeof *topics);
    const flare_str_map given = task.labels.has ? task.labels.value : (flare_str_map){NULL, 0};
    flare_str_map_entry *const labels = copy(copier, given.items, given.count * sizeof *labels);

    for (size_t i = 0; i < task.steps.count; i++) {
        const flare_str text = copy_text(copier, task.steps.items[i].text);

        if (steps != NULL)
            steps[i].text = text;
    }
    for (size_t i = 0; i < task.topics.count; i++) {
        const flare_str topic = copy_text(copier, task.topics.items[i]);

        if (topics != NULL)
            topics[i] = topic;
    }
    for (size_t i = 0; i < given.count; i++) {
        const flare_str key = copy_text(copier, given.items[i].key);
        const flare_str value = copy_text(copier, given.items[i].value);

        if (labels != NULL)
            labels[i] = (flare_str_map_entry){key, value};
    }
    task.title = copy_text(copier, task.title);
    task.steps.items = steps;
    task.topics.items = topics;
    task.labels.value = (flare_str_map){labels, given.count};
    return task;
}

static struct kept *keep(uint64_t id, const tasks_task *task)
{
    struct copier copier = {NULL, 0};
    struct timespec now;
    struct kept *kept;

    (void)copy_task(&copier, *task);
    kept = malloc(sizeof *kept + copier.used);
    if (kept == NULL)
        return NULL;
    (void)timespec_get(&now, TIME_UTC);
    copier = (struct copier){kept->memory, 0};
    kept->entry.id = id;
    kept->entry.changed = (flare_time)now.tv_sec * 1000000000 + now.tv_nsec;
    kept->entry.task = copy_task(&copier, *task);
    return kept;
}

/* ---- the list ---- */

struct list *list_new(void)
{
    struct list *const list = calloc(1, sizeof *list);

    if (list != NULL && pthread_mutex_init(&list->lock, NULL) != 0) {
        free(list);
        return NULL;
    }
    return list;
}

void list_free(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    (void)pthread_mutex_destroy(&list->lock);
    free(list);
}

void list_lock(struct list *list)
{
    (void)pthread_mutex_lock(&list->lock);
}

void list_unlock(struct list *list)
{
    (void)pthread_mutex_unlock(&list->lock);
}

/* The place of the first whose id is at least this one. */
static size_t place_of(const struct list *list, uint64_t id)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (list->items[middle]->entry.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const tasks_entry *list_next(struct list *list, uint64_t after)
{
    const size_t place = after == UINT64_MAX ? list->count : place_of(list, after + 1);

    return place < list->count ? &list->items[place]->entry : NULL;
}

const tasks_entry *list_find(struct list *list, uint64_t id)
{
    const size_t place = place_of(list, id);

    return place < list->count && list->items[place]->entry.id == id ? &list->items[place]->entry : NULL;
}

bool list_is_full(const struct list *list)
{
    return list->count == LIST_MAX;
}

const tasks_entry *list_put(struct list *list, uint64_t id, const tasks_task *task)
{
    struct kept *const kept = keep(id != 0 ? id : list->last_id + 1, task);
    size_t place;

    if (kept == NULL)
        return NULL;
    if (id == 0) {
        place = list->count++;
        list->last_id++;
    } else {
        place = place_of(list, id);
        free(list->items[place]);
    }
    list->items[place] = kept;
    return &kept->entry;
}

bool list_remove(struct list *list, uint64_t id)
{
    const size_t place = place_of(list, id);

    if (list_find(list, id) == NULL)
        return false;
    free(list->items[place]);
    list->count--;
    memmove(&list->items[place], &list->items[place + 1], (list->count - place) * sizeof(struct kept *));
    return true;
}
