#include "allocator.h"
#include "test.h"

#include <flare/text.h>

struct row {
    flare_str text;
    const char *path, *form; /* NULL: refused */
};

static const struct row rows[] = {
    {FLARE_STR_INIT(""), "", ""},
    {FLARE_STR_INIT("plain"), "plain", "plain"},
    {FLARE_STR_INIT("a+b"), "a+b", "a b"},
    {FLARE_STR_INIT("a%2Bb"), "a+b", "a+b"},
    {FLARE_STR_INIT("%20"), " ", " "},
    {FLARE_STR_INIT("%2f%2F"), "//", "//"},
    {FLARE_STR_INIT("%34%32"), "42", "42"},
    {FLARE_STR_INIT("%e2%82%AC"), "\xe2\x82\xac", "\xe2\x82\xac"},
    {FLARE_STR_INIT("%25%41"), "%A", "%A"},
    {FLARE_STR_INIT("%2541"), "%41", "%41"},
    {FLARE_STR_INIT("%ff\x80"), "\xff\x80", "\xff\x80"},
    {FLARE_STR_INIT("%"), NULL, NULL},
    {FLARE_STR_INIT("%4"), NULL, NULL},
    {FLARE_STR_INIT("abc%4"), NULL, NULL},
    {FLARE_STR_INIT("%4g"), NULL, NULL},
    {FLARE_STR_INIT("%g4"), NULL, NULL},
    {FLARE_STR_INIT("%%41"), NULL, NULL},
    {FLARE_STR_INIT("% 41"), NULL, NULL},
    {FLARE_STR_INIT("%u0041"), NULL, NULL},
    {FLARE_STR_INIT("%00"), NULL, NULL},
    {FLARE_STR_INIT("a\0b"), NULL, NULL},
};

static void check_decoded(flare_str text, flare_percent_rule rule, const char *want)
{
    char out[64], in_place[64];
    flare_str got = {out, 99}, copied = {NULL, 99};
    flare_arena arena;
    flare_err err = flare_percent_decode(text, rule, out, &got.len);

    CHECK_INT(err, want ? FLARE_OK : FLARE_ERR_SYNTAX);
    if (want)
        CHECK_STR(got, want);
    else
        CHECK_INT(got.len, 99);

    memcpy(in_place, text.ptr, text.len);
    got = (flare_str){in_place, 99};
    CHECK_INT(flare_percent_decode((flare_str){in_place, text.len}, rule, in_place, &got.len), err);
    if (want)
        CHECK_STR(got, want);

    flarei_arena_init(&arena, 64, 64);
    CHECK_INT(flarei_percent_decode_in(&arena, text, rule, &copied), err);
    if (want) {
        CHECK_STR(copied, want);
        CHECK_INT(copied.ptr == text.ptr, strlen(want) == text.len && memcmp(want, text.ptr, text.len) == 0);
    } else {
        CHECK_INT(copied.len, 99);
    }
    flarei_arena_free(&arena);
}

TEST(escapes_are_decoded)
{
    flare_arena arena;
    flare_str decoded = {NULL, 99};
    char out[1];
    size_t len = 99;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_decoded(rows[i].text, FLARE_PERCENT_PATH, rows[i].path);
        check_decoded(rows[i].text, FLARE_PERCENT_FORM, rows[i].form);
    }
    flarei_arena_init(&arena, 16, 0);
    CHECK_INT(flarei_percent_decode_in(&arena, FLARE_STR("%41"), FLARE_PERCENT_PATH, &decoded),
              FLARE_ERR_MEMORY);
    CHECK_INT(decoded.len, 99);
    CHECK_INT(flarei_percent_decode_in(&arena, (flare_str){NULL, 0}, FLARE_PERCENT_PATH, &decoded), FLARE_OK);
    CHECK_INT(decoded.len, 0);
    CHECK_INT(flare_percent_decode((flare_str){NULL, 0}, FLARE_PERCENT_PATH, out, &len), FLARE_OK);
    CHECK_INT(len, 0);
}

TEST(what_is_encoded_decodes)
{
    char all[255], encoded[3 * 255], decoded[3 * 255];

    for (int i = 0; i < 255; i++)
        all[i] = (char)(i + 1);
    for (int rule = FLARE_PERCENT_PATH; rule <= FLARE_PERCENT_FORM; rule++) {
        const size_t len = flare_percent_encode((flare_str){all, 255}, (flare_percent_rule)rule, encoded);
        size_t back = 0;

        CHECK_INT(flare_percent_decode((flare_str){encoded, len}, (flare_percent_rule)rule, decoded, &back),
                  FLARE_OK);
        CHECK(back == 255 && memcmp(all, decoded, 255) == 0);
        CHECK_INT(len, 66 + 3 * (255 - 66) - (rule == FLARE_PERCENT_FORM ? 2 : 0));
    }
    const flare_str text = {encoded,
                            flare_percent_encode(FLARE_STR("a b/\xff~"), FLARE_PERCENT_PATH, encoded)};

    CHECK_STR(text, "a%20b%2F%FF~");
}

