/* cache_test.c - RFC 9111 by a table of two requests each, the second some time after the first; then what
 * changes, what does not fit, and what there is no memory for. */
#include "allocator.h"
#include "fixture.h"

#include "http/cache_change.h"
#include "http/cache_store.h"
#include "http/reply.h"

#include <flare/gen_use.h>
#include <flare/time.h>

enum { FIELDS = 8, MAX_BYTES = 2000 };

static flare_time wall = INT64_C(784111777) * FLARE_TIME_SECOND; /* Sun, 06 Nov 1994 08:49:37 GMT */

static int64_t clock_now(void *context)
{
    (void)context;
    return wall;
}

static const struct flarei_clock clocks = {NULL, clock_now, clock_now};

static const struct flarei_cache usual = {.memory_bytes = 1 << 16, .max_bytes = MAX_BYTES, .fresh_s = 0};
static const struct flarei_cache fresh = {.memory_bytes = 1 << 16, .max_bytes = MAX_BYTES, .fresh_s = 10};
static const struct flarei_cache obedient = {
    .memory_bytes = 1 << 16, .max_bytes = MAX_BYTES, .reload = true, .status = true};

static struct flarei_cached cached = {.cache = &usual};
static unsigned asked; /* how often the handler ran */
static const char *reply_fields;
static int reply_status;
static flare_str reply_content;

/* "Name: value" lines. */
static uint32_t fields_of(const char *text, flare_field *fields)
{
    uint32_t count = 0;

    while (*text != '\0' && count < FIELDS) {
        const size_t length = strcspn(text, "\n"), name = strcspn(text, ":");

        fields[count++] = (flare_field){{text, name}, {text + name + 2, length - name - 2}};
        text += length + (text[length] == '\n');
    }
    return count;
}

static flare_reply fixture_dispatch(flare_request *rq)
{
    flare_field fields[FIELDS];
    const uint32_t count = fields_of(reply_fields, fields);
    flare_reply kept;

    if (flarei_use_cache(rq, &cached, &kept))
        return kept;
    asked++;
    for (uint32_t i = 0; i < count; i++)
        CHECK_INT(flarei_reply_field_constant(rq, fields[i].name, fields[i].value), FLARE_OK);
    return flare_bytes(rq, reply_status, FLARE_STR("text/plain"), reply_content);
}

static void request(enum flare_method method, const char *path, const char *query, const char *fields)
{
    static flare_field storage[FIELDS + 1];
    flare_request *const rq = fixture_begin();

    rq->method = method;
    rq->head_only = method == FLARE_METHOD_HEAD;
    rq->path = rq->target = flare_str_of(path);
    rq->query = flare_str_of(query);
    storage[0] = (flare_field){FLARE_STR("Host"), FLARE_STR("a")};
    rq->fields = storage;
    rq->field_count = 1 + fields_of(fields, storage + 1);
    rq->body_complete = true;
    flarei_request_dispatch(rq);
    CHECK_INT(rq->state, FLAREI_REQUEST_REPLIED);
}

static void answers(int status, const char *fields, const char *content)
{
    reply_status = status;
    reply_fields = fields;
    reply_content = flare_str_of(content);
}

static void get(const char *path, const char *fields)
{
    request(FLARE_METHOD_GET, path, "", fields);
}

enum { KEPT, ASKED };

struct row {
    const char *what;
    const struct flarei_cache *cache;
    const char *first; /* fields of the first request */
    int status;
    const char *reply; /* fields of its reply */
    int after_s;
    const char *second; /* fields of the second request */
    int want;
};

#define EXPIRES_10 "Expires: Sun, 06 Nov 1994 08:49:47 GMT"
#define AUTH       "Authorization: Bearer t"

