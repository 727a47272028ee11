#include "tools/json_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "letters.h"

struct reader {
    struct arena *arena;
    const char *at;
    const char *end;
    unsigned depth;
};

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) != NULL && *reader->at != '\0')
        reader->at++;
}

static bool take(struct reader *reader, char wanted)
{
    if (reader->at == reader->end || *reader->at != wanted)
        return false;
    reader->at++;
    return true;
}

/* ---- strings ---------------------------------------------------------------------------------- */

static bool hex4(struct reader *reader, unsigned *unit)
{
    *unit = 0;
    if (reader->end - reader->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_value(*reader->at++);
        if (digit < 0)
            return false;
        *unit = *unit * 16 + (unsigned)digit;
    }
    return true;
}

/* Behind `\u`: one scalar, of two escapes where they are a pair. */
static bool read_escaped_scalar(struct reader *reader, unsigned *scalar)
{
    unsigned low;

    if (!hex4(reader, scalar))
        return false;
    if (*scalar < 0xd800 || *scalar > 0xdfff)
        return true;
    const char *const after = reader->at;
    if (*scalar <= 0xdbff && take(reader, '\\') && take(reader, 'u') && hex4(reader, &low) && low >= 0xdc00 &&
        low <= 0xdfff) {
        *scalar = 0x10000 + ((*scalar - 0xd800) << 10) + (low - 0xdc00);
        return true;
    }
    reader->at = after;
    *scalar = 0xfffd;
    return true;
}

/* Behind the opening quote. NULL where it does not end or holds what it may not. */
static const char *read_string(struct reader *reader, size_t *length)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char *close = reader->at;
    unsigned scalar;

    while (close < reader->end && *close != '"')
        close += *close == '\\' && reader->end - close > 1 ? 2 : 1;
    if (close >= reader->end)
        return NULL;
    /* No escape is shorter than what it stands for. */
    char *const text = arena_alloc(reader->arena, (size_t)(close - reader->at) + 1);
    char *to = text;
    while (reader->at < close) {
        const char letter = *reader->at++;
        if ((unsigned char)letter < 0x20)
            return NULL;
        if (letter != '\\') {
            *to++ = letter;
            continue;
        }
        const char escape = *reader->at++;
        const char *const found = memchr(letters, escape, sizeof letters - 1);
        if (found != NULL)
            *to++ = meanings[found - letters];
        else if (escape == 'u' && read_escaped_scalar(reader, &scalar))
            to += utf8_put(to, scalar);
        else
            return NULL;
    }
    reader->at = close + 1;
    *length = (size_t)(to - text);
    return text;
}

/* ---- values ------------------------------------------------------------------------------------- */

static bool digits(struct reader *reader)
{
    const char *const start = reader->at;

    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return reader->at > start;
}

static bool read_number(struct reader *reader, struct json *json)
{
    const char *const start = reader->at;

    take(reader, '-');
    if (!take(reader, '0') && !digits(reader))
        return false;
    if (take(reader, '.') && !digits(reader))
        return false;
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+'))
            take(reader, '-');
        if (!digits(reader))
            return false;
    }
    json->kind = JSON_NUMBER;
    json->length = (size_t)(reader->at - start);
    json->text = arena_copy(reader->arena, start, json->length);
    json->number = strtod(json->text, NULL);
    return true;
}

static bool read_word(struct reader *reader, struct json *json)
{
    static const struct {
        const char *word;
        enum json_kind kind;
    } words[] = {{"null", JSON_NULL}, {"false", JSON_FALSE}, {"true", JSON_TRUE}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t length = strlen(words[i].word);
        if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, words[i].word, length) != 0)
            continue;
        reader->at += length;
        json->kind = words[i].kind;
        return true;
    }
    return false;
}

static struct json *read_value(struct reader *reader);

static const char *read_key(struct reader *reader)
{
    size_t length;

    skip_blanks(reader);
    const char *const key = take(reader, '"') ? read_string(reader, &length) : NULL;
    skip_blanks(reader);
    /* No member that is looked for holds a NUL: one that does is none of them. */
    if (key != NULL && strlen(key) != length)
        return take(reader, ':') ? "" : NULL;
    return key != NULL && take(reader, ':') ? key : NULL;
}

/* Behind the opening bracket. */
static bool read_items(struct reader *reader, struct json *json, char close)
{
    struct json **end = &json->first;

    skip_blanks(reader);
    if (take(reader, close))
        return true;
    for (;;) {
        const char *key = NULL;
        if (close == '}' && (key = read_key(reader)) == NULL)
            return false;
        struct json *const item = read_value(reader);
        if (item == NULL)
            return false;
        item->key = key;
        *end = item;
        end = &item->next;
        skip_blanks(reader);
        if (take(reader, close))
            return true;
        if (!take(reader, ','))
            return false;
    }
}

static struct json *read_value(struct reader *reader)
{
    struct json *const json = ARENA_NEW(reader->arena, struct json);

    skip_blanks(reader);
    if (reader->at == reader->end)
        return NULL;
    if (take(reader, '"')) {
        json->kind = JSON_STRING;
        json->text = read_string(reader, &json->length);
        return json->text != NULL ? json : NULL;
    }
    if (*reader->at == '[' || *reader->at == '{') {
        const char *const start = reader->at;
        const char close = *reader->at++ == '[' ? ']' : '}';
        json->kind = close == ']' ? JSON_ARRAY : JSON_OBJECT;
        if (++reader->depth > JSON_DEPTH_MAX || !read_items(reader, json, close))
            return NULL;
        reader->depth--;
        json->text = start;
        json->length = (size_t)(reader->at - start);
        return json;
    }
    if (*reader->at == '-' || (*reader->at >= '0' && *reader->at <= '9'))
        return read_number(reader, json) ? json : NULL;
    return read_word(reader, json) ? json : NULL;
}

struct json *json_read(struct arena *arena, const char *bytes, size_t length)
{
    struct reader reader = {arena, bytes, bytes + length, 0};
    struct json *const json = read_value(&reader);

    skip_blanks(&reader);
    return reader.at == reader.end ? json : NULL;
}

/* ---- what is in it ---------------------------------------------------------------------------------- */

const struct json *json_member(const struct json *object, const char *key)
{
    const struct json *found = NULL;

    if (object == NULL || object->kind != JSON_OBJECT)
        return NULL;
    for (const struct json *member = object->first; member != NULL; member = member->next) {
        if (strcmp(member->key, key) == 0)
            found = member;
    }
    return found;
}

const char *json_member_text(const struct json *object, const char *key)
{
    const struct json *const member = json_member(object, key);

    return member != NULL && member->kind == JSON_STRING ? member->text : NULL;
}

size_t json_member_whole(const struct json *object, const char *key, size_t max, size_t missing)
{
    const struct json *const member = json_member(object, key);

    if (member == NULL || member->kind != JSON_NUMBER || !(member->number >= 0) ||
        member->number > (double)max || floor(member->number) < member->number)
        return missing;
    return (size_t)member->number;
}
