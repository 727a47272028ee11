/* cache.c - cache(): a kept reply stands in for the handler (RFC 9111). It is asked last, where the handler
 * would be called, so that guards, limits and checks of inputs hold for what is kept as well; and what other
 * uses add to replies, they add to these. What the handler replies passes it first, as the topmost layer. */
#include "http/cache.h"

#include "base/hash.h"
#include "http/cache_change.h"
#include "http/cache_own.h"
#include "http/conditional.h"
#include "http/layer.h"

#include <flare/text.h>

#include <stdio.h>

enum { VARY_MAX = 16, FIELDS_MAX = 64, STATUS_MAX_BYTES = 64 };

/* A reply that may be kept is on its way. */
struct keeping {
    struct flarei_layer_aside aside;
    const struct flarei_cached *of;
    struct flarei_cache_store *store;
    struct flarei_cache_key key;
    struct flarei_cache_asked asked;
    struct flarei_cache_made made;
    int32_t lifetime_s;  /* of a reply that is open */
    bool instead;        /* of a reply that is open: what was kept may stand in for it */
    uint8_t first_field; /* of the reply, that is the handler's */
};

static bool is(const flare_field *field, const char *name, size_t length)
{
    return field->name.len == length && flare_str_equal_nocase(field->name, (flare_str){name, length});
}

#define IS(field, name) is((field), (name), sizeof(name) - 1)

static void read_request(const flare_request *rq, const struct flarei_cached *of,
                         struct flarei_cache_asked *asked, struct flarei_cache_key *key)
{
    bool has_control = false, pragma = false;

    *asked = (struct flarei_cache_asked){.personal = of->personal};
    flarei_cache_control_none(&asked->control);
    for (uint32_t i = 0; i < rq->field_count; i++) {
        const flare_field *const field = &rq->fields[i];

        if (IS(field, "host")) {
            key->authority = field->value;
        } else if (IS(field, "authorization")) {
            asked->personal = true;
        } else if (IS(field, "if-none-match") || IS(field, "if-modified-since")) {
            asked->conditional = true;
        } else if (IS(field, "range") || IS(field, "if-match") || IS(field, "if-unmodified-since")) {
            asked->passes = true;
        } else if (IS(field, "cache-control")) {
            flarei_cache_control_add(field->value, &asked->control);
            has_control = true;
        } else if (IS(field, "pragma")) {
            pragma = pragma || flare_str_equal_nocase(field->value, FLARE_STR("no-cache"));
        }
    }
    if (!of->cache->reload) /* they are advice (section 5.2.1), but for what is a client's own to say */
        asked->control.flags &= FLAREI_CACHE_NO_STORE;
    else if (pragma && !has_control)
        asked->control.flags |= FLAREI_CACHE_NO_CACHE;
}

static void say_status(flare_request *rq, const struct flarei_cached *of, const char *format, int64_t number)
{
    char text[STATUS_MAX_BYTES];
    flare_str copy;
    int length;

    if (!of->cache->status)
        return;
    length = snprintf(text, sizeof text, format, (long long)number);
    if (length > 0 && (size_t)length < sizeof text &&
        flarei_arena_copy(rq->arena, (flare_str){text, (size_t)length}, &copy))
        (void)flarei_reply_field_constant(rq, FLARE_STR("Cache-Status"), copy);
}

/* ---- from the cache ------------------------------------------------------------------------------------ */

/* The head in the request's memory: a wire may keep it until the request ends. */
static bool copy_head(flare_request *rq, const struct flarei_head *from, struct flarei_head *head)
{
    flare_field *fields;
    flare_str h1;

    *head = *from;
    fields = (flare_field *)flarei_arena_alloc(rq->arena, (from->field_count + 1) * sizeof *fields);
    if (fields == NULL || !flarei_arena_copy(rq->arena, from->h1, &h1))
        return false;
    head->h1 = h1;
    if (from->content_type.len != 0)
        head->content_type.ptr = h1.ptr + (from->content_type.ptr - from->h1.ptr);
    for (uint32_t i = 0; i < from->field_count; i++) {
        fields[i] = from->fields[i];
        fields[i].name.ptr = h1.ptr + (fields[i].name.ptr - from->h1.ptr);
        fields[i].value.ptr = h1.ptr + (fields[i].value.ptr - from->h1.ptr);
    }
    head->fields = fields;
    return true;
}

