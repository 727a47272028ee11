/* cache_store.c - chains of entries, each one block with all that it needs, and a list in the order of use.
 */
#include "http/cache_store.h"

#include "base/hash.h"
#include "base/link.h"
#include "http/cache_flight.h"
#include "wire/h1.h"

#include <flare/memory.h>
#include <flare/text.h>
#include <flare/time.h>

#include <pthread.h>

/* Of a block, that the allocator takes for itself. */
enum { BLOCK_BYTES = 32, CHAINS_MIN = 64, CHAINS_MAX = 1 << 16, BYTES_A_CHAIN = 2048 };

/* After that long another one asks: the first may have failed, or be gone. */
#define CLAIM_NS (10 * FLARE_TIME_SECOND)

/* A field of the request, as it was when the reply was made: all its lines as one (section 4.1). */
struct chosen_by {
    flare_str name, value;
    bool there;
};

struct entry {
    struct flarei_cache_entry shown;
    struct entry *next; /* in its chain */
    struct flarei_link used;
    uint64_t hash, generation;
    size_t bytes;
    int64_t claimed_ns; /* until then somebody asks for a fresh one */
    unsigned users;
    bool out; /* of the table: its last user frees it */
    uint32_t vary_count;
    struct chosen_by *vary;
    flare_str authority, path, query;
};

struct flarei_cache_store {
    pthread_mutex_t lock;
    size_t max_bytes, bytes, count;
    size_t chain_count; /* a power of two */
    struct entry **chains;
    struct flarei_link by_use; /* the one that was used last is the last */
    struct flarei_cache_flights *flights;
};

struct flarei_cache_store *flarei_cache_store_new(size_t max_bytes)
{
    struct flarei_cache_store *const store = (struct flarei_cache_store *)flarei_calloc(1, sizeof *store);

    if (store == NULL)
        return NULL;
    store->max_bytes = max_bytes;
    store->chain_count = CHAINS_MIN;
    while (store->chain_count < CHAINS_MAX && store->chain_count < max_bytes / BYTES_A_CHAIN)
        store->chain_count *= 2;
    store->chains = (struct entry **)flarei_calloc(store->chain_count, sizeof *store->chains);
    if (store->chains == NULL) {
        flarei_free(store);
        return NULL;
    }
    flarei_link_init(&store->by_use);
    (void)pthread_mutex_init(&store->lock, NULL);
    return store;
}

static struct entry *oldest(const struct flarei_cache_store *store)
{
    return FLARE_OWNER(store->by_use.next, struct entry, used);
}

void flarei_cache_store_free(struct flarei_cache_store *store)
{
    while (!flarei_link_alone(&store->by_use)) {
        struct entry *const entry = oldest(store);

        flarei_link_take(&entry->used);
        flarei_free(entry);
    }
    if (store->flights != NULL)
        flarei_cache_flights_free(store->flights);
    flarei_free(store->chains);
    (void)pthread_mutex_destroy(&store->lock);
    flarei_free(store);
}

uint64_t flarei_cache_hash(const struct flarei_cache_key *key)
{
    return flarei_hash64_seeded(flarei_hash64_seeded(flarei_hash64_seeded(0, key->authority), key->path),
                                key->query);
}

/* ---- the table, locked ---- */

static struct entry **chain_of(const struct flarei_cache_store *store, uint64_t hash)
{
    return &store->chains[hash & (store->chain_count - 1)];
}

/* Takes the entry that `link` leads to out. */
static void drop(struct flarei_cache_store *store, struct entry **link)
{
    struct entry *const entry = *link;

    *link = entry->next;
    flarei_link_take(&entry->used);
    store->bytes -= entry->bytes;
    store->count--;
    entry->out = true;
    if (entry->users == 0)
        flarei_free(entry);
}

static void drop_oldest(struct flarei_cache_store *store)
{
    struct entry *const entry = oldest(store);
    struct entry **link = chain_of(store, entry->hash);

    while (*link != entry)
        link = &(*link)->next;
    drop(store, link);
}

/* Are a request's lines of this name, joined, the value? */
static bool is_same_field(const struct flarei_cache_key *key, const struct chosen_by *field)
{
    flare_str rest = field->value;
    bool there = false;

    for (uint32_t i = 0; i < key->field_count; i++) {
        const flare_str value = key->fields[i].value;

        if (!flare_str_equal_nocase(key->fields[i].name, field->name))
            continue;
        if (there) {
            if (rest.len < 2 || memcmp(rest.ptr, ", ", 2) != 0)
                return false;
            rest = (flare_str){rest.ptr + 2, rest.len - 2};
        }
        if (rest.len < value.len || (value.len != 0 && memcmp(rest.ptr, value.ptr, value.len) != 0))
            return false;
        if (value.len != 0)
            rest = (flare_str){rest.ptr + value.len, rest.len - value.len};
        there = true;
    }
    return there == field->there && rest.len == 0;
}

