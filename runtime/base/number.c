#include <flare/number.h>

static const char digit_pairs[] = "00010203040506070809"
                                  "10111213141516171819"
                                  "20212223242526272829"
                                  "30313233343536373839"
                                  "40414243444546474849"
                                  "50515253545556575859"
                                  "60616263646566676869"
                                  "70717273747576777879"
                                  "80818283848586878889"
                                  "90919293949596979899";
static const char hex_digits[] = "0123456789abcdef";

flare_err flare_bool_parse(flare_str text, bool *value)
{
    if (text.len == 4 && memcmp(text.ptr, "true", 4) == 0)
        *value = true;
    else if (text.len == 5 && memcmp(text.ptr, "false", 5) == 0)
        *value = false;
    else
        return FLARE_ERR_SYNTAX;
    return FLARE_OK;
}

/* `0|[1-9][0-9]*`, the whole of it. */
static flare_err parse_digits(const char *p, const char *end, uint64_t *value)
{
    const size_t len = (size_t)(end - p);
    uint64_t sum = 0;

    if (len == 0 || (len > 1 && *p == '0'))
        return FLARE_ERR_SYNTAX;
    if (FLARE_LIKELY(len < 20)) { /* 19 digits can't overflow */
        for (; p < end; p++) {
            const unsigned digit = (unsigned)(unsigned char)*p - '0';

            if (digit > 9)
                return FLARE_ERR_SYNTAX;
            sum = sum * 10 + digit;
        }
        *value = sum;
        return FLARE_OK;
    }
    bool over = false;

    for (; p < end; p++) {
        const unsigned digit = (unsigned)(unsigned char)*p - '0';

        if (digit > 9)
            return FLARE_ERR_SYNTAX;
        over = over || sum > (UINT64_MAX - digit) / 10;
        sum = sum * 10 + digit;
    }
    if (over)
        return FLARE_ERR_RANGE;
    *value = sum;
    return FLARE_OK;
}

static flare_err parse_unsigned(flare_str text, uint64_t max, uint64_t *value)
{
    const bool negative = text.len > 0 && text.ptr[0] == '-';
    uint64_t magnitude = 0;
    flare_err err;

    if (text.len == 0)
        return FLARE_ERR_SYNTAX;
    err = parse_digits(text.ptr + negative, text.ptr + text.len, &magnitude);
    if (negative && err == FLARE_OK)
        return magnitude == 0 ? FLARE_ERR_SYNTAX : FLARE_ERR_RANGE;
    if (err != FLARE_OK)
        return err;
    if (magnitude > max)
        return FLARE_ERR_RANGE;
    *value = magnitude;
    return FLARE_OK;
}

static flare_err parse_signed(flare_str text, int64_t max, int64_t *value)
{
    const bool negative = text.len > 0 && text.ptr[0] == '-';
    uint64_t magnitude = 0;
    flare_err err;

    if (text.len == 0)
        return FLARE_ERR_SYNTAX;
    err = parse_digits(text.ptr + negative, text.ptr + text.len, &magnitude);
    if (err != FLARE_OK)
        return err;
    if (negative && magnitude == 0)
        return FLARE_ERR_SYNTAX;
    if (magnitude > (uint64_t)max + negative)
        return FLARE_ERR_RANGE;
    /* -1 - (m - 1) reaches INT64_MIN without leaving the type. */
    *value = negative ? -1 - (int64_t)(magnitude - 1) : (int64_t)magnitude;
    return FLARE_OK;
}

#define DEFINE_SIGNED(name, type, max)                                                                       \
    flare_err name(flare_str text, type *value)                                                              \
    {                                                                                                        \
        int64_t wide;                                                                                        \
        const flare_err err = parse_signed(text, max, &wide);                                                \
                                                                                                             \
        if (err == FLARE_OK)                                                                                 \
            *value = (type)wide;                                                                             \
        return err;                                                                                          \
    }
#define DEFINE_UNSIGNED(name, type, max)                                                                     \
    flare_err name(flare_str text, type *value)                                                              \
    {                                                                                                        \
        uint64_t wide;                                                                                       \
        const flare_err err = parse_unsigned(text, max, &wide);                                              \
                                                                                                             \
        if (err == FLARE_OK)                                                                                 \
            *value = (type)wide;                                                                             \
        return err;                                                                                          \
    }

