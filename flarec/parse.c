/* parse.c - drives the grammar over the tokens: doc comments, missing braces, recovery after an error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "grammar.h"
#include "parse.h"
#include "passes.h"

/* The tokens that the grammar sees. */
struct stream {
    struct token *items;
    size_t count;
};

/* ---- doc comments ---------------------------------------------------------------------------- */

/* A line's text: without the slashes, one blank and blanks at its end. */
static struct place doc_line(struct token token)
{
    const char *const text = token.place.source->text + token.place.start;
    size_t start = 3;
    size_t end = token.place.length;

    start += start < end && text[start] == ' ';
    while (end > start && (text[end - 1] == ' ' || text[end - 1] == '\t'))
        end--;
    return place_part(token.place, start, end - start);
}

/* The doc of the `///` lines among these tokens, or NULL. */
static struct doc *doc_of(struct arena *arena, const struct token *tokens, size_t count)
{
    struct doc *const doc = ARENA_NEW(arena, struct doc);
    size_t length = 0;
    char *text;

    for (size_t i = 0; i < count; i++)
        length += tokens[i].kind == LEX_DOC ? tokens[i].place.length : 0;
    if (length == 0)
        return NULL;
    doc->text = text = arena_alloc(arena, length + 1);
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].kind != LEX_DOC)
            continue;
        const struct place line = doc_line(tokens[i]);
        if (text != doc->text)
            *text++ = '\n';
        memcpy(text, line.source->text + line.start, line.length);
        text += line.length;
        doc->place = place_join(doc->place, tokens[i].place);
    }
    return doc;
}

/* Drops comments; hangs each run of `///` on the token behind it. */
static struct stream without_comments(struct arena *arena, struct token *tokens, size_t count)
{
    struct stream stream = {ARENA_ARRAY(arena, count, struct token), 0};
    size_t first = 0; /* of the comments before a token */

    for (size_t i = 0; i < count; i++) {
        if (tokens[i].kind == LEX_COMMENT || tokens[i].kind == LEX_DOC)
            continue;
        stream.items[stream.count] = tokens[i];
        stream.items[stream.count++].doc = i > first ? doc_of(arena, tokens + first, i - first) : NULL;
        first = i + 1;
    }
    return stream;
}

static void report_idle_docs(struct diags *diags, struct stream stream)
{
    for (size_t i = 0; i < stream.count; i++) {
        const struct doc *const doc = stream.items[i].doc;
        if (doc != NULL && !doc->used)
            diag_help(diag_report(diags, CODE_DOC_NOTHING, doc->place, "this doc comment documents nothing"),
                      "use '//', or put it before a statement, field or member");
    }
}

/* ---- braces ------------------------------------------------------------------------------------ */

/* Whether the token is the first on its line. */
static bool starts_line(struct token token)
{
    const char *const text = token.place.source->text;
    size_t at = token.place.start;

    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    return at == 0 || text[at - 1] == '\n';
}

/* Blanks at the start of the token's line. */
static size_t indent_of(struct token token)
{
    const char *const text = token.place.source->text;
    size_t start = token.place.start;
    size_t indent = 0;

    while (start > 0 && text[start - 1] != '\n')
        start--;
    while (text[start + indent] == ' ' || text[start + indent] == '\t')
        indent++;
    return indent;
}

static bool starts_statement(struct stream stream, size_t at)
{
    const int kind = stream.items[at].kind;
    const int next = at + 1 < stream.count ? stream.items[at + 1].kind : LEX_END;

    switch (kind) {
    case TK_METHOD:
        return true;
    case TK_GROUP:
        return next == TK_ROUTE;
    case TK_LIMITS:
        return next == TK_LP;
    case TK_BODY:
    case TK_SEND:
    case TK_RECEIVE:
    case TK_FLARE:
    case TK_SERVICE:
    case TK_LIBRARY:
    case TK_IMPORT:
    case TK_ENUM:
    case TK_TYPE:
    case TK_UNION:
    case TK_SESSION:
    case TK_STATE:
    case TK_GUARD:
    case TK_USE:
    case TK_PATH:
    case TK_QUERY:
    case TK_HEADER:
    case TK_COOKIE:
    case TK_TRAILER:
    case TK_GIVES:
    case TK_REPLY:
        return next != TK_COLON && next != TK_SEMI && next != TK_AS && next != TK_LP && next != TK_EQ;
    default:
        return false;
    }
}

static bool braces_balance(struct stream stream)
{
    size_t depth = 0;

    for (size_t i = 0; i < stream.count; i++) {
        if (stream.items[i].kind == TK_LB)
            depth++;
        else if (stream.items[i].kind == TK_RB && depth > 0)
            depth--;
    }
    return depth == 0;
}

/* A block that is open while braces are matched. */
struct opener {
    size_t at;     /* its `{` */
    size_t indent; /* of that line */
    size_t bad;    /* tokens before it that the lexer refused */
};

/* Whether the line that token `at` starts can't lie within the block: it is not indented enough. */
static bool leaves_block(struct stream stream, size_t at, struct opener open)
{
    if (!starts_line(stream.items[at]))
        return false;
    if (stream.items[at].kind == TK_RB)
        return indent_of(stream.items[at]) < open.indent;
    return starts_statement(stream, at) && indent_of(stream.items[at]) <= open.indent;
}

