/* plan.c - the pass: conflicts first, then steps; and each pattern's automaton. */
#include <string.h>

#include "passes.h"
#include "plan/pattern.h"
#include "plan/trie.h"

/* Longer ones are lists of words, which an enum says better. */
#define PATTERN_MAX_BYTES 4096
/* A longer one is not repeated in a message. */
#define PATTERN_SHOWN_BYTES 40

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

/* A default is not looked at again when it is used, so it must match each pattern of its type. */
static void check_default(const struct patterned *patterned, const struct dfa *const *dfas,
                          struct diags *diags)
{
    const struct constraints *const constraints = &patterned->type->constraints;
    const struct constant *const constant = patterned->constant;

    for (size_t i = 0; i < constraints->patterns_count; i++) {
        const struct pattern *const pattern = constraints->patterns[i];
        const struct dfa *const dfa = dfas[pattern->index];
        struct diagnostic *d;

        if (dfa == NULL || dfa_matches(dfa, constant->text, constant->length))
            continue;
        d = diag_report(diags, CODE_DEFAULT_REFUSED, constant->place,
                        "this default is refused by its own type");
        if (pattern->length <= PATTERN_SHOWN_BYTES)
            diag_label(d, "does not match /%s/ as a whole", pattern->text);
        else
            diag_label(d, "does not match the pattern as a whole");
        diag_also(d, patterned->type->place, "the type");
        return;
    }
}

/* A path that fits a leaf before which no other is tried goes there, if the leaf takes the method. HEAD is
 * thought of as GET, so it must be no route's own. */
static void mark_certain(const struct trie *node, bool *certain)
{
    const struct leaf *const leaf = node->leaf;
    bool good = leaf != NULL && !leaf->second && !leaf->any;

    for (size_t i = 0; good && i < leaf->routes_count; i++)
        good = strcmp(leaf->routes[i]->method, "HEAD") != 0;
    for (size_t i = 0; good && i < leaf->routes_count; i++)
        certain[leaf->routes[i]->index] = true;
    for (size_t i = 0; i < node->fixed_count; i++)
        mark_certain(node->fixed[i], certain);
    if (node->parameter != NULL)
        mark_certain(node->parameter, certain);
}

const struct plan *plan_service(struct arena *arena, const struct model *model, struct diags *diags)
{
    struct plan *plan = ARENA_NEW(arena, struct plan);
    const struct dfa **dfas = ARENA_ARRAY(arena, model->patterns_count, const struct dfa *);
    const unsigned errors = diags->errors;
    const struct trie *trie;

    for (size_t i = 0; i < model->patterns_count; i++)
        plan_pattern(arena, model->patterns[i], &dfas[i], diags);
    for (size_t i = 0; i < model->patterned_count; i++)
        check_default(&model->patterned[i], dfas, diags);
    plan->dfas = dfas;
    trie = trie_build(arena, model, diags);
    trie_check_shadows(trie, diags);
    if (diags->errors != errors || !trie_find_overlaps(arena, trie, model, plan, diags))
        return NULL;
    if (model->routes_count != 0) {
        bool *const certain = ARENA_ARRAY(arena, model->routes_count, bool);

        mark_certain(trie, certain);
        plan->certain = certain;
        steps_make(arena, trie, plan);
        functions_cut(arena, plan);
    }
    return plan;
}
