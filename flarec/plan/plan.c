/* plan.c - the pass: conflicts first, then steps; and each pattern's automaton. */
#include "passes.h"
#include "plan/pattern.h"
#include "plan/trie.h"

/* Longer ones are lists of words, which an enum says better. */
#define PATTERN_MAX_BYTES 4096

static void plan_pattern(struct arena *arena, const struct pattern *pattern, const struct dfa **dfa,
                         struct diags *diags)
{
    struct regex_error error = {0};
    const struct regex *regex = NULL;
    struct diagnostic *d;

    if (pattern->length <= PATTERN_MAX_BYTES)
        regex = regex_parse(arena, pattern->text, pattern->length, &error);
    if (regex != NULL)
        *dfa = dfa_make(arena, regex);
    if (*dfa != NULL)
        return;
    if (error.message == NULL) {
        error = (struct regex_error){
            .code = CODE_PATTERN_TOO_LARGE,
            .length = pattern->length,
            .message = "a pattern that needs too many states",
            .label = "this needs more than 1000",
            .help = "bound the length beside the pattern, as in string(1..300, /[a-z]+/)"};
    }
    d = diag_report(diags, error.code, place_part(pattern->place, error.start, error.length), "%s",
                    error.message);
    diag_label(d, "%s", error.label);
    if (error.help != NULL)
        diag_help(d, "%s", error.help);
}

const struct plan *plan_service(struct arena *arena, const struct model *model, struct diags *diags)
{
    struct plan *plan = ARENA_NEW(arena, struct plan);
    const struct dfa **dfas = ARENA_ARRAY(arena, model->patterns_count, const struct dfa *);
    const unsigned errors = diags->errors;
    const struct trie *trie;

    for (size_t i = 0; i < model->patterns_count; i++)
        plan_pattern(arena, model->patterns[i], &dfas[i], diags);
    plan->dfas = dfas;
    trie = trie_build(arena, model, diags);
    trie_check_shadows(trie, diags);
    if (diags->errors != errors || !trie_find_overlaps(arena, trie, model, plan, diags))
        return NULL;
    if (model->routes_count != 0) {
        steps_make(arena, trie, plan);
        functions_cut(arena, plan);
    }
    return plan;
}
