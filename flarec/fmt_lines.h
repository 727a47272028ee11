/* fmt_lines.h - the lines of a formatted spec, and where their columns begin. Private to fmt. */
#ifndef FLAREC_FMT_LINES_H
#define FLAREC_FMT_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

#define FMT_WIDTH  ((size_t)110)
#define FMT_INDENT 4u

/* Columns: what a keyword is about; the type, or `->`; the block, or `=`. */
enum fmt_cut { FMT_CUT_NAME, FMT_CUT_VALUE, FMT_CUT_BLOCK, FMT_CUT_COUNT };

/* Statements whose first words are padded to one width. */
enum fmt_family { FMT_FAMILY_NONE, FMT_FAMILY_ROUTE, FMT_FAMILY_TYPE, FMT_FAMILY_INNER };

struct fmt_line {
    unsigned depth;
    bool blank;     /* an empty line stands before it */
    bool continued; /* goes on with the statement of the line above */
    bool cuts_closed;
    int class; /* the first token's kind; one for all of those that share a column */
    enum fmt_family family;
    char *text;
    size_t length, capacity;
    const char *comment;       /* behind the text, or all of the line; or NULL */
    size_t cut[FMT_CUT_COUNT]; /* offset of the column's first character in text; 0: it has none */
    size_t *breaks;            /* offsets behind commas, where a long line may be broken */
    size_t breaks_count, breaks_capacity;
};

struct fmt_lines {
    struct fmt_line *items;
    size_t count, capacity;
};

void fmt_line_write(struct arena *arena, struct fmt_line *line, const char *text, size_t length);
/* A column begins at what is written next. */
void fmt_line_cut(struct fmt_line *line, enum fmt_cut cut);
void fmt_line_break(struct arena *arena, struct fmt_line *line);
void fmt_line_add(struct arena *arena, struct fmt_lines *lines, const struct fmt_line *line);
/* The last one, or NULL. */
struct fmt_line *fmt_line_last(struct fmt_lines *lines);
/* All of them, aligned. */
const char *fmt_lines_text(struct arena *arena, struct fmt_lines *lines, size_t *length);

#endif
