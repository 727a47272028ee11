/* The vectors of FIPS 180-4's examples and of RFC 4231. */
#include "test.h"

#include <flare/digest.h>

static void check_hex(const uint8_t *digest, const char *want)
{
    char text[2 * FLARE_SHA256_BYTES + 1];

    for (size_t i = 0; i < FLARE_SHA256_BYTES; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    if (strcmp(text, want) != 0) {
        (void)fprintf(stderr, "%s, not %s\n", text, want);
        CHECK(false);
    }
}

TEST(sha256)
{
    uint8_t digest[FLARE_SHA256_BYTES];

    CHECK_INT(flare_sha256(FLARE_STR("abc"), digest), FLARE_OK);
    check_hex(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_INT(flare_sha256((flare_str){NULL, 0}, digest), FLARE_OK);
    check_hex(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(hmac)
{
    char key[131];
    uint8_t mac[FLARE_SHA256_BYTES];

    CHECK_INT(flare_hmac_sha256(FLARE_STR("Jefe"), FLARE_STR("what do ya want for nothing?"), mac), FLARE_OK);
    check_hex(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    CHECK_INT(flare_hmac_sha256((flare_str){key, sizeof key},
                                FLARE_STR("Test Using Larger Than Block-Size Key - Hash Key First"), mac),
              FLARE_OK);
    check_hex(mac, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    CHECK_INT(flare_hmac_sha256((flare_str){NULL, 0}, (flare_str){NULL, 0}, mac), FLARE_OK);
    check_hex(mac, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(secrets)
{
    CHECK(flare_secret_equal(FLARE_STR("abc"), FLARE_STR("abc")));
    CHECK(!flare_secret_equal(FLARE_STR("abc"), FLARE_STR("abd")));
    CHECK(!flare_secret_equal(FLARE_STR("abc"), FLARE_STR("abcd")));
    CHECK(flare_secret_equal(FLARE_STR(""), (flare_str){NULL, 0}));
}

int main(void)
{
    RUN(sha256);
    RUN(hmac);
    RUN(secrets);
    return TEST_END();
}
