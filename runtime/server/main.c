#include "net/sys.h"
#include "server/options.h"
#include "server/secure.h"

#include <flare/version.h>

#include <stdio.h>
#include <stdlib.h>

enum { EXIT_SERVED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int complain(const flare_service *service, const char *what, int status)
{
    (void)fprintf(stderr, "%.*s: %s\n", FLARE_STR_ARG(service->name), what);
    return status;
}

static int show_help(const flare_service *service)
{
    char text[4096];

    (void)flarei_arguments_help(service, text, sizeof text);
    return fputs(text, stdout) < 0 ? EXIT_FAILED : EXIT_SERVED;
}

static int show_version(const flare_service *service)
{
    (void)printf("%.*s%s%.*s (flare " FLARE_VERSION ")\n", FLARE_STR_ARG(service->name),
                 service->version.len > 0 ? " " : "", FLARE_STR_ARG(service->version));
    return EXIT_SERVED;
}

/* One line an address, for people and for scripts that asked for port 0. */
static void announce(const flare_service *service, const flare_server *server)
{
    const char *address;

    for (size_t i = 0; (address = flare_server_address(server, i)) != NULL; i++) {
        const bool secure = strncmp(address, "tls:", 4) == 0;
        const char *const place = secure ? address + 4 : address;

        (void)printf("%.*s%s%.*s listening on %s%s\n", FLARE_STR_ARG(service->name),
                     service->version.len > 0 ? " " : "", FLARE_STR_ARG(service->version),
                     strncmp(place, "unix:", 5) == 0 ? "" : (secure ? "https://" : "http://"), place);
    }
    (void)fflush(stdout);
}

/* A peer, or the reader of the log, that went away is an error of a call and not of the process. */
static void ignore_broken_pipes(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)flarei_sys.sigaction(SIGPIPE, &ignore, NULL);
}

static int run(flare_server *server, const flare_service *service, const struct flarei_arguments *arguments)
{
    if (arguments->options.tls != NULL && flarei_secure_begin(server) != FLARE_OK)
        return complain(service, flare_server_error(server), EXIT_USAGE);
    for (size_t i = 0; i < arguments->listen_count; i++)
        if (flare_server_listen(server, service, arguments->listen[i]) != FLARE_OK)
            return complain(service, flare_server_error(server), EXIT_FAILED);
    if (arguments->check)
        return EXIT_SERVED;
    announce(service, server);
    if (flare_server_run(server) != FLARE_OK)
        return complain(service, flare_server_error(server), EXIT_FAILED);
    return EXIT_SERVED;
}

int flare_main(int argc, char **argv, const flare_service *service)
{
    return flare_main_with_guest(argc, argv, service, NULL);
}

int flare_main_with_guest(int argc, char **argv, const flare_service *service,
                          const flare_server_guest *guest)
{
    struct flarei_arguments arguments;
    flare_server *server;
    flare_err err;
    int status;

    if (!flarei_arguments_read(&arguments, argc, argv, getenv))
        return complain(service, arguments.error, EXIT_USAGE);
    if (arguments.help)
        return show_help(service);
    if (arguments.version)
        return show_version(service);
    ignore_broken_pipes();
    err = flare_server_new(&arguments.options, &server);
    if (err != FLARE_OK)
        return complain(service, flare_err_text(err), EXIT_FAILED);
    (void)flare_server_set_guest(server, guest);
    status = run(server, service, &arguments);
    flare_server_free(server);
    return status;
}
