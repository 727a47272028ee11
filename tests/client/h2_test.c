/* HTTP/2 as a client, before nghttpd. */
#include "certificates.h"
#include "helper.h"

#include <flare/client.h>
#include <flare/connect.h>

#include <signal.h>
#include <sys/wait.h>

enum { BYTES = 3 << 20 };

static uint16_t port;
static pid_t nghttpd;
static char folder[64];

static void write_file(const char *name, const char *content, size_t bytes)
{
    char path[128];
    FILE *out;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    out = fopen(path, "w");
    (void)fwrite(content, 1, bytes, out);
    (void)fclose(out);
}

static void remove_file(const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)unlink(path);
}

/* @return whether it runs */
static bool start(bool secure)
{
    flare_listener listener = listen_on("127.0.0.1:0");
    char number[8];

    port = listener.address.port;
    flare_listener_close(&listener);
    (void)snprintf(number, sizeof number, "%u", port);
    nghttpd = fork();
    if (nghttpd == 0) {
        if (secure)
            (void)execlp("nghttpd", "nghttpd", "-a127.0.0.1", "-d", folder, number,
                         certificate_path("good.key"), certificate_path("good.crt"), (char *)NULL);
        else
            (void)execlp("nghttpd", "nghttpd", "-a127.0.0.1", "--no-tls", "--echo-upload", "-d", folder,
                         number, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 200; i++) {
        const flare_connect_options to = {.host = FLARE_STR("127.0.0.1"), .port = port};
        int fd;

        if (waitpid(nghttpd, NULL, WNOHANG) == nghttpd)
            return false;
        if (flare_connect_wait(&fd, &to) == FLARE_OK) {
            flare_socket_close(fd);
            return true;
        }
        (void)usleep(10000);
    }
    return false;
}

static void stop(void)
{
    (void)kill(nghttpd, SIGTERM);
    (void)waitpid(nghttpd, NULL, 0);
}

static flare_str url_of(const char *scheme, const char *path)
{
    static char urls[4][128];
    static unsigned next;
    char *const url = urls[next++ % 4];

    (void)snprintf(url, sizeof urls[0], "%s://localhost:%u%s", scheme, port, path);
    return flare_str_of(url);
}

static struct {
    unsigned done;
    unsigned good;
    size_t bytes;
    bool pauses;
    flare_err err;
    flare_fetch *last;
} got;

static void on_done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    (void)context;
    got.done++;
    got.err = err;
    got.good += err == FLARE_OK && reply->status == 200 && reply->version == 20;
    got.bytes += reply->content.len;
    flare_fetch_free(fetch);
}

static void on_part(flare_fetch *fetch, void *context, flare_str part)
{
    (void)context;
    got.bytes += part.len;
    got.last = fetch;
    if (got.pauses)
        flare_fetch_pause(fetch);
}

static void wait_for(unsigned done)
{
    for (const uint64_t until = now_ms() + 10000; got.done < done && now_ms() < until;) {
        const unsigned before = got.done;

        (void)flare_loop_run_once(loop, 5);
        if (got.pauses && got.last != NULL && got.done == before)
            flare_fetch_resume(got.last);
    }
    CHECK_INT(got.done, done);
}

static void ask_in(flare_client *client, const char *scheme)
{
    const flare_fetch_handler whole = {.done = on_done}, parts = {.done = on_done, .content = on_part};
    flare_fetch *fetch;

    for (int i = 0; i < 300; i++) {
        const flare_fetch_options options = {.url = url_of(scheme, "/small")};

        CHECK_INT(flare_fetch_start(&fetch, client, &options, &whole, NULL), FLARE_OK);
    }
    memset(&got, 0, sizeof got);
    wait_for(300);
    CHECK_INT(got.good, 300);
    CHECK_INT(got.bytes, 300 * 5);
    for (int pauses = 0; pauses < 2; pauses++) {
        const flare_fetch_options options = {.url = url_of(scheme, "/large")};

        memset(&got, 0, sizeof got);
        got.pauses = pauses;
        CHECK_INT(flare_fetch_start(&fetch, client, &options, &parts, NULL), FLARE_OK);
        wait_for(1);
        CHECK_INT(got.good, 1);
        CHECK_INT(got.bytes, BYTES);
    }
    for (unsigned turns = 0; turns < 8; turns++) { /* freed before the reply */
        const flare_fetch_options options = {.url = url_of(scheme, "/large")};

        memset(&got, 0, sizeof got);
        CHECK_INT(flare_fetch_start(&fetch, client, &options, &whole, NULL), FLARE_OK);
        for (unsigned i = 0; i < turns && got.done == 0; i++)
            (void)flare_loop_run_once(loop, 2);
        if (got.done == 0)
            flare_fetch_free(fetch);
    }
    run_for(20);
    CHECK(flare_client_connections(client) >= 1);
    CHECK_INT(flare_client_idle(client), flare_client_connections(client));
    const flare_fetch_options missing = {.url = url_of(scheme, "/missing")};
    memset(&got, 0, sizeof got);
    CHECK_INT(flare_fetch_start(&fetch, client, &missing, &whole, NULL), FLARE_OK);
    wait_for(1);
    CHECK_INT(got.good, 0);
}

