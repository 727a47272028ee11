#include "fixture.h"

#include <math.h>
#include <sys/mman.h>

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

TEST(cookies)
{
    static const struct {
        const char *first, *second, *value; /* of a; NULL: none */
    } rows[] = {
        {"", "", NULL},
        {"a=b; c=d", "", "b"},
        {"c=d;a=b", "", "b"},
        {"c=d", "e=f; a=g", "g"},
        {"a=1; a=2", "a=3", "1"},
        {"a=\"b c\"", "", "b c"},
        {"novalue; a=1", "", "1"},
        {"a; a=1", "", "1"},
        {"=1; a=2", "", "2"},
        {" a = 1 ", "", "1"},
        {"a=b=c", "", "b=c"},
        {"a=\"", "", "\""},
        {"a=", "", ""},
        {"A=1; ab=2; =a; ;", "", NULL},
    };
    static const struct flarei_input input = {FLAREI_IN_COOKIE, false, FLARE_STR_INIT("a")};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const flare_field fields[] = {{FLARE_STR("Cookie"), flare_str_of(rows[i].first)},
                                      {FLARE_STR("X-Cookie"), FLARE_STR("a=no")},
                                      {FLARE_STR("cookie"), flare_str_of(rows[i].second)}};
        flare_request *rq = fixture_begin();
        flare_str value;

        rq->fields = fields;
        rq->field_count = 3;
        if (flarei_find(rq, &input, &value))
            CHECK_STR(value, rows[i].value ? rows[i].value : "none");
        else
            CHECK(rows[i].value == NULL);
        CHECK_INT(rq->refusal_count, 0);
    }
}

/* What reading one u32 of 1 to 9 comes to: the value, or (over 100) the rule that was noted. */
static unsigned read_u32(flare_request *rq, enum flarei_place place, bool required)
{
    static struct flarei_input input = {.name = FLARE_STR_INIT("N")};
    uint32_t value = 7;

    input.place = place;
    input.required = required;
    if (!flarei_read_u32(rq, &input, 1, 9, &value) && rq->refusal_count == 0)
        return value;
    return rq->refusal_count == 0 ? value : 100 + (unsigned)rq->refusals[0].rule;
}

TEST(inputs_once)
{
    const flare_field fields[] = {{FLARE_STR("n"), FLARE_STR("5")}, {FLARE_STR("N"), FLARE_STR("6")}};
    flare_request *rq;

    CHECK_INT(read_u32(with_query("M=1"), FLAREI_IN_QUERY, false), 7);
    CHECK_INT(read_u32(with_query("M=1"), FLAREI_IN_QUERY, true), 100 + FLAREI_RULE_REQUIRED);
    CHECK_INT(read_u32(with_query("N=1"), FLAREI_IN_QUERY, true), 1);
    CHECK_INT(read_u32(with_query("N=0"), FLAREI_IN_QUERY, true), 100 + FLAREI_RULE_MIN);
    CHECK_INT(read_u32(with_query("N=10"), FLAREI_IN_QUERY, false), 100 + FLAREI_RULE_MAX);
    CHECK_INT(read_u32(with_query("N=1&N=1"), FLAREI_IN_QUERY, false), 100 + FLAREI_RULE_REPEATED);
    CHECK_INT(read_u32(with_query("N=%"), FLAREI_IN_QUERY, true), 100 + FLAREI_RULE_ESCAPE);
    rq = fixture_begin();
    CHECK_INT(read_u32(rq, FLAREI_IN_HEADER, true), 100 + FLAREI_RULE_REQUIRED);
    CHECK_INT(rq->refusal_count, 1);
    rq = fixture_begin();
    rq->fields = fields;
    rq->field_count = 1;
    CHECK_INT(read_u32(rq, FLAREI_IN_HEADER, true), 5);
    rq = fixture_begin();
    rq->fields = fields;
    rq->field_count = 2;
    CHECK_INT(read_u32(rq, FLAREI_IN_HEADER, true), 100 + FLAREI_RULE_REPEATED);
    CHECK_INT(rq->refusal_count, 1);
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

/* What a string capture of 2 to 3 comes to: its text, or a rule's number. */
static const char *capture(const char *path, const char *raw, flare_err err)
{
    static const struct flarei_input input = {FLAREI_IN_PATH, false, FLARE_STR_INIT("x")};
    static char text[32];
    flare_request *rq = fixture_begin();
    const flare_str target = flare_str_of(path);
    flare_str out;

    CHECK_INT(flarei_request_target(rq, target, FLARE_STR(""), memchr(path, '%', target.len) != NULL, false),
              err);
    flarei_path_string(rq, &input, flare_str_of(raw), 2, 3, &out);
    if (rq->refusal_count == 0)
        snprintf(text, sizeof text, "%.*s", FLARE_STR_ARG(out));
    else
        snprintf(text, sizeof text, "rule %d", rq->refusals[0].rule);
    return text;
}

static bool says_rule(const char *text, enum flarei_rule rule)
{
    return strncmp(text, "rule ", 5) == 0 && strtol(text + 5, NULL, 10) == rule;
}

TEST(path_captures)
{
    flare_request *rq = fixture_begin();
    flare_str out = FLARE_STR("a%2Fb+c");

    CHECK_INT(flarei_unescape_path(rq, &out), FLAREI_FINE);
    CHECK_STR(out, "a/b+c");
    out = FLARE_STR("a%");
    CHECK_INT(flarei_unescape_path(rq, &out), FLAREI_RULE_ESCAPE);
    CHECK(strcmp(capture("/ab", "ab", FLARE_OK), "ab") == 0);
    CHECK(says_rule(capture("/a", "a", FLARE_OK), FLAREI_RULE_MIN_LENGTH));
    CHECK(says_rule(capture("/abcd", "abcd", FLARE_OK), FLAREI_RULE_MAX_LENGTH));
    CHECK(strcmp(capture("/a%2Fb", "a%2Fb", FLARE_OK), "a/b") == 0);
    CHECK(strcmp(capture("/%C3%A9%C3%A9", "%C3%A9%C3%A9", FLARE_OK), "\xc3\xa9\xc3\xa9") == 0);
    CHECK(says_rule(capture("/%C3%A9", "%C3%A9", FLARE_OK), FLAREI_RULE_MIN_LENGTH));
    CHECK(says_rule(capture("/a%C3", "a%C3", FLARE_OK), FLAREI_RULE_UTF8));
}

/* Every length, with a slash at every place or none, before bytes that can't be read. */
TEST(segments)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *const pages =
        (char *)mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(pages != MAP_FAILED && mprotect(pages + page, page, PROT_NONE) == 0);
    for (size_t length = 0; length <= 140; length++) {
        flare_request *const rq = fixture_begin();
        struct flarei_segments segments;
        char *const start = pages + page - length;

        for (size_t slash = 0; slash <= length; slash++) {
            const char *at = start;

            rq->path = (flare_str){start, length};
            memset(pages, '/', page);
            memset(start, slash % 2 ? '.' : (char)0xaf, length);
            if (slash != length)
                start[slash] = '/';
            if (slash + 3 < length)
                start[slash + 3] = '/';
            CHECK_INT(flarei_cut_segment(rq, &at).len, slash);
            CHECK(at == start + slash);
            at = start;
            CHECK_INT(flarei_cut_first_segment(rq, &segments, &at).len, slash);
            if (slash + 3 < length) {
                at++;
                CHECK_INT(flarei_cut_next_segment(rq, &segments, &at).len, 2);
                CHECK(at == start + slash + 3);
            }
        }
    }
    munmap(pages, 2 * page);
}