static bool is_not_modified(const flare_request *rq, const struct flarei_cache_entry *entry)
{
    const flare_time now = flarei_clock_wall();
    struct flarei_validators validators = {.etag = entry->etag};

    if (entry->head.status != 200 && entry->head.status != 203 && entry->head.status != 204)
        return false;
    if (entry->last_modified.len != 0)
        validators.has_modified =
            flare_time_http_parse(entry->last_modified, now, &validators.modified) == FLARE_OK;
    return flarei_condition_judge(rq->fields, rq->field_count, true, &validators, now) ==
           FLAREI_CONDITION_NOT_MODIFIED;
}

static int64_t age_of(const struct flarei_cache_entry *entry)
{
    return entry->age_s + (flarei_clock_monotonic() - entry->stored_ns) / FLARE_TIME_SECOND;
}

/* @param error of the handler's, that it stands in for; or 0 @param waited the request did, until it was made
 */
static flare_reply reply_kept(flare_request *rq, const struct flarei_cached *of,
                              const struct flarei_cache_entry *entry, bool conditional, unsigned error,
                              bool waited)
{
    const char *const hit = waited ? "flare; fwd=miss; collapsed; ttl=%lld" : "flare; hit; ttl=%lld";
    const int64_t age_s = age_of(entry);
    char digits[FLARE_U64_MAX_BYTES];
    struct flarei_head head;
    flare_str age;

    if (!copy_head(rq, &entry->head, &head) ||
        !flarei_arena_copy(rq->arena, (flare_str){digits, flare_u64_format((uint64_t)age_s, digits)}, &age) ||
        flarei_reply_field_constant(rq, FLARE_STR("Age"), age) != FLARE_OK)
        return flarei_reply_fail(rq, "no memory for a kept reply");
    if (error != 0)
        say_status(rq, of, "flare; fwd=stale; fwd-status=%lld", error);
    else
        say_status(rq, of, hit, entry->lifetime_s + (int64_t)entry->age_s - age_s);
    if (FLARE_UNLIKELY(conditional) && is_not_modified(rq, entry))
        return flarei_reply_not_modified(rq, &head);
    return flarei_reply_whole(rq, &head, entry->content);
}

/* ---- in place of an error ------------------------------------------------------------------------------ */

static const struct flarei_cache_control *obeyed(const struct flarei_cached *of,
                                                 const struct flarei_cache_control *asked)
{
    return of->cache->reload ? asked : NULL;
}

/* What was kept before, if it may stand in for this status (RFC 5861, section 4). */
static struct flarei_cache_entry *find_instead(const struct keeping *of, unsigned status)
{
    struct flarei_cache_key key = of->key;
    struct flarei_cache_entry *entry;

    if (status != 500 && status != 502 && status != 503 && status != 504)
        return NULL;
    key.generation = flarei_cache_generation(key.path);
    entry = flarei_cache_store_find(of->store, &key);
    if (entry == NULL || ((entry->for_all || !of->asked.personal) &&
                          flarei_cache_usable_stale(obeyed(of->of, &of->asked.control), age_of(entry),
                                                    (int64_t)entry->age_s + entry->lifetime_s,
                                                    entry->must_revalidate, entry->stale_if_error_s)))
        return entry;
    flarei_cache_store_release(of->store, entry);
    return NULL;
}

