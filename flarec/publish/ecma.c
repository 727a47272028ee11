/* ecma.c - a pattern in the dialect of ECMA-262 (with the u flag), which JSON Schema asks for.
 *
 * The languages are close; what is written differently is spelled so that other engines read it alike too:
 * \d, \w, \s and `.` by their characters, and characters themselves where they can stand. */
#include <stdlib.h>
#include <string.h>

#include "letters.h"
#include "publish/publish.h"

struct translator {
    struct output text;
    const char *at, *end;
};

static void put_code_point(struct translator *to, uint32_t value, bool in_class)
{
    static const char syntax[] = "^$\\.*+?()[]{}|/", class_syntax[] = "^\\]-[";
    char utf8[5] = {0};

    if (value < ' ' || value == 0x7f || (value >= 0x80 && value < 0xa0) || value == 0x2028 ||
        value == 0x2029) {
        output_format(&to->text, "\\u%04x", (unsigned)value);
        return;
    }
    if (value < 0x80 && strchr(in_class ? class_syntax : syntax, (int)value) != NULL)
        output_text(&to->text, "\\");
    (void)utf8_put(utf8, value);
    output_text(&to->text, utf8);
}

static uint32_t take_hex(struct translator *from, unsigned count)
{
    const bool braces = count == 4 && from->at != from->end && *from->at == '{';
    uint32_t value = 0;

    from->at += braces;
    for (unsigned i = 0; from->at != from->end && hex_value(*from->at) >= 0 && (braces || i < count); i++)
        value = value << 4 | (uint32_t)hex_value(*from->at++);
    from->at += braces;
    return value;
}

/* The characters of \d \w \s, as they stand in a class; of \D \W \S the others. */
static const char *named_class(char letter)
{
    switch (letter) {
    case 'd':
        return "0-9";
    case 'D':
        return "\\u0000-/:-\\u{10ffff}";
    case 'w':
        return "0-9A-Z_a-z";
    case 'W':
        return "\\u0000-/:-@\\[-\\^`{-\\u{10ffff}";
    case 's':
        return "\\t-\\r ";
    case 'S':
        return "\\u0000-\\u0008\\u000e-\\u001f!-\\u{10ffff}";
    default:
        return NULL;
    }
}

static void put_named(struct translator *to, char letter, bool in_class)
{
    if (in_class)
        output_text(&to->text, named_class(letter));
    else
        output_format(&to->text, "[%s%s]", letter < 'a' ? "^" : "", named_class((char)(letter | 0x20)));
}

/* A backslash, and what it escapes. */
static void escape(struct translator *translator, bool in_class)
{
    static const char letters[] = "tnrfv", values[] = "\t\n\r\f\v";
    const char letter = *++translator->at;
    const char *const found = memchr(letters, letter, sizeof letters - 1);

    if ((unsigned char)letter >= 0x80)
        return;
    translator->at++;
    if (found != NULL)
        put_code_point(translator, (unsigned char)values[found - letters], in_class);
    else if (letter == 'x' || letter == 'u')
        put_code_point(translator, take_hex(translator, letter == 'x' ? 2 : 4), in_class);
    else if (named_class(letter) != NULL)
        put_named(translator, letter, in_class);
    else
        put_code_point(translator, (unsigned char)letter, in_class);
}

/* From behind the `[` to its end. */
static void class_of(struct translator *translator)
{
    output_text(&translator->text, "[");
    translator->at++;
    if (*translator->at == '^') {
        output_text(&translator->text, "^");
        translator->at++;
    }
    while (translator->at != translator->end && *translator->at != ']') {
        const char c = *translator->at;
        const char next = translator->at + 1 != translator->end ? translator->at[1] : ']';

        if (c == '\\') {
            escape(translator, true);
        } else if (c == '-' && translator->at[-1] != '[' && translator->at[-1] != '^' && next != ']') {
            output_text(&translator->text, "-");
            translator->at++;
        } else if ((unsigned char)c < 0x80) {
            put_code_point(translator, (unsigned char)c, true);
            translator->at++;
        } else {
            output_write(&translator->text, translator->at++, 1);
        }
    }
    output_text(&translator->text, "]");
    translator->at++;
}

/* `{2,5}` and its kin; anything else is a brace. */
static bool is_count(const struct translator *translator)
{
    const char *at = translator->at + 1;

    if (at == translator->end || *at < '0' || *at > '9')
        return false;
    while (at != translator->end && ((*at >= '0' && *at <= '9') || *at == ','))
        at++;
    return at != translator->end && *at == '}';
}

const char *ecma_pattern(struct arena *arena, const struct pattern *pattern)
{
    struct translator translator = {.at = pattern->text, .end = pattern->text + pattern->length};
    bool in_count = false;

    output_text(&translator.text, "^(?:");
    while (translator.at != translator.end) {
        const char c = *translator.at;

        if (c == '\\') {
            escape(&translator, false);
            continue;
        }
        if (c == '[') {
            class_of(&translator);
            continue;
        }
        if (c == '.')
            output_text(&translator.text, "[^\\n\\r\\u2028\\u2029]");
        else if ((c == '{' && !is_count(&translator)) || (c == '}' && !in_count) || c == ']' || c == '/' ||
                 c == '^' || c == '$')
            output_format(&translator.text, "\\%c", c);
        else
            output_write(&translator.text, &c, 1);
        in_count = c == '{' ? is_count(&translator) : c == '}' ? false : in_count;
        translator.at++;
    }
    output_text(&translator.text, ")$");
    const char *const text = arena_copy(arena, translator.text.text, translator.text.length);
    free(translator.text.text);
    return text;
}
