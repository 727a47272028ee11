#include <flare/number.h>
#include <flare/text.h>

static bool is_unreserved(unsigned char byte)
{
    return (unsigned)(byte | 0x20) - 'a' < 26u || (unsigned)byte - '0' < 10u || byte == '-' || byte == '.' ||
           byte == '_' || byte == '~';
}

flare_err flare_percent_decode(flare_str text, flare_percent_rule rule, char *out, size_t *len)
{
    const char *p = text.ptr, *const end = flarei_str_end(text);
    char *to = out;

    while (p < end) {
        char byte = *p++;

        if (byte == '%') {
            if (end - p < 2)
                return FLARE_ERR_SYNTAX;
            const int high = flarei_hex_value(p[0]), low = flarei_hex_value(p[1]);

            if (high < 0 || low < 0)
                return FLARE_ERR_SYNTAX;
            byte = (char)(high << 4 | low);
            p += 2;
        } else if (byte == '+' && rule == FLARE_PERCENT_FORM) {
            byte = ' ';
        }
        if (byte == '\0')
            return FLARE_ERR_SYNTAX;
        *to++ = byte;
    }
    *len = (size_t)(to - out);
    return FLARE_OK;
}

flare_err flarei_percent_decode_in(flare_arena *arena, flare_str text, flare_percent_rule rule,
                                   flare_str *decoded)
{
    const char *const end = flarei_str_end(text);
    size_t len;
    char *out;

    for (const char *p = text.ptr;; p++) {
        if (p == end) {
            *decoded = text;
            return FLARE_OK;
        }
        if (*p == '%' || *p == '\0' || (*p == '+' && rule == FLARE_PERCENT_FORM))
            break;
    }
    out = (char *)flarei_arena_alloc(arena, text.len);
    if (out == NULL)
        return FLARE_ERR_MEMORY;
    if (flare_percent_decode(text, rule, out, &len) != FLARE_OK)
        return FLARE_ERR_SYNTAX;
    *decoded = (flare_str){out, len};
    return FLARE_OK;
}

size_t flare_percent_encode(flare_str text, flare_percent_rule rule, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    char *to = out;

    for (size_t i = 0; i < text.len; i++) {
        const unsigned char byte = (unsigned char)text.ptr[i];

        if (is_unreserved(byte)) {
            *to++ = (char)byte;
        } else if (byte == ' ' && rule == FLARE_PERCENT_FORM) {
            *to++ = '+';
        } else {
            *to++ = '%';
            *to++ = digits[byte >> 4];
            *to++ = digits[byte & 15];
        }
    }
    return (size_t)(to - out);
}
