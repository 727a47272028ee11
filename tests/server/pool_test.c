/* The free lists: last given first taken, and trimmed to what a while needed. */
#include "server/pool.h"
#include "test.h"

#include <flare/memory.h>

struct thing {
    struct flarei_pool_item item;
    int value;
};

static int made, destroyed;
static bool out_of_memory;

static struct flarei_pool_item *make(void *context)
{
    struct thing *thing = out_of_memory ? NULL : flarei_calloc(1, sizeof *thing);

    if (thing == NULL)
        return NULL;
    thing->value = *(int *)context;
    made++;
    return &thing->item;
}

static void destroy(struct flarei_pool_item *item)
{
    destroyed++;
    flarei_pool_item_free(item);
}

static int value = 7;

static struct flarei_pool new_pool(uint32_t keep)
{
    made = destroyed = 0;
    return (struct flarei_pool){.keep = keep, .make = make, .destroy = destroy, .context = &value};
}

TEST(makes_things_once)
{
    struct flarei_pool pool = new_pool(0);
    struct thing *a = flarei_pool_take(&pool), *b = flarei_pool_take(&pool);

    CHECK(a != NULL && b != NULL && a != b);
    CHECK_INT(a->value, 7);
    flarei_pool_give(&pool, &a->item);
    flarei_pool_give(&pool, &b->item);
    CHECK(flarei_pool_take(&pool) == b);
    CHECK(flarei_pool_take(&pool) == a);
    CHECK_INT(made, 2);
    out_of_memory = true;
    CHECK(flarei_pool_take(&pool) == NULL);
    out_of_memory = false;
    flarei_pool_give(&pool, &a->item);
    flarei_pool_give(&pool, &b->item);
    flarei_pool_clear(&pool);
    CHECK_INT(destroyed, 2);
}

static void use(struct flarei_pool *pool, int count)
{
    struct thing *things[16];

    for (int i = 0; i < count; i++)
        things[i] = flarei_pool_take(pool);
    for (int i = 0; i < count; i++)
        flarei_pool_give(pool, &things[i]->item);
}

TEST(a_trim_leaves_what_was_needed)
{
    struct flarei_pool pool = new_pool(2);

    use(&pool, 10);
    CHECK(!flarei_pool_trim(&pool)); /* all of them were in use since the last time */
    use(&pool, 6);
    CHECK(flarei_pool_trim(&pool));
    CHECK_INT(destroyed, 4);
    CHECK(flarei_pool_trim(&pool)); /* none was needed: two are kept all the same */
    CHECK_INT(pool.free_count, 2);
    CHECK(!flarei_pool_trim(&pool));
    CHECK_INT(made, 10);
    flarei_pool_clear(&pool);
    CHECK_INT(destroyed, 10);
}

int main(void)
{
    RUN(makes_things_once);
    RUN(a_trim_leaves_what_was_needed);
    return TEST_END();
}
