/* table.c - shards, each a lock, a chained table and a list in the order of use. A text whose time is over
 * goes when it is met: by a lookup, by the hand that each addition moves on over a few chains, or at the
 * list's end. */
#include "session/table.h"

#include "base/link.h"

#include <flare/memory.h>

#include <pthread.h>

/* Below so many texts one shard holds them all, so that the bound is exact. */
enum { SHARDS = 16, SHARDED_MIN = 4096, HAND_CHAINS = 4 };

struct entry {
    struct entry *next; /* in its chain */
    struct flarei_link used;
    int64_t begin_s, used_s;
    unsigned char digest[FLAREI_DIGEST_BYTES];
    size_t len;
    char *text; /* behind the entry until it is replaced by a longer one */
};

struct shard {
    pthread_mutex_t lock;
    struct entry **chains;
    struct flarei_link by_use; /* the one that was used last is the last */
    size_t count, hand;
};

struct flarei_table {
    struct flarei_lifetime lifetime;
    size_t shard_count, shard_max;
    size_t chains; /* of each, a power of two */
    struct shard shards[SHARDS];
};

struct flarei_table *flarei_table_new(size_t max, struct flarei_lifetime lifetime)
{
    struct flarei_table *const table = (struct flarei_table *)flarei_calloc(1, sizeof *table);
    bool good = table != NULL;

    if (!good)
        return NULL;
    table->lifetime = lifetime;
    table->shard_count = max < SHARDED_MIN ? 1 : SHARDS;
    table->shard_max = (max + table->shard_count - 1) / table->shard_count;
    table->chains = 16;
    while (table->chains < table->shard_max)
        table->chains *= 2;
    for (size_t i = 0; i < table->shard_count; i++) {
        struct shard *const shard = &table->shards[i];

        (void)pthread_mutex_init(&shard->lock, NULL);
        flarei_link_init(&shard->by_use);
        shard->chains = (struct entry **)flarei_calloc(table->chains, sizeof *shard->chains);
        good = good && shard->chains != NULL;
    }
    if (good)
        return table;
    flarei_table_free(table);
    return NULL;
}

static void entry_free(struct entry *entry)
{
    if (entry->text != (char *)(entry + 1))
        flarei_free(entry->text);
    flarei_free(entry);
}

static struct entry *oldest(const struct shard *shard)
{
    return FLARE_OWNER(shard->by_use.next, struct entry, used);
}

void flarei_table_free(struct flarei_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->shard_count; i++) {
        struct shard *const shard = &table->shards[i];

        while (!flarei_link_alone(&shard->by_use)) {
            struct entry *const entry = oldest(shard);

            flarei_link_take(&entry->used);
            entry_free(entry);
        }
        flarei_free(shard->chains);
        (void)pthread_mutex_destroy(&shard->lock);
    }
    flarei_free(table);
}

/* ---- one shard, locked ---- */

static struct shard *shard_of(struct flarei_table *table, const unsigned char *digest)
{
    return &table->shards[digest[0] % table->shard_count];
}

static struct entry **chain_of(const struct flarei_table *table, const struct shard *shard,
                               const unsigned char *digest)
{
    uint64_t hash;

    memcpy(&hash, digest + 8, sizeof hash);
    return &shard->chains[hash & (table->chains - 1)];
}

/* From here on it is the one that was used last. */
static void use(struct shard *shard, struct entry *entry, int64_t now_s)
{
    entry->used_s = now_s;
    flarei_link_take(&entry->used);
    flarei_link_before(&shard->by_use, &entry->used);
}

/* Takes the entry that `link` leads to out. */
static void drop(struct shard *shard, struct entry **link)
{
    struct entry *const entry = *link;

    *link = entry->next;
    flarei_link_take(&entry->used);
    shard->count--;
    entry_free(entry);
}

static bool is_over(const struct flarei_table *table, const struct entry *entry, int64_t now_s)
{
    return now_s - entry->begin_s >= table->lifetime.max_age_s ||
           (table->lifetime.idle_s != 0 && now_s - entry->used_s >= table->lifetime.idle_s);
}

static struct entry **link_to(const struct flarei_table *table, const struct shard *shard,
                              const unsigned char *digest)
{
    struct entry **link = chain_of(table, shard, digest);

    while (*link != NULL && memcmp((*link)->digest, digest, FLAREI_DIGEST_BYTES) != 0)
        link = &(*link)->next;
    return link;
}

