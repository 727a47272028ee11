/* wire/h1_line.h - one field line, of a head or of trailers (RFC 9112, section 5). */
#ifndef FLAREI_H1_LINE_H
#define FLAREI_H1_LINE_H

#include "wire/h1.h"
#include "wire/h1_scan.h"

static inline uint16_t load16(const char *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Is `text` the lower-case `word`, in any case? */
static inline bool is_word(flare_str text, flare_str word)
{
    if (text.len != word.len)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        char byte = text.ptr[i];
        if (byte >= 'A' && byte <= 'Z')
            byte = (char)(byte | 0x20);
        if (byte != word.ptr[i])
            return false;
    }
    return true;
}

/* Where a step ended: `at` the next byte, or NULL with the verdict: 0 for want of bytes, or a refusal. */
struct step {
    const char *at;
    int verdict;
};

static inline struct step go_on(const char *at)
{
    return (struct step){at, 0};
}

static inline struct step stop(int verdict)
{
    return (struct step){NULL, verdict};
}

/* Reads the field line at `at`, which is neither `span_end` nor the empty line, byte by byte. */
struct step flarei_h1_read_line(const char *span_end, const char *at, flare_field *field);

#endif
