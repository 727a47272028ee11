/* Signed values: known answers, rotation, and all that is refused. */
#include "allocator.h"
#include "test.h"

#include <flare/sign.h>
#include <flare/text.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_ONE "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
#define KEY_TWO "YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI="

static flare_keys *keys_of(const char *text)
{
    flare_keys *keys = NULL;

    CHECK_INT(flare_keys_parse(flare_str_of(text), &keys), FLARE_OK);
    return keys;
}

/* As `openssl dgst -sha256 -mac HMAC` has it. */
TEST(known_answer)
{
    flare_keys *const keys = keys_of(KEY_ONE);
    char out[200];
    flare_str text = {out, 0};

    CHECK_INT(flare_sign(keys, FLARE_STR("test"), FLARE_STR("value"), 1800000000, out, sizeof out, &text.len),
              FLARE_OK);
    CHECK_STR(text, "dmFsdWU.1800000000.oIAanK19E4a7r8MeE6WTrCTBeBckA5EM4Yr1oYaax_Q");
    flare_keys_free(keys);
}

TEST(what_was_signed_comes_back)
{
    flare_keys *const keys = keys_of(KEY_ONE);
    char value[600], out[1200], back[1200];
    size_t len, got;

    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (char)(i * 7);
    for (size_t size = 0; size <= sizeof value; size += size < 70 ? 1 : 53) {
        CHECK(flare_sign_max(size) <= sizeof out);
        CHECK_INT(
            flare_sign(keys, FLARE_STR("p"), (flare_str){value, size}, 0, out, flare_sign_max(size), &len),
            FLARE_OK);
        CHECK(len <= flare_sign_max(size));
        CHECK_INT(flare_verify(keys, FLARE_STR("p"), (flare_str){out, len}, INT64_MAX, back, &got), FLARE_OK);
        CHECK(got == size && memcmp(back, value, size) == 0);
        /* In place. */
        CHECK_INT(flare_verify(keys, FLARE_STR("p"), (flare_str){out, len}, 0, out, &got), FLARE_OK);
        CHECK(got == size && memcmp(out, value, size) == 0);
    }
    flare_keys_free(keys);
}

TEST(any_other_byte_is_refused)
{
    flare_keys *const keys = keys_of(KEY_ONE);
    char out[200], back[200];
    size_t len, got;

    CHECK_INT(flare_sign(keys, FLARE_STR("p"), FLARE_STR("some value"), 50, out, sizeof out, &len), FLARE_OK);
    for (size_t i = 0; i < len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            out[i] = (char)(out[i] ^ (1 << bit));
            CHECK(flare_verify(keys, FLARE_STR("p"), (flare_str){out, len}, 1, back, &got) != FLARE_OK);
            out[i] = (char)(out[i] ^ (1 << bit));
        }
    }
    for (size_t less = 0; less < len; less++)
        CHECK(flare_verify(keys, FLARE_STR("p"), (flare_str){out, less}, 1, back, &got) != FLARE_OK);
    CHECK_INT(flare_verify(keys, FLARE_STR("p"), (flare_str){out, len}, 49, back, &got), FLARE_OK);
    CHECK_INT(flare_verify(keys, FLARE_STR("p"), (flare_str){out, len}, 50, back, &got), FLARE_ERR_TIMEOUT);
    CHECK_INT(flare_verify(keys, FLARE_STR("q"), (flare_str){out, len}, 1, back, &got), FLARE_ERR_PERMISSION);
    CHECK_INT(flare_verify(keys, FLARE_STR(""), (flare_str){out, len}, 1, back, &got), FLARE_ERR_PERMISSION);
    flare_keys_free(keys);
}

TEST(the_first_signs_and_all_verify)
{
    flare_keys *const one = keys_of(KEY_ONE), *const two = keys_of(KEY_TWO);
    flare_keys *const both = keys_of("# new\r\n " KEY_TWO " \r\n\n\t# old, until May\n" KEY_ONE "\n");
    char out[200], back[200];
    size_t len, got;

    CHECK_INT(flare_sign(one, FLARE_STR("p"), FLARE_STR("v"), 0, out, sizeof out, &len), FLARE_OK);
    CHECK_INT(flare_verify(both, FLARE_STR("p"), (flare_str){out, len}, 1, back, &got), FLARE_OK);
    CHECK_INT(flare_verify(two, FLARE_STR("p"), (flare_str){out, len}, 1, back, &got), FLARE_ERR_PERMISSION);
    CHECK_INT(flare_sign(both, FLARE_STR("p"), FLARE_STR("v"), 0, out, sizeof out, &len), FLARE_OK);
    CHECK_INT(flare_verify(two, FLARE_STR("p"), (flare_str){out, len}, 1, back, &got), FLARE_OK);
    CHECK_INT(flare_verify(one, FLARE_STR("p"), (flare_str){out, len}, 1, back, &got), FLARE_ERR_PERMISSION);
    flare_keys_free(one);
    flare_keys_free(two);
    flare_keys_free(both);
}

