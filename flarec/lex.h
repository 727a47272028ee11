/* lex.h - text to tokens. Comments come as tokens too, since fmt keeps them; the parser passes over them. */
#ifndef FLAREC_LEX_H
#define FLAREC_LEX_H

#include "source.h"

struct diags;

/* Kinds beside the TK_… of grammar.h, which are small. */
enum { LEX_COMMENT = 1000, LEX_DOC = 1001, LEX_END = 0 };

struct doc;

struct token {
    int kind; /* TK_…, LEX_COMMENT, LEX_DOC or LEX_END; TK_BAD where the lexer has reported an error */
    struct place place;
    struct doc *doc; /* the `///` lines before it; the parser fills it */
};

struct lexer {
    const struct source *source;
    struct diags *diags;
    size_t at;     /* offset of the next byte */
    int before;    /* kind of the token before, comments apart; LEX_END at the start */
    bool argument; /* that is `(` or `,`: a `/` starts a pattern, not a path */
};

struct token lex_next(struct lexer *lexer);

/* All tokens up to and with LEX_END, in the arena. `count` counts that one too. */
struct token *lex_all(struct arena *arena, const struct source *source, struct diags *diags, size_t *count);

#endif
