/* flare/text.h - UTF-8, percent-encoding, base64 and ASCII case.
 *
 *     size_t scalars;
 *     if (!flare_utf8_count(name, FLARE_UTF8_NO_NUL, &scalars) || scalars > 40) ...
 *
 * Everything here is pure: any thread, and no memory unless an arena is given.
 */
#ifndef FLARE_TEXT_H
#define FLARE_TEXT_H

#include <flare/arena.h>
#include <flare/err.h>
#include <flare/str.h>

FLARE_BEGIN

/* ---- UTF-8 (RFC 3629) ---- */

/** What flare_utf8_count() makes of U+0000. */
typedef enum flare_utf8_rule {
    FLARE_UTF8_NO_NUL, /**< U+0000 is refused, as in every string of a spec */
    FLARE_UTF8_ANY     /**< U+0000 is a scalar value as any other */
} flare_utf8_rule;

/** flare_utf8_count() for what is not short and ASCII. Not for direct use. */
bool flarei_utf8_count_slow(flare_str text, flare_utf8_rule rule, size_t *scalars) FLARE_MUST_USE;

/** One 8-byte word of text: are all its bytes ASCII, and none NUL if the rule says so? Not for direct use. */
static inline bool flarei_utf8_word_plain(uint64_t word, flare_utf8_rule rule)
{
    const uint64_t high = UINT64_C(0x8080808080808080), ones = UINT64_C(0x0101010101010101);

    return ((rule == FLARE_UTF8_NO_NUL ? (word - ones) | word : word) & high) == 0;
}

/** Checks text and counts its Unicode scalar values; no surrogates, no overlong forms, nothing over U+10FFFF.
 *  @param text any bytes @param rule about U+0000 @param scalars set when true is returned
 *  @return is the text valid? */
FLARE_MUST_USE static inline bool flare_utf8_count(flare_str text, flare_utf8_rule rule, size_t *scalars)
{
    uint64_t first, last;

    if (text.len - 8 <= 8) { /* 8 to 16 bytes: two words that may overlap */
        memcpy(&first, text.ptr, 8);
        memcpy(&last, text.ptr + text.len - 8, 8);
    } else if (text.len - 4 < 4) {
        uint32_t half;

        memcpy(&half, text.ptr, 4);
        first = half;
        memcpy(&half, text.ptr + text.len - 4, 4);
        first |= (uint64_t)half << 32;
        last = first;
    } else {
        return flarei_utf8_count_slow(text, rule, scalars);
    }
    if (FLARE_UNLIKELY(!flarei_utf8_word_plain(first, rule) || !flarei_utf8_word_plain(last, rule)))
        return flarei_utf8_count_slow(text, rule, scalars);
    *scalars = text.len;
    return true;
}

/* ---- Percent-encoding (RFC 3986 section 2.1; application/x-www-form-urlencoded) ---- */

/** What a `+` means. */
typedef enum flare_percent_rule {
    FLARE_PERCENT_PATH, /**< itself */
    FLARE_PERCENT_FORM  /**< a space: in queries and form bodies */
} flare_percent_rule;

/** Decodes escapes. @param text what to decode @param rule about `+`
 *  @param out room for text.len bytes; may be text.ptr itself, else must not overlap it
 *  @param len set to the bytes written when FLARE_OK is returned
 *  @return FLARE_OK, or FLARE_ERR_SYNTAX for an incomplete or wrong escape or a NUL, escaped or not;
 *          what `out` holds is then undefined */
flare_err flare_percent_decode(flare_str text, flare_percent_rule rule, char *out,
                               size_t *len) FLARE_MUST_USE;

/** As flare_percent_decode(), but gives the text itself back when there is nothing to decode, else a copy in
 *  the arena. The arena's thread.
 *  @param decoded set when FLARE_OK is returned; lives as long as the text and the arena
 *  @return FLARE_OK, FLARE_ERR_SYNTAX, or FLARE_ERR_MEMORY (the arena is full) */
flare_err flarei_percent_decode_in(flare_arena *arena, flare_str text, flare_percent_rule rule,
                                   flare_str *decoded) FLARE_MUST_USE;

/** Encodes everything but the unreserved characters (letters, digits, hyphen, dot, underscore, tilde: RFC
 * 3986 section 2.3), with upper-case digits; with FLARE_PERCENT_FORM a space becomes `+`.
 *  @param text any bytes @param rule whether it is for a form @param out room for 3 * text.len bytes, not
 * overlapping text @return bytes written */
size_t flare_percent_encode(flare_str text, flare_percent_rule rule, char *out);

/* ---- ASCII case ---- */

/** @return the lower-case letter of an ASCII capital, any other byte as it is. */
static inline char flarei_ascii_lower(char byte)
{
    return (unsigned)(unsigned char)byte - 'A' < 26u ? (char)(byte | 0x20) : byte;
}

/** Are two slices the same but for the case of ASCII letters? @param a any bytes @param b any bytes
 *  @return are they? */
bool flare_str_equal_nocase(flare_str a, flare_str b) FLARE_MUST_USE;

/* ---- Base64 (RFC 4648) ---- */

/** The two alphabets. */
typedef enum flare_base64_form {
    FLARE_BASE64,   /**< section 4: `+` and `/`, always padded with `=` */
    FLARE_BASE64URL /**< section 5: `-` and `_`, never padded */
} flare_base64_form;

/** @return the most bytes flare_base64_encode() writes for `len` bytes; SIZE_MAX if that can't be counted.
 * @param len bytes */
static inline size_t flare_base64_encoded_max(size_t len)
{
    return len / 3 >= SIZE_MAX / 4 - 1 ? SIZE_MAX : (len + 2) / 3 * 4;
}

/** @return the most bytes flare_base64_decode() writes for `len` characters. @param len characters */
static inline size_t flare_base64_decoded_max(size_t len)
{
    return len / 4 * 3 + len % 4;
}

/** Encodes bytes. @param form which alphabet @param len bytes to encode @param bytes `len` of them, not
 * overlapping `out`
 *  @param out room for flare_base64_encoded_max(len) @return bytes written */
size_t flare_base64_encode(flare_base64_form form, const void *bytes, size_t len, char *out);

/** Decodes strictly: no blanks, exact padding (none for base64url), unused bits zero.
 *  @param form which alphabet @param text borrowed for the call @param out room for
 * flare_base64_decoded_max(text.len); may be where text is
 *  @param len set to the bytes written when FLARE_OK is returned
 *  @return FLARE_OK, or FLARE_ERR_SYNTAX and what `out` holds is undefined */
flare_err flare_base64_decode(flare_base64_form form, flare_str text, void *out, size_t *len) FLARE_MUST_USE;

FLARE_END
#endif
