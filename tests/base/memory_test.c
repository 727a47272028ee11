#include "allocator.h"
#include "test.h"

#include <flare/memory.h>

TEST(a_zero_sized_block_is_a_block)
{
    void *block = flarei_malloc(0);

    CHECK(block != NULL);
    block = flarei_realloc(block, 0);
    CHECK(block != NULL);
    flarei_free(block);
    flarei_free(NULL);
}

TEST(calloc_zeroes_and_refuses_overflow)
{
    struct test_allocator heap = {0};
    unsigned char *block, sum = 0;

    test_allocator_use(&heap);
    block = (unsigned char *)flarei_calloc(10, 10);
    CHECK(block != NULL);
    for (int i = 0; block && i < 100; i++)
        sum |= block[i];
    CHECK_INT(sum, 0);
    flarei_free(block);
    CHECK_INT(heap.calls, 1);
    CHECK(flarei_calloc(SIZE_MAX / 2, 3) == NULL);
    CHECK(flarei_calloc(3, SIZE_MAX / 2) == NULL);
    CHECK_INT(heap.calls, 1);
    block = (unsigned char *)flarei_calloc(0, 8);
    CHECK(block != NULL);
    flarei_free(block);
    test_allocator_use(NULL);
    CHECK_INT(heap.live, 0);
}

TEST(a_failing_allocator_fails_each)
{
    struct test_allocator heap = {.fail_at = 1};
    void *block;

    test_allocator_use(&heap);
    CHECK(flarei_malloc(1) == NULL);
    heap = (struct test_allocator){.fail_at = 1};
    CHECK(flarei_calloc(1, 1) == NULL);
    heap = (struct test_allocator){.fail_at = 2};
    block = flarei_malloc(1);
    CHECK(flarei_realloc(block, 100) == NULL);
    flarei_free(block);
    test_allocator_use(NULL);
    CHECK_INT(heap.live, 0);
}

int main(void)
{
    RUN(a_zero_sized_block_is_a_block);
    RUN(calloc_zeroes_and_refuses_overflow);
    RUN(a_failing_allocator_fails_each);
    return TEST_END();
}
