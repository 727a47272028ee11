/* What servers and proxies may say to an HTTP client: every connection that it opens hears the same bytes,
 * then the end. Each request is told its end once, and however the bytes are split the first one's is the
 * same; nothing is left behind. The first byte picks the wire (HTTP/1.1, HTTP/2 known, offered by Upgrade,
 * through a proxy's tunnel), the second how the bytes are split. Target: runtime/client/h1.c
 * runtime/client/h2.c runtime/client/h2_ask.c runtime/client/fetch_reply.c
 */
#include "fuzz.h"

#include "net/resolver.h"
#include "net/sys.h"

#include <flare/client.h>

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEERS_MAX = 24, FETCHES = 3, ROUNDS_MAX = 20000 };

/* ---- The other ends ---- */

struct peer {
    int fd; /* -1: closed */
    size_t said;
};

static struct peer peers[PEERS_MAX];
static unsigned peer_count;

static int pair_socket(int domain, int type, int protocol)
{
    int ends[2];

    (void)domain, (void)protocol;
    if (peer_count == PEERS_MAX || socketpair(AF_UNIX, type, 0, ends) != 0) {
        errno = EMFILE;
        return -1;
    }
    peers[peer_count++] = (struct peer){.fd = ends[1]};
    return ends[0];
}

static int connect_at_once(int fd, const struct sockaddr *address, socklen_t bytes)
{
    (void)fd, (void)address, (void)bytes;
    return 0;
}

static int find_nobody(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found)
{
    (void)host, (void)service, (void)hints, (void)found;
    return EAI_NONAME;
}

static int set_nothing(int fd, int level, int name, const void *value, socklen_t bytes)
{
    (void)fd, (void)level, (void)name, (void)value, (void)bytes;
    return 0;
}

/* Says the next part, and forgets what it hears. */
static void step(struct peer *peer, const uint8_t *data, size_t size, size_t part)
{
    char heard[4096];
    ssize_t said;

    if (peer->fd < 0)
        return;
    while (recv(peer->fd, heard, sizeof heard, MSG_DONTWAIT) > 0) {
    }
    part = part < size - peer->said ? part : size - peer->said;
    said = part != 0 ? send(peer->fd, data + peer->said, part, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    peer->said += said > 0 ? (size_t)said : 0;
    if (peer->said == size || (said < 0 && errno != EAGAIN)) {
        (void)close(peer->fd);
        peer->fd = -1;
    }
}

/* ---- Requests ---- */

struct outcome {
    unsigned told;
    flare_err err;
    unsigned status;
    size_t bytes;
    uint64_t sum;
    bool pauses;
};

static flare_fetch *paused;

static void add(struct outcome *outcome, flare_str part)
{
    outcome->bytes += part.len;
    for (size_t i = 0; i < part.len; i++)
        outcome->sum = (outcome->sum ^ (uint8_t)part.ptr[i]) * UINT64_C(0x100000001b3);
}

static void on_content(flare_fetch *fetch, void *context, flare_str part)
{
    struct outcome *const outcome = context;

    add(outcome, part);
    if (outcome->pauses && paused == NULL) {
        flare_fetch_pause(fetch);
        paused = fetch;
    }
}

static void on_done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    struct outcome *const outcome = context;

    outcome->told++;
    outcome->err = err;
    outcome->status = reply->status;
    add(outcome, reply->content);
    if (paused == fetch)
        paused = NULL;
    flare_fetch_free(fetch);
}

static ptrdiff_t give(void *context, void *buffer, size_t bytes)
{
    size_t *const left = context;
    const size_t given = *left < bytes ? *left : bytes;

    memset(buffer, 'u', given);
    *left -= given;
    return (ptrdiff_t)given;
}