static const struct row rows[] = {
    /* 3: what may be kept */
    {"nothing says how long", &usual, "", 200, "", 0, "", ASKED},
    {"the setting does", &fresh, "", 200, "", 9, "", KEPT},
    {"… so long", &fresh, "", 200, "", 10, "", ASKED},
    {"the setting is not for this status", &fresh, "", 201, "", 0, "", ASKED},
    {"… nor for errors", &fresh, "", 500, "", 0, "", ASKED},
    {"… but for what is not there", &fresh, "", 404, "", 0, "", KEPT},
    {"… and with public for any", &fresh, "", 201, "Cache-Control: public", 0, "", KEPT},
    {"an error may say it itself", &usual, "", 503, "Cache-Control: max-age=5", 0, "", KEPT},
    {"a part", &usual, "", 206, "Cache-Control: max-age=5", 0, "", ASKED},
    {"not modified", &usual, "", 304, "Cache-Control: max-age=5", 0, "", ASKED},
    {"no-store of the reply", &fresh, "", 200, "Cache-Control: max-age=5, no-store", 0, "", ASKED},
    {"no-store of the request", &fresh, "Cache-Control: no-store", 200, "Cache-Control: max-age=5", 0, "",
     ASKED},
    {"private", &fresh, "", 200, "Cache-Control: private, max-age=5", 0, "", ASKED},
    {"private, of a field", &fresh, "", 200, "Cache-Control: private=\"a\", max-age=5", 0, "", ASKED},
    {"no-cache", &fresh, "", 200, "Cache-Control: no-cache, max-age=5", 0, "", ASKED},
    {"must-understand over no-store", &usual, "", 200, "Cache-Control: must-understand, no-store, max-age=5",
     0, "", KEPT},
    {"must-understand, and it does not", &usual, "", 299,
     "Cache-Control: must-understand, no-store, max-age=5", 0, "", ASKED},
    {"a cookie is set", &usual, "", 200, "Cache-Control: public, max-age=5\nSet-Cookie: a=b", 0, "", ASKED},
    /* 3.5: requests that say who asks */
    {"Authorization", &usual, AUTH, 200, "Cache-Control: max-age=5", 0, AUTH, ASKED},
    {"Authorization, public", &usual, AUTH, 200, "Cache-Control: max-age=5, public", 0, "", KEPT},
    {"Authorization, s-maxage", &usual, AUTH, 200, "Cache-Control: s-maxage=5", 0, AUTH, KEPT},
    {"Authorization, must-revalidate", &usual, AUTH, 200, "Cache-Control: max-age=5, must-revalidate", 0,
     AUTH, KEPT},
    {"what nobody was named for is not for who is", &usual, "", 200, "Cache-Control: max-age=5", 0, AUTH,
     ASKED},
    /* 4.1: Vary */
    {"the same", &usual, "A: 1", 200, "Cache-Control: max-age=5\nVary: A", 0, "A: 1", KEPT},
    {"another", &usual, "A: 1", 200, "Cache-Control: max-age=5\nVary: a", 0, "A: 2", ASKED},
    {"longer", &usual, "A: 1", 200, "Cache-Control: max-age=5\nVary: A", 0, "A: 12", ASKED},
    {"shorter", &usual, "A: 12", 200, "Cache-Control: max-age=5\nVary: A", 0, "A: 1", ASKED},
    {"none", &usual, "A: 1", 200, "Cache-Control: max-age=5\nVary: A", 0, "", ASKED},
    {"none before", &usual, "", 200, "Cache-Control: max-age=5\nVary: A", 0, "A: 1", ASKED},
    {"neither", &usual, "", 200, "Cache-Control: max-age=5\nVary: A", 0, "", KEPT},
    {"empty is not none", &usual, "A: ", 200, "Cache-Control: max-age=5\nVary: A", 0, "", ASKED},
    {"two lines are one", &usual, "A: 1\nA: 2", 200, "Cache-Control: max-age=5\nVary: A", 0, "A: 1, 2", KEPT},
    {"one line is two", &usual, "A: 1, 2", 200, "Cache-Control: max-age=5\nVary: A", 0, "A: 1\nA: 2", KEPT},
    {"two lines, another", &usual, "A: 1\nA: 2", 200, "Cache-Control: max-age=5\nVary: A", 0, "A: 1\nA: 3",
     ASKED},
    {"two names", &usual, "A: 1\nB: 1", 200, "Cache-Control: max-age=5\nVary: A, B", 0, "A: 1\nB: 2", ASKED},
    {"two lines of Vary", &usual, "A: 1\nB: 1", 200, "Cache-Control: max-age=5\nVary: A\nVary: B", 0,
     "A: 1\nB: 2", ASKED},
    {"by what is not said", &usual, "", 200, "Cache-Control: max-age=5\nVary: *", 0, "", ASKED},
    {"the fields that do not matter", &usual, "A: 1", 200, "Cache-Control: max-age=5\nVary: B", 0, "A: 2",
     KEPT},
    /* 4.2: how long */
    {"max-age", &usual, "", 200, "Cache-Control: max-age=5", 4, "", KEPT},
    {"max-age is over", &usual, "", 200, "Cache-Control: max-age=5", 5, "", ASKED},
    {"max-age over the setting", &fresh, "", 200, "Cache-Control: max-age=5", 5, "", ASKED},
    {"s-maxage over max-age", &usual, "", 200, "Cache-Control: max-age=5, s-maxage=9", 8, "", KEPT},
    {"s-maxage under max-age", &usual, "", 200, "Cache-Control: max-age=9, s-maxage=5", 5, "", ASKED},
    {"Expires", &usual, "", 200, EXPIRES_10, 9, "", KEPT},
    {"Expires is over", &usual, "", 200, EXPIRES_10, 10, "", ASKED},
    {"max-age over Expires", &usual, "", 200, "Cache-Control: max-age=20\n" EXPIRES_10, 15, "", KEPT},
    {"Expires over the setting", &fresh, "", 200, "Expires: 0", 0, "", ASKED},
    {"Expires in the past", &fresh, "", 200, "Expires: Sun, 06 Nov 1994 08:49:36 GMT", 0, "", ASKED},
    {"what is no number is stale", &fresh, "", 200, "Cache-Control: max-age=soon", 0, "", ASKED},
    {"an age that it has", &usual, "", 200, "Cache-Control: max-age=5\nAge: 3", 1, "", KEPT},
    {"… counts", &usual, "", 200, "Cache-Control: max-age=5\nAge: 3", 2, "", ASKED},
    /* 5.2.1: what requests say is advice */
    {"no-cache of a request, not obeyed", &usual, "", 200, "Cache-Control: max-age=5", 0,
     "Cache-Control: no-cache", KEPT},
    {"no-cache", &obedient, "", 200, "Cache-Control: max-age=5", 0, "Cache-Control: no-cache", ASKED},
    {"Pragma", &obedient, "", 200, "Cache-Control: max-age=5", 0, "Pragma: no-cache", ASKED},
    {"Pragma beside Cache-Control", &obedient, "", 200, "Cache-Control: max-age=5", 0,
     "Pragma: no-cache\nCache-Control: max-age=5", KEPT},
    {"max-age of a request", &obedient, "", 200, "Cache-Control: max-age=9", 3, "Cache-Control: max-age=3",
     KEPT},
    {"… is over", &obedient, "", 200, "Cache-Control: max-age=9", 4, "Cache-Control: max-age=3", ASKED},
    {"min-fresh", &obedient, "", 200, "Cache-Control: max-age=9", 4, "Cache-Control: min-fresh=5", KEPT},
    {"… is not", &obedient, "", 200, "Cache-Control: max-age=9", 5, "Cache-Control: min-fresh=5", ASKED},
    {"max-stale", &obedient, "", 200, "Cache-Control: max-age=5", 7, "Cache-Control: max-stale=2", KEPT},
    {"… is over", &obedient, "", 200, "Cache-Control: max-age=5", 8, "Cache-Control: max-stale=2", ASKED},
    {"… of any age", &obedient, "", 200, "Cache-Control: max-age=5", 500, "Cache-Control: max-stale", KEPT},
    {"… not of what must be asked for", &obedient, "", 200, "Cache-Control: max-age=5, must-revalidate", 6,
     "Cache-Control: max-stale", ASKED},
    {"… nor of s-maxage", &obedient, "", 200, "Cache-Control: s-maxage=5", 6, "Cache-Control: max-stale",
     ASKED},
    /* What asks for what is there */
    {"a part is asked for", &usual, "", 200, "Cache-Control: max-age=5", 0, "Range: bytes=0-1", ASKED},
    {"a condition of a change", &usual, "", 200, "Cache-Control: max-age=5", 0, "If-Match: \"a\"", ASKED},
};