static flare_reply reply_instead(flare_request *rq, struct keeping *of, struct flarei_cache_entry *entry,
                                 unsigned error)
{
    flare_reply reply;

    if (rq->reply_field_count > of->first_field) /* what the error said */
        rq->reply_field_count = of->first_field;
    of->made = (struct flarei_cache_made){FLAREI_CACHE_INSTEAD, error};
    reply = reply_kept(rq, of->of, entry, of->asked.conditional, error, false);
    flarei_cache_store_release(of->store, entry);
    return reply;
}

/* ---- into the cache ------------------------------------------------------------------------------------ */

/* What the reply says that matters here. */
struct said {
    struct flarei_cache_facts facts;
    struct flarei_cache_control control;
    flare_str vary[VARY_MAX];
    uint32_t vary_count;
};

/* What uses add they add to kept replies as well, each as it is due. */
static bool is_of_uses(flare_str name)
{
    return flare_str_equal_nocase(name, FLARE_STR("Origin")) ||
           flare_str_equal_nocase(name, FLARE_STR("Accept-Encoding"));
}

static void read_vary(flare_str value, bool of_handler, struct said *said)
{
    flare_str name;

    while (flarei_list_next(&value, &name)) {
        if (name.len == 0 || (!of_handler && is_of_uses(name)))
            continue;
        if (flare_str_equal(name, FLARE_STR("*")) || said->vary_count == VARY_MAX)
            said->facts.varies_by_all = true;
        else
            said->vary[said->vary_count++] = name;
    }
}

static void read_field(const flare_field *field, bool of_handler, struct said *said)
{
    if (IS(field, "cache-control")) {
        flarei_cache_control_add(field->value, &said->control);
    } else if (IS(field, "expires") && !said->facts.has_expires) {
        said->facts.has_expires = true;
        said->facts.expires_valid =
            flare_time_http_parse(field->value, said->facts.now, &said->facts.expires) == FLARE_OK;
    } else if (IS(field, "vary")) {
        read_vary(field->value, of_handler, said);
    } else if (IS(field, "set-cookie")) {
        said->facts.sets_cookie = true;
    } else if (IS(field, "age")) {
        said->facts.age_s = flarei_cache_age_s(field->value);
    }
}

static void read_reply(const flare_request *rq, const struct flarei_head *head, struct said *said)
{
    const struct keeping *const of = (const struct keeping *)rq->layer;

    said->facts = (struct flarei_cache_facts){.status = head->status,
                                              .personal = of->asked.personal,
                                              .now = flarei_clock_wall(),
                                              .fresh_s = of->of->cache->fresh_s,
                                              .asked_flags = of->asked.control.flags};
    said->vary_count = 0;
    flarei_cache_control_none(&said->control);
    for (uint32_t i = 0; i < head->field_count; i++)
        read_field(&head->fields[i], true, said);
    for (uint32_t i = 0; i < rq->reply_field_count; i++)
        read_field(&rq->reply_fields[i], i >= of->first_field, said);
}

/* @return how long the reply is fresh; 0: it is not kept */
static int32_t judge(flare_request *rq, const struct flarei_head *head, struct said *said)
{
    const struct keeping *const of = (const struct keeping *)rq->layer;
    const bool undone = rq->reply_field_count < of->first_field; /* the handler failed meanwhile */

    if (of->of->vary.len != 0 && flarei_reply_field_constant(rq, FLARE_STR("Vary"), of->of->vary) != FLARE_OK)
        return 0;
    if (head->secret || undone)
        return 0;
    read_reply(rq, head, said);
    return flarei_cache_lifetime_s(&said->facts, &said->control);
}

