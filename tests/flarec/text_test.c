/* What the emitter writes of strings, numbers, names and comments. */
#include "emit/layout.h"
#include "emit/text.h"
#include "plan/methods.h"
#include "test.h"

#include <flare/method.h>

static struct arena arena;

static bool is(const char *got, const char *want)
{
    const bool same = strcmp(got, want) == 0;

    if (!same)
        fprintf(stderr, "  %s, not %s\n", got, want);
    return same;
}

TEST(strings)
{
    CHECK(is(c_string(&arena, "plain", 5), "\"plain\""));
    CHECK(is(c_string(&arena, "", 0), "\"\""));
    CHECK(is(c_string(&arena, "a\"b\\c", 5), "\"a\\\"b\\\\c\""));
    CHECK(is(c_string(&arena, "\a\b\t\n\v\f\r", 7), "\"\\a\\b\\t\\n\\v\\f\\r\""));
    CHECK(is(c_string(&arena,
                      "\0"
                      "1",
                      2),
             "\"\\0001\"")); /* an escape ends before the digit */
    CHECK(is(c_string(&arena, "\x7f\xc3\xa9", 3), "\"\\177\\303\\251\""));
    CHECK(is(c_string(&arena,
                      "?"
                      "?/",
                      3),
             "\"?\\?/\"")); /* no trigraph */
    CHECK(is(c_string(&arena,
                      "?"
                      "?"
                      "?"
                      "?",
                      4),
             "\"?\\?\\?\\?\""));
}

TEST(json_strings)
{
    struct text text = {.arena = &arena};

    json_string(&text, "a\"b\\c\n\x01\xc3\xa9");
    CHECK(is(text_of(&text), "\"a\\\"b\\\\c\\u000a\\u0001\xc3\xa9\""));
}

static const char *whole(enum type_kind kind, bool negative, uint64_t magnitude)
{
    return c_number(&arena, kind, (struct number){.negative = negative, .magnitude = magnitude});
}

static const char *real(enum type_kind kind, double value)
{
    return c_number(&arena, kind, (struct number){.real = value});
}

TEST(numbers)
{
    CHECK(is(whole(TYPE_I8, true, 128), "-128"));
    CHECK(is(whole(TYPE_I32, true, 2147483648), "INT32_MIN"));
    CHECK(is(whole(TYPE_I32, true, 2147483647), "-2147483647"));
    CHECK(is(whole(TYPE_I64, true, UINT64_C(9223372036854775808)), "INT64_MIN"));
    CHECK(is(whole(TYPE_I64, true, UINT64_C(9223372036854775807)), "-INT64_C(9223372036854775807)"));
    CHECK(is(whole(TYPE_I64, false, UINT64_C(2147483648)), "INT64_C(2147483648)"));
    CHECK(is(whole(TYPE_I64, false, 7), "7"));
    CHECK(is(whole(TYPE_U32, false, 4294967295), "4294967295u"));
    CHECK(is(whole(TYPE_U64, false, UINT64_MAX), "UINT64_C(18446744073709551615)"));
    CHECK(is(whole(TYPE_U64, false, 0), "0"));
    CHECK(is(real(TYPE_F64, 1), "1.0"));
    CHECK(is(real(TYPE_F64, 0.1), "0.1"));
    CHECK(is(real(TYPE_F64, 1e300), "1e+300"));
    CHECK(is(real(TYPE_F64, 1.0 / 3), "0.3333333333333333"));
    CHECK(is(real(TYPE_F32, 0.1), "0.1f"));
    CHECK(is(real(TYPE_F32, -2), "-2.0f"));
}

