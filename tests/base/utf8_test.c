#include "test.h"

#include <flare/text.h>

#include <stdlib.h>

/* The twin of flare_utf8_count(), written the other way round: decode each scalar value, then judge it. */
static bool count_plainly(flare_str text, flare_utf8_rule rule, size_t *scalars)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t count = 0;

    for (size_t i = 0; i < text.len; count++) {
        const unsigned char lead = (unsigned char)text.ptr[i];
        const size_t bytes = lead < 0x80       ? 1
                             : lead >> 5 == 6  ? 2
                             : lead >> 4 == 14 ? 3
                             : lead >> 3 == 30 ? 4
                                               : 0;
        uint32_t scalar = bytes <= 1 ? lead : lead & (0x7fu >> bytes);

        if (bytes == 0 || text.len - i < bytes)
            return false;
        for (size_t j = 1; j < bytes; j++) {
            const unsigned char tail = (unsigned char)text.ptr[i + j];

            if (tail >> 6 != 2)
                return false;
            scalar = scalar << 6 | (tail & 0x3f);
        }
        if (scalar < least[bytes] || scalar > 0x10ffff || (scalar >= 0xd800 && scalar <= 0xdfff) ||
            (scalar == 0 && rule == FLARE_UTF8_NO_NUL))
            return false;
        i += bytes;
    }
    *scalars = count;
    return true;
}

static void check_both(flare_str text)
{
    for (int rule = FLARE_UTF8_NO_NUL; rule <= FLARE_UTF8_ANY; rule++) {
        size_t got = 1000, want = 1000;
        const bool valid = flare_utf8_count(text, (flare_utf8_rule)rule, &got);

        CHECK_INT(valid, count_plainly(text, (flare_utf8_rule)rule, &want));
        CHECK_INT(got, want);
        got = 1000;
        CHECK_INT(flarei_utf8_count_slow(text, (flare_utf8_rule)rule, &got), valid);
        CHECK_INT(got, want);
    }
}

TEST(known_texts)
{
    static const struct {
        flare_str text;
        int scalars; /* -1: refused */
    } rows[] = {
        {FLARE_STR_INIT(""), 0},
        {FLARE_STR_INIT("a"), 1},
        {FLARE_STR_INIT("hello, world"), 12},
        {FLARE_STR_INIT("a string of more than sixteen bytes"), 35},
        {FLARE_STR_INIT("\xc3\xa9t\xc3\xa9"), 3},
        {FLARE_STR_INIT("\xe2\x82\xac"), 1},
        {FLARE_STR_INIT("\xf0\x9f\x94\xa5 flare"), 7},
        {FLARE_STR_INIT("\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), 6},
        {FLARE_STR_INIT("\xed\x9f\xbf\xee\x80\x80"), 2},
        {FLARE_STR_INIT("\x80"), -1},
        {FLARE_STR_INIT("\xc0\x80"), -1},         /* overlong */
        {FLARE_STR_INIT("\xc1\xbf"), -1},         /* overlong */
        {FLARE_STR_INIT("\xe0\x9f\xbf"), -1},     /* overlong */
        {FLARE_STR_INIT("\xf0\x8f\xbf\xbf"), -1}, /* overlong */
        {FLARE_STR_INIT("\xed\xa0\x80"), -1},     /* a surrogate */
        {FLARE_STR_INIT("\xed\xbf\xbf"), -1},     /* a surrogate */
        {FLARE_STR_INIT("\xf4\x90\x80\x80"), -1}, /* U+110000 */
        {FLARE_STR_INIT("\xf5\x80\x80\x80"), -1},
        {FLARE_STR_INIT("\xff"), -1},
        {FLARE_STR_INIT("ends too early \xe2\x82"), -1},
        {FLARE_STR_INIT("12345678901234567890\xf0\x9f\x94"), -1},
        {FLARE_STR_INIT("\xc3("), -1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t scalars = 0;
        const bool valid = flare_utf8_count(rows[i].text, FLARE_UTF8_NO_NUL, &scalars);

        CHECK_INT(valid ? (int)scalars : -1, rows[i].scalars);
        check_both(rows[i].text);
    }
    check_both((flare_str){NULL, 0});
}

/* Each wrong byte at each place of each length around the widths of words and blocks. */
TEST(every_place_of_every_length_is_looked_at)
{
    static const char odd[] = {'\0', '\x7f', '\x80', '\xc3', '\xff', '\x01'};

    for (size_t len = 1; len <= 70; len++) {
        char *const text = (char *)malloc(len); /* exactly so long: ASan sees a read beyond */

        memset(text, 'a', len);
        check_both((flare_str){text, len});
        for (size_t at = 0; at < len; at++) {
            for (size_t i = 0; i < sizeof odd; i++) {
                text[at] = odd[i];
                check_both((flare_str){text, len});
            }
            text[at] = 'a';
        }
        free(text);
    }
}

TEST(every_scalar_value_and_every_pair_of_bytes)
{
    char text[24] = "0123456789abcdefghij";

    for (uint32_t scalar = 0; scalar < 0x120000; scalar++) {
        text[0] = (char)(0xf0 | scalar >> 18);
        text[1] = (char)(0x80 | (scalar >> 12 & 0x3f));
        text[2] = (char)(0x80 | (scalar >> 6 & 0x3f));
        text[3] = (char)(0x80 | (scalar & 0x3f));
        check_both((flare_str){text, 4});
        text[1] = (char)(0xe0 | (scalar >> 12 & 0xf));
        check_both((flare_str){text + 1, 3});
    }
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        text[18] = (char)(pair >> 8);
        text[19] = (char)(pair & 0xff);
        check_both((flare_str){text + 4, 16});
        check_both((flare_str){text + 18, 2});
    }
}

TEST(random_mixtures)
{
    static const char *const parts[] = {
        "a",   "xyz ", "0123456789abcdef", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\xa5", "\xed\xa0\x80",
        "\x80"};
    unsigned random = 1;
    char text[256];

    for (int round = 0; round < 50000; round++) {
        size_t len = 0;

        while (len < 200) {
            random = random * 1103515245u + 12345u;
            const unsigned pick = (random >> 16) % 64;
            const char *const part = parts[pick == 0 ? 6 : pick == 1 ? 7 : pick % 6];

            memcpy(text + len, part, strlen(part));
            len += strlen(part);
            if (random >> 28 == 0)
                break;
        }
        check_both((flare_str){text, len});
    }
}

int main(void)
{
    RUN(known_texts);
    RUN(every_place_of_every_length_is_looked_at);
    RUN(every_scalar_value_and_every_pair_of_bytes);
    RUN(random_mixtures);
    return TEST_END();
}
