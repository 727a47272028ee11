/* Signed values. The input is a text from anywhere: nothing that was not signed is taken, and what is signed
 * comes back; and it is a file of keys. The first byte says how the signed text is changed.
 *
 * Target: runtime/session/sign.c
 */
#include "fuzz.h"

#include "session/sign.h"

#include <flare/sign.h>

#include <string.h>

static const char key[] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/* A verdict on a text that nobody signed. */
static void verify(const flare_keys *keys, flare_str text)
{
    char *const out = (char *)malloc(text.len + 1);
    size_t len = 0;
    const flare_err err = flare_verify(keys, FLARE_STR("fuzz"), text, 1, out, &len);

    FUZZ_CHECK(err == FLARE_ERR_SYNTAX || err == FLARE_ERR_PERMISSION);
    FUZZ_PLANT(err == FLARE_ERR_PERMISSION && text.ptr[0] == 'f');
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static flare_keys *keys;
    flare_keys *parsed;
    char *text, *back;
    size_t len = 0, got = 0;

    if (keys == NULL)
        FUZZ_CHECK(flare_keys_parse(flare_str_of(key), &keys) == FLARE_OK);
    if (size == 0)
        return 0;
    const flare_str input = {(const char *)data + 1, size - 1};
    verify(keys, input);
    const flare_err fault = flare_keys_parse(input, &parsed);
    FUZZ_CHECK((fault == FLARE_OK) == (parsed != NULL) && flarei_keys_fault(fault)[0] != '\0');
    flare_keys_free(parsed);
    text = (char *)malloc(flare_sign_max(input.len));
    back = (char *)malloc(flare_sign_max(input.len));
    FUZZ_CHECK(flare_sign(keys, FLARE_STR("fuzz"), input, 2, text, flare_sign_max(input.len), &len) ==
               FLARE_OK);
    FUZZ_CHECK(flare_sign(keys, FLARE_STR("fuzz"), input, -1, text, flare_sign_max(input.len), &got) ==
               FLARE_ERR_ARGUMENT);
    FUZZ_CHECK(flare_sign(keys, FLARE_STR("fuzz"), input, 2, text, flare_sign_max(input.len) - 1, &got) ==
               FLARE_ERR_LIMIT);
    FUZZ_CHECK(flare_verify(keys, FLARE_STR("fuzz"), (flare_str){text, len}, 1, back, &got) == FLARE_OK);
    FUZZ_CHECK(got == input.len && (got == 0 || memcmp(back, input.ptr, got) == 0));
    FUZZ_CHECK(flare_verify(keys, FLARE_STR("fuzz"), (flare_str){text, len}, 2, back, &got) ==
               FLARE_ERR_TIMEOUT);
    FUZZ_CHECK(flare_verify(keys, FLARE_STR("fuz"), (flare_str){text, len}, 1, back, &got) ==
               FLARE_ERR_PERMISSION);
    text[(size_t)data[0] * 7 % len] ^= (char)(1 + data[0] % 127);
    verify(keys, (flare_str){text, len});
    free(text);
    free(back);
    return 0;
}