static bool fits(const struct entry *entry, const struct flarei_cache_key *key)
{
    if (entry->hash != key->hash || !flare_str_equal(entry->path, key->path) ||
        !flare_str_equal(entry->query, key->query) || !flare_str_equal(entry->authority, key->authority))
        return false;
    for (uint32_t i = 0; i < entry->vary_count; i++) {
        if (!is_same_field(key, &entry->vary[i]))
            return false;
    }
    return true;
}

/* Finds the entry that fits; drops those whose path changed since. @return where it is linked, or NULL */
static struct entry **link_to(struct flarei_cache_store *store, const struct flarei_cache_key *key)
{
    struct entry **link = chain_of(store, key->hash);

    while (*link != NULL) {
        if (!fits(*link, key))
            link = &(*link)->next;
        else if ((*link)->generation != key->generation)
            drop(store, link);
        else
            return link;
    }
    return NULL;
}

struct flarei_cache_entry *flarei_cache_store_find(struct flarei_cache_store *store,
                                                   const struct flarei_cache_key *key)
{
    struct entry **link, *entry = NULL;

    (void)pthread_mutex_lock(&store->lock);
    link = link_to(store, key);
    if (link != NULL) {
        entry = *link;
        entry->users++;
        flarei_link_take(&entry->used);
        flarei_link_before(&store->by_use, &entry->used);
    }
    (void)pthread_mutex_unlock(&store->lock);
    return entry != NULL ? &entry->shown : NULL;
}

bool flarei_cache_store_claim(struct flarei_cache_store *store, struct flarei_cache_entry *shown,
                              int64_t now_ns)
{
    struct entry *const entry = (struct entry *)(void *)shown;
    bool claimed;

    (void)pthread_mutex_lock(&store->lock);
    claimed = now_ns >= entry->claimed_ns;
    if (claimed)
        entry->claimed_ns = now_ns + CLAIM_NS;
    (void)pthread_mutex_unlock(&store->lock);
    return claimed;
}

void flarei_cache_store_release(struct flarei_cache_store *store, struct flarei_cache_entry *shown)
{
    struct entry *const entry = (struct entry *)(void *)shown;
    bool last;

    (void)pthread_mutex_lock(&store->lock);
    last = --entry->users == 0 && entry->out;
    (void)pthread_mutex_unlock(&store->lock);
    if (last)
        flarei_free(entry);
}

/* ---- an entry ------------------------------------------------------------------------------------------ */

/* A writer of texts into a block that has room for them. */
struct texts {
    char *at;
};

static flare_str copied(struct texts *to, flare_str text)
{
    char *const start = to->at;

    if (text.len != 0)
        memcpy(start, text.ptr, text.len);
    to->at += text.len;
    return (flare_str){start, text.len};
}

static size_t vary_bytes(const struct flarei_cache_key *key, const struct flarei_cache_reply *reply)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < reply->vary_count; i++) {
        bytes += reply->vary[i].len;
        for (uint32_t k = 0; k < key->field_count; k++) {
            if (flare_str_equal_nocase(key->fields[k].name, reply->vary[i]))
                bytes += key->fields[k].value.len + 2;
        }
    }
    return bytes;
}

static size_t head_bytes(const struct flarei_cache_reply *reply)
{
    size_t bytes = FLAREI_H1_STATUS_LINE_MAX_BYTES + sizeof "Content-Type: \r\n" + reply->content_type.len;

    for (uint32_t i = 0; i < reply->field_count; i++)
        bytes += reply->fields[i]->name.len + reply->fields[i]->value.len + 4;
    return bytes;
}

static void copy_vary(struct texts *to, struct entry *entry, const struct flarei_cache_key *key,
                      const struct flarei_cache_reply *reply)
{
    entry->vary_count = reply->vary_count;
    for (uint32_t i = 0; i < reply->vary_count; i++) {
        struct chosen_by *const field = &entry->vary[i];

        field->name = copied(to, reply->vary[i]);
        field->value = (flare_str){to->at, 0};
        field->there = false;
        for (uint32_t k = 0; k < key->field_count; k++) {
            if (!flare_str_equal_nocase(key->fields[k].name, field->name))
                continue;
            if (field->there)
                (void)copied(to, FLARE_STR(", "));
            (void)copied(to, key->fields[k].value);
            field->there = true;
        }
        field->value.len = (size_t)(to->at - field->value.ptr);
    }
}

