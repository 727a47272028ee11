/* A client by flare that echoes, one connection after the other, until nobody listens, for judge_client.py.
 *
 * usage: echo_client [-k] URL
 *        echo_client [-k | -o] URL COUNT KIND [CA]    sends COUNT messages of many sizes, of KIND text, bytes
 * or both, and says how many came back the same. -k: HTTP/2 is known; -o: offered */
#include <flare/websocket_client.h>

#include <stdio.h>
#include <stdlib.h>

static flare_loop *loop;
static flare_err last;
static bool over;
static bool was_http2;

/* ---- Messages of its own ---- */

static unsigned count, sent, same;
static const char *kind = "both";
static char *text;

static flare_str message_of(unsigned number)
{
    const size_t bytes = (size_t)number * number * 7 % (1u << 17);

    for (size_t i = 0; i < bytes; i++)
        text[i] = (char)('a' + (i * number + i / 97) % 26);
    return (flare_str){text, bytes};
}

static bool is_text_now(void)
{
    return kind[0] == 't' || (kind[1] == 'o' && sent % 2 == 0);
}

static void send_next(flare_ws_client *ws)
{
    if (sent == count) {
        (void)flare_ws_client_close(ws, FLARE_WS_NORMAL, FLARE_STR("done"));
        return;
    }
    sent++;
    if (is_text_now())
        (void)flare_ws_client_send_text(ws, message_of(sent));
    else
        (void)flare_ws_client_send_bytes(ws, message_of(sent));
}

/* ---- What the socket calls ---- */

static void opened(flare_ws_client *ws, void *context, flare_err err)
{
    (void)context;
    last = err;
    was_http2 = flare_ws_client_is_http2(ws);
    if (err != FLARE_OK) {
        over = true;
        flare_ws_client_free(ws);
    } else if (count != 0) {
        send_next(ws);
    }
}

static void message(flare_ws_client *ws, void *context, bool is_text, flare_str payload)
{
    (void)context;
    if (count != 0) {
        const flare_str want = message_of(sent);

        same += is_text == is_text_now() && flare_str_equal(payload, want);
        send_next(ws);
    } else if (is_text) {
        (void)flare_ws_client_send_text(ws, payload);
    } else {
        (void)flare_ws_client_send_bytes(ws, payload);
    }
}

static void closed(flare_ws_client *ws, void *context, flare_err err, unsigned code, flare_str reason)
{
    (void)context, (void)reason;
    last = err;
    if (count != 0)
        printf("%u of %u came back, %s, %u%s\n", same, count, flare_err_name(err), code,
               was_http2 ? ", HTTP/2" : "");
    over = true;
    flare_ws_client_free(ws);
}

int main(int argc, char **argv)
{
    static const flare_ws_client_handler handler = {.opened = opened, .message = message, .closed = closed};
    const char *const mode = argc > 1 && argv[1][0] == '-' ? argv[1] : "";

    if (mode[0] == '-') {
        argv++;
        argc--;
    }
    const flare_tls_connector_options trust = {.ca = argc > 4 ? argv[4] : NULL};
    flare_ws_client_options options = {.url = flare_str_of(argc > 1 ? argv[1] : ""),
                                       .message_max_bytes = 32u << 20,
                                       .unsent_max_bytes = 64u << 20,
                                       .http2 = strcmp(mode, "-k") == 0   ? FLARE_WS_CLIENT_HTTP2_KNOWN
                                                : strcmp(mode, "-o") == 0 ? FLARE_WS_CLIENT_HTTP2_OFFERED
                                                                          : FLARE_WS_CLIENT_HTTP2_NEVER};

    count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    if (argc > 3)
        kind = argv[3];
    if (argc > 4 && flare_tls_connector_create(&options.tls, &trust, NULL, 0) != FLARE_OK)
        return 1;
    text = malloc(1u << 17);
    if (text == NULL || flare_loop_create(&loop, FLARE_LOOP_DEFAULT) != FLARE_OK)
        return 1;
    do {
        flare_ws_client *ws;

        over = false;
        last = flare_ws_client_open(&ws, loop, &options, &handler, NULL);
        if (last != FLARE_OK) {
            fprintf(stderr, "echo_client: %s\n", flare_err_text(last));
            break;
        }
        while (!over)
            (void)flare_loop_run_once(loop, 1000);
    } while (count == 0 && last != FLARE_ERR_REFUSED);
    flare_loop_destroy(loop);
    flare_tls_connector_free(options.tls);
    free(text);
    return count != 0 ? same != count || last != FLARE_OK : last != FLARE_ERR_REFUSED;
}
