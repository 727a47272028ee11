/* Codings as calls: there and back, their limits, and what is none. */
#include "allocator.h"
#include "test.h"

#include <flare/coding.h>

static char text[5000];

TEST(there_and_back)
{
    const flare_str content = {text, sizeof text};
    flare_str coded, back;

    for (int level = 1; level <= 9; level++) {
        CHECK_INT(flare_gzip_encode(content, level, &coded), FLARE_OK);
        CHECK(coded.len > 10 && coded.len < 1000);
        CHECK_INT(flare_gzip_decode(coded, sizeof text, &back), FLARE_OK);
        CHECK(flare_str_equal(back, content));
        flare_coded_free(back);
        CHECK_INT(flare_gzip_decode(coded, sizeof text - 1, &back), FLARE_ERR_LIMIT);
        CHECK(back.ptr == NULL && back.len == 0);
        CHECK_INT(flare_gzip_decode((flare_str){coded.ptr, coded.len - 1}, sizeof text, &back),
                  FLARE_ERR_SYNTAX);
        flare_coded_free(coded);
    }
    CHECK_INT(flare_gzip_encode(content, 0, &coded), FLARE_ERR_RANGE);
    CHECK_INT(flare_gzip_encode(content, 10, &coded), FLARE_ERR_RANGE);
}

TEST(nothing)
{
    flare_str coded, back;

    CHECK_INT(flare_gzip_encode((flare_str){NULL, 0}, 6, &coded), FLARE_OK);
    CHECK_INT(flare_gzip_decode(coded, 0, &back), FLARE_OK);
    CHECK_INT(back.len, 0);
    flare_coded_free(back);
    flare_coded_free(coded);
    CHECK_INT(flare_gzip_decode(FLARE_STR("no gzip"), 100, &back), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_deflate_decode(FLARE_STR("\xff\xff\xff"), 100, &back), FLARE_ERR_SYNTAX);
}

TEST(deflate)
{
    static const char coded[] =
        "\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15"; /* "hello", RFC 1950 */
    flare_str back;

    CHECK_INT(flare_deflate_decode((flare_str){coded, sizeof coded - 1}, 5, &back), FLARE_OK);
    CHECK_STR(back, "hello");
    flare_coded_free(back);
    CHECK_INT(flare_deflate_decode((flare_str){coded, sizeof coded - 1}, 4, &back), FLARE_ERR_LIMIT);
}

TEST(deflate_there_and_back)
{
    const flare_str content = {text, sizeof text};
    flare_str coded, back;

    for (int level = 1; level <= 9; level++) {
        CHECK_INT(flare_deflate_encode(content, level, &coded), FLARE_OK);
        CHECK(coded.len > 10 && coded.len < 1000);
        CHECK(((unsigned char)coded.ptr[0] * 256u + (unsigned char)coded.ptr[1]) % 31 == 0); /* framed */
        CHECK_INT(flare_deflate_decode(coded, sizeof text, &back), FLARE_OK);
        CHECK(flare_str_equal(back, content));
        flare_coded_free(back);
        CHECK_INT(flare_deflate_decode((flare_str){coded.ptr, coded.len - 1}, sizeof text, &back),
                  FLARE_ERR_SYNTAX);
        flare_coded_free(coded);
    }
    CHECK_INT(flare_deflate_encode((flare_str){NULL, 0}, 6, &coded), FLARE_OK);
    CHECK_INT(flare_deflate_decode(coded, 0, &back), FLARE_OK);
    CHECK_INT(back.len, 0);
    flare_coded_free(coded);
    CHECK_INT(flare_deflate_encode(content, 0, &coded), FLARE_ERR_RANGE);
    CHECK_INT(flare_deflate_encode(content, 10, &coded), FLARE_ERR_RANGE);
    for (size_t fail_at = 1; fail_at < 20; fail_at++) {
        struct test_allocator heap = {.fail_at = fail_at};
        flare_err err;

        test_allocator_use(&heap);
        err = flare_deflate_encode(content, 6, &coded);
        flare_coded_free(coded);
        test_allocator_use(NULL);
        CHECK_INT(heap.live, 0);
        CHECK_INT(err, heap.calls < fail_at ? FLARE_OK : FLARE_ERR_MEMORY);
    }
}

TEST(no_memory)
{
    const flare_str content = {text, sizeof text};
    flare_str coded, back;

    CHECK_INT(flare_gzip_encode(content, 6, &coded), FLARE_OK);
    for (size_t fail_at = 1; fail_at < 4; fail_at++) {
        struct test_allocator heap = {.fail_at = fail_at};
        flare_err err;

        test_allocator_use(&heap);
        err = flare_gzip_decode(coded, sizeof text, &back);
        flare_coded_free(back);
        test_allocator_use(NULL);
        CHECK_INT(heap.live, 0);
        CHECK_INT(err, heap.calls < fail_at ? FLARE_OK : FLARE_ERR_MEMORY);
    }
    flare_coded_free(coded);
}

int main(void)
{
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    RUN(there_and_back);
    RUN(nothing);
    RUN(deflate);
    RUN(deflate_there_and_back);
    RUN(no_memory);
    return TEST_END();
}
