/* terms.c - what stands in a tag: tokens, then terms. */
#include <string.h>

#include "template/node.h"

/* `and` and `or` in a tag. */
#define JOINS_MAX 100

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- tokens ---------------------------------------------------------------------------------------- */

static void read_text(struct reader *reader)
{
    const char *const source = reader->file->source->text;
    const char quote = source[reader->at];
    char *const text = ARENA_ARRAY(reader->templates->arena, reader->end - reader->at, char);

    reader->kind = TOKEN_BAD;
    reader->text = text;
    for (reader->at++; reader->at < reader->end && source[reader->at] != '\n'; reader->at++) {
        if (source[reader->at] == quote) {
            reader->at++;
            reader->kind = TOKEN_TEXT;
            return;
        }
        if (source[reader->at] == '\\' && reader->at + 1 < reader->end)
            reader->at++;
        text[reader->length++] = source[reader->at];
    }
}

static void read_number(struct reader *reader)
{
    const char *const source = reader->file->source->text;
    struct number number = {0};

    number.negative = source[reader->at] == '-';
    reader->at += number.negative;
    reader->kind = TOKEN_NUMBER;
    for (; reader->at < reader->end && is_digit(source[reader->at]); reader->at++) {
        const unsigned digit = (unsigned)(source[reader->at] - '0');
        if (number.magnitude > (UINT64_MAX - digit) / 10)
            reader->kind = TOKEN_BAD;
        else
            number.magnitude = number.magnitude * 10 + digit;
    }
    if (reader->at < reader->end && is_letter(source[reader->at]))
        reader->kind = TOKEN_BAD;
    number.negative = number.negative && number.magnitude != 0;
    number.real = number.negative ? -(double)number.magnitude : (double)number.magnitude;
    reader->number = number;
}

void reader_next(struct reader *reader)
{
    static const char *const signs[] = {"==", "!=", "<=", ">=", "<", ">", ".", ",", "(", ")"};
    const char *const source = reader->file->source->text;
    size_t start;

    while (reader->at < reader->end && is_space(source[reader->at]))
        reader->at++;
    start = reader->at;
    reader->length = 0;
    reader->text = "";
    if (start == reader->end) {
        reader->kind = TOKEN_END;
    } else if (is_letter(source[start])) {
        while (reader->at < reader->end && (is_letter(source[reader->at]) || is_digit(source[reader->at]) ||
                                            (source[reader->at] == '-' && reader->at + 1 < reader->end &&
                                             is_letter(source[reader->at + 1]))))
            reader->at++;
        reader->kind = TOKEN_WORD;
        reader->text = arena_copy(reader->templates->arena, source + start, reader->at - start);
    } else if (source[start] == '"' || source[start] == '\'') {
        read_text(reader);
    } else if (is_digit(source[start]) ||
               (source[start] == '-' && start + 1 < reader->end && is_digit(source[start + 1]))) {
        read_number(reader);
    } else {
        reader->kind = TOKEN_BAD;
        for (size_t i = 0; i < sizeof signs / sizeof *signs && reader->kind == TOKEN_BAD; i++) {
            const size_t length = strlen(signs[i]);
            if (length <= reader->end - start && strncmp(source + start, signs[i], length) == 0) {
                reader->kind = TOKEN_SIGN;
                reader->text = signs[i];
                reader->at += length;
            }
        }
        if (reader->kind == TOKEN_BAD) {
            do
                reader->at++;
            while (reader->at < reader->end && ((unsigned char)source[reader->at] & 0xc0) == 0x80);
        }
    }
    reader->place = (struct place){reader->file->source, (uint32_t)start, (uint32_t)(reader->at - start)};
}

bool reader_is(const struct reader *reader, const char *text)
{
    return (reader->kind == TOKEN_WORD || reader->kind == TOKEN_SIGN) && strcmp(reader->text, text) == 0;
}

void reader_expected(struct reader *reader, const char *what)
{
    if (!reader->failed) {
        if (reader->kind == TOKEN_END)
            diag_report(reader->templates->diags, CODE_TEMPLATE_SYNTAX, reader->place,
                        "%s is expected before the end of the tag", what);
        else
            diag_report(reader->templates->diags, CODE_TEMPLATE_SYNTAX, reader->place,
                        "%s is expected here, not '%.*s'", what, (int)reader->place.length,
                        reader->file->source->text + reader->place.start);
    }
    reader->failed = true;
    reader->file->broken = true;
}

struct word *reader_word(struct reader *reader, const char *what)
{
    struct word *const word = ARENA_NEW(reader->templates->arena, struct word);

    if (reader->kind != TOKEN_WORD)
        reader_expected(reader, what);
    word->text = reader->text;
    word->place = reader->place;
    reader_next(reader);
    return word;
}

