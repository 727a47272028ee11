/* allocator.h - an allocator that counts, and that fails one call.
 *
 *     struct test_allocator heap = {.fail_at = 3};      // the third call gets NULL
 *     test_allocator_use(&heap);
 *     ...
 *     test_allocator_use(NULL);
 *     CHECK_INT(heap.live, 0);
 */
#ifndef FLARE_TEST_ALLOCATOR_H
#define FLARE_TEST_ALLOCATOR_H

#include <flare/memory.h>

#include <stdio.h>
#include <stdlib.h>

struct test_allocator {
    size_t calls;   /* of allocate and reallocate */
    size_t fail_at; /* the call that gets NULL, from 1; 0 for none */
    size_t live;    /* blocks not released */
};

static bool test_allocator_fails(struct test_allocator *heap)
{
    return ++heap->calls == heap->fail_at;
}

static void *test_allocate(void *context, size_t bytes)
{
    struct test_allocator *const heap = (struct test_allocator *)context;
    void *const block = test_allocator_fails(heap) ? NULL : malloc(bytes);

    heap->live += block != NULL;
    return block;
}

static void *test_reallocate(void *context, void *block, size_t bytes)
{
    struct test_allocator *const heap = (struct test_allocator *)context;

    if (block == NULL)
        return test_allocate(context, bytes);
    return test_allocator_fails(heap) ? NULL : realloc(block, bytes);
}

static void test_release(void *context, void *block)
{
    ((struct test_allocator *)context)->live--;
    free(block);
}

static inline void test_allocator_use(struct test_allocator *heap)
{
    const flare_allocator allocator = {heap, test_allocate, test_reallocate, test_release};

    flare_allocator_set(heap ? &allocator : NULL);
}

/* Lets memory end at each call of a life in turn, until one needs fewer calls than that. Nothing is left of
 * any, and with all its memory it goes well. @param most of its calls @return how many lives did not go well;
 * or -1, with a line on stderr */
static inline int test_allocator_end_anywhere(bool (*life)(void), size_t most)
{
    struct test_allocator heap = {.fail_at = 0};
    int failed = -1;

    test_allocator_use(&heap);
    for (size_t at = 0; at <= most; at++) {
        heap = (struct test_allocator){.fail_at = at};
        const bool good = life();

        if (heap.live != 0 || (!good && heap.calls < at) || (!good && at == 0)) {
            fprintf(stderr, "call %zu of %zu: %s, %zu blocks left\n", at, heap.calls, good ? "good" : "bad",
                    heap.live);
            failed = -1;
            break;
        }
        failed += at == 0 || !good;
        if (at != 0 && heap.calls < at)
            break;
        if (at == most) {
            fprintf(stderr, "more than %zu calls\n", most);
            failed = -1;
        }
    }
    test_allocator_use(NULL);
    return failed;
}

#endif
