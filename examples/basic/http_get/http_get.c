/* Asks for a URL and prints what comes back; what goes wrong is told apart. */
#include <flare/client.h>

#include <stdio.h>

static void show(const flare_fetch_reply *reply)
{
    const flare_str type = flare_fetch_field(reply, FLARE_STR("content-type"));

    printf("%u %.*s\n%.*s", reply->status, FLARE_STR_ARG(type), FLARE_STR_ARG(reply->content));
}

int main(int argc, char **argv)
{
    const flare_fetch_options options = {
        .url = flare_str_of(argc == 2 ? argv[1] : ""), .timeout_ms = 10000, .retries_max = 2};
    const flare_fetch_reply *reply;
    flare_client *client;
    flare_fetch *fetch;
    flare_err err = flare_client_create(&client, NULL, NULL);

    if (err != FLARE_OK)
        return 1;
    err = flare_fetch_wait(&fetch, client, &options, &reply);
    if (err == FLARE_OK)
        show(reply);
    else
        printf("%s%s%s\n", flare_err_text(err), flare_fetch_why(fetch) != NULL ? ": " : "",
               flare_fetch_why(fetch) != NULL ? flare_fetch_why(fetch) : "");
    flare_fetch_free(fetch);
    flare_client_free(client);
    return 0;
}