static void copy_head(struct texts *to, struct entry *entry, flare_field *fields,
                      const struct flarei_cache_reply *reply)
{
    struct flarei_head *const head = &entry->shown.head;
    const char *const start = to->at;

    head->status = reply->status;
    to->at += flarei_h1_write_status_line(to->at, reply->status);
    if (reply->content_type.len != 0) {
        (void)copied(to, FLARE_STR("Content-Type: "));
        head->content_type = copied(to, reply->content_type);
        (void)copied(to, FLARE_STR("\r\n"));
    }
    for (uint32_t i = 0; i < reply->field_count; i++) {
        fields[i].name = copied(to, reply->fields[i]->name);
        (void)copied(to, FLARE_STR(": "));
        fields[i].value = copied(to, reply->fields[i]->value);
        (void)copied(to, FLARE_STR("\r\n"));
        if (flare_str_equal_nocase(fields[i].name, FLARE_STR("ETag")))
            entry->shown.etag = fields[i].value;
        else if (flare_str_equal_nocase(fields[i].name, FLARE_STR("Last-Modified")))
            entry->shown.last_modified = fields[i].value;
    }
    head->h1 = (flare_str){start, (size_t)(to->at - start)};
    head->fields = fields;
    head->field_count = reply->field_count;
}

static struct entry *entry_new(const struct flarei_cache_key *key, const struct flarei_cache_reply *reply,
                               size_t max_bytes)
{
    const size_t vary = sizeof(struct entry), fields = vary + reply->vary_count * sizeof(struct chosen_by),
                 texts = fields + reply->field_count * sizeof(flare_field);
    const size_t bytes = texts + key->authority.len + key->path.len + key->query.len +
                         vary_bytes(key, reply) + head_bytes(reply) + reply->content.len;
    struct entry *entry;
    struct texts to;
    char *block;

    if (bytes + BLOCK_BYTES > max_bytes)
        return NULL;
    block = (char *)flarei_calloc(1, bytes);
    if (block == NULL)
        return NULL;
    entry = (struct entry *)(void *)block;
    to.at = block + texts;
    entry->vary = (struct chosen_by *)(void *)(block + vary);
    entry->bytes = bytes + BLOCK_BYTES;
    entry->hash = key->hash;
    entry->generation = key->generation;
    entry->authority = copied(&to, key->authority);
    entry->path = copied(&to, key->path);
    entry->query = copied(&to, key->query);
    copy_vary(&to, entry, key, reply);
    copy_head(&to, entry, (flare_field *)(void *)(block + fields), reply);
    entry->shown.content = copied(&to, reply->content);
    entry->shown.stored_ns = reply->now_ns;
    entry->shown.age_s = reply->age_s;
    entry->shown.lifetime_s = reply->lifetime_s;
    entry->shown.stale_if_error_s = reply->stale_if_error_s;
    entry->shown.stale_while_revalidate_s = reply->stale_while_revalidate_s;
    entry->claimed_ns = INT64_MIN;
    entry->shown.must_revalidate = reply->must_revalidate;
    entry->shown.for_all = reply->for_all;
    return entry;
}

bool flarei_cache_store_put(struct flarei_cache_store *store, const struct flarei_cache_key *key,
                            const struct flarei_cache_reply *reply)
{
    struct entry *const entry = entry_new(key, reply, store->max_bytes);
    struct entry **link;

    (void)pthread_mutex_lock(&store->lock);
    while ((link = link_to(store, key)) != NULL)
        drop(store, link);
    if (entry != NULL) {
        while (store->bytes + entry->bytes > store->max_bytes)
            drop_oldest(store);
        link = chain_of(store, entry->hash);
        entry->next = *link;
        *link = entry;
        flarei_link_before(&store->by_use, &entry->used);
        store->bytes += entry->bytes;
        store->count++;
    }
    (void)pthread_mutex_unlock(&store->lock);
    return entry != NULL;
}

struct flarei_cache_flights *flarei_cache_store_flights(struct flarei_cache_store *store)
{
    if (FLARE_UNLIKELY(store->flights == NULL))
        store->flights = flarei_cache_flights_new();
    return store->flights;
}

size_t flarei_cache_store_bytes(struct flarei_cache_store *store)
{
    size_t bytes;

    (void)pthread_mutex_lock(&store->lock);
    bytes = store->bytes;
    (void)pthread_mutex_unlock(&store->lock);
    return bytes;
}

size_t flarei_cache_store_count(struct flarei_cache_store *store)
{
    size_t count;

    (void)pthread_mutex_lock(&store->lock);
    count = store->count;
    (void)pthread_mutex_unlock(&store->lock);
    return count;
}
