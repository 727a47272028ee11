/* lex.re - the lexer. re2c makes lex.c of it; bootstrap/ holds a copy. */
#include "lex.h"

#include <string.h>

#include "arena.h"
#include "diag.h"
#include "grammar.h"

/*!types:re2c*/

static struct token token_make(const struct lexer *lexer, int kind, const unsigned char *start, const unsigned char *end)
{
    const unsigned char *const text = (const unsigned char *)lexer->source->text;
    struct token token = {.kind = kind, .place = {.source = lexer->source}};

    token.place.start = (uint32_t)(start - text);
    token.place.length = (uint32_t)(end - start);
    return token;
}

static struct token bad(const struct lexer *lexer, struct token token, enum code code, const char *message,
                        const char *help)
{
    struct diagnostic *const diagnostic = diag_report(lexer->diags, code, token.place, "%s", message);

    if (help != NULL)
        diag_help(diagnostic, "%s", help);
    return token;
}

static struct token dotless_float(const struct lexer *lexer, struct token token)
{
    const char *const text = lexer->source->text + token.place.start;
    const int length = (int)token.place.length;
    const int digits = (int)strcspn(text, "eE");

    diag_help(diag_report(lexer->diags, CODE_BAD_TOKEN, token.place, "a float needs digits on both sides of a dot"),
              "write %.*s.0%.*s", digits, text, length - digits, text + digits);
    return token;
}

static struct token unknown_character(const struct lexer *lexer, struct token token)
{
    const unsigned char first = (unsigned char)lexer->source->text[token.place.start];
    struct diagnostic *diagnostic;

    if (first >= 0x20 && first < 0x7f)
        diagnostic = diag_report(lexer->diags, CODE_BAD_CHARACTER, token.place, "unexpected character '%c'", first);
    else
        diagnostic = diag_report(lexer->diags, CODE_BAD_CHARACTER, token.place, "unexpected character, byte 0x%02x", first);
    if (first == '\'')
        diag_help(diagnostic, "strings stand in double quotes");
    else if (first == '#')
        diag_help(diagnostic, "comments start with '//'");
    return token;
}

static int word_kind(const char *text, size_t length)
{
    static const struct {
        const char *word;
        int kind;
    } words[] = {
        {"flare", TK_FLARE},     {"service", TK_SERVICE},   {"library", TK_LIBRARY}, {"import", TK_IMPORT},
        {"enum", TK_ENUM},       {"type", TK_TYPE},         {"union", TK_UNION},     {"session", TK_SESSION},
        {"state", TK_STATE},     {"guard", TK_GUARD},       {"group", TK_GROUP},     {"limits", TK_LIMITS},
        {"use", TK_USE},         {"path", TK_PATH},         {"query", TK_QUERY},     {"header", TK_HEADER},
        {"cookie", TK_COOKIE},   {"trailer", TK_TRAILER},   {"body", TK_BODY},       {"reply", TK_REPLY},
        {"receive", TK_RECEIVE}, {"send", TK_SEND},         {"gives", TK_GIVES},     {"after", TK_AFTER},
        {"error", TK_ERROR},     {"as", TK_AS},
        {"async", TK_ASYNC},     {"blocking", TK_BLOCKING}, {"deferred", TK_DEFERRED}, {"struct", TK_STRUCT},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i].word) == length && memcmp(words[i].word, text, length) == 0)
            return words[i].kind;
    }
    return TK_NAME;
}

