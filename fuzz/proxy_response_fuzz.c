/* What an upstream says to proxy(), over a socket: heads, interim ones, content, trailers, a switch of
 * protocols. Whatever the split of the bytes, the same comes of it, once; no field passes on that is of one
 * hop. The first byte picks a method, a body, a split and whether it is HTTP/2: then the frames behind an
 * empty SETTINGS. Target: runtime/client/forward.c runtime/client/h2_forward.c runtime/wire/h1_response.c
 */
#include "fuzz.h"

#include "client/forward.h"
#include "server/upstream.h"

#include <flare/net.h>

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { INPUT_MAX_BYTES = 4000, TEXT_MAX_BYTES = 1 << 17, TURNS_MAX = 1000 };

static flare_loop *loop;
static flare_client *clients[2]; /* of HTTP/1.1, of HTTP/2 */
static int listener;
static char host[64];

/* All that came of one reply. */
struct outcome {
    struct flarei_forward forward; /* first */
    flare_fetch *fetch;
    bool http2;
    unsigned done;
    unsigned interim;
    unsigned trailers;
    flare_err err;
    unsigned status;
    size_t length;
    char text[TEXT_MAX_BYTES];
};

static void add(struct outcome *outcome, flare_str text)
{
    FUZZ_CHECK(text.len < sizeof outcome->text - outcome->length);
    if (text.len != 0)
        memcpy(outcome->text + outcome->length, text.ptr, text.len);
    outcome->length += text.len;
    outcome->text[outcome->length++] = '\n';
}

static void add_fields(struct outcome *outcome, const flare_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const flare_str value = fields[i].value;

        if (!flarei_upstream_passes(fields, count, fields[i].name))
            continue;
        FUZZ_CHECK(!flarei_hop_field(fields[i].name) && fields[i].name.len != 0);
        FUZZ_CHECK(!flare_str_equal_nocase(fields[i].name, FLARE_STR("content-length")));
        for (size_t at = 0; at < value.len; at++)
            FUZZ_CHECK(value.ptr[at] != '\r' && value.ptr[at] != '\n' && value.ptr[at] != '\0');
        add(outcome, fields[i].name);
        add(outcome, value);
    }
}

/* ---- What the fetch calls ---- */

static void on_room(struct flarei_forward *forward)
{
    struct outcome *const outcome = FLARE_OWNER(forward, struct outcome, forward);
    static const flare_field trailer = {FLARE_STR_INIT("X-Sum"), FLARE_STR_INIT("5")};
    flare_str rest = FLARE_STR("hello");

    if (outcome->fetch == NULL || forward->whole)
        return;
    flarei_forward_patience(outcome->fetch, 2000);
    flarei_forward_expect(outcome->fetch, false);
    flarei_forward_expect(outcome->fetch, true);
    flarei_forward_give(outcome->fetch, &rest);
    if (rest.len == 0)
        flarei_forward_end(outcome->fetch, &trailer, 1);
    flarei_forward_flush(outcome->fetch);
}

static void on_interim(struct flarei_forward *forward, const struct flarei_h1_response *response)
{
    struct outcome *const outcome = FLARE_OWNER(forward, struct outcome, forward);

    FUZZ_CHECK(response->status < 200 && outcome->status == 0);
    outcome->interim++;
    add_fields(outcome, response->fields, response->field_count);
}

static void on_trailer(struct flarei_forward *forward, const flare_field *field)
{
    struct outcome *const outcome = FLARE_OWNER(forward, struct outcome, forward);

    outcome->trailers++;
    add_fields(outcome, field, 1);
}

static void on_head(flare_fetch *fetch, void *context, const flare_fetch_reply *reply)
{
    struct outcome *const outcome = context;

    FUZZ_CHECK(fetch == outcome->fetch && outcome->status == 0 && outcome->done == 0);
    FUZZ_CHECK(reply->status >= 200 || (reply->status == 101 && outcome->forward.upgrades));
    outcome->status = reply->status;
    add_fields(outcome, reply->fields, reply->field_count);
    outcome->text[outcome->length++] = '\n';
}

/* Parts differ by the split, what they make together does not. Now and then it is too much at once; over
 * HTTP/2 what waits then may be lost to an error that came with it, or not. */
static void on_content(flare_fetch *fetch, void *context, flare_str part)
{
    struct outcome *const outcome = context;

    FUZZ_CHECK(outcome->status != 0 && outcome->done == 0 && part.len != 0);
    add(outcome, part);
    outcome->length--;
    if (!outcome->http2)
        flare_fetch_pause(fetch);
}

