#include "fixture.h"

static flare_reply fixture_dispatch(flare_request *rq)
{
    return flare_empty(rq, 204);
}

static flare_request *with_query(const char *query)
{
    flare_request *rq = fixture_begin();

    rq->query = flare_str_of(query);
    return rq;
}

/* The values of one name in a query as "value;…", a '!' before one that can't be decoded. */
static const char *values(const char *query, const char *name)
{
    static char text[512];
    const struct flarei_input input = {FLAREI_IN_QUERY, false, flare_str_of(name)};
    struct flarei_query_walk walk = flarei_query_walk_of(with_query(query), &input);
    size_t at = 0;

    text[0] = '\0';
    while (flarei_query_next(&walk))
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s;", walk.rule ? "!" : "",
                               FLARE_STR_ARG(walk.value));
    return text;
}

TEST(queries)
{
    static const struct {
        const char *query, *name, *values;
    } rows[] = {
        {"", "a", ""},
        {"a=b", "a", "b;"},
        {"a", "a", ";"},
        {"a=", "a", ";"},
        {"=b", "a", ""},
        {"b=a", "a", ""},
        {"ab=1&a=2&b=3", "a", "2;"},
        {"a=b&c=d&a=e", "a", "b;e;"},
        {"&&a=b&&", "a", "b;"},
        {"a=b=c", "a", "b=c;"},
        {"a=1", "a=1", ""},
        {"a+b=c+d", "a b", "c d;"},
        {"a%20b=%c3%a9", "a b", "\xc3\xa9;"},
        {"%61=1&%41=2&%6=3&%=4&%6", "a", "1;"},
        {"a%3D=1&a=2", "a=", "1;"},
        {"%61%62=1", "ab", "1;"},
        {"%61%6=1", "ab", ""},
        {"a=%2B%26%3D", "a", "+&=;"},
        {"a=%", "a", "!;"},
        {"a=%4", "a", "!;"},
        {"a=%zz&a=1", "a", "!;1;"},
        {"a=%00", "a", "!;"},
        {"%zz=1&b=2", "b", "2;"},
        {"a;b=c", "a;b", "c;"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *got = values(rows[i].query, rows[i].name);

        CHECK(strcmp(got, rows[i].values) == 0);
        if (strcmp(got, rows[i].values) != 0)
            fprintf(stderr, "  %s: %s\n", rows[i].query, got);
    }
}

/* The only one of a, "b c" and d that a name can be. */
static unsigned number_of(flare_str name)
{
    return name.len == 3 ? 2 : name.len == 1 && *name.ptr == 'd' ? 3 : 1;
}

/* Those of the names a, "b c" and d in one pass, as "a:value;…|b c:…". `guess`: the number that is guessed
 * for every name. */
static const char *kept(const char *query, unsigned guess)
{
    static char text[512];
    static const struct flarei_input a = FLAREI_INPUT(QUERY, false, "a"),
                                     bc = FLAREI_INPUT(QUERY, false, "b c"),
                                     d = FLAREI_INPUT(QUERY, false, "d");
    static const struct flarei_input *const inputs[] = {&a, &bc, &d};
    struct flarei_query_values found[3];
    flare_request *const rq = with_query(query);
    size_t at = 0;

    for (struct flarei_query_scan scan = flarei_query_scan_of(rq, inputs, found, 3);
         flarei_query_pair(&scan);)
        flarei_query_keep(&scan, guess != 9 ? guess : number_of(scan.name));
    text[0] = '\0';
    for (size_t i = 0; i < 3; i++) {
        struct flarei_query_items items = flarei_query_items_of(rq, &found[i]);

        while (flarei_query_item(&items))
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%s%.*s;", inputs[i]->name.ptr,
                                   items.rule ? "!" : "=", FLARE_STR_ARG(items.value));
    }
    return text;
}

TEST(queries_in_one_pass)
{
    CHECK_STR(flare_str_of(kept("", 9)), "");
    CHECK_STR(flare_str_of(kept("a=1&d=2&a=3&x=4&a", 9)), "a=1;a=3;a=;d=2;");
    CHECK_STR(flare_str_of(kept("&&d&=a&a==&&", 9)), "a==;d=;");
    CHECK_STR(flare_str_of(kept("aa=1&dd=2&=3&a=4", 9)), "a=4;");
    CHECK_STR(flare_str_of(kept("b+c=1+2&b%20c=%41&%64=5&%61%61=6", 9)), "b c=1 2;b c=A;d=5;");
    CHECK_STR(flare_str_of(kept("%6=1&%=2&a%=3&a=%&a=%zz&a=4", 9)), "a!;a!;a=4;");
    /* What is guessed is no more than that; an escaped name needs none. */
    CHECK_STR(flare_str_of(kept("a=1&d=2", 0)), "");
    CHECK_STR(flare_str_of(kept("a=1&d=2&%61=3", 3)), "a=3;d=2;");
}

