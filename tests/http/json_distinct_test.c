#include "allocator.h"
#include "test.h"

#include <flare/gen_json.h>

static flare_arena arena;
static struct flarei_json json;

TEST(items_that_are_alike)
{
    static const double reals[] = {1, 0.0, 2, -0.0};
    static const uint32_t wholes[] = {7, 5, 7};
    static const flare_str words[] = {FLARE_STR_INIT("a"), FLARE_STR_INIT(""), FLARE_STR_INIT("ab"),
                                      FLARE_STR_INIT("a")};
    struct test_allocator heap = {.fail_at = 1};
    uint32_t many[100];
    const char *const at = flarei_json_begin(&json, FLARE_STR("[]"), &arena);

    CHECK(flarei_json_distinct(&json, at, NULL, reals, sizeof *reals, FLAREI_ITEMS_F64, 3, 0,
                               FLAREI_RULE_UNIQUE) == at);
    CHECK_INT(json.count, 0);
    CHECK(flarei_json_distinct(&json, at, NULL, reals, sizeof *reals, FLAREI_ITEMS_F64, 4, 0,
                               FLAREI_RULE_UNIQUE) == at);
    CHECK_INT(json.count, 1);
    CHECK_INT(json.failures[0].rule, FLAREI_RULE_UNIQUE);
    /* Behind a failure there may be holes: nothing is looked at. */
    CHECK(flarei_json_distinct(&json, at, NULL, wholes, sizeof *wholes, FLAREI_ITEMS_PLAIN, 3, 0,
                               FLAREI_RULE_UNIQUE) == at);
    CHECK_INT(json.count, 1);
    CHECK(flarei_json_distinct(&json, at, NULL, wholes, sizeof *wholes, FLAREI_ITEMS_PLAIN, 3, 1,
                               FLAREI_RULE_UNIQUE) == at);
    CHECK(flarei_json_distinct(&json, at, NULL, words, sizeof *words, FLAREI_ITEMS_TEXTS, 4, 2,
                               FLAREI_RULE_REPEATED) == at);
    CHECK_INT(json.count, 3);
    CHECK_INT(json.failures[2].rule, FLAREI_RULE_REPEATED);
    CHECK(flarei_json_distinct(&json, at, NULL, words, sizeof *words, FLAREI_ITEMS_TEXTS, 3, 3,
                               FLAREI_RULE_REPEATED) == at);
    CHECK_INT(json.count, 3);
    CHECK(flarei_json_distinct(&json, NULL, NULL, words, sizeof *words, FLAREI_ITEMS_TEXTS, 4, 3,
                               FLAREI_RULE_REPEATED) == NULL);

    for (uint32_t i = 0; i < 100; i++)
        many[i] = i * 2654435761u;
    flarei_arena_free(&arena);
    test_allocator_use(&heap);
    CHECK(flarei_json_distinct(&json, at, NULL, many, sizeof *many, FLAREI_ITEMS_PLAIN, 100, 3,
                               FLAREI_RULE_UNIQUE) == NULL);
    CHECK_INT(flarei_json_end(&json, NULL), FLAREI_JSON_NO_MEMORY);
    CHECK(flarei_json_distinct(&json, at, NULL, many, sizeof *many, FLAREI_ITEMS_PLAIN, 100, 3,
                               FLAREI_RULE_UNIQUE) == at);
    CHECK_INT(json.count, 3);
    many[99] = many[0];
    CHECK(flarei_json_distinct(&json, at, NULL, many, sizeof *many, FLAREI_ITEMS_PLAIN, 100, 3,
                               FLAREI_RULE_UNIQUE) == at);
    CHECK_INT(json.count, 4);
    CHECK_INT(flarei_arena_used(&arena), 0);
    flarei_arena_free(&arena);
    test_allocator_use(NULL);
    CHECK_INT(heap.live, 0);
}

int main(void)
{
    flarei_arena_init(&arena, 4096, 1 << 20);
    RUN(items_that_are_alike);
    return TEST_END();
}
