/* A main() of the stranger's own: serves the address given, until a signal. */
#include <flare/flare.h>
#include "hello.flare.h"

int main(int argc, char **argv)
{
    flare_server *server = NULL;
    flare_options options = FLARE_OPTIONS_DEFAULT;
    flare_err err;

    if (argc != 2)
        return 2;
    options.workers = 1;
    err = flare_server_new(&options, &server);
    if (err == FLARE_OK)
        err = flare_server_listen(server, &hello_service, argv[1]);
    if (err == FLARE_OK)
        err = flare_server_run(server);
    flare_server_free(server);
    return err == FLARE_OK ? 0 : 1;
}
