#include "wire/h1_parts.h"
#include "wire/h1_line.h"

/* Cuts the next element off a comma-separated list, without the whitespace around it; a list has at least
 * one element, which may be empty. `rest->ptr` is NULL after the last. */
static flare_str cut_element(flare_str *rest)
{
    const char *from = rest->ptr, *end = rest->ptr + rest->len;
    const char *comma = rest->len ? memchr(from, ',', rest->len) : NULL;
    const char *to = comma ? comma : end;

    rest->ptr = comma ? comma + 1 : NULL;
    rest->len = comma ? (size_t)(end - comma - 1) : 0;
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    return (flare_str){from, (size_t)(to - from)};
}

unsigned flarei_h1_read_connection(flare_str value)
{
    unsigned said = 0;

    while (value.ptr) {
        flare_str option = cut_element(&value);
        if (is_word(option, FLARE_STR("close")))
            said |= H1_SAID_CLOSE;
        else if (is_word(option, FLARE_STR("keep-alive")))
            said |= H1_SAID_KEEP_ALIVE;
        else if (is_word(option, FLARE_STR("upgrade")))
            said |= H1_SAID_UPGRADE;
    }
    return said;
}

/* Empty elements are refused too, though RFC 9110, section 5.6.1 would have them ignored: peers disagree on
 * them, and a disagreement about framing is what smuggling lives on. */
unsigned flarei_h1_read_transfer_encoding(flare_str value, unsigned said)
{
    said |= H1_SAID_CODING;
    while (value.ptr) {
        flare_str coding = cut_element(&value);
        const char *end = coding.ptr + coding.len;
        const char *name_end = skip_bytes(coding.ptr, end, H1_TOKEN);
        flare_str name = {coding.ptr, (size_t)(name_end - coding.ptr)};
        bool has_parameters = name_end < end && (*name_end == ';' || is_blank(*name_end));

        if (name.len == 0 || (name_end < end && !has_parameters) || (said & H1_SAID_CHUNKED))
            said |= H1_SAID_BAD_CODING;
        else if (!is_word(name, FLARE_STR("chunked")))
            said |= H1_SAID_UNKNOWN_CODING;
        else
            said |= has_parameters ? H1_SAID_BAD_CODING : H1_SAID_CHUNKED;
    }
    return said;
}

int flarei_h1_coding_refusal(unsigned said, bool version_1_1)
{
    if (!version_1_1)
        return FLAREI_H1_TRANSFER_ENCODING_IN_1_0;
    if (said & H1_SAID_LENGTH)
        return FLAREI_H1_TWO_FRAMINGS;
    if (said & H1_SAID_BAD_CODING)
        return FLAREI_H1_BAD_TRANSFER_ENCODING;
    return said & H1_SAID_UNKNOWN_CODING ? FLAREI_H1_UNKNOWN_TRANSFER_ENCODING : 0;
}

unsigned flarei_h1_read_expect(flare_str value)
{
    unsigned said = 0;

    while (value.ptr) {
        flare_str expectation = cut_element(&value);
        if (is_word(expectation, FLARE_STR("100-continue")))
            said |= H1_SAID_CONTINUE;
        else if (expectation.len)
            said |= H1_SAID_UNKNOWN_EXPECT;
    }
    return said;
}

int flarei_h1_read_content_length(flare_str value, uint64_t *length)
{
    uint64_t number = 0;

    if (value.len == 0)
        return FLAREI_H1_BAD_CONTENT_LENGTH;
    for (size_t i = 0; i < value.len; i++) {
        unsigned digit = (unsigned)(value.ptr[i] - '0');
        if (digit > 9 || number > ((uint64_t)INT64_MAX - digit) / 10)
            return FLAREI_H1_BAD_CONTENT_LENGTH;
        number = number * 10 + digit;
    }
    *length = number;
    return 0;
}