/*!re2c
    re2c:api:style = free-form;
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYCURSOR = cursor;
    re2c:define:YYLIMIT = limit;
    re2c:define:YYMARKER = marker;
    re2c:define:YYCTXMARKER = context;
    re2c:define:YYGETCONDITION = "condition";
    re2c:define:YYSETCONDITION = "";
    re2c:yyfill:enable = 0;
    re2c:eof = 0;

    blank    = [ \t];
    space    = [ \t\r\n];
    digit    = [0-9];
    digits   = digit (digit | "_")*;
    exponent = [eE] [+-]? digits;
    letter   = [A-Za-z_];
    word     = letter (letter | digit)* ("-" (letter | digit)+)*;
    method   = [A-Z]+ ("-" [A-Z]+)*;
    rest     = [^\x00\r\n];
    string   = "\"" ([^\x00"\\\r\n] | "\\" rest)*;
    class    = "[" ([^\x00\]\\\r\n] | "\\" rest)* "]";
    regex    = "/" ([^\x00/*\\\r\n[] | "\\" rest | class) ([^\x00/\\\r\n[] | "\\" rest | class)*;
    pathbit  = [^\x00 \t\r\n;{}];
    path     = "/" (pathbit | "{" word "}")*;
*/

static struct token scan(const struct lexer *lexer)
{
    const unsigned char *const text = (const unsigned char *)lexer->source->text;
    const unsigned char *const limit = text + lexer->source->length;
    const unsigned char *cursor = text + lexer->at;
    const unsigned char *marker = cursor;
    const unsigned char *context = cursor;
    const enum YYCONDTYPE condition = lexer->argument ? yycargument : yyctop;
    const unsigned char *start;

#define TOKEN(kind) token_make(lexer, (kind), start, cursor)
again:
    start = cursor;
    /*!re2c
        <top,argument> space+                  { goto again; }
        <top,argument> "////" rest*            { return TOKEN(LEX_COMMENT); }
        <top,argument> "///" rest*             { return TOKEN(LEX_DOC); }
        <top,argument> "//" rest*              { return TOKEN(LEX_COMMENT); }

        <top> path                             { return TOKEN(TK_ROUTE); }
        <argument> regex "/"                   { return TOKEN(TK_REGEX); }
        <argument> "/"                         { goto open_regex; }

        <top,argument> method / blank+ "/" [^/] { return TOKEN(TK_METHOD); }
        <top,argument> word                    { return TOKEN(word_kind((const char *)start, (size_t)(cursor - start))); }
        <top,argument> string "\""             { return TOKEN(TK_STRING); }
        <top,argument> string                  { return bad(lexer, TOKEN(TK_BAD), CODE_BAD_STRING,
                                                     "this string does not end on its line", "close it with '\"'"); }

        <top,argument> "-"? digits                                { return TOKEN(TK_INT); }
        <top,argument> "-"? digits "." digits exponent?           { return TOKEN(TK_FLOAT); }
        <top,argument> "-"? digits exponent                       { return dotless_float(lexer, TOKEN(TK_BAD)); }
        <top,argument> digits ("B" | "KiB" | "MiB" | "GiB")       { return TOKEN(TK_SIZE); }
        <top,argument> digits ("ms" | "s" | "m" | "h" | "d")      { return TOKEN(TK_DURATION); }
        <top,argument> "-"? digits ("." digits)? letter (letter | digit)* { return bad(lexer, TOKEN(TK_BAD), CODE_BAD_TOKEN,
                                                     "this is neither a number, a size, a duration nor a name",
                                                     "sizes end in B, KiB, MiB or GiB, durations in ms, s, m, h or d"); }

        <top,argument> "->"                    { return TOKEN(TK_ARROW); }
        <top,argument> ".."                    { return TOKEN(TK_DOTDOT); }
        <top,argument> "{"                     { return TOKEN(TK_LB); }
        <top,argument> "}"                     { return TOKEN(TK_RB); }
        <top,argument> "("                     { return TOKEN(TK_LP); }
        <top,argument> ")"                     { return TOKEN(TK_RP); }
        <top,argument> "["                     { return TOKEN(TK_LS); }
        <top,argument> "]"                     { return TOKEN(TK_RS); }
        <top,argument> ";"                     { return TOKEN(TK_SEMI); }
        <top,argument> ":"                     { return TOKEN(TK_COLON); }
        <top,argument> ","                     { return TOKEN(TK_COMMA); }
        <top,argument> "="                     { return TOKEN(TK_EQ); }
        <top,argument> "?"                     { return TOKEN(TK_QM); }
        <top,argument> "."                     { return TOKEN(TK_DOT); }

        <top,argument> $                       { return TOKEN(LEX_END); }
        <top,argument> [^]                     { goto unknown; }
    */
open_regex:
    while (cursor < limit && *cursor != '\n' && *cursor != '\r')
        cursor++;
    return bad(lexer, TOKEN(TK_BAD), CODE_BAD_REGEX_TOKEN, "this pattern does not end on its line", "close it with '/'");
unknown:
    /* All of one character, and of a run of such bytes as no character is made of. */
    while (cursor < limit && *start >= 0x80 && (*cursor & 0xc0) == 0x80)
        cursor++;
    return unknown_character(lexer, TOKEN(TK_BAD));
#undef TOKEN
}

