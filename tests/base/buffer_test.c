#include "allocator.h"
#include "test.h"

#include <flare/buffer.h>

TEST(an_untouched_buffer_costs_nothing)
{
    struct test_allocator heap = {0};
    flare_buffer buffer;

    test_allocator_use(&heap);
    flarei_buffer_init(&buffer, 100);
    CHECK(flarei_buffer_append(&buffer, NULL, 0));
    CHECK_INT(flarei_buffer_str(&buffer).len, 0);
    flarei_buffer_shrink(&buffer, 0);
    flarei_buffer_clear(&buffer);
    flarei_buffer_free(&buffer);
    test_allocator_use(NULL);
    CHECK_INT(heap.calls, 0);
}

TEST(what_is_appended_can_be_consumed)
{
    flare_buffer buffer;

    flarei_buffer_init(&buffer, 1 << 20);
    for (int i = 0; i < 1000; i++) {
        CHECK(flarei_buffer_append_str(&buffer, FLARE_STR("abc")));
        CHECK(flarei_buffer_append_byte(&buffer, '-'));
    }
    CHECK_INT(flarei_buffer_len(&buffer), 4000);
    for (int i = 0; i < 1000; i++) {
        CHECK(memcmp(flarei_buffer_str(&buffer).ptr, "abc-", 4) == 0);
        flarei_buffer_consume(&buffer, 4);
    }
    CHECK_INT(buffer.start, 0);
    CHECK_INT(buffer.end, 0);
    flarei_buffer_free(&buffer);
}

/* A stream through a small buffer: what comes out is what went in, and the storage stays small. */
TEST(a_stream_keeps_its_order)
{
    flare_buffer buffer;
    unsigned char in = 0, out = 0;
    unsigned random = 1;

    flarei_buffer_init(&buffer, 300);
    for (int round = 0; round < 20000; round++) {
        random = random * 1103515245u + 12345u;
        const size_t put = (random >> 16) % 100, take = (random >> 8) % 100;

        if (put <= 300 - flarei_buffer_len(&buffer)) {
            char *const to = flarei_buffer_reserve(&buffer, put);

            CHECK(to != NULL && flarei_buffer_room(&buffer) >= put);
            for (size_t i = 0; i < put; i++)
                to[i] = (char)in++;
            flarei_buffer_commit(&buffer, put);
        }
        for (size_t i = 0; i < take && flarei_buffer_len(&buffer) > 0; i++) {
            CHECK_INT((unsigned char)*flarei_buffer_str(&buffer).ptr, out);
            out++;
            flarei_buffer_consume(&buffer, 1);
        }
    }
    CHECK(!buffer.failed);
    CHECK(buffer.capacity <= 300);
    flarei_buffer_free(&buffer);
}

TEST(the_maximum_is_exact_and_failure_sticks)
{
    flare_buffer buffer;
    char bytes[1001] = {0};

    flarei_buffer_init(&buffer, 1000);
    CHECK(flarei_buffer_append(&buffer, bytes, 1000));
    CHECK(!buffer.failed);
    CHECK(!flarei_buffer_append_byte(&buffer, 'x'));
    CHECK(buffer.failed);
    flarei_buffer_consume(&buffer, 500);
    CHECK(!flarei_buffer_append_byte(&buffer, 'x')); /* room now, but it failed before */
    CHECK(!flarei_buffer_append(&buffer, NULL, 0));
    CHECK(flarei_buffer_reserve(&buffer, 0) == NULL);
    CHECK_INT(flarei_buffer_len(&buffer), 500);
    flarei_buffer_consume(&buffer, 500);
    CHECK(!flarei_buffer_append_byte(&buffer, 'x'));

    flarei_buffer_clear(&buffer);
    CHECK(!buffer.failed);
    CHECK(!flarei_buffer_append(&buffer, bytes, 1001));
    CHECK_INT(flarei_buffer_len(&buffer), 0);
    flarei_buffer_clear(&buffer);
    CHECK(flarei_buffer_reserve(&buffer, SIZE_MAX) == NULL);
    flarei_buffer_clear(&buffer);
    CHECK(flarei_buffer_append(&buffer, bytes, 999) && flarei_buffer_append_byte(&buffer, 'x'));
    flarei_buffer_free(&buffer);

    flarei_buffer_init(&buffer, 0);
    CHECK(!flarei_buffer_append_byte(&buffer, 'x'));
    flarei_buffer_init(&buffer, SIZE_MAX);
    CHECK(flarei_buffer_append_byte(&buffer, 'x'));
    CHECK(flarei_buffer_reserve(&buffer, SIZE_MAX) == NULL);
    flarei_buffer_free(&buffer);
}

