/* node.h - a template as it was written. */
#ifndef FLAREC_TEMPLATE_NODE_H
#define FLAREC_TEMPLATE_NODE_H

#include "template/template.h"

/* `product.maker.name`: one part of it. */
struct word {
    struct word *next;
    const char *text;
    struct place place;
};

enum term_kind {
    TERM_PATH,
    TERM_TEXT,
    TERM_NUMBER,
    TERM_BOOL,
    TERM_RAW,
    TERM_PRESENT,
    TERM_NOT,
    TERM_AND,
    TERM_OR,
    TERM_COMPARE
};

struct term {
    enum term_kind kind;
    struct place place;
    const struct word *path; /* PATH */
    const char *text;        /* TEXT */
    size_t length;
    struct number number;
    bool boolean;
    const struct term *left, *right; /* RAW, PRESENT, NOT: left */
    const char *sign;                /* COMPARE */
};

enum node_kind { NODE_TEXT, NODE_VALUE, NODE_IF, NODE_FOR, NODE_INCLUDE, NODE_BLOCK };

struct node {
    struct node *next;
    enum node_kind kind;
    struct place place;      /* of the tag, or the text */
    const struct term *term; /* VALUE; IF: the condition; FOR: what is gone through */
    const struct word *name; /* FOR: the item, or the key and then the value; BLOCK */
    const char *path;        /* INCLUDE */
    struct node *first;      /* IF, FOR, BLOCK */
    struct node *otherwise;  /* IF, FOR */
};

struct template_file {
    struct template_file *next;
    const struct source *source; /* NULL: it can't be read */
    const char *identity;
    const char *why; /* it can't be read */
    struct node *first;
    const char *layout; /* extends: its path; or NULL */
    struct place layout_place;
    bool broken; /* a mistake was reported */
};

#define TEMPLATE_DEPTH_MAX 50

/* files.c: the template at a path as seen from `named`. NULL, reported, where it can't be read. */
struct template_file *template_open(struct templates *templates, const char *path, struct place named);

/* parse.c */
void template_parse(struct templates *templates, struct template_file *file);

/* terms.c: a tag's tokens. */
enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_NUMBER, TOKEN_SIGN, TOKEN_BAD };

struct reader {
    struct templates *templates;
    struct template_file *file;
    size_t at, end; /* in the source: of the tag's inside */
    enum token_kind kind;
    struct place place;
    const char *text; /* WORD, SIGN; TEXT: without escapes */
    size_t length;
    struct number number;
    unsigned depth, joins;
    bool failed; /* reported */
};

void reader_next(struct reader *reader);
bool reader_is(const struct reader *reader, const char *text);
/* Reports what was expected in place of the token at hand, once for a tag. */
void reader_expected(struct reader *reader, const char *what);
const struct term *reader_term(struct reader *reader);
struct word *reader_word(struct reader *reader, const char *what);

#endif
