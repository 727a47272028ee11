/* Many requests on a loop, over few connections that are kept and shared. */
#include <flare/client.h>

#include <stdio.h>
#include <stdlib.h>

static struct {
    flare_loop *loop;
    unsigned asked, done, good, reused;
} all;

static void done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    (void)context;
    all.good += err == FLARE_OK && reply->status == 200;
    all.reused += reply->reused;
    flare_fetch_free(fetch);
    if (++all.done == all.asked)
        flare_loop_stop(all.loop);
}

/* All are begun at once: those that find no connection wait for one. */
static flare_err ask(flare_client *client, const char *url, unsigned count)
{
    static const flare_fetch_handler handler = {.done = done};
    const flare_fetch_options options = {.url = flare_str_of(url)};
    flare_fetch *fetch;

    for (all.asked = 0; all.asked < count; all.asked++) {
        const flare_err err = flare_fetch_start(&fetch, client, &options, &handler, NULL);

        if (err != FLARE_OK)
            return err;
    }
    return flare_loop_run(all.loop);
}

int main(int argc, char **argv)
{
    flare_client_options options = {.idle_ms = 5000};
    flare_client *client = NULL;
    flare_err err;

    if (argc != 4) {
        (void)fprintf(stderr, "usage: client_pool URL REQUESTS CONNECTIONS\n");
        return 2;
    }
    options.origin_connections_max = (uint32_t)strtoul(argv[3], NULL, 10);
    err = flare_loop_create(&all.loop, FLARE_LOOP_DEFAULT);
    if (err == FLARE_OK)
        err = flare_client_create(&client, all.loop, &options);
    if (err == FLARE_OK)
        err = ask(client, argv[1], (unsigned)strtoul(argv[2], NULL, 10));
    if (err == FLARE_OK)
        printf("%u of %u replies, %u over a connection that was there, %zu connections kept\n", all.good,
               all.asked, all.reused, flare_client_idle(client));
    else
        (void)fprintf(stderr, "client_pool: %s\n", flare_err_text(err));
    flare_client_free(client);
    flare_loop_destroy(all.loop);
    return err != FLARE_OK;
}