TEST(case_is_folded_for_ascii_only)
{
    CHECK(flare_str_equal_nocase(FLARE_STR("Content-Type"), FLARE_STR("cONTENT-tYPE")));
    CHECK(!flare_str_equal_nocase(FLARE_STR("Content-Type"), FLARE_STR("Content-Typo")));
    CHECK(!flare_str_equal_nocase(FLARE_STR("a"), FLARE_STR("ab")));
    CHECK(!flare_str_equal_nocase(FLARE_STR("@"), FLARE_STR("`")));
    CHECK(!flare_str_equal_nocase(FLARE_STR("["), FLARE_STR("{")));
    CHECK(!flare_str_equal_nocase(FLARE_STR("\xc4"), FLARE_STR("\xe4")));
    CHECK(flare_str_equal_nocase((flare_str){NULL, 0}, FLARE_STR("")));
    for (int c = 0; c < 256; c++)
        CHECK_INT((unsigned char)flarei_ascii_lower((char)c), c >= 'A' && c <= 'Z' ? c + 32 : c);
}

TEST(base64_of_rfc_4648)
{
    static const struct {
        flare_str bytes;
        const char *text, *url;
    } vectors[] = {
        {FLARE_STR_INIT(""), "", ""}, /* section 10 */
        {FLARE_STR_INIT("f"), "Zg==", "Zg"},
        {FLARE_STR_INIT("fo"), "Zm8=", "Zm8"},
        {FLARE_STR_INIT("foo"), "Zm9v", "Zm9v"},
        {FLARE_STR_INIT("foob"), "Zm9vYg==", "Zm9vYg"},
        {FLARE_STR_INIT("fooba"), "Zm9vYmE=", "Zm9vYmE"},
        {FLARE_STR_INIT("foobar"), "Zm9vYmFy", "Zm9vYmFy"},
        {FLARE_STR_INIT("\xfb\xff\xbf\0"), "+/+/AA==", "-_-_AA"},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const flare_str bytes = vectors[i].bytes;
        char text[32], back[32];
        flare_str encoded = {text, flare_base64_encode(FLARE_BASE64, bytes.ptr, bytes.len, text)};
        size_t len = 99;

        CHECK_STR(encoded, vectors[i].text);
        CHECK_INT(encoded.len, flare_base64_encoded_max(bytes.len));
        CHECK_INT(flare_base64_decode(FLARE_BASE64, encoded, back, &len), FLARE_OK);
        CHECK(len == bytes.len && memcmp(back, bytes.ptr, len) == 0);
        CHECK_INT(flare_base64_decode(FLARE_BASE64, encoded, text, &len), FLARE_OK);
        CHECK(len == bytes.len && memcmp(text, bytes.ptr, len) == 0);

        encoded = (flare_str){text, flare_base64_encode(FLARE_BASE64URL, bytes.ptr, bytes.len, text)};
        CHECK_STR(encoded, vectors[i].url);
        CHECK_INT(flare_base64_decode(FLARE_BASE64URL, encoded, back, &len), FLARE_OK);
        CHECK(len == bytes.len && memcmp(back, bytes.ptr, len) == 0);
        CHECK_INT(flare_base64_decoded_max(encoded.len) >= len, 1);
    }
    CHECK(flare_base64_encoded_max(SIZE_MAX) == SIZE_MAX);
    CHECK(flare_base64_encoded_max(SIZE_MAX / 4 * 3) == SIZE_MAX);
}

TEST(base64_is_strict)
{
    static const char *const wrong[] = {
        "Z",    "Zg",      "Zg=",   "Zg===",    "Zh==",     "Zm9=",    "Zm8==", "=Zm8",
        "Z===", "Zm9v\n",  "Zm 9v", "Zm9v====", "Zg==Zg==", "-_-_",    "====",  "=",
        "Z=g=", "Zm9\xff", "==",    "Zm9v=",    "Zm9.",     "Zm8=Zm8="};
    static const char *const wrong_url[] = {"Z",    "Zg==",  "Zm8=",  "Zh",  "Zm9",
                                            "+/+/", "Zm9vZ", "Zm9v ", "Zm=", "Zm9*"};
    char out[32];
    size_t len = 99;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_INT(flare_base64_decode(FLARE_BASE64, flare_str_of(wrong[i]), out, &len), FLARE_ERR_SYNTAX);
    for (size_t i = 0; i < sizeof wrong_url / sizeof *wrong_url; i++)
        CHECK_INT(flare_base64_decode(FLARE_BASE64URL, flare_str_of(wrong_url[i]), out, &len),
                  FLARE_ERR_SYNTAX);
    CHECK_INT(len, 99);
}

int main(void)
{
    RUN(escapes_are_decoded);
    RUN(what_is_encoded_decodes);
    RUN(case_is_folded_for_ascii_only);
    RUN(base64_of_rfc_4648);
    RUN(base64_is_strict);
    return TEST_END();
}
