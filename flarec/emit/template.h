/* template.h - the C text of templates/, and its holes.
 *
 * A template file is C with holes such as $service$, in parts that begin with a line `//: name`. A hole alone
 * on its line takes any number of lines, each indented as the hole is; if it gets none, the line goes.
 */
#ifndef FLAREC_EMIT_TEMPLATE_H
#define FLAREC_EMIT_TEMPLATE_H

#include "emit/text.h"

struct hole {
    const char *name;
    const char *value;
};

/* FILL(&text, "reply/whole", {"name", name}, {"head", head}); */
#define FILL(text, part, ...)  template_fill((text), (part), (const struct hole[]){__VA_ARGS__, {NULL, NULL}})
#define FILL_PLAIN(text, part) template_fill((text), (part), (const struct hole[]){{NULL, NULL}})

/* Adds a part, "file/part", with its holes filled. A part or hole that does not exist is a mistake in flarec:
 * it says so and ends the program. */
void template_fill(struct text *text, const char *part, const struct hole *holes);

#endif
