/* What servers may say to a client's WebSocket, over HTTP/1.1 and HTTP/2: it is told its end once, its
 * messages are the same however the bytes are split, and nothing is left behind. It echoes, and pauses now
 * and then. The first byte picks the wire, the second how the bytes are split. Keys are always the same ones,
 * so a reply can be right. On the third wire the input is what a WebSocket says once it is open, and the
 * frames of HTTP/2 around it are made here.
 *
 * Target: runtime/client/websocket.c runtime/client/websocket_h2.c runtime/client/websocket_open.c
 */
#include "fuzz.h"

#include "net/sys.h"

#include <flare/random.h>
#include <flare/websocket_client.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROUNDS_MAX = 20000, INPUT_MAX_BYTES = 8192, PIECE_MIN_BYTES = 8 };

/* ---- The other end ---- */

static int peer = -1;

static int pair_socket(int domain, int type, int protocol)
{
    int ends[2];

    (void)domain, (void)protocol;
    if (peer >= 0 || socketpair(AF_UNIX, type, 0, ends) != 0) {
        errno = EMFILE;
        return -1;
    }
    peer = ends[1];
    return ends[0];
}

static int connect_at_once(int fd, const struct sockaddr *address, socklen_t bytes)
{
    (void)fd, (void)address, (void)bytes;
    return 0;
}

static int set_nothing(int fd, int level, int name, const void *value, socklen_t bytes)
{
    (void)fd, (void)level, (void)name, (void)value, (void)bytes;
    return 0;
}

static bool same_bytes(void *context, void *bytes, size_t len)
{
    (void)context;
    memset(bytes, 'r', len);
    return true;
}

