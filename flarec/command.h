/* command.h - what the commands of the command line share. */
#ifndef FLAREC_COMMAND_H
#define FLAREC_COMMAND_H

#include "compile.h"

enum { EXIT_GOOD = 0, EXIT_ERRORS = 1, EXIT_USAGE = 2 };

#define ALLOWED_MAX 30

struct options {
    const char *folder;
    const char *depfile;
    const char *stubs;
    const char *project;
    unsigned parts;
    unsigned index_from;
    enum report_format format;
    unsigned allowed[ALLOWED_MAX + 1]; /* 0 ends them */
    bool deny;
    bool main;
    bool print_outputs;
    bool check;
    bool json;
    bool dot;
    bool memory;
    bool help;
    char **files;
    int files_count;
};

/* Is it the path of a spec, X.flare? */
bool is_spec_name(const char *path);
/* Says what is wrong with a command line, `%s` in `why` being `what`. EXIT_USAGE. */
int usage_error(const char *command, const char *why, const char *what);
/* A compilation that reports as the options say; `product`: standard output is for something else. */
struct compilation compilation_of(const struct options *options, bool product);

/* build.c */
int run_build(const struct options *options);
int run_client(const struct options *options);
int run_mock(const struct options *options);

#endif
