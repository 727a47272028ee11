/* Decoders and encoders of text: each must agree with its plain twin here, in place and out of it, and come
 * back. Target: runtime/base/percent.c runtime/base/base64.c runtime/base/utf8.c runtime/base/text.c
 */
#include "fuzz.h"

#include <flare/number.h>
#include <flare/text.h>

/* Decodes one byte at a time. @return the length, or -1 */
static long decode_plainly(flare_str text, bool form, char *out)
{
    long len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];

        if (byte == '%') {
            char digits[3] = {0};
            char *end = NULL;

            for (size_t j = 0; j < 2 && i + 1 + j < text.len; j++)
                digits[j] = text.ptr[i + 1 + j];
            if (strspn(digits, "0123456789abcdefABCDEF") != 2)
                return -1;
            byte = (char)strtol(digits, &end, 16);
            i += 2;
        } else if (form && byte == '+') {
            byte = ' ';
        }
        if (byte == '\0')
            return -1;
        out[len++] = byte;
    }
    return len;
}

static void check_percent(flare_str text, flare_percent_rule rule, char *out, char *want)
{
    const long want_len = decode_plainly(text, rule == FLARE_PERCENT_FORM, want);
    const flare_err want_err = want_len < 0 ? FLARE_ERR_SYNTAX : FLARE_OK;
    flare_arena arena;
    flare_str copied = {NULL, 0};
    size_t len = 0;

    FUZZ_CHECK(flare_percent_decode(text, rule, out, &len) == want_err);
    FUZZ_CHECK(want_err != FLARE_OK || ((long)len == want_len && memcmp(out, want, len) == 0));
    memcpy(out, text.ptr, text.len);
    FUZZ_CHECK(flare_percent_decode((flare_str){out, text.len}, rule, out, &len) == want_err);
    FUZZ_CHECK(want_err != FLARE_OK || ((long)len == want_len && memcmp(out, want, len) == 0));

    flarei_arena_init(&arena, 64, text.len + 16);
    FUZZ_CHECK(flarei_percent_decode_in(&arena, text, rule, &copied) == want_err);
    FUZZ_CHECK(want_err != FLARE_OK || ((long)copied.len == want_len && memcmp(copied.ptr, want, len) == 0));
    FUZZ_CHECK(want_err != FLARE_OK || copied.ptr != text.ptr || flarei_arena_used(&arena) == 0);
    flarei_arena_free(&arena);
    FUZZ_PLANT(want_err == FLARE_OK && memmem(want, (size_t)want_len, "%+/", 3) != NULL);

    if (memchr(text.ptr, 0, text.len) == NULL) {
        const flare_str encoded = {want, flare_percent_encode(text, rule, want)};

        FUZZ_CHECK(encoded.len <= 3 * text.len);
        FUZZ_CHECK(flare_percent_decode(encoded, rule, want, &len) == FLARE_OK);
        FUZZ_CHECK(len == text.len && memcmp(want, text.ptr, len) == 0);
    }
}

static void check_base64(flare_base64_form form, flare_str text, char *out, char *again)
{
    size_t len = 0;

    /* Strict means that there is one text for some bytes, so what decodes encodes to itself. */
    if (flare_base64_decode(form, text, out, &len) == FLARE_OK) {
        FUZZ_CHECK(len <= flare_base64_decoded_max(text.len));
        FUZZ_CHECK(flare_base64_encode(form, out, len, again) == text.len &&
                   memcmp(again, text.ptr, text.len) == 0);
    }
    const flare_str encoded = {again, flare_base64_encode(form, text.ptr, text.len, again)};

    FUZZ_CHECK(encoded.len <= flare_base64_encoded_max(text.len));
    FUZZ_CHECK(flare_base64_decode(form, encoded, out, &len) == FLARE_OK);
    FUZZ_CHECK(len == text.len && memcmp(out, text.ptr, len) == 0);
}

/* RFC 3629 by decoding. @return the count, or -1 */
static long count_plainly(flare_str text, bool nul)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    long count = 0;

    for (size_t i = 0; i < text.len; count++) {
        const unsigned lead = (unsigned char)text.ptr[i];
        const size_t bytes = lead < 0x80       ? 1
                             : lead >> 5 == 6  ? 2
                             : lead >> 4 == 14 ? 3
                             : lead >> 3 == 30 ? 4
                                               : 0;
        uint32_t scalar = bytes <= 1 ? lead : lead & (0x7fu >> bytes);

        if (bytes == 0 || text.len - i < bytes)
            return -1;
        for (size_t j = 1; j < bytes; j++) {
            const unsigned tail = (unsigned char)text.ptr[i + j];

            if (tail >> 6 != 2)
                return -1;
            scalar = scalar << 6 | (tail & 0x3f);
        }
        if (scalar < least[bytes] || scalar > 0x10ffff || scalar >> 11 == 27 || (scalar == 0 && !nul))
            return -1;
        i += bytes;
    }
    return count;
}

static void check_utf8(flare_str text)
{
    for (int rule = FLARE_UTF8_NO_NUL; rule <= FLARE_UTF8_ANY; rule++) {
        const long want = count_plainly(text, rule == FLARE_UTF8_ANY);
        size_t scalars = 0;

        FUZZ_CHECK(flare_utf8_count(text, (flare_utf8_rule)rule, &scalars) == (want >= 0));
        FUZZ_CHECK(want < 0 || (long)scalars == want);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const flare_str text = {size ? (const char *)data : "", size};
    char *const one = (char *)malloc(3 * size + 8), *const two = (char *)malloc(3 * size + 8);

    if (one == NULL || two == NULL)
        abort();
    check_utf8(text);
    check_percent(text, FLARE_PERCENT_PATH, one, two);
    check_percent(text, FLARE_PERCENT_FORM, one, two);
    check_base64(FLARE_BASE64, text, one, two);
    check_base64(FLARE_BASE64URL, text, one, two);
    for (size_t i = 0; i < size; i++)
        one[i] = (char)(data[i] >= 'a' && data[i] <= 'z' ? data[i] - 32 : data[i]);
    FUZZ_CHECK(flare_str_equal_nocase(text, (flare_str){one, size}));
    FUZZ_CHECK(size == 0 || !flare_str_equal_nocase(text, (flare_str){one, size - 1}));
    if (size > 0)
        one[size - 1] ^= 1;
    FUZZ_CHECK(size == 0 || !flare_str_equal_nocase(text, (flare_str){one, size}));
    free(two);
    free(one);
    return 0;
}
