#include "test.h"

#include <flare/number.h>

#include <inttypes.h>

enum { OK = FLARE_OK, SYNTAX = FLARE_ERR_SYNTAX, RANGE = FLARE_ERR_RANGE };

struct row {
    const char *text;
    int err;
    int64_t value;
};

/* Texts that no integer type takes. */
static const char *const not_integers[] = {"",
                                           "-",
                                           "+1",
                                           " 1",
                                           "1 ",
                                           "01",
                                           "00",
                                           "-0",
                                           "-01",
                                           "--1",
                                           "1.0",
                                           "1e3",
                                           "0x1",
                                           "1_0",
                                           "1\n",
                                           "a",
                                           "12a3",
                                           "\xb1",
                                           "1-",
                                           "-00",
                                           "00000000000000000000001",
                                           "1234567890123456789x",
                                           "99999999999999999999x"};

#define CHECK_INTEGERS(parse, type, rows)                                                                    \
    do {                                                                                                     \
        for (size_t i_ = 0; i_ < sizeof(rows) / sizeof *(rows); i_++) {                                      \
            type value_ = 77;                                                                                \
            const flare_err err_ = parse(flare_str_of((rows)[i_].text), &value_);                            \
            if (err_ != (flare_err)(rows)[i_].err)                                                           \
                fprintf(stderr, "in the row \"%s\":\n", (rows)[i_].text);                                    \
            CHECK_INT(err_, (rows)[i_].err);                                                                 \
            CHECK_INT(value_, err_ == FLARE_OK ? (rows)[i_].value : 77);                                     \
        }                                                                                                    \
        for (size_t i_ = 0; i_ < sizeof not_integers / sizeof *not_integers; i_++) {                         \
            type value_ = 77;                                                                                \
            CHECK_INT(parse(flare_str_of(not_integers[i_]), &value_), FLARE_ERR_SYNTAX);                     \
            CHECK_INT(value_, 77);                                                                           \
        }                                                                                                    \
        type untouched_ = 77;                                                                                \
        CHECK_INT(parse((flare_str){NULL, 0}, &untouched_), FLARE_ERR_SYNTAX);                               \
        CHECK_INT(parse((flare_str){"1\0", 2}, &untouched_), FLARE_ERR_SYNTAX);                              \
    } while (0)

#define FAR "123456789012345678901234567890"

TEST(integers_of_8_bits)
{
    static const struct row i8[] = {{"0", OK, 0},       {"127", OK, 127},   {"128", RANGE, 0},
                                    {"-128", OK, -128}, {"-129", RANGE, 0}, {"-1", OK, -1},
                                    {FAR, RANGE, 0},    {"-" FAR, RANGE, 0}};
    static const struct row u8[] = {{"0", OK, 0},     {"255", OK, 255}, {"256", RANGE, 0},
                                    {"-1", RANGE, 0}, {FAR, RANGE, 0},  {"-" FAR, RANGE, 0}};

    CHECK_INTEGERS(flare_i8_parse, int8_t, i8);
    CHECK_INTEGERS(flare_u8_parse, uint8_t, u8);
}

TEST(integers_of_16_bits)
{
    static const struct row i16[] = {{"32767", OK, 32767},
                                     {"32768", RANGE, 0},
                                     {"-32768", OK, -32768},
                                     {"-32769", RANGE, 0},
                                     {FAR, RANGE, 0}};
    static const struct row u16[] = {
        {"65535", OK, 65535}, {"65536", RANGE, 0}, {"-1", RANGE, 0}, {FAR, RANGE, 0}};

    CHECK_INTEGERS(flare_i16_parse, int16_t, i16);
    CHECK_INTEGERS(flare_u16_parse, uint16_t, u16);
}

TEST(integers_of_32_bits)
{
    static const struct row i32[] = {{"2147483647", OK, INT32_MAX},
                                     {"2147483648", RANGE, 0},
                                     {"-2147483648", OK, INT32_MIN},
                                     {"-2147483649", RANGE, 0}};
    static const struct row u32[] = {
        {"4294967295", OK, UINT32_MAX}, {"4294967296", RANGE, 0}, {"-5", RANGE, 0}};

    CHECK_INTEGERS(flare_i32_parse, int32_t, i32);
    CHECK_INTEGERS(flare_u32_parse, uint32_t, u32);
}

TEST(integers_of_64_bits)
{
    static const struct row i64[] = {
        {"9223372036854775807", OK, INT64_MAX},  {"9223372036854775808", RANGE, 0},
        {"-9223372036854775808", OK, INT64_MIN}, {"-9223372036854775809", RANGE, 0},
        {"18446744073709551616", RANGE, 0},      {"-18446744073709551616", RANGE, 0}};
    static const struct row u64[] = {{"9999999999999999999", OK, (int64_t)UINT64_C(9999999999999999999)},
                                     {"18446744073709551615", OK, -1},
                                     {"18446744073709551616", RANGE, 0},
                                     {"99999999999999999999", RANGE, 0},
                                     {"-18446744073709551615", RANGE, 0}};

    CHECK_INTEGERS(flare_i64_parse, int64_t, i64);
    CHECK_INTEGERS(flare_u64_parse, uint64_t, u64);
}

