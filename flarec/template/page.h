/* page.h - what a checked template means: the steps that write a page, for emit/. Includes are put in, blocks
 * of layouts are filled, names are resolved to members of the page's type, and each value knows how it is
 * escaped where it stands. All of it lives in the compilation's arena. */
#ifndef FLAREC_TEMPLATE_PAGE_H
#define FLAREC_TEMPLATE_PAGE_H

#include "model.h"

/* ---- values and conditions --------------------------------------------------------------------- */

enum expression_kind {
    EXPRESSION_ROOT,    /* the page's value */
    EXPRESSION_ITEM,    /* loop: an item of its array, a value of its map */
    EXPRESSION_KEY,     /* loop: a key of its map */
    EXPRESSION_MEMBER,  /* of, property */
    EXPRESSION_ARM,     /* of (a union), property: the arm that it is known to have */
    EXPRESSION_LENGTH,  /* of: items of an array or map */
    EXPRESSION_LOOP,    /* loop, counter */
    EXPRESSION_TEXT,    /* text */
    EXPRESSION_NUMBER,  /* number */
    EXPRESSION_BOOL,    /* boolean */
    EXPRESSION_CHOICE,  /* member: of an enum */
    EXPRESSION_PRESENT, /* of: an optional member, or the arm of a union */
    EXPRESSION_NOT,     /* left */
    EXPRESSION_AND,     /* left, right */
    EXPRESSION_OR,
    EXPRESSION_COMPARE /* left, right, sign */
};

enum counter { COUNTER_INDEX, COUNTER_INDEX0, COUNTER_FIRST, COUNTER_LAST, COUNTER_LENGTH };

struct expression {
    enum expression_kind kind;
    struct place place;
    const struct type *type; /* of the value */
    const struct expression *of;
    const struct property *property;
    bool unwrapped; /* MEMBER: it may be absent in C, and is known to be there */
    struct loop *loop;
    enum counter counter;
    const char *text;
    size_t length; /* of text, in bytes */
    struct number number;
    bool boolean;
    const struct member *member;
    const struct expression *left, *right;
    const char *sign; /* "==", "<" … */
    const char *key;  /* distinct for what may be present; NULL for what is no member */
};

/* ---- steps --------------------------------------------------------------------------------------- */

/* How a value is written. */
enum escape {
    ESCAPE_HTML,     /* < > & " ' as references: element text, attributes in quotes */
    ESCAPE_URL,      /* a whole URL: its scheme is looked at */
    ESCAPE_URL_PART, /* a part of one: all but unreserved characters are percent-encoded */
    ESCAPE_NONE      /* raw() */
};

enum piece_kind { PIECE_TEXT, PIECE_VALUE, PIECE_IF, PIECE_FOR };

struct piece {
    struct piece *next;
    enum piece_kind kind;
    struct place place;
    const char *text; /* TEXT */
    size_t length;
    const struct expression *value; /* VALUE; IF: the condition; FOR: the array or map */
    enum escape escape;             /* VALUE */
    struct loop *loop;              /* FOR */
    struct piece *first;            /* IF: where it holds; FOR: for each item */
    struct piece *otherwise;        /* IF: else; FOR: where there is none; or NULL */
};

struct loop {
    const struct expression *of; /* the array or map */
    unsigned number;             /* from 1, distinct in a page */
    bool item_used, key_used;
};

struct page {
    const char *path;        /* of the template, as the spec has it */
    const struct type *type; /* of its value; NULL for none */
    struct piece *first;
    bool value_used; /* it reads something of its value */
};

#endif