TEST(rfc_9111)
{
    static char paths[sizeof rows / sizeof *rows][16];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *const row = &rows[i];
        const flare_time began = wall;

        (void)snprintf(paths[i], sizeof paths[i], "/row/%zu", i);
        cached = (struct flarei_cached){.cache = row->cache};
        asked = 0;
        answers(row->status, row->reply, "content");
        get(paths[i], row->first);
        CHECK_INT(asked, 1);
        CHECK(!fixture_has("Age: ") || strstr(row->reply, "Age: ") != NULL);
        wall += row->after_s * FLARE_TIME_SECOND;
        get(paths[i], row->second);
        if (asked != (row->want == KEPT ? 1u : 2u))
            fprintf(stderr, "  %s\n", row->what);
        CHECK_INT(asked, row->want == KEPT ? 1 : 2);
        CHECK(row->want != KEPT || fixture_has("\r\nAge: "));
        wall = began;
    }
}

TEST(it_is_the_same_reply)
{
    flare_str first;
    char copy[512];

    cached = (struct flarei_cached){.cache = &usual, .vary = FLARE_STR_INIT("X-Lang")};
    answers(200, "Cache-Control: max-age=50\nX-A: 1\nAge: 3\nETag: \"e\"\nVary: X-B", "some content");
    get("/same", "");
    first = flarei_buffer_str(&fixture_out);
    CHECK(first.len < sizeof copy);
    memcpy(copy, first.ptr, first.len);
    CHECK(fixture_has("Vary: X-B\r\nVary: X-Lang\r\n"));
    wall += 2 * FLARE_TIME_SECOND;
    get("/same", "");
    CHECK(fixture_has("\r\nAge: 5\r\n"));
    CHECK(fixture_has(
        "\r\nCache-Control: max-age=50\r\nX-A: 1\r\nETag: \"e\"\r\nVary: X-B\r\nVary: X-Lang\r\n"));
    CHECK_STR(fixture_content(), "some content");
    CHECK_INT(fixture_request.reply_status, 200);
    request(FLARE_METHOD_HEAD, "/same", "", "");
    CHECK(fixture_has("\r\nAge: 5\r\n") && fixture_has("Content-Length: 12\r\n"));
    CHECK_INT(fixture_content().len, 0);
    asked = 0;
    get("/same", "X-Lang: de");
    CHECK_INT(asked, 1);
    wall -= 2 * FLARE_TIME_SECOND;
}

