/* diag.h - diagnostics: collected while the passes run, sorted by place and rendered at the end.
 *
 *   struct diagnostic *d = diag_report(diags, CODE_DUPLICATE, second, "type '%s' is declared twice", name);
 *   diag_label(d, "declared again here");
 *   diag_also(d, first, "first declared here");
 *   diag_help(d, "remove one, or give it another name");
 *
 * One mistake gets one diagnostic: a pass that meets something an earlier one already refused stays silent.
 */
#ifndef FLAREC_DIAG_H
#define FLAREC_DIAG_H

#include <stdio.h>

#include "codes.h"
#include "source.h"

struct arena;

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

enum code {
#define FLAREC_CODE_VALUE(number, name, severity, title) CODE_##name = (number),
    FLAREC_CODES(FLAREC_CODE_VALUE)
#undef FLAREC_CODE_VALUE
};

struct code_info {
    enum code code;
    const char *text; /* "F0123" */
    enum severity severity;
    const char *title;
};

/* NULL for a number that is no code. */
const struct code_info *code_info(unsigned number);
/* All of them in order; `count` is filled. */
const struct code_info *code_all(size_t *count);

/* Another place that belongs to a diagnostic. */
struct diagnostic_place {
    struct diagnostic_place *next;
    struct place place;
    const char *label;
};

struct diagnostic {
    struct diagnostic *next;
    const struct code_info *info;
    struct place place;
    const char *message;
    const char *label; /* at the carets; or NULL */
    struct diagnostic_place *also;
    const char *help; /* or NULL */
    const char *note; /* or NULL */
    unsigned order;   /* of reporting: decides between equal places */
    struct arena *arena;
};

struct diags {
    struct arena *arena;
    struct diagnostic *first;
    unsigned count;
    unsigned errors;
    unsigned warnings;
};

/* Adds one; what is left out can be added to it by the calls below. Never NULL. Messages start in lower case
 * and end without a full stop. */
struct diagnostic *diag_report(struct diags *diags, enum code code, struct place place, const char *format,
                               ...) __attribute__((format(printf, 4, 5)));
/* What to say at the carets. */
void diag_label(struct diagnostic *diagnostic, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A second place: shown with its own line. */
void diag_also(struct diagnostic *diagnostic, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The edit that repairs it. The last call wins. */
void diag_help(struct diagnostic *diagnostic, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A fact worth knowing, such as a witness. */
void diag_note(struct diagnostic *diagnostic, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The name among `names` that is nearest to `text` by edit distance, or NULL where none is near enough. */
const char *diag_nearest(const char *text, const char *const *names, size_t count);
/* Asks whether that was meant. Whether there is one. */
bool diag_help_nearest(struct diagnostic *diagnostic, const char *text, const char *const *names,
                       size_t count);

#define DIAG_SHOWN_MAX 20

/* Orders them by place. */
void diag_sort(struct diags *diags);

/* Sorts by place and writes the first DIAG_SHOWN_MAX errors and as many warnings, and a last line that
 * counts. */
void diag_render(struct diags *diags, FILE *to, bool colour);

#endif
