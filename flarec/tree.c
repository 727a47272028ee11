/* tree.c - makes the tree's nodes from tokens, for the grammar's actions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "grammar.h"
#include "letters.h"
#include "parse.h"

static const char *token_text(struct token token)
{
    return token.place.source->text + token.place.start;
}

/* ---- text and numbers ---------------------------------------------------------------------- */

/* The scalar in `{…}` at `text`; `used` counts the braces in. 0 where there is none, which no string may
 * hold. */
static uint32_t braced_scalar(const char *text, size_t length, size_t *used)
{
    uint32_t scalar = 0;
    size_t i = 1;

    *used = 0;
    if (length == 0 || text[0] != '{')
        return 0;
    for (; i < length && i <= 7 && text[i] != '}'; i++) {
        const int digit = hex_value(text[i]);
        if (digit < 0)
            return 0;
        scalar = scalar * 16 + (uint32_t)digit;
    }
    if (i >= length || text[i] != '}' || scalar > 0x10ffff || (scalar >= 0xd800 && scalar <= 0xdfff))
        return 0;
    *used = i + 1;
    return scalar;
}

static void bad_escape(struct parse *parse, struct token token, size_t at, size_t length)
{
    struct diagnostic *const diagnostic = diag_report(
        parse->diags, CODE_BAD_STRING, place_part(token.place, at, length), "this escape means nothing");
    diag_help(diagnostic, "the escapes are \\\" \\\\ \\n \\r \\t and \\u{1F600}, which can't be U+0000");
}

/* The text between a string token's quotes, unescaped. */
static char *unescape(struct parse *parse, struct token token, size_t *length)
{
    const char *const raw = token_text(token);
    const size_t end = token.place.length - 1;
    char *const text = arena_alloc(parse->arena, token.place.length);
    size_t used = 0;

    *length = 0;
    for (size_t i = 1; i < end; i++) {
        if (raw[i] != '\\') {
            text[(*length)++] = raw[i];
            continue;
        }
        i++;
        static const char letters[] = "nrt\"\\";
        static const char meanings[] = "\n\r\t\"\\";
        const char *const found = strchr(letters, raw[i]);
        if (found != NULL) {
            text[(*length)++] = meanings[found - letters];
            continue;
        }
        const uint32_t scalar = raw[i] == 'u' ? braced_scalar(raw + i + 1, end - i - 1, &used) : 0;
        if (scalar == 0) {
            bad_escape(parse, token, i - 1, 2);
            continue;
        }
        *length += utf8_put(text + *length, scalar);
        i += used;
    }
    return text;
}

struct name name_of(struct parse *parse, struct token token)
{
    struct name name = {.place = token.place, .quoted = token.kind == TK_STRING};
    size_t length;

    if (name.quoted)
        name.text = unescape(parse, token, &length);
    else
        name.text = arena_copy(parse->arena, token_text(token), token.place.length);
    return name;
}

/* ---- values -------------------------------------------------------------------------------- */

/* The digits at `text`, without their `_`; `used` counts them. False where they don't fit. */
static bool read_whole(const char *text, size_t length, uint64_t *whole, size_t *used)
{
    size_t i = 0;

    for (*whole = 0; i < length && ((text[i] >= '0' && text[i] <= '9') || text[i] == '_'); i++) {
        const unsigned digit = text[i] == '_' ? 0 : (unsigned)(text[i] - '0');
        if (text[i] == '_')
            continue;
        if (*whole > (UINT64_MAX - digit) / 10)
            return false;
        *whole = *whole * 10 + digit;
    }
    *used = i;
    return true;
}

static uint64_t unit_of(const char *text)
{
    static const struct {
        const char *unit;
        uint64_t factor;
    } units[] = {
        {"B", 1},
        {"KiB", (uint64_t)1 << 10},
        {"MiB", (uint64_t)1 << 20},
        {"GiB", (uint64_t)1 << 30},
        {"ms", 1},
        {"s", 1000},
        {"m", 60000},
        {"h", 3600000},
        {"d", 86400000},
    };

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(units[i].unit, text) == 0)
            return units[i].factor;
    }
    return 1;
}

