/* Brotli as calls, which only programs that link flare::brotli hold. */
#include "test.h"

#include <flare/coding.h>

TEST(there_and_back)
{
    static char text[1000];
    const flare_str content = {text, sizeof text};
    flare_str coded, back;

    memset(text, 'a', sizeof text);
    for (int level = 0; level <= 11; level++) {
        CHECK_INT(flare_brotli_encode(content, level, &coded), FLARE_OK);
        CHECK(coded.len > 0 && coded.len < content.len);
        CHECK_INT(flare_brotli_decode(coded, content.len, &back), FLARE_OK);
        CHECK(flare_str_equal(back, content));
        flare_coded_free(back);
        CHECK_INT(flare_brotli_decode(coded, content.len - 1, &back), FLARE_ERR_LIMIT);
        CHECK_INT(flare_brotli_decode((flare_str){coded.ptr, coded.len - 1}, content.len, &back),
                  FLARE_ERR_SYNTAX);
        flare_coded_free(coded);
    }
    CHECK_INT(flare_brotli_encode(content, 12, &coded), FLARE_ERR_RANGE);
    CHECK_INT(flare_brotli_encode(content, -1, &coded), FLARE_ERR_RANGE);
}

int main(void)
{
    RUN(there_and_back);
    return TEST_END();
}
