/* passes.h - the compiler's passes, in the order in which compile.c runs them. Each reads only what the one
 * before made; one that reported an error through `diags` ends the run after it. */
#ifndef FLAREC_PASSES_H
#define FLAREC_PASSES_H

#include "ast.h"
#include "diag.h"
#include "model.h"
#include "outputs.h"

struct plan; /* plan/plan.h */

/* 1. Text to tree. Never NULL; `broken` where it does not parse. */
struct tree *parse_source(struct arena *arena, const struct source *source, struct diags *diags);

/* 2. Tree to meaning: check/. NULL where an error was reported. */
const struct model *check_tree(struct arena *arena, const struct tree *tree, struct diags *diags);

/* 3. Dispatch, conflicts, patterns: plan/. NULL where an error was reported. */
const struct plan *plan_service(struct arena *arena, const struct model *model, struct diags *diags);

/* 4. Text of C: emit/. Fills every output that was asked for. 0, or 1 where it can't (said on standard
 * error). */
int emit_service(const struct model *model, const struct plan *plan, struct outputs *outputs);

/* 5. A client of the service, where one is asked for: remote/. Fills its outputs. 0, or 1 where it can't
 * (said on standard error). */
int emit_client(const struct model *model, const struct plan *plan, struct outputs *outputs);

/* 6. Handlers that reply examples, where a mock is asked for: mock/. Fills its output, unless an error was
 * reported. */
void emit_mock(const struct model *model, const struct plan *plan, struct outputs *outputs,
               struct diags *diags);

#endif