/* From any place on, with what an earlier look kept: segments of one length, in a path of several windows. */
TEST(segments_go_on)
{
    flare_request *const rq = fixture_begin();
    char path[200];

    for (size_t gap = 1; gap <= 70; gap++) {
        struct flarei_segments segments;

        for (size_t i = 0; i < sizeof path; i++)
            path[i] = i % gap == 0 ? '/' : 'x';
        rq->path = (flare_str){path, sizeof path};
        for (size_t from = 0; from <= sizeof path; from++) {
            const char *at = path + from;

            (void)flarei_cut_first_segment(rq, &segments, &at);
            /* Forwards over the rest, then back to the start, as dispatch does where a branch fails. */
            for (; at != path + sizeof path; at++) {
                const size_t here = (size_t)(at - path), next = (here + gap - 1) / gap * gap;
                const char *cut = at;

                (void)flarei_cut_next_segment(rq, &segments, &cut);
                CHECK(cut == path + (next < sizeof path ? next : sizeof path));
            }
            at = path;
            CHECK_INT(flarei_cut_next_segment(rq, &segments, &at).len, 0);
        }
    }
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
    static const struct flarei_input page = {FLAREI_IN_QUERY, false, FLARE_STR_INIT("page")},
                                     odd = {FLAREI_IN_HEADER, false, FLARE_STR_INIT("a\"b")};
    flare_request *rq = fixture_begin();

    flarei_refuse(rq, &page, FLAREI_RULE_MAX);
    flarei_refuse_at(rq, &odd, FLAREI_RULE_ENUM, 3);
    (void)!flarei_reply_refusals(rq).flarei_mark;
    CHECK(fixture_has("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n"));
    CHECK_STR(
        fixture_content(),
        "{\"type\":\"urn:flare:invalid-request\",\"title\":\"Invalid request\",\"status\":400,\"errors\":["
        "{\"in\":\"query\",\"name\":\"page\",\"rule\":\"max\"},"
        "{\"in\":\"header\",\"name\":\"a\\\"b\",\"pointer\":\"/3\",\"rule\":\"enum\"}]}");
    rq = fixture_begin();
    for (int i = 0; i < 40; i++)
        flarei_refuse(rq, &page, FLAREI_RULE_TYPE);
    CHECK_INT(rq->refusal_count, 32);
}