TEST(booleans)
{
    static const char *const wrong[] = {"",      "True",  "FALSE", "1",      "0",
                                        "true ", " true", "tru",   "falsey", "yes"};
    bool value = false;

    CHECK(flare_bool_parse(FLARE_STR("true"), &value) == FLARE_OK && value);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(flare_bool_parse(flare_str_of(wrong[i]), &value) == FLARE_ERR_SYNTAX && value);
    CHECK(flare_bool_parse(FLARE_STR("false"), &value) == FLARE_OK && !value);
}

TEST(decimals_come_back)
{
    char text[FLARE_U64_MAX_BYTES], want[32];
    uint64_t values[200], seed = 1;
    size_t count = 0;

    values[count++] = 0;
    values[count++] = UINT64_MAX;
    for (uint64_t power = 1; power <= UINT64_MAX / 10; power *= 10) {
        values[count++] = power - 1;
        values[count++] = power;
        values[count++] = power + 1;
        values[count++] = power * 10 - 1;
    }
    for (int bits = 1; bits < 64; bits++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        values[count++] = seed >> bits;
    }
    for (size_t i = 0; i < count; i++) {
        const flare_str formatted = {text, flare_u64_format(values[i], text)};
        uint64_t back = 0;

        snprintf(want, sizeof want, "%" PRIu64, values[i]);
        CHECK_STR(formatted, want);
        CHECK(flare_u64_parse(formatted, &back) == FLARE_OK && back == values[i]);
        const flare_str with_sign = {text, flare_i64_format((int64_t)values[i], text)};

        snprintf(want, sizeof want, "%" PRId64, (int64_t)values[i]);
        CHECK_STR(with_sign, want);
        const flare_str hex = {text, flarei_u64_format_hex(values[i], text)};

        snprintf(want, sizeof want, "%" PRIx64, values[i]);
        CHECK_STR(hex, want);
        CHECK(flarei_u64_parse_hex(hex, &back) == FLARE_OK && back == values[i]);
    }
    CHECK_INT(flare_i64_format(INT64_MIN, text), FLARE_I64_MAX_BYTES);
}

TEST(hexadecimal)
{
    char text[16];
    unsigned char bytes[4] = {0};
    uint64_t value = 7;

    CHECK(flarei_u64_parse_hex(FLARE_STR("00000000000000000001F"), &value) == FLARE_OK && value == 0x1f);
    CHECK_INT(flarei_u64_parse_hex(FLARE_STR("ffffffffffffffff"), &value), FLARE_OK);
    CHECK_INT(flarei_u64_parse_hex(FLARE_STR("10000000000000000"), &value), FLARE_ERR_RANGE);
    CHECK_INT(flarei_u64_parse_hex(FLARE_STR(""), &value), FLARE_ERR_SYNTAX);
    CHECK_INT(flarei_u64_parse_hex(FLARE_STR("0x1"), &value), FLARE_ERR_SYNTAX);
    CHECK_INT(flarei_u64_parse_hex(FLARE_STR("g"), &value), FLARE_ERR_SYNTAX);
    CHECK(value == UINT64_MAX);

    flarei_hex_encode("\x00\x7f\x80\xff", 4, text);
    CHECK(memcmp(text, "007f80ff", 8) == 0);
    CHECK_INT(flarei_hex_decode(FLARE_STR("007F80fF"), bytes), FLARE_OK);
    CHECK(memcmp(bytes, "\x00\x7f\x80\xff", 4) == 0);
    CHECK_INT(flarei_hex_decode(FLARE_STR("abc"), bytes), FLARE_ERR_SYNTAX);
    CHECK_INT(flarei_hex_decode(FLARE_STR("0g"), bytes), FLARE_ERR_SYNTAX);
    CHECK_INT(flarei_hex_decode(FLARE_STR("g0"), bytes), FLARE_ERR_SYNTAX);
    CHECK_INT(flarei_hex_decode(FLARE_STR(""), bytes), FLARE_OK);
    for (int c = 0; c < 256; c++) {
        const char *const digits = "0123456789abcdefABCDEF";
        const char *const at = c ? strchr(digits, c) : NULL;

        CHECK_INT(flarei_hex_value((char)c), at ? (at - digits < 16 ? at - digits : at - digits - 6) : -1);
    }
}

int main(void)
{
    RUN(integers_of_8_bits);
    RUN(integers_of_16_bits);
    RUN(integers_of_32_bits);
    RUN(integers_of_64_bits);
    RUN(booleans);
    RUN(decimals_come_back);
    RUN(hexadecimal);
    return TEST_END();
}