DEFINE_SIGNED(flare_i8_parse, int8_t, INT8_MAX)
DEFINE_SIGNED(flare_i16_parse, int16_t, INT16_MAX)
DEFINE_SIGNED(flare_i32_parse, int32_t, INT32_MAX)
DEFINE_SIGNED(flare_i64_parse, int64_t, INT64_MAX)
DEFINE_UNSIGNED(flare_u8_parse, uint8_t, UINT8_MAX)
DEFINE_UNSIGNED(flare_u16_parse, uint16_t, UINT16_MAX)
DEFINE_UNSIGNED(flare_u32_parse, uint32_t, UINT32_MAX)
DEFINE_UNSIGNED(flare_u64_parse, uint64_t, UINT64_MAX)

static size_t count_digits(uint64_t value)
{
    size_t count = 1;

    for (;;) {
        if (value < 10)
            return count;
        if (value < 100)
            return count + 1;
        if (value < 1000)
            return count + 2;
        if (value < 10000)
            return count + 3;
        value /= 10000;
        count += 4;
    }
}

size_t flare_u64_format(uint64_t value, char *out)
{
    const size_t count = count_digits(value);
    char *p = out + count;

    while (value >= 100) {
        p -= 2;
        memcpy(p, digit_pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10)
        memcpy(out, digit_pairs + 2 * value, 2);
    else
        *out = (char)('0' + value);
    return count;
}

size_t flare_i64_format(int64_t value, char *out)
{
    if (value >= 0)
        return flare_u64_format((uint64_t)value, out);
    *out = '-';
    return 1 + flare_u64_format(0 - (uint64_t)value, out + 1);
}

size_t flarei_u64_format_hex(uint64_t value, char *out)
{
    size_t count = 1;

    while (count < FLARE_HEX_MAX_BYTES && value >> (4 * count) != 0)
        count++;
    for (size_t i = count; i > 0; i--, value >>= 4)
        out[i - 1] = hex_digits[value & 15];
    return count;
}

flare_err flarei_u64_parse_hex(flare_str text, uint64_t *value)
{
    uint64_t sum = 0;
    bool over = false;

    if (text.len == 0)
        return FLARE_ERR_SYNTAX;
    for (size_t i = 0; i < text.len; i++) {
        const int digit = flarei_hex_value(text.ptr[i]);

        if (digit < 0)
            return FLARE_ERR_SYNTAX;
        over = over || sum >> 60 != 0;
        sum = sum << 4 | (unsigned)digit;
    }
    if (over)
        return FLARE_ERR_RANGE;
    *value = sum;
    return FLARE_OK;
}

void flarei_hex_encode(const void *bytes, size_t len, char *out)
{
    const unsigned char *const from = (const unsigned char *)bytes;

    size_t i = 0;

    for (; i + 4 <= len; i += 4) {
        /* Four bytes, each in 16 bits, as eight nibbles, the first one lowest; those above 9 become letters.
         */
        uint32_t four;
        uint64_t word;

        memcpy(&four, from + i, sizeof four);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        four = __builtin_bswap32(four);
#endif
        word = (four | (uint64_t)four << 16) & UINT64_C(0x0000ffff0000ffff);
        word = (word | word << 8) & UINT64_C(0x00ff00ff00ff00ff);
        word = (word >> 4 | word << 8) & UINT64_C(0x0f0f0f0f0f0f0f0f);
        word += UINT64_C(0x3030303030303030) +
                ((word + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101)) * 39;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        memcpy(out + 2 * i, &word, sizeof word);
    }
    for (; i < len; i++) {
        out[2 * i] = hex_digits[from[i] >> 4];
        out[2 * i + 1] = hex_digits[from[i] & 15];
    }
}

flare_err flarei_hex_decode(flare_str text, void *out)
{
    unsigned char *const to = (unsigned char *)out;

    if (text.len % 2 != 0)
        return FLARE_ERR_SYNTAX;
    for (size_t i = 0; i < text.len / 2; i++) {
        const int high = flarei_hex_value(text.ptr[2 * i]), low = flarei_hex_value(text.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return FLARE_ERR_SYNTAX;
        to[i] = (unsigned char)(high << 4 | low);
    }
    return FLARE_OK;
}
