/* letters.h - what texts are made of: hexadecimal digits, what URIs are free to hold, code points as
 * UTF-8. */
#ifndef FLAREC_LETTERS_H
#define FLAREC_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a hexadecimal digit, else -1; also for a `letter` that is none, below 0. */
static inline int hex_value(int letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    letter |= 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* May it stand for itself anywhere in a URI (RFC 3986 section 2.3)? */
static inline bool is_unreserved(int byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || byte == '-' ||
           byte == '.' || byte == '_' || byte == '~';
}

/* Writes a code point as UTF-8. Its bytes, 4 at most. */
static inline size_t utf8_put(char *to, uint32_t value)
{
    if (value < 0x80) {
        to[0] = (char)value;
        return 1;
    }
    if (value < 0x800) {
        to[0] = (char)(0xc0 | value >> 6);
        to[1] = (char)(0x80 | (value & 0x3f));
        return 2;
    }
    if (value < 0x10000) {
        to[0] = (char)(0xe0 | value >> 12);
        to[1] = (char)(0x80 | (value >> 6 & 0x3f));
        to[2] = (char)(0x80 | (value & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | value >> 18);
    to[1] = (char)(0x80 | (value >> 12 & 0x3f));
    to[2] = (char)(0x80 | (value >> 6 & 0x3f));
    to[3] = (char)(0x80 | (value & 0x3f));
    return 4;
}

#endif