static void on_done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    struct outcome *const outcome = context;

    (void)fetch;
    FUZZ_CHECK(err != FLARE_OK || reply->status != 0);
    outcome->done++;
    outcome->err = err;
    FUZZ_PLANT(err == FLARE_OK && outcome->status > 599); /* as if there were none above */
}

/* ---- One reply ---- */

static void turn(struct outcome *outcome)
{
    FUZZ_CHECK(flare_loop_run_once(loop, 0) == FLARE_OK);
    if (!outcome->done)
        flarei_forward_resume(outcome->fetch);
}

static void say(int fd, const uint8_t *data, size_t size, unsigned split, struct outcome *outcome)
{
    for (size_t said = 0; said < size && !outcome->done;) {
        const size_t step = split == 0 ? size : 1 + (split = split * 1103515245u + 12345u) / 65536 % 300;
        const size_t bytes = size - said < step ? size - said : step;

        if (send(fd, data + said, bytes, MSG_NOSIGNAL) < 0)
            break;
        said += bytes;
        turn(outcome);
    }
}

static void run(const uint8_t *data, size_t size, uint8_t how, unsigned split, struct outcome *outcome)
{
    static const struct flarei_forward_calls calls = {on_room, on_interim, on_trailer};
    static const flare_fetch_handler handler = {.done = on_done, .head = on_head, .content = on_content};
    static const enum flare_method methods[] = {FLARE_METHOD_GET, FLARE_METHOD_HEAD, FLARE_METHOD_POST,
                                                FLARE_METHOD_GET};
    const struct flarei_url url = {
        .local = true, .authority = FLARE_STR("fuzz"), .host = flare_str_of(host), .port = 0};
    const bool http2 = (how & 8) != 0;
    int fd, other;

    memset(outcome, 0, offsetof(struct outcome, text));
    outcome->http2 = http2;
    outcome->forward = (struct flarei_forward){.calls = &calls,
                                               .head = FLARE_STR("X / HTTP/1.1\r\nHost: fuzz\r\n\r\n"),
                                               .connect_ms = 1000,
                                               .silence_ms = 1000,
                                               .chunked = (how & 4) != 0,
                                               .upgrades = !http2 && (how & 3) == 3,
                                               .whole = (how & 3) != 2};
    FUZZ_CHECK(flarei_forward_start(&outcome->fetch, clients[http2], &url, methods[how & 3],
                                    &outcome->forward, &handler, outcome) == FLARE_OK);
    while ((fd = accept(listener, NULL, NULL)) < 0)
        turn(outcome);
    turn(outcome);
    if (http2)
        FUZZ_CHECK(send(fd, "\0\0\0\4\0\0\0\0\0", 9, MSG_NOSIGNAL) == 9);
    say(fd, data, size, split, outcome);
    (void)shutdown(fd, SHUT_WR);
    for (unsigned i = 0; !outcome->done && i < TURNS_MAX; i++) {
        turn(outcome);
        while ((other = accept(listener, NULL, NULL)) >= 0) /* what was not looked at is asked again */
            close(other);
    }
    FUZZ_CHECK(outcome->done == 1);
    flare_fetch_free(outcome->fetch);
    flare_client_close_idle(clients[http2]);
    close(fd);
}

static void prepare(void)
{
    static const flare_client_options options[] = {{.http2 = FLARE_CLIENT_HTTP2_NEVER},
                                                   {.http2 = FLARE_CLIENT_HTTP2_KNOWN}};
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)snprintf(host, sizeof host, "unix:/tmp/flare-fuzz-%ld.sock", (long)getpid());
    memcpy(address.sun_path, host + 5, strlen(host + 5) + 1);
    (void)unlink(address.sun_path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    FUZZ_CHECK(listener >= 0 && bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 &&
               listen(listener, 4) == 0);
    FUZZ_CHECK(flare_loop_create(&loop, FLARE_LOOP_DEFAULT) == FLARE_OK);
    for (size_t i = 0; i < 2; i++)
        FUZZ_CHECK(flare_client_create(&clients[i], loop, &options[i]) == FLARE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outcome whole, split;

    if (size < 2 || size > INPUT_MAX_BYTES)
        return 0;
    if (clients[0] == NULL)
        prepare();
    run(data + 1, size - 1, data[0], 0, &whole);
    run(data + 1, size - 1, data[0], 1u + data[0], &split);
    /* A head that ends in its middle may be refused for its last bytes, or for its end: it is no reply. */
    FUZZ_CHECK((whole.err == FLARE_OK) == (split.err == FLARE_OK));
    FUZZ_CHECK(whole.status == split.status && whole.interim == split.interim);
    FUZZ_CHECK(whole.length == split.length && memcmp(whole.text, split.text, whole.length) == 0);
    return 0;
}
