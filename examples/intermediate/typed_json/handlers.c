/* handlers.c - each takes the lock, and lets it go once its reply is made: a constructor has written
 * everything when it returns, so replies are made of what the list holds, without a copy. */
#include "list.h"

#include <stdlib.h>

struct tasks_state {
    struct list *list;
};

struct tasks_state *tasks_state_open(void)
{
    struct tasks_state *const state = calloc(1, sizeof *state);

    if (state == NULL || (state->list = list_new()) == NULL) {
        free(state);
        return NULL;
    }
    return state;
}

void tasks_state_close(struct tasks_state *state)
{
    list_free(state->list);
    free(state);
}

static struct list *locked_list(flare_request *rq)
{
    struct list *const list = tasks_state_of(rq)->list;

    list_lock(list);
    return list;
}

/* What no type can say: the task that this one waits for is there, and is another. */
static bool due_is_good(struct list *list, uint64_t id, const tasks_due_opt *due)
{
    if (!due->has)
        return true;
    switch (due->value.tag) {
    case TASKS_DUE_DAY:
    case TASKS_DUE_MOMENT:
        return true;
    case TASKS_DUE_AFTER:
        return due->value.as.after.id != id && list_find(list, due->value.as.after.id) != NULL;
    }
    return false;
}

tasks_list_tasks_reply tasks_list_tasks(flare_request *rq, const tasks_list_tasks_in *in)
{
    tasks_entry *const found = flare_alloc(rq, in->page.limit * sizeof *found);
    struct list *list;
    const tasks_entry *entry;
    tasks_list_tasks_reply reply;
    size_t count = 0;

    if (found == NULL)
        return tasks_list_tasks_fail(rq, "no memory");
    list = locked_list(rq);
    for (uint64_t after = in->page.after; count < in->page.limit; after = entry->id) {
        entry = list_next(list, after);
        if (entry == NULL)
            break;
        if (!in->status.has || in->status.value == entry->task.status)
            found[count++] = *entry;
    }
    reply = tasks_list_tasks_ok(rq, &(tasks_entry_array){found, count});
    list_unlock(list);
    return reply;
}

static tasks_add_task_reply add_task(flare_request *rq, struct list *list, const tasks_task *task)
{
    const tasks_entry *entry;

    if (list_is_full(list))
        return tasks_add_task_list_full(rq);
    if (!due_is_good(list, 0, &task->due))
        return tasks_add_task_no_such_task_before(rq);
    entry = list_put(list, 0, task);
    if (entry == NULL)
        return tasks_add_task_fail(rq, "no memory");
    return tasks_add_task_created(rq, entry, flare_format(rq, "/tasks/%llu", (unsigned long long)entry->id));
}

tasks_add_task_reply tasks_add_task(flare_request *rq, const tasks_add_task_in *in)
{
    struct list *const list = locked_list(rq);
    const tasks_add_task_reply reply = add_task(rq, list, &in->body);

    list_unlock(list);
    return reply;
}

tasks_get_task_reply tasks_get_task(flare_request *rq, const tasks_get_task_in *in)
{
    struct list *const list = locked_list(rq);
    const tasks_entry *const entry = list_find(list, in->id);
    const tasks_get_task_reply reply =
        entry != NULL ? tasks_get_task_ok(rq, entry) : tasks_get_task_not_found(rq);

    list_unlock(list);
    return reply;
}

static tasks_put_task_reply put_task(flare_request *rq, struct list *list, const tasks_put_task_in *in)
{
    const tasks_entry *entry;

    if (list_find(list, in->id) == NULL)
        return tasks_put_task_not_found(rq);
    if (!due_is_good(list, in->id, &in->body.due))
        return tasks_put_task_no_such_task_before(rq);
    entry = list_put(list, in->id, &in->body);
    return entry != NULL ? tasks_put_task_ok(rq, entry) : tasks_put_task_fail(rq, "no memory");
}

tasks_put_task_reply tasks_put_task(flare_request *rq, const tasks_put_task_in *in)
{
    struct list *const list = locked_list(rq);
    const tasks_put_task_reply reply = put_task(rq, list, in);

    list_unlock(list);
    return reply;
}

static tasks_task patched(tasks_task task, const tasks_task_patch *patch)
{
    if (patch->title.has)
        task.title = patch->title.value;
    if (patch->status.has)
        task.status = patch->status.value;
    if (patch->priority.has)
        task.priority = patch->priority.value;
    if (patch->due.has)
        task.due = (tasks_due_opt){true, patch->due.value};
    else if (patch->due.clear)
        task.due.has = false;
    if (patch->steps.has)
        task.steps = patch->steps.value;
    return task;
}

static tasks_patch_task_reply patch_task(flare_request *rq, struct list *list, const tasks_patch_task_in *in)
{
    const tasks_entry *entry = list_find(list, in->id);
    tasks_task task;

    if (entry == NULL)
        return tasks_patch_task_not_found(rq);
    task = patched(entry->task, &in->body);
    if (!due_is_good(list, in->id, &task.due))
        return tasks_patch_task_no_such_task_before(rq);
    entry = list_put(list, in->id, &task);
    return entry != NULL ? tasks_patch_task_ok(rq, entry) : tasks_patch_task_fail(rq, "no memory");
}

tasks_patch_task_reply tasks_patch_task(flare_request *rq, const tasks_patch_task_in *in)
{
    struct list *const list = locked_list(rq);
    const tasks_patch_task_reply reply = patch_task(rq, list, in);

    list_unlock(list);
    return reply;
}

tasks_remove_task_reply tasks_remove_task(flare_request *rq, const tasks_remove_task_in *in)
{
    struct list *const list = locked_list(rq);
    const bool removed = list_remove(list, in->id);

    list_unlock(list);
    return removed ? tasks_remove_task_no_content(rq) : tasks_remove_task_not_found(rq);
}
