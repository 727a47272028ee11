#include "emit/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
    if (text->capacity - text->length <= length) {
        size_t capacity = text->capacity ? 2 * text->capacity : 256;
        char *more;

        while (capacity - text->length <= length)
            capacity *= 2;
        more = arena_alloc(text->arena, capacity);
        if (text->length != 0)
            memcpy(more, text->bytes, text->length);
        text->bytes = more;
        text->capacity = capacity;
    }
    if (length != 0)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *more)
{
    text_add_bytes(text, more, strlen(more));
}

void text_format(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_add(text, arena_vformat(text->arena, format, arguments));
    va_end(arguments);
}

const char *text_of(const struct text *text)
{
    return text->bytes != NULL ? text->bytes : "";
}

size_t text_columns(const char *bytes, size_t length)
{
    size_t columns = 0;

    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    return columns;
}

/* ---- strings ----------------------------------------------------------------------------------- */

const char *c_string(struct arena *arena, const char *bytes, size_t length)
{
    static const char letters[] = "\a\b\t\n\v\f\r", escapes[] = "abtnvfr";
    char *const literal = arena_alloc(arena, 4 * length + 3);
    char *to = literal;

    *to++ = '"';
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)bytes[i];
        const char *letter = c == 0 ? NULL : memchr(letters, c, sizeof letters - 1);

        if (c == '"' || c == '\\' || (c == '?' && i != 0 && bytes[i - 1] == '?')) {
            *to++ = '\\';
            *to++ = (char)c;
        } else if (letter != NULL) {
            *to++ = '\\';
            *to++ = escapes[letter - letters];
        } else if (c >= ' ' && c < 0x7f) {
            *to++ = (char)c;
        } else {
            /* Three octal digits end by themselves, whatever follows. */
            *to++ = '\\';
            *to++ = (char)('0' + (c >> 6));
            *to++ = (char)('0' + (c >> 3 & 7));
            *to++ = (char)('0' + (c & 7));
        }
    }
    *to++ = '"';
    *to = '\0';
    return literal;
}

void json_string(struct text *text, const char *value)
{
    text_add(text, "\"");
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            text_add(text, "\\");
        if ((unsigned char)*value < ' ')
            text_format(text, "\\u%04x", (unsigned)*value);
        else
            text_add_bytes(text, value, 1);
    }
    text_add(text, "\"");
}

void member_text(struct text *members, const char *name, const char *value)
{
    if (*value != '\0')
        text_format(members, ".%s = FLARE_STR_INIT(%s),\n", name,
                    c_string(members->arena, value, strlen(value)));
}

void member_true(struct text *members, const char *name, bool value)
{
    if (value)
        text_format(members, ".%s = true,\n", name);
}

/* ---- numbers --------------------------------------------------------------------------------------- */

static const char *c_real(struct arena *arena, double real, bool single)
{
    char digits[40];

    if (single)
        real = (float)real; /* what rounds to zero is written so: a compiler warns of any other text */
    snprintf(digits, sizeof digits, single ? "%.9g" : "%.17g", real);
    for (int precision = 1; precision < 17; precision++) {
        char shorter[40];

        snprintf(shorter, sizeof shorter, "%.*g", precision, real);
        if (single ? strtof(shorter, NULL) == (float)real : strtod(shorter, NULL) == real) {
            memcpy(digits, shorter, sizeof digits);
            break;
        }
    }
    return arena_format(arena, "%s%s%s", digits, strpbrk(digits, ".e") != NULL ? "" : ".0",
                        single ? "f" : "");
}

const char *c_number(struct arena *arena, enum type_kind kind, struct number number)
{
    const unsigned long long magnitude = number.magnitude;

    if (kind == TYPE_F32 || kind == TYPE_F64)
        return c_real(arena, number.real, kind == TYPE_F32);
    if (kind == TYPE_U64)
        return number.magnitude <= INT32_MAX ? arena_format(arena, "%llu", magnitude)
                                             : arena_format(arena, "UINT64_C(%llu)", magnitude);
    if (kind == TYPE_I64 && number.negative && magnitude > INT64_MAX)
        return "INT64_MIN";
    if (kind == TYPE_I64 && magnitude > INT32_MAX)
        return arena_format(arena, "%sINT64_C(%llu)", number.negative ? "-" : "", magnitude);
    if (kind == TYPE_I32 && number.negative && magnitude > INT32_MAX)
        return "INT32_MIN";
    if (kind == TYPE_U32 && magnitude > INT32_MAX)
        return arena_format(arena, "%lluu", magnitude);
    return arena_format(arena, "%s%llu", number.negative ? "-" : "", magnitude);
}

/* ---- comments and names ------------------------------------------------------------------------------- */

const char *c_comment(struct arena *arena, const char *words)
{
    char *const comment = arena_alloc(arena, 2 * strlen(words) + 1);
    char *to = comment;

    for (size_t i = 0; words[i] != '\0'; i++) {
        const unsigned char c = (unsigned char)words[i];
        const char before = to == comment ? ' ' : to[-1];

        if ((c == '*' && before == '/') || (c == '/' && before == '*') || (c == '?' && before == '?') ||
            (c == '/' && before == '/'))
            *to++ = ' ';
        *to++ = c < ' ' || c == 0x7f ? ' ' : c == '\\' && words[i + 1] == '\0' ? ' ' : (char)c;
    }
    while (to != comment && to[-1] == ' ')
        to--;
    *to = '\0';
    return comment;
}

#define IDENTIFIER_MAX 40

const char *c_identifier(struct arena *arena, const char *words)
{
    char *const name = arena_alloc(arena, strlen(words) + 3);
    size_t length = 0;

    for (size_t i = 0; words[i] != '\0' && length < IDENTIFIER_MAX; i++) {
        const char c = words[i];
        const bool digit = c >= '0' && c <= '9';
        const bool capital = c >= 'A' && c <= 'Z';

        if (digit || capital || (c >= 'a' && c <= 'z'))
            name[length++] = capital ? (char)(c + 32) : c;
        else if (length != 0 && name[length - 1] != '_')
            name[length++] = '_';
    }
    while (length != 0 && name[length - 1] == '_')
        length--;
    name[length] = '\0';
    if (length == 0)
        return "x";
    return name[0] >= '0' && name[0] <= '9' ? arena_format(arena, "n%s", name) : name;
}
