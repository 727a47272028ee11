#include "server/options.h"

#include "server/config.h"
#include "server/inherited.h"
#include "server/trust.h"

#include <flare/memory.h>
#include <flare/number.h>

#include <stdarg.h>
#include <stdio.h>

enum { SECONDS_MAX = 86400, WORKERS_MAX = 1024, BLOCKING_THREADS_MAX = 4096 };

/* One option: how it is called, and what it does with its value (NULL for one that takes none). */
struct option {
    const char *flag;
    const char *variable; /* NULL if it has none */
    const char *value;    /* how --help calls it; NULL if it takes none */
    const char *help;
    bool (*set)(struct flarei_arguments *arguments, const char *name, const char *value);
    void (*reset)(
        struct flarei_arguments *arguments); /* of one that repeats: forgets what the variable said */
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

static void reset_listen(struct flarei_arguments *arguments)
{
    arguments->listen_count = 0;
}

static bool set_certificate(struct flarei_arguments *arguments, const char *name, const char *value)
{
    if (value[0] == '\0')
        return wrong(arguments, "%s: a file name is empty", name);
    if (arguments->certificate_count == FLARE_TLS_PAIRS_MAX)
        return wrong(arguments, "%s: more than %d certificates", name, FLARE_TLS_PAIRS_MAX);
    arguments->pairs[arguments->certificate_count].ocsp = NULL;
    arguments->pairs[arguments->certificate_count++].certificate = value;
    return true;
}

static void reset_certificates(struct flarei_arguments *arguments)
{
    arguments->certificate_count = 0;
}

static bool set_key(struct flarei_arguments *arguments, const char *name, const char *value)
{
    if (value[0] == '\0')
        return wrong(arguments, "%s: a file name is empty", name);
    if (arguments->key_count == FLARE_TLS_PAIRS_MAX)
        return wrong(arguments, "%s: more than %d keys", name, FLARE_TLS_PAIRS_MAX);
    arguments->pairs[arguments->key_count++].key = value;
    return true;
}

static void reset_keys(struct flarei_arguments *arguments)
{
    arguments->key_count = 0;
}

static bool set_ocsp(struct flarei_arguments *arguments, const char *name, const char *value)
{
    if (arguments->certificate_count == 0)
        return wrong(arguments, "%s: stands behind the certificate that it is for", name);
    arguments->pairs[arguments->certificate_count - 1].ocsp = value;
    return true;
}

static bool set_client_ca(struct flarei_arguments *arguments, const char *name, const char *value)
{
    (void)name;
    arguments->tls.client_ca = value;
    if (arguments->tls.client == FLARE_TLS_CLIENT_NONE)
        arguments->tls.client = FLARE_TLS_CLIENT_REQUIRED;
    return true;
}

static bool set_client(struct flarei_arguments *arguments, const char *name, const char *value)
{
    if (strcmp(value, "optional") == 0)
        arguments->tls.client = FLARE_TLS_CLIENT_OPTIONAL;
    else if (strcmp(value, "required") == 0)
        arguments->tls.client = FLARE_TLS_CLIENT_REQUIRED;
    else
        return wrong(arguments, "%s: '%s' is not one of optional, required", name, value);
    return true;
}

static bool set_ticket_period(struct flarei_arguments *arguments, const char *name, const char *value)
{
    unsigned seconds = 0;

    if (!number(arguments, name, value, SECONDS_MAX * 7, &seconds))
        return false;
    arguments->tls.ticket_period_s = seconds;
    return true;
}

static bool set_ktls(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return yes(arguments, name, value, &arguments->tls.ktls);
}

static bool set_trusted(struct flarei_arguments *arguments, const char *name, const char *value)
{
    flare_network ignored;

    if (flarei_trust_parse(value, &ignored) != FLARE_OK)
        return wrong(arguments, "%s: '%s' is not an address or network, such as 10.0.0.0/8, ::1 or unix",
                     name, value);
    if (arguments->trusted_count == FLAREI_TRUSTED_MAX)
        return wrong(arguments, "%s: more than %d", name, FLAREI_TRUSTED_MAX);
    arguments->trusted[arguments->trusted_count++] = value;
    return true;
}

static void reset_trusted(struct flarei_arguments *arguments)
{
    arguments->trusted_count = 0;
}

static bool set_forwarded(struct flarei_arguments *arguments, const char *name, const char *value)
{
    if (strcmp(value, "x-forwarded-for") == 0)
        arguments->options.forwarded = FLARE_FORWARDED_FOR;
    else if (strcmp(value, "forwarded") == 0)
        arguments->options.forwarded = FLARE_FORWARDED_STANDARD;
    else
        return wrong(arguments, "%s: '%s' is not one of x-forwarded-for, forwarded", name, value);
    return true;
}

static bool set_session_keys(struct flarei_arguments *arguments, const char *name, const char *value)
{
    if (value[0] == '\0')
        return wrong(arguments, "%s: a file name is empty", name);
    arguments->options.session_key_file = value;
    return true;
}

static bool set_workers(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return number(arguments, name, value, WORKERS_MAX, &arguments->options.workers);
}

static bool set_blocking_threads(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return number(arguments, name, value, BLOCKING_THREADS_MAX, &arguments->options.blocking_threads);
}

static bool set_drain(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return number(arguments, name, value, SECONDS_MAX, &arguments->options.drain_seconds);
}

static bool set_drain_delay(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return number(arguments, name, value, SECONDS_MAX, &arguments->options.drain_delay_seconds);
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

static bool set_log_file(struct flarei_arguments *arguments, const char *name, const char *value)
{
    if (value[0] == '\0')
        return wrong(arguments, "%s: a file name is empty", name);
    arguments->log_file = value;
    return true;
}

static bool set_config(struct flarei_arguments *arguments, const char *name, const char *value)
{
    (void)name;
    arguments->config = value;
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

static bool set_supervise(struct flarei_arguments *arguments, const char *name, const char *value)
{
    return yes(arguments, name, value, &arguments->supervise);
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
    {"--config", "FLARE_CONFIG", "FILE", "name = value lines, named as the flags; these and variables win",
     set_config, NULL},
    {"--listen", "FLARE_LISTEN", "ADDR",
     "127.0.0.1:8080, [::1]:8080 or unix:PATH, after tls: for HTTPS, after proxy: for PROXY; repeats",
     set_listen, reset_listen},
    {"--tls-cert", "FLARE_TLS_CERT", "FILE", "PEM: the server's certificate and its issuers; repeats",
     set_certificate, reset_certificates},
    {"--tls-key", "FLARE_TLS_KEY", "FILE", "PEM: its key, one a certificate in the same order", set_key,
     reset_keys},
    {"--tls-ocsp", NULL, "FILE", "DER: an OCSP response for the certificate before it", set_ocsp, NULL},
    {"--tls-client-ca", "FLARE_TLS_CLIENT_CA", "FILE", "PEM: who may sign the certificates of peers",
     set_client_ca, NULL},
    {"--tls-client", "FLARE_TLS_CLIENT", "HOW", "peers' certificates are optional or required (required)",
     set_client, NULL},
    {"--tls-ticket-period", "FLARE_TLS_TICKET_PERIOD", "SECONDS", "of one key for session tickets (43200)",
     set_ticket_period, NULL},
    {"--tls-kernel", "FLARE_TLS_KERNEL", NULL, "let the kernel encrypt, where it can", set_ktls, NULL},
    {"--session-key-file", "FLARE_SESSION_KEY_FILE", "FILE", "keys that sessions are signed with",
     set_session_keys, NULL},
    {"--trusted-proxy", "FLARE_TRUSTED_PROXY", "RANGE",
     "10.0.0.0/8, ::1 or unix: who tells clients' addresses; repeats", set_trusted, reset_trusted},
    {"--forwarded-field", "FLARE_FORWARDED_FIELD", "NAME",
     "where they do: x-forwarded-for or forwarded (x-forwarded-for)", set_forwarded, NULL},
    {"--workers", "FLARE_WORKERS", "N", "threads; 0, the default, is one a core", set_workers, NULL},
    {"--blocking-threads", "FLARE_BLOCKING_THREADS", "N", "threads at most for what blocks (64)",
     set_blocking_threads, NULL},
    {"--drain", "FLARE_DRAIN", "SECONDS", "for requests under way after a stop (30)", set_drain, NULL},
    {"--drain-delay", "FLARE_DRAIN_DELAY", "SECONDS", "from a stop to the drain; ready() says no (0)",
     set_drain_delay, NULL},
    {"--log", "FLARE_LOG", "FORMAT", "text, json or off (text)", set_log, NULL},
    {"--log-file", "FLARE_LOG_FILE", "FILE", "the log, and what else goes to stderr; opened again by SIGHUP",
     set_log_file, NULL},
    {"--listener", "FLARE_LISTENER", "HOW", "workers share an address by reuseport or shared (reuseport)",
     set_listener, NULL},
    {"--supervise", "FLARE_SUPERVISE", NULL, "workers are processes, started again when one crashes",
     set_supervise, NULL},
    {"--pin", "FLARE_PIN", NULL, "pin each worker to a core", set_pin, NULL},
    {"--expose-errors", "FLARE_EXPOSE_ERRORS", NULL, "error texts in bodies: for development only",
     set_expose_errors, NULL},
    {"--poll", "FLARE_POLL", NULL, "use poll(2) instead of the system's best", set_poll, NULL},
    {"--check", NULL, NULL, "open the state, bind the addresses, and exit", set_check, NULL},
    {"--version", NULL, NULL, "print the version, and exit", set_version, NULL},
    {"--help", NULL, NULL, "print this, and exit", set_help, NULL},
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

/* A variable of what repeats is a list with commas. */
static bool read_list(struct flarei_arguments *arguments, const struct option *option, const char *value,
                      char *at)
{
    const size_t length = strlen(value);

    if (length >= sizeof arguments->variables[0])
        return wrong(arguments, "%s: longer than %zu bytes", option->variable,
                     sizeof arguments->variables[0] - 1);
    memcpy(at, value, length + 1);
    for (;;) {
        char *comma = strchr(at, ',');

        if (comma != NULL)
            *comma = '\0';
        if (!option->set(arguments, option->variable, at))
            return false;
        if (comma == NULL)
            return true;
        at = comma + 1;
    }
}

/* ---- The file ---- */

/* Options that ask for something else than serving have no place in a file; nor has the file itself. */
static const struct option *find_name(const char *name)
{
    for (size_t i = 1; i < OPTION_COUNT; i++)
        if (options[i].variable != NULL && strcmp(options[i].flag + 2, name) == 0)
            return &options[i];
    return strcmp(name, "tls-ocsp") == 0 ? find("--tls-ocsp", &name) : NULL;
}

static bool read_line(struct flarei_arguments *arguments, const char *name, const char *value)
{
    const struct option *option = find_name(name);

    if (option == NULL)
        return wrong(arguments, "%s: no such option", name);
    return option->set(arguments, name, value);
}

/* A complaint with the place before it. */
static bool misplaced(struct flarei_arguments *arguments, unsigned line)
{
    char what[sizeof arguments->error];

    memcpy(what, arguments->error, sizeof what);
    return wrong(arguments, "%s:%u: %.150s", arguments->config, line, what);
}

/* The last --config of the command line, else the variable. */
static const char *find_config(int argc, char *const *argv, char *(*get)(const char *name))
{
    const char *path = get("FLARE_CONFIG");

    for (int i = 1; i < argc; i++) {
        const char *value = NULL;
        const struct option *option = find(argv[i], &value);

        if (option == NULL || option->value == NULL)
            continue;
        if (value == NULL && ++i < argc)
            value = argv[i];
        if (option == &options[0])
            path = value;
    }
    return path;
}

static bool read_config(struct flarei_arguments *arguments)
{
    struct flarei_config config = {0};
    const char *name, *value;
    flare_err err;

    if (arguments->config == NULL)
        return true;
    err = flarei_config_load(arguments->config, &arguments->config_text);
    if (err != FLARE_OK)
        return wrong(arguments, "--config: %s: %s", arguments->config, flare_err_text(err));
    config.at = arguments->config_text;
    while (flarei_config_next(&config, &name, &value))
        if (!read_line(arguments, name, value))
            return misplaced(arguments, config.line);
    if (config.wrong == NULL)
        return true;
    (void)wrong(arguments, "%s", config.wrong);
    return misplaced(arguments, config.line);
}

static bool read_variables(struct flarei_arguments *arguments, char *(*get)(const char *name))
{
    size_t lists = 0;

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *value = options[i].variable ? get(options[i].variable) : NULL;

        if (value == NULL)
            continue;
        if (options[i].reset != NULL)
            options[i].reset(arguments);
        if (options[i].reset != NULL
                ? !read_list(arguments, &options[i], value, arguments->variables[lists++])
                : !options[i].set(arguments, options[i].variable, value))
            return false;
    }
    arguments->options.session_keys = get("FLARE_SESSION_KEYS"); /* a flag would be seen by everybody */
    return true;
}

static bool read_flags(struct flarei_arguments *arguments, int argc, char *const *argv)
{
    bool seen[OPTION_COUNT] = {false};

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
        if (option->reset != NULL && !seen[option - options])
            option->reset(arguments);
        seen[option - options] = true;
        if (!option->set(arguments, option->flag, value))
            return false;
    }
    return true;
}

const char *flarei_arguments_behind(const char *text, const char *prefix)
{
    const size_t length = strlen(prefix);

    return strncmp(text, prefix, length) == 0 ? text + length : text;
}

/* An address with `proxy:` would believe nobody without them. */
static bool check_proxies(struct flarei_arguments *arguments)
{
    for (size_t i = 0; i < arguments->listen_count && arguments->trusted_count == 0; i++)
        if (strncmp(arguments->listen[i], "proxy:", 6) == 0)
            return wrong(arguments, "--listen proxy: needs --trusted-proxy");
    arguments->options.trusted_proxies = arguments->trusted;
    arguments->options.trusted_proxy_count = arguments->trusted_count;
    return true;
}

/* Certificates have keys, and somewhere to be shown. */
static bool check_tls(struct flarei_arguments *arguments)
{
    bool secure = arguments->listen_count == 0;

    for (size_t i = 0; i < arguments->listen_count; i++)
        secure |= strncmp(flarei_arguments_behind(arguments->listen[i], "proxy:"), "tls:", 4) == 0;
    if (arguments->certificate_count != arguments->key_count)
        return wrong(arguments, "%zu of --tls-cert and %zu of --tls-key: each certificate needs its key",
                     arguments->certificate_count, arguments->key_count);
    if (arguments->certificate_count == 0) {
        if (secure && arguments->listen_count != 0)
            return wrong(arguments, "--listen tls: needs --tls-cert and --tls-key");
        return true;
    }
    if (!secure)
        return wrong(arguments, "--tls-cert: no address speaks TLS; write --listen tls:ADDR");
    if (arguments->tls.client != FLARE_TLS_CLIENT_NONE && arguments->tls.client_ca == NULL)
        return wrong(arguments, "--tls-client: needs --tls-client-ca");
    arguments->tls.pairs = arguments->pairs;
    arguments->tls.pair_count = arguments->certificate_count;
    arguments->options.tls = &arguments->tls;
    return true;
}

/* The sockets that a service manager opened, or one of our own. */
static void listen_by_default(struct flarei_arguments *arguments, size_t inherited)
{
    const bool secure = arguments->options.tls != NULL;

    for (size_t i = 0; i < inherited && i < FLAREI_ADDRESSES_MAX; i++) {
        (void)snprintf(arguments->inherited[i], sizeof arguments->inherited[i], "%sfd:%u",
                       secure ? "tls:" : "", FLAREI_INHERITED_FIRST + (unsigned)i);
        arguments->listen[arguments->listen_count++] = arguments->inherited[i];
    }
    if (inherited == 0)
        arguments->listen[arguments->listen_count++] = secure ? "tls:127.0.0.1:8443" : "127.0.0.1:8080";
}

bool flarei_arguments_read(struct flarei_arguments *arguments, int argc, char *const *argv,
                           char *(*get)(const char *name))
{
    static const flare_options defaults = FLARE_OPTIONS_DEFAULT;

    memset(arguments, 0, sizeof *arguments);
    arguments->options = defaults;
    arguments->options.notify = true;
    arguments->config = find_config(argc, argv, get);
    if (!read_config(arguments) || !read_variables(arguments, get) || !read_flags(arguments, argc, argv) ||
        !check_tls(arguments) || !check_proxies(arguments))
        return false;
    if (arguments->listen_count == 0)
        listen_by_default(arguments, flarei_inherited_count(get));
    return true;
}

void flarei_arguments_free(struct flarei_arguments *arguments)
{
    flarei_free(arguments->config_text);
    arguments->config_text = NULL;
}

int flarei_arguments_help(const flare_service *service, char *text, size_t bytes)
{
    int length = snprintf(text, bytes, "%.*s%s%.*s\n\n", FLARE_STR_ARG(service->name),
                          service->version.len > 0 ? " " : "", FLARE_STR_ARG(service->version));

    for (size_t i = 0; i < OPTION_COUNT && length >= 0 && (size_t)length < bytes; i++) {
        const struct option *option = &options[i];

        length += snprintf(text + length, bytes - (size_t)length, "  %-19s %-8s %s%s%s%s\n", option->flag,
                           option->value ? option->value : "", option->help, option->variable ? " [" : "",
                           option->variable ? option->variable : "", option->variable ? "]" : "");
    }
    return length;
}
