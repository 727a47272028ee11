/* regex.c - parses a pattern, by recursive descent. */
#include <string.h>

#include "letters.h"
#include "plan/pattern.h"

struct parser {
    struct arena *arena;
    const char *text;
    size_t length, at;
    unsigned depth;
    struct regex_error *error;
};

static const struct regex *parse_either(struct parser *parser);

static void *refuse(struct parser *parser, enum code code, size_t start, size_t length, const char *message,
                    const char *label, const char *help)
{
    if (parser->error->message == NULL) {
        *parser->error = (struct regex_error){
            .code = code, .start = start, .length = length, .message = message, .label = label, .help = help};
    }
    return NULL;
}

static int peek(const struct parser *parser, size_t ahead)
{
    return parser->length - parser->at > ahead ? (unsigned char)parser->text[parser->at + ahead] : -1;
}

static bool starts_with(const struct parser *parser, const char *text)
{
    const size_t length = strlen(text);

    return parser->length - parser->at >= length && memcmp(parser->text + parser->at, text, length) == 0;
}

/* The next code point. The lexer has refused text that is not UTF-8. */
static uint32_t take_code_point(struct parser *parser)
{
    const unsigned char *p = (const unsigned char *)parser->text + parser->at;
    const size_t size = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    uint32_t value = size == 1 ? p[0] : p[0] & (0x7fu >> size);

    if (size > parser->length - parser->at) {
        parser->at = parser->length;
        return 0xfffd;
    }
    for (size_t i = 1; i < size; i++)
        value = value << 6 | (p[i] & 0x3fu);
    parser->at += size;
    return value;
}

/* ---- sets ------------------------------------------------------------------------------------- */

#define CODE_POINT_MAX  0x10ffffu
#define SURROGATE_FIRST 0xd800u
#define SURROGATE_LAST  0xdfffu

struct set {
    struct regex_range *ranges;
    size_t count, capacity;
};

static void set_add(struct parser *parser, struct set *set, uint32_t first, uint32_t last)
{
    if (set->count == set->capacity) {
        const size_t capacity = set->capacity ? 2 * set->capacity : 8;
        struct regex_range *more = ARENA_ARRAY(parser->arena, capacity, struct regex_range);

        if (set->count != 0)
            memcpy(more, set->ranges, set->count * sizeof *more);
        set->ranges = more;
        set->capacity = capacity;
    }
    set->ranges[set->count++] = (struct regex_range){first, last};
}

/* Sorted and joined: insertion sort, since classes are short. */
static void set_order(struct set *set)
{
    size_t kept = 0;

    for (size_t i = 1; i < set->count; i++) {
        const struct regex_range range = set->ranges[i];
        size_t at = i;

        for (; at > 0 && set->ranges[at - 1].first > range.first; at--)
            set->ranges[at] = set->ranges[at - 1];
        set->ranges[at] = range;
    }
    for (size_t i = 0; i < set->count; i++) {
        if (kept != 0 && set->ranges[i].first <= set->ranges[kept - 1].last + 1) {
            if (set->ranges[i].last > set->ranges[kept - 1].last)
                set->ranges[kept - 1].last = set->ranges[i].last;
        } else {
            set->ranges[kept++] = set->ranges[i];
        }
    }
    set->count = kept;
}

static void set_add_but(struct parser *parser, struct set *set, const struct set *but)
{
    uint32_t next = 0;

    for (size_t i = 0; i < but->count; i++) {
        if (but->ranges[i].first > next)
            set_add(parser, set, next, but->ranges[i].first - 1);
        next = but->ranges[i].last + 1;
    }
    if (next <= CODE_POINT_MAX)
        set_add(parser, set, next, CODE_POINT_MAX);
}

static const struct regex *set_node(struct parser *parser, struct set *set, bool negated)
{
    struct set surrogates = {0}, all = {0}, kept = {0};
    struct regex *node = ARENA_NEW(parser->arena, struct regex);

    /* What is not in the complement and no surrogate: the complement takes them in, and is turned back. */
    set_order(set);
    if (negated)
        all = *set;
    else
        set_add_but(parser, &all, set);
    surrogates = all;
    set_add(parser, &surrogates, SURROGATE_FIRST, SURROGATE_LAST);
    set_order(&surrogates);
    set_add_but(parser, &kept, &surrogates);
    node->kind = REGEX_SET;
    node->ranges = kept.ranges;
    node->ranges_count = kept.count;
    return node;
}

