#include "loop/loop.h"
#include "net/sys.h"
#include "server/crash.h"
#include "server/secure.h"
#include "server/supervisor.h"

#include <flare/version.h>

#include <stdio.h>

enum { EXIT_SERVED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int complain(const flare_service *service, const char *what, int status)
{
    (void)fprintf(stderr, "%.*s: %s\n", FLARE_STR_ARG(service->name), what);
    return status;
}

static int complain_of_file(const flare_service *service, const char *file, flare_err err)
{
    char what[512];

    (void)snprintf(what, sizeof what, "%s: %s", file, flare_err_text(err));
    return complain(service, what, EXIT_FAILED);
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
static void announce(const flare_service *service, const char *address)
{
    const char *const behind = flarei_arguments_behind(address, "proxy:");
    const char *const place = flarei_arguments_behind(behind, "tls:");
    const char *const scheme = place != behind ? "https://" : "http://";

    (void)printf("%.*s%s%.*s listening on %s%s\n", FLARE_STR_ARG(service->name),
                 service->version.len > 0 ? " " : "", FLARE_STR_ARG(service->version),
                 strncmp(place, "unix:", 5) == 0 ? "" : scheme, place);
}

static void announce_all(const flare_service *service, const flare_server *server)
{
    const char *address;

    for (size_t i = 0; (address = flare_server_address(server, i)) != NULL; i++)
        announce(service, address);
    (void)fflush(stdout);
}

/* A peer, or the reader of the log, that went away is an error of a call and not of the process. */
static void ignore_broken_pipes(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)flarei_sys.sigaction(SIGPIPE, &ignore, NULL);
}

static int run(struct flarei_settings *settings, const flare_service *service, struct flarei_share *share)
{
    flare_server *const server = settings->server;
    const struct flarei_arguments *const arguments = settings->now;
    const char *const *const listen = share != NULL ? share->listen : arguments->listen;
    const size_t count = share != NULL ? share->listen_count : arguments->listen_count;
    flare_err err;

    if (arguments->options.tls != NULL && flarei_secure_begin(server) != FLARE_OK)
        return complain(service, flare_server_error(server), EXIT_USAGE);
    if (share != NULL) {
        server->tls_tickets = share->tickets;
        flarei_tls_tickets_forget(&share->tickets);
    }
    for (size_t i = 0; i < count; i++)
        if (flare_server_listen(server, service, listen[i]) != FLARE_OK)
            return complain(service, flare_server_error(server), EXIT_FAILED);
    if (arguments->check)
        return EXIT_SERVED;
    flarei_signals_hold(false);
    if (share == NULL)
        announce_all(service, server);
    err = share == NULL ? flarei_settings_log(settings) : FLARE_OK;
    if (err != FLARE_OK)
        return complain_of_file(service, arguments->log_file, err);
    flarei_crash_install(service->name);
    if (flare_server_run(server) != FLARE_OK)
        return complain(service, flare_server_error(server), EXIT_FAILED);
    return EXIT_SERVED;
}

/* @param share of a process among several, or NULL */
static int serve(struct flarei_settings *settings, const flare_service *service,
                 const flare_server_guest *guest, struct flarei_share *share)
{
    flare_options options = settings->now->options;
    flare_err err;
    int status;

    options.workers = share != NULL ? 1 : options.workers;
    err = flare_server_new(&options, &settings->server);
    if (err != FLARE_OK)
        return complain(service, flare_err_text(err), EXIT_FAILED);
    settings->server->reloading = flarei_settings_reload;
    settings->server->reloading_context = settings;
    settings->server->signals_held = true;
    if (share != NULL) {
        settings->server->notify.fd = share->notify;
        settings->server->first_worker = share->index;
    }
    (void)flare_server_set_guest(settings->server, guest);
    status = run(settings, service, share);
    flare_server_free(settings->server);
    return status;
}

static int supervise(struct flarei_settings *settings, const flare_service *service,
                     const flare_server_guest *guest)
{
    struct flarei_share share = {.notify = -1};
    int status;

    if (flarei_supervise(settings, service, announce, &share, &status))
        return serve(settings, service, guest, &share);
    return status;
}

int flare_main(int argc, char **argv, const flare_service *service)
{
    return flare_main_with_guest(argc, argv, service, NULL);
}

int flare_main_with_guest(int argc, char **argv, const flare_service *service,
                          const flare_server_guest *guest)
{
    struct flarei_settings settings;
    int status;

    if (!flarei_settings_read(&settings, argc, argv)) {
        status = complain(service, settings.now ? settings.now->error : "out of memory", EXIT_USAGE);
    } else if (settings.now->help) {
        status = show_help(service);
    } else if (settings.now->version) {
        status = show_version(service);
    } else {
        ignore_broken_pipes();
        flarei_signals_hold(true);
        status = settings.now->supervise && !settings.now->check ? supervise(&settings, service, guest)
                                                                 : serve(&settings, service, guest, NULL);
    }
    flarei_settings_free(&settings);
    return status;
}
