#include "tools/json_write.h"

#include <string.h>

static void comma(struct text *text)
{
    const char last = text->length > 0 ? text->bytes[text->length - 1] : '{';

    if (last != '{' && last != '[' && last != ':' && last != '\n')
        text_add(text, ",");
}

/* The bytes of the character at `bytes`; 0 where that is no UTF-8. */
static size_t character(const unsigned char *bytes, size_t length)
{
    const unsigned char first = bytes[0];
    const size_t count = first < 0x80   ? 1
                         : first < 0xc2 ? 0
                         : first < 0xe0 ? 2
                         : first < 0xf0 ? 3
                         : first < 0xf5 ? 4
                                        : 0;

    if (count > length)
        return 0;
    for (size_t i = 1; i < count; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] > 0x9f) ||
        (first == 0xf0 && bytes[1] < 0x90) || (first == 0xf4 && bytes[1] > 0x8f))
        return 0;
    return count;
}

static void quoted(struct text *text, const char *bytes, size_t length)
{
    size_t plain = 0; /* from where nothing is written yet */
    size_t i = 0;

    text_add(text, "\"");
    while (i < length) {
        const unsigned char letter = (unsigned char)bytes[i];
        const size_t count = character((const unsigned char *)bytes + i, length - i);
        if (count > 0 && letter >= 0x20 && letter != '"' && letter != '\\' && letter != 0x7f) {
            i += count;
            continue;
        }
        text_add_bytes(text, bytes + plain, i - plain);
        if (count == 0)
            text_add(text, "\xef\xbf\xbd");
        else if (letter == '"' || letter == '\\')
            text_format(text, "\\%c", letter);
        else if (letter == '\n')
            text_add(text, "\\n");
        else
            text_format(text, "\\u%04x", letter);
        plain = ++i;
    }
    text_add_bytes(text, bytes + plain, length - plain);
    text_add(text, "\"");
}

static void key_of(struct text *text, const char *key)
{
    comma(text);
    if (key == NULL)
        return;
    quoted(text, key, strlen(key));
    text_add(text, ":");
}

void json_open(struct text *text, const char *key, char bracket)
{
    key_of(text, key);
    text_add_bytes(text, &bracket, 1);
}

void json_close(struct text *text, char bracket)
{
    text_add_bytes(text, &bracket, 1);
}

void json_bytes(struct text *text, const char *key, const char *bytes, size_t length)
{
    key_of(text, key);
    quoted(text, bytes, length);
}

void json_text(struct text *text, const char *key, const char *value)
{
    if (value != NULL)
        json_bytes(text, key, value, strlen(value));
}

void json_whole(struct text *text, const char *key, unsigned long value)
{
    key_of(text, key);
    text_format(text, "%lu", value);
}

void json_raw(struct text *text, const char *key, const char *json, size_t length)
{
    key_of(text, key);
    text_add_bytes(text, json, length);
}
