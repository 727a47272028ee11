/* ast.h - the tree of one spec file: what was written, with the place of each thing.
 *
 * The tree holds every form of the language, checked or not. What it means (references resolved, aliases and
 * groups folded, defaults filled in) is in model.h, which the checker makes from it and which all that
 * follows reads.
 *
 * Lists are linked by `next` in the order of the text. Everything lives in the compilation's arena.
 */
#ifndef FLAREC_AST_H
#define FLAREC_AST_H

#include "source.h"

/* A name or word as written. `text` is NULL where none was. */
struct name {
    const char *text; /* unescaped if it was quoted; always NUL-terminated */
    struct place place;
    bool quoted; /* "2fa" */
};

/* A run of `///` lines: their text after the slashes and one blank, joined by newlines. */
struct doc {
    const char *text;
    struct place place;
    bool used; /* it stands before something that can be documented */
};

/* ---- values and arguments ---------------------------------------------------------------- */

enum value_kind {
    VALUE_INTEGER,  /* 12  -3  1_000_000 */
    VALUE_FLOAT,    /* 0.01  -1.5 */
    VALUE_SIZE,     /* 16KiB: whole, in bytes */
    VALUE_DURATION, /* 30s: whole, in milliseconds */
    VALUE_STRING,   /* "…": unescaped */
    VALUE_REGEX,    /* /…/: what stands between the slashes, as written, so that offsets map one to one */
    VALUE_NAME,     /* red  true */
    VALUE_RANGE,    /* low..high, either side may be missing */
    VALUE_LIST      /* [a, b] */
};

struct value {
    enum value_kind kind;
    struct place place;
    bool negative;           /* INTEGER */
    uint64_t whole;          /* INTEGER: its magnitude; SIZE: bytes; DURATION: milliseconds */
    double real;             /* FLOAT, and INTEGER as the nearest double */
    const char *text;        /* STRING, REGEX, NAME; for numbers as written */
    size_t length;           /* of text, in bytes */
    const struct value *low; /* RANGE: NULL where open */
    const struct value *high;
    struct value *items; /* LIST: the first of them, or NULL */
    struct value *next;  /* the next in a list */
};

struct argument {
    struct argument *next;
    struct name label; /* text NULL where positional */
    struct value *value;
    struct place place;
};

/* (a, name: b) */
struct arguments {
    bool written; /* false: no parentheses at all, which tells `use x;` from `use x();` */
    struct place place;
    struct argument *first;
};

/* ---- types ------------------------------------------------------------------------------- */

enum type_form {
    FORM_NAME,   /* string  Sku  money.Amount */
    FORM_STRUCT, /* struct geo: C of the user's own */
    FORM_ARRAY,  /* [T] */
    FORM_MAP     /* map[T] */
};

struct type_node {
    enum type_form form;
    struct place place;        /* all of it, settings and `?` included */
    struct name module;        /* `money` in money.Amount; else text NULL */
    struct name name;          /* NAME, STRUCT, and the word before `[` in MAP */
    struct type_node *element; /* ARRAY, MAP */
    struct arguments args;
    bool optional; /* `?` */
    struct place optional_place;
};

/* ---- things with a name on the wire ------------------------------------------------------- */

/* A member of an enum (no type), a field of a type, an arm of a union. */
struct field {
    struct field *next;
    struct doc *doc;
    struct place place;
    struct name name;   /* on the wire */
    struct name c_name; /* after `as` */
    struct arguments args;
    struct type_node *type; /* NULL for a member */
    struct value *fallback; /* after `=`; or NULL */
};

/* json [Product]   bytes(..1MiB, "image/png")   problem out-of-stock */
struct content {
    struct place place;
    struct name kind;
    struct arguments args;
    struct type_node *type; /* or NULL; for `problem` a FORM_NAME that is the slug */
};

/* What a route is handled by. */
enum handler_way { WAY_PLAIN, WAY_ASYNC, WAY_BLOCKING, WAY_DEFERRED };

struct target {
    struct place place;
    enum handler_way way;
    struct place way_place;
    struct name name;
    struct arguments args; /* written: a built-in */
};

/* ---- statements -------------------------------------------------------------------------- */

enum statement_kind {
    STATEMENT_FLARE,   /* flare 1;                       value */
    STATEMENT_SERVICE, /* service shop(version: "1");    name args */
    STATEMENT_LIBRARY, /* library money;                 name */
    STATEMENT_IMPORT,  /* import "money.flare";          value (a string) */
    STATEMENT_STATE,   /* state struct shop_state;       name args */
    STATEMENT_ERROR,   /* error 404 -> page;             name value (the status, or NULL) */
    STATEMENT_LIMITS,  /* limits(body: 1MiB);            args */
    STATEMENT_USE,     /* use log();  use money.guard;   module name args */
    STATEMENT_ENUM,    /* enum Color { red; }            name args fields */
    STATEMENT_TYPE,    /* type T(strict) { a: u8; }      name args fields */
    STATEMENT_ALIAS,   /* type Sku = string(/…/);        name type */
    STATEMENT_UNION,   /* union P(tag: t) { a: A; }      name args fields */
    STATEMENT_SESSION, /* session Cart(…) { a: u8; }     name args fields */
    STATEMENT_GUARD,   /* guard g { … }                  name block */
    STATEMENT_GROUP,   /* group /admin { … }             path block */
    STATEMENT_ROUTE,   /* GET /x -> h { … }              name (the method) path target block? */
    STATEMENT_PATH,    /* path id: u64 = 1;              name c_name args type value? */
    STATEMENT_QUERY,   /* query                          the same */
    STATEMENT_COOKIE,  /* cookie                         the same */
    STATEMENT_HEADER,  /* header X: T;  header X = "v";  the same; in the second form type is NULL */
    STATEMENT_TRAILER, /* trailer Checksum: string;      the same, with a type */
    STATEMENT_GIVES,   /* gives user: User;              name type */
    STATEMENT_AFTER,   /* after; */
    STATEMENT_BODY,    /* body json T;                   content */
    STATEMENT_RECEIVE, /* receive json T;                content */
    STATEMENT_SEND,    /* send json T;                   content */
    STATEMENT_REPLY    /* reply 200 as ok json T { … }   value (the status) c_name? content? block? */
};

struct block {
    struct place place; /* braces included */
    struct statement *first;
};

/* Fields that a kind does not name above are zero. */
struct statement {
    struct statement *next;
    enum statement_kind kind;
    struct place place;   /* from its first word to its `;` or `}` */
    struct place keyword; /* its first word */
    struct doc *doc;      /* or NULL */
    struct name module;
    struct name name;
    struct name c_name;
    struct name path; /* as written, from its first `/` */
    struct arguments args;
    struct type_node *type;
    struct value *value;
    struct content *content;
    struct target *target;
    struct field *fields;
    struct place braces; /* of fields or block; source NULL where `;` ended it */
    struct block *block;
};

/* One file's tree. */
struct tree {
    const struct source *source;
    struct statement *first;
    bool broken; /* something did not parse (and was reported): statements may be missing */
};

/* The word of its kind, for messages: "service", "route". */
const char *statement_word(const struct statement *statement);

#endif
