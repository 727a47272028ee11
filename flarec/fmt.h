/* fmt.h - `flarec fmt`: the one form of a spec's text. */
#ifndef FLAREC_FMT_H
#define FLAREC_FMT_H

#include <stddef.h>

struct arena;
struct source;

/* The text of a source that parses, in its canonical form. Formatting that again changes nothing. */
const char *fmt_text(struct arena *arena, const struct source *source, size_t *length);

#endif
