#include "allocator.h"
#include "test.h"

#include <flare/arena.h>

TEST(an_untouched_arena_costs_nothing)
{
    struct test_allocator heap = {0};
    flare_arena arena;

    test_allocator_use(&heap);
    flarei_arena_init(&arena, 4096, 65536);
    flarei_arena_rewind(&arena, flarei_arena_mark_get(&arena));
    flarei_arena_reset(&arena);
    CHECK_INT(flarei_arena_used(&arena), 0);
    CHECK_INT(flarei_arena_peak(&arena), 0);
    flarei_arena_free(&arena);
    test_allocator_use(NULL);
    CHECK_INT(heap.calls, 0);
}

TEST(blocks_are_aligned_apart_and_writable)
{
    flare_arena arena;
    char *blocks[200];

    flarei_arena_init(&arena, 100, 1 << 20);
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = (char *)flarei_arena_alloc(&arena, i);
        CHECK(blocks[i] != NULL);
        CHECK_INT((uintptr_t)blocks[i] % FLAREI_ARENA_ALIGN, 0);
        memset(blocks[i], (int)i, i ? i : 1);
    }
    for (size_t i = 1; i < 200; i++) {
        for (size_t j = 0; j < i; j++)
            CHECK_INT((unsigned char)blocks[i][j], i);
    }
    flarei_arena_free(&arena);
}

TEST(the_maximum_is_exact)
{
    flare_arena arena;

    flarei_arena_init(&arena, 64, 1024);
    CHECK(flarei_arena_alloc(&arena, 1025) == NULL);
    CHECK(flarei_arena_alloc(&arena, 1024) != NULL);
    CHECK(flarei_arena_alloc(&arena, 1) == NULL);
    CHECK(flarei_arena_alloc(&arena, 0) == NULL);
    flarei_arena_free(&arena);

    CHECK(flarei_arena_alloc(&arena, 16) != NULL);
    CHECK(flarei_arena_alloc(&arena, 961) == NULL);
    CHECK(flarei_arena_alloc(&arena, 960) != NULL);
    CHECK(flarei_arena_alloc(&arena, 48) == NULL); /* the first chunk's rest was left behind */
    CHECK_INT(flarei_arena_used(&arena), 976);
    flarei_arena_free(&arena);

    CHECK(flarei_arena_alloc(&arena, SIZE_MAX) == NULL);
    CHECK(flarei_arena_alloc(&arena, SIZE_MAX - 14) == NULL);
    CHECK(flarei_arena_alloc_array(&arena, SIZE_MAX / 2, 3) == NULL);
    CHECK(flarei_arena_alloc_array(&arena, 8, 0) != NULL);
    CHECK(flarei_arena_alloc_array(&arena, 3, 5) != NULL);
    flarei_arena_free(&arena);

    flarei_arena_init(&arena, 0, 15);
    CHECK(flarei_arena_alloc(&arena, 1) == NULL);
    flarei_arena_init(&arena, 0, 16);
    CHECK(flarei_arena_alloc(&arena, 16) != NULL);
    flarei_arena_free(&arena);
    flarei_arena_init(&arena, 16, SIZE_MAX);
    CHECK(flarei_arena_alloc(&arena, SIZE_MAX / 2 + 1) == NULL);
    CHECK(flarei_arena_alloc(&arena, 16) != NULL);
    flarei_arena_free(&arena);
}

TEST(a_reset_keeps_the_first_chunk_and_no_more)
{
    struct test_allocator heap = {0};
    flare_arena arena;
    void *first;

    test_allocator_use(&heap);
    flarei_arena_init(&arena, 256, 1 << 20);
    first = flarei_arena_alloc(&arena, 16);
    for (int i = 0; i < 100; i++)
        CHECK(flarei_arena_alloc(&arena, 100) != NULL);
    CHECK(heap.live > 1);
    flarei_arena_reset(&arena);
    CHECK_INT(heap.live, 1);
    CHECK_INT(flarei_arena_used(&arena), 0);
    CHECK_INT(flarei_arena_peak(&arena), 16 + 100 * 112);
    CHECK(flarei_arena_alloc(&arena, 16) == first);
    flarei_arena_free(&arena);
    CHECK_INT(heap.live, 0);
    CHECK_INT(flarei_arena_peak(&arena), 0);

    CHECK(flarei_arena_alloc(&arena, 257) != NULL); /* a first chunk larger than asked for is not kept */
    flarei_arena_reset(&arena);
    CHECK_INT(heap.live, 0);
    CHECK_INT(arena.held_bytes, 0);
    test_allocator_use(NULL);
}