/* \d \w \s and their opposites. */
static bool add_named(struct parser *parser, int letter, struct set *set)
{
    struct set named = {0};

    switch (letter | 0x20) {
    case 'd':
        set_add(parser, &named, '0', '9');
        break;
    case 'w':
        set_add(parser, &named, '0', '9');
        set_add(parser, &named, 'A', 'Z');
        set_add(parser, &named, '_', '_');
        set_add(parser, &named, 'a', 'z');
        break;
    case 's':
        set_add(parser, &named, '\t', '\r');
        set_add(parser, &named, ' ', ' ');
        break;
    default:
        return false;
    }
    if (letter >= 'a') {
        for (size_t i = 0; i < named.count; i++)
            set_add(parser, set, named.ranges[i].first, named.ranges[i].last);
    } else {
        set_add_but(parser, set, &named);
    }
    return true;
}

/* ---- escapes ----------------------------------------------------------------------------------- */

/* The digits behind \x, \u: `count` of them, or in braces. */
static bool take_hex(struct parser *parser, size_t start, unsigned count, uint32_t *value)
{
    const bool braces = count == 4 && peek(parser, 0) == '{';
    unsigned digits = 0;

    *value = 0;
    parser->at += braces;
    while ((braces ? digits < 6 : digits < count) && hex_value(peek(parser, 0)) >= 0) {
        *value = *value << 4 | (uint32_t)hex_value(peek(parser, 0));
        parser->at++;
        digits++;
    }
    if (digits == 0 || (!braces && digits != count) || (braces && peek(parser, 0) != '}') ||
        *value > CODE_POINT_MAX || (*value >= SURROGATE_FIRST && *value <= SURROGATE_LAST)) {
        refuse(parser, CODE_BAD_PATTERN, start, parser->at - start, "an escape that names no character",
               "hexadecimal digits of a Unicode scalar value belong here", NULL);
        return false;
    }
    parser->at += braces;
    return true;
}

static void *refuse_letter(struct parser *parser, size_t start, int letter)
{
    const size_t length = parser->at - start;

    if (letter == 'b' || letter == 'B' || letter == 'A' || letter == 'z' || letter == 'Z' || letter == 'G')
        return refuse(parser, CODE_PATTERN_UNSUPPORTED, start, length,
                      "a pattern has no anchors or boundaries",
                      "this asks about the place, not about a character",
                      "remove it: a pattern always matches the whole text");
    if ((letter >= '1' && letter <= '9') || letter == 'k')
        return refuse(parser, CODE_PATTERN_UNSUPPORTED, start, length, "a pattern has no back-references",
                      "this asks for what a group matched before", "check it in the handler");
    if (letter == 'p' || letter == 'P')
        return refuse(parser, CODE_PATTERN_UNSUPPORTED, start, length,
                      "a pattern has no classes by Unicode property", "this class is not known",
                      "write its ranges, such as [a-z\\u00e0-\\u00ff]");
    return refuse(parser, CODE_BAD_PATTERN, start, length, "an escape that means nothing",
                  "this letter has no escape", "write the letter without the backslash");
}