/* How much of HTTP/2 comes before the client asks: the first frame, which is to be the settings. */
static size_t first_bytes(const uint8_t *data, size_t size, bool http2)
{
    const size_t frame = size > 9 ? 9 + ((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) : size;

    return http2 ? (frame < size ? frame : size) : 0;
}

/* Says the next part, and forgets what it hears; behind all of it the end. */
static void step(const uint8_t *data, size_t size, size_t part, size_t *said)
{
    char heard[4096];
    ssize_t more;

    if (peer < 0)
        return;
    while (recv(peer, heard, sizeof heard, MSG_DONTWAIT) > 0) {
    }
    part = part < size - *said ? part : size - *said;
    more = part != 0 ? send(peer, data + *said, part, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    *said += more > 0 ? (size_t)more : 0;
    if (*said == size)
        (void)shutdown(peer, SHUT_WR);
}

/* ---- The socket ---- */

struct outcome {
    unsigned opened, closed;
    flare_err err; /* of opening */
    unsigned messages;
    uint64_t sum;
    bool paused;
    bool has_empty_text;
};

static void add(struct outcome *outcome, flare_str part)
{
    for (size_t i = 0; i < part.len; i++)
        outcome->sum = (outcome->sum ^ (uint8_t)part.ptr[i]) * UINT64_C(0x100000001b3);
}

static void on_opened(flare_ws_client *ws, void *context, flare_err err)
{
    struct outcome *const outcome = context;

    (void)ws;
    outcome->opened++;
    outcome->err = err;
}

static void on_message(flare_ws_client *ws, void *context, bool is_text, flare_str payload)
{
    struct outcome *const outcome = context;

    FUZZ_CHECK(outcome->opened == 1 && outcome->err == FLARE_OK && outcome->closed == 0);
    outcome->messages++;
    outcome->has_empty_text |= is_text && payload.len == 0;
    add(outcome, payload);
    (void)(is_text ? flare_ws_client_send_text(ws, payload) : flare_ws_client_send_bytes(ws, payload));
    if (outcome->messages % 3 == 0) {
        flare_ws_client_pause(ws);
        outcome->paused = true;
    }
}

static void on_closed(flare_ws_client *ws, void *context, flare_err err, unsigned code, flare_str reason)
{
    struct outcome *const outcome = context;

    (void)ws, (void)err, (void)code;
    add(outcome, reason);
    outcome->closed++;
}

static bool is_over(const struct outcome *outcome)
{
    FUZZ_CHECK(outcome->opened <= 1 && outcome->closed <= 1);
    return outcome->closed != 0 || (outcome->opened != 0 && outcome->err != FLARE_OK);
}

static void run(flare_loop *loop, const uint8_t *data, size_t size, bool http2, size_t part,
                struct outcome *outcome)
{
    static const flare_ws_client_handler handler = {
        .opened = on_opened, .message = on_message, .closed = on_closed};
    static const flare_str chat = FLARE_STR_INIT("chat");
    const flare_ws_client_options options = {.url = FLARE_STR("ws://127.0.0.1:1/chat"),
                                             .protocols = &chat,
                                             .protocol_count = 1,
                                             .message_max_bytes = 1 << 16,
                                             .http2 = http2 ? FLARE_WS_CLIENT_HTTP2_KNOWN
                                                            : FLARE_WS_CLIENT_HTTP2_NEVER};
    flare_ws_client *ws;
    const size_t first = first_bytes(data, size, http2);
    unsigned asking = 3; /* rounds that the client has to ask in */
    size_t said = 0;

    *outcome = (struct outcome){.opened = 0};
    FUZZ_CHECK(flare_ws_client_open(&ws, loop, &options, &handler, outcome) == FLARE_OK);
    for (unsigned round = 0; round < ROUNDS_MAX && !is_over(outcome); round++) {
        if (said < first)
            step(data, size, part < first - said ? part : first - said, &said);
        else if (first == 0 || asking == 0)
            step(data, size, part, &said);
        else
            asking--;
        (void)flare_loop_run_once(loop, 0);
        if (outcome->paused && round % 3 == 0) {
            outcome->paused = false;
            flare_ws_client_resume(ws);
        }
    }
    FUZZ_CHECK(is_over(outcome));
    flare_ws_client_free(ws);
    (void)flare_loop_run_once(loop, 0);
    (void)close(peer);
    peer = -1;
}

/* Settings that allow extended CONNECT, a reply of 200, and the bytes in frames of DATA, then its end.
 * @return how many bytes that is */
static size_t put_frames(uint8_t *to, const uint8_t *data, size_t size, size_t piece)
{
    static const uint8_t open[] = {0, 0, 6, 4, 0, 0, 0, 0, 0, 0,   8, 0, 0, 0, 1, /* RFC 8441, section 3 */
                                   0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88};
    uint8_t *at = to + sizeof open;

    memcpy(to, open, sizeof open);
    for (size_t taken = 0; taken < size; taken += piece) {
        const size_t part = piece < size - taken ? piece : size - taken;
        const uint8_t head[] = {0, 0, (uint8_t)part, 0, taken + part == size, 0, 0, 0, 1};

        memcpy(at, head, sizeof head);
        memcpy(at + sizeof head, data + taken, part);
        at += sizeof head + part;
    }
    return (size_t)(at - to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static flare_loop *loop;
    static uint8_t frames[64 + INPUT_MAX_BYTES / PIECE_MIN_BYTES * (9 + PIECE_MIN_BYTES)];
    struct outcome whole, split;

    if (loop == NULL) {
        flarei_sys.socket = pair_socket;
        flarei_sys.connect = connect_at_once;
        flarei_sys.setsockopt = set_nothing;
        flarei_random_set(same_bytes, NULL);
        FUZZ_CHECK(flare_loop_create(&loop, FLARE_LOOP_DEFAULT) == FLARE_OK);
    }
    if (size < 3 || size > INPUT_MAX_BYTES)
        return 0;
    const bool http2 = data[0] % 4 != 0;
    const size_t part = 1 + (size_t)data[1];
    data += 2, size -= 2;
    if (data[-2] % 4 > 1) {
        size = put_frames(frames, data, size, PIECE_MIN_BYTES + part % 32);
        data = frames;
    }
    run(loop, data, size, http2, size, &whole);
    run(loop, data, size, http2, part, &split);
    FUZZ_CHECK((whole.err == FLARE_OK) == (split.err == FLARE_OK));
    FUZZ_CHECK(whole.messages == split.messages && whole.sum == split.sum);
    /* As if over HTTP/2 a text without a byte were not told apart from a message that goes on. */
    FUZZ_PLANT(http2 && whole.has_empty_text);
    return 0;
}