TEST(keys_that_are_none)
{
    static const struct {
        const char *text;
        flare_err err;
    } rows[] = {
        {"", FLARE_ERR_NOT_FOUND},
        {"\n# " KEY_ONE "\n,,\n", FLARE_ERR_NOT_FOUND},
        {"secret", FLARE_ERR_SYNTAX},
        {KEY_ONE "\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE", FLARE_ERR_SYNTAX}, /* no padding */
        {"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MA==", FLARE_ERR_RANGE},           /* 31 bytes */
        {"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEy", FLARE_OK},                  /* 33 */
#define TWO KEY_ONE "," KEY_TWO "\n"
        {TWO TWO TWO TWO, FLARE_OK},
        {TWO TWO TWO TWO KEY_ONE, FLARE_ERR_LIMIT},
    };
    flare_keys *keys;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_INT(flare_keys_parse(flare_str_of(rows[i].text), &keys), rows[i].err);
        CHECK_INT(keys != NULL, rows[i].err == FLARE_OK);
        flare_keys_free(keys);
    }
    struct test_allocator heap = {.fail_at = 1};
    test_allocator_use(&heap);
    CHECK_INT(flare_keys_parse(FLARE_STR(KEY_ONE), &keys), FLARE_ERR_MEMORY);
    test_allocator_use(NULL);
    CHECK(keys == NULL && heap.live == 0);
}

TEST(arguments)
{
    flare_keys *const keys = keys_of(KEY_ONE);
    char out[200];
    size_t len;

    CHECK_INT(flare_sign(keys, FLARE_STR("a\0b"), FLARE_STR("v"), 0, out, sizeof out, &len),
              FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_sign(keys, FLARE_STR("a"), FLARE_STR("v"), -1, out, sizeof out, &len),
              FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_sign(keys, FLARE_STR("a"), FLARE_STR("v"), 0, out, flare_sign_max(1) - 1, &len),
              FLARE_ERR_LIMIT);
    CHECK(flare_sign_max(SIZE_MAX) == SIZE_MAX);
    flare_keys_free(keys);
}

TEST(files)
{
    char path[] = "/tmp/flare-keys-XXXXXX", why[256], missing[64];
    const int fd = mkstemp(path);
    flare_keys *keys;

    CHECK(fd >= 0 && dprintf(fd, "%s\n", KEY_ONE) > 0);
    CHECK_INT(flare_keys_read(path, &keys, why, sizeof why), FLARE_OK);
    flare_keys_free(keys);
    CHECK_INT(fchmod(fd, 0604), 0);
    CHECK_INT(flare_keys_read(path, &keys, why, sizeof why), FLARE_ERR_PERMISSION);
    CHECK(keys == NULL && strstr(why, path) != NULL && strstr(why, "chmod o-rw") != NULL);
    CHECK_INT(fchmod(fd, 0600), 0);
    CHECK(dprintf(fd, "hunter2\n") > 0);
    CHECK_INT(flare_keys_read(path, &keys, why, sizeof why), FLARE_ERR_SYNTAX);
    CHECK(keys == NULL && strstr(why, "a key is not base64") != NULL && strstr(why, "hunter2") == NULL);
    (void)snprintf(missing, sizeof missing, "%s.none", path);
    CHECK_INT(flare_keys_read(missing, &keys, why, sizeof why), FLARE_ERR_NOT_FOUND);
    CHECK(keys == NULL && strstr(why, missing) != NULL);
    (void)close(fd);
    (void)unlink(path);
}

int main(void)
{
    RUN(known_answer);
    RUN(what_was_signed_comes_back);
    RUN(any_other_byte_is_refused);
    RUN(the_first_signs_and_all_verify);
    RUN(keys_that_are_none);
    RUN(arguments);
    RUN(files);
    return TEST_END();
}