static void begin(flare_client *client, bool secure, struct outcome outcomes[FETCHES], size_t *upload)
{
    static const flare_fetch_handler whole = {.done = on_done},
                                     parts = {.done = on_done, .content = on_content};
    const flare_fetch_source source = {.read = give, .context = upload, .length = FLARE_FETCH_LENGTH_UNKNOWN};
    const flare_str url =
        secure ? FLARE_STR("https://127.0.0.1:1/a/b?c") : FLARE_STR("http://127.0.0.1:1/a/b?c");
    const flare_fetch_options options[FETCHES] = {
        {.url = url, .content_max_bytes = 1 << 20},
        {.url = url, .method = FLARE_STR("POST"), .source = &source, .redirects_max = 3},
        {.url = url, .keep_redirects = true}};

    *upload = 40000;
    for (size_t i = 0; i < FETCHES; i++) {
        flare_fetch *fetch;

        outcomes[i] = (struct outcome){.pauses = i == 2};
        if (flare_fetch_start(&fetch, client, &options[i], i == 2 ? &parts : &whole, &outcomes[i]) !=
            FLARE_OK)
            outcomes[i].told = 1;
    }
}

static bool all_told(const struct outcome outcomes[FETCHES])
{
    bool all = true;

    for (size_t i = 0; i < FETCHES; i++) {
        FUZZ_CHECK(outcomes[i].told <= 1);
        all &= outcomes[i].told == 1;
    }
    return all;
}

static void run(flare_loop *loop, flare_tls_connector *tls, const uint8_t *data, size_t size, unsigned wire,
                size_t part, struct outcome outcomes[FETCHES])
{
    static const flare_client_http2 wires[] = {FLARE_CLIENT_HTTP2_NEVER, FLARE_CLIENT_HTTP2_KNOWN,
                                               FLARE_CLIENT_HTTP2_UPGRADED, FLARE_CLIENT_HTTP2_OFFERED};
    flare_client_options how = {
        .tls = tls, .http2 = wires[wire], .proxy = wire == 3 ? "http://127.0.0.1:2" : NULL};
    flare_client *client;
    size_t upload;

    peer_count = 0;
    paused = NULL;
    FUZZ_CHECK(flare_cookie_jar_create(&how.cookies, NULL) == FLARE_OK);
    FUZZ_CHECK(flare_client_create(&client, loop, &how) == FLARE_OK);
    begin(client, wire == 3, outcomes, &upload);
    for (unsigned round = 0; round < ROUNDS_MAX && !all_told(outcomes); round++) {
        bool silent = true; /* then it can only be a name that is waited for */

        for (unsigned i = 0; i < peer_count; i++) {
            silent &= peers[i].fd < 0;
            step(&peers[i], data, size, part);
        }
        (void)flare_loop_run_once(loop, silent && paused == NULL ? 1 : 0);
        if (paused != NULL && round % 3 == 0) {
            flare_fetch *const fetch = paused;

            paused = NULL;
            flare_fetch_resume(fetch);
        }
    }
    FUZZ_CHECK(all_told(outcomes));
    flare_client_free(client);
    flare_cookie_jar_free(how.cookies);
    for (unsigned i = 0; i < peer_count; i++)
        if (peers[i].fd >= 0)
            (void)close(peers[i].fd);
    (void)flare_loop_run_once(loop, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static flare_loop *loop;
    static flare_tls_connector *tls;
    struct outcome whole[FETCHES], split[FETCHES];

    if (loop == NULL) {
        flarei_resolver.getaddrinfo = find_nobody;
        flarei_sys.socket = pair_socket;
        flarei_sys.connect = connect_at_once;
        flarei_sys.setsockopt = set_nothing;
        FUZZ_CHECK(flare_loop_create(&loop, FLARE_LOOP_DEFAULT) == FLARE_OK);
        FUZZ_CHECK(flare_tls_connector_create(&tls, &(flare_tls_connector_options){.unverified = true}, NULL,
                                              0) == FLARE_OK);
    }
    if (size < 3 || size > 8192)
        return 0;
    const unsigned wire = data[0] % 4;
    const size_t part = 1 + data[1];
    run(loop, tls, data + 2, size - 2, wire, size, whole);
    run(loop, tls, data + 2, size - 2, wire, part, split);
    /* Of HTTP/1.1, where a request is alone on its connection. */
    if (wire == 0 && whole[0].err == FLARE_OK && split[0].err == FLARE_OK) {
        FUZZ_CHECK(whole[0].status == split[0].status);
        FUZZ_CHECK(whole[0].bytes == split[0].bytes && whole[0].sum == split[0].sum);
    }
    FUZZ_PLANT(whole[0].err == FLARE_OK && whole[0].status > 599); /* as if there were none above */
    return 0;
}