TEST(truncate_forgets_the_tail_and_the_failure)
{
    flare_buffer buffer;
    char bytes[100] = {0};

    flarei_buffer_init(&buffer, 20);
    CHECK(flarei_buffer_append_str(&buffer, FLARE_STR("first second")));
    flarei_buffer_consume(&buffer, 6);
    CHECK(!flarei_buffer_append(&buffer, bytes, 100));
    flarei_buffer_truncate(&buffer, 3);
    CHECK_STR(flarei_buffer_str(&buffer), "sec");
    CHECK(flarei_buffer_append_str(&buffer, FLARE_STR("ret, and more")));
    CHECK_STR(flarei_buffer_str(&buffer), "secret, and more");
    flarei_buffer_free(&buffer);
}

TEST(shrink_gives_storage_back)
{
    struct test_allocator heap = {0};
    flare_buffer buffer;
    char bytes[5000];

    memset(bytes, 'x', sizeof bytes);
    test_allocator_use(&heap);
    flarei_buffer_init(&buffer, 1 << 20);
    CHECK(flarei_buffer_append(&buffer, bytes, 5000));
    CHECK(flarei_buffer_append_str(&buffer, FLARE_STR("end")));
    flarei_buffer_consume(&buffer, 5000);
    flarei_buffer_shrink(&buffer, 512);
    CHECK_INT(buffer.capacity, 512);
    CHECK_STR(flarei_buffer_str(&buffer), "end");
    flarei_buffer_shrink(&buffer, 1024); /* never grows */
    CHECK_INT(buffer.capacity, 512);
    flarei_buffer_shrink(&buffer, 0);
    CHECK_INT(buffer.capacity, 3);
    CHECK_STR(flarei_buffer_str(&buffer), "end");
    heap.fail_at = heap.calls + 1;
    CHECK(flarei_buffer_append(&buffer, bytes, 0));
    flarei_buffer_consume(&buffer, 1);
    flarei_buffer_shrink(&buffer, 2); /* the allocator refuses: nothing is lost */
    CHECK_INT(buffer.capacity, 3);
    CHECK_STR(flarei_buffer_str(&buffer), "nd");
    CHECK(flarei_buffer_append_byte(&buffer, '!'));
    flarei_buffer_consume(&buffer, 3);
    flarei_buffer_shrink(&buffer, 0);
    CHECK_INT(heap.live, 0);
    CHECK(flarei_buffer_append_byte(&buffer, '!'));
    flarei_buffer_free(&buffer);
    test_allocator_use(NULL);
    CHECK_INT(heap.live, 0);
}

TEST(no_memory_at_any_call_is_one_failure)
{
    for (size_t nth = 1;; nth++) {
        struct test_allocator heap = {.fail_at = nth};
        flare_buffer buffer;

        test_allocator_use(&heap);
        flarei_buffer_init(&buffer, 1 << 20);
        for (int i = 0; i < 2000; i++)
            flarei_buffer_append_byte(&buffer, (char)i);
        const bool all = heap.calls < nth;

        heap.fail_at = 0;
        CHECK_INT(buffer.failed, !all);
        for (size_t i = 0; i < flarei_buffer_len(&buffer); i++)
            CHECK_INT(flarei_buffer_str(&buffer).ptr[i], (char)i);
        CHECK(buffer.failed || flarei_buffer_len(&buffer) == 2000);
        flarei_buffer_free(&buffer);
        CHECK(flarei_buffer_append_byte(&buffer, 'x'));
        flarei_buffer_free(&buffer);
        test_allocator_use(NULL);
        CHECK_INT(heap.live, 0);
        if (all) {
            CHECK(nth > 3);
            return;
        }
    }
}

int main(void)
{
    RUN(an_untouched_buffer_costs_nothing);
    RUN(what_is_appended_can_be_consumed);
    RUN(a_stream_keeps_its_order);
    RUN(the_maximum_is_exact_and_failure_sticks);
    RUN(truncate_forgets_the_tail_and_the_failure);
    RUN(shrink_gives_storage_back);
    RUN(no_memory_at_any_call_is_one_failure);
    return TEST_END();
}
