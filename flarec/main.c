/* main.c - the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "explain.h"
#include "fmt.h"
#include "publish/publish.h"
#include "routes.h"

enum { EXIT_GOOD = 0, EXIT_ERRORS = 1, EXIT_USAGE = 2 };

#define PARTS_MAX 999

struct options {
    const char *folder;
    const char *depfile;
    const char *stubs;
    unsigned parts;
    bool main;
    bool print_outputs;
    bool check;
    bool help;
    char **files;
    int files_count;
};

struct command {
    const char *name;
    const char *flags; /* the options it takes, one letter each; see `flags` */
    int (*run)(const struct options *options);
    const char *help;
};

/* ---- build ---------------------------------------------------------------------------------- */

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

static bool is_spec_name(const char *path)
{
    const size_t length = strlen(path);

    return length > 6 && strcmp(path + length - 6, ".flare") == 0 && path[length - 7] != '/';
}

static int usage_error(const char *command, const char *why, const char *what)
{
    fprintf(stderr, "flarec %s: ", command);
    fprintf(stderr, why, what);
    fprintf(stderr, "\nTry 'flarec help %s'.\n", command);
    return EXIT_USAGE;
}

static int run_build(const struct options *options)
{
    struct compilation compilation = {0};
    struct outputs outputs = {0};
    enum compile_result result = COMPILE_GOOD;

    if (options->files_count != 1)
        return usage_error("build", "%s", "name one spec");
    if (!is_spec_name(options->files[0]))
        return usage_error("build", "the name of the spec '%s' must end in .flare", options->files[0]);
    if (options->folder == NULL)
        return usage_error("build", "%s", "say where to write with --output-dir");
    if (options->depfile != NULL && (strchr(options->files[0], '\n') || strchr(options->folder, '\n')))
        return usage_error("build", "%s", "a depfile can't name a path with a line break in it");
    outputs_plan(&outputs, &compilation.arena, options->files[0], options->folder, options->parts,
                 options->main, options->stubs);
    if (options->depfile != NULL)
        outputs_add(&outputs, &compilation.arena, OUTPUT_DEPENDS, options->depfile);
    if (options->print_outputs) {
        for (const struct output *output = outputs.first; output != NULL; output = output->next)
            printf("%s\n", output->path);
    } else {
        result = compile_build(&compilation, options->files[0], &outputs);
        if (result == COMPILE_GOOD) {
            write_depfile(compilation.model, &outputs);
            if (!outputs_commit(&outputs))
                result = COMPILE_FAILED;
        }
    }
    outputs_free(&outputs);
    compile_end(&compilation);
    return (int)result;
}

/* ---- check, routes, fmt, explain ---------------------------------------------------------------- */

static int run_check(const struct options *options)
{
    struct compilation compilation = {0};

    if (options->files_count != 1)
        return usage_error("check", "%s", "name one spec");
    const enum compile_result result = compile_check(&compilation, options->files[0]);
    compile_end(&compilation);
    return (int)result;
}

static int run_routes(const struct options *options)
{
    struct compilation compilation = {0};

    if (options->files_count != 1)
        return usage_error("routes", "%s", "name one spec");
    const enum compile_result result = compile_check(&compilation, options->files[0]);
    if (result == COMPILE_GOOD)
        routes_write(compilation.model, stdout);
    compile_end(&compilation);
    return (int)result;
}

static int run_openapi(const struct options *options)
{
    struct compilation compilation = {0};
    struct output document = {0};

    if (options->files_count != 1)
        return usage_error("openapi", "%s", "name one spec");
    const enum compile_result result = compile_check(&compilation, options->files[0]);
    if (result == COMPILE_GOOD) {
        openapi_write(compilation.model, &document);
        fwrite(document.text, 1, document.length, stdout);
        free(document.text);
    }
    compile_end(&compilation);
    return (int)result;
}