TEST(comments)
{
    CHECK(is(c_comment(&arena, "plain"), "plain"));
    CHECK(is(c_comment(&arena, "a*/b"), "a* /b"));
    CHECK(is(c_comment(&arena, "GET /files/*"), "GET /files/ *"));
    CHECK(is(c_comment(&arena, "/*/*/"), "/ * / * /"));
    CHECK(is(c_comment(&arena, "http://x"), "http:/ /x"));
    CHECK(is(c_comment(&arena, "what?"
                               "?/"),
             "what? ?/"));
    CHECK(is(c_comment(&arena, "ends in \\"), "ends in"));
    CHECK(is(c_comment(&arena, "tab\tnewline\n"), "tab newline"));
}

TEST(identifiers)
{
    CHECK(is(c_identifier(&arena, "/users/:id"), "users_id"));
    CHECK(is(c_identifier(&arena, "__a--b__"), "a_b"));
    CHECK(is(c_identifier(&arena, "2fa"), "n2fa"));
    CHECK(is(c_identifier(&arena, "\xc3\xa9"), "x"));
    CHECK(is(c_identifier(&arena, "CamelCase"), "camelcase"));
    CHECK_INT(strlen(c_identifier(&arena, "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdef")), 41);
}

static const char *laid(const char *source)
{
    struct text out = {.arena = &arena};

    layout(&out, source, strlen(source));
    return text_of(&out);
}

TEST(layouts)
{
    CHECK(is(laid("int a; /* one */\nlong_type b; /* two */\nint c;\nint d; /* three */\n"),
             "int a;       /* one */\nlong_type b; /* two */\nint c;\nint d; /* three */\n"));
    CHECK(is(laid("\n\n\nint a;\n\n\n\nint b;\n"), "int a;\n\nint b;\n"));
    CHECK(is(laid("{\n\n    int a;\n}\n"), "{\n    int a;\n}\n"));
    CHECK(is(laid("    call(first_argument_of_many, second_argument_of_many, third_argument_of_many, "
                  "the_fourth_argument_of_them_all);\n"),
             "    call(first_argument_of_many, second_argument_of_many, third_argument_of_many,\n"
             "         the_fourth_argument_of_them_all);\n"));
    CHECK(is(
        laid("    rule_of_it = call(first_argument_of_many, second_argument_of_many, third_argument_of_many, "
             "fourth_argument);\n"),
        "    rule_of_it =\n"
        "        call(first_argument_of_many, second_argument_of_many, third_argument_of_many, "
        "fourth_argument);\n"));
    CHECK(is(
        laid("/* A comment that is so long that it does not fit on one line, and so has to go on below its "
             "own very beginning. */\n"),
        "/* A comment that is so long that it does not fit on one line, and so has to go on below its own "
        "very\n"
        " * beginning. */\n"));
    CHECK(is(laid("/* clang-format off */\nint   a;   /* kept */\n/* clang-format on */\nint b;\n"),
             "/* clang-format off */\nint   a;   /* kept */\n/* clang-format on */\nint b;\n"));
}

/* The compiler's numbers of methods are the runtime's. */
TEST(methods)
{
    CHECK_INT(METHOD_COUNT, FLARE_METHOD_COUNT);
    CHECK_INT(METHOD_GET, FLARE_METHOD_GET);
    CHECK_INT(METHOD_HEAD, FLARE_METHOD_HEAD);
    CHECK_INT(METHOD_OPTIONS, FLARE_METHOD_OPTIONS);
#define CHECK_METHOD(identifier, token)                                                                      \
    CHECK_INT(method_number(token), FLARE_METHOD_##identifier);                                              \
    CHECK(is(method_name(FLARE_METHOD_##identifier), token));
    FLARE_METHODS(CHECK_METHOD)
    CHECK_INT(method_number("get"), 0);
    CHECK(
        is(method_set_text(&arena, METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD)), "GET, HEAD, OPTIONS"));
    CHECK(is(method_set_text(&arena, METHOD_BIT(METHOD_OPTIONS)), "OPTIONS"));
}

int main(void)
{
    RUN(strings);
    RUN(json_strings);
    RUN(numbers);
    RUN(comments);
    RUN(identifiers);
    RUN(layouts);
    RUN(methods);
    arena_free(&arena);
    return TEST_END();
}
