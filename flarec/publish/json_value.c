#include "publish/json_value.h"

#include <stdint.h>
#include <string.h>

#include "letters.h"

#define DEPTH_MAX 64

struct parser {
    struct arena *arena;
    const char *at;
    const char *why;
    unsigned depth;
};

static struct json_value *parse_value(struct parser *parser);

static void *refuse(struct parser *parser, const char *why)
{
    if (parser->why == NULL)
        parser->why = why;
    return NULL;
}

static void skip_blanks(struct parser *parser)
{
    parser->at += strspn(parser->at, " \t\r\n");
}

/* ---- strings --------------------------------------------------------------------------------------- */

static bool take_unit(struct parser *parser, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_value(*parser->at);
        if (digit < 0)
            return false;
        *unit = *unit << 4 | (uint32_t)digit;
        parser->at++;
    }
    return true;
}

/* Behind `\u`. */
static char *take_unicode(struct parser *parser, char *to)
{
    uint32_t value, low;

    if (!take_unit(parser, &value))
        return NULL;
    if (value >= 0xd800 && value < 0xdc00) {
        if (parser->at[0] != '\\' || parser->at[1] != 'u')
            return NULL;
        parser->at += 2;
        if (!take_unit(parser, &low) || low < 0xdc00 || low > 0xdfff)
            return NULL;
        value = 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
    } else if (value == 0 || (value >= 0xdc00 && value < 0xe000)) {
        return NULL;
    }
    return to + utf8_put(to, value);
}

static const char *parse_string(struct parser *parser, size_t *length)
{
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char *const text = arena_alloc(parser->arena, strlen(parser->at) + 1);
    char *to = text;

    for (parser->at++; *parser->at != '"';) {
        if ((unsigned char)*parser->at < ' ')
            return refuse(parser, "a string does not end");
        if (*parser->at != '\\') {
            *to++ = *parser->at++;
            continue;
        }
        parser->at++;
        const char *const letter = *parser->at != '\0' ? strchr(letters, *parser->at) : NULL;
        if (letter != NULL) {
            *to++ = values[letter - letters];
            parser->at++;
        } else if (*parser->at++ != 'u' || (to = take_unicode(parser, to)) == NULL) {
            return refuse(parser, "a string has a bad escape");
        }
    }
    parser->at++;
    *to = '\0';
    *length = (size_t)(to - text);
    return text;
}

/* ---- values ------------------------------------------------------------------------------------------ */

static size_t digits(const char *at)
{
    return strspn(at, "0123456789");
}

/* RFC 8259 section 6. */
static struct json_value *parse_number(struct parser *parser, struct json_value *value)
{
    const char *at = parser->at + (*parser->at == '-');
    const size_t whole = digits(at);

    if (whole == 0 || (*at == '0' && whole > 1))
        return refuse(parser, "this is no value");
    at += whole;
    if (*at == '.') {
        if (digits(at + 1) == 0)
            return refuse(parser, "a number has no digit behind its point");
        at += 1 + digits(at + 1);
    }
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '+' || at[1] == '-');
        if (digits(at) == 0)
            return refuse(parser, "a number has no exponent");
        at += digits(at);
    }
    value->kind = JSON_NUMBER;
    value->length = (size_t)(at - parser->at);
    value->text = arena_copy(parser->arena, parser->at, value->length);
    parser->at = at;
    return value;
}

static bool parse_member(struct parser *parser, struct json_value **member)
{
    const char *key;
    size_t length;

    skip_blanks(parser);
    if (*parser->at != '"')
        return refuse(parser, "a member begins with its name in quotes") != NULL;
    key = parse_string(parser, &length);
    skip_blanks(parser);
    if (key == NULL || *parser->at != ':')
        return refuse(parser, "a member needs ':' and a value") != NULL;
    parser->at++;
    *member = parse_value(parser);
    if (*member != NULL)
        (*member)->key = key;
    return *member != NULL;
}

static struct json_value *parse_container(struct parser *parser, struct json_value *value)
{
    struct json_value **end = &value->items;
    const char close = *parser->at == '{' ? '}' : ']';

    value->kind = close == '}' ? JSON_OBJECT : JSON_ARRAY;
    parser->at++;
    skip_blanks(parser);
    if (*parser->at == close) {
        parser->at++;
        return value;
    }
    for (;;) {
        if (close == '}' ? !parse_member(parser, end) : (*end = parse_value(parser)) == NULL)
            return NULL;
        end = &(*end)->next;
        value->count++;
        skip_blanks(parser);
        if (*parser->at == close)
            break;
        if (*parser->at != ',')
            return refuse(parser, close == '}' ? "an object does not end" : "an array does not end");
        parser->at++;
    }
    parser->at++;
    return value;
}

static bool take_word(struct parser *parser, const char *word)
{
    const size_t length = strlen(word);

    if (strncmp(parser->at, word, length) != 0)
        return false;
    parser->at += length;
    return true;
}

static struct json_value *parse_value(struct parser *parser)
{
    struct json_value *value = ARENA_NEW(parser->arena, struct json_value);

    skip_blanks(parser);
    if (*parser->at == '"') {
        value->kind = JSON_STRING;
        value->text = parse_string(parser, &value->length);
        return value->text != NULL ? value : NULL;
    }
    if (*parser->at == '{' || *parser->at == '[') {
        if (parser->depth == DEPTH_MAX)
            return refuse(parser, "it is nested too deeply");
        parser->depth++;
        value = parse_container(parser, value);
        parser->depth--;
        return value;
    }
    if (take_word(parser, "null"))
        return value;
    value->kind = JSON_BOOL;
    value->boolean = strncmp(parser->at, "true", 4) == 0;
    if (take_word(parser, "true") || take_word(parser, "false"))
        return value;
    return parse_number(parser, value);
}

const struct json_value *json_value_parse(struct arena *arena, const char *text, const char **why)
{
    struct parser parser = {.arena = arena, .at = text};
    const struct json_value *value = parse_value(&parser);

    skip_blanks(&parser);
    if (value != NULL && *parser.at != '\0')
        value = refuse(&parser, "something stands behind the value");
    *why = parser.why;
    return value;
}
