/* store.h - tenants and their issues, in memory. Handlers of all workers share them; the lock of a tenant is
 * theirs to take. */
#ifndef STORE_H
#define STORE_H

#include "tracker.flare.h"

#include <stddef.h>

enum { STORE_ISSUES_MAX = 1000, STORE_FILE_MAX_BYTES = 30 * 1024 * 1024 };

struct tracker_user {
    flare_str token;
    uint64_t id;
};

/* An issue and what is known about it. */
struct kept {
    tracker_issue issue;
    flare_str project;
    flare_str key;                       /* the Idempotency-Key that it came with, maybe empty */
    uint64_t change;                     /* of the tenant's changes the one that made it as it is */
    _Alignas(max_align_t) char memory[]; /* all texts and lists of the above */
};

struct tracker_state *store_new(void);
void store_free(struct tracker_state *state);

/* NULL: nobody. */
struct tracker_user *store_user(flare_str token);
struct tracker_tenant *store_tenant(struct tracker_state *state, flare_str slug);
bool tenant_has(const struct tracker_tenant *tenant, const struct tracker_user *user);

void tenant_lock(struct tracker_tenant *tenant);
void tenant_unlock(struct tracker_tenant *tenant);

/* Between tenant_lock() and tenant_unlock(); what they return stays until then. */

/* All issues, `count` of them, in no order. */
struct kept *const *tenant_issues(const struct tracker_tenant *tenant, size_t *count);
const struct kept *tenant_find(const struct tracker_tenant *tenant, flare_str project, uint64_t number);
const struct kept *tenant_find_key(const struct tracker_tenant *tenant, flare_str project, flare_str key);
/* Keep copies: the request that brought it ends. NULL: no room. */
const struct kept *tenant_add(struct tracker_tenant *tenant, flare_str project, flare_str key,
                              const tracker_issue *issue);
const struct kept *tenant_replace(struct tracker_tenant *tenant, const struct kept *old,
                                  const tracker_issue *issue);
void tenant_remove(struct tracker_tenant *tenant, const struct kept *kept);
/* Counts a file; false where the tenant's room for files is used up. */
bool tenant_take_file(struct tracker_tenant *tenant, uint64_t bytes);

#endif
