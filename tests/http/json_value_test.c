/* JSON of any shape, read where it stands and written value by value. */
#include "allocator.h"
#include "json_texts.h"
#include "test.h"

#include <flare/json.h>
#include <flare/number.h>

#include <math.h>
#include <stdlib.h>

static flare_json_value read_text(const char *text)
{
    flare_json_value root;

    CHECK_INT(flare_json_read(flare_str_of(text), &root), FLARE_OK);
    return root;
}

/* ---- Reading ---- */

/* Each text stands at the end of its block, so that a read behind it is found. */
TEST(what_is_json)
{
    for (size_t i = 0; i < sizeof json_texts / sizeof json_texts[0]; i++) {
        const struct json_text *const row = &json_texts[i];
        char *const copy = malloc(row->length + 1);
        flare_json_value root;
        flare_err err;

        memcpy(copy + 1, row->bytes, row->length);
        err = flare_json_read((flare_str){copy + 1, row->length}, &root);
        if ((err == FLARE_OK) != row->valid) {
            CHECK_INT(err == FLARE_OK, row->valid);
            (void)fprintf(stderr, "of %s\n", row->bytes);
        }
        CHECK((root.kind != FLARE_JSON_NONE) == (err == FLARE_OK));
        free(copy);
    }
    CHECK_INT(flare_json_read((flare_str){NULL, 0}, &(flare_json_value){FLARE_JSON_NULL, {NULL, 0}}),
              FLARE_ERR_SYNTAX);
}

TEST(depth)
{
    char text[2 * (FLARE_JSON_DEPTH_MAX + 1)];
    flare_json_value root;

    for (size_t depth = FLARE_JSON_DEPTH_MAX; depth <= FLARE_JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        CHECK_INT(flare_json_read((flare_str){text, 2 * depth}, &root),
                  depth == FLARE_JSON_DEPTH_MAX ? FLARE_OK : FLARE_ERR_LIMIT);
    }
}

