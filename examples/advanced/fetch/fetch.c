/* Downloads, uploads, and whatever else is asked of a server: what <flare/client.h> can do, from a shell. */
#include "download.h"

#include <signal.h>
#include <stdlib.h>

enum { DRAW_MS = 100 };

static void tick(flare_loop *loop, flare_timer *timer)
{
    struct all *const all = FLARE_OWNER(timer, struct all, tick);

    progress_draw(all, false);
    flare_timer_set(loop, timer, DRAW_MS);
}

static flare_err make_jar(struct all *all)
{
    flare_cookie_jar_options how = {.is_public_suffix = NULL};

#if FETCH_PSL
    how.is_public_suffix = flare_cookie_public_suffix;
#endif
    return flare_cookie_jar_create(&all->cookies, &how);
}

/* Ctrl-C: what came so far is in the files, and -c goes on there. */
static void interrupted(flare_loop *loop, void *context, int number)
{
    ((struct all *)context)->signal = number;
    flare_loop_stop(loop);
}

static flare_err make_client(struct all *all)
{
    const struct options *const options = all->options;
    const flare_tls_connector_options tls = {.ca = options->authorities, .unverified = options->insecure};
    flare_client_options how = {
        .http2 = options->http2, .proxy = options->proxy, .proxy_environment = options->environment};
    char why[256];
    flare_err err = FLARE_OK;

#if FETCH_BROTLI
    how.coding = &flare_content_br;
#endif
    if (options->keep_cookies)
        err = make_jar(all);
    if (err != FLARE_OK)
        return err;
    how.cookies = all->cookies;

    if (options->authorities != NULL || options->insecure)
        err = flare_tls_connector_create(&how.tls, &tls, why, sizeof why);
    if (err != FLARE_OK)
        (void)fprintf(stderr, "fetch: %s\n", why);
    if (err == FLARE_OK)
        err = flare_client_create(&all->client, all->loop, &how);
    if (err == FLARE_ERR_ARGUMENT)
        (void)fprintf(stderr,
                      "fetch: a proxy is http://HOST:PORT, with USER:PASSWORD@ before the host or without\n");
    flare_tls_connector_free(how.tls); /* the client keeps it */
    return err;
}

static flare_err run(struct all *all)
{
    static const int ending[] = {SIGINT, SIGTERM};
    flare_err err = make_client(all);

    if (err != FLARE_OK)
        return err;
    all->begin_ms = flare_loop_now_ms(all->loop);
    all->tick.callback = tick;
    if (all->options->progress)
        flare_timer_set(all->loop, &all->tick, DRAW_MS);
    err = flare_signals_open(all->loop, ending, 2, interrupted, all);
    downloads_go_on(all);
    if (err == FLARE_OK)
        err = flare_loop_run(all->loop);
    downloads_give_up(all);
    if (all->options->progress)
        progress_draw(all, true);
    flare_signals_close(all->loop);
    flare_timer_cancel(all->loop, &all->tick);
    flare_client_free(all->client);
    return err;
}

int main(int argc, char **argv)
{
    struct options options;
    struct all all = {.options = &options};
    const int status = options_read(&options, argc, argv);
    flare_err err;

    if (status != 0)
        return status - 1;
    (void)signal(SIGPIPE, SIG_IGN);
    all.count = options.url_count;
    all.downloads = calloc((size_t)all.count, sizeof *all.downloads);
    err = all.downloads != NULL ? flare_loop_create(&all.loop, FLARE_LOOP_DEFAULT) : FLARE_ERR_MEMORY;
    if (err == FLARE_OK)
        err = run(&all);
    if (err != FLARE_OK)
        (void)fprintf(stderr, "fetch: %s\n", flare_err_text(err));
    flare_loop_destroy(all.loop);
    flare_cookie_jar_free(all.cookies);
    flare_form_data_free(options.form);
    free(all.downloads);
    if (all.signal != 0)
        return 128 + all.signal; /* as a shell tells it */
    return err != FLARE_OK || all.failed != 0;
}
