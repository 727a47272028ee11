/* main.c - the command line. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "explain.h"
#include "fmt.h"
#include "lsp/lsp.h"
#include "publish/publish.h"
#include "routes.h"
#include "tools/differences.h"
#include "tools/new.h"

#define PARTS_MAX 999

struct command {
    const char *name;
    const char *flags; /* the options it takes, one letter each; see `flags` */
    int (*run)(const struct options *options);
    const char *help;
};

/* ---- what commands share -------------------------------------------------------------------------- */

bool is_spec_name(const char *path)
{
    const size_t length = strlen(path);

    return length > 6 && strcmp(path + length - 6, ".flare") == 0 && path[length - 7] != '/';
}

int usage_error(const char *command, const char *why, const char *what)
{
    fprintf(stderr, "flarec %s: ", command);
    fprintf(stderr, why, what);
    fprintf(stderr, "\nTry 'flarec help %s'.\n", command);
    return EXIT_USAGE;
}

struct compilation compilation_of(const struct options *options, bool product)
{
    return (struct compilation){.format = options->format,
                                .report = product ? stderr : stdout,
                                .deny = options->deny,
                                .allowed = options->allowed};
}

/* ---- check, routes, fmt, explain ---------------------------------------------------------------- */

static int run_check(const struct options *options)
{
    struct compilation compilation = compilation_of(options, false);

    if (options->files_count != 1)
        return usage_error("check", "%s", "name one spec");
    const enum compile_result result = compile_check(&compilation, options->files[0]);
    compile_end(&compilation);
    return (int)result;
}

/* Writes a product to standard output. */
static void print_output(struct output *output)
{
    fwrite(output->text, 1, output->length, stdout);
    free(output->text);
}

static void write_routes(struct compilation *compilation, const struct options *options)
{
    struct output text = {0};

    if (!options->json && !options->dot && !options->memory) {
        routes_write(compilation->model, stdout);
        return;
    }
    if (options->dot)
        routes_dot(compilation->plan, &text);
    else if (options->memory)
        routes_memory(&compilation->arena, compilation->model, options->json, &text);
    else
        routes_json(compilation->model, &text);
    print_output(&text);
}

static int run_routes(const struct options *options)
{
    struct compilation compilation = compilation_of(options, true);

    if (options->files_count != 1)
        return usage_error("routes", "%s", "name one spec");
    const enum compile_result result = compile_check(&compilation, options->files[0]);
    if (result == COMPILE_GOOD)
        write_routes(&compilation, options);
    compile_end(&compilation);
    return (int)result;
}

static int run_openapi(const struct options *options)
{
    struct compilation compilation = compilation_of(options, true);
    struct output document = {0};

    if (options->files_count != 1)
        return usage_error("openapi", "%s", "name one spec");
    const enum compile_result result = compile_check(&compilation, options->files[0]);
    if (result == COMPILE_GOOD) {
        openapi_write(compilation.model, &document);
        print_output(&document);
    }
    compile_end(&compilation);
    return (int)result;
}

static int run_breaking(const struct options *options)
{
    struct compilation from = compilation_of(options, true), to = compilation_of(options, true);
    struct output text = {0};
    int result = EXIT_USAGE;

    if (options->files_count != 2)
        return usage_error("breaking", "%s", "name the old spec and the new one");
    /* A run has one SARIF document, and that is of the differences. */
    if (options->format == REPORT_SARIF)
        from.format = to.format = REPORT_TEXT;
    const enum compile_result from_result = compile_check(&from, options->files[0]);
    const enum compile_result to_result = compile_check(&to, options->files[1]);
    if (from_result == COMPILE_GOOD && to_result == COMPILE_GOOD && options->format == REPORT_SARIF) {
        result = differences_sarif(from.model, to.model, stdout) ? EXIT_ERRORS : EXIT_GOOD;
    } else if (from_result == COMPILE_GOOD && to_result == COMPILE_GOOD) {
        const bool json = options->json || options->format == REPORT_JSON;
        result = breaking_write(from.model, to.model, json, &text) ? EXIT_ERRORS : EXIT_GOOD;
        print_output(&text);
    }
    compile_end(&from);
    compile_end(&to);
    return result;
}

