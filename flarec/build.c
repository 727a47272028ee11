/* build.c - the commands that write C. */
#include "command.h"

#include <stdio.h>
#include <string.h>

/* A path as make and ninja read it in a depfile: backslashes mean themselves unless a blank follows them. */
static void depfile_path(struct output *output, const char *path)
{
    size_t backslashes = 0;

    for (; *path != '\0'; path++) {
        if (*path == ' ' || *path == '\t') {
            for (; backslashes > 0; backslashes--)
                output_text(output, "\\");
        }
        backslashes = *path == '\\' ? backslashes + 1 : 0;
        if (*path == ' ' || *path == '\t' || *path == '#')
            output_text(output, "\\");
        else if (*path == '$')
            output_text(output, "$");
        output_write(output, path, 1);
    }
}

static void write_depfile(const struct model *model, struct outputs *outputs)
{
    struct output *const depfile = outputs_find(outputs, OUTPUT_DEPENDS, 0);

    if (depfile == NULL)
        return;
    for (const struct output *output = outputs->first; output != NULL; output = output->next) {
        if (output->kind == OUTPUT_DEPENDS || output->kind == OUTPUT_STUBS)
            continue;
        output_text(depfile, output == outputs->first ? "" : " ");
        depfile_path(depfile, output->path);
    }
    output_text(depfile, ":");
    for (size_t i = 0; i < model->files_count; i++) {
        output_text(depfile, " ");
        depfile_path(depfile, model->files[i]);
    }
    output_text(depfile, "\n");
}

/* Writes what was made, where all of it was. */
static enum compile_result commit(const struct compilation *compilation, struct outputs *outputs,
                                  enum compile_result made)
{
    if (made != COMPILE_GOOD)
        return made;
    write_depfile(compilation->model, outputs);
    return outputs_commit(outputs) ? COMPILE_GOOD : COMPILE_FAILED;
}

/* What both commands need: one spec, and where to write. EXIT_GOOD, or EXIT_USAGE when it has been said. */
static int check_usage(const char *command, const struct options *options)
{
    if (options->files_count != 1)
        return usage_error(command, "%s", "name one spec");
    if (!is_spec_name(options->files[0]))
        return usage_error(command, "the name of the spec '%s' must end in .flare", options->files[0]);
    if (options->folder == NULL)
        return usage_error(command, "%s", "say where to write with --output-dir");
    if (options->depfile != NULL && (strchr(options->files[0], '\n') || strchr(options->folder, '\n')))
        return usage_error(command, "%s", "a depfile can't name a path with a line break in it");
    return EXIT_GOOD;
}

int run_build(const struct options *options)
{
    const int usage = check_usage("build", options);
    struct compilation compilation = compilation_of(options, options->print_outputs);
    struct outputs outputs = {0};
    enum compile_result result = COMPILE_GOOD;

    if (usage != EXIT_GOOD)
        return usage;
    outputs_plan(&outputs, &compilation.arena, options->files[0], options->folder, options->parts,
                 options->main, options->stubs);
    if (options->index_from != 0)
        outputs.index_from = options->index_from;
    if (options->depfile != NULL)
        outputs_add(&outputs, &compilation.arena, OUTPUT_DEPENDS, options->depfile);
    if (options->print_outputs) {
        for (const struct output *output = outputs.first; output != NULL; output = output->next)
            printf("%s\n", output->path);
    } else {
        result = compile_build(&compilation, options->files[0], &outputs);
        result = commit(&compilation, &outputs, result);
    }
    outputs_free(&outputs);
    compile_end(&compilation);
    return (int)result;
}

/* A command that plans its outputs by the spec and the folder alone, and compiles them. */
struct product {
    const char *command;
    void (*plan)(struct outputs *outputs, struct arena *arena, const char *spec, const char *folder);
    enum compile_result (*compile)(struct compilation *compilation, const char *path,
                                   struct outputs *outputs);
};

static int run_product(const struct options *options, const struct product *product)
{
    const int usage = check_usage(product->command, options);
    struct compilation compilation = compilation_of(options, false);
    struct outputs outputs = {0};
    enum compile_result result;

    if (usage != EXIT_GOOD)
        return usage;
    product->plan(&outputs, &compilation.arena, options->files[0], options->folder);
    if (options->depfile != NULL)
        outputs_add(&outputs, &compilation.arena, OUTPUT_DEPENDS, options->depfile);
    result = product->compile(&compilation, options->files[0], &outputs);
    result = commit(&compilation, &outputs, result);
    outputs_free(&outputs);
    compile_end(&compilation);
    return (int)result;
}

int run_client(const struct options *options)
{
    static const struct product client = {"client", outputs_plan_client, compile_client};

    return run_product(options, &client);
}

int run_mock(const struct options *options)
{
    static const struct product mock = {"mock", outputs_plan_mock, compile_mock};

    return run_product(options, &mock);
}