static void report_open(struct parse *parse, struct token opener, struct token next)
{
    struct diagnostic *const diagnostic =
        diag_report(parse->diags, CODE_OPEN_BRACE, opener.place, "this brace is never closed");

    if (next.kind != LEX_END)
        diag_also(diagnostic, next.place, "the block seems to end before this");
    diag_help(diagnostic, "add the missing '}'");
}

/* Where a `}` is missing somewhere, finds the block that was left open by its indentation, names it and
 * closes it. What the lexer refused may have swallowed a brace: then nothing is said about those. */
static struct stream close_braces(struct parse *parse, struct stream stream)
{
    struct stream closed = {ARENA_ARRAY(parse->arena, stream.count * 2, struct token), 0};
    struct opener *const open = ARENA_ARRAY(parse->arena, stream.count, struct opener);
    size_t depth = 0;
    size_t bad = 0;
    size_t indent = 0; /* of the line */

    parse->tree->broken = true;
    for (size_t i = 0; i < stream.count; i++) {
        const struct token token = stream.items[i];
        if (starts_line(token))
            indent = indent_of(token);
        while (depth > 0 && (token.kind == LEX_END || leaves_block(stream, i, open[depth - 1]))) {
            const struct place before = stream.items[i - 1].place;
            if (open[--depth].bad == bad)
                report_open(parse, stream.items[open[depth].at], token);
            closed.items[closed.count++] = (struct token){TK_RB, place_part(before, before.length, 0), NULL};
        }
        closed.items[closed.count++] = token;
        bad += token.kind == TK_BAD;
        if (token.kind == TK_LB) {
            open[depth++] = (struct opener){i, indent, bad};
        } else if (token.kind == TK_RB && depth > 0) {
            depth--;
        }
    }
    return closed;
}

/* ---- the parse ----------------------------------------------------------------------------------- */

static bool new_statement(struct stream stream, size_t at)
{
    return starts_line(stream.items[at]) && starts_statement(stream, at);
}

/* The grammar refused token `at` and waits for a `;`. Skips to the `;` at this depth or past the paired `}`,
 * but not over a statement on a line of its own; gives it that `;`. Returns the next token to read. */
static size_t recover(struct parse *parse, void *parser, struct stream stream, size_t at)
{
    struct token semicolon = stream.items[at];
    size_t depth = 0;
    size_t next = at;

    semicolon.kind = TK_SEMI;
    semicolon.doc = NULL;
    if (stream.items[at].kind == TK_SEMI)
        return at + 1;
    for (; stream.items[next].kind != LEX_END; next++) {
        const int kind = stream.items[next].kind;
        if (depth == 0 && (kind == TK_SEMI || kind == TK_RB)) {
            next += kind == TK_SEMI;
            break;
        }
        if (depth == 0 && new_statement(stream, next))
            break;
        if (kind == TK_LB)
            depth++;
        else if (kind == TK_RB && --depth == 0) {
            next++;
            next += stream.items[next].kind == TK_SEMI;
            break;
        }
    }
    FlareParse(parser, TK_SEMI, semicolon, parse);
    return next;
}

static void stray_brace(struct parse *parse, struct token token, bool *excused)
{
    if (!*excused)
        diag_help(diag_report(parse->diags, CODE_STRAY_BRACE, token.place, "this '}' closes nothing"),
                  "remove it");
    parse->tree->broken = true;
    *excused = false;
}

static void feed(struct parse *parse, void *parser, struct stream stream)
{
    bool excused = false; /* an error outside any block may have been about the `{` that a stray `}` misses */
    size_t depth = 0;
    size_t i = 0;

    while (stream.items[i].kind != LEX_END && !parse->overflowed) {
        const struct token token = stream.items[i];
        if (token.kind == TK_RB && depth == 0) {
            stray_brace(parse, token, &excused);
            i++;
            continue;
        }
        parse->failed = false;
        FlareParse(parser, token.kind, token, parse);
        parse->before = token;
        if (parse->failed) {
            excused = depth == 0;
            i = recover(parse, parser, stream, i);
            continue;
        }
        if (token.kind == TK_LB)
            depth++;
        else if (token.kind == TK_RB)
            depth--;
        i++;
    }
    if (parse->overflowed) {
        diag_report(parse->diags, CODE_TOO_DEEP, stream.items[i > 0 ? i - 1 : 0].place,
                    "this is nested too deeply");
        parse->tree->broken = true;
        return;
    }
    struct token end = stream.items[i];
    if (!FlareParseAccepts(parser, LEX_END)) {
        FlareParse(parser, TK_BAD, end, parse);
        FlareParse(parser, TK_SEMI, end, parse);
    }
    FlareParse(parser, LEX_END, end, parse);
}

struct tree *parse_source(struct arena *arena, const struct source *source, struct diags *diags)
{
    struct tree *const tree = ARENA_NEW(arena, struct tree);
    struct parse parse = {.arena = arena, .diags = diags, .tree = tree};
    size_t count;
    struct token *const tokens = lex_all(arena, source, diags, &count);
    struct stream stream = without_comments(arena, tokens, count);
    void *parser;

    tree->source = source;
    if (!braces_balance(stream))
        stream = close_braces(&parse, stream);
    parser = FlareParseAlloc(malloc);
    if (parser == NULL)
        arena_exhausted();
    feed(&parse, parser, stream);
    FlareParseFree(parser, free);
    if (diags->errors > 0)
        tree->broken = true;
    else
        report_idle_docs(diags, stream);
    return tree;
}
