/* The mask (RFC 6455, section 5.3) and text in pieces (section 8.1), with blocks and without. */
#include "wire/ws.h"

#include "test.h"

#include <stdlib.h>

void bytewise_ws_mask(char *bytes, size_t len, const uint8_t mask[4], size_t phase);
bool bytewise_ws_utf8_feed(struct flarei_ws_utf8 *state, const char *bytes, size_t len);

static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

TEST(mask_in_blocks_is_mask_by_bytes)
{
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};

    for (size_t len = 0; len < 100; len++) {
        for (size_t phase = 0; phase < 4; phase++) {
            char *a = malloc(len + 1), *b = malloc(len + 1); /* no byte beyond may be touched */
            bool same = true;

            for (size_t i = 0; i <= len; i++)
                a[i] = b[i] = (char)draw(256);
            flarei_ws_mask(a, len, mask, phase);
            bytewise_ws_mask(b, len, mask, phase);
            same = memcmp(a, b, len + 1) == 0;
            for (size_t i = 0; i < len && same; i++)
                b[i] = (char)((uint8_t)b[i] ^ mask[(phase + i) & 3]);
            flarei_ws_mask(a, len, mask, phase);
            CHECK(same && memcmp(a, b, len + 1) == 0);
            free(a);
            free(b);
        }
    }
}

/* RFC 3629, section 4: what is valid, and at which byte it is known not to be. */
static const struct {
    const char *bytes;
    size_t good; /* bytes that may pass */
    bool whole;
} texts[] = {
    {"", 0, true},
    {"plain", 5, true},
    {"\xc2\x80", 2, true},
    {"\xdf\xbf", 2, true},
    {"\xe0\xa0\x80", 3, true},
    {"\xed\x9f\xbf", 3, true},
    {"\xef\xbf\xbf", 3, true},
    {"\xf0\x90\x80\x80", 4, true},
    {"\xf4\x8f\xbf\xbf", 4, true},
    {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", 11, true},
    {"\xce", 1, false},
    {"\xe1\xbd", 2, false},
    {"\xf4\x8f\xbf", 3, false},
    {"\x80", 0, true},
    {"\xc0\xaf", 0, true},
    {"\xc1\xbf", 0, true},
    {"\xe0\x9f\xbf", 1, true},
    {"\xed\xa0\x80", 1, true},
    {"\xf0\x8f\xbf\xbf", 1, true},
    {"\xf4\x90\x80\x80", 1, true},
    {"\xf5\x80", 0, true},
    {"\xff", 0, true},
    {"\xe1\xbdx", 2, true},
    {"a\xc2\xc2", 2, true},
};

TEST(text_fails_at_the_first_wrong_byte)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const size_t len = strlen(texts[i].bytes);
        struct flarei_ws_utf8 state = {0};
        size_t good = 0;

        while (good < len && flarei_ws_utf8_feed(&state, texts[i].bytes + good, 1))
            good++;
        CHECK_INT(good, texts[i].good);
        if (good == len)
            CHECK_INT(state.tails == 0, texts[i].whole);
    }
}

TEST(text_in_blocks_is_text_by_bytes)
{
    for (int round = 0; round < 20000; round++) {
        char bytes[80];
        const size_t len = draw(sizeof bytes);
        const size_t cut = draw((uint32_t)len + 1);
        struct flarei_ws_utf8 a = {0}, b = {0};
        bool good;

        memset(bytes, 'a', sizeof bytes);
        for (uint32_t n = draw(4); n > 0 && len > 0; n--) {
            const char *piece = texts[draw(sizeof texts / sizeof *texts)].bytes;
            const size_t at = draw((uint32_t)len);
            const size_t most = len - at < strlen(piece) ? len - at : strlen(piece);

            memcpy(bytes + at, piece, most);
        }
        good = flarei_ws_utf8_feed(&a, bytes, cut) && flarei_ws_utf8_feed(&a, bytes + cut, len - cut);
        CHECK_INT(bytewise_ws_utf8_feed(&b, bytes, len), good);
        if (good)
            CHECK_INT(a.tails, b.tails);
    }
}

int main(void)
{
    RUN(mask_in_blocks_is_mask_by_bytes);
    RUN(text_fails_at_the_first_wrong_byte);
    RUN(text_in_blocks_is_text_by_bytes);
    return TEST_END();
}
