/* fmt.c - tokens to lines. fmt_lines.c pads and writes them.
 *
 * Works on tokens, not on the tree, so that every comment keeps its place. A block stays on one line if it
 * was written so, holds no comment and fits; else each statement has a line. At most one blank line is kept
 * between statements. */
#include "fmt.h"

#include <string.h>

#include "arena.h"
#include "diag.h"
#include "fmt_lines.h"
#include "grammar.h"
#include "lex.h"

struct formatter {
    struct arena *arena;
    const char *text;
    struct token *tokens;
    size_t count;
    size_t *match; /* for a `{` the index of its `}` */
    struct fmt_lines lines;
    struct fmt_line line; /* being built */
    bool building;
    unsigned depth;
    size_t last; /* index of the token or comment written last; count before the first */
};

static bool is_comment(int kind)
{
    return kind == LEX_COMMENT || kind == LEX_DOC;
}

/* ---- spaces ------------------------------------------------------------------------------------ */

static bool is_word(int kind)
{
    return kind != TK_SEMI && kind != TK_COMMA && kind != TK_RP && kind != TK_RS && kind != TK_QM &&
           kind != TK_COLON && kind != TK_DOT && kind != TK_LP && kind != TK_LS && kind != TK_DOTDOT &&
           kind != TK_LB && kind != TK_RB && kind != TK_EQ && kind != TK_ARROW;
}

static bool is_map(const struct formatter *formatter, struct token token)
{
    return token.place.length == 3 && memcmp(formatter->text + token.place.start, "map", 3) == 0;
}

/* Whether a blank stands between two tokens of one line. */
static bool has_gap(const struct formatter *formatter, struct token left, struct token right)
{
    if (left.kind == TK_LB)
        return right.kind != TK_RB;
    switch (right.kind) {
    case TK_SEMI:
    case TK_COMMA:
    case TK_RP:
    case TK_RS:
    case TK_QM:
    case TK_COLON:
    case TK_DOT:
    case TK_LP:
        return false;
    case TK_DOTDOT:
        return left.kind == TK_COMMA || left.kind == TK_COLON || left.kind == TK_EQ;
    case TK_LS:
        if (left.kind == TK_LP || left.kind == TK_LS)
            return false;
        return !is_word(left.kind) || !is_map(formatter, left);
    default:
        return left.kind != TK_LP && left.kind != TK_LS && left.kind != TK_DOT && left.kind != TK_DOTDOT;
    }
}

/* A comma before the closing bracket is not written. */
static bool is_spare_comma(const struct formatter *formatter, size_t at)
{
    if (formatter->tokens[at].kind != TK_COMMA)
        return false;
    do
        at++;
    while (is_comment(formatter->tokens[at].kind));
    return formatter->tokens[at].kind == TK_RP || formatter->tokens[at].kind == TK_RS;
}

static size_t newlines_between(const struct formatter *formatter, size_t left, size_t right)
{
    const struct place one = formatter->tokens[left].place;
    size_t count = 0;

    for (size_t i = one.start + one.length; i < formatter->tokens[right].place.start; i++)
        count += formatter->text[i] == '\n';
    return count;
}

/* ---- lines ------------------------------------------------------------------------------------- */

static void line_start(struct formatter *formatter, size_t at)
{
    const bool first = formatter->last == formatter->count;

    memset(&formatter->line, 0, sizeof formatter->line);
    formatter->line.depth = formatter->depth;
    formatter->line.blank = !first && formatter->tokens[formatter->last].kind != TK_LB &&
                            formatter->tokens[at].kind != TK_RB && formatter->tokens[at].kind != LEX_END &&
                            newlines_between(formatter, formatter->last, at) > 1;
    formatter->building = true;
}

static void line_end(struct formatter *formatter)
{
    if (!formatter->building)
        return;
    fmt_line_add(formatter->arena, &formatter->lines, &formatter->line);
    formatter->building = false;
}

static void line_token(struct formatter *formatter, size_t at, bool gap)
{
    const struct place place = formatter->tokens[at].place;

    if (gap && formatter->line.length > 0)
        fmt_line_write(formatter->arena, &formatter->line, " ", 1);
    fmt_line_write(formatter->arena, &formatter->line, formatter->text + place.start, place.length);
    if (formatter->tokens[at].kind == TK_COMMA)
        fmt_line_break(formatter->arena, &formatter->line);
    formatter->last = at;
}