static int fmt_file(const char *path, bool check)
{
    struct compilation compilation = {0};
    struct outputs outputs = {0};
    enum compile_result result = compile_parse(&compilation, path);

    /* Only what is wrong with the text matters here. */
    if (result == COMPILE_GOOD) {
        const struct source *const source = compilation.source;
        size_t length;
        const char *const text = fmt_text(&compilation.arena, source, &length);
        const bool same = length == source->length && memcmp(text, source->text, length) == 0;
        compilation.diags.first = NULL;
        if (check && !same) {
            printf("%s\n", path);
            result = COMPILE_ERRORS;
        } else if (!check && strcmp(path, "-") == 0) {
            fwrite(text, 1, length, stdout);
        } else if (!check && !same) {
            output_write(outputs_add(&outputs, &compilation.arena, OUTPUT_SOURCE, path), text, length);
            if (!outputs_commit(&outputs))
                result = COMPILE_FAILED;
        }
    }
    outputs_free(&outputs);
    compile_end(&compilation);
    return (int)result;
}

static int run_fmt(const struct options *options)
{
    int worst = EXIT_GOOD;

    if (options->files_count == 0)
        return usage_error("fmt", "%s", "name the files, or '-' for standard input");
    for (int i = 0; i < options->files_count; i++) {
        const int result = fmt_file(options->files[i], options->check);
        worst = result > worst ? result : worst;
    }
    return worst;
}

static int run_explain(const struct options *options)
{
    if (options->files_count == 0)
        explain_list(stdout);
    for (int i = 0; i < options->files_count; i++) {
        if (!explain_write(options->files[i], stdout))
            return EXIT_USAGE;
    }
    return EXIT_GOOD;
}

/* ---- the command line ------------------------------------------------------------------------------ */

static const struct command commands[] = {
    {"build", "odpmsP", run_build,
     "usage: flarec [build] SPEC --output-dir DIR [options]\n"
     "\n"
     "Compiles X.flare to DIR/X.flare.h and DIR/X.flare.c. A file that comes out the same keeps its time "
     "stamp; after an\n"
     "error nothing is written.\n"
     "\n"
     "  --output-dir DIR   where to write; made if it is not there\n"
     "  --main             also writes DIR/X.flare.main.c, a program of its own\n"
     "  --parts N          the C in N files, X.flare.c, X.flare.2.c and so on, that compile side by side\n"
     "  --stubs FILE       also writes handlers that answer 501, unless FILE is there already\n"
     "  --depfile FILE     also writes what was read, for make and ninja\n"
     "  --print-outputs    only lists the files that it would write\n"},
    {"check", "", run_check,
     "usage: flarec check SPEC\n\nReports the errors of a spec and writes nothing.\n"},
    {"routes", "", run_routes,
     "usage: flarec routes SPEC\n\nLists each route: method, path, handler, and where it is declared.\n"},
    {"openapi", "", run_openapi,
     "usage: flarec openapi SPEC\n"
     "\n"
     "Writes the OpenAPI 3.1 document of a spec, as JSON, to standard output. The same spec gives the same "
     "bytes.\n"},
    {"fmt", "c", run_fmt,
     "usage: flarec fmt [--check] FILE...\n"
     "\n"
     "Rewrites specs in the one form that they have. '-' reads standard input and writes standard output.\n"
     "\n"
     "  --check   only lists the files that are not in that form; then the exit code is 1\n"},
    {"explain", "", run_explain,
     "usage: flarec explain [CODE...]\n\nTells what a diagnostic such as F0201 means, with an example. "
     "Without a code: lists them.\n"},
};

static const struct {
    const char *name;
    char letter;
    bool takes_value;
} flags[] = {
    {"--output-dir", 'o', true}, {"--depfile", 'd', true}, {"--parts", 'p', true},
    {"--main", 'm', false},      {"--stubs", 's', true},   {"--print-outputs", 'P', false},
    {"--check", 'c', false},
};

