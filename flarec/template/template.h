/* template.h - HTML templates: text -> nodes -> a page, checked against the type that the spec gives it.
 *
 *   files.c       finds and reads a template, once
 *   parse.c       its text as nodes; terms.c what stands in their tags
 *   compile.c     walks the nodes with layouts and includes put in, and makes steps
 *   expressions.c terms to typed expressions
 *   html.c        where in HTML is a value, and how is it escaped there? (attributes.c, url.c)
 */
#ifndef FLAREC_TEMPLATE_TEMPLATE_H
#define FLAREC_TEMPLATE_TEMPLATE_H

#include "arena.h"
#include "diag.h"
#include "template/page.h"

struct template_file;
struct made_page;

/* The templates of a compilation. Start with {.arena, .diags}. */
struct templates {
    struct arena *arena;
    struct diags *diags;
    struct template_file *files; /* that were read */
    struct made_page *pages;     /* that were made of them */
    bool alone;                  /* no file is read */
};

/* The page of the template at `path`, as seen from the file that `named` is in. `type` is that of its value,
 * an object; or NULL. NULL, reported, where there is a mistake. */
const struct page *template_page(struct templates *templates, const char *path, struct place named,
                                 const struct type *type);
/* Text at hand as one of them. From then on no file is read: all are given so. */
void template_add(struct templates *templates, const struct source *source);
/* Calls for each file that was read. */
void template_files(const struct templates *templates, void (*visit)(void *context, const char *path),
                    void *context);

#endif