TEST(conditions)
{
    cached = (struct flarei_cached){.cache = &usual};
    answers(200, "Cache-Control: max-age=50\nETag: \"e\"\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
            "content");
    get("/conditions", "");
    asked = 0;
    get("/conditions", "If-None-Match: \"x\", \"e\"");
    CHECK_INT(fixture_request.reply_status, 304);
    CHECK(fixture_has("\r\nETag: \"e\"\r\n") && fixture_has("Age: 0\r\n") && fixture_has("max-age=50"));
    CHECK(!fixture_has("Content-Length") && !fixture_has("Last-Modified"));
    get("/conditions", "If-None-Match: \"x\"");
    CHECK_INT(fixture_request.reply_status, 200);
    get("/conditions", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK_INT(fixture_request.reply_status, 304);
    get("/conditions", "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT");
    CHECK_INT(fixture_request.reply_status, 200);
    CHECK_INT(asked, 0);
    answers(404, "Cache-Control: max-age=50\nETag: \"e\"", "content");
    get("/conditions/none", "");
    get("/conditions/none", "If-None-Match: \"e\"");
    CHECK_INT(fixture_request.reply_status, 404);
}

TEST(only_what_is_kept)
{
    cached = (struct flarei_cached){.cache = &obedient};
    answers(200, "Cache-Control: max-age=50", "content");
    asked = 0;
    get("/only", "Cache-Control: only-if-cached");
    CHECK_INT(fixture_request.reply_status, 504);
    CHECK_INT(asked, 0);
    get("/only", "");
    CHECK(fixture_has("Cache-Status: flare; fwd=miss; stored; ttl=50\r\n"));
    get("/only", "Cache-Control: only-if-cached");
    CHECK_INT(fixture_request.reply_status, 200);
    CHECK(fixture_has("Cache-Status: flare; hit; ttl=50\r\n"));
    CHECK_INT(asked, 1);
}

static void keep(const char *path, const char *query)
{
    cached = (struct flarei_cached){.cache = &usual};
    answers(200, "Cache-Control: max-age=50", "content");
    request(FLARE_METHOD_GET, path, query, "");
    asked = 0;
    request(FLARE_METHOD_GET, path, query, "");
    CHECK_INT(asked, 0);
}

/* Is the path forgotten? Keeps it again. */
static bool forgotten(const char *path, const char *query)
{
    answers(200, "Cache-Control: max-age=50", "content");
    asked = 0;
    request(FLARE_METHOD_GET, path, query, "");
    return asked == 1;
}

static void change(const char *path, int status, const char *fields)
{
    answers(status, fields, "");
    request(FLARE_METHOD_PUT, path, "", "");
}

TEST(changes)
{
    keep("/c", "");
    keep("/c", "page=2");
    keep("/d", "");
    change("/c", 204, "");
    CHECK(forgotten("/c", ""));
    CHECK(forgotten("/c", "page=2"));
    CHECK(!forgotten("/d", ""));
    change("/c", 404, "");
    CHECK(!forgotten("/c", ""));
    change("/c", 303, "");
    CHECK(forgotten("/c", ""));
    change("/c", 500, "");
    CHECK(forgotten("/c", ""));
    answers(204, "", "");
    request(FLARE_METHOD_OPTIONS, "/c", "", "");
    CHECK(!forgotten("/c", ""));
    change("/c", 201, "Location: /d?x#y");
    CHECK(forgotten("/d", ""));
    change("/c", 201, "Content-Location: http://a/d");
    CHECK(forgotten("/d", ""));
    change("/c", 201, "Location: http://b/d");
    CHECK(!forgotten("/d", ""));
    change("/c", 201, "Location: //a/d");
    CHECK(!forgotten("/d", ""));
    change("/c", 201, "Location: http://a");
    change("/c", 201, "Location: d");
    CHECK(!forgotten("/d", ""));
    flare_cache_forget(FLARE_STR("/d"));
    CHECK(forgotten("/d", ""));
    CHECK(forgotten("/c", ""));
    flare_cache_clear();
    CHECK(forgotten("/c", ""));
    CHECK(forgotten("/d", ""));
}

/* ---- the store ---- */

static char long_content[1 << 14];

static struct flarei_cache_key key_of(const char *path)
{
    struct flarei_cache_key key = {.path = flare_str_of(path), .authority = FLARE_STR_INIT("a")};

    key.hash = flarei_cache_hash(&key);
    return key;
}

static bool put(struct flarei_cache_store *store, const char *path, size_t bytes)
{
    const struct flarei_cache_key key = key_of(path);
    const struct flarei_cache_reply reply = {
        .status = 200, .content = {long_content, bytes}, .lifetime_s = 10};

    return flarei_cache_store_put(store, &key, &reply);
}

static bool has(struct flarei_cache_store *store, const char *path)
{
    const struct flarei_cache_key key = key_of(path);
    struct flarei_cache_entry *const entry = flarei_cache_store_find(store, &key);

    if (entry != NULL)
        flarei_cache_store_release(store, entry);
    return entry != NULL;
}

TEST(the_least_used_one_goes)
{
    struct flarei_cache_store *const store = flarei_cache_store_new(10000);

    CHECK(put(store, "/1", 3000) && put(store, "/2", 3000) && put(store, "/3", 2500));
    CHECK(has(store, "/1"));
    CHECK(put(store, "/4", 2000));
    CHECK(has(store, "/1") && !has(store, "/2") && has(store, "/3") && has(store, "/4"));
    CHECK_INT(flarei_cache_store_count(store), 3);
    CHECK(put(store, "/4", 100));
    CHECK_INT(flarei_cache_store_count(store), 3);
    CHECK(flarei_cache_store_bytes(store) <= 10000);
    CHECK(!put(store, "/4", 10000)); /* too large: what was there is old all the same */
    CHECK(!has(store, "/4") && has(store, "/1"));
    CHECK(put(store, "/5", 9000));
    CHECK_INT(flarei_cache_store_count(store), 1);
    for (size_t most = 9999; !put(store, "/6", most); most--)
        CHECK(most > 9000);
    CHECK(flarei_cache_store_bytes(store) == 10000 || flarei_cache_store_bytes(store) == 9999);
    flarei_cache_store_free(store);
}

TEST(one_that_is_in_use_stays)
{
    struct flarei_cache_store *const store = flarei_cache_store_new(10000);
    const struct flarei_cache_key key = key_of("/1");
    struct flarei_cache_entry *entry;

    memset(long_content, 'x', sizeof long_content);
    CHECK(put(store, "/1", 5000));
    entry = flarei_cache_store_find(store, &key);
    CHECK(put(store, "/2", 9000));
    CHECK(!has(store, "/1"));
    CHECK_INT(entry->content.len, 5000);
    CHECK_INT(entry->content.ptr[4999], 'x');
    flarei_cache_store_release(store, entry);
    flarei_cache_store_free(store);
}

TEST(content_up_to_the_limit)
{
    cached = (struct flarei_cached){.cache = &usual};
    answers(200, "Cache-Control: max-age=50", "");
    reply_content = (flare_str){long_content, MAX_BYTES};
    get("/limit/0", "");
    asked = 0;
    get("/limit/0", "");
    CHECK_INT(asked, 0);
    reply_content.len++;
    get("/limit/1", "");
    get("/limit/1", "");
    CHECK_INT(asked, 2);
}

TEST(many_names_in_vary)
{
    char vary[256] = "Cache-Control: max-age=50\nVary: n";

    cached = (struct flarei_cached){.cache = &usual};
    for (int i = 1; i < 16; i++)
        (void)strncat(vary, ", n", sizeof vary - strlen(vary) - 1);
    answers(200, vary, "");
    get("/vary/16", "");
    asked = 0;
    get("/vary/16", "");
    CHECK_INT(asked, 0);
    (void)strncat(vary, ", n", sizeof vary - strlen(vary) - 1);
    get("/vary/17", "");
    get("/vary/17", "");
    CHECK_INT(asked, 2);
}

/* Without memory a reply is not kept, and nothing else changes. */
TEST(no_memory)
{
    static struct flarei_cache own[8]; /* one a round: each has a store to make */
    bool kept = false;

    for (size_t n = 1; n <= 8 && !kept; n++) {
        struct test_allocator heap = {.fail_at = n};

        own[n - 1] = usual;
        cached = (struct flarei_cached){.cache = &own[n - 1]};
        answers(200, "Cache-Control: max-age=50", "content");
        fixture_begin();
        CHECK(flarei_arena_alloc(&fixture_arena, 1) != NULL &&
              flarei_buffer_reserve(&fixture_out, 4096) != NULL);
        test_allocator_use(&heap);
        get("/memory", "");
        test_allocator_use(NULL);
        CHECK_INT(fixture_request.reply_status, 200);
        CHECK_STR(fixture_content(), "content");
        asked = 0;
        get("/memory", "");
        kept = asked == 0;
        CHECK(kept == (heap.calls < n));
        CHECK(n > 4 || !kept);
    }
    CHECK(kept);
}

int main(void)
{
    flarei_clock_set(&clocks);
    RUN(rfc_9111);
    RUN(it_is_the_same_reply);
    RUN(conditions);
    RUN(only_what_is_kept);
    RUN(changes);
    RUN(the_least_used_one_goes);
    RUN(one_that_is_in_use_stays);
    RUN(content_up_to_the_limit);
    RUN(many_names_in_vary);
    RUN(no_memory);
    return TEST_END();
}
