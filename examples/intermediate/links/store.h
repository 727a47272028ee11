/* store.h - links in memory. Handlers of all workers share one store; its lock is theirs to take. */
#ifndef STORE_H
#define STORE_H

#include "links.flare.h"

enum { STORE_MAX = 100000, STORE_SLUG_BYTES = 8 };

struct store;

enum visit {
    VISIT_OPEN,
    VISIT_OVER, /* it has expired, or worked for one visit */
    VISIT_NONE
};

struct store *store_new(void);
void store_free(struct store *store);

void store_lock(struct store *store);
void store_unlock(struct store *store);

/* Between store_lock() and store_unlock(); what they return stays until then. */

/* Counts a visit. */
enum visit store_visit(struct store *store, flare_str slug, flare_str *target);
bool store_has(struct store *store, flare_str slug);
/* A slug that is free, written to `to`; empty where the system has no random numbers. */
flare_str store_make_slug(struct store *store, char to[STORE_SLUG_BYTES]);
/* Keeps a copy. NULL: no room. */
const links_link *store_add(struct store *store, flare_str slug, const links_new_link *link,
                            const struct links_owner *owner);
/* Of this owner only. */
const links_link *store_find(struct store *store, flare_str slug, const struct links_owner *owner);
bool store_remove(struct store *store, flare_str slug, const struct links_owner *owner);

#endif