TEST(rewind_goes_back_to_the_mark)
{
    struct test_allocator heap = {0};
    flare_arena arena;
    flarei_arena_mark mark;
    char *kept;
    void *next;

    test_allocator_use(&heap);
    flarei_arena_init(&arena, 64, 1 << 20);
    mark = flarei_arena_mark_get(&arena);
    CHECK(flarei_arena_alloc(&arena, 32) != NULL);
    flarei_arena_rewind(&arena, mark);
    CHECK_INT(flarei_arena_used(&arena), 0);

    kept = (char *)flarei_arena_alloc(&arena, 16);
    memcpy(kept, "kept", 4);
    mark = flarei_arena_mark_get(&arena);
    next = flarei_arena_alloc(&arena, 16);
    for (int i = 0; i < 50; i++)
        CHECK(flarei_arena_alloc(&arena, 48) != NULL);
    flarei_arena_rewind(&arena, mark);
    CHECK_INT(heap.live, 1);
    CHECK_INT(flarei_arena_used(&arena), 16);
    CHECK_INT(flarei_arena_peak(&arena), 16 + 16 + 50 * 48);
    CHECK(memcmp(kept, "kept", 4) == 0);
    CHECK(flarei_arena_alloc(&arena, 16) == next);
    flarei_arena_free(&arena);
    test_allocator_use(NULL);
    CHECK_INT(heap.live, 0);
}

TEST(copy_gives_the_same_bytes)
{
    flare_arena arena;
    char source[] = "hello";
    flare_str copy = {NULL, 99};

    flarei_arena_init(&arena, 64, 128);
    CHECK(flarei_arena_copy(&arena, FLARE_STR(""), &copy));
    CHECK_INT(copy.len, 0);
    CHECK_INT(flarei_arena_used(&arena), 0);
    CHECK(flarei_arena_copy(&arena, flare_str_of(source), &copy));
    source[0] = 'j';
    CHECK_STR(copy, "hello");
    CHECK(!flarei_arena_copy(&arena, (flare_str){source, 1000}, &copy));
    CHECK_STR(copy, "hello");
    flarei_arena_free(&arena);
}

TEST(no_memory_at_any_call_leaves_the_arena_usable)
{
    for (size_t nth = 1;; nth++) {
        struct test_allocator heap = {.fail_at = nth};
        flare_arena arena;
        size_t given = 0;

        test_allocator_use(&heap);
        flarei_arena_init(&arena, 64, 1 << 16);
        for (size_t i = 0; i < 40; i++) {
            char *const block = (char *)flarei_arena_alloc(&arena, 100);

            if (block)
                memset(block, 1, 100);
            given += block != NULL;
        }
        CHECK_INT(flarei_arena_used(&arena), given * 112);
        const bool all = heap.calls < nth;

        heap.fail_at = 0;
        flarei_arena_reset(&arena);
        CHECK(flarei_arena_alloc(&arena, 1) != NULL);
        flarei_arena_free(&arena);
        test_allocator_use(NULL);
        CHECK_INT(heap.live, 0);
        if (all) {
            CHECK_INT(given, 40);
            CHECK(nth > 4);
            return;
        }
        CHECK(given >= 38);
    }
}

#ifdef FLAREI_ASAN
TEST(what_nobody_was_given_is_poisoned)
{
    flare_arena arena;
    char *block;
    flarei_arena_mark mark;

    flarei_arena_init(&arena, 256, 4096);
    block = (char *)flarei_arena_alloc(&arena, 21);
    CHECK(!__asan_address_is_poisoned(block + 20));
    CHECK(__asan_address_is_poisoned(block + 21));
    CHECK(__asan_address_is_poisoned(block + 32));
    mark = flarei_arena_mark_get(&arena);
    block = (char *)flarei_arena_alloc(&arena, 8);
    flarei_arena_rewind(&arena, mark);
    CHECK(__asan_address_is_poisoned(block));
    flarei_arena_free(&arena);
}
#endif

