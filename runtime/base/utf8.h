/* base/utf8.h - one scalar value of UTF-8. */
#ifndef FLARE_BASE_UTF8_H
#define FLARE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/** @return is it the second to fourth byte of a scalar value? */
static inline bool flarei_utf8_is_tail(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/** @return the bytes of the scalar value at p, which is not ASCII; 0 if there is none (RFC 3629 section 4).
 *  @param left bytes that may be read, at least 1 */
static inline size_t flarei_utf8_sequence_bytes(const unsigned char *p, size_t left)
{
    const unsigned char lead = p[0];

    if (lead < 0xc2) /* a tail, or the overlong C0 and C1 */
        return 0;
    if (lead < 0xe0)
        return left >= 2 && flarei_utf8_is_tail(p[1]) ? 2 : 0;
    if (lead < 0xf0) {
        if (left < 3 || !flarei_utf8_is_tail(p[1]) || !flarei_utf8_is_tail(p[2]))
            return 0;
        if ((lead == 0xe0 && p[1] < 0xa0) || (lead == 0xed && p[1] > 0x9f)) /* overlong; surrogates */
            return 0;
        return 3;
    }
    if (lead > 0xf4 || left < 4 || !flarei_utf8_is_tail(p[1]) || !flarei_utf8_is_tail(p[2]) ||
        !flarei_utf8_is_tail(p[3]))
        return 0;
    if ((lead == 0xf0 && p[1] < 0x90) || (lead == 0xf4 && p[1] > 0x8f)) /* overlong; over U+10FFFF */
        return 0;
    return 4;
}

#endif
