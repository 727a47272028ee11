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

/* Reads the field line at `at`, which is neither the span's end nor the empty line, byte by byte. */
static FLARE_NOINLINE_COLD struct step read_any_line(struct span span, const char *at, flare_field *field)
{
    const char *colon = skip_bytes(at, span.end, H1_TOKEN);

    if (colon == span.end)
        return stop(0);
    if (*colon == '\r' || *colon == '\n')
        return stop(FLAREI_H1_BAD_LINE_END);
    if (*colon != ':' || colon == at)
        return stop(colon == at && is_blank(*at) ? FLAREI_H1_FOLDED_FIELD : FLAREI_H1_BAD_FIELD_NAME);

    const char *value = colon + 1;
    while (value < span.end && is_blank(*value))
        value++;
    const char *end = skip_bytes(value, span.end, H1_VALUE);
    if (end == span.end)
        return stop(0);
    if (*end != '\r')
        return stop(*end == '\n' ? FLAREI_H1_BAD_LINE_END : FLAREI_H1_BAD_FIELD_VALUE);
    if (end + 1 == span.end)
        return stop(0);
    if (end[1] != '\n')
        return stop(FLAREI_H1_BAD_LINE_END);

    const char *value_end = end;
    while (value_end > value && is_blank(value_end[-1]))
        value_end--;
    field->name = (flare_str){at, (size_t)(colon - at)};
    field->value = (flare_str){value, (size_t)(value_end - value)};
    return go_on(end + 2);
}

/* The same for a line as nearly all are: a name of letters and '-', at most one blank, visible ASCII. It
 * judges nothing: whatever else it meets, it leaves the line to read_any_line. */
H1_INLINE struct step read_field_line(struct span span, const char *at, flare_field *field)
{
#if H1_SIMD
    if (FLARE_UNLIKELY((uintptr_t)at > span.last_block))
        return read_any_line(span, at, field);
    const char *end = scan_line(span, at);
    if (FLARE_UNLIKELY(!end || end + 1 == span.end || load16(end) != load16("\r\n")))
        return read_any_line(span, at, field);
    const char *colon = scan_blocks(span, at, plain_name);
    if (FLARE_UNLIKELY(*colon != ':' || colon == at))
        return read_any_line(span, at, field);
    const char *value = colon + 1 + (colon[1] == ' ');
    if (FLARE_UNLIKELY(*value == ' ' || end[-1] == ' '))
        return read_any_line(span, at, field);
    field->name = (flare_str){at, (size_t)(colon - at)};
    field->value = (flare_str){value, (size_t)(end - value)};
    return go_on(end + 2);
#else
    return read_any_line(span, at, field);
#endif
}

#endif
