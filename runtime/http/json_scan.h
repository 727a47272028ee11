/* http/json_scan.h - the insides of JSON's tokens, checked against the end: shared by typed values and
 * skipping. */
#ifndef FLAREI_JSON_SCAN_H
#define FLAREI_JSON_SCAN_H

#include <flare/gen_json.h>

#include "base/utf8.h"

/* Skips bytes of a string that mean themselves and are ASCII. */
static inline const char *skip_plain(const char *at, const char *end)
{
#if FLAREI_JSON_SIMD
    while (end - at >= 16) {
        const unsigned stops = flarei_json_stops(at);

        if (stops != 0)
            return at + __builtin_ctz(stops);
        at += 16;
    }
#endif
    while (at < end && *at >= 0x20 && *at != '"' && *at != '\\' && (unsigned char)*at < 0x80)
        at++;
    return at;
}

/* The place behind the run of scalar values beyond ASCII that starts at `at`; NULL if it is not UTF-8.
 * @param tails the bytes that are not a scalar value's first are added */
static inline const char *skip_wide(const char *at, const char *end, size_t *tails)
{
    do {
        const size_t bytes = flarei_utf8_sequence_bytes((const unsigned char *)at, (size_t)(end - at));

        if (bytes == 0)
            return NULL;
        *tails += bytes - 1;
        at += bytes;
    } while (at < end && (unsigned char)*at >= 0x80);
    return at;
}

#if FLAREI_JSON_SIMD
/* skip_text() over the last `16 - seen` of 16 bytes, `at` being the first of them. @param more none ended it
 */
FLAREI_INLINE const char *skip_block(const char *at, unsigned seen, const char *end, size_t *tails,
                                     bool *more)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at - seen));
    const __m128i named =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    const __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    const unsigned stops = (unsigned)_mm_movemask_epi8(_mm_or_si128(named, controls)) >> seen;
    const unsigned wide = (unsigned)_mm_movemask_epi8(bytes) >> seen;
    const unsigned run = (unsigned)__builtin_ctz(stops | 0x10000u >> seen);

    *more = stops == 0;
    if (FLARE_UNLIKELY((wide & ((1u << run) - 1)) != 0)) {
        const unsigned inside = (1u << run) - 1;
        /* 80 to BF, and C2 to DF: the first of two bytes. */
        const __m128i tail = _mm_cmplt_epi8(bytes, _mm_set1_epi8(-64));
        const __m128i pair = _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(-63)),
                                           _mm_cmplt_epi8(bytes, _mm_set1_epi8(-32)));
        const unsigned pairs = (unsigned)_mm_movemask_epi8(pair) >> seen & inside;
        unsigned second = (unsigned)_mm_movemask_epi8(tail) >> seen & inside;

        if (FLARE_UNLIKELY(pairs << 1 != second || (pairs | second) != (wide & inside))) {
            /* Longer than two bytes, cut by the end of the block, or wrong. */
            *more = true;
            return skip_wide(at + __builtin_ctz(wide), end, tails);
        }
        for (; second != 0; second &= second - 1)
            ++*tails;
    }
    return at + run;
}
#endif

/* Goes over what stands for itself in a string, `first` being the text's first byte. @return the place of the
 * first byte that is a quote, a backslash or a control character, or the end; NULL if it is not UTF-8.
 * @param tails the bytes that are not a scalar value's first are added */
FLAREI_INLINE const char *skip_text(const char *first, const char *at, const char *end, size_t *tails)
{
#if FLAREI_JSON_SIMD
    bool more = true;

    while (FLARE_LIKELY(end - at >= 16)) {
        at = skip_block(at, 0, end, tails, &more);
        if (!more || at == NULL)
            return at;
    }
    /* The last block overlaps what was seen, unless the text is shorter than one. */
    while (more && at < end && end - first >= 16) {
        at = skip_block(at, 16 - (unsigned)(end - at), end, tails, &more);
        if (!more || at == NULL)
            return at;
    }
#endif
    (void)first;
    at = skip_plain(at, end);
    while (at < end && (unsigned char)*at >= 0x80) {
        at = skip_wide(at, end, tails);
        if (at == NULL)
            return NULL;
        at = skip_plain(at, end);
    }
    return at;
}

/* What \uXXXX stands for, `at` at its first digit; -1 if it is not four digits. */
static inline int32_t hex_unit(const char *at, const char *end)
{
    int digits[4];

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++)
        digits[i] = flarei_hex_value(at[i]);
    if ((digits[0] | digits[1] | digits[2] | digits[3]) < 0)
        return -1;
    return digits[0] << 12 | digits[1] << 8 | digits[2] << 4 | digits[3];
}

/* Writes a scalar value as UTF-8. @return bytes written, at most 4 */
static inline size_t put_scalar(uint32_t scalar, char *out)
{
    if (scalar < 0x80) {
        out[0] = (char)scalar;
        return 1;
    }
    if (scalar < 0x800) {
        out[0] = (char)(0xc0 | scalar >> 6);
        out[1] = (char)(0x80 | (scalar & 0x3f));
        return 2;
    }
    if (scalar < 0x10000) {
        out[0] = (char)(0xe0 | scalar >> 12);
        out[1] = (char)(0x80 | (scalar >> 6 & 0x3f));
        out[2] = (char)(0x80 | (scalar & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | scalar >> 18);
    out[1] = (char)(0x80 | (scalar >> 12 & 0x3f));
    out[2] = (char)(0x80 | (scalar >> 6 & 0x3f));
    out[3] = (char)(0x80 | (scalar & 0x3f));
    return 4;
}

/* Goes past \uXXXX, or two of them for a surrogate pair. @param scalar what it says, or UINT32_MAX for half a
 * pair
 * @return false if it is malformed */
static inline bool take_unit(const char **at, const char *end, uint32_t *scalar)
{
    const int32_t unit = hex_unit(*at + 2, end);
    int32_t low;

    if (unit < 0)
        return false;
    *at += 6;
    *scalar = (uint32_t)unit;
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    *scalar = UINT32_MAX;
    if (unit > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return true;
    low = hex_unit(*at + 2, end);
    if (low < 0xdc00 || low > 0xdfff)
        return true; /* what follows is judged by itself */
    *at += 6;
    *scalar = 0x10000 + ((uint32_t)(unit - 0xd800) << 10 | (uint32_t)(low - 0xdc00));
    return true;
}

/* What the letter of a two-character escape stands for, or 0. */
static inline char short_escape(char letter)
{
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

static inline bool is_digit(const char *at, const char *end)
{
    return at < end && (unsigned)(unsigned char)*at - '0' <= 9u;
}

/* The place behind a number (RFC 8259, section 6), or NULL. */
static inline const char *skip_number(const char *at, const char *end)
{
    at += at < end && *at == '-';
    if (!is_digit(at, end))
        return NULL;
    if (*at++ != '0')
        while (is_digit(at, end))
            at++;
    if (at < end && *at == '.') {
        if (!is_digit(++at, end))
            return NULL;
        while (is_digit(at, end))
            at++;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '-' || *at == '+');
        if (!is_digit(at, end))
            return NULL;
        while (is_digit(at, end))
            at++;
    }
    return at;
}

#endif
