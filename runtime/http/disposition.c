/* disposition.c - what a file is to be called. Old readers get it in ASCII; where that is not the name
 * itself, the others get it by RFC 8187 too. Both come without the escapes that readers disagree on (RFC
 * 6266, appendix D). */
#include "http/disposition.h"

#include <flare/text.h>

#include <string.h>

static bool is_sendable(flare_str name)
{
    size_t scalars;

    if (name.len == 0 || name.len > FLARE_FILE_CONTENT_NAME_MAX_BYTES ||
        !flare_utf8_count(name, FLARE_UTF8_NO_NUL, &scalars))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        const unsigned char byte = (unsigned char)name.ptr[i];

        /* U+0080 to U+009F are controls too. */
        if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && (unsigned char)name.ptr[i + 1] < 0xa0))
            return false;
    }
    return true;
}

static char *put(char *to, const char *text)
{
    const size_t bytes = strlen(text);

    memcpy(to, text, bytes);
    return to + bytes;
}

/* A name is no path, whoever reads it. */
static char without_slash(char byte)
{
    return byte == '/' || byte == '\\' ? '_' : byte;
}

/* RFC 8187, section 3.2.1 */
static bool is_attribute_character(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte != '\0' && strchr("!#$&+-.^_`|~", byte) != NULL);
}

static char *put_plain(char *to, flare_str name, bool *differs)
{
    for (size_t i = 0; i < name.len; i++) {
        const char byte = without_slash(name.ptr[i]);

        if ((unsigned char)byte >= 0x80 || byte == '"' || byte == '%') {
            *differs = true;
            if (((unsigned char)byte & 0xc0) != 0x80) /* one for each character */
                *to++ = '_';
        } else {
            *to++ = byte;
        }
    }
    return to;
}

static char *put_encoded(char *to, flare_str name)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < name.len; i++) {
        const char byte = without_slash(name.ptr[i]);

        if (is_attribute_character(byte)) {
            *to++ = byte;
            continue;
        }
        *to++ = '%';
        *to++ = digits[(unsigned char)byte >> 4];
        *to++ = digits[(unsigned char)byte & 15];
    }
    return to;
}

size_t flarei_disposition_write(char to[static FLAREI_DISPOSITION_MAX_BYTES], flare_str name, bool shown)
{
    char *at = to;
    bool differs = false;

    if (!is_sendable(name))
        return 0;
    at = put(at, shown ? "inline" : "attachment");
    at = put(at, "; filename=\"");
    at = put_plain(at, name, &differs);
    at = put(at, "\"");
    if (differs)
        at = put_encoded(put(at, "; filename*=UTF-8''"), name);
    return (size_t)(at - to);
}