/* A block comment, which the language has not, is reported and passed over as a comment. False where there is none: after a
 * method or `group`, slash and star are a path. */
static bool block_comment(struct lexer *lexer, struct token *token)
{
    const char *const text = lexer->source->text;
    size_t at = lexer->at;

    while (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n')
        at++;
    if (lexer->before == TK_METHOD || lexer->before == TK_GROUP || text[at] != '/' || text[at + 1] != '*')
        return false;
    const char *const end = strstr(text + at + 2, "*/");
    const size_t length = end != NULL ? (size_t)(end + 2 - (text + at)) : lexer->source->length - at;
    *token = (struct token){LEX_COMMENT, {lexer->source, (uint32_t)at, (uint32_t)length}, NULL};
    diag_help(diag_report(lexer->diags, CODE_BLOCK_COMMENT, token->place, "there are no block comments"),
              "use '//' on each line");
    return true;
}

struct token lex_next(struct lexer *lexer)
{
    struct token token;

    if (!block_comment(lexer, &token))
        token = scan(lexer);
    lexer->at = (size_t)token.place.start + token.place.length;
    if (token.kind != LEX_COMMENT && token.kind != LEX_DOC) {
        lexer->before = token.kind;
        lexer->argument = token.kind == TK_LP || token.kind == TK_COMMA;
    }
    return token;
}

/* Reports the first byte that is not UTF-8 (RFC 3629). */
static void check_utf8(const struct source *source, struct diags *diags)
{
    const unsigned char *const text = (const unsigned char *)source->text;
    size_t at = 0;

    while (at < source->length) {
        const unsigned char first = text[at];
        const size_t more = first < 0x80 ? 0 : first < 0xc2 ? 4 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 4;
        bool good = more < 4 && more < source->length - at;

        for (size_t i = 1; good && i <= more; i++)
            good = (text[at + i] & 0xc0) == 0x80;
        if (good && more >= 2) {
            const unsigned char second = text[at + 1];
            good = !(first == 0xe0 && second < 0xa0) && !(first == 0xed && second > 0x9f) &&
                   !(first == 0xf0 && second < 0x90) && !(first == 0xf4 && second > 0x8f);
        }
        if (!good) {
            const struct place place = {source, (uint32_t)at, 1};
            diag_help(diag_report(diags, CODE_BAD_UTF8, place, "byte 0x%02x is not UTF-8 here", first),
                      "save the file as UTF-8");
            return;
        }
        at += more + 1;
    }
}

struct token *lex_all(struct arena *arena, const struct source *source, struct diags *diags, size_t *count)
{
    struct lexer lexer = {.source = source, .diags = diags};
    size_t capacity = source->length / 4 + 16;
    struct token *tokens = ARENA_ARRAY(arena, capacity, struct token);

    check_utf8(source, diags);
    for (*count = 0;;) {
        if (*count == capacity) {
            struct token *more = ARENA_ARRAY(arena, capacity * 2, struct token);
            memcpy(more, tokens, capacity * sizeof *tokens);
            tokens = more;
            capacity *= 2;
        }
        tokens[*count] = lex_next(&lexer);
        if (tokens[(*count)++].kind == LEX_END)
            return tokens;
    }
}