static const char general_help[] =
    "usage: flarec COMMAND ...\n"
    "\n"
    "  build    compile a spec to C (the command that is meant where none is named)\n"
    "  check    report the errors of a spec\n"
    "  routes   list the routes of a spec\n"
    "  openapi  write the OpenAPI document of a spec\n"
    "  fmt      bring specs into their canonical form\n"
    "  explain  tell what a diagnostic means\n"
    "  help     tell more about a command\n"
    "\n"
    "flarec --version tells the version. Exit codes: 0 clean, 1 errors in the spec, 2 wrong usage or files "
    "that can't be\n"
    "read or written.\n";

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static bool set_flag(struct options *options, char letter, const char *value)
{
    char *end;
    unsigned long parts;

    switch (letter) {
    case 'o':
        options->folder = value;
        break;
    case 'd':
        options->depfile = value;
        break;
    case 's':
        options->stubs = value;
        break;
    case 'p':
        parts = *value >= '0' && *value <= '9' ? strtoul(value, &end, 10) : 0;
        if (parts < 1 || parts > PARTS_MAX || *end != '\0')
            return false;
        options->parts = (unsigned)parts;
        break;
    case 'm':
        options->main = true;
        break;
    case 'P':
        options->print_outputs = true;
        break;
    default:
        options->check = true;
        break;
    }
    return true;
}

/* Reads the option at *at, with its value. 0, or the exit code. */
static int read_flag(const struct command *command, struct options *options, char **arguments, int count,
                     int *at)
{
    const char *const argument = arguments[*at];
    const size_t length = strcspn(argument, "=");
    const size_t flags_count = sizeof flags / sizeof *flags;
    size_t i = 0;

    while (i < flags_count &&
           (strlen(flags[i].name) != length || strncmp(flags[i].name, argument, length) != 0))
        i++;
    if (i == flags_count || strchr(command->flags, flags[i].letter) == NULL)
        return usage_error(command->name, "there is no option '%s'", argument);
    const char *value = argument[length] == '=' ? argument + length + 1 : NULL;
    if (!flags[i].takes_value && value != NULL)
        return usage_error(command->name, "the option '%s' takes no value", flags[i].name);
    if (flags[i].takes_value && value == NULL) {
        if (*at + 1 >= count)
            return usage_error(command->name, "the option '%s' needs a value", flags[i].name);
        value = arguments[++*at];
    }
    if (!set_flag(options, flags[i].letter, value))
        return usage_error(command->name, "the number of parts is from 1 to 999, not '%s'", value);
    return 0;
}

static int run_command(const struct command *command, char **arguments, int count)
{
    struct options options = {.parts = 1, .files = arguments};
    bool only_files = false;

    for (int i = 0; i < count; i++) {
        if (only_files || arguments[i][0] != '-' || arguments[i][1] == '\0') {
            options.files[options.files_count++] = arguments[i];
        } else if (strcmp(arguments[i], "--") == 0) {
            only_files = true;
        } else if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0) {
            options.help = true;
        } else {
            const int failed = read_flag(command, &options, arguments, count, &i);
            if (failed != 0)
                return failed;
        }
    }
    if (options.help) {
        fputs(command->help, stdout);
        return EXIT_GOOD;
    }
    return command->run(&options);
}

static int run_help(int count, char **arguments)
{
    const struct command *command;

    if (count == 0) {
        fputs(general_help, stdout);
        return EXIT_GOOD;
    }
    command = find_command(arguments[0]);
    if (command == NULL) {
        fprintf(stderr, "flarec: there is no command '%s'\n", arguments[0]);
        return EXIT_USAGE;
    }
    fputs(command->help, stdout);
    return EXIT_GOOD;
}

int main(int count, char **arguments)
{
    const struct command *command;
    int result;

    if (count < 2) {
        fputs(general_help, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(arguments[1], "help") == 0)
        return run_help(count - 2, arguments + 2);
    if (strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "-h") == 0)
        return run_help(0, NULL);
    if (strcmp(arguments[1], "--version") == 0) {
        puts("flarec " FLARE_VERSION_TEXT);
        return EXIT_GOOD;
    }
    command = find_command(arguments[1]);
    if (command != NULL)
        result = run_command(command, arguments + 2, count - 2);
    else if (arguments[1][0] == '-' || is_spec_name(arguments[1]))
        result = run_command(&commands[0], arguments + 1, count - 1);
    else
        return fprintf(stderr, "flarec: there is no command '%s'\nTry 'flarec help'.\n", arguments[1]),
               EXIT_USAGE;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("flarec: standard output");
        return EXIT_USAGE;
    }
    return result;
}
