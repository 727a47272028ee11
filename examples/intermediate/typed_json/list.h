/* list.h - the tasks that are kept. Handlers of all workers share one list; its lock is theirs to take. */
#ifndef LIST_H
#define LIST_H

#include "typed_json.flare.h"

enum { LIST_MAX = 1000 };

struct list;

struct list *list_new(void);
void list_free(struct list *list);

void list_lock(struct list *list);
void list_unlock(struct list *list);

/* Between list_lock() and list_unlock(); what they return stays until then. */

/* In the order of their ids. */
const tasks_entry *list_next(struct list *list, uint64_t after);
const tasks_entry *list_find(struct list *list, uint64_t id);
bool list_is_full(const struct list *list);
/* Keep a copy of all that the task consists of: the request that brought it ends. An id of 0 adds. NULL: no
 * memory. */
const tasks_entry *list_put(struct list *list, uint64_t id, const tasks_task *task);
bool list_remove(struct list *list, uint64_t id);

#endif
