/* flare/number.h - numbers from text and back, the same in every locale.
 *
 *     uint64_t id;
 *     if (flare_u64_parse(text, &id) != FLARE_OK) ...
 *
 *     char digits[FLARE_U64_MAX_BYTES];
 *     size_t len = flare_u64_format(id, digits);
 *
 * A parser takes the whole slice or nothing: FLARE_OK with the value stored, FLARE_ERR_SYNTAX if the text is
 * not of the grammar, FLARE_ERR_RANGE if it is but the type can't hold the value; on an error *value is
 * untouched. A formatter writes no NUL and returns how many bytes it wrote. All of them: any thread, no
 * memory.
 */
#ifndef FLARE_NUMBER_H
#define FLARE_NUMBER_H

#include <flare/err.h>
#include <flare/str.h>

FLARE_BEGIN

/** The most bytes that a formatter writes. */
#define FLARE_U64_MAX_BYTES 20
#define FLARE_I64_MAX_BYTES 20
#define FLARE_HEX_MAX_BYTES 16
#define FLARE_F64_MAX_BYTES 25
#define FLARE_F32_MAX_BYTES 22

/** Parses `true` or `false`. @param text borrowed for the call @param value set when FLARE_OK is returned
 * @return FLARE_OK or FLARE_ERR_SYNTAX */
flare_err flare_bool_parse(flare_str text, bool *value) FLARE_MUST_USE;

/** Parse a whole number, `-?(0|[1-9][0-9]*)` without `-0`: no plus, blanks or leading zeros. A negative
 * number is of the grammar for the unsigned types too, but out of their range.
 *  @param text borrowed for the call @param value set when FLARE_OK is returned @return FLARE_OK,
 * FLARE_ERR_SYNTAX or FLARE_ERR_RANGE */
flare_err flare_i8_parse(flare_str text, int8_t *value) FLARE_MUST_USE;
flare_err flare_i16_parse(flare_str text, int16_t *value) FLARE_MUST_USE;  /**< as flare_i8_parse() */
flare_err flare_i32_parse(flare_str text, int32_t *value) FLARE_MUST_USE;  /**< as flare_i8_parse() */
flare_err flare_i64_parse(flare_str text, int64_t *value) FLARE_MUST_USE;  /**< as flare_i8_parse() */
flare_err flare_u8_parse(flare_str text, uint8_t *value) FLARE_MUST_USE;   /**< as flare_i8_parse() */
flare_err flare_u16_parse(flare_str text, uint16_t *value) FLARE_MUST_USE; /**< as flare_i8_parse() */
flare_err flare_u32_parse(flare_str text, uint32_t *value) FLARE_MUST_USE; /**< as flare_i8_parse() */
flare_err flare_u64_parse(flare_str text, uint64_t *value) FLARE_MUST_USE; /**< as flare_i8_parse() */

/** Parse a number of the JSON grammar (RFC 8259, section 6), of any length, correctly rounded to nearest
 * even. Too small a magnitude gives a subnormal or zero with the sign; too large a one is FLARE_ERR_RANGE.
 *  @param text borrowed for the call @param value set when FLARE_OK is returned @return FLARE_OK,
 * FLARE_ERR_SYNTAX or FLARE_ERR_RANGE */
flare_err flare_f64_parse(flare_str text, double *value) FLARE_MUST_USE;
flare_err flare_f32_parse(flare_str text,
                          float *value) FLARE_MUST_USE; /**< as flare_f64_parse(), rounded once */

/** The nearest double to significand * 10^exponent, without memory or a copy of the text. Any thread.
 *  @return false, and *value undefined, in the rare cases that need all digits or are out of the normal range
 */
bool flarei_f64_compose(uint64_t significand, int exponent, double *value) FLARE_MUST_USE;

/** Reads eight digits at once. @param at eight readable bytes @return false if they are not all digits */
static inline bool flarei_eight_digits(const char *at, uint32_t *value)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    if (((word + UINT64_C(0x4646464646464646)) | (word - UINT64_C(0x3030303030303030))) &
        UINT64_C(0x8080808080808080))
        return false;
    /* Sums of neighbours: of digits, of pairs, of fours. */
    word -= UINT64_C(0x3030303030303030);
    word = word * 10 + (word >> 8);
    *value = (uint32_t)((((word & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064)) +
                         ((word >> 16 & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001))) >>
                        32);
    return true;
}

/** The same of four digits. */
static inline bool flarei_four_digits(const char *at, uint32_t *value)
{
    uint32_t word;

    memcpy(&word, at, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    if (((word + UINT32_C(0x46464646)) | (word - UINT32_C(0x30303030))) & UINT32_C(0x80808080))
        return false;
    word -= UINT32_C(0x30303030);
    word = (word * 10 + (word >> 8)) & UINT32_C(0x00ff00ff);
    *value = (word * 100 + (word >> 16)) & 0xffff;
    return true;
}

/** Writes a decimal. @param value what to write @param out room for FLARE_U64_MAX_BYTES
 *  @return bytes written */
size_t flare_u64_format(uint64_t value, char *out);
/** Writes a decimal. @param value what to write @param out room for FLARE_I64_MAX_BYTES
 *  @return bytes written */
size_t flare_i64_format(int64_t value, char *out);

/** Write the shortest decimal that parses to the same value (the nearest of them), laid out as in
 *  RFC 8785 section 3.2.2.3 (as JavaScript does) except that negative zero is `-0`: legal JSON.
 *  @param value what to write @param out room for FLARE_F64_MAX_BYTES
 *  @return bytes written; 0 if the value is infinite or not a number, which JSON can't say */
size_t flare_f64_format(double value, char *out);
/** As flare_f64_format(), for the shortest that parses to the same float.
 *  @param out room for FLARE_F32_MAX_BYTES @return bytes written, or 0 */
size_t flare_f32_format(float value, char *out);

/** Writes lower-case hexadecimal without leading zeros. @param out room for FLARE_HEX_MAX_BYTES */
size_t flarei_u64_format_hex(uint64_t value, char *out);

/** Parses 1 to 16 hexadecimal digits of either case, leading zeros allowed.
 *  @return FLARE_OK, FLARE_ERR_SYNTAX, or FLARE_ERR_RANGE over 64 bits */
flare_err flarei_u64_parse_hex(flare_str text, uint64_t *value) FLARE_MUST_USE;

/** Writes two lower-case hexadecimal digits for each byte. @param out room for 2 * len */
void flarei_hex_encode(const void *bytes, size_t len, char *out);

/** Reads two hexadecimal digits for each byte. @param out room for text.len / 2
 *  @return FLARE_OK, or FLARE_ERR_SYNTAX (an odd length or another character) */
flare_err flarei_hex_decode(flare_str text, void *out) FLARE_MUST_USE;

/** @return what a hexadecimal digit of either case stands for, or -1. */
static inline int flarei_hex_value(char digit)
{
    const unsigned decimal = (unsigned)(unsigned char)digit - '0';
    const unsigned letter = ((unsigned)(unsigned char)digit | 0x20u) - 'a';

    if (decimal < 10)
        return (int)decimal;
    return letter < 6 ? (int)letter + 10 : -1;
}

FLARE_END
#endif