static void read_number(struct parse *parse, struct value *value)
{
    const char *text = value->text;
    char *const plain = arena_alloc(parse->arena, value->length + 1);
    size_t used = 0;
    bool fits;

    for (size_t i = 0, at = 0; i < value->length; i++) {
        if (text[i] != '_')
            plain[at++] = text[i];
    }
    value->real = strtod(plain, NULL);
    value->negative = text[0] == '-';
    text += value->negative;
    if (value->kind == VALUE_FLOAT)
        return;
    fits = read_whole(text, strlen(text), &value->whole, &used);
    if (fits && (value->kind == VALUE_SIZE || value->kind == VALUE_DURATION)) {
        const uint64_t unit = unit_of(text + used);
        fits = value->whole <= INT64_MAX / unit;
        value->whole *= unit;
    }
    if (value->kind == VALUE_INTEGER && value->whole == 0)
        value->negative = false;
    if (!fits)
        diag_report(parse->diags, CODE_BAD_TOKEN, value->place,
                    "this number is larger than any that is used");
}

struct value *value_of(struct parse *parse, enum value_kind kind, struct token token)
{
    struct value *const value = ARENA_NEW(parse->arena, struct value);

    value->kind = kind;
    value->place = token.place;
    if (kind == VALUE_STRING) {
        value->text = unescape(parse, token, &value->length);
        return value;
    }
    const size_t slash = kind == VALUE_REGEX;
    value->length = token.place.length - 2 * slash;
    value->text = arena_copy(parse->arena, token_text(token) + slash, value->length);
    if (kind != VALUE_REGEX && kind != VALUE_NAME)
        read_number(parse, value);
    return value;
}

struct value *value_range(struct parse *parse, struct value *low, struct token dots, struct value *high)
{
    struct value *const value = ARENA_NEW(parse->arena, struct value);

    value->kind = VALUE_RANGE;
    value->low = low;
    value->high = high;
    value->place = place_join(low != NULL ? low->place : dots.place, high != NULL ? high->place : dots.place);
    return value;
}

struct value *value_list(struct parse *parse, struct token open, struct value_list items, struct token close)
{
    struct value *const value = ARENA_NEW(parse->arena, struct value);

    value->kind = VALUE_LIST;
    value->items = items.first;
    value->place = place_join(open.place, close.place);
    return value;
}

struct argument *argument_of(struct parse *parse, struct name label, struct value *value)
{
    struct argument *const argument = ARENA_NEW(parse->arena, struct argument);

    argument->label = label;
    argument->value = value;
    argument->place = place_join(label.place, value->place);
    return argument;
}

struct arguments arguments_of(struct token open, struct argument_list list, struct token close)
{
    return (struct arguments){true, place_join(open.place, close.place), list.first};
}

/* ---- types, fields, contents ----------------------------------------------------------------- */

struct type_node *type_of(struct parse *parse, enum type_form form, struct token start, struct token end)
{
    struct type_node *const type = ARENA_NEW(parse->arena, struct type_node);

    type->form = form;
    type->place = place_join(start.place, end.place);
    return type;
}

struct type_node *type_settings(struct type_node *type, struct arguments args, struct token question)
{
    type->args = args;
    type->optional = question.place.source != NULL;
    type->optional_place = question.place;
    type->place = place_join(place_join(type->place, args.place), question.place);
    return type;
}

static struct doc *doc_of(struct token token)
{
    if (token.doc != NULL)
        token.doc->used = true;
    return token.doc;
}

struct field *field_of(struct parse *parse, struct wire wire, struct type_node *type, struct value *fallback,
                       struct token end)
{
    struct field *const field = ARENA_NEW(parse->arena, struct field);

    field->doc = doc_of(wire.start);
    field->place = place_join(wire.start.place, end.place);
    field->name = wire.name;
    field->c_name = wire.c_name;
    field->args = wire.args;
    field->type = type;
    field->fallback = fallback;
    return field;
}

