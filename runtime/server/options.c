#include "server/options.h"

#include <flare/number.h>

#include <stdarg.h>
#include <stdio.h>

enum { SECONDS_MAX = 86400, WORKERS_MAX = 1024 };

/* One option: how it is called, and what it does with its value (NULL for one that takes none). */
struct option {
    const char *flag;
    const char *variable; /* NULL if it has none */
    const char *value;    /* how --help calls it; NULL if it takes none */
    const char *help;
    bool (*set)(struct flarei_arguments *arguments, const char *name, const char *value);
};

static bool wrong(struct flarei_arguments *arguments, const char *format, ...) FLARE_PRINTF(2, 3);

static bool wrong(struct flarei_arguments *arguments, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    (void)vsnprintf(arguments->error, sizeof arguments->error, format, list);
    va_end(list);
    return false;
}

static bool number(struct flarei_arguments *arguments, const char *name, const char *value, unsigned max,
                   unsigned *to)
{
    uint32_t parsed;

    if (flare_u32_parse(flare_str_of(value), &parsed) != FLARE_OK || parsed > max)
        return wrong(arguments, "%s: '%s' is not a number from 0 to %u", name, value, max);
    *to = parsed;
    return true;
}

/* A flag alone means yes; a variable says it. */
static bool yes(struct flarei_arguments *arguments, const char *name, const char *value, bool *to)
{
    if (value == NULL || strcmp(value, "1") == 0 || strcmp(value, "true") == 0)
        *to = true;
    else if (value[0] == '\0' || strcmp(value, "0") == 0 || strcmp(value, "false") == 0)
        *to = false;
    else
        return wrong(arguments, "%s: '%s' is neither true nor false", name, value);
    return true;
}

static bool set_listen(struct flarei_arguments *arguments, const char *name, const char *value)
{
    if (value[0] == '\0')
        return wrong(arguments, "%s: an address is empty", name);
    if (arguments->listen_count == FLAREI_ADDRESSES_MAX)
        return wrong(arguments, "%s: more than %d addresses", name, FLAREI_ADDRESSES_MAX);
    arguments->listen[arguments->listen_count++] = value;
    return true;
}

static bool set_workers(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return number(arguments, name, value, WORKERS_MAX, &arguments->options.workers);
}

static bool set_drain(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return number(arguments, name, value, SECONDS_MAX, &arguments->options.drain_seconds);
}

static bool set_log(struct flarei_arguments *arguments, const char *name, const char *value)
{
    if (strcmp(value, "text") == 0)
        arguments->options.log = FLARE_LOG_TEXT;
    else if (strcmp(value, "json") == 0)
        arguments->options.log = FLARE_LOG_JSON;
    else if (strcmp(value, "off") == 0)
        arguments->options.log = FLARE_LOG_OFF;
    else
        return wrong(arguments, "%s: '%s' is not one of text, json, off", name, value);
    return true;
}

static bool set_listener(struct flarei_arguments *arguments, const char *name, const char *value)
{
    if (strcmp(value, "reuseport") == 0)
        arguments->options.listeners = FLARE_LISTENERS_REUSEPORT;
    else if (strcmp(value, "shared") == 0)
        arguments->options.listeners = FLARE_LISTENERS_SHARED;
    else
        return wrong(arguments, "%s: '%s' is not one of reuseport, shared", name, value);
    return true;
}

static bool set_pin(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return yes(arguments, name, value, &arguments->options.pin);
}

static bool set_expose_errors(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return yes(arguments, name, value, &arguments->options.expose_errors);
}

static bool set_poll(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return yes(arguments, name, value, &arguments->options.poll);
}

static bool set_check(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return yes(arguments, name, value, &arguments->check);
}

static bool set_version(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return yes(arguments, name, value, &arguments->version);
}

static bool set_help(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return yes(arguments, name, value, &arguments->help);
}