/* Queries of letters that matter, whatever they make: one pass finds what a walk for each name does. */
TEST(one_pass_finds_what_walks_find)
{
    static const char letters[] = "aaabbcd  ++%%26604==&&&";
    static const char *const names[] = {"a", "b c", "d"};
    uint32_t state = 1;
    size_t found = 0;

    for (unsigned round = 0; round < 20000; round++) {
        char query[24], want[512];
        size_t at = 0, length;

        state = state * 1664525u + 1013904223u;
        length = state >> 28;
        for (size_t i = 0; i < length; i++) {
            state = state * 1664525u + 1013904223u;
            query[i] = letters[(state >> 16) % (sizeof letters - 1)];
        }
        query[length] = '\0';
        want[0] = '\0';
        for (size_t i = 0; i < 3; i++) {
            const struct flarei_input input = {FLAREI_IN_QUERY, false, flare_str_of(names[i])};
            struct flarei_query_walk walk = flarei_query_walk_of(with_query(query), &input);

            for (; flarei_query_next(&walk); found++)
                at += (size_t)snprintf(want + at, sizeof want - at, "%s%s%.*s;", names[i],
                                       walk.rule ? "!" : "=", FLARE_STR_ARG(walk.value));
        }
        if (strcmp(kept(query, 9), want) != 0) {
            fprintf(stderr, "  %s: %s, not %s\n", query, kept(query, 9), want);
            CHECK(false);
            return;
        }
    }
    CHECK(found > 1000);
}

TEST(queries_in_one_pass_once)
{
    static const struct flarei_input a = FLAREI_INPUT(QUERY, true, "a"), b = FLAREI_INPUT(QUERY, false, "b");
    static const struct flarei_input *const inputs[] = {&a, &b};
    static const struct {
        const char *query, *value;
        enum flarei_rule rule;
    } rows[] = {
        {"a=1+2", "1 2", FLAREI_FINE},           {"b=1&a=%41&c", "A", FLAREI_FINE},
        {"", NULL, FLAREI_RULE_REQUIRED},        {"b=1", NULL, FLAREI_RULE_REQUIRED},
        {"a=1&a=1", NULL, FLAREI_RULE_REPEATED}, {"a=%&a=1", NULL, FLAREI_RULE_ESCAPE},
    };
    struct flarei_query_values found[2];
    flare_str value;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        flare_request *const rq = with_query(rows[i].query);

        for (struct flarei_query_scan scan = flarei_query_scan_of(rq, inputs, found, 2);
             flarei_query_pair(&scan);)
            flarei_query_keep(&scan, *scan.name.ptr == 'a' ? 1 : 2);
        CHECK(flarei_query_find(rq, &a, &found[0], &value) == (rows[i].value != NULL));
        if (rows[i].value != NULL)
            CHECK_STR(value, rows[i].value);
        CHECK_INT(rq->refusal_count, rows[i].rule != FLAREI_FINE);
        if (rq->refusal_count != 0)
            CHECK_INT(rq->refusals[0].rule, rows[i].rule);
    }
}

/* The first value of a name needs no memory; where there is none for a further one, that is refused. */
TEST(queries_in_one_pass_memory)
{
    static const struct flarei_input a = FLAREI_INPUT(QUERY, false, "a");
    static const struct flarei_input *const inputs[] = {&a};
    struct flarei_query_values found[1];
    flare_request *const rq = with_query("a=1&a=2");
    flare_arena *const usual = rq->arena;
    flare_arena small;

    flarei_arena_init(&small, 64, 64);
    (void)!flarei_arena_alloc(&small, 64);
    rq->arena = &small;
    for (struct flarei_query_scan scan = flarei_query_scan_of(rq, inputs, found, 1);
         flarei_query_pair(&scan);)
        flarei_query_keep(&scan, 1);
    CHECK_INT(rq->refusal_count, 1);
    CHECK_INT(rq->refusals[0].rule, FLAREI_RULE_MEMORY);
    rq->arena = usual;
    flarei_arena_free(&small);
}

int main(void)
{
    RUN(queries);
    RUN(queries_in_one_pass);
    RUN(one_pass_finds_what_walks_find);
    RUN(queries_in_one_pass_once);
    RUN(queries_in_one_pass_memory);
    flarei_arena_free(&fixture_arena);
    flarei_buffer_free(&fixture_out);
    return TEST_END();
}