static void keep(flare_request *rq, struct keeping *of, const struct flarei_head *head,
                 const struct said *said, int32_t lifetime_s, flare_str content)
{
    const flare_field *fields[FIELDS_MAX];
    struct flarei_cache_reply reply = {.status = head->status,
                                       .content_type = head->content_type,
                                       .content = content,
                                       .fields = fields,
                                       .vary = said->vary,
                                       .vary_count = said->vary_count,
                                       .now_ns = flarei_clock_monotonic(),
                                       .age_s = said->facts.age_s,
                                       .lifetime_s = lifetime_s};
    uint32_t count = 0;

    for (uint32_t i = 0; i < head->field_count && count < FIELDS_MAX; i++) {
        if (!IS(&head->fields[i], "age"))
            fields[count++] = &head->fields[i];
    }
    for (uint32_t i = of->first_field; i < rq->reply_field_count && count < FIELDS_MAX; i++) {
        if (!IS(&rq->reply_fields[i], "age"))
            fields[count++] = &rq->reply_fields[i];
    }
    reply.field_count = count;
    reply.must_revalidate =
        (said->control.flags & (FLAREI_CACHE_MUST_REVALIDATE | FLAREI_CACHE_PROXY_REVALIDATE)) != 0 ||
        said->control.s_maxage_s >= 0;
    reply.stale_if_error_s = said->control.stale_if_error_s >= 0 ? said->control.stale_if_error_s
                                                                 : of->of->cache->stale_if_error_s;
    reply.stale_while_revalidate_s = said->control.stale_while_revalidate_s >= 0
                                         ? said->control.stale_while_revalidate_s
                                         : of->of->cache->stale_while_revalidate_s;
    reply.for_all = flarei_cache_for_all(&said->control);
    if (count == FIELDS_MAX || content.len > of->of->cache->max_bytes ||
        !flarei_cache_store_put(of->store, &of->key, &reply)) {
        say_status(rq, of->of, "flare; fwd=miss", 0);
        return;
    }
    of->made.fate = FLAREI_CACHE_KEPT;
    say_status(rq, of->of, "flare; fwd=miss; stored; ttl=%lld", lifetime_s);
}

static flare_reply keep_whole(flare_request *rq, const struct flarei_head *head, flare_str body)
{
    struct keeping *const of = (struct keeping *)rq->layer;
    struct flarei_cache_entry *const instead = find_instead(of, head->status);
    struct said said;
    int32_t lifetime_s;

    if (instead != NULL) {
        flarei_layer_pop(rq);
        return reply_instead(rq, of, instead, head->status);
    }
    lifetime_s = judge(rq, head, &said);
    flarei_layer_pop(rq);
    if (lifetime_s != 0)
        keep(rq, of, head, &said, lifetime_s, body);
    else
        say_status(rq, of->of, "flare; fwd=miss", 0);
    return flarei_reply_whole(rq, head, body);
}

static flare_buffer *keep_open(flare_request *rq, const struct flarei_head *head, size_t length_hint)
{
    struct keeping *const of = (struct keeping *)rq->layer;
    struct flarei_cache_entry *const instead = find_instead(of, head->status);
    struct said said;

    of->instead = instead != NULL;
    of->lifetime_s = 0;
    if (instead != NULL) { /* looked for again when the content is there */
        flarei_cache_store_release(of->store, instead);
    } else {
        of->lifetime_s = judge(rq, head, &said);
        if (of->lifetime_s == 0)
            say_status(rq, of->of, "flare; fwd=miss", 0);
    }
    return flarei_layer_open(rq, head, length_hint, of->instead || of->lifetime_s != 0);
}

static flare_reply keep_close(flare_request *rq)
{
    struct keeping *const of = (struct keeping *)rq->layer;
    struct said said;
    flare_str content;

    if (!flarei_layer_written(&of->aside))
        return flarei_layer_fail(rq);
    content = flarei_buffer_str(of->aside.content);
    if (of->instead)
        return keep_whole(rq, of->aside.head, content);
    read_reply(rq, of->aside.head, &said);
    flarei_layer_pop(rq);
    keep(rq, of, of->aside.head, &said, of->lifetime_s, content);
    return flarei_reply_whole(rq, of->aside.head, content);
}

static void keep_stream(flare_request *rq, const struct flarei_head *head)
{
    (void)head;
    flarei_layer_pop(rq);
}

static const struct flarei_wire keeping_wire = {
    .open = keep_open, .close = keep_close, .whole = keep_whole, .stream = keep_stream};