TEST(kinds)
{
    static const struct {
        const char *text;
        flare_json_kind kind;
    } rows[] = {{" null ", FLARE_JSON_NULL},  {"true", FLARE_JSON_BOOL}, {"\t-1", FLARE_JSON_NUMBER},
                {"\"a\"", FLARE_JSON_STRING}, {"[ ]", FLARE_JSON_ARRAY}, {"{\n}", FLARE_JSON_OBJECT}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(read_text(rows[i].text).kind, rows[i].kind);
}

TEST(pointers)
{
    /* The examples of RFC 6901, section 5, and what finds nothing. */
    const flare_json_value root = read_text(
        "{ \"foo\" : [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2, \"e^f\": 3, \"g|h\": 4,"
        "\"i\\\\j\": 5, \"k\\\"l\": 6, \" \": 7, \"m~n\": 8, \"\\u0061\\ud83d\\ude00\":{\"b\":[[9]]}}");
    static const struct {
        const char *pointer, *text;
    } rows[] = {{"/foo", "[\"bar\", \"baz\"]"},
                {"/foo/0", "\"bar\""},
                {"/foo/1", "\"baz\""},
                {"/", "0"},
                {"/a~1b", "1"},
                {"/c%d", "2"},
                {"/e^f", "3"},
                {"/g|h", "4"},
                {"/i\\j", "5"},
                {"/k\"l", "6"},
                {"/ ", "7"},
                {"/m~0n", "8"},
                {"/a\xf0\x9f\x98\x80/b/0/0", "9"},
                {"foo", ""},
                {"/foo/2", ""},
                {"/foo/00", ""},
                {"/foo/01", ""},
                {"/foo/-", ""},
                {"/foo/", ""},
                {"/foo/99999999999999999999", ""},
                {"/foo/0/0", ""},
                {"/FOO", ""},
                {"/m~n", ""},
                {"/m~2n", ""},
                {"/m~", ""},
                {"/a\xf0\x9f\x98\x80\x80", ""},
                {"/fo", ""}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const flare_json_value found = flare_json_at(root, flare_str_of(rows[i].pointer));

        CHECK_STR(found.text, rows[i].text);
        CHECK((found.kind == FLARE_JSON_NONE) == (rows[i].text[0] == '\0'));
    }
    const flare_json_value same = flare_json_at(root, (flare_str){NULL, 0});
    CHECK(same.text.ptr == root.text.ptr && same.text.len == root.text.len);
}

TEST(names_of_a_pointer_have_a_limit)
{
    for (size_t length = FLARE_JSON_POINTER_NAME_MAX_BYTES; length <= FLARE_JSON_POINTER_NAME_MAX_BYTES + 1;
         length++) {
        char text[300], pointer[300] = "/";
        flare_json_value root;

        memset(pointer + 1, 'n', length);
        (void)snprintf(text, sizeof text, "{\"%.*s\":1}", (int)length, pointer + 1);
        root = read_text(text);
        CHECK_INT(flare_json_at(root, (flare_str){pointer, length + 1}).kind,
                  length == FLARE_JSON_POINTER_NAME_MAX_BYTES ? FLARE_JSON_NUMBER : FLARE_JSON_NONE);
        CHECK_INT(flare_json_member(root, (flare_str){pointer + 1, length}).kind, FLARE_JSON_NUMBER);
    }
}

TEST(going_through)
{
    flare_json_items items = flare_json_items_of(read_text("[1,\"two\" , [3] ]"));
    flare_json_value name, value;

    CHECK(flare_json_next(&items, &name, &value));
    CHECK_STR(value.text, "1");
    CHECK_INT(name.kind, FLARE_JSON_NONE);
    CHECK(flare_json_next(&items, NULL, &value));
    CHECK_STR(value.text, "\"two\"");
    CHECK(flare_json_next(&items, NULL, &value));
    CHECK_STR(value.text, "[3]");
    CHECK(!flare_json_next(&items, NULL, &value));
    CHECK_INT(value.kind, FLARE_JSON_NONE);
    CHECK(!flare_json_next(&items, NULL, &value));

    items = flare_json_items_of(read_text("{ \"a\" : 1 ,\"b\":{\"c\":2},\"a\":3}"));
    CHECK(flare_json_next(&items, &name, &value) && flare_json_is(name, FLARE_STR("a")));
    CHECK(flare_json_next(&items, &name, &value) && flare_json_is(name, FLARE_STR("b")));
    CHECK_STR(value.text, "{\"c\":2}");
    CHECK(flare_json_next(&items, &name, &value) && flare_json_is(name, FLARE_STR("a")));
    CHECK_STR(value.text, "3");
    CHECK(!flare_json_next(&items, &name, &value));

    for (const char *const *text = (const char *const[]){"[]", "{ }", "1", "\"[1]\"", NULL}; *text; text++) {
        items = flare_json_items_of(read_text(*text));
        CHECK(!flare_json_next(&items, &name, &value));
    }
    value = flare_json_member(read_text("{\"a\":1,\"a\":2}"), FLARE_STR("a"));
    CHECK_STR(value.text, "1");
    CHECK_INT(flare_json_member(read_text("[1]"), FLARE_STR("0")).kind, FLARE_JSON_NONE);
}

TEST(strings)
{
    static const struct {
        const char *text, *want;
        size_t room;
        flare_err err;
    } rows[] = {
        {"\"plain\"", "plain", 0, FLARE_OK},
        {"\"\"", "", 0, FLARE_OK},
        {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "a\"\\/\b\f\n\r\t", 9, FLARE_OK},
        {"\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10, FLARE_OK},
        {"\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"", "", 9, FLARE_ERR_LIMIT},
        {"\"\\n\"", "", 0, FLARE_ERR_LIMIT},
        {"\"\\ud800\"", "", 20, FLARE_ERR_SYNTAX},
        {"\"\\udc00\\ud800\"", "", 20, FLARE_ERR_SYNTAX},
        {"1", "", 20, FLARE_ERR_ARGUMENT},
        {"null", "", 20, FLARE_ERR_ARGUMENT}};
    char room[32];
    flare_str text;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const flare_json_value value = read_text(rows[i].text);

        text = FLARE_STR("");
        CHECK_INT(flare_json_string(value, room, rows[i].room, &text), rows[i].err);
        CHECK_STR(text, rows[i].want);
        if (rows[i].err == FLARE_OK) {
            CHECK(flare_json_is(value, text));
            CHECK(!flare_json_is(value, FLARE_STR("another")));
            CHECK(text.len == 0 || !flare_json_is(value, (flare_str){text.ptr, text.len - 1}));
        } else {
            CHECK(!flare_json_is(value, FLARE_STR("")));
        }
    }
    CHECK_INT(flare_json_string(read_text("\"a\\u0000b\""), room, 3, &text), FLARE_OK);
    CHECK(text.len == 3 && memcmp(text.ptr, "a\0b", 3) == 0);
    CHECK_INT(flare_json_string((flare_json_value){FLARE_JSON_NONE, {NULL, 0}}, room, 3, &text),
              FLARE_ERR_NOT_FOUND);
}

TEST(numbers)
{
    static const struct {
        const char *text;
        flare_err i64, u64, f64;
    } rows[] = {{"0", FLARE_OK, FLARE_OK, FLARE_OK},
                {"-0", FLARE_OK, FLARE_OK, FLARE_OK},
                {"-1", FLARE_OK, FLARE_ERR_RANGE, FLARE_OK},
                {"9223372036854775807", FLARE_OK, FLARE_OK, FLARE_OK},
                {"9223372036854775808", FLARE_ERR_RANGE, FLARE_OK, FLARE_OK},
                {"-9223372036854775808", FLARE_OK, FLARE_ERR_RANGE, FLARE_OK},
                {"-9223372036854775809", FLARE_ERR_RANGE, FLARE_ERR_RANGE, FLARE_OK},
                {"18446744073709551616", FLARE_ERR_RANGE, FLARE_ERR_RANGE, FLARE_OK},
                {"1.0", FLARE_ERR_SYNTAX, FLARE_ERR_SYNTAX, FLARE_OK},
                {"1e2", FLARE_ERR_SYNTAX, FLARE_ERR_SYNTAX, FLARE_OK},
                {"1E400", FLARE_ERR_SYNTAX, FLARE_ERR_SYNTAX, FLARE_ERR_RANGE},
                {"\"1\"", FLARE_ERR_ARGUMENT, FLARE_ERR_ARGUMENT, FLARE_ERR_ARGUMENT},
                {"[1]", FLARE_ERR_ARGUMENT, FLARE_ERR_ARGUMENT, FLARE_ERR_ARGUMENT}};
    const flare_json_value none = {FLARE_JSON_NONE, {NULL, 0}};
    int64_t i64 = 0;
    uint64_t u64 = 0;
    double f64 = 0;
    bool truth = false;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(flare_json_i64(read_text(rows[i].text), &i64), rows[i].i64);
        CHECK_INT(flare_json_u64(read_text(rows[i].text), &u64), rows[i].u64);
        CHECK_INT(flare_json_f64(read_text(rows[i].text), &f64), rows[i].f64);
    }
    CHECK_INT(flare_json_i64(read_text("-9223372036854775808"), &i64), FLARE_OK);
    CHECK(i64 == INT64_MIN);
    CHECK_INT(flare_json_u64(read_text("18446744073709551615"), &u64), FLARE_OK);
    CHECK(u64 == UINT64_MAX);
    CHECK_INT(flare_json_f64(read_text("-1.5e3"), &f64), FLARE_OK);
    CHECK(f64 == -1500);
    CHECK_INT(flare_json_bool(read_text("true"), &truth), FLARE_OK);
    CHECK(truth);
    CHECK_INT(flare_json_bool(read_text("false"), &truth), FLARE_OK);
    CHECK(!truth);
    CHECK_INT(flare_json_bool(read_text("null"), &truth), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_json_i64(none, &i64), FLARE_ERR_NOT_FOUND);
    CHECK_INT(flare_json_u64(none, &u64), FLARE_ERR_NOT_FOUND);
    CHECK_INT(flare_json_f64(none, &f64), FLARE_ERR_NOT_FOUND);
    CHECK_INT(flare_json_bool(none, &truth), FLARE_ERR_NOT_FOUND);
}

/* ---- Writing ---- */

static void write_all(flare_json_writer *json)
{
    flare_json_open_object(json);
    flare_json_name(json, FLARE_STR("text \"\n\xc3\xa9"));
    flare_json_put_string(json, FLARE_STR("\x01\\/"));
    flare_json_name(json, FLARE_STR(""));
    flare_json_open_array(json);
    flare_json_put_i64(json, INT64_MIN);
    flare_json_put_u64(json, UINT64_MAX);
    flare_json_put_f64(json, 0.1);
    flare_json_put_bool(json, true);
    flare_json_put_bool(json, false);
    flare_json_put_null(json);
    flare_json_open_array(json);
    flare_json_close(json);
    flare_json_open_object(json);
    flare_json_close(json);
    flare_json_put_value(json, read_text(" {\"a\": 1}"));
    flare_json_put_string(json, (flare_str){NULL, 0});
    flare_json_close(json);
    flare_json_name(json, FLARE_STR("last"));
    flare_json_put_i64(json, -7);
    flare_json_close(json);
}

static const char all[] = "{\"text \\\"\\n\xc3\xa9\":\"\\u0001\\\\/\",\"\":[-9223372036854775808,"
                          "18446744073709551615,0.1,true,false,null,[],{},{\"a\": 1},\"\"],\"last\":-7}";

TEST(writes)
{
    flare_json_writer json;
    flare_json_value root;
    flare_str text;

    flare_json_writer_init(&json, 1 << 20);
    for (int i = 0; i < 2; i++) { /* what was freed may begin again */
        write_all(&json);
        CHECK_INT(flare_json_finish(&json, &text), FLARE_OK);
        CHECK_STR(text, all);
        CHECK_INT(flare_json_read(text, &root), FLARE_OK);
        flare_json_writer_free(&json);
    }
    flare_json_put_string(&json, FLARE_STR("alone"));
    CHECK_INT(flare_json_finish(&json, &text), FLARE_OK);
    CHECK_STR(text, "\"alone\"");
    flare_json_writer_free(&json);
}

static void nothing(flare_json_writer *json)
{
    (void)json;
}
static void two_values(flare_json_writer *json)
{
    flare_json_put_null(json);
    flare_json_put_null(json);
}
static void left_open(flare_json_writer *json)
{
    flare_json_open_array(json);
}
static void closed_twice(flare_json_writer *json)
{
    flare_json_open_array(json);
    flare_json_close(json);
    flare_json_close(json);
}
static void no_name(flare_json_writer *json)
{
    flare_json_open_object(json);
    flare_json_put_null(json);
    flare_json_close(json);
}
static void no_value(flare_json_writer *json)
{
    flare_json_open_object(json);
    flare_json_name(json, FLARE_STR("a"));
    flare_json_close(json);
}
static void two_names(flare_json_writer *json)
{
    flare_json_open_object(json);
    flare_json_name(json, FLARE_STR("a"));
    flare_json_name(json, FLARE_STR("b"));
}
static void a_name_in_an_array(flare_json_writer *json)
{
    flare_json_open_array(json);
    flare_json_name(json, FLARE_STR("a"));
}
static void a_name_alone(flare_json_writer *json)
{
    flare_json_name(json, FLARE_STR("a"));
}
static void no_utf8(flare_json_writer *json)
{
    flare_json_put_string(json, FLARE_STR("\xff"));
}
static void a_name_that_is_no_utf8(flare_json_writer *json)
{
    flare_json_open_object(json);
    flare_json_name(json, FLARE_STR("\xed\xa0\x80"));
}
static void not_finite(flare_json_writer *json)
{
    flare_json_put_f64(json, (double)INFINITY);
}
static void not_a_number(flare_json_writer *json)
{
    flare_json_put_f64(json, (double)NAN);
}
static void not_read(flare_json_writer *json)
{
    flare_json_put_value(json, (flare_json_value){FLARE_JSON_NONE, {NULL, 0}});
}
static void too_deep(flare_json_writer *json)
{
    for (int i = 0; i <= FLARE_JSON_DEPTH_MAX; i++)
        flare_json_open_array(json);
}
static void just_deep_enough(flare_json_writer *json)
{
    for (int i = 0; i < FLARE_JSON_DEPTH_MAX; i++)
        i % 2 ? (flare_json_open_object(json), flare_json_name(json, FLARE_STR("a")))
              : flare_json_open_array(json);
    flare_json_put_null(json);
    for (int i = 0; i < FLARE_JSON_DEPTH_MAX; i++)
        flare_json_close(json);
}

TEST(what_can_not_be_written)
{
    static const struct {
        void (*write)(flare_json_writer *json);
        flare_err err;
    } rows[] = {{nothing, FLARE_ERR_STATE},
                {two_values, FLARE_ERR_STATE},
                {left_open, FLARE_ERR_STATE},
                {closed_twice, FLARE_ERR_STATE},
                {no_name, FLARE_ERR_STATE},
                {no_value, FLARE_ERR_STATE},
                {two_names, FLARE_ERR_STATE},
                {a_name_in_an_array, FLARE_ERR_STATE},
                {a_name_alone, FLARE_ERR_STATE},
                {no_utf8, FLARE_ERR_ARGUMENT},
                {a_name_that_is_no_utf8, FLARE_ERR_ARGUMENT},
                {not_finite, FLARE_ERR_ARGUMENT},
                {not_a_number, FLARE_ERR_ARGUMENT},
                {not_read, FLARE_ERR_ARGUMENT},
                {too_deep, FLARE_ERR_LIMIT},
                {just_deep_enough, FLARE_OK}};
    flare_json_writer json;
    flare_str text;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        flare_json_writer_init(&json, 1 << 20);
        rows[i].write(&json);
        CHECK_INT(flare_json_finish(&json, &text), rows[i].err);
        CHECK((text.len != 0) == (rows[i].err == FLARE_OK));
        flare_json_writer_free(&json);
    }
}

TEST(limits_and_memory)
{
    flare_json_writer json;
    flare_str text;

    for (size_t most = sizeof all - 2; most < sizeof all; most++) {
        flare_json_writer_init(&json, most);
        write_all(&json);
        CHECK_INT(flare_json_finish(&json, &text), most == sizeof all - 1 ? FLARE_OK : FLARE_ERR_LIMIT);
        flare_json_writer_free(&json);
    }
    struct test_allocator heap = {.fail_at = 1};
    test_allocator_use(&heap);
    flare_json_writer_init(&json, 1 << 20);
    write_all(&json);
    CHECK_INT(flare_json_finish(&json, &text), FLARE_ERR_MEMORY);
    flare_json_writer_free(&json);
    test_allocator_use(NULL);
    CHECK_INT(heap.live, 0);
}

int main(void)
{
    RUN(what_is_json);
    RUN(depth);
    RUN(kinds);
    RUN(pointers);
    RUN(names_of_a_pointer_have_a_limit);
    RUN(going_through);
    RUN(strings);
    RUN(numbers);
    RUN(writes);
    RUN(what_can_not_be_written);
    RUN(limits_and_memory);
    return TEST_END();
}
