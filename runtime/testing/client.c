/* The HTTP client, asking a service in its own process. */
#include "client/pool.h"
#include "testing/service.h"

static int connect_to(void *test)
{
    return flarei_test_connect(test);
}

flare_err flare_test_client(flare_client **client, flare_test *test, const flare_client_options *options)
{
    flare_client_options how = {.proxy = NULL};
    flare_err err;

    if (options != NULL)
        how = *options;
    how.proxy = NULL; /* there is no way to go by */
    how.proxy_environment = false;
    err = flare_client_create(client, flarei_test_loop(test), &how);
    if (err != FLARE_OK)
        return err;
    (*client)->own_loop = (*client)->lent_loop = true;
    (*client)->connect = connect_to;
    (*client)->connect_context = test;
    return FLARE_OK;
}