/* ---- what changes -------------------------------------------------------------------------------------- */

/* The path of a reference to this very server; empty where it is another's (section 4.4). */
static flare_str own_path(const flare_request *rq, flare_str reference)
{
    const char *from = reference.ptr, *const end = flarei_str_end(reference), *to;
    const char *const scheme = (const char *)memmem(reference.ptr, reference.len, "://", 3);
    flare_str host;

    if (scheme != NULL) {
        from = (const char *)memchr(scheme + 3, '/', (size_t)(end - scheme - 3));
        if (from == NULL || !flarei_request_field(rq, FLARE_STR("Host"), &host) ||
            !flare_str_equal_nocase((flare_str){scheme + 3, (size_t)(from - scheme - 3)}, host))
            return FLARE_STR("");
    }
    if (from == end || *from != '/' || (from + 1 < end && from[1] == '/'))
        return FLARE_STR("");
    for (to = from; to < end && *to != '?' && *to != '#';)
        to++;
    return (flare_str){from, (size_t)(to - from)};
}

static void forget_reference(const flare_request *rq, const flare_field *field)
{
    if (IS(field, "location") || IS(field, "content-location")) {
        const flare_str path = own_path(rq, field->value);

        if (path.len != 0)
            flare_cache_forget(path);
    }
}

/* What a client did wrong changed nothing; of an error here nobody knows. */
static void changed(flare_request *rq, const struct flarei_head *head)
{
    flarei_layer_pop(rq);
    if (head->status >= 400 && head->status < 500)
        return;
    flare_cache_forget(rq->path);
    for (uint32_t i = 0; i < head->field_count; i++)
        forget_reference(rq, &head->fields[i]);
    for (uint32_t i = 0; i < rq->reply_field_count; i++)
        forget_reference(rq, &rq->reply_fields[i]);
}

static flare_reply change_whole(flare_request *rq, const struct flarei_head *head, flare_str body)
{
    changed(rq, head);
    return flarei_reply_whole(rq, head, body);
}

static flare_buffer *change_open(flare_request *rq, const struct flarei_head *head, size_t length_hint)
{
    changed(rq, head);
    return flarei_reply_open(rq, head, length_hint);
}

static flare_reply change_close(flare_request *rq)
{
    return flarei_reply_close(rq); /* open took the layer off */
}

static const struct flarei_wire change_wire = {
    .open = change_open, .close = change_close, .whole = change_whole, .stream = changed};

void flarei_use_cache_change(flare_request *rq)
{
    if (flarei_layer_push(rq, &change_wire, sizeof(struct flarei_layer)) == NULL)
        flare_cache_forget(rq->path);
}

/* ---- a request ----------------------------------------------------------------------------------------- */

const struct flarei_cache_made *flarei_cache_keep(flare_request *rq, const struct flarei_cache_miss *miss)
{
    struct keeping *const keeping = (struct keeping *)flarei_layer_push(rq, &keeping_wire, sizeof *keeping);

    if (keeping == NULL)
        return NULL;
    keeping->of = miss->of;
    keeping->store = miss->store;
    keeping->key = miss->key;
    keeping->asked = miss->asked;
    keeping->made = (struct flarei_cache_made){FLAREI_CACHE_NOT_KEPT, 0};
    keeping->aside.content = NULL;
    keeping->first_field = rq->reply_field_count;
    return &keeping->made;
}

/* Is it good for who asks? One that is stale is, while somebody else asks for a fresh one (RFC 5861, section
 * 3). */
static bool is_usable(const flare_request *rq, const struct flarei_cache_miss *of,
                      struct flarei_cache_entry *entry)
{
    const struct flarei_cache_control *const control = obeyed(of->of, &of->asked.control);
    const int64_t age_s = age_of(entry), lifetime_s = (int64_t)entry->age_s + entry->lifetime_s;

