/* parse.h - what the grammar's actions and the driver in parse.c share. Private to the parser. */
#ifndef FLAREC_PARSE_H
#define FLAREC_PARSE_H

#include "ast.h"
#include "diag.h"
#include "lex.h"

struct parse {
    struct arena *arena;
    struct diags *diags;
    struct tree *tree;
    struct token before; /* the token before the one that the grammar sees: for messages */
    bool failed;         /* the grammar met an error at the token just given */
    bool overflowed;     /* nested too deep: the rest is not read */
};

struct statement_list {
    struct statement *first, *last;
};
struct field_list {
    struct field *first, *last;
};
struct argument_list {
    struct argument *first, *last;
};
struct value_list {
    struct value *first, *last;
};
/* `;` or `{ … }` */
struct ending {
    struct place place;
    struct block *block;
};
/* module.name */
struct reference {
    struct name module, name;
};
/* name, C name and settings of a field or input */
struct wire {
    struct token start;
    struct name name, c_name;
    struct arguments args;
};

/* What each returns is in the arena. tree.c */
struct name name_of(struct parse *parse, struct token token);
struct value *value_of(struct parse *parse, enum value_kind kind, struct token token);
struct value *value_range(struct parse *parse, struct value *low, struct token dots, struct value *high);
struct value *value_list(struct parse *parse, struct token open, struct value_list items, struct token close);
struct argument *argument_of(struct parse *parse, struct name label, struct value *value);
struct arguments arguments_of(struct token open, struct argument_list list, struct token close);
struct type_node *type_of(struct parse *parse, enum type_form form, struct token start, struct token end);
struct type_node *type_settings(struct type_node *type, struct arguments args, struct token question);
struct field *field_of(struct parse *parse, struct wire wire, struct type_node *type, struct value *fallback,
                       struct token end);
struct content *content_of(struct parse *parse, struct token kind, struct arguments args,
                           struct type_node *type);
struct target *target_of(struct parse *parse, struct token start, struct token name, struct arguments args);
struct block *block_of(struct parse *parse, struct token open, struct statement *first, struct token close);
struct statement *statement_of(struct parse *parse, enum statement_kind kind, struct token keyword,
                               struct place end);
struct statement *statement_fields(struct parse *parse, enum statement_kind kind, struct token keyword,
                                   struct token name, struct arguments args, struct token open,
                                   struct field *fields, struct token close);
struct statement *statement_input(struct parse *parse, enum statement_kind kind, struct token keyword,
                                  struct wire wire, struct type_node *type, struct value *value,
                                  struct token end);
struct statement *statement_reply(struct parse *parse, struct token keyword, struct token status,
                                  struct token c_name, struct content *content, struct ending ending);

/* Reports what the grammar can't take: `accepted(kind)` of `parser` says which tokens would do. error.c */
void parse_error(struct parse *parse, const void *parser, struct token token);

/* The grammar, as Lemon makes it. grammar.y */
void *FlareParseAlloc(void *(*allocate)(size_t));
void FlareParse(void *parser, int kind, struct token token, struct parse *parse);
void FlareParseFree(void *parser, void (*release)(void *));
/* Whether the token would be taken here as itself, not as a name. */
bool FlareParseAccepts(const void *parser, int kind);

#define LIST_ADD(list, item)                                                                                 \
    do {                                                                                                     \
        if ((list).last != NULL)                                                                             \
            (list).last->next = (item);                                                                      \
        else                                                                                                 \
            (list).first = (item);                                                                           \
        (list).last = (item);                                                                                \
    } while (0)

#endif
