#include "fixture.h"

#include <math.h>

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

/* The pairs of a query as "name=value;…", a '!' before a value that can't be decoded. */
static const char *pairs(const char *query)
{
    static char text[512];
    struct flarei_query_walk walk = flarei_query_walk_of(with_query(query));
    size_t at = 0;

    text[0] = '\0';
    while (flarei_query_next(&walk))
        at += (size_t)snprintf(text + at, sizeof text - at, "%.*s=%s%.*s;", FLARE_STR_ARG(walk.name),
                               walk.rule ? "!" : "", FLARE_STR_ARG(walk.value));
    return text;
}

TEST(queries)
{
    static const struct {
        const char *query, *pairs;
    } rows[] = {
        {"", ""},
        {"a=b", "a=b;"},
        {"a", "a=;"},
        {"a=", "a=;"},
        {"=b", "=b;"},
        {"a=b&c=d&a=e", "a=b;c=d;a=e;"},
        {"&&a=b&&", "a=b;"},
        {"a=b=c", "a=b=c;"},
        {"a+b=c+d", "a b=c d;"},
        {"a%20b=%c3%a9", "a b=\xc3\xa9;"},
        {"a=%2B%26%3D", "a=+&=;"},
        {"a=%", "a=!;"},
        {"a=%4", "a=!;"},
        {"a=%zz&b=1", "a=!;b=1;"},
        {"a=%00", "a=!;"},
        {"%zz=1&b=2", "b=2;"},
        {"a;b=c", "a;b=c;"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *got = pairs(rows[i].query);

        CHECK(strcmp(got, rows[i].pairs) == 0);
        if (strcmp(got, rows[i].pairs) != 0)
            fprintf(stderr, "  %s: %s\n", rows[i].query, got);
    }
}

TEST(cookies)
{
    static const struct {
        const char *first, *second, *cookies;
    } rows[] = {
        {"", "", ""},
        {"a=b", "", "a=b;"},
        {"a=b; c=d", "", "a=b;c=d;"},
        {"a=b;c=d", "e=f", "a=b;c=d;e=f;"},
        {"a=\"b c\"", "", "a=b c;"},
        {"novalue; a=1", "", "a=1;"},
        {"=1; a=2", "", "a=2;"},
        {" a = 1 ", "", "a=1;"},
        {"a=b=c", "", "a=b=c;"},
        {"a=\"", "", "a=\";"},
        {"a=", "", "a=;"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const flare_field fields[] = {{FLARE_STR("Cookie"), flare_str_of(rows[i].first)},
                                      {FLARE_STR("X-Cookie"), FLARE_STR("no=no")},
                                      {FLARE_STR("cookie"), flare_str_of(rows[i].second)}};
        flare_request *rq = fixture_begin();
        struct flarei_cookie_walk walk;
        char text[256] = "";
        size_t at = 0;

        rq->fields = fields;
        rq->field_count = 3;
        walk = flarei_cookie_walk_of(rq);
        while (flarei_cookie_next(&walk))
            at += (size_t)snprintf(text + at, sizeof text - at, "%.*s=%.*s;", FLARE_STR_ARG(walk.name),
                                   FLARE_STR_ARG(walk.value));
        CHECK(strcmp(text, rows[i].cookies) == 0);
        if (strcmp(text, rows[i].cookies) != 0)
            fprintf(stderr, "  %s: %s\n", rows[i].first, text);
    }
}

TEST(lists)
{
    static const struct {
        const char *value, *members;
    } rows[] = {
        {"", ""},
        {"a", "a|"},
        {"a, b ,c", "a|b|c|"},
        {",, a,,", "a|"},
        {"\"a,b\", c", "\"a,b\"|c|"},
        {"\"a\\\",b\",c", "\"a\\\",b\"|c|"},
        {"\"open, x", "\"open, x|"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        flare_str rest = flare_str_of(rows[i].value), member;
        char text[128] = "";
        size_t at = 0;

        while (flarei_list_next(&rest, &member))
            at += (size_t)snprintf(text + at, sizeof text - at, "%.*s|", FLARE_STR_ARG(member));
        CHECK(strcmp(text, rows[i].members) == 0);
    }
}

TEST(scalars)
{
    int64_t i64;
    uint64_t u64;
    int8_t i8;
    uint8_t u8;
    uint32_t u32;
    double f64;
    bool flag;

    CHECK_INT(flarei_take_i64(FLARE_STR("-5"), -5, 5, &i64), FLAREI_FINE);
    CHECK_INT(i64, -5);
    CHECK_INT(flarei_take_i64(FLARE_STR("-6"), -5, 5, &i64), FLAREI_RULE_MIN);
    CHECK_INT(flarei_take_i64(FLARE_STR("6"), -5, 5, &i64), FLAREI_RULE_MAX);
    CHECK_INT(flarei_take_i64(FLARE_STR("9223372036854775808"), INT64_MIN, INT64_MAX, &i64), FLAREI_RULE_MAX);
    CHECK_INT(flarei_take_i64(FLARE_STR("-9223372036854775809"), INT64_MIN, INT64_MAX, &i64),
              FLAREI_RULE_MIN);
    CHECK_INT(flarei_take_i64(FLARE_STR("+1"), -5, 5, &i64), FLAREI_RULE_TYPE);
    CHECK_INT(flarei_take_i64(FLARE_STR(""), -5, 5, &i64), FLAREI_RULE_TYPE);
    CHECK_INT(flarei_take_u64(FLARE_STR("-1"), 0, 5, &u64), FLAREI_RULE_MIN);
    CHECK_INT(flarei_take_i8(FLARE_STR("127"), INT8_MIN, INT8_MAX, &i8), FLAREI_FINE);
    CHECK_INT(i8, 127);
    CHECK_INT(flarei_take_i8(FLARE_STR("128"), INT8_MIN, INT8_MAX, &i8), FLAREI_RULE_MAX);
    CHECK_INT(flarei_take_u8(FLARE_STR("255"), 0, UINT8_MAX, &u8), FLAREI_FINE);
    CHECK_INT(u8, 255);
    CHECK_INT(flarei_take_u8(FLARE_STR("256"), 0, UINT8_MAX, &u8), FLAREI_RULE_MAX);
    CHECK_INT(flarei_take_u32(FLARE_STR("4294967296"), 0, UINT32_MAX, &u32), FLAREI_RULE_MAX);
    CHECK_INT(flarei_take_f64(FLARE_STR("1.5"), 1.5, 2.5, &f64), FLAREI_FINE);
    CHECK_INT(flarei_take_f64(FLARE_STR("1.4"), 1.5, 2.5, &f64), FLAREI_RULE_MIN);
    CHECK_INT(flarei_take_f64(FLARE_STR("2.6"), 1.5, 2.5, &f64), FLAREI_RULE_MAX);
    CHECK_INT(flarei_take_f64(FLARE_STR("nan"), -1, 1, &f64), FLAREI_RULE_TYPE);
    CHECK_INT(flarei_take_f64(FLARE_STR("1e400"), -1, 1, &f64), FLAREI_RULE_MAX);
    CHECK_INT(flarei_take_bool(FLARE_STR("true"), &flag), FLAREI_FINE);
    CHECK(flag);
    CHECK_INT(flarei_take_bool(FLARE_STR("True"), &flag), FLAREI_RULE_TYPE);
    CHECK_INT(flarei_take_bool(FLARE_STR("1"), &flag), FLAREI_RULE_TYPE);
}

TEST(strings)
{
    flare_str out;

    CHECK_INT(flarei_take_string(FLARE_STR("\xc3\xa9\xc3\xa9"), 2, 2, &out), FLAREI_FINE);
    CHECK_INT(flarei_take_string(FLARE_STR("\xc3\xa9"), 2, 2, &out), FLAREI_RULE_MIN_LENGTH);
    CHECK_INT(flarei_take_string(FLARE_STR("\xc3\xa9\xc3\xa9z"), 2, 2, &out), FLAREI_RULE_MAX_LENGTH);
    CHECK_INT(flarei_take_string(FLARE_STR("\xc3"), 0, 2, &out), FLAREI_RULE_UTF8);
    CHECK_INT(flarei_take_string(FLARE_STR("a\0b"), 0, 5, &out), FLAREI_RULE_UTF8);
    CHECK_INT(flarei_take_string(FLARE_STR(""), 0, 5, &out), FLAREI_FINE);
    CHECK_INT(flarei_take_bytes(FLARE_STR("\xff\xfe"), 2, 2, &out), FLAREI_FINE);
    CHECK_INT(flarei_take_bytes(FLARE_STR("\xff"), 2, 2, &out), FLAREI_RULE_MIN_LENGTH);
    CHECK_INT(flarei_take_bytes(FLARE_STR("\xff\xfe\xfd"), 2, 2, &out), FLAREI_RULE_MAX_LENGTH);
}

TEST(path_captures)
{
    flare_request *rq = fixture_begin();
    flare_str out;

    CHECK_INT(flarei_unescape_path(rq, FLARE_STR("a%2Fb+c"), &out), FLAREI_FINE);
    CHECK_STR(out, "a/b+c");
    CHECK_INT(flarei_unescape_path(rq, FLARE_STR("a%"), &out), FLAREI_RULE_ESCAPE);
}

TEST(arrays_grow)
{
    flare_request *rq = fixture_begin();
    int *items = NULL;

    for (size_t i = 0; i < 1000; i++) {
        items = (int *)flarei_array_grow(rq, items, i, sizeof *items);
        items[i] = (int)i;
    }
    for (size_t i = 0; i < 1000; i++)
        CHECK(items[i] == (int)i);
}

TEST(targets)
{
    static const struct {
        const char *path, *routed; /* NULL: refused */
    } rows[] = {
        {"/", "/"},
        {"/%34%32", "/42"},
        {"/h%65llo", "/hello"},
        {"/a%2fb", "/a%2Fb"},
        {"/a%2Fb", "/a%2Fb"},
        {"/%7euser", "/~user"},
        {"/a%20b", "/a%20b"},
        {"/%", NULL},
        {"/%4", NULL},
        {"/%zz", NULL},
        {"/%00", NULL},
        {"/a/../b", NULL},
        {"/a/./b", NULL},
        {"/..", NULL},
        {"/.", NULL},
        {"/%2e%2e/x", NULL},
        {"/a/%2E", NULL},
        {"/.%2e", NULL},
        {"/...", "/..."},
        {"/.well-known", "/.well-known"},
        {"/a..", "/a.."},
        {"/..a", "/..a"},
        {"/a/", "/a/"},
        {"//", "//"},
        {"/%25%32%65", "/%252e"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        flare_request *rq = fixture_begin();
        const flare_str path = flare_str_of(rows[i].path);
        const flare_err err =
            flarei_request_target(rq, path, FLARE_STR("q"), memchr(path.ptr, '%', path.len) != NULL,
                                  memmem(path.ptr, path.len, "/.", 2) != NULL);

        CHECK_INT(err, rows[i].routed ? FLARE_OK : FLARE_ERR_SYNTAX);
        if (rows[i].routed) {
            CHECK_STR(rq->path, rows[i].routed);
            CHECK_STR(rq->query, "q");
        }
        if ((err == FLARE_OK) != (rows[i].routed != NULL))
            fprintf(stderr, "  %s\n", rows[i].path);
    }
}

TEST(refusals)
{
    static const struct flarei_input page = {FLAREI_IN_QUERY, FLARE_STR_INIT("page")},
                                     odd = {FLAREI_IN_HEADER, FLARE_STR_INIT("a\"b")};
    struct flarei_refusals bad;
    flare_request *rq = fixture_begin();

    bad.count = 0;
    flarei_refuse(&bad, &page, FLAREI_RULE_MAX);
    flarei_refuse_at(&bad, &odd, FLAREI_RULE_ENUM, 3);
    (void)!flarei_reply_refusals(rq, &bad).flarei_mark;
    CHECK(fixture_has("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n"));
    CHECK_STR(
        fixture_content(),
        "{\"type\":\"urn:flare:invalid-request\",\"title\":\"Invalid request\",\"status\":400,\"errors\":["
        "{\"in\":\"query\",\"name\":\"page\",\"rule\":\"max\"},"
        "{\"in\":\"header\",\"name\":\"a\\\"b\",\"pointer\":\"/3\",\"rule\":\"enum\"}]}");
    rq = fixture_begin();
    bad.count = 0;
    for (int i = 0; i < 40; i++)
        flarei_refuse(&bad, &page, FLAREI_RULE_TYPE);
    CHECK_INT(bad.count, 32);
}

int main(void)
{
    RUN(queries);
    RUN(cookies);
    RUN(lists);
    RUN(scalars);
    RUN(strings);
    RUN(path_captures);
    RUN(arrays_grow);
    RUN(targets);
    RUN(refusals);
    flarei_arena_free(&fixture_arena);
    flarei_buffer_free(&fixture_out);
    return TEST_END();
}