TEST(known)
{
    const flare_client_options options = {.http2 = FLARE_CLIENT_HTTP2_KNOWN};
    static char content[500000];
    const flare_fetch_handler whole = {.done = on_done};
    flare_client *client;
    flare_fetch *fetch;

    answer("127.0.0.1", NULL);
    CHECK_INT(flare_client_create(&client, loop, &options), FLARE_OK);
    ask_in(client, "http");
    memset(content, 'x', sizeof content);
    const flare_fetch_options echo = {
        .url = url_of("http", "/echo"), .method = FLARE_STR("POST"), .content = {content, sizeof content}};
    memset(&got, 0, sizeof got);
    CHECK_INT(flare_fetch_start(&fetch, client, &echo, &whole, NULL), FLARE_OK);
    wait_for(1);
    CHECK_INT(got.good, 1);
    CHECK_INT(got.bytes, sizeof content);
    flare_client_free(client);
}

/* ---- What is sent as it is read ---- */

static struct {
    size_t left;
    unsigned reads;
    flare_fetch *fetch;
    flare_timer timer;
} sent;

static void has_more(flare_loop *on, flare_timer *timer)
{
    (void)on, (void)timer;
    flare_fetch_push(sent.fetch);
}

static ptrdiff_t give(void *context, void *buffer, size_t bytes)
{
    const size_t step = sent.left < 1000 ? sent.left : 1000;

    (void)context;
    CHECK(bytes > 0);
    if (++sent.reads % 7 == 3) {
        sent.timer.callback = has_more;
        flare_timer_set(loop, &sent.timer, 0);
        return FLARE_ERR_AGAIN;
    }
    const size_t given = step < bytes ? step : bytes;
    memset(buffer, 'z', given);
    sent.left -= given;
    return (ptrdiff_t)given;
}

TEST(sources)
{
    enum { SENT = 300000 };
    const flare_client_options options = {.http2 = FLARE_CLIENT_HTTP2_KNOWN};
    const uint64_t lengths[] = {SENT, FLARE_FETCH_LENGTH_UNKNOWN, 2 * SENT};
    const flare_fetch_handler whole = {.done = on_done};
    flare_client *client;

    CHECK_INT(flare_client_create(&client, loop, &options), FLARE_OK);
    for (size_t i = 0; i < 3; i++) {
        const flare_fetch_source source = {.read = give, .length = lengths[i]};
        const flare_fetch_options echo = {
            .url = url_of("http", "/echo"), .method = FLARE_STR("POST"), .source = &source};

        memset(&got, 0, sizeof got);
        sent.left = SENT;
        sent.reads = 0;
        CHECK_INT(flare_fetch_start(&sent.fetch, client, &echo, &whole, NULL), FLARE_OK);
        CHECK_INT(sent.reads, 0);
        wait_for(1);
        CHECK_INT(got.good, i < 2); /* the last one ends before its length */
        CHECK_INT(got.bytes, i < 2 ? SENT : 0);
        CHECK_INT(got.err, i < 2 ? FLARE_OK : FLARE_ERR_ARGUMENT);
    }
    CHECK_INT(flare_client_connections(client), 1);
    flare_client_free(client);
}

TEST(chosen_by_alpn)
{
    flare_tls_connector *connector;
    flare_client *client;

    answer("127.0.0.1", NULL);
    CHECK_INT(flare_tls_connector_create(
                  &connector, &(flare_tls_connector_options){.ca = certificate_path("ca.crt")}, NULL, 0),
              FLARE_OK);
    const flare_client_options options = {.tls = connector};
    CHECK_INT(flare_client_create(&client, loop, &options), FLARE_OK);
    ask_in(client, "https");
    flare_client_free(client);
    flare_tls_connector_free(connector);
}

TEST(the_server_goes)
{
    const flare_client_options options = {.http2 = FLARE_CLIENT_HTTP2_KNOWN};
    const flare_fetch_handler whole = {.done = on_done};
    flare_client *client;
    flare_fetch *fetch;

    CHECK_INT(flare_client_create(&client, loop, &options), FLARE_OK);
    const flare_fetch_options large = {.url = url_of("http", "/large"), .connect_ms = 500};
    memset(&got, 0, sizeof got);
    for (int i = 0; i < 5; i++)
        CHECK_INT(flare_fetch_start(&fetch, client, &large, &whole, NULL), FLARE_OK);
    for (int i = 0; i < 4; i++)
        (void)flare_loop_run_once(loop, 5);
    (void)kill(nghttpd, SIGKILL);
    wait_for(5);
    run_for(20);
    CHECK_INT(flare_client_connections(client), 0);
    flare_client_free(client);
}

int main(void)
{
    char *const large = malloc(BYTES);

    make_certificates();
    open_loop();
    (void)snprintf(folder, sizeof folder, "%s", certificate_folder);
    memset(large, 'y', BYTES);
    write_file("small", "hello", 5);
    write_file("large", large, BYTES);
    free(large);
    if (start(false)) {
        RUN(known);
        RUN(sources);
        RUN(the_server_goes);
        (void)waitpid(nghttpd, NULL, 0);
        CHECK(start(true));
        RUN(chosen_by_alpn);
        stop();
    } else {
        printf("skipped: no nghttpd\n");
    }
    remove_file("small");
    remove_file("large");
    flare_loop_destroy(loop);
    remove_certificates();
    return TEST_END();
}
