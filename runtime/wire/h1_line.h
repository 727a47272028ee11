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

/* The verdict on a line that stops at `at`, where neither a name's ':' nor a value's CRLF is. */
static FLARE_NOINLINE_COLD int bad_name(const char *name, const char *at)
{
    if (at == name && is_blank(*at))
        return FLAREI_H1_FOLDED_FIELD;
    return *at == '\r' || *at == '\n' ? FLAREI_H1_BAD_LINE_END : FLAREI_H1_BAD_FIELD_NAME;
}

static FLARE_NOINLINE_COLD int bad_value(const char *at, const char *end)
{
    if (at == end || (*at == '\r' && at + 1 == end))
        return 0;
    return *at == '\r' || *at == '\n' ? FLAREI_H1_BAD_LINE_END : FLAREI_H1_BAD_FIELD_VALUE;
}

/* Reads the field line at `at` < `end`, which is not the empty line. Gives where the next line starts; or
 * NULL with *verdict 0 for want of bytes, or a refusal. */
static inline const char *read_field_line(const char *start, const char *end, const char *at,
                                          flare_field *field, int *verdict)
{
    const char *name = at;

    at = scan_name(at, end, start);
    if (FLARE_UNLIKELY(at == end || *at != ':' || at == name)) {
        *verdict = at == end ? 0 : bad_name(name, at);
        return NULL;
    }
    field->name = (flare_str){name, (size_t)(at - name)};
    at++;
    while (at < end && is_blank(*at))
        at++;

    const char *value = at;
    at = scan_value(at, end, start);
    if (FLARE_UNLIKELY(end - at < 2 || load16(at) != load16("\r\n"))) {
        *verdict = bad_value(at, end);
        return NULL;
    }
    const char *value_end = at;
    while (value_end > value && is_blank(value_end[-1]))
        value_end--;
    field->value = (flare_str){value, (size_t)(value_end - value)};
    return at + 2;
}

#endif