TEST(urls_of_other_schemes)
{
    static const struct {
        const char *text, *schemes;
        enum flarei_rule rule;
    } rows[] = {
        {"ftp://a", "ftp", FLAREI_FINE},
        {"FTP://a", "ftp", FLAREI_FINE},
        {"ftp://a", "https ftp", FLAREI_FINE},
        {"https://a/b?c#d", "https ftp", FLAREI_FINE},
        {"coap+tcp://[::1]:5683/", "coap+tcp", FLAREI_FINE},
        {"http://a", "https ftp", FLAREI_RULE_SCHEME},
        {"ft://a", "https ftp", FLAREI_RULE_SCHEME},
        {"ftps://a", "https ftp", FLAREI_RULE_SCHEME},
        {"https ftp://a", "https ftp", FLAREI_RULE_TYPE},
        {"1ftp://a", "ftp", FLAREI_RULE_TYPE},
        {"://a", "ftp", FLAREI_RULE_TYPE},
        {"ftp:a", "ftp", FLAREI_RULE_TYPE},
        {"ftp://", "ftp", FLAREI_RULE_TYPE},
        {"ftp://u@a", "ftp", FLAREI_RULE_TYPE},
        {"", "ftp", FLAREI_RULE_TYPE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        flare_str out;

        CHECK_INT(flarei_take_url_of(flare_str_of(rows[i].text), flare_str_of(rows[i].schemes), &out),
                  rows[i].rule);
        CHECK_STR(out, rows[i].text);
    }
}

/* Of 0 to count - 1, the last one set to `last`. */
static enum flarei_rule unique_numbers(uint32_t *numbers, size_t count, uint32_t last)
{
    for (size_t i = 0; i < count; i++)
        numbers[i] = (uint32_t)(i * 2654435761u);
    numbers[count - 1] = last;
    return flarei_check_unique(&fixture_arena, numbers, count, sizeof *numbers, FLAREI_ITEMS_PLAIN);
}

TEST(items_alike)
{
    static uint32_t numbers[3000];
    const flare_str texts[] = {FLARE_STR("a"), FLARE_STR("ab"), FLARE_STR(""), FLARE_STR("b"), {NULL, 0}};
    const float halves[] = {0.5f, -0.5f, 0.0f, -0.0f};
    const double reals[] = {1e300, -1e300, -0.0, 0.0};
    flare_arena small;

    fixture_begin();
    CHECK_INT(flarei_check_unique(&fixture_arena, NULL, 0, 4, FLAREI_ITEMS_PLAIN), FLAREI_FINE);
    CHECK_INT(flarei_check_unique(&fixture_arena, texts, 4, sizeof *texts, FLAREI_ITEMS_TEXTS), FLAREI_FINE);
    CHECK_INT(flarei_check_unique(&fixture_arena, texts, 5, sizeof *texts, FLAREI_ITEMS_TEXTS),
              FLAREI_RULE_UNIQUE);
    CHECK_INT(flarei_check_unique(&fixture_arena, halves, 3, sizeof *halves, FLAREI_ITEMS_F32), FLAREI_FINE);
    CHECK_INT(flarei_check_unique(&fixture_arena, halves, 4, sizeof *halves, FLAREI_ITEMS_F32),
              FLAREI_RULE_UNIQUE);
    CHECK_INT(flarei_check_unique(&fixture_arena, reals, 3, sizeof *reals, FLAREI_ITEMS_F64), FLAREI_FINE);
    CHECK_INT(flarei_check_unique(&fixture_arena, reals, 4, sizeof *reals, FLAREI_ITEMS_F64),
              FLAREI_RULE_UNIQUE);
    for (size_t count = 2; count <= 40; count++) {
        CHECK_INT(unique_numbers(numbers, count, 7), FLAREI_FINE);
        for (size_t twin = 0; twin + 1 < count; twin++)
            CHECK_INT(unique_numbers(numbers, count, (uint32_t)(twin * 2654435761u)), FLAREI_RULE_UNIQUE);
    }
    CHECK_INT(unique_numbers(numbers, 3000, 7), FLAREI_FINE);
    CHECK_INT(unique_numbers(numbers, 3000, 0), FLAREI_RULE_UNIQUE);
    /* Up to 16 need no memory. */
    flarei_arena_init(&small, 64, 64);
    (void)!flarei_arena_alloc(&small, 64);
    CHECK_INT(flarei_check_unique(&small, numbers, 16, sizeof *numbers, FLAREI_ITEMS_PLAIN), FLAREI_FINE);
    CHECK_INT(flarei_check_unique(&small, numbers, 17, sizeof *numbers, FLAREI_ITEMS_PLAIN),
              FLAREI_RULE_MEMORY);
    flarei_arena_free(&small);
}

int main(void)
{
    RUN(cookies);
    RUN(inputs_once);
    RUN(lists);
    RUN(scalars);
    RUN(strings);
    RUN(path_captures);
    RUN(segments);
    RUN(segments_go_on);
    RUN(arrays_grow);
    RUN(targets);
    RUN(refusals);
    RUN(urls_of_other_schemes);
    RUN(items_alike);
    flarei_arena_free(&fixture_arena);
    flarei_buffer_free(&fixture_out);
    return TEST_END();
}
