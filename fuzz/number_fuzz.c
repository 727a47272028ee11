/* Scalar extractors against the C library: the input as text, and its first bytes as values to write and read
 * back. Target: runtime/base/number.c runtime/base/float_parse.c runtime/base/float_format.c
 */
#include "fuzz.h"

#include <flare/number.h>

#include <errno.h>
#include <math.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* `-?(0|[1-9][0-9]*)`, and with `json` also a fraction and an exponent. */
static bool is_number(const char *p, bool json)
{
    p += *p == '-';
    if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
        return false;
    while (is_digit(*p))
        p++;
    if (json && *p == '.') {
        if (!is_digit(*++p))
            return false;
        while (is_digit(*p))
            p++;
    }
    if (json && (*p == 'e' || *p == 'E')) {
        p++;
        p += *p == '+' || *p == '-';
        if (!is_digit(*p))
            return false;
        while (is_digit(*p))
            p++;
    }
    return *p == '\0';
}

#define CHECK_SIGNED(parse, type, min, max)                                                                  \
    do {                                                                                                     \
        type value_ = 77;                                                                                    \
        const flare_err err_ = parse(text, &value_);                                                         \
        FUZZ_CHECK(err_ == (!integer                                          ? FLARE_ERR_SYNTAX             \
                            : over || want < (min) || want > (long long)(max) ? FLARE_ERR_RANGE              \
                                                                              : FLARE_OK));                  \
        FUZZ_CHECK(value_ == (err_ == FLARE_OK ? want : 77));                                                \
    } while (0)

static void check_signed(flare_str text, const char *terminated, bool integer)
{
    errno = 0;
    const long long want = strtoll(terminated, NULL, 10);
    const bool over = errno == ERANGE;

    CHECK_SIGNED(flare_i8_parse, int8_t, INT8_MIN, INT8_MAX);
    CHECK_SIGNED(flare_i16_parse, int16_t, INT16_MIN, INT16_MAX);
    CHECK_SIGNED(flare_i32_parse, int32_t, INT32_MIN, INT32_MAX);
    CHECK_SIGNED(flare_i64_parse, int64_t, INT64_MIN, INT64_MAX);
}

#define CHECK_UNSIGNED(parse, type, max)                                                                     \
    do {                                                                                                     \
        type value_ = 77;                                                                                    \
        const flare_err err_ = parse(text, &value_);                                                         \
        FUZZ_CHECK(err_ == (!integer               ? FLARE_ERR_SYNTAX                                        \
                            : over || want > (max) ? FLARE_ERR_RANGE                                         \
                                                   : FLARE_OK));                                             \
        FUZZ_CHECK(value_ == (err_ == FLARE_OK ? want : 77));                                                \
    } while (0)

static void check_unsigned(flare_str text, const char *terminated, bool integer)
{
    errno = 0;
    const unsigned long long want = strtoull(terminated, NULL, 10);
    const bool over = errno == ERANGE || terminated[0] == '-';

    CHECK_UNSIGNED(flare_u8_parse, uint8_t, UINT8_MAX);
    CHECK_UNSIGNED(flare_u16_parse, uint16_t, UINT16_MAX);
    CHECK_UNSIGNED(flare_u32_parse, uint32_t, UINT32_MAX);
    CHECK_UNSIGNED(flare_u64_parse, uint64_t, UINT64_MAX);
}

static void check_floats(flare_str text, const char *terminated, bool json)
{
    double wide = 77;
    float narrow = 77;
    const flare_err wide_err = flare_f64_parse(text, &wide), narrow_err = flare_f32_parse(text, &narrow);

    if (!json) {
        FUZZ_CHECK(wide_err == FLARE_ERR_SYNTAX && narrow_err == FLARE_ERR_SYNTAX);
        return;
    }
    const double wide_want = strtod(terminated, NULL);
    const float narrow_want = strtof(terminated, NULL);

    FUZZ_CHECK(wide_err == (isinf(wide_want) ? FLARE_ERR_RANGE : FLARE_OK));
    FUZZ_CHECK(narrow_err == (isinf(narrow_want) ? FLARE_ERR_RANGE : FLARE_OK));
    FUZZ_CHECK(wide_err != FLARE_OK || memcmp(&wide, &wide_want, sizeof wide) == 0);
    FUZZ_CHECK(narrow_err != FLARE_OK || memcmp(&narrow, &narrow_want, sizeof narrow) == 0);
    FUZZ_PLANT(wide_err == FLARE_OK && wide > 1e200);
}

static void check_written(uint64_t bits)
{
    char text[FLARE_F64_MAX_BYTES];
    uint64_t whole = 0;
    int64_t with_sign = 0;
    double wide, wide_back = 0;
    float narrow, narrow_back = 0;
    const uint32_t few = (uint32_t)bits;

    FUZZ_CHECK(flare_u64_parse((flare_str){text, flare_u64_format(bits, text)}, &whole) == FLARE_OK &&
               whole == bits);
    FUZZ_CHECK(flare_i64_parse((flare_str){text, flare_i64_format((int64_t)bits, text)}, &with_sign) ==
                   FLARE_OK &&
               with_sign == (int64_t)bits);
    FUZZ_CHECK(flarei_u64_parse_hex((flare_str){text, flarei_u64_format_hex(bits, text)}, &whole) ==
                   FLARE_OK &&
               whole == bits);

    memcpy(&wide, &bits, sizeof wide);
    memcpy(&narrow, &few, sizeof narrow);
    const flare_str long_text = {text, flare_f64_format(wide, text)};

    FUZZ_CHECK((long_text.len == 0) == !isfinite(wide));
    FUZZ_CHECK(!isfinite(wide) || (flare_f64_parse(long_text, &wide_back) == FLARE_OK &&
                                   memcmp(&wide_back, &wide, sizeof wide) == 0));
    const flare_str short_text = {text, flare_f32_format(narrow, text)};

    FUZZ_CHECK((short_text.len == 0) == !isfinite(narrow));
    FUZZ_CHECK(!isfinite(narrow) || (flare_f32_parse(short_text, &narrow_back) == FLARE_OK &&
                                     memcmp(&narrow_back, &narrow, sizeof narrow) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const flare_str text = {(const char *)data, size};
    const bool no_nul = size == 0 || memchr(data, 0, size) == NULL;
    char *const terminated = (char *)malloc(size + 1);
    uint64_t bits = 0;
    bool truth = false;
    uint8_t *const bytes = (uint8_t *)malloc(size / 2 + 1);

    if (terminated == NULL || bytes == NULL)
        abort();
    if (size > 0)
        memcpy(terminated, data, size);
    terminated[size] = '\0';

    const bool integer = no_nul && is_number(terminated, false) && strcmp(terminated, "-0") != 0;

    memcpy(&bits, terminated, size < sizeof bits ? size : sizeof bits);
    check_written(bits);
    check_signed(text, terminated, integer);
    check_unsigned(text, terminated, integer);
    check_floats(text, terminated, no_nul && is_number(terminated, true));
    FUZZ_CHECK((flare_bool_parse(text, &truth) == FLARE_OK) ==
               (no_nul && (strcmp(terminated, "true") == 0 || strcmp(terminated, "false") == 0)));
    if (flarei_hex_decode(text, bytes) == FLARE_OK) {
        flarei_hex_encode(bytes, size / 2, terminated);
        for (size_t i = 0; i < size; i++)
            FUZZ_CHECK(flarei_hex_value(terminated[i]) == flarei_hex_value(text.ptr[i]));
    }
    free(bytes);
    free(terminated);
    return 0;
}
