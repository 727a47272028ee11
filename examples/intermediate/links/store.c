/* store.c - a table of links by their slugs. */
#include "store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BUCKETS = 1 << 14 };

struct kept {
    struct kept *next;
    links_link link;
    const struct links_owner *owner;
    bool once;
    char text[]; /* the slug, the target */
};

struct store {
    pthread_mutex_t lock;
    struct kept *buckets[BUCKETS];
    size_t count;
};

static flare_time now(void)
{
    struct timespec time;

    (void)timespec_get(&time, TIME_UTC);
    return (flare_time)time.tv_sec * 1000000000 + time.tv_nsec;
}

struct store *store_new(void)
{
    struct store *const store = calloc(1, sizeof *store);

    if (store != NULL && pthread_mutex_init(&store->lock, NULL) != 0) {
        free(store);
        return NULL;
    }
    return store;
}

void store_free(struct store *store)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (store->buckets[i] != NULL) {
            struct kept *const next = store->buckets[i]->next;

            free(store->buckets[i]);
            store->buckets[i] = next;
        }
    }
    (void)pthread_mutex_destroy(&store->lock);
    free(store);
}

void store_lock(struct store *store)
{
    (void)pthread_mutex_lock(&store->lock);
}

void store_unlock(struct store *store)
{
    (void)pthread_mutex_unlock(&store->lock);
}

/* Where the pointer to this slug's link stands, or would stand (FNV-1a). */
static struct kept **place_of(struct store *store, flare_str slug)
{
    uint32_t hash = 2166136261U;
    struct kept **place;

    for (size_t i = 0; i < slug.len; i++)
        hash = (hash ^ (unsigned char)slug.ptr[i]) * 16777619U;
    place = &store->buckets[hash % BUCKETS];
    while (*place != NULL && !flare_str_equal((*place)->link.slug, slug))
        place = &(*place)->next;
    return place;
}

enum visit store_visit(struct store *store, flare_str slug, flare_str *target)
{
    struct kept *const kept = *place_of(store, slug);

    if (kept == NULL)
        return VISIT_NONE;
    if ((kept->link.expires.has && kept->link.expires.value <= now()) || (kept->once && kept->link.hits > 0))
        return VISIT_OVER;
    kept->link.hits++;
    *target = kept->link.target;
    return VISIT_OPEN;
}

bool store_has(struct store *store, flare_str slug)
{
    return *place_of(store, slug) != NULL;
}

flare_str store_make_slug(struct store *store, char to[STORE_SLUG_BYTES])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const flare_str slug = {to, STORE_SLUG_BYTES};
    flare_uuid random;

    do {
        if (flare_uuid_make(&random) != FLARE_OK)
            return FLARE_STR("");
        for (size_t i = 0; i < STORE_SLUG_BYTES; i++)
            to[i] = letters[random.bytes[sizeof random.bytes - 1 - i] % 64U];
    } while (store_has(store, slug));
    return slug;
}

const links_link *store_add(struct store *store, flare_str slug, const links_new_link *link,
                            const struct links_owner *owner)
{
    struct kept **const place = place_of(store, slug);
    struct kept *kept;

    if (*place != NULL || store->count == STORE_MAX)
        return NULL;
    kept = malloc(sizeof *kept + slug.len + link->target.len);
    if (kept == NULL)
        return NULL;
    memcpy(kept->text, slug.ptr, slug.len);
    memcpy(kept->text + slug.len, link->target.ptr, link->target.len);
    kept->next = NULL;
    kept->owner = owner;
    kept->once = link->once;
    kept->link = (links_link){
        .slug = {kept->text, slug.len},
        .target = {kept->text + slug.len, link->target.len},
        .made = now(),
        .expires = link->expires,
    };
    *place = kept;
    store->count++;
    return &kept->link;
}

const links_link *store_find(struct store *store, flare_str slug, const struct links_owner *owner)
{
    const struct kept *const kept = *place_of(store, slug);

    return kept != NULL && kept->owner == owner ? &kept->link : NULL;
}

bool store_remove(struct store *store, flare_str slug, const struct links_owner *owner)
{
    struct kept **const place = place_of(store, slug);
    struct kept *const kept = *place;

    if (kept == NULL || kept->owner != owner)
        return false;
    *place = kept->next;
    free(kept);
    store->count--;
    return true;
}
