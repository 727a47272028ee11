/* compile.h - one compilation: the passes in order, and what each made. */
#ifndef FLAREC_COMPILE_H
#define FLAREC_COMPILE_H

#include "arena.h"
#include "passes.h"
#include "tools/report.h"

/* Start with {0}. */
struct compilation {
    struct arena arena;
    struct diags diags;
    const struct source *source;
    const struct tree *tree;
    const struct model *model;
    const struct plan *plan;
    enum report_format format;
    FILE *report;            /* where JSON and SARIF go; NULL: standard error */
    bool deny;               /* warnings are as bad as errors */
    const unsigned *allowed; /* codes of warnings that are left out; 0 ends them; or NULL */
};

enum compile_result { COMPILE_GOOD = 0, COMPILE_ERRORS = 1, COMPILE_FAILED = 2 };

/* Reads and parses `path`. The diagnostics are not rendered yet, here and below. */
enum compile_result compile_parse(struct compilation *compilation, const char *path);
/* All that finds errors in the spec: parse, check, plan. */
enum compile_result compile_check(struct compilation *compilation, const char *path);
/* And the text: fills the outputs, which are not written. */
enum compile_result compile_build(struct compilation *compilation, const char *path, struct outputs *outputs);
/* The same for outputs_plan_client(). */
enum compile_result compile_client(struct compilation *compilation, const char *path,
                                   struct outputs *outputs);

/* The same for outputs_plan_mock(). */
enum compile_result compile_mock(struct compilation *compilation, const char *path, struct outputs *outputs);

/* Writes the diagnostics in their format, text on standard error and in colour where that is a terminal that
 * wants it, and frees everything. */
void compile_end(struct compilation *compilation);

#endif
