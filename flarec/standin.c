/* standin.c - stands in for plan/ and emit/ until they are here. */
#include <stdio.h>

#include "passes.h"

const struct plan *plan_service(struct arena *arena, const struct model *model, struct diags *diags)
{
    static const char nothing;

    (void)arena;
    (void)model;
    (void)diags;
    return (const struct plan *)(const void *)&nothing;
}

int emit_service(const struct model *model, const struct plan *plan, struct outputs *outputs)
{
    (void)model;
    (void)plan;
    (void)outputs;
    fputs("flarec: this build can't emit\n", stderr);
    return 1;
}