/* Behind a backslash: one character, or false where it is a class (added to `set`) or an error. */
static bool take_escape(struct parser *parser, struct set *set, uint32_t *value)
{
    static const char letters[] = "tnrfv", values[] = "\t\n\r\f\v";
    const size_t start = parser->at - 1;
    const int letter = peek(parser, 0);
    const char *found;

    if (letter < 0) {
        refuse(parser, CODE_BAD_PATTERN, start, 1, "a backslash with nothing behind it",
               "what this escapes is missing", NULL);
        return false;
    }
    if (letter >= 0x80 || letter == ' ') {
        *value = take_code_point(parser);
        return true;
    }
    parser->at++;
    found = memchr(letters, letter, sizeof letters - 1);
    if (found != NULL) {
        *value = (unsigned char)values[found - letters];
        return true;
    }
    if (letter == 'x' || letter == 'u')
        return take_hex(parser, start, letter == 'x' ? 2 : 4, value);
    if (add_named(parser, letter, set))
        return false;
    if ((letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
        (letter >= 'A' && letter <= 'Z')) {
        refuse_letter(parser, start, letter);
        return false;
    }
    *value = (uint32_t)letter;
    return true;
}

/* ---- classes ------------------------------------------------------------------------------------- */

/* One end of a range. False where it is a class of its own, or an error. */
static bool take_member(struct parser *parser, struct set *set, uint32_t *value)
{
    if (peek(parser, 0) != '\\') {
        *value = take_code_point(parser);
        return true;
    }
    parser->at++;
    return take_escape(parser, set, value);
}

static bool take_range(struct parser *parser, struct set *set)
{
    const size_t start = parser->at;
    uint32_t first, last;

    if (!take_member(parser, set, &first))
        return parser->error->message == NULL;
    last = first;
    if (peek(parser, 0) == '-' && peek(parser, 1) != ']' && peek(parser, 1) >= 0) {
        parser->at++;
        if (!take_member(parser, set, &last)) {
            if (parser->error->message != NULL)
                return false;
            set_add(parser, set, '-', '-');
            last = first;
        }
    }
    if (last < first) {
        refuse(parser, CODE_BAD_PATTERN, start, parser->at - start, "a range whose end is before its start",
               "nothing is in this range", "swap its ends");
        return false;
    }
    set_add(parser, set, first, last);
    return true;
}

static const struct regex *parse_class(struct parser *parser)
{
    const size_t start = parser->at++;
    const bool negated = peek(parser, 0) == '^';
    struct set set = {0};

    parser->at += negated;
    while (peek(parser, 0) >= 0 && peek(parser, 0) != ']') {
        if (!take_range(parser, &set))
            return NULL;
    }
    if (peek(parser, 0) < 0)
        return refuse(parser, CODE_BAD_PATTERN, start, 1, "a class that is never closed", "this one",
                      "add the ']', or write \\[ for the character");
    parser->at++;
    if (set.count == 0)
        return refuse(parser, CODE_BAD_PATTERN, start, parser->at - start, "a class with nothing in it",
                      "no character is in this class",
                      "name its characters, or write \\[\\] for the brackets");
    return set_node(parser, &set, negated);
}

/* ---- atoms, repetition, alternatives ------------------------------------------------------------------ */

static const struct regex *pair(struct parser *parser, enum regex_kind kind, const struct regex *left,
                                const struct regex *right)
{
    struct regex *node = ARENA_NEW(parser->arena, struct regex);

    node->kind = kind;
    node->left = left;
    node->right = right;
    return node;
}

static const struct regex *parse_group(struct parser *parser)
{
    const size_t start = parser->at++;
    const struct regex *inner;

    if (starts_with(parser, "?=") || starts_with(parser, "?!") || starts_with(parser, "?<=") ||
        starts_with(parser, "?<!"))
        return refuse(parser, CODE_PATTERN_UNSUPPORTED, start, 3, "a pattern does not look ahead or behind",
                      "this asks for what follows or precedes without taking it",
                      "give the value two patterns: both must match");
    if (starts_with(parser, "?:"))
        parser->at += 2;
    else if (peek(parser, 0) == '?')
        return refuse(parser, CODE_PATTERN_UNSUPPORTED, start, 2, "a group with settings",
                      "names and flags of groups are not known", "write ( or (?:");
    if (++parser->depth > REGEX_DEPTH_MAX)
        return refuse(parser, CODE_PATTERN_TOO_LARGE, start, 1, "groups that are nested too deeply",
                      "this one is the hundred and first", NULL);
    inner = parse_either(parser);
    parser->depth--;
    if (inner == NULL)
        return NULL;
    if (peek(parser, 0) != ')')
        return refuse(parser, CODE_BAD_PATTERN, start, 1, "a group that is never closed", "this one",
                      "add the ')', or write \\( for the character");
    parser->at++;
    return inner;
}

static const struct regex *parse_atom(struct parser *parser)
{
    const size_t start = parser->at;
    const int c = peek(parser, 0);
    struct set set = {0};
    uint32_t value;

    switch (c) {
    case '(':
        return parse_group(parser);
    case '[':
        return parse_class(parser);
    case '^':
    case '$':
        return refuse(parser, CODE_PATTERN_UNSUPPORTED, start, 1, "a pattern has no anchors or boundaries",
                      "this asks about the place, not about a character",
                      "remove it: a pattern always matches the whole text");
    case '*':
    case '+':
    case '?':
    case '{':
        return refuse(parser, CODE_BAD_PATTERN, start, 1, "a repetition of nothing",
                      "there is nothing before it to repeat",
                      "put a backslash before it for the character itself");
    case '}':
    case ']':
        return refuse(parser, CODE_BAD_PATTERN, start, 1, "a closing bracket without an opening one",
                      "this closes nothing", "put a backslash before it for the character itself");
    case '.':
        parser->at++;
        set_add(parser, &set, '\n', '\n');
        set_add(parser, &set, '\r', '\r');
        set_add(parser, &set, 0x2028, 0x2029);
        return set_node(parser, &set, true);
    case '\\':
        parser->at++;
        if (take_escape(parser, &set, &value))
            set_add(parser, &set, value, value);
        return parser->error->message != NULL ? NULL : set_node(parser, &set, false);
    default:
        value = take_code_point(parser);
        set_add(parser, &set, value, value);
        return set_node(parser, &set, false);
    }
}

static bool take_count(struct parser *parser, unsigned *count)
{
    const size_t start = parser->at;

    *count = 0;
    while (peek(parser, 0) >= '0' && peek(parser, 0) <= '9') {
        if (*count <= REGEX_REPEAT_MAX)
            *count = *count * 10 + (unsigned)(peek(parser, 0) - '0');
        parser->at++;
    }
    if (*count > REGEX_REPEAT_MAX)
        refuse(parser, CODE_PATTERN_TOO_LARGE, start, parser->at - start,
               "a repetition of more than a thousand", "this many",
               "put bounds of length beside the pattern: string(1..5000, /[a-z]+/)");
    return parser->at != start && parser->error->message == NULL;
}

/* {n} {n,} {n,m} */
static bool take_bounds(struct parser *parser, unsigned *min, unsigned *max)
{
    const size_t start = parser->at++;
    bool good = take_count(parser, min);

    *max = *min;
    if (good && peek(parser, 0) == ',') {
        parser->at++;
        *max = REGEX_UNBOUNDED;
        good = peek(parser, 0) == '}' || take_count(parser, max);
    }
    if (!good || peek(parser, 0) != '}') {
        refuse(parser, CODE_BAD_PATTERN, start, parser->at - start, "a repetition that is not one",
               "{n}, {n,} or {n,m} belongs here", "write \\{ for the character");
        return false;
    }
    parser->at++;
    if (*max < *min) {
        refuse(parser, CODE_BAD_PATTERN, start, parser->at - start,
               "a repetition whose most is below its least", "nothing is in this range", "swap its ends");
        return false;
    }
    return true;
}

static const struct regex *parse_repeat(struct parser *parser)
{
    const struct regex *atom = parse_atom(parser);
    const int c = peek(parser, 0);
    const size_t start = parser->at;
    struct regex *node;

    if (atom == NULL || (c != '*' && c != '+' && c != '?' && c != '{'))
        return atom;
    node = ARENA_NEW(parser->arena, struct regex);
    node->kind = REGEX_REPEAT;
    node->left = atom;
    node->min = c == '+';
    node->max = c == '?' ? 1 : REGEX_UNBOUNDED;
    if (c != '{')
        parser->at++;
    else if (!take_bounds(parser, &node->min, &node->max))
        return NULL;
    if (peek(parser, 0) == '?' || peek(parser, 0) == '+')
        return refuse(parser, CODE_PATTERN_UNSUPPORTED, start, parser->at + 1 - start,
                      "a repetition that is lazy or possessive", "it makes no difference in a whole match",
                      "remove the second sign");
    if (peek(parser, 0) == '*' || peek(parser, 0) == '{')
        return refuse(parser, CODE_BAD_PATTERN, start, parser->at + 1 - start, "a repetition of a repetition",
                      "one of them is too many", "put the inner one into a group");
    return node;
}

static const struct regex *parse_sequence(struct parser *parser)
{
    const struct regex *sequence = NULL;

    while (peek(parser, 0) >= 0 && peek(parser, 0) != '|' && peek(parser, 0) != ')') {
        const struct regex *next = parse_repeat(parser);

        if (next == NULL)
            return NULL;
        sequence = sequence == NULL ? next : pair(parser, REGEX_SEQUENCE, sequence, next);
    }
    return sequence != NULL ? sequence : pair(parser, REGEX_EMPTY, NULL, NULL);
}

static const struct regex *parse_either(struct parser *parser)
{
    const struct regex *either = parse_sequence(parser);

    while (either != NULL && peek(parser, 0) == '|') {
        const struct regex *next;

        parser->at++;
        next = parse_sequence(parser);
        either = next == NULL ? NULL : pair(parser, REGEX_EITHER, either, next);
    }
    return either;
}

const struct regex *regex_parse(struct arena *arena, const char *text, size_t length,
                                struct regex_error *error)
{
    struct parser parser = {arena, text, length, 0, 0, error};
    const struct regex *regex;

    *error = (struct regex_error){0};
    regex = parse_either(&parser);
    if (regex != NULL && parser.at < length)
        return refuse(&parser, CODE_BAD_PATTERN, parser.at, 1, "a closing bracket without an opening one",
                      "this closes nothing", "put a backslash before it for the character itself");
    return regex;
}
