/* played.h - a client's WebSocket before a server that the test plays, byte by byte. */
#ifndef FLARE_TEST_CLIENT_PLAYED_H
#define FLARE_TEST_CLIENT_PLAYED_H

#include "client/websocket.h"
#include "ends.h"

#include <flare/websocket_client.h>

/* ---- The socket, and what it called ---- */

static struct {
    flare_ws_client *ws;
    bool opened, closed;
    flare_err err;
    unsigned code, messages, writables;
    char reason[128];
    char last[256];
    size_t last_bytes;
    bool last_text;
    bool free_in_message, pause_in_message;
} seen;

static inline void opened(flare_ws_client *ws, void *context, flare_err err)
{
    CHECK(context == &seen);
    CHECK(!seen.opened && !seen.closed);
    CHECK(seen.ws == NULL || seen.ws == ws);
    seen.opened = true;
    seen.err = err;
}

static inline void message(flare_ws_client *ws, void *context, bool is_text, flare_str payload)
{
    (void)context;
    CHECK(seen.opened && !seen.closed);
    seen.messages++;
    seen.last_text = is_text;
    seen.last_bytes = payload.len;
    if (payload.len != 0)
        memcpy(seen.last, payload.ptr, payload.len < sizeof seen.last ? payload.len : sizeof seen.last);
    if (seen.pause_in_message)
        flare_ws_client_pause(ws);
    if (seen.free_in_message) {
        flare_ws_client_free(ws);
        seen.ws = NULL;
    }
}

static inline void writable(flare_ws_client *ws, void *context)
{
    (void)ws, (void)context;
    seen.writables++;
}

static inline void closed(flare_ws_client *ws, void *context, flare_err err, unsigned code, flare_str reason)
{
    (void)ws, (void)context;
    CHECK(seen.opened && !seen.closed);
    seen.closed = true;
    seen.err = err;
    seen.code = code;
    (void)snprintf(seen.reason, sizeof seen.reason, "%.*s", FLARE_STR_ARG(reason));
}

/* @return whether so many messages came within 5 s */
static inline bool run_until_messages(unsigned count)
{
    for (const uint64_t until = now_ms() + 5000; seen.messages < count && now_ms() < until;)
        (void)flare_loop_run_once(loop, 5);
    return seen.messages >= count;
}

static const flare_ws_client_handler handler = {opened, message, writable, closed};

/* ---- The server that the test plays ---- */

static flare_listener listener;
static int peer = -1;
static char heard[1 << 16];
static size_t heard_bytes;

static inline flare_err dial_with(flare_ws_client_options options, const char *path)
{
    static char url[256];
    char host[FLARE_ADDRESS_TEXT_MAX_BYTES];

    (void)flare_address_format(&listener.address, host, sizeof host);
    (void)snprintf(url, sizeof url, "ws://%s%s", host, path);
    options.url = flare_str_of(url);
    memset(&seen, 0, sizeof seen);
    heard_bytes = 0;
    const flare_err err = flare_ws_client_open(&seen.ws, loop, &options, &handler, &seen);

    CHECK(!seen.opened);
    return err;
}

static inline void say(const char *bytes, size_t len)
{
    CHECK_INT(send(peer, bytes, len, MSG_NOSIGNAL), len);
}

#define SAY(literal) say(literal, sizeof(literal) - 1)

/* Hears until `bytes` are there, the end (then false), or 3 s. */
static inline bool hear(size_t bytes)
{
    const uint64_t until = now_ms() + 3000;

    while (heard_bytes < bytes && now_ms() < until) {
        ssize_t got;

        (void)flare_loop_run_once(loop, 2);
        if (peer < 0)
            peer = flare_listener_accept(&listener, NULL);
        if (peer < 0)
            continue;
        got = recv(peer, heard + heard_bytes, sizeof heard - heard_bytes - 1, MSG_DONTWAIT);
        if (got == 0)
            return false;
        heard_bytes += got > 0 ? (size_t)got : 0;
        heard[heard_bytes] = '\0';
    }
    return heard_bytes >= bytes;
}

static inline bool hear_request(void)
{
    const uint64_t until = now_ms() + 3000;

    while (now_ms() < until && (heard_bytes < 4 || strstr(heard, "\r\n\r\n") == NULL))
        if (!hear(heard_bytes + 1))
            return false;
    return true;
}

/* The reply that the request's key wants, with more fields. */
static inline void agree(const char *fields)
{
    const char *const at = strstr(heard, "Sec-WebSocket-Key: ");
    char accept[FLAREI_WS_ACCEPT_BYTES], reply[512];

    CHECK(at != NULL);
    if (at == NULL)
        return;
    flarei_ws_accept((flare_str){at + 19, 24}, accept);
    say(reply,
        (size_t)snprintf(reply, sizeof reply,
                         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         "Sec-WebSocket-Accept: %.*s\r\n%s\r\n",
                         (int)sizeof accept, accept, fields));
}

static inline bool open_with(flare_ws_client_options options, const char *fields)
{
    CHECK_INT(dial_with(options, "/"), FLARE_OK);
    CHECK(hear_request());
    agree(fields);
    CHECK(run_until(&seen.opened));
    CHECK_INT(seen.err, FLARE_OK);
    heard_bytes = 0;
    return seen.err == FLARE_OK;
}

static inline void end(void)
{
    flare_ws_client_free(seen.ws);
    seen.ws = NULL;
    do
        if (peer >= 0)
            (void)close(peer);
    while ((peer = flare_listener_accept(&listener, NULL)) >= 0);
    peer = -1;
    run_for(2);
}

/* The next frame's payload, unmasked in place. @return its first byte, -1 without one */
static inline int hear_frame(flare_str *payload)
{
    size_t bytes;
    char *at;

    if (!hear(2))
        return -1;
    bytes = (uint8_t)heard[1] & 0x7f;
    CHECK(((uint8_t)heard[1] & 0x80) != 0);
    at = heard + (bytes == 126 ? 4 : 2);
    if (bytes == 126 && hear(4))
        bytes = (size_t)(uint8_t)heard[2] << 8 | (uint8_t)heard[3];
    if (!hear((size_t)(at - heard) + 4 + bytes))
        return -1;
    flarei_ws_mask(at + 4, bytes, (const uint8_t *)at, 0);
    *payload = (flare_str){at + 4, bytes};
    const int first = (uint8_t)heard[0];

    heard_bytes = 0; /* tests hear one at a time */
    return first;
}

static inline void begin_playing(void)
{
    make_certificates();
    open_loop();
    listener = listen_on("127.0.0.1:0");
}

static inline void end_playing(void)
{
    flare_listener_close(&listener);
    flare_loop_destroy(loop);
    remove_certificates();
}

#endif
