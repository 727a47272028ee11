/* Asks the mock of rates.flare, whose URL is given, for both replies. */
#include "rates.client.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    static const flare_field prefer = {FLARE_STR_INIT("Prefer"), FLARE_STR_INIT("code=404")};
    const rates_client_get_rate_in in = {.currency = FLARE_STR_INIT("EUR")};
    flare_client *client = NULL;
    int failed = argc != 2 || flare_client_create(&client, NULL, NULL) != FLARE_OK;

    for (size_t i = 0; i < 2 && !failed; i++) {
        const flare_remote rates = {client,
                                    {.url = flare_str_of(argv[1]), .fields = &prefer, .field_count = i}};
        rates_client_get_rate_out out;
        const flare_err err = rates_client_get_rate(&rates, &in, &out);

        printf("%s %d\n", flare_err_text(err), (int)out.reply);
        failed = err != FLARE_OK ||
                 out.reply != (i == 0 ? RATES_CLIENT_GET_RATE_OK : RATES_CLIENT_GET_RATE_NOT_FOUND);
        flare_call_free(&out.call);
    }
    flare_client_free(client);
    return failed;
}
