/* lws_echo - an echo by libwebsockets, as its API has it: each message that comes is sent back by the next
 * writeable callback.
 *
 *     lws_echo PORT      serves 127.0.0.1:PORT until a signal ends it
 *
 * Messages that come while one waits are held in a ring, and one is written for each callback, which is what
 * the library asks for (lws_write() of one message, then lws_callback_on_writable() for the next).
 */
#include <libwebsockets.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { max_message_bytes = 125, held_messages = 64 };

struct message {
    size_t bytes;
    unsigned char room[LWS_PRE + max_message_bytes];
};

struct session {
    size_t first;
    size_t count;
    struct message held[held_messages];
};

static int take(struct lws *wsi, struct session *session, const void *bytes, size_t len)
{
    struct message *message;

    if (len > max_message_bytes || session->count == held_messages || !lws_is_final_fragment(wsi))
        return -1;
    message = &session->held[(session->first + session->count++) % held_messages];
    message->bytes = len;
    memcpy(message->room + LWS_PRE, bytes, len);
    lws_callback_on_writable(wsi);
    return 0;
}

static int give(struct lws *wsi, struct session *session)
{
    struct message *message;

    if (session->count == 0)
        return 0;
    message = &session->held[session->first];
    session->first = (session->first + 1) % held_messages;
    session->count--;
    if (lws_write(wsi, message->room + LWS_PRE, message->bytes, LWS_WRITE_TEXT) < (int)message->bytes)
        return -1;
    if (session->count > 0)
        lws_callback_on_writable(wsi);
    return 0;
}

static int echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *bytes, size_t len)
{
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED:
        memset(user, 0, sizeof(struct session));
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return take(wsi, user, bytes, len);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return give(wsi, user);
    default:
        return 0;
    }
}

int main(int argc, char **argv)
{
    static const struct lws_protocols protocols[] = {{.name = "echo",
                                                      .callback = echo,
                                                      .per_session_data_size = sizeof(struct session),
                                                      .rx_buffer_size = 4096},
                                                     {.name = NULL}};
    struct lws_context_creation_info info;
    struct lws_context *context;

    if (argc != 2) {
        fprintf(stderr, "usage: lws_echo PORT\n");
        return 2;
    }
    lws_set_log_level(LLL_ERR, NULL);
    memset(&info, 0, sizeof info);
    info.port = (int)strtol(argv[1], NULL, 10);
    info.iface = "lo";
    info.protocols = protocols;
    info.options = LWS_SERVER_OPTION_DISABLE_IPV6;
    context = lws_create_context(&info);
    if (context == NULL)
        return 1;
    while (lws_service(context, 0) >= 0)
        continue;
    lws_context_destroy(context);
    return 0;
}
