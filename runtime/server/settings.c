#include "server/settings.h"

#include "net/sys.h"
#include "server/trust.h"

#include <flare/log.h>
#include <flare/memory.h>

#include <errno.h>
#include <stdlib.h>

static void free_arguments(struct flarei_arguments *arguments)
{
    if (arguments != NULL)
        flarei_arguments_free(arguments);
    flarei_free(arguments);
}

bool flarei_settings_read(struct flarei_settings *settings, int argc, char *const *argv)
{
    *settings = (struct flarei_settings){.argc = argc, .argv = argv};
    settings->now = flarei_malloc(sizeof *settings->now);
    return settings->now != NULL && flarei_arguments_read(settings->now, argc, argv, getenv);
}

void flarei_settings_free(struct flarei_settings *settings)
{
    free_arguments(settings->now);
    settings->now = NULL;
}

/* In place of the descriptor, so that no thread sees it closed. */
flare_err flarei_settings_log(const struct flarei_settings *settings)
{
    flare_err err = FLARE_OK;
    int fd;

    if (settings->now->log_file == NULL)
        return FLARE_OK;
    fd = flarei_sys.open_log(settings->now->log_file);
    if (fd < 0)
        return flarei_err_from_errno(errno);
    if (flarei_sys.dup2(fd, 2) < 0)
        err = flarei_err_from_errno(errno);
    flare_socket_close(fd);
    return err;
}

static bool same_texts(const char *const *a, size_t a_count, const char *const *b, size_t b_count)
{
    for (size_t i = 0; i < a_count && a_count == b_count; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return a_count == b_count;
}

/* Names what only a new process can change. */
static void tell_what_stays(const struct flarei_arguments *a, const struct flarei_arguments *b)
{
    const struct {
        const char *name;
        bool same;
    } rows[] = {
        {"listen", same_texts(a->listen, a->listen_count, b->listen, b->listen_count)},
        {"workers", a->options.workers == b->options.workers},
        {"listener", a->options.listeners == b->options.listeners},
        {"log", a->options.log == b->options.log},
        {"supervise", a->supervise == b->supervise},
        {"pin", a->options.pin == b->options.pin},
        {"poll", a->options.poll == b->options.poll},
        {"expose-errors", a->options.expose_errors == b->options.expose_errors},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!rows[i].same)
            flare_log(FLARE_LOG_WARN, "%s: stays as it is until a restart", rows[i].name);
}

/* @return false without memory */
static bool apply(flare_server *server, struct flarei_arguments *next)
{
    struct flarei_trust *trust;

    if (flarei_trust_make(&next->options, &trust) != FLARE_OK)
        return false;
    flarei_trust_renew(server, trust);
    server->options.drain_seconds = next->options.drain_seconds;
    server->options.drain_delay_seconds = next->options.drain_delay_seconds;
    if (next->options.tls != NULL)
        server->options.tls = next->options.tls;
    return true;
}

void flarei_settings_reload(void *context)
{
    struct flarei_settings *settings = context;
    struct flarei_settings next;

    if (settings->server->draining)
        return;
    if (!flarei_settings_read(&next, settings->argc, settings->argv) || !apply(settings->server, next.now)) {
        flare_log(FLARE_LOG_ERROR, "the configuration stays as it was: %s",
                  next.now != NULL && next.now->error[0] != '\0' ? next.now->error : "out of memory");
        flarei_settings_free(&next);
        return;
    }
    tell_what_stays(settings->now, next.now);
    if (next.now->options.tls == NULL && settings->now->options.tls != NULL) {
        flare_log(FLARE_LOG_WARN, "tls-cert: stays as it is until a restart");
        flarei_settings_free(&next);
        return;
    }
    flarei_settings_free(settings);
    settings->now = next.now;
    if (flarei_settings_log(settings) != FLARE_OK)
        flare_log(FLARE_LOG_ERROR, "%s: can't be opened", settings->now->log_file);
    flare_log(FLARE_LOG_INFO, "the configuration was read again");
}