struct content *content_of(struct parse *parse, struct token kind, struct arguments args,
                           struct type_node *type)
{
    struct content *const content = ARENA_NEW(parse->arena, struct content);

    content->place = place_join(kind.place, args.place);
    if (type != NULL)
        content->place = place_join(content->place, type->place);
    content->kind = name_of(parse, kind);
    content->args = args;
    content->type = type;
    return content;
}

struct target *target_of(struct parse *parse, struct token start, struct token name, struct arguments args)
{
    struct target *const target = ARENA_NEW(parse->arena, struct target);

    target->place = place_join(place_join(start.place, name.place), args.place);
    target->way_place = start.place;
    target->name = name_of(parse, name);
    target->args = args;
    return target;
}

/* ---- statements ------------------------------------------------------------------------------ */

struct block *block_of(struct parse *parse, struct token open, struct statement *first, struct token close)
{
    struct block *const block = ARENA_NEW(parse->arena, struct block);

    block->place = place_join(open.place, close.place);
    block->first = first;
    return block;
}

struct statement *statement_of(struct parse *parse, enum statement_kind kind, struct token keyword,
                               struct place end)
{
    struct statement *const statement = ARENA_NEW(parse->arena, struct statement);

    statement->kind = kind;
    statement->keyword = keyword.place;
    statement->place = place_join(keyword.place, end);
    statement->doc = doc_of(keyword);
    return statement;
}

struct statement *statement_fields(struct parse *parse, enum statement_kind kind, struct token keyword,
                                   struct token name, struct arguments args, struct token open,
                                   struct field *fields, struct token close)
{
    struct statement *const statement = statement_of(parse, kind, keyword, close.place);

    statement->name = name_of(parse, name);
    statement->args = args;
    statement->fields = fields;
    statement->braces = place_join(open.place, close.place);
    return statement;
}

struct statement *statement_input(struct parse *parse, enum statement_kind kind, struct token keyword,
                                  struct wire wire, struct type_node *type, struct value *value,
                                  struct token end)
{
    struct statement *const statement = statement_of(parse, kind, keyword, end.place);

    statement->name = wire.name;
    statement->c_name = wire.c_name;
    statement->args = wire.args;
    statement->type = type;
    statement->value = value;
    return statement;
}

struct statement *statement_reply(struct parse *parse, struct token keyword, struct token status,
                                  struct token c_name, struct content *content, struct ending ending)
{
    struct statement *const statement = statement_of(parse, STATEMENT_REPLY, keyword, ending.place);

    statement->value = value_of(parse, VALUE_INTEGER, status);
    if (c_name.place.source != NULL)
        statement->c_name = name_of(parse, c_name);
    statement->content = content;
    statement->block = ending.block;
    return statement;
}

const char *statement_word(const struct statement *statement)
{
    static const char *const words[] = {
        [STATEMENT_FLARE] = "flare",     [STATEMENT_SERVICE] = "service", [STATEMENT_LIBRARY] = "library",
        [STATEMENT_IMPORT] = "import",   [STATEMENT_STATE] = "state",     [STATEMENT_LIMITS] = "limits",
        [STATEMENT_USE] = "use",         [STATEMENT_ENUM] = "enum",       [STATEMENT_TYPE] = "type",
        [STATEMENT_ALIAS] = "type",      [STATEMENT_UNION] = "union",     [STATEMENT_SESSION] = "session",
        [STATEMENT_GUARD] = "guard",     [STATEMENT_GROUP] = "group",     [STATEMENT_ROUTE] = "route",
        [STATEMENT_PATH] = "path",       [STATEMENT_QUERY] = "query",     [STATEMENT_COOKIE] = "cookie",
        [STATEMENT_HEADER] = "header",   [STATEMENT_TRAILER] = "trailer", [STATEMENT_GIVES] = "gives",
        [STATEMENT_AFTER] = "after",     [STATEMENT_ERROR] = "error",     [STATEMENT_BODY] = "body",
        [STATEMENT_RECEIVE] = "receive", [STATEMENT_SEND] = "send",       [STATEMENT_REPLY] = "reply",
    };

    return words[statement->kind];
}
