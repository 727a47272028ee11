/* compile.h - what is known while a template's nodes become steps. */
#ifndef FLAREC_TEMPLATE_COMPILE_H
#define FLAREC_TEMPLATE_COMPILE_H

#include "template/html.h"
#include "template/node.h"

/* A name that a loop gives. */
struct loop_name {
    const struct loop_name *next;
    const char *text;
    struct loop *loop;
    bool is_key;
    const struct type *type;
};

/* What is known to be present here. */
struct known {
    const struct known *next;
    const char *key;
};

/* A block of a template that has a layout. */
struct override {
    const struct override *next;
    const struct node *node;
};

struct compiler {
    struct templates *templates;
    struct page *page;
    struct html html;
    bool html_lost; /* a mistake was reported: it is not clear where we are */
    const struct loop_name *names;
    struct loop *loop; /* the innermost; or NULL */
    const struct known *known;
    const struct override *overrides; /* of the template that is farthest from the layout first */
    const struct template_file *files[TEMPLATE_DEPTH_MAX]; /* that are included at the moment */
    unsigned files_count, includes;
    unsigned blocks;    /* being filled */
    unsigned loops;     /* so far */
    unsigned visited;   /* nodes, so far */
    struct piece **end; /* where the next step goes */
    bool failed;
};

/* As diag_report(), but what is said already comes back as NULL: a template may be used by many pages. */
struct diagnostic *compiler_report(struct compiler *compiler, enum code code, struct place place,
                                   const char *format, ...) __attribute__((format(printf, 4, 5)));
void compiler_help(struct diagnostic *diagnostic, const char *help);

/* expressions.c: NULL, reported, where it has no meaning. A condition is a bool. */
const struct expression *expression_value(struct compiler *compiler, const struct term *term);
const struct expression *expression_condition(struct compiler *compiler, const struct term *term);
/* What is known where the condition is (or is not) true. */
const struct known *expression_known(struct compiler *compiler, const struct expression *condition,
                                     bool truth);

#endif