static int fmt_file(const struct options *options, const char *path)
{
    const bool check = options->check;
    struct compilation compilation = compilation_of(options, true);
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
    if (options->format == REPORT_SARIF && options->files_count > 1)
        return usage_error("fmt", "%s", "SARIF is of one file; 'json' has a line for each diagnostic");
    for (int i = 0; i < options->files_count; i++) {
        const int result = fmt_file(options, options->files[i]);
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

static int run_new(const struct options *options)
{
    if (options->files_count != 1)
        return usage_error("new", "%s", "name one service");
    return new_project(options->files[0], options->project);
}

static int run_lsp(const struct options *options)
{
    if (options->files_count != 0)
        return usage_error("lsp", "%s", "it takes no files: an editor sends them");
    return lsp_run();
}

/* ---- the command line ------------------------------------------------------------------------------ */

#define REPORT_HELP                                                                                          \
    "  --format FORMAT    how to report: text, json (an object a line) or sarif; on standard output, but\n"  \
    "                     on standard error where that is for something else\n"                              \
    "  --deny warnings    warnings are as bad as errors\n"                                                   \
    "  --allow CODE       leaves out warnings of that code; may be given again\n"

static const struct command commands[] = {
    {"build", "odpmsPfDAi", run_build,
     "usage: flarec [build] SPEC --output-dir DIR [options]\n"
     "\n"
     "Compiles X.flare to DIR/X.flare.h and DIR/X.flare.c. A file that comes out the same keeps its time "
     "stamp; after an\n"
     "error nothing is written.\n"
     "\n"
     "  --output-dir DIR   where to write; made if it is not there\n"
     "  --main             also writes DIR/X.flare.main.c, a program of its own\n"
     "  --parts N          the C in N files, X.flare.c, X.flare.2.c and so on, that compile side by side\n"
     "  --index-from N     looks paths up by hash where there are N routes or more (1000)\n"
     "  --stubs FILE       also writes handlers that answer 501, unless FILE is there already\n"
     "  --depfile FILE     also writes what was read, for make and ninja\n"
     "  --print-outputs    only lists the files that it would write\n"
     "\n" REPORT_HELP},
    {"client", "odfDA", run_client,
     "usage: flarec client SPEC --output-dir DIR [options]\n"
     "\n"
     "Compiles a client of X.flare: a function for each route, in DIR/X.client.h and DIR/X.client.c, with "
     "the "
     "types of\n"
     "DIR/X.flare.h, which is written too. Routes that a client can't call yet are told, here and in the "
     "header.\n"
     "\n"
     "  --output-dir DIR   where to write; made if it is not there\n"
     "  --depfile FILE     also writes what was read, for make and ninja\n"
     "\n" REPORT_HELP},
    {"mock", "odfDA", run_mock,
     "usage: flarec mock SPEC --output-dir DIR [options]\n"
     "\n"
     "Compiles X.flare as 'flarec build --main' does, with handlers in DIR/X.mock.c that reply what the "
     "spec\n"
     "declares: @example values, or values made from the types. All else is the service: bad requests are "
     "refused.\n"
     "`Prefer: code=404` of a request asks for another reply, `Prefer: code=409, example=sku_taken` for one "
     "by name.\n"
     "\n"
     "  --output-dir DIR   where to write; made if it is not there\n"
     "  --depfile FILE     also writes what was read, for make and ninja\n"
     "\n" REPORT_HELP},
    {"check", "fDA", run_check,
     "usage: flarec check SPEC [options]\n"
     "\n"
     "Reports the errors of a spec and writes nothing.\n"
     "\n" REPORT_HELP},
    {"routes", "jgMfDA", run_routes,
     "usage: flarec routes [--json | --dot | --memory] SPEC [options]\n"
     "\n"
     "Lists each route: method, path, handler, and where it is declared.\n"
     "\n"
     "  --json     as JSON, with inputs, bodies and replies\n"
     "  --dot      the tree that dispatch walks, for Graphviz\n"
     "  --memory   how many bytes of a request's own memory each route's inputs can take; with --json as "
     "JSON\n"
     "\n" REPORT_HELP},
    {"breaking", "jfDA", run_breaking,
     "usage: flarec breaking [--json] OLD NEW [options]\n"
     "\n"
     "Tells in what a new version of a spec differs from an old one, and whether that breaks clients: then "
     "the exit code\n"
     "is 1. It is 0 where nothing does, and 2 where a spec has errors.\n"
     "\n"
     "  --json     the differences as JSON, as --format json gives them; --format sarif gives SARIF\n"
     "\n" REPORT_HELP},
    {"openapi", "fDA", run_openapi,
     "usage: flarec openapi SPEC [options]\n"
     "\n"
     "Writes the OpenAPI 3.1 document of a spec, as JSON, to standard output. The same spec gives the same "
     "bytes.\n"
     "\n" REPORT_HELP},
    {"fmt", "cf", run_fmt,
     "usage: flarec fmt [--check] [--format FORMAT] FILE...\n"
     "\n"
     "Rewrites specs in the one form that they have. '-' reads standard input and writes standard output.\n"
     "\n"
     "  --check   only lists the files that are not in that form; then the exit code is 1\n"},
    {"explain", "", run_explain,
     "usage: flarec explain [CODE...]\n\nTells what a diagnostic such as F0201 means, with an example. "
     "Without a code: lists them.\n"},
    {"new", "n", run_new,
     "usage: flarec new NAME [--dir DIR]\n"
     "\n"
     "Makes the folder NAME, or DIR, with a service to start from: its spec, handlers, build and test. "
     "Writes over\n"
     "nothing.\n"},
    {"lsp", "", run_lsp,
     "usage: flarec lsp\n\nA language server: speaks LSP over standard input and output. An editor starts "
     "it.\n"},
};

static const struct {
    const char *name;
    char letter;
    bool takes_value;
} flags[] = {
    {"--output-dir", 'o', true}, {"--depfile", 'd', true}, {"--parts", 'p', true},
    {"--main", 'm', false},      {"--stubs", 's', true},   {"--print-outputs", 'P', false},
    {"--check", 'c', false},     {"--json", 'j', false},   {"--dot", 'g', false},
    {"--memory", 'M', false},    {"--format", 'f', true},  {"--deny", 'D', true},
    {"--allow", 'A', true},      {"--dir", 'n', true},     {"--index-from", 'i', true},
};

static const char general_help[] =
    "usage: flarec COMMAND ...\n"
    "\n"
    "  build    compile a spec to C (the command that is meant where none is named)\n"
    "  client   compile a client of a spec to C\n"
    "  mock     compile a server that answers a spec with its examples\n"
    "  check    report the errors of a spec\n"
    "  routes   list the routes of a spec\n"
    "  breaking tell whether a new version of a spec breaks clients\n"
    "  openapi  write the OpenAPI document of a spec\n"
    "  fmt      bring specs into their canonical form\n"
    "  explain  tell what a diagnostic means\n"
    "  new      make a project to start from\n"
    "  lsp      serve an editor\n"
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

/* F0702, of a warning. */
static bool allow(struct options *options, const char *value)
{
    const unsigned long number = *value == 'F' ? strtoul(value + 1, NULL, 10) : 0;
    const struct code_info *const info = number < 10000 ? code_info((unsigned)number) : NULL;
    size_t count = 0;

    while (options->allowed[count] != 0)
        count++;
    if (info == NULL || info->severity != SEVERITY_WARNING || strcmp(info->text, value) != 0 ||
        count == ALLOWED_MAX)
        return false;
    options->allowed[count] = (unsigned)info->code;
    return true;
}

static bool whole_number(const char *value, unsigned max, unsigned *number)
{
    char *end;
    const unsigned long read = *value >= '0' && *value <= '9' ? strtoul(value, &end, 10) : 0;

    *number = (unsigned)read;
    return read >= 1 && read <= max && *end == '\0';
}

/* NULL, or what the value should have been. */
static const char *set_flag(struct options *options, char letter, const char *value)
{
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
        return whole_number(value, PARTS_MAX, &options->parts) ? NULL : "a number from 1 to 999";
    case 'i':
        return whole_number(value, INT_MAX, &options->index_from) ? NULL : "a number of routes, at least 1";
    case 'n':
        options->project = value;
        break;
    case 'f':
        return report_format_of(value, &options->format) ? NULL : "text, json or sarif";
    case 'D':
        options->deny = strcmp(value, "warnings") == 0;
        return options->deny ? NULL : "warnings";
    case 'A':
        return allow(options, value) ? NULL : "the code of a warning, such as F0702";
    case 'm':
        options->main = true;
        break;
    case 'j':
        options->json = true;
        break;
    case 'g':
        options->dot = true;
        break;
    case 'M':
        options->memory = true;
        break;
    case 'P':
        options->print_outputs = true;
        break;
    default:
        options->check = true;
        break;
    }
    return NULL;
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
    const char *const wanted = set_flag(options, flags[i].letter, value);
    if (wanted == NULL)
        return 0;
    fprintf(stderr, "flarec %s: %s is %s, not '%s'\nTry 'flarec help %s'.\n", command->name, flags[i].name,
            wanted, value, command->name);
    return EXIT_USAGE;
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
