/* Texts by digest: bounded, until a time, by many threads. */
#include "allocator.h"
#include "test.h"

#include "session/table.h"

#include <pthread.h>

static flare_arena arena;

static void digest_of(unsigned number, unsigned char digest[FLAREI_DIGEST_BYTES])
{
    uint64_t mixed = number;

    memset(digest, 0, FLAREI_DIGEST_BYTES);
    for (size_t i = 0; i < 4; i++) {
        mixed = (mixed + 1) * UINT64_C(0x9e3779b97f4a7c15);
        mixed ^= mixed >> 29;
        memcpy(digest + 8 * i, &mixed, sizeof mixed);
    }
}

static flare_err add(struct flarei_table *table, unsigned number, int64_t now_s, const char *text)
{
    unsigned char digest[FLAREI_DIGEST_BYTES];

    digest_of(number, digest);
    return flarei_table_add(table, digest, now_s, flare_str_of(text));
}

static bool has(struct flarei_table *table, unsigned number, int64_t now_s, const char *text)
{
    unsigned char digest[FLAREI_DIGEST_BYTES];
    flare_str got;

    digest_of(number, digest);
    return flarei_table_find(table, digest, now_s, &arena, &got) == FLARE_OK &&
           flare_str_equal(got, flare_str_of(text));
}

TEST(add_replace_remove)
{
    struct flarei_table *const table = flarei_table_new(100, (struct flarei_lifetime){100, 0});
    unsigned char digest[FLAREI_DIGEST_BYTES];

    CHECK_INT(add(table, 1, 0, "one"), FLARE_OK);
    CHECK_INT(add(table, 2, 0, "two"), FLARE_OK);
    CHECK(has(table, 1, 1, "one") && has(table, 2, 1, "two") && !has(table, 3, 1, "three"));
    digest_of(1, digest);
    CHECK_INT(flarei_table_replace(table, digest, 2, FLARE_STR("")), FLARE_OK);
    CHECK(has(table, 1, 3, ""));
    CHECK_INT(flarei_table_replace(table, digest, 4, FLARE_STR("longer than before")), FLARE_OK);
    CHECK(has(table, 1, 5, "longer than before"));
    CHECK_INT(flarei_table_replace(table, digest, 4, FLARE_STR("and longer than that, once more")), FLARE_OK);
    CHECK(has(table, 1, 99, "and longer than that, once more"));
    CHECK(!has(table, 1, 100, "and longer than that, once more")); /* it began at 0, whatever came since */
    CHECK_INT(flarei_table_replace(table, digest, 100, FLARE_STR("x")), FLARE_ERR_NOT_FOUND);
    digest_of(2, digest);
    flarei_table_remove(table, digest);
    flarei_table_remove(table, digest);
    CHECK(!has(table, 2, 5, "two"));
    CHECK_INT(flarei_table_count(table), 0);
    flarei_table_free(table);
}

TEST(one_more_than_there_is_room_for)
{
    struct flarei_table *const table = flarei_table_new(160, (struct flarei_lifetime){1000, 0});

    for (unsigned i = 0; i < 5000; i++) {
        CHECK_INT(add(table, i, i / 100, "text"), FLARE_OK);
        CHECK(has(table, 0, i / 100, "text")); /* it is in use, so it stays */
        CHECK(flarei_table_count(table) <= 160);
    }
    CHECK_INT(flarei_table_count(table), 160);
    CHECK(has(table, 4842, 50, "text") && !has(table, 4839, 50, "text"));
    CHECK(!has(table, 1, 50, "text"));
    CHECK(has(table, 4999, 50, "text"));
    flarei_table_free(table);
}

TEST(what_is_over_goes_without_being_asked_for)
{
    struct flarei_table *const table = flarei_table_new(1000, (struct flarei_lifetime){1000, 10});

    for (unsigned i = 0; i < 500; i++)
        CHECK_INT(add(table, i, 0, "old"), FLARE_OK);
    for (unsigned i = 500; i < 1000; i++)
        CHECK_INT(add(table, i, 20, "new"), FLARE_OK);
    CHECK_INT(flarei_table_count(table), 500);
    for (unsigned i = 500; i < 1000; i++)
        CHECK(has(table, i, 29, "new"));
    CHECK(has(table, 999, 38, "new") && !has(table, 999, 48, "new"));
    flarei_table_free(table);
}