/* ---- terms ------------------------------------------------------------------------------------- */

static struct term *term_new(struct reader *reader, enum term_kind kind, struct place place)
{
    struct term *const term = ARENA_NEW(reader->templates->arena, struct term);

    term->kind = kind;
    term->place = place;
    return term;
}

static const struct term *path_term(struct reader *reader)
{
    struct term *const term = term_new(reader, TERM_PATH, reader->place);
    struct word *last = reader_word(reader, "a name");

    term->path = last;
    while (reader_is(reader, ".")) {
        reader_next(reader);
        last->next = reader_word(reader, "a name");
        last = last->next;
        term->place = place_join(term->place, last->place);
    }
    return term;
}

static const struct term *raw_term(struct reader *reader, struct place place)
{
    struct term *const term = term_new(reader, TERM_RAW, place);

    reader_next(reader);
    term->left = path_term(reader);
    if (!reader_is(reader, ")"))
        reader_expected(reader, "')'");
    term->place = place_join(place, reader->place);
    reader_next(reader);
    return term;
}

static const struct term *single(struct reader *reader)
{
    struct term *term = term_new(reader, TERM_BOOL, reader->place);
    const struct term *inner;

    if (reader_is(reader, "(")) {
        reader_next(reader);
        inner = reader_term(reader);
        if (!reader_is(reader, ")"))
            reader_expected(reader, "')'");
        reader_next(reader);
        return inner;
    }
    if (reader_is(reader, "true") || reader_is(reader, "false")) {
        term->boolean = reader_is(reader, "true");
    } else if (reader->kind == TOKEN_TEXT) {
        term->kind = TERM_TEXT;
        term->text = reader->text;
        term->length = reader->length;
    } else if (reader->kind == TOKEN_NUMBER) {
        term->kind = TERM_NUMBER;
        term->number = reader->number;
    } else {
        inner = path_term(reader);
        if (inner->path->next == NULL && strcmp(inner->path->text, "raw") == 0 && reader_is(reader, "("))
            return raw_term(reader, inner->place);
        return inner;
    }
    reader_next(reader);
    return term;
}

/* x, x == y, x is present */
static const struct term *compared(struct reader *reader)
{
    static const char *const signs[] = {"==", "!=", "<=", ">=", "<", ">"};
    const struct term *const left = single(reader);
    struct term *term;

    if (reader_is(reader, "is")) {
        reader_next(reader);
        term = term_new(reader, TERM_PRESENT, place_join(left->place, reader->place));
        term->left = left;
        if (!reader_is(reader, "present"))
            reader_expected(reader, "'present'");
        reader_next(reader);
        return term;
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (!reader_is(reader, signs[i]))
            continue;
        reader_next(reader);
        term = term_new(reader, TERM_COMPARE, left->place);
        term->sign = signs[i];
        term->left = left;
        term->right = single(reader);
        term->place = place_join(left->place, term->right->place);
        return term;
    }
    return left;
}

static const struct term *negated(struct reader *reader)
{
    struct term *term;
    bool odd = false;
    struct place place = reader->place;

    for (; reader_is(reader, "not"); odd = !odd)
        reader_next(reader);
    if (!odd)
        return compared(reader);
    term = term_new(reader, TERM_NOT, place);
    term->left = compared(reader);
    term->place = place_join(place, term->left->place);
    return term;
}

static const struct term *joined(struct reader *reader, bool both)
{
    const struct term *left = both ? negated(reader) : joined(reader, true);

    while (reader_is(reader, both ? "and" : "or") && !reader->failed) {
        if (++reader->joins > JOINS_MAX) {
            diag_report(reader->templates->diags, CODE_TOO_DEEP, reader->place,
                        "a condition has more than %d parts", JOINS_MAX);
            reader->failed = reader->file->broken = true;
            break;
        }
        struct term *const term = term_new(reader, both ? TERM_AND : TERM_OR, left->place);
        reader_next(reader);
        term->left = left;
        term->right = both ? negated(reader) : joined(reader, true);
        term->place = place_join(left->place, term->right->place);
        left = term;
    }
    return left;
}

const struct term *reader_term(struct reader *reader)
{
    const struct term *term;

    if (++reader->depth > TEMPLATE_DEPTH_MAX) {
        if (!reader->failed)
            diag_report(reader->templates->diags, CODE_TOO_DEEP, reader->place,
                        "parentheses are nested more than %d deep", TEMPLATE_DEPTH_MAX);
        reader->failed = reader->file->broken = true;
        reader->at = reader->end;
        reader_next(reader);
        return term_new(reader, TERM_BOOL, reader->place);
    }
    term = joined(reader, false);
    reader->depth--;
    return term;
}
