#include "compile.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "publish/publish.h"

enum compile_result compile_parse(struct compilation *compilation, const char *path)
{
    compilation->diags.arena = &compilation->arena;
    compilation->source = source_read(&compilation->arena, path);
    if (compilation->source == NULL)
        return COMPILE_FAILED;
    compilation->tree = parse_source(&compilation->arena, compilation->source, &compilation->diags);
    return compilation->tree->broken ? COMPILE_ERRORS : COMPILE_GOOD;
}

static bool is_allowed(const struct compilation *compilation, const struct code_info *info)
{
    for (const unsigned *code = compilation->allowed; code != NULL && *code != 0; code++) {
        if (*code == (unsigned)info->code)
            return true;
    }
    return false;
}

static void drop_allowed(struct compilation *compilation)
{
    struct diagnostic **at = &compilation->diags.first;

    while (*at != NULL) {
        if (is_allowed(compilation, (*at)->info)) {
            *at = (*at)->next;
            compilation->diags.warnings--;
        } else {
            at = &(*at)->next;
        }
    }
}

enum compile_result compile_check(struct compilation *compilation, const char *path)
{
    /* What did parse is checked even where the file is broken: more mistakes are found in one run. */
    if (compile_parse(compilation, path) == COMPILE_FAILED)
        return COMPILE_FAILED;
    compilation->model = check_tree(&compilation->arena, compilation->tree, &compilation->diags);
    if (compilation->model == NULL)
        return COMPILE_ERRORS;
    compilation->plan = plan_service(&compilation->arena, compilation->model, &compilation->diags);
    if (compilation->plan == NULL)
        return COMPILE_ERRORS;
    examples_check(&compilation->arena, compilation->model, compilation->plan, &compilation->diags);
    if (compilation->diags.errors != 0)
        return COMPILE_ERRORS;
    drop_allowed(compilation);
    return compilation->deny && compilation->diags.warnings > 0 ? COMPILE_ERRORS : COMPILE_GOOD;
}

enum compile_result compile_build(struct compilation *compilation, const char *path, struct outputs *outputs)
{
    const enum compile_result checked = compile_check(compilation, path);

    if (checked != COMPILE_GOOD)
        return checked;
    const struct model *const model = compilation->model;
    if (model->is_library)
        outputs_keep_header(outputs);
    for (size_t i = 0; i < model->libraries_count; i++)
        outputs_add(outputs, &compilation->arena, OUTPUT_LIBRARY,
                    arena_format(&compilation->arena, "%s/%s", outputs->folder, model->libraries[i]->header))
            ->part = (unsigned)i + 1;
    return emit_service(compilation->model, compilation->plan, outputs) == 0 ? COMPILE_GOOD : COMPILE_FAILED;
}

/* What is made of a service alone is asked for. Is it one? */
static bool has_service(struct compilation *compilation)
{
    const struct model *const model = compilation->model;
    struct diagnostic *diagnostic;

    if (!model->is_library)
        return true;
    diagnostic = diag_report(&compilation->diags, CODE_LIBRARY_ALONE, model->place,
                             "'%s' is a library, and has no routes of its own", model->name);
    diag_help(diagnostic, "name the spec of a service that imports it");
    return false;
}

enum compile_result compile_client(struct compilation *compilation, const char *path, struct outputs *outputs)
{
    const enum compile_result built = compile_build(compilation, path, outputs);

    if (built != COMPILE_GOOD)
        return built;
    if (!has_service(compilation))
        return COMPILE_ERRORS;
    return emit_client(compilation->model, compilation->plan, outputs) == 0 ? COMPILE_GOOD : COMPILE_FAILED;
}

enum compile_result compile_mock(struct compilation *compilation, const char *path, struct outputs *outputs)
{
    const enum compile_result built = compile_build(compilation, path, outputs);

    if (built != COMPILE_GOOD)
        return built;
    if (!has_service(compilation))
        return COMPILE_ERRORS;
    emit_mock(compilation->model, compilation->plan, outputs, &compilation->diags);
    return compilation->diags.errors == 0 ? COMPILE_GOOD : COMPILE_ERRORS;
}

static bool wants_colour(void)
{
    const char *const no_colour = getenv("NO_COLOR");
    const char *const terminal = getenv("TERM");

    if (no_colour != NULL && *no_colour != '\0')
        return false;
    return isatty(STDERR_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

void compile_end(struct compilation *compilation)
{
    FILE *const to = compilation->report != NULL ? compilation->report : stderr;

    compilation->diags.arena = &compilation->arena;
    drop_allowed(compilation);
    if (compilation->source == NULL)
        ; /* said already */
    else if (compilation->format == REPORT_JSON)
        report_json(&compilation->diags, to);
    else if (compilation->format == REPORT_SARIF)
        report_sarif(&compilation->diags, to);
    else
        diag_render(&compilation->diags, stderr, wants_colour());
    arena_free(&compilation->arena);
}
