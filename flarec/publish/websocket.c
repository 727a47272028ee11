/* websocket.c - a route of WebSockets: OpenAPI has no word for what follows the handshake. */
#include "publish/publish.h"

static const struct use *use_of(const struct route *route, enum use_kind kind)
{
    for (size_t i = 0; i < route->uses_count; i++) {
        if (route->uses[i].kind == kind)
            return &route->uses[i];
    }
    return NULL;
}

static void write_names(struct writer *writer, const char *key, const struct use *use)
{
    writer_open_line(writer, key, '[');
    for (size_t i = 0; i < use->names_count; i++)
        writer_text(writer, NULL, use->names[i]);
    writer_close(writer, ']');
}

/* Why the way is another on HTTP/2, where a GET can't become a socket. */
void websocket_reply_write(struct publisher *publisher, const struct route *route)
{
    const struct use *const subprotocol = use_of(route, USE_SUBPROTOCOL);
    struct writer *const writer = &publisher->writer;

    writer_open(writer, "101", '{');
    writer_text(
        writer, "description",
        "The connection is a WebSocket from here on (RFC 6455). Over HTTP/2 the request is an extended "
        "CONNECT, and the reply 200 (RFC 8441).");
    if (subprotocol != NULL) {
        writer_open(writer, "headers", '{');
        writer_open(writer, "Sec-WebSocket-Protocol", '{');
        writer_text(writer, "description", "The subprotocol that was agreed on, if one was offered");
        writer_open_line(writer, "schema", '{');
        writer_text(writer, "type", "string");
        write_names(writer, "enum", subprotocol);
        writer_close(writer, '}');
        writer_close(writer, '}');
        writer_close(writer, '}');
    }
    writer_close(writer, '}');
}

static void write_messages(struct publisher *publisher, const char *key, const struct messages *messages)
{
    static const char *const kinds[] = {
        [MESSAGE_NONE] = "", [MESSAGE_JSON] = "json", [MESSAGE_TEXT] = "text", [MESSAGE_BYTES] = "bytes"};
    struct writer *const writer = &publisher->writer;

    if (messages->kind == MESSAGE_NONE)
        return;
    writer_open(writer, key, '{');
    writer_text(writer, "kind", kinds[messages->kind]);
    if (messages->type != NULL)
        schema_write(publisher, "schema", messages->type, STANDING_JSON);
    writer_close(writer, '}');
}

/* As it is where no spec says otherwise (flare/gen_ws.h). */
#define MESSAGE_DEFAULT_BYTES 65536

void websocket_write(struct publisher *publisher, const struct route *route)
{
    const struct use *const subprotocol = use_of(route, USE_SUBPROTOCOL);
    const struct limit *const message = &route->limits[LIMIT_MESSAGE];
    struct writer *const writer = &publisher->writer;

    writer_open(writer, "x-websocket", '{');
    write_messages(publisher, "receive", &route->receive);
    write_messages(publisher, "send", &route->send);
    if (subprotocol != NULL)
        write_names(writer, "subprotocols", subprotocol);
    writer_bool(writer, "deflate", use_of(route, USE_DEFLATE) != NULL);
    writer_whole(writer, "message_bytes", message->set ? message->value : MESSAGE_DEFAULT_BYTES);
    if (route->limits[LIMIT_MESSAGE_TIME].set)
        writer_whole(writer, "message_time_ms", route->limits[LIMIT_MESSAGE_TIME].value);
    writer_close(writer, '}');
}