static const struct option options[] = {
    {"--listen", "FLARE_LISTEN", "ADDR", "127.0.0.1:8080, [::1]:8080 or unix:PATH; may be repeated",
     set_listen},
    {"--workers", "FLARE_WORKERS", "N", "threads; 0, the default, is one a core", set_workers},
    {"--drain", "FLARE_DRAIN", "SECONDS", "for requests under way after a stop (30)", set_drain},
    {"--log", "FLARE_LOG", "FORMAT", "text, json or off (text)", set_log},
    {"--listener", "FLARE_LISTENER", "HOW", "workers share an address by reuseport or shared (reuseport)",
     set_listener},
    {"--pin", "FLARE_PIN", NULL, "pin each worker to a core", set_pin},
    {"--expose-errors", "FLARE_EXPOSE_ERRORS", NULL, "error texts in bodies: for development only",
     set_expose_errors},
    {"--poll", "FLARE_POLL", NULL, "use poll(2) instead of the system's best", set_poll},
    {"--check", NULL, NULL, "open the state, bind the addresses, and exit", set_check},
    {"--version", NULL, NULL, "print the version, and exit", set_version},
    {"--help", NULL, NULL, "print this, and exit", set_help},
};

enum { OPTION_COUNT = sizeof options / sizeof *options };

/* Finds the option of "--flag" or "--flag=value". */
static const struct option *find(const char *argument, const char **value)
{
    const size_t length = strcspn(argument, "=");

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strlen(options[i].flag) != length || memcmp(options[i].flag, argument, length) != 0)
            continue;
        *value = argument[length] == '=' ? argument + length + 1 : NULL;
        return &options[i];
    }
    return NULL;
}

static bool read_listen_variable(struct flarei_arguments *arguments, const char *value)
{
    const size_t length = strlen(value);
    char *at = arguments->variable;

    if (length >= sizeof arguments->variable)
        return wrong(arguments, "FLARE_LISTEN: longer than %zu bytes", sizeof arguments->variable - 1);
    memcpy(arguments->variable, value, length + 1);
    for (;;) {
        char *comma = strchr(at, ',');

        if (comma != NULL)
            *comma = '\0';
        if (!set_listen(arguments, "FLARE_LISTEN", at))
            return false;
        if (comma == NULL)
            return true;
        at = comma + 1;
    }
}

static bool read_variables(struct flarei_arguments *arguments, char *(*get)(const char *name))
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *value = options[i].variable ? get(options[i].variable) : NULL;

        if (value == NULL)
            continue;
        if (options[i].set == set_listen ? !read_listen_variable(arguments, value)
                                         : !options[i].set(arguments, options[i].variable, value))
            return false;
    }
    return true;
}

static bool read_flags(struct flarei_arguments *arguments, int argc, char *const *argv)
{
    bool listen_seen = false;

    for (int i = 1; i < argc; i++) {
        const char *value = NULL;
        const struct option *option = find(argv[i], &value);

        if (option == NULL)
            return wrong(arguments, "%s: no such option; see --help", argv[i]);
        if (option->value == NULL && value != NULL)
            return wrong(arguments, "%s: takes no value", option->flag);
        if (option->value != NULL && value == NULL) {
            if (i + 1 == argc)
                return wrong(arguments, "%s: needs a value", option->flag);
            value = argv[++i];
        }
        if (option->set == set_listen && !listen_seen) {
            listen_seen = true;
            arguments->listen_count = 0;
        }
        if (!option->set(arguments, option->flag, value))
            return false;
    }
    return true;
}

bool flarei_arguments_read(struct flarei_arguments *arguments, int argc, char *const *argv,
                           char *(*get)(const char *name))
{
    static const flare_options defaults = FLARE_OPTIONS_DEFAULT;

    memset(arguments, 0, sizeof *arguments);
    arguments->options = defaults;
    if (!read_variables(arguments, get) || !read_flags(arguments, argc, argv))
        return false;
    if (arguments->listen_count == 0)
        arguments->listen[arguments->listen_count++] = "127.0.0.1:8080";
    return true;
}

int flarei_arguments_help(const flare_service *service, char *text, size_t bytes)
{
    int length = snprintf(text, bytes, "%.*s%s%.*s\n\n", FLARE_STR_ARG(service->name),
                          service->version.len > 0 ? " " : "", FLARE_STR_ARG(service->version));

    for (size_t i = 0; i < OPTION_COUNT && length >= 0 && (size_t)length < bytes; i++) {
        const struct option *option = &options[i];

        length += snprintf(text + length, bytes - (size_t)length, "  %-15s %-8s %s%s%s%s\n", option->flag,
                           option->value ? option->value : "", option->help, option->variable ? " [" : "",
                           option->variable ? option->variable : "", option->variable ? "]" : "");
    }
    return length;
}
