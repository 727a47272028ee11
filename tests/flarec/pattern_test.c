/* Patterns: what they match, whole, and which are refused. fuzz/flarec_pattern_fuzz.c holds them against an
 * oracle. */
#include "plan/pattern.h"
#include "test.h"

static struct arena arena;

TEST(matches)
{
    static const struct {
        const char *pattern, *yes[6], *no[6];
    } rows[] = {
        {"abc", {"abc"}, {"", "ab", "abcd", "xabc"}},
        {"a|bc|", {"a", "bc", ""}, {"b", "abc"}},
        {"a*b+c?", {"b", "aab", "abbc"}, {"a", "ac", "abcc"}},
        {"a{2}b{1,}c{0,2}", {"aab", "aabbcc"}, {"ab", "aac", "aabccc"}},
        {"(ab|cd){2}", {"abcd", "cdcd"}, {"ab", "abcdab"}},
        {"(?:a(b)c)+", {"abc", "abcabc"}, {"", "ab"}},
        {"[a-c-]", {"a", "c", "-"}, {"d", "ab"}},
        {"[^a-c]", {"d", "\xc3\xa9", "\n"}, {"a", "", "\xc3\xa9\xc3\xa9"}},
        {"[\\]\\\\^-]+", {"]", "\\", "^-"}, {"a"}},
        {".", {"a", "\xf0\x9f\x98\x80", " "}, {"", "\n", "\r", "\xe2\x80\xa8"}},
        {"\\d\\w\\s", {"1a ", "0_\t"}, {"aa ", "1- ", "1aa"}},
        {"\\D\\W\\S", {"a-b"}, {"1-b", "aab", "a- "}},
        {"[\\d_]+", {"1_2"}, {"a"}},
        {"\\.\\*\\/\\{\\}", {".*/{}"}, {"a*/{}"}},
        {"\\t\\n\\r\\f\\v", {"\t\n\r\f\v"}, {"tnrfv"}},
        {"\\x41\\u00e9\\u{1F600}", {"A\xc3\xa9\xf0\x9f\x98\x80"}, {"A\xc3\xa9"}},
        {"[\\u0400-\\u04ff]{2}", {"\xd0\x80\xd3\xbf"}, {"\xd0\x80", "ab"}},
        {"[a-\xc3\xbc]", {"a", "\xc2\x80", "\xc3\xbc"}, {"\xc3\xbd", "`"}},
        {"((a*)*)*b", {"b", "aaab"}, {"a", "aaac"}},
        {"a{0}", {""}, {"a"}},
        {"[a-z0-9]+(-[a-z0-9]+)*", {"a", "a-b-1"}, {"", "-a", "a--b", "a-"}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct regex_error error;
        const struct regex *regex = regex_parse(&arena, rows[i].pattern, strlen(rows[i].pattern), &error);
        const struct dfa *dfa = regex != NULL ? dfa_make(&arena, regex) : NULL;

        CHECK(dfa != NULL);
        for (size_t k = 0; dfa != NULL && k < 6; k++) {
            const bool yes =
                rows[i].yes[k] == NULL || dfa_matches(dfa, rows[i].yes[k], strlen(rows[i].yes[k]));
            const bool no = rows[i].no[k] == NULL || !dfa_matches(dfa, rows[i].no[k], strlen(rows[i].no[k]));

            CHECK(yes && no);
            if (!yes || !no)
                fprintf(stderr, "  %s on %s\n", rows[i].pattern, yes ? rows[i].no[k] : rows[i].yes[k]);
        }
    }
}

TEST(refusals)
{
    static const struct {
        const char *pattern;
        enum code code;
        size_t start, length;
    } rows[] = {
        {"^a", CODE_PATTERN_UNSUPPORTED, 0, 1},
        {"a$", CODE_PATTERN_UNSUPPORTED, 1, 1},
        {"a\\b", CODE_PATTERN_UNSUPPORTED, 1, 2},
        {"(a)\\1", CODE_PATTERN_UNSUPPORTED, 3, 2},
        {"(?=a)", CODE_PATTERN_UNSUPPORTED, 0, 3},
        {"(?<!a)", CODE_PATTERN_UNSUPPORTED, 0, 3},
        {"(?<n>a)", CODE_PATTERN_UNSUPPORTED, 0, 2},
        {"a*?", CODE_PATTERN_UNSUPPORTED, 1, 2},
        {"a++", CODE_PATTERN_UNSUPPORTED, 1, 2},
        {"\\pL", CODE_PATTERN_UNSUPPORTED, 0, 2},
        {"*a", CODE_BAD_PATTERN, 0, 1},
        {"a**", CODE_BAD_PATTERN, 1, 2},
        {"(a", CODE_BAD_PATTERN, 0, 1},
        {"a)", CODE_BAD_PATTERN, 1, 1},
        {"[a", CODE_BAD_PATTERN, 0, 1},
        {"[]", CODE_BAD_PATTERN, 0, 2},
        {"a]", CODE_BAD_PATTERN, 1, 1},
        {"[b-a]", CODE_BAD_PATTERN, 1, 3},
        {"a{", CODE_BAD_PATTERN, 1, 1},
        {"a{2,1}", CODE_BAD_PATTERN, 1, 5},
        {"a{x}", CODE_BAD_PATTERN, 1, 1},
        {"a\\", CODE_BAD_PATTERN, 1, 1},
        {"\\q", CODE_BAD_PATTERN, 0, 2},
        {"\\x4", CODE_BAD_PATTERN, 0, 3},
        {"\\ud800", CODE_BAD_PATTERN, 0, 6},
        {"\\u{110000}", CODE_BAD_PATTERN, 0, 9},
        {"a{1001}", CODE_PATTERN_TOO_LARGE, 2, 4},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct regex_error error;

        CHECK(regex_parse(&arena, rows[i].pattern, strlen(rows[i].pattern), &error) == NULL);
        CHECK_INT(error.code, rows[i].code);
        CHECK_INT(error.start, rows[i].start);
        CHECK_INT(error.length, rows[i].length);
        if (error.start != rows[i].start || error.length != rows[i].length)
            fprintf(stderr, "  %s\n", rows[i].pattern);
    }
}

/* The number of states: just below and above the limit, and patterns that would never end. */
TEST(limits)
{
    static const struct {
        const char *pattern;
        bool fits;
    } rows[] = {
        {"a{998}", true},
        {"a{999}", false},
        {"[a-z]{1,998}", true},
        {"(a{100}){100}", false},
        {"((a{1000}){1000}){1000}", false},
        {"(a|b)*a(a|b){8}", true},
        {"(a|b)*a(a|b){12}", false},
        {".{1,300}", false},
        {".{1,50}", true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct regex_error error;
        const struct regex *regex = regex_parse(&arena, rows[i].pattern, strlen(rows[i].pattern), &error);
        const struct dfa *dfa = regex != NULL ? dfa_make(&arena, regex) : NULL;

        CHECK(regex != NULL);
        CHECK((dfa != NULL) == rows[i].fits);
        if ((dfa != NULL) != rows[i].fits)
            fprintf(stderr, "  %s: %u states\n", rows[i].pattern, dfa != NULL ? dfa->states_count : 0);
    }
}

int main(void)
{
    RUN(matches);
    RUN(refusals);
    RUN(limits);
    arena_free(&arena);
    return TEST_END();
}
