#include "test.h"

#include "base/hash.h"

/* Published values of XXH64. */
TEST(known_values)
{
    CHECK(flarei_hash64(FLARE_STR("")) == UINT64_C(0xef46db3751d8e999));
    CHECK(flarei_hash64((flare_str){NULL, 0}) == UINT64_C(0xef46db3751d8e999));
    CHECK(flarei_hash64(FLARE_STR("a")) == UINT64_C(0xd24ec4f1a98c6e5b));
    CHECK(flarei_hash64(FLARE_STR("abc")) == UINT64_C(0x44bc2cf5ad770999));
    CHECK(flarei_hash64(FLARE_STR("Nobody inspects the spammish repetition")) ==
          UINT64_C(0xfbcea83c8a378bf1));
}

/* Each byte of each length counts, and where it stands does not. */
TEST(every_byte_counts)
{
    char text[2][101] = {{0}};

    for (size_t length = 1; length <= 100; length++) {
        for (size_t i = 0; i < length; i++) {
            uint64_t before, after;

            before = flarei_hash64((flare_str){text[0], length});
            memmove(text[1] + 1, text[0], length);
            CHECK(flarei_hash64((flare_str){text[1] + 1, length}) == before);
            text[0][i] ^= 1;
            after = flarei_hash64((flare_str){text[0], length});
            CHECK(after != before);
        }
    }
}

int main(void)
{
    RUN(known_values);
    RUN(every_byte_counts);
    return TEST_END();
}
