/* HTTP/2 over TLS, chosen by ALPN: requests side by side over one connection, while a large upload goes on.
 */
#include <flare/client.h>

#include <stdio.h>
#include <string.h>

enum { REQUESTS = 50, UPLOAD_BYTES = 1000000 };

static struct {
    flare_loop *loop;
    unsigned done, good, over_h2;
    uint64_t uploaded;
    char measured[64];
} all;

static void done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    if (context != NULL)
        (void)snprintf(context, sizeof all.measured, "%.*s", FLARE_STR_ARG(reply->content));
    all.good += err == FLARE_OK && reply->status == 200;
    all.over_h2 += reply->version == 20;
    flare_fetch_free(fetch);
    if (++all.done == REQUESTS + 1)
        flare_loop_stop(all.loop);
}

/* The content of the upload is made as the server takes it. */
static ptrdiff_t more(void *context, void *buffer, size_t bytes)
{
    const uint64_t left = UPLOAD_BYTES - all.uploaded;

    (void)context;
    if (bytes > left)
        bytes = (size_t)left;
    memset(buffer, '.', bytes);
    all.uploaded += bytes;
    return (ptrdiff_t)bytes;
}

static flare_err ask(flare_client *client, const char *base)
{
    static const flare_fetch_handler handler = {.done = done};
    const flare_fetch_source source = {.read = more, .length = FLARE_FETCH_LENGTH_UNKNOWN};
    char upload[256], small[256];
    flare_fetch_options options = {.url = {upload, 0},
                                   .method = FLARE_STR("POST"),
                                   .source = &source,
                                   .content_type = FLARE_STR("application/octet-stream")};
    flare_fetch *fetch;
    flare_err err;

    options.url.len = (size_t)snprintf(upload, sizeof upload, "%.240s/measure", base);
    err = flare_fetch_start(&fetch, client, &options, &handler, all.measured);
    options =
        (flare_fetch_options){.url = {small, (size_t)snprintf(small, sizeof small, "%.240s/tile/1", base)}};
    for (int i = 0; i < REQUESTS && err == FLARE_OK; i++)
        err = flare_fetch_start(&fetch, client, &options, &handler, NULL);
    return err == FLARE_OK ? flare_loop_run(all.loop) : err;
}

int main(int argc, char **argv)
{
    const flare_tls_connector_options trust = {.ca = argc > 2 ? argv[2] : NULL};
    flare_client_options options = {.http2 = FLARE_CLIENT_HTTP2_OFFERED};
    flare_client *client = NULL;
    flare_err err = flare_loop_create(&all.loop, FLARE_LOOP_DEFAULT);

    if (err == FLARE_OK)
        err = flare_tls_connector_create(&options.tls, &trust, NULL, 0);
    if (err == FLARE_OK)
        err = flare_client_create(&client, all.loop, &options);
    if (err == FLARE_OK)
        err = ask(client, argc > 1 ? argv[1] : "");
    if (err == FLARE_OK)
        printf("%u good replies, %u over HTTP/2, %zu connection, sent %s", all.good, all.over_h2,
               flare_client_connections(client), all.measured);
    else
        (void)fprintf(stderr, "http2_client: %s\n", flare_err_text(err));
    flare_client_free(client);
    flare_tls_connector_free(options.tls);
    flare_loop_destroy(all.loop);
    return err != FLARE_OK;
}
