/* The free lists: last given first taken, and trimmed to what a while needed. */
#include "allocator.h"
#include "test.h"

#include <flare/memory.h>
#include <flare/pool.h>

struct thing {
    flare_pool_item item;
    int value;
};

static int made, destroyed;
static bool out_of_memory;

static flare_pool_item *make(void *context)
{
    struct thing *thing = out_of_memory ? NULL : flarei_calloc(1, sizeof *thing);

    if (thing == NULL)
        return NULL;
    thing->value = *(int *)context;
    made++;
    return &thing->item;
}

static void destroy(flare_pool_item *item)
{
    destroyed++;
    flare_pool_item_free(item);
}

static int value = 7;

static flare_pool new_pool(uint32_t keep)
{
    made = destroyed = 0;
    return (flare_pool){.keep = keep, .make = make, .destroy = destroy, .context = &value};
}

TEST(makes_things_once)
{
    flare_pool pool = new_pool(0);
    struct thing *a = flare_pool_take(&pool), *b = flare_pool_take(&pool);

    CHECK(a != NULL && b != NULL && a != b);
    CHECK_INT(a->value, 7);
    flare_pool_give(&pool, &a->item);
    flare_pool_give(&pool, &b->item);
    CHECK(flare_pool_take(&pool) == b);
    CHECK(flare_pool_take(&pool) == a);
    CHECK_INT(made, 2);
    out_of_memory = true;
    CHECK(flare_pool_take(&pool) == NULL);
    out_of_memory = false;
    flare_pool_give(&pool, &a->item);
    flare_pool_give(&pool, &b->item);
    flare_pool_clear(&pool);
    CHECK_INT(destroyed, 2);
}

static void use(flare_pool *pool, int count)
{
    struct thing *things[16];

    for (int i = 0; i < count; i++)
        things[i] = flare_pool_take(pool);
    for (int i = 0; i < count; i++)
        flare_pool_give(pool, &things[i]->item);
}

TEST(a_trim_leaves_what_was_needed)
{
    flare_pool pool = new_pool(2);

    use(&pool, 10);
    CHECK(!flare_pool_trim(&pool)); /* all of them were in use since the last time */
    use(&pool, 6);
    CHECK(flare_pool_trim(&pool));
    CHECK_INT(destroyed, 4);
    CHECK(flare_pool_trim(&pool)); /* none was needed: two are kept all the same */
    CHECK_INT(pool.free_count, 2);
    CHECK(!flare_pool_trim(&pool));
    CHECK_INT(made, 10);
    flare_pool_clear(&pool);
    CHECK_INT(destroyed, 10);
}

TEST(blocks)
{
    struct test_allocator heap = {.fail_at = 3};
    flare_pool pool;
    char *a, *b;

    test_allocator_use(&heap);
    flare_pool_of_blocks(&pool, 4096, 1);
    a = flare_pool_take(&pool);
    b = flare_pool_take(&pool);
    CHECK(a != NULL && b != NULL);
    memset(a, 'a', 4096);
    memset(b, 'b', 4096);
    CHECK(flare_pool_take(&pool) == NULL); /* the third one */
    flare_pool_give(&pool, a);
    flare_pool_give(&pool, b);
    CHECK(flare_pool_take(&pool) == b);
    flare_pool_give(&pool, b);
    CHECK(!flare_pool_trim(&pool));
    CHECK(flare_pool_trim(&pool)); /* nobody took one since */
    CHECK_INT(heap.live, 1);
    flare_pool_clear(&pool);
    CHECK_INT(heap.live, 0);
    flare_pool_of_blocks(&pool, 1, 0); /* too small to be listed: made larger */
    a = flare_pool_take(&pool);
    flare_pool_give(&pool, a);
    flare_pool_clear(&pool);
    test_allocator_use(NULL);
}

int main(void)
{
    RUN(makes_things_once);
    RUN(a_trim_leaves_what_was_needed);
    RUN(blocks);
    return TEST_END();
}
