/* A server's reply to a client's handshake (RFC 6455, section 4.1). */
#include "wire/ws.h"

#include "test.h"

#define SWITCH  "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define ACCEPT  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define GOOD    SWITCH UPGRADE ACCEPT

static const flare_str key = FLARE_STR_INIT("dGhlIHNhbXBsZSBub25jZQ==");
static const flare_str protocols[] = {FLARE_STR_INIT("chat"), FLARE_STR_INIT("log")};

static const struct {
    const char *reply;
    ptrdiff_t used; /* -2: all */
} heads[] = {
    {GOOD "\r\n", -2},
    {"HTTP/1.1 101\r\n\r\n", -2},
    {"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc", 45},
    {"HTTP/1.1 101 x\r\nEmpty:\r\n  \r\n\r\n", -1},
    {"", 0},
    {"HTTP/1.1 101 Switching", 0},
    {GOOD, 0},
    {"HTTP/1.0 101 Switching Protocols\r\n\r\n", -1},
    {"HTTP/2 101\r\n\r\n", -1},
    {"HTTP/1.1 1x1 x\r\n\r\n", -1},
    {"HTTP/1.1 1011 x\r\n\r\n", -1},
    {"HTTP/1.1 099 x\r\n\r\n", -1},
    {"HTTP/1.1 101 x\n\n", -1},
    {"HTTP/1.1 101 x\r\nA: b\n\r\n", -1},
    {"HTTP/1.1 101 x\r\nA : b\r\n\r\n", -1},
    {"HTTP/1.1 101 x\r\n: b\r\n\r\n", -1},
    {"HTTP/1.1 101 x\r\nA\r\n\r\n", -1},
    {"HTTP/1.1 101 x\r\nA: \x01\r\n\r\n", -1},
    {"HTTP/1.1 101 \x01\r\n\r\n", -1},
    {"220 mail\r\n", -1},
    {"\r\n", -1},
};

TEST(heads)
{
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        const flare_str bytes = flare_str_of(heads[i].reply);
        struct flarei_ws_reply reply;

        CHECK_INT(flarei_ws_reply_read(bytes, &reply),
                  heads[i].used == -2 ? (ptrdiff_t)bytes.len : heads[i].used);
    }
}

static const struct {
    const char *reply;
    bool good;
} rows[] = {
    {GOOD "\r\n", true},
    {SWITCH "upgrade: WebSocket\r\nconnection: keep-alive, upgrade\r\n" ACCEPT "\r\n", true},
    {GOOD "Sec-WebSocket-Protocol: log\r\n\r\n", true},
    {GOOD "Sec-WebSocket-Protocol:  chat \r\n\r\n", true},
    {GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", true},
    {GOOD "Sec-WebSocket-Extensions:\r\n\r\n", true},
    {"HTTP/1.1 200 OK\r\n" UPGRADE ACCEPT "\r\n", false},
    {SWITCH "Connection: Upgrade\r\n" ACCEPT "\r\n", false},
    {SWITCH "Upgrade: websocket\r\n" ACCEPT "\r\n", false},
    {SWITCH "Upgrade: h2c\r\nConnection: Upgrade\r\n" ACCEPT "\r\n", false},
    {SWITCH UPGRADE "\r\n", false},
    {SWITCH UPGRADE "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=\r\n\r\n", false},
    {SWITCH UPGRADE "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", false},
    {GOOD ACCEPT "\r\n", false},
    {GOOD "Sec-WebSocket-Protocol: Chat\r\n\r\n", false},
    {GOOD "Sec-WebSocket-Protocol: chat, log\r\n\r\n", false},
    {GOOD "Sec-WebSocket-Protocol:\r\n\r\n", false},
    {GOOD "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: log\r\n\r\n", false},
    {GOOD "Sec-WebSocket-Extensions: bzip\r\n\r\n", false},
    {GOOD "Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate\r\n\r\n", false},
    {GOOD "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16\r\n\r\n", false},
};

TEST(replies)
{
    static const struct flarei_ws_deflate deflate = {false, false, 15, 15};
    const struct flarei_ws_offered offer = {protocols, 2, &deflate}, nothing = {NULL, 0, NULL};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct flarei_ws_deflate agreed;
        struct flarei_ws_reply reply;
        bool deflates;

        CHECK(flarei_ws_reply_read(flare_str_of(rows[i].reply), &reply) > 0);
        CHECK_INT(flarei_ws_reply_wrong(&reply, key, &offer, &agreed, &deflates) == NULL, rows[i].good);
        CHECK_INT(deflates, rows[i].good && reply.extensions.len != 0);
        if (rows[i].good) /* what was not offered may not be chosen */
            CHECK_INT(flarei_ws_reply_wrong(&reply, key, &nothing, &agreed, &deflates) == NULL,
                      reply.extensions.len == 0 && reply.protocol.ptr == NULL);
    }
}

int main(void)
{
    RUN(heads);
    RUN(replies);
    return TEST_END();
}