    if (!entry->for_all && of->asked.personal)
        return false;
    return flarei_cache_usable(control, age_s, lifetime_s, entry->must_revalidate) ||
           (rq->method == FLARE_METHOD_GET &&
            flarei_cache_usable_stale(control, age_s, lifetime_s, entry->must_revalidate,
                                      entry->stale_while_revalidate_s) &&
            !flarei_cache_store_claim(of->store, entry, flarei_clock_monotonic()));
}

/* Reads what the request asks for. @return false: it has nothing to do with what is kept */
static bool read_miss(const flare_request *rq, const struct flarei_cached *of, struct flarei_cache_miss *miss)
{
    miss->of = of;
    miss->store = NULL;
    miss->key = (struct flarei_cache_key){
        .path = rq->path, .query = rq->query, .fields = rq->fields, .field_count = rq->field_count};
    read_request(rq, of, &miss->asked, &miss->key);
    if (miss->asked.passes || rq->target.len == 0 || rq->target.ptr[0] != '/')
        return false;
    miss->store = flarei_cache_own(of->cache);
    if (FLARE_UNLIKELY(miss->store == NULL))
        return false;
    miss->key.hash = flarei_cache_hash(&miss->key);
    miss->key.generation = flarei_cache_generation(miss->key.path);
    return true;
}

bool flarei_cache_find(flare_request *rq, const struct flarei_cached *of, bool waited,
                       struct flarei_cache_miss *miss, flare_reply *kept)
{
    struct flarei_cache_entry *entry;
    bool usable = false;

    miss->store = NULL;
    if (rq->method != FLARE_METHOD_GET && rq->method != FLARE_METHOD_HEAD) {
        if (rq->method != FLARE_METHOD_OPTIONS && rq->method != FLARE_METHOD_TRACE)
            flarei_use_cache_change(rq);
        return false;
    }
    if (!read_miss(rq, of, miss))
        return false;
    entry = flarei_cache_store_find(miss->store, &miss->key);
    if (entry != NULL) {
        usable = is_usable(rq, miss, entry);
        if (usable)
            *kept = reply_kept(rq, of, entry, miss->asked.conditional, 0, waited);
        flarei_cache_store_release(miss->store, entry);
    }
    if (usable)
        return true;
    if ((miss->asked.control.flags & FLAREI_CACHE_ONLY_IF_CACHED) == 0)
        return false;
    *kept = flarei_reply_problem_of(rq, 504, FLARE_STR(""), FLARE_STR("nothing of it is kept"));
    return true;
}

bool flarei_cache_instead(flare_request *rq, const struct flarei_cached *of, unsigned error,
                          flare_reply *kept)
{
    struct flarei_cache_miss miss;
    struct flarei_cache_entry *entry;
    struct keeping probe;

    if (!read_miss(rq, of, &miss))
        return false;
    probe = (struct keeping){.of = of,
                             .store = miss.store,
                             .key = miss.key,
                             .asked = miss.asked,
                             .first_field = rq->reply_field_count};
    entry = find_instead(&probe, error);
    if (entry == NULL)
        return false;
    *kept = reply_instead(rq, &probe, entry, error);
    return true;
}

uint64_t flarei_cache_miss_hash(const struct flarei_cache_miss *miss)
{
    flare_str names = miss->of->vary, name;
    uint64_t hash = miss->key.hash ^ (uint64_t)miss->asked.personal;

    while (flarei_list_next(&names, &name)) {
        hash = flarei_hash64_seeded(hash, name);
        for (uint32_t i = 0; i < miss->key.field_count; i++) {
            if (flare_str_equal_nocase(miss->key.fields[i].name, name))
                hash = flarei_hash64_seeded(hash, miss->key.fields[i].value);
        }
    }
    return hash;
}

bool flarei_use_cache(flare_request *rq, const struct flarei_cached *of, flare_reply *kept)
{
    struct flarei_cache_miss miss;

    if (flarei_cache_find(rq, of, false, &miss, kept))
        return true;
    if (flarei_cache_may_keep(rq, &miss))
        (void)flarei_cache_keep(rq, &miss);
    return false;
}
