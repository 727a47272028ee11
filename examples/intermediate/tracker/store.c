/* store.c - two tenants, three users, and what they write. */
#include "store.h"

#include "copy.h"

#include <pthread.h>
#include <stdlib.h>

enum { TENANTS = 2, MEMBERS = 2 };

struct tracker_tenant {
    flare_str slug;
    uint64_t members[MEMBERS];
    pthread_mutex_t lock;
    struct kept *issues[STORE_ISSUES_MAX];
    size_t count;
    uint64_t last_number, changes, file_bytes;
};

struct tracker_state {
    struct tracker_tenant tenants[TENANTS];
};

/* An example's tokens; yours come from where secrets are kept. */
static struct tracker_user users[] = {
    {FLARE_STR_INIT("token-of-ada-0123456789"), 1},
    {FLARE_STR_INIT("token-of-bob-0123456789"), 2},
    {FLARE_STR_INIT("token-of-eve-0123456789"), 3},
};

struct tracker_state *store_new(void)
{
    static const struct {
        flare_str slug;
        uint64_t members[MEMBERS];
    } known[TENANTS] = {{FLARE_STR_INIT("acme"), {1, 2}}, {FLARE_STR_INIT("umbrella"), {3, 3}}};
    struct tracker_state *const state = calloc(1, sizeof *state);

    for (size_t i = 0; i < TENANTS && state != NULL; i++) {
        struct tracker_tenant *const tenant = &state->tenants[i];

        tenant->slug = known[i].slug;
        for (size_t member = 0; member < MEMBERS; member++)
            tenant->members[member] = known[i].members[member];
        (void)pthread_mutex_init(&tenant->lock, NULL);
    }
    return state;
}

void store_free(struct tracker_state *state)
{
    for (size_t i = 0; i < TENANTS; i++) {
        struct tracker_tenant *const tenant = &state->tenants[i];

        while (tenant->count > 0)
            free(tenant->issues[--tenant->count]);
        (void)pthread_mutex_destroy(&tenant->lock);
    }
    free(state);
}

struct tracker_user *store_user(flare_str token)
{
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        if (flare_str_equal(users[i].token, token))
            return &users[i];
    }
    return NULL;
}

struct tracker_tenant *store_tenant(struct tracker_state *state, flare_str slug)
{
    for (size_t i = 0; i < TENANTS; i++) {
        if (flare_str_equal(state->tenants[i].slug, slug))
            return &state->tenants[i];
    }
    return NULL;
}

bool tenant_has(const struct tracker_tenant *tenant, const struct tracker_user *user)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        if (tenant->members[i] == user->id)
            return true;
    }
    return false;
}

void tenant_lock(struct tracker_tenant *tenant)
{
    (void)pthread_mutex_lock(&tenant->lock);
}

void tenant_unlock(struct tracker_tenant *tenant)
{
    (void)pthread_mutex_unlock(&tenant->lock);
}

/* ---- issues ---- */

struct kept *const *tenant_issues(const struct tracker_tenant *tenant, size_t *count)
{
    *count = tenant->count;
    return tenant->issues;
}

const struct kept *tenant_find(const struct tracker_tenant *tenant, flare_str project, uint64_t number)
{
    for (size_t i = 0; i < tenant->count; i++) {
        if (tenant->issues[i]->issue.number == number && flare_str_equal(tenant->issues[i]->project, project))
            return tenant->issues[i];
    }
    return NULL;
}

const struct kept *tenant_find_key(const struct tracker_tenant *tenant, flare_str project, flare_str key)
{
    for (size_t i = 0; i < tenant->count; i++) {
        if (flare_str_equal(tenant->issues[i]->key, key) &&
            flare_str_equal(tenant->issues[i]->project, project))
            return tenant->issues[i];
    }
    return NULL;
}

static struct kept *keep(struct tracker_tenant *tenant, flare_str project, flare_str key,
                         const tracker_issue *issue)
{
    struct copier copier = {NULL, 0};
    struct kept *kept;

    /* The first time round only counts. */
    (void)copy_issue(&copier, *issue);
    (void)copy_text(&copier, project);
    (void)copy_text(&copier, key);
    kept = malloc(sizeof *kept + copier.used);
    if (kept == NULL)
        return NULL;
    copier = (struct copier){kept->memory, 0};
    kept->issue = copy_issue(&copier, *issue);
    kept->project = copy_text(&copier, project);
    kept->key = copy_text(&copier, key);
    kept->change = ++tenant->changes;
    return kept;
}

const struct kept *tenant_add(struct tracker_tenant *tenant, flare_str project, flare_str key,
                              const tracker_issue *issue)
{
    struct kept *kept;

    if (tenant->count == STORE_ISSUES_MAX)
        return NULL;
    kept = keep(tenant, project, key, issue);
    if (kept == NULL)
        return NULL;
    kept->issue.number = ++tenant->last_number;
    tenant->issues[tenant->count++] = kept;
    return kept;
}

static size_t place_of(const struct tracker_tenant *tenant, const struct kept *kept)
{
    size_t place = 0;

    while (tenant->issues[place] != kept)
        place++;
    return place;
}

const struct kept *tenant_replace(struct tracker_tenant *tenant, const struct kept *old,
                                  const tracker_issue *issue)
{
    struct kept *const kept = keep(tenant, old->project, old->key, issue);
    const size_t place = place_of(tenant, old);

    if (kept == NULL)
        return NULL;
    free(tenant->issues[place]);
    tenant->issues[place] = kept;
    return kept;
}

void tenant_remove(struct tracker_tenant *tenant, const struct kept *kept)
{
    const size_t place = place_of(tenant, kept);

    free(tenant->issues[place]);
    tenant->issues[place] = tenant->issues[--tenant->count];
}

bool tenant_take_file(struct tracker_tenant *tenant, uint64_t bytes)
{
    if (bytes > STORE_FILE_MAX_BYTES - tenant->file_bytes)
        return false;
    tenant->file_bytes += bytes;
    return true;
}