TEST(raising_lasts_until_a_reset)
{
    flare_arena arena;

    flarei_arena_init(&arena, 64, 1024);
    CHECK(flarei_arena_alloc(&arena, 1025) == NULL);
    flarei_arena_raise(&arena, 1040);
    flarei_arena_raise(&arena, 15); /* less than a block: nothing */
    CHECK(flarei_arena_alloc(&arena, 2065) == NULL);
    CHECK(flarei_arena_alloc(&arena, 2064) != NULL);
    CHECK(flarei_arena_alloc(&arena, 1) == NULL);
    flarei_arena_reset(&arena);
    CHECK(flarei_arena_alloc(&arena, 1025) == NULL);
    CHECK(flarei_arena_alloc(&arena, 1024) != NULL);
    flarei_arena_free(&arena);
    flarei_arena_raise(&arena, SIZE_MAX); /* cut to what sums can't overflow with */
    flarei_arena_raise(&arena, SIZE_MAX);
    CHECK(flarei_arena_alloc(&arena, 4096) != NULL);
    flarei_arena_free(&arena);
    CHECK(flarei_arena_alloc(&arena, 1025) == NULL);
    flarei_arena_free(&arena);
}

TEST(a_bound_holds_until_it_is_taken_away)
{
    flare_arena arena;

    flarei_arena_init(&arena, 16, 4096);
    CHECK(flarei_arena_alloc(&arena, 16) != NULL);
    flarei_arena_bound(&arena, 160); /* more than the 16 of now */
    CHECK(flarei_arena_alloc(&arena, 161) == NULL && flarei_arena_overran(&arena));
    flarei_arena_reset(&arena);
    CHECK(!flarei_arena_overran(&arena));
    CHECK(flarei_arena_alloc(&arena, 16) != NULL);
    flarei_arena_bound(&arena, 160);
    CHECK(flarei_arena_alloc(&arena, 100) != NULL);
    CHECK(flarei_arena_alloc(&arena, 48) != NULL && !flarei_arena_overran(&arena));
    CHECK_INT(flarei_arena_used(&arena), 176);
    CHECK(flarei_arena_alloc(&arena, 1) == NULL && flarei_arena_overran(&arena));
    flarei_arena_unbound(&arena);
    CHECK(flarei_arena_alloc(&arena, 200) != NULL);
    flarei_arena_reset(&arena);

    /* The maximum is told from it, and a bound that can't be reached is none. */
    flarei_arena_bound(&arena, SIZE_MAX);
    CHECK(flarei_arena_alloc(&arena, 4097) == NULL && !flarei_arena_overran(&arena));
    CHECK(flarei_arena_alloc(&arena, 4000) != NULL);
    flarei_arena_free(&arena);
}

TEST(want_of_memory_is_told_from_the_maximum)
{
    struct test_allocator heap = {.fail_at = 1};
    flare_arena arena;

    flarei_arena_init(&arena, 64, 1024);
    CHECK(flarei_arena_alloc(&arena, 2000) == NULL);
    CHECK(!flarei_arena_starved(&arena));
    test_allocator_use(&heap);
    CHECK(flarei_arena_alloc(&arena, 100) == NULL);
    CHECK(flarei_arena_starved(&arena));
    flarei_arena_reset(&arena);
    CHECK(!flarei_arena_starved(&arena));
    CHECK(flarei_arena_alloc(&arena, 100) != NULL);
    flarei_arena_free(&arena);
    test_allocator_use(NULL);
    CHECK_INT(heap.live, 0);
}

int main(void)
{
    RUN(an_untouched_arena_costs_nothing);
    RUN(blocks_are_aligned_apart_and_writable);
    RUN(the_maximum_is_exact);
    RUN(a_reset_keeps_the_first_chunk_and_no_more);
    RUN(rewind_goes_back_to_the_mark);
    RUN(copy_gives_the_same_bytes);
    RUN(no_memory_at_any_call_leaves_the_arena_usable);
    RUN(raising_lasts_until_a_reset);
    RUN(a_bound_holds_until_it_is_taken_away);
    RUN(want_of_memory_is_told_from_the_maximum);
#ifdef FLAREI_ASAN
    RUN(what_nobody_was_given_is_poisoned);
#endif
    return TEST_END();
}
