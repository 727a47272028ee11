/* Errors are values: each has a name and a text, each failure of a network is an error of its own. */
#include <flare/stream.h>

#include <stdio.h>

static void dial(const char *what, const flare_address *address)
{
    const flare_dial_options to = {.to = {.address = address, .timeout_ms = 1000}};
    flare_stream *stream;
    const flare_err err = flare_stream_dial_wait(&stream, &to);

    (void)printf("%-18s %s: %s\n", what, flare_err_name(err), flare_err_text(err));
    flare_stream_close(stream); /* NULL after a failure, which is allowed */
}

/* One that listens and never says a word. */
static void wait_for_silence(void)
{
    static const flare_address loopback = {.family = FLARE_ADDRESS_IPV4, .ip = {127, 0, 0, 1}};
    flare_dial_options to = {.to = {.host = FLARE_STR_INIT("127.0.0.1"), .timeout_ms = 1000}};
    flare_listener listener;
    flare_stream *stream;
    flare_err err = flare_listener_open(&listener, &loopback, NULL);
    flare_address nobody;
    char room[8];

    if (err != FLARE_OK)
        return;
    nobody = listener.address;
    to.to.port = nobody.port;
    err = flare_stream_dial_wait(&stream, &to);
    if (err == FLARE_OK)
        err = (flare_err)flare_stream_read_wait(stream, room, sizeof room, 50);
    (void)printf("%-18s %s: %s\n", "nothing comes", flare_err_name(err), flare_err_text(err));
    flare_stream_close(stream);
    flare_listener_close(&listener);
    dial("nobody listens", &nobody);
}

int main(void)
{
    flare_address address;
    const char *why;
    flare_err err = flare_address_parse(FLARE_STR("127.0.0.1:99999"), &address, &why);

    (void)printf("%-18s %s: %s\n", "a wrong port", flare_err_name(err), why);
    wait_for_silence();
    if (flare_address_parse(FLARE_STR("unix:/nowhere/at/all"), &address, NULL) == FLARE_OK)
        dial("no such socket", &address);
    return 0;
}