static const char *comment_text(const struct formatter *formatter, size_t at)
{
    const struct place place = formatter->tokens[at].place;
    size_t length = place.length;

    while (length > 0 && (formatter->text[place.start + length - 1] == ' ' ||
                          formatter->text[place.start + length - 1] == '\t'))
        length--;
    return arena_copy(formatter->arena, formatter->text + place.start, length);
}

/* Comments at and after `at`: on the line just written where they stood there, else each on a line of its
 * own. Returns the next token. */
static size_t comments(struct formatter *formatter, size_t at)
{
    for (; is_comment(formatter->tokens[at].kind); at++) {
        struct fmt_line *const previous = fmt_line_last(&formatter->lines);
        if (formatter->last != formatter->count && previous != NULL && previous->comment == NULL &&
            previous->length > 0 && newlines_between(formatter, formatter->last, at) == 0) {
            previous->comment = comment_text(formatter, at);
        } else {
            line_start(formatter, at);
            formatter->line.comment = comment_text(formatter, at);
            line_end(formatter);
        }
        formatter->last = at;
    }
    return at;
}

/* ---- statements ---------------------------------------------------------------------------------- */

/* The length of tokens `from` to `to` on one line, or SIZE_MAX where a comment is among them. */
static size_t flat_length(const struct formatter *formatter, size_t from, size_t to)
{
    size_t length = 0;

    for (size_t i = from; i <= to; i++) {
        if (is_comment(formatter->tokens[i].kind))
            return SIZE_MAX;
        length += formatter->tokens[i].place.length;
        if (i > from)
            length += has_gap(formatter, formatter->tokens[i - 1], formatter->tokens[i]);
    }
    return length;
}

static bool stays_inline(const struct formatter *formatter, size_t open)
{
    const size_t close = formatter->match[open];
    const size_t inside = flat_length(formatter, open, close);

    if (inside == SIZE_MAX || close == open + 1)
        return inside != SIZE_MAX;
    return newlines_between(formatter, open, close) == 0 &&
           formatter->line.length + 1 + inside + formatter->depth * FMT_INDENT <= FMT_WIDTH;
}

static size_t statements(struct formatter *formatter, size_t at);

/* Tokens from `{` to its `}` on the line. */
static size_t inline_block(struct formatter *formatter, size_t open)
{
    const size_t close = formatter->match[open];
    size_t at = open;

    fmt_line_cut(&formatter->line, FMT_CUT_BLOCK);
    for (; at <= close; at++) {
        if (is_spare_comma(formatter, at)) {
            formatter->tokens[at] = formatter->tokens[at - 1];
            continue;
        }
        line_token(formatter, at,
                   at == open || has_gap(formatter, formatter->tokens[at - 1], formatter->tokens[at]));
    }
    formatter->last = close;
    return at;
}

static size_t broken_block(struct formatter *formatter, size_t open)
{
    line_token(formatter, open, true);
    line_end(formatter);
    formatter->depth++;
    const size_t close = statements(formatter, open + 1);
    formatter->depth--;
    line_start(formatter, close);
    line_token(formatter, close, false);
    return close + 1;
}

static enum fmt_family family_of(int keyword, unsigned depth)
{
    switch (keyword) {
    case TK_METHOD:
        return FMT_FAMILY_ROUTE;
    case TK_TYPE:
    case TK_ENUM:
    case TK_UNION:
        return FMT_FAMILY_TYPE;
    case TK_PATH:
    case TK_QUERY:
    case TK_HEADER:
    case TK_COOKIE:
    case TK_TRAILER:
    case TK_GIVES:
    case TK_USE:
    case TK_BODY:
    case TK_REPLY:
    case TK_RECEIVE:
    case TK_SEND:
        return depth > 0 ? FMT_FAMILY_INNER : FMT_FAMILY_NONE;
    default:
        return FMT_FAMILY_NONE;
    }
}

/* Statements whose types stand in one column. The names of headers are of another length than those of the
 * other inputs. */
static int class_of(int keyword)
{
    return keyword == TK_QUERY || keyword == TK_COOKIE ? TK_PATH : keyword;
}

