/* report.h - diagnostics for programs: JSON, one object a line, and SARIF 2.1.0. docs/tools.md has the
 * fields. */
#ifndef FLAREC_TOOLS_REPORT_H
#define FLAREC_TOOLS_REPORT_H

#include <stdio.h>

#include "diag.h"

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_SARIF };

/* False where there is no such format. */
bool report_format_of(const char *name, enum report_format *format);

/* Sorts by place and writes all of them. Nothing where JSON has nothing to say; SARIF is a whole document
 * always. */
void report_json(struct diags *diags, FILE *to);
void report_sarif(struct diags *diags, FILE *to);

#endif
