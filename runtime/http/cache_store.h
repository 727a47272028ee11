/* http/cache_store.h - kept replies: a bounded table, least recently used out first. One of a thread's; a
 * handler on another thread may put a reply in, so each step holds its lock. */
#ifndef FLAREI_HTTP_CACHE_STORE_H
#define FLAREI_HTTP_CACHE_STORE_H

#include <flare/gen_reply.h>

/** What replies are found by. Of the request; borrowed. */
struct flarei_cache_key {
    flare_str authority, path, query;
    const flare_field *fields; /**< of the request: what Vary looks at */
    uint32_t field_count;
    uint64_t hash;       /**< flarei_cache_hash() */
    uint64_t generation; /**< of its path, when the request came */
};

/** A reply to keep. Borrowed; all of it is copied. */
struct flarei_cache_reply {
    unsigned status;
    flare_str content_type, content;
    const flare_field *const *fields; /**< its fields, but those that belong to one message */
    uint32_t field_count;
    const flare_str *vary; /**< names of request fields that it was chosen by */
    uint32_t vary_count;
    int64_t now_ns; /**< monotonic */
    int32_t age_s, lifetime_s;
    int32_t stale_if_error_s, stale_while_revalidate_s;
    bool must_revalidate;
    bool for_all; /**< it says that it is, whoever asks */
};

/** One kept reply. Read-only from find to release. */
struct flarei_cache_entry {
    struct flarei_head head; /**< h1 and fields of its own */
    flare_str content;
    flare_str etag;          /**< empty: it has none */
    flare_str last_modified; /**< the same */
    int64_t stored_ns;
    int32_t age_s, lifetime_s;
    int32_t stale_if_error_s, stale_while_revalidate_s;
    bool must_revalidate;
    bool for_all;
};

struct flarei_cache_store;
struct flarei_cache_flights;

/** @param max_bytes of all entries with all that they need @return NULL without memory */
struct flarei_cache_store *flarei_cache_store_new(size_t max_bytes) FLARE_MUST_USE;
/** No entry may be in use. */
void flarei_cache_store_free(struct flarei_cache_store *store);

/** The hash of a key's texts; of another value in each process. */
uint64_t flarei_cache_hash(const struct flarei_cache_key *key);

/** A reply that fits the request, fresh or not; the caller must release it. One whose path changed since is
 * dropped. @return NULL: there is none */
struct flarei_cache_entry *flarei_cache_store_find(struct flarei_cache_store *store,
                                                   const struct flarei_cache_key *key) FLARE_MUST_USE;
/** Is it the caller who asks for a fresh one? Then nobody else is told so for some time, unless a fresh one
 * is put in. */
bool flarei_cache_store_claim(struct flarei_cache_store *store, struct flarei_cache_entry *entry,
                              int64_t now_ns);
/** Its users are one less. */
void flarei_cache_store_release(struct flarei_cache_store *store, struct flarei_cache_entry *entry);

/** Keeps a copy, in place of the one that fits the same requests. @return false: it is too large, or there is
 * no memory */
bool flarei_cache_store_put(struct flarei_cache_store *store, const struct flarei_cache_key *key,
                            const struct flarei_cache_reply *reply);
/** What is being made for it; made at first use. Of the thread that it is of. @return NULL without memory */
struct flarei_cache_flights *flarei_cache_store_flights(struct flarei_cache_store *store);
/** How much is in it, for tests. */
size_t flarei_cache_store_bytes(struct flarei_cache_store *store);
size_t flarei_cache_store_count(struct flarei_cache_store *store);

#endif
