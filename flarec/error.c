/* error.c - says in the user's words what the grammar refused. */
#include "arena.h"
#include "grammar.h"
#include "parse.h"

struct symbol {
    int kind;
    const char *text;
};

/* In the order in which a message names them. */
static const struct symbol symbols[] = {
    {TK_SEMI, "';'"},     {TK_LB, "'{'"},          {TK_RB, "'}'"},          {TK_COLON, "':'"},
    {TK_ARROW, "'->'"},   {TK_EQ, "'='"},          {TK_RP, "')'"},          {TK_RS, "']'"},
    {TK_LP, "'('"},       {TK_COMMA, "','"},       {TK_DOTDOT, "'..'"},     {TK_QM, "'?'"},
    {TK_ROUTE, "a path"}, {TK_STRING, "a string"}, {TK_STRUCT, "'struct'"}, {TK_NAME, "a name"},
    {TK_INT, "a number"},
};

static const char *const keywords[] = {
    "flare", "service", "library", "import", "enum",    "type",  "union",  "session", "state",
    "guard", "group",   "limits",  "use",    "path",    "query", "header", "cookie",  "trailer",
    "body",  "reply",   "receive", "send",   "gives",   "after", "error",  "GET",     "POST",
    "PUT",   "PATCH",   "DELETE",  "HEAD",   "OPTIONS", "ANY",   "WS",
};

static const char *found_text(struct parse *parse, struct token token)
{
    if (token.kind == LEX_END)
        return "the end of the file";
    if (token.place.length > 40)
        return "this";
    return arena_format(parse->arena, "'%.*s'", (int)token.place.length,
                        token.place.source->text + token.place.start);
}

static bool starts_line(struct token token)
{
    uint32_t at = token.place.start;
    const char *const text = token.place.source->text;

    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    return at == 0 || text[at - 1] == '\n';
}

/* "';' or '{'": what would do here; kinds that only add to a thing already complete are left out when `;`
 * would do. */
static const char *expected_text(struct parse *parse, const void *parser)
{
    const char *names[4];
    size_t count = 0;
    const char *text;

    if (FlareParseAccepts(parser, TK_INT) && FlareParseAccepts(parser, TK_STRING))
        return "a value";
    if (FlareParseAccepts(parser, TK_STRUCT) && FlareParseAccepts(parser, TK_LS))
        return "a type";
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols && count < 4; i++) {
        if (FlareParseAccepts(parser, symbols[i].kind))
            names[count++] = symbols[i].text;
    }
    if (count == 0)
        return "something else";
    text = names[0];
    for (size_t i = 1; i < count; i++)
        text = arena_format(parse->arena, "%s%s%s", text, i + 1 == count ? " or " : ", ", names[i]);
    return text;
}

static void bad_statement(struct parse *parse, struct token token)
{
    const char *const word =
        arena_copy(parse->arena, token.place.source->text + token.place.start, token.place.length);
    const char *const near = diag_nearest(word, keywords, sizeof keywords / sizeof *keywords);
    struct diagnostic *diagnostic;

    diagnostic = diag_report(parse->diags, CODE_SYNTAX, token.place, "no statement starts with %s",
                             found_text(parse, token));
    diag_label(diagnostic, "expected a keyword such as 'type', 'group' or 'GET'");
    if (token.kind == TK_SEMI)
        diag_help(diagnostic, "remove this ';'");
    else if (token.kind == TK_ROUTE)
        diag_help(diagnostic, "a route starts with its method: GET %s -> handler;", word);
    else if (near != NULL && token.kind == TK_NAME)
        diag_help(diagnostic, "did you mean '%s'?", near);
}

static void help_for(struct diagnostic *diagnostic, const void *parser, struct token token,
                     struct token before)
{
    if (FlareParseAccepts(parser, TK_ARROW))
        diag_help(diagnostic, "a route names its handler after '->'");
    else if (token.kind == TK_LB && FlareParseAccepts(parser, TK_SEMI))
        diag_help(diagnostic, "settings stand in parentheses: '(name: value)'");
    else if (FlareParseAccepts(parser, TK_COLON) && !FlareParseAccepts(parser, TK_SEMI))
        diag_help(diagnostic, "write ':' between a name and its type");
    else if (token.kind == TK_COMMA && FlareParseAccepts(parser, TK_SEMI))
        diag_help(diagnostic, "one statement names one thing: end it with ';' and write another");
    else if (FlareParseAccepts(parser, TK_ROUTE))
        diag_help(diagnostic, "a path starts with '/'");
    else if (before.kind == TK_STRING && FlareParseAccepts(parser, TK_AS))
        diag_help(diagnostic, "give the name in C: \"2fa\" as two_factor");
}

void parse_error(struct parse *parse, const void *parser, struct token token)
{
    struct diagnostic *diagnostic;

    parse->failed = true;
    parse->tree->broken = true;
    if (token.kind == TK_BAD)
        return;
    if (FlareParseAccepts(parser, TK_SERVICE) && FlareParseAccepts(parser, TK_METHOD)) {
        bad_statement(parse, token);
        return;
    }
    const bool ended = token.kind == LEX_END || starts_line(token) || token.kind == TK_RB;
    if (ended && parse->before.place.source != NULL && FlareParseAccepts(parser, TK_SEMI)) {
        const struct place before = parse->before.place;
        diagnostic = diag_report(parse->diags, CODE_SYNTAX, place_part(before, before.length, 0),
                                 "expected ';' before %s", found_text(parse, token));
        diag_label(diagnostic, "the statement must end here");
        return;
    }
    diagnostic = diag_report(parse->diags, CODE_SYNTAX, token.place, "expected %s, found %s",
                             expected_text(parse, parser), found_text(parse, token));
    help_for(diagnostic, parser, token, parse->before);
}
