/* HTTP/2 without TLS, in both ways: offered by Upgrade, and to a server that is known to speak it. */
#include <flare/client.h>

#include <stdio.h>

static flare_err ask(const char *how, flare_client_http2 http2, const char *url)
{
    const flare_client_options options = {.http2 = http2};
    const flare_fetch_reply *reply;
    flare_client *client;
    flare_fetch *fetch;
    flare_err err = flare_client_create(&client, NULL, &options);

    if (err != FLARE_OK)
        return err;
    for (int i = 0; i < 2 && err == FLARE_OK; i++) {
        err = flare_fetch_wait(&fetch, client, &(flare_fetch_options){.url = flare_str_of(url)}, &reply);
        if (err == FLARE_OK)
            printf("%s: %u over HTTP/%s%s\n", how, reply->status, reply->version == 20 ? "2" : "1.1",
                   reply->reused ? ", the same connection" : "");
        flare_fetch_free(fetch);
    }
    flare_client_free(client);
    return err;
}

int main(int argc, char **argv)
{
    const char *const url = argc == 2 ? argv[1] : "";
    flare_err err = ask("by Upgrade", FLARE_CLIENT_HTTP2_UPGRADED, url);

    if (err == FLARE_OK)
        err = ask("known", FLARE_CLIENT_HTTP2_KNOWN, url);
    if (err == FLARE_OK)
        err = ask("never", FLARE_CLIENT_HTTP2_NEVER, url);
    if (err != FLARE_OK)
        (void)fprintf(stderr, "h2c_client: %s\n", flare_err_text(err));
    return err != FLARE_OK;
}
