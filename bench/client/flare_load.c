/* Asks for one URL many times over kept connections, by flare's client.
 * usage: flare_load URL h1|h2 REQUESTS AT_A_TIME AUTHORITY */
#include <flare/client.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static flare_loop *loop;
static flare_client *client;
static flare_fetch_options options;
static unsigned long to_begin, under_way, good;

static void done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply);

static void begin(void)
{
    static const flare_fetch_handler handler = {.done = done};
    flare_fetch *fetch;

    to_begin--;
    under_way++;
    if (flare_fetch_start(&fetch, client, &options, &handler, NULL) != FLARE_OK)
        exit(1);
}

static void done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    (void)context;
    good += err == FLARE_OK && reply->status == 200 && reply->content.len == 13;
    flare_fetch_free(fetch);
    under_way--;
    if (to_begin != 0)
        begin();
    else if (under_way == 0)
        flare_loop_stop(loop);
}

int main(int argc, char **argv)
{
    struct timespec spent;

    if (argc != 6)
        return 2;
    const bool h2 = strcmp(argv[2], "h2") == 0;
    const unsigned long requests = strtoul(argv[3], NULL, 10), at_a_time = strtoul(argv[4], NULL, 10);
    const flare_tls_connector_options trust = {.ca = argv[5]};
    flare_client_options how = {.http2 = h2 ? FLARE_CLIENT_HTTP2_OFFERED : FLARE_CLIENT_HTTP2_NEVER,
                                .origin_connections_max = (uint32_t)at_a_time};
    options.url = flare_str_of(argv[1]);
    to_begin = requests;
    if (flare_tls_connector_create(&how.tls, &trust, NULL, 0) != FLARE_OK ||
        flare_loop_create(&loop, FLARE_LOOP_DEFAULT) != FLARE_OK ||
        flare_client_create(&client, loop, &how) != FLARE_OK)
        return 1;
    for (unsigned long i = 0; i < at_a_time && to_begin != 0; i++)
        begin();
    if (flare_loop_run(loop) != FLARE_OK)
        return 1;
    flare_client_free(client);
    flare_tls_connector_free(how.tls);
    flare_loop_destroy(loop);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    printf("%lu good, %.0f ns each\n", good,
           ((double)spent.tv_sec * 1e9 + (double)spent.tv_nsec) / (double)requests);
    return 0;
}
