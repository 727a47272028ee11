#include <flare/text.h>

static const char alphabets[2][65] = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

size_t flare_base64_encode(flare_base64_form form, const void *bytes, size_t len, char *out)
{
    const char *const alphabet = alphabets[form == FLARE_BASE64URL];
    const unsigned char *from = (const unsigned char *)bytes;
    char *to = out;

    for (; len >= 3; len -= 3, from += 3, to += 4) {
        const uint32_t group = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];

        to[0] = alphabet[group >> 18];
        to[1] = alphabet[group >> 12 & 63];
        to[2] = alphabet[group >> 6 & 63];
        to[3] = alphabet[group & 63];
    }
    if (len > 0) {
        const uint32_t group = (uint32_t)from[0] << 16 | (len == 2 ? (uint32_t)from[1] << 8 : 0);

        *to++ = alphabet[group >> 18];
        *to++ = alphabet[group >> 12 & 63];
        if (len == 2)
            *to++ = alphabet[group >> 6 & 63];
        for (size_t pad = len; form == FLARE_BASE64 && pad < 3; pad++)
            *to++ = '=';
    }
    return (size_t)(to - out);
}

/* The six bits of a character, or 64 if it is not of the alphabet. */
static uint32_t sextet(char character, char sixty_two, char sixty_three)
{
    const unsigned byte = (unsigned char)character;

    if (byte - 'A' < 26u)
        return byte - 'A';
    if (byte - 'a' < 26u)
        return byte - 'a' + 26;
    if (byte - '0' < 10u)
        return byte - '0' + 52;
    return character == sixty_two ? 62 : character == sixty_three ? 63 : 64;
}

flare_err flare_base64_decode(flare_base64_form form, flare_str text, void *out, size_t *len)
{
    const char *const alphabet = alphabets[form == FLARE_BASE64URL];
    unsigned char *to = (unsigned char *)out;
    size_t count = text.len;

    if (form == FLARE_BASE64) {
        if (count % 4 != 0)
            return FLARE_ERR_SYNTAX;
        for (int pads = 0; pads < 2 && count > 0 && text.ptr[count - 1] == '='; pads++)
            count--;
    }
    if (count % 4 == 1)
        return FLARE_ERR_SYNTAX;
    for (size_t i = 0; i < count; i += 4) {
        const size_t take = count - i < 4 ? count - i : 4;
        uint32_t group = 0;

        for (size_t j = 0; j < take; j++) {
            const uint32_t bits = sextet(text.ptr[i + j], alphabet[62], alphabet[63]);

            if (bits > 63)
                return FLARE_ERR_SYNTAX;
            group |= bits << (18 - 6 * j);
        }
        if (take < 4 && (group & (take == 3 ? 0xffu : 0xffffu)) != 0)
            return FLARE_ERR_SYNTAX;
        for (size_t j = 0; j + 1 < take; j++)
            *to++ = (unsigned char)(group >> (16 - 8 * j));
    }
    *len = (size_t)(to - (unsigned char *)out);
    return FLARE_OK;
}