TEST(no_memory)
{
    struct test_allocator heap = {0};
    struct flarei_table *table = NULL;
    unsigned char digest[FLAREI_DIGEST_BYTES];

    test_allocator_use(&heap);
    for (heap.fail_at = 1; table == NULL && heap.fail_at < 50; heap.fail_at++, heap.calls = 0) {
        table = flarei_table_new(100, (struct flarei_lifetime){100, 0});
        CHECK(table != NULL || heap.live == 0);
    }
    CHECK(table != NULL && heap.fail_at > 2);
    heap.calls = heap.fail_at = 0;
    CHECK_INT(add(table, 1, 0, "one"), FLARE_OK);
    heap.calls = 0;
    heap.fail_at = 1;
    CHECK_INT(add(table, 2, 0, "two"), FLARE_ERR_MEMORY);
    heap.calls = 0;
    digest_of(1, digest);
    CHECK_INT(flarei_table_replace(table, digest, 0, FLARE_STR("longer")), FLARE_ERR_MEMORY);
    test_allocator_use(NULL);
    CHECK(has(table, 1, 0, "one"));
    test_allocator_use(&heap);
    flarei_table_free(table);
    test_allocator_use(NULL);
    CHECK_INT(heap.live, 0);
    flarei_table_free(NULL);
}

/* Four threads on the same few texts: each finds what some thread wrote, whole. */
static void *work(void *context)
{
    struct flarei_table *const table = (struct flarei_table *)context;
    flare_arena own;
    size_t broken = 0;

    flarei_arena_init(&own, 4096, 1 << 20);
    for (unsigned i = 0; i < 4000; i++) {
        static const char *const texts[] = {"aaaaaaaa", "bbbbbbbbbbbb", "cc"};
        const flare_str text = flare_str_of(texts[i % 3]);
        unsigned char digest[FLAREI_DIGEST_BYTES];
        flare_str got;

        digest_of(i % 37, digest);
        if (flarei_table_replace(table, digest, i, text) == FLARE_ERR_NOT_FOUND)
            broken += flarei_table_add(table, digest, i, text) != FLARE_OK;
        if (flarei_table_find(table, digest, i, &own, &got) == FLARE_OK) {
            for (size_t k = 1; k < got.len; k++)
                broken += got.ptr[k] != got.ptr[0];
        }
        if (i % 5 == 0)
            flarei_table_remove(table, digest);
        flarei_arena_reset(&own);
    }
    flarei_arena_free(&own);
    return broken == 0 ? NULL : context;
}

static void threads_on(bool sharded)
{
    struct flarei_table *const table =
        flarei_table_new(sharded ? 5000 : 64, (struct flarei_lifetime){100000, 0});
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, work, table), 0);
    for (size_t i = 0; i < 4; i++) {
        void *result = NULL;

        CHECK_INT(pthread_join(threads[i], &result), 0);
        CHECK(result == NULL);
    }
    flarei_table_free(table);
}

TEST(threads)
{
    threads_on(false);
    threads_on(true);
}

TEST(many)
{
    struct flarei_table *const table = flarei_table_new(5000, (struct flarei_lifetime){100, 0});

    for (unsigned i = 0; i < 20000; i++)
        CHECK_INT(add(table, i, 0, "text"), FLARE_OK);
    CHECK(flarei_table_count(table) > 4900 && flarei_table_count(table) <= 5008);
    CHECK(has(table, 19999, 99, "text") && !has(table, 0, 99, "text") && !has(table, 19999, 100, "text"));
    flarei_table_free(table);
}

int main(void)
{
    flarei_arena_init(&arena, 4096, 64 << 20);
    RUN(add_replace_remove);
    RUN(one_more_than_there_is_room_for);
    RUN(what_is_over_goes_without_being_asked_for);
    RUN(no_memory);
    RUN(threads);
    RUN(many);
    flarei_arena_free(&arena);
    return TEST_END();
}