/* Where columns begin that fmt_lines.c pads, by the statement's first word. */
static void mark_cuts(struct formatter *formatter, size_t first, size_t at, size_t brackets)
{
    const int keyword = formatter->tokens[first].kind;
    const int kind = formatter->tokens[at].kind;
    const int before = at > first ? formatter->tokens[at - 1].kind : LEX_END;
    struct fmt_line *const line = &formatter->line;

    if (brackets > 0 || line->cuts_closed || line->continued)
        return;
    if (at == first) {
        line->class = class_of(keyword);
        line->family = family_of(keyword, formatter->depth);
        return;
    }
    if (keyword == TK_METHOD && (at == first + 1 || kind == TK_ARROW)) {
        fmt_line_cut(line, at == first + 1 ? FMT_CUT_NAME : FMT_CUT_VALUE);
        return;
    }
    if (at == first + 1 && kind != TK_COLON && kind != TK_LP && kind != TK_SEMI && kind != TK_AS &&
        is_word(kind) && is_word(keyword) && keyword != TK_NAME && keyword != TK_STRING)
        fmt_line_cut(line, FMT_CUT_NAME);
    else if (before == TK_COLON) {
        fmt_line_cut(line, FMT_CUT_VALUE);
        line->cuts_closed = true;
        if (line->cut[FMT_CUT_NAME] == 0)
            line->class = TK_NAME;
    } else if (kind == TK_EQ && keyword == TK_TYPE) {
        fmt_line_cut(line, FMT_CUT_BLOCK);
        line->cuts_closed = true;
    }
}

/* One statement from `first` to its end; returns what is behind it. */
static size_t statement(struct formatter *formatter, size_t first)
{
    size_t at = first;
    size_t brackets = 0;
    bool start = true; /* nothing is on the line yet */
    size_t before = first;

    line_start(formatter, first);
    for (;;) {
        const struct token token = formatter->tokens[at];
        if (is_comment(token.kind)) {
            line_end(formatter);
            at = comments(formatter, at);
            line_start(formatter, at);
            formatter->line.blank = false;
            formatter->line.continued = true;
            formatter->line.depth++;
            start = true;
            continue;
        }
        if (token.kind == LEX_END)
            break;
        if (is_spare_comma(formatter, at)) {
            at++;
            continue;
        }
        if (token.kind == TK_LB) {
            at = stays_inline(formatter, at) ? inline_block(formatter, at) : broken_block(formatter, at);
            break;
        }
        if (token.kind == TK_RP || token.kind == TK_RS)
            brackets -= brackets > 0;
        mark_cuts(formatter, first, at, brackets);
        line_token(formatter, at, !start && has_gap(formatter, formatter->tokens[before], token));
        start = false;
        before = at;
        if (token.kind == TK_LP || token.kind == TK_LS)
            brackets++;
        at++;
        if (token.kind == TK_SEMI)
            break;
    }
    line_end(formatter);
    return at;
}

/* Statements up to a `}` or the end; returns its index. */
static size_t statements(struct formatter *formatter, size_t at)
{
    for (;;) {
        at = comments(formatter, at);
        if (formatter->tokens[at].kind == TK_RB || formatter->tokens[at].kind == LEX_END)
            return at;
        at = statement(formatter, at);
    }
}

static void match_braces(struct formatter *formatter)
{
    size_t *const open = ARENA_ARRAY(formatter->arena, formatter->count, size_t);
    size_t depth = 0;

    formatter->match = ARENA_ARRAY(formatter->arena, formatter->count, size_t);
    for (size_t i = 0; i < formatter->count; i++) {
        if (formatter->tokens[i].kind == TK_LB)
            open[depth++] = i;
        else if (formatter->tokens[i].kind == TK_RB && depth > 0)
            formatter->match[open[--depth]] = i;
    }
}

const char *fmt_text(struct arena *arena, const struct source *source, size_t *length)
{
    struct diags unused = {.arena = arena};
    struct formatter formatter = {.arena = arena, .text = source->text};

    formatter.tokens = lex_all(arena, source, &unused, &formatter.count);
    formatter.last = formatter.count;
    match_braces(&formatter);
    statements(&formatter, 0);
    return fmt_lines_text(arena, &formatter.lines, length);
}
