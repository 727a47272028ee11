/* The blocks that sessions keep for the next stream: they are had again, no more are kept than were needed,
 * and after a failure nothing is given back twice. */
#include "wire/h2_session.h"

#include "allocator.h"
#include "test.h"

static struct flarei_h2_session session;
static struct flarei_h2_blocks blocks;
static struct test_allocator heap;
static nghttp2_mem memory;

static void begin(struct flarei_h2_blocks *shared)
{
    heap = (struct test_allocator){0};
    test_allocator_use(&heap);
    blocks = (struct flarei_h2_blocks){0};
    session = (struct flarei_h2_session){.blocks = shared};
    memory = flarei_h2_memory(&session);
}

static void finish(void)
{
    flarei_h2_memory_end(&session);
    flarei_h2_blocks_clear(&blocks);
    CHECK_INT(heap.live, 0);
    test_allocator_use(NULL);
}

static char *take(size_t bytes)
{
    char *const at = memory.malloc(bytes, memory.mem_user_data);

    if (at != NULL)
        memset(at, 'x', bytes);
    return at;
}

static void give(void *at)
{
    memory.free(at, memory.mem_user_data);
}

TEST(a_block_is_had_again)
{
    begin(&blocks);
    for (size_t bytes = 1; bytes <= 512; bytes++) {
        char *const first = take(bytes);
        char *second;

        CHECK(first != NULL);
        give(first);
        second = take(bytes);
        CHECK(second == first);
        give(second);
    }
    CHECK_INT(heap.calls, 8); /* one of each size */
    finish();
}

TEST(large_ones_and_those_of_nobody_are_freed_at_once)
{
    begin(&blocks);
    give(take(513));
    CHECK_INT(heap.live, 0);
    give(NULL);
    finish();
    begin(NULL);
    give(take(64));
    CHECK_INT(heap.live, 0);
    finish();
}

TEST(bytes_stay_when_a_block_grows_or_shrinks)
{
    static const size_t sizes[] = {1, 64, 65, 512, 513, 4096, 600, 100, 10};
    char *at;

    begin(&blocks);
    at = memory.calloc(1, 3, memory.mem_user_data);
    CHECK(at != NULL && memcmp(at, "\0\0\0", 3) == 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        at = memory.realloc(at, sizes[i], memory.mem_user_data);
        CHECK(at != NULL);
        if (i > 0) {
            const size_t both = sizes[i] < sizes[i - 1] ? sizes[i] : sizes[i - 1];
            size_t same = 0;

            while (same < both && at[same] == 'x')
                same++;
            CHECK_INT(same, both);
        }
        memset(at, 'x', sizes[i]);
    }
    give(at);
    at = memory.realloc(NULL, 10, memory.mem_user_data);
    CHECK(at != NULL);
    give(at);
    finish();
}

TEST(what_was_not_needed_is_given_back)
{
    char *at[10];

    begin(&blocks);
    for (size_t i = 0; i < 10; i++)
        at[i] = take(100);
    for (size_t i = 0; i < 10; i++)
        give(at[i]);
    CHECK(!flarei_h2_blocks_trim(&blocks)); /* all were needed once */
    CHECK_INT(heap.live, 10);
    for (size_t i = 0; i < 3; i++)
        at[i] = take(100);
    for (size_t i = 0; i < 3; i++)
        give(at[i]);
    CHECK(flarei_h2_blocks_trim(&blocks));
    CHECK_INT(heap.live, 3);
    CHECK(flarei_h2_blocks_trim(&blocks));
    CHECK_INT(heap.live, 0);
    CHECK(!flarei_h2_blocks_trim(&blocks));
    finish();
}

TEST(without_memory_the_session_has_failed)
{
    char *kept, *grown;

    for (size_t bytes = 64; bytes <= 1024; bytes += 960) {
        begin(&blocks);
        kept = take(bytes);
        heap.fail_at = 2;
        CHECK(kept != NULL && take(bytes) == NULL && session.failed);
        give(kept);
        give(kept); /* as libnghttp2 may */
        CHECK_INT(heap.live, 1);
        finish();
        begin(&blocks);
        kept = take(bytes);
        heap.fail_at = 2;
        grown = memory.realloc(kept, bytes * 2, memory.mem_user_data);
        CHECK(kept != NULL && grown == NULL && session.failed);
        give(kept);
        finish();
    }
    begin(&blocks);
    CHECK(memory.calloc(SIZE_MAX, 2, memory.mem_user_data) == NULL);
    CHECK(memory.malloc(SIZE_MAX, memory.mem_user_data) == NULL && session.failed);
    finish();
}

int main(void)
{
    RUN(a_block_is_had_again);
    RUN(large_ones_and_those_of_nobody_are_freed_at_once);
    RUN(bytes_stay_when_a_block_grows_or_shrinks);
    RUN(what_was_not_needed_is_given_back);
    RUN(without_memory_the_session_has_failed);
    return TEST_END();
}