/* Of one whose time is not over, else NULL. */
static struct entry *living(const struct flarei_table *table, struct shard *shard,
                            const unsigned char *digest, int64_t now_s)
{
    struct entry **const link = link_to(table, shard, digest);

    if (*link != NULL && is_over(table, *link, now_s))
        drop(shard, link);
    else if (*link != NULL)
        return *link;
    return NULL;
}

static void make_room(const struct flarei_table *table, struct shard *shard, int64_t now_s)
{
    for (size_t i = 0; i < HAND_CHAINS; i++) {
        struct entry **link = &shard->chains[shard->hand++ & (table->chains - 1)];

        while (*link != NULL) {
            if (is_over(table, *link, now_s))
                drop(shard, link);
            else
                link = &(*link)->next;
        }
    }
    if (shard->count >= table->shard_max)
        drop(shard, link_to(table, shard, oldest(shard)->digest));
}

/* ---- the table ---- */

flare_err flarei_table_find(struct flarei_table *table, const unsigned char *digest, int64_t now_s,
                            flare_arena *arena, flare_str *text)
{
    struct shard *const shard = shard_of(table, digest);
    flare_err err = FLARE_ERR_NOT_FOUND;

    (void)pthread_mutex_lock(&shard->lock);
    struct entry *const entry = living(table, shard, digest, now_s);
    if (entry != NULL) {
        use(shard, entry, now_s);
        err = flarei_arena_copy(arena, (flare_str){entry->text, entry->len}, text) ? FLARE_OK
                                                                                   : FLARE_ERR_MEMORY;
    }
    (void)pthread_mutex_unlock(&shard->lock);
    return err;
}

flare_err flarei_table_add(struct flarei_table *table, const unsigned char *digest, int64_t now_s,
                           flare_str text)
{
    struct shard *const shard = shard_of(table, digest);
    struct entry *const entry = (struct entry *)flarei_malloc(sizeof *entry + text.len);

    if (entry == NULL)
        return FLARE_ERR_MEMORY;
    entry->begin_s = now_s;
    entry->len = text.len;
    entry->text = (char *)(entry + 1);
    memcpy(entry->digest, digest, sizeof entry->digest);
    memcpy(entry->text, text.ptr, text.len);
    (void)pthread_mutex_lock(&shard->lock);
    make_room(table, shard, now_s);
    struct entry **const chain = chain_of(table, shard, digest);
    entry->next = *chain;
    *chain = entry;
    flarei_link_init(&entry->used);
    use(shard, entry, now_s);
    shard->count++;
    (void)pthread_mutex_unlock(&shard->lock);
    return FLARE_OK;
}

flare_err flarei_table_replace(struct flarei_table *table, const unsigned char *digest, int64_t now_s,
                               flare_str text)
{
    struct shard *const shard = shard_of(table, digest);
    flare_err err = FLARE_ERR_NOT_FOUND;
    char *longer = NULL;

    (void)pthread_mutex_lock(&shard->lock);
    struct entry *const entry = living(table, shard, digest, now_s);
    if (entry != NULL && text.len > entry->len)
        longer = (char *)flarei_malloc(text.len);
    if (entry != NULL && (longer != NULL || text.len <= entry->len)) {
        if (longer != NULL) {
            if (entry->text != (char *)(entry + 1))
                flarei_free(entry->text);
            entry->text = longer;
        }
        memcpy(entry->text, text.ptr, text.len);
        entry->len = text.len;
        use(shard, entry, now_s);
        err = FLARE_OK;
    } else if (entry != NULL) {
        err = FLARE_ERR_MEMORY;
    }
    (void)pthread_mutex_unlock(&shard->lock);
    return err;
}

void flarei_table_remove(struct flarei_table *table, const unsigned char *digest)
{
    struct shard *const shard = shard_of(table, digest);

    (void)pthread_mutex_lock(&shard->lock);
    struct entry **const link = link_to(table, shard, digest);
    if (*link != NULL)
        drop(shard, link);
    (void)pthread_mutex_unlock(&shard->lock);
}

size_t flarei_table_count(struct flarei_table *table)
{
    size_t count = 0;

    for (size_t i = 0; i < table->shard_count; i++) {
        (void)pthread_mutex_lock(&table->shards[i].lock);
        count += table->shards[i].count;
        (void)pthread_mutex_unlock(&table->shards[i].lock);
    }
    return count;
}
