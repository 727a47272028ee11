/* tokens.c - semantic tokens: what the lexer alone can tell apart, in the order of the text. */
#include <string.h>

#include "grammar.h"
#include "lex.h"
#include "lsp/answer.h"

static const char *const legend[] = {"comment", "string", "number", "regexp", "keyword", "type", "property"};
enum { AS_COMMENT, AS_STRING, AS_NUMBER, AS_REGEXP, AS_KEYWORD, AS_TYPE, AS_PROPERTY, AS_NOTHING };

void lsp_put_legend(struct text *text, const char *key)
{
    json_open(text, key, '{');
    json_open(text, "tokenTypes", '[');
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++)
        json_text(text, NULL, legend[i]);
    json_close(text, ']');
    json_open(text, "tokenModifiers", '[');
    json_close(text, ']');
    json_close(text, '}');
}

/* `first`: it begins a statement or field; `colon`: one stands before it outside parentheses. */
static int class_of(const struct token *token, bool first, bool colon)
{
    switch (token->kind) {
    case LEX_COMMENT:
    case LEX_DOC:
        return AS_COMMENT;
    case TK_STRING:
        return AS_STRING;
    case TK_ROUTE:
        return AS_STRING;
    case TK_REGEX:
        return AS_REGEXP;
    case TK_INT:
    case TK_FLOAT:
    case TK_SIZE:
    case TK_DURATION:
        return AS_NUMBER;
    case TK_METHOD:
        return AS_KEYWORD;
    case TK_NAME:
        return colon ? AS_TYPE : first ? AS_PROPERTY : AS_NOTHING;
    default:
        /* Keywords of the grammar are words; all else begins with no letter. */
        if (!first || token->kind == TK_BAD || token->place.length < 2)
            return AS_NOTHING;
        return (token->place.source->text[token->place.start] | 32) >= 'a' ? AS_KEYWORD : AS_NOTHING;
    }
}

/* Semantic tokens lie on one line each: so do ours. */
static void put(struct text *text, struct place place, int class, struct lsp_position *before)
{
    const struct lsp_position start = lsp_position(place.source, place.start);
    const struct lsp_position end = lsp_position(place.source, (size_t)place.start + place.length);

    json_whole(text, NULL, start.line - before->line);
    json_whole(text, NULL,
               start.line == before->line ? start.character - before->character : start.character);
    json_whole(text, NULL, end.character - start.character);
    json_whole(text, NULL, (unsigned long)class);
    json_whole(text, NULL, 0);
    *before = start;
}

void lsp_put_tokens(struct text *text, const char *key, struct lsp_document *document)
{
    struct diags unused = {.arena = &document->arena};
    struct lsp_position before = {0, 0};
    bool first = true;
    bool colon = false;
    size_t depth = 0;
    size_t count;
    const struct token *const tokens = lex_all(&document->arena, document->source, &unused, &count);

    json_open(text, key, '{');
    json_open(text, "data", '[');
    for (size_t i = 0; i < count && tokens[i].kind != LEX_END; i++) {
        const int kind = tokens[i].kind;
        /* `type: string;` is a field's name. */
        const int next = i + 1 < count ? tokens[i + 1].kind : LEX_END;
        int class = class_of(&tokens[i], first, colon && depth == 0);
        if (class == AS_KEYWORD && kind != TK_METHOD &&
            (next == TK_COLON || next == TK_SEMI || next == TK_AS))
            class = AS_PROPERTY;
        if (class != AS_NOTHING)
            put(text, tokens[i].place, class, &before);
        if (kind == LEX_COMMENT || kind == LEX_DOC)
            continue;
        depth += kind == TK_LP;
        depth -= kind == TK_RP && depth > 0;
        first = kind == TK_SEMI || kind == TK_LB || kind == TK_RB;
        colon = !first && kind != TK_EQ && (colon || (kind == TK_COLON && depth == 0));
    }
    json_close(text, ']');
    json_close(text, '}');
}
