/* Proxies: which one, what is asked of it, tunnels, and what goes wrong in them. */
#include "ends.h"
#include "server.h"

#include "client/proxy.h"

#include <poll.h>

/* ---- Which one ---- */

TEST(urls)
{
    static const struct {
        const char *text;
        flare_err err;
        const char *host;
        unsigned port;
        const char *authorization;
    } rows[] = {{"http://p.test:8080", FLARE_OK, "p.test", 8080, NULL},
                {"HTTP://p.test:8080/", FLARE_OK, "p.test", 8080, NULL},
                {"p.test:3128", FLARE_OK, "p.test", 3128, NULL},
                {"p.test", FLARE_OK, "p.test", 80, NULL},
                {"http://[::1]:8080", FLARE_OK, "::1", 8080, NULL},
                {"http://u:p@p.test", FLARE_OK, "p.test", 80, "Proxy-Authorization: Basic dTpw\r\n"},
                {"u%40x:p@y@p.test:1", FLARE_OK, "p.test", 1, "Proxy-Authorization: Basic dUB4OnBAeQ==\r\n"},
                {"u%4:p@p.test", FLARE_ERR_ARGUMENT, NULL, 0, NULL},
                {"", FLARE_ERR_ARGUMENT, NULL, 0, NULL},
                {"http://", FLARE_ERR_ARGUMENT, NULL, 0, NULL},
                {"http://p.test/path", FLARE_ERR_ARGUMENT, NULL, 0, NULL},
                {"http://p.test:0", FLARE_ERR_ARGUMENT, NULL, 0, NULL},
                {"socks5://p.test", FLARE_ERR_ARGUMENT, NULL, 0, NULL},
                {"https://p.test", FLARE_ERR_ARGUMENT, NULL, 0, NULL}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct flarei_proxy *proxy;

        CHECK_INT(flarei_proxy_make(&proxy, flare_str_of(rows[i].text)), rows[i].err);
        CHECK_INT(proxy != NULL, rows[i].err == FLARE_OK);
        if (proxy == NULL)
            continue;
        CHECK(strcmp(proxy->host, rows[i].host) == 0);
        CHECK_INT(proxy->port, rows[i].port);
        const flare_str said = flare_str_of(proxy->authorization);
        CHECK_STR(said, rows[i].authorization != NULL ? rows[i].authorization : "");
        flarei_proxy_free(proxy);
    }
}

TEST(hosts_that_are_spared)
{
    static const struct {
        const char *list, *host;
        bool spared;
    } rows[] = {{"a.test", "a.test", true},
                {"a.test", "b.a.test", true},
                {"a.test", "ba.test", false},
                {".a.test", "a.test", true},
                {"x, A.TEST", "a.test", true},
                {"x a.test", "a.test", true},
                {"*", "a.test", true},
                {"", "a.test", false},
                {"a.test:80", "a.test", true},
                {"a.test:81", "a.test", false},
                {"127.0.0.1", "127.0.0.1", true},
                {"::1", "::1", true},
                {"[::1]", "::1", true},
                {"a.test.", "a.test", false},
                {"b.a.test", "a.test", false},
                {"*.a.test", "b.a.test", true},
                {"*.a.test", "ba.test", false},
                {"10.0.0.0/8", "10.1.2.3", true},
                {"10.0.0.0/8", "11.1.2.3", false},
                {"10.0.0.0/8", "a.test", false},
                {"10.0.0.1/8", "10.1.2.3", false},
                {"0.0.1", "127.0.0.1", false},
                {"0:0::1", "::1", true},
                {"[::1]:80", "::1", true},
                {"[::1]:81", "::1", false},
                {"127.0.0.1:80", "127.0.0.1", true},
                {"127.0.0.1:81", "127.0.0.1", false},
                {"[fd00::]/8", "fd00::1", false},
                {"fd00::/8", "fd12::1", true},
                {"fd00::/8", "fe12::1", false},
                {",,", "a.test", false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(flarei_proxy_spares(flare_str_of(rows[i].list), flare_str_of(rows[i].host), 80),
                  rows[i].spared);
}

static void expect_for(const flare_client_options *options, bool secure, const char *host)
{
    flare_client *client;

    CHECK_INT(flare_client_create(&client, loop, options), FLARE_OK);
    const struct flarei_proxy *const proxy =
        flarei_proxy_for(client, FLARE_STR("a.test"), secure ? 443 : 80, secure);
    CHECK_INT(proxy != NULL, host != NULL);
    if (proxy != NULL && host != NULL)
        CHECK(strcmp(proxy->host, host) == 0);
    flare_client_free(client);
}

TEST(the_environment)
{
    const flare_client_options from = {.proxy_environment = true}, none = {.proxy = NULL};
    const flare_client_options own = {.proxy_environment = true, .proxy = "own.test"};

    (void)setenv("HTTP_PROXY", "evil.test", 1);
    (void)setenv("REQUEST_METHOD", "GET", 1); /* of a program of CGI */
    expect_for(&from, false, NULL);
    (void)setenv("http_proxy", "plain.test", 1);
    (void)setenv("HTTPS_PROXY", "secure.test", 1);
    expect_for(&from, false, "plain.test");
    expect_for(&from, true, "secure.test");
    expect_for(&none, true, NULL);
    expect_for(&own, true, "own.test");
    (void)setenv("no_proxy", "a.test", 1);
    expect_for(&from, false, NULL);
    (void)unsetenv("no_proxy");
    (void)unsetenv("http_proxy");
    (void)unsetenv("HTTPS_PROXY");
    (void)setenv("ALL_PROXY", "all.test", 1);
    expect_for(&from, false, "all.test");
    expect_for(&from, true, "all.test");
    (void)unsetenv("REQUEST_METHOD");
    expect_for(&from, false, "evil.test");
    expect_for(&from, true, "all.test");
    (void)setenv("http_proxy", "plain.test", 1);
    expect_for(&from, false, "plain.test");
    (void)unsetenv("http_proxy");
    (void)unsetenv("ALL_PROXY");
    (void)unsetenv("HTTP_PROXY");
}

/* ---- Through it ---- */

static char proxy_url[64];

static const flare_client_options *through(flare_tls_connector *tls)
{
    static flare_client_options options;

    (void)snprintf(proxy_url, sizeof proxy_url, "http://u:p@127.0.0.1:%u", server.listener.address.port);
    options = (flare_client_options){.tls = tls, .proxy = proxy_url};
    return &options;
}

TEST(plain_requests)
{
    const flare_fetch_options options = {.url = FLARE_STR("http://a.test:81/x?y")};
    const flare_fetch_reply *reply;
    flare_client *client;
    flare_fetch *fetch;

    play((struct script){.reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"});
    CHECK_INT(flare_client_create(&client, NULL, through(NULL)), FLARE_OK);
    CHECK_INT(flare_fetch_wait(&fetch, client, &options, &reply), FLARE_OK);
    CHECK_STR(reply->content, "hello");
    CHECK(strstr(last_request(), "GET http://a.test:81/x?y HTTP/1.1\r\nHost: a.test:81\r\n") ==
          last_request());
    CHECK(strstr(last_request(), "\r\nProxy-Authorization: Basic dTpw\r\n") != NULL);
    flare_fetch_free(fetch);
    flare_client_free(client);
}

static struct {
    bool done;
    flare_err err;
    const char *why;
    unsigned status;
    bool reused;
} got;

static void on_done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    (void)context;
    got.done = true;
    got.err = err;
    got.why = flare_fetch_why(fetch);
    got.status = reply->status;
    got.reused = reply->reused;
    flare_fetch_free(fetch);
}

TEST(replies_without_a_tunnel)
{
    static const struct {
        const char *reply;
        enum after after;
        flare_err err;
    } rows[] = {
        {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", KEEP, FLARE_ERR_REFUSED},
        {"HTTP/1.1 403 No\r\n\r\n", CLOSE, FLARE_ERR_REFUSED},
        {"HTTP/1.1 502 Bad\r\n\r\n", CLOSE, FLARE_ERR_REFUSED},
        {"HTTP/1.1 302 Go\r\nLocation: http://evil.test/\r\n\r\n", CLOSE, FLARE_ERR_REFUSED},
        {"hello\r\n\r\n", KEEP, FLARE_ERR_SYNTAX},
        {"HTTP/1.1 200 OK\r\n\r\nmore", KEEP, FLARE_ERR_SYNTAX},
        {"HTTP/1.1 200 OK\r\n", CLOSE, FLARE_ERR_CLOSED},
        {"HTTP/1.1 200 OK\r\n", RESET, FLARE_ERR_RESET},
        {"", CLOSE, FLARE_ERR_CLOSED},
        {"HTTP/1.1 200 OK\r\n", STALL, FLARE_ERR_TIMEOUT},
        {"HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 403 No\r\n\r\n", CLOSE, FLARE_ERR_REFUSED},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", CLOSE, FLARE_ERR_TLS_PROTOCOL}};
    const flare_fetch_options options = {.url = FLARE_STR("https://a.test/"), .connect_ms = 300};
    const flare_fetch_handler handler = {.done = on_done};
    flare_client *client;
    flare_fetch *fetch;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        play((struct script){.reply = rows[i].reply, .after = rows[i].after});
        memset(&got, 0, sizeof got);
        CHECK_INT(flare_client_create(&client, loop, through(NULL)), FLARE_OK);
        CHECK_INT(flare_fetch_start(&fetch, client, &options, &handler, NULL), FLARE_OK);
        CHECK(run_until(&got.done));
        /* How a peer that goes in the handshake is told apart is TLS's matter. */
        CHECK(got.err == rows[i].err || (rows[i].err == FLARE_ERR_TLS_PROTOCOL &&
                                         (got.err == FLARE_ERR_CLOSED || got.err == FLARE_ERR_RESET)));
        if (got.err != rows[i].err)
            fprintf(stderr, "  row %zu: %s\n", i, flare_err_name(got.err));
        CHECK_INT(got.status, 0);
        CHECK((got.err == FLARE_ERR_REFUSED) == (got.why != NULL && strstr(got.why, "the proxy") == got.why));
        CHECK(strstr(last_request(), "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n"
                                     "Proxy-Authorization: Basic dTpw\r\n\r\n") == last_request());
        flare_client_free(client);
    }
    run_for(2);
}

/* ---- A tunnel ---- */

static flare_listener proxy_listener;

static void pipe_both(int a, int b)
{
    struct pollfd fds[2] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
    char bytes[16384];

    while (poll(fds, 2, 5000) > 0)
        for (int i = 0; i < 2; i++) {
            ssize_t moved;

            if (fds[i].revents == 0)
                continue;
            moved = recv(fds[i].fd, bytes, sizeof bytes, 0);
            if (moved <= 0 || send(fds[1 - i].fd, bytes, (size_t)moved, MSG_NOSIGNAL) != moved)
                return;
        }
}

/* One tunnel to the port that is asked for, whatever the host. */
static void *run_proxy(void *context)
{
    char request[4096];
    struct sockaddr_in to = {.sin_family = AF_INET};
    int fd, other;
    const char *port;

    (void)context;
    while ((fd = flare_listener_accept(&proxy_listener, NULL)) < 0)
        (void)usleep(500);
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    other = socket(AF_INET, SOCK_STREAM, 0);
    if (hear_one(fd, request, sizeof request) && (port = strchr(request, ':')) != NULL) {
        to.sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(other, (const struct sockaddr *)&to, sizeof to) == 0 &&
            send(fd, "HTTP/1.1 200 Connected\r\n\r\n", 26, MSG_NOSIGNAL) == 26)
            pipe_both(fd, other);
    }
    (void)close(other);
    (void)close(fd);
    return NULL;
}

static void answer_tls(flare_stream *stream, void *context, unsigned ready)
{
    static const char hello[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    char bytes[4096];

    (void)context, (void)ready;
    while (flare_stream_read(stream, bytes, sizeof bytes) > 0) {
        CHECK(memcmp(bytes, "GET /x HTTP/1.1\r\nHost: localhost", 32) == 0);
        CHECK_INT(flare_stream_write(stream, hello, sizeof hello - 1), sizeof hello - 1);
    }
}

TEST(tls_through_a_tunnel)
{
    flare_tls_acceptor *const acceptor = accept_as("good", "http/1.1");
    flare_tls_connector *const connector =
        connect_as(&(flare_tls_connector_options){.ca = certificate_path("ca.crt")});
    const flare_fetch_handler handler = {.done = on_done};
    flare_client_options client_options = {.tls = connector};
    flare_client *client;
    flare_fetch *fetch;
    pthread_t thread;
    struct ends ends;
    char url[64];

    proxy_listener = listen_on("127.0.0.1:0");
    CHECK_INT(pthread_create(&thread, NULL, run_proxy, NULL), 0);
    listen_ends(&ends, "127.0.0.1:0", acceptor);
    (void)snprintf(proxy_url, sizeof proxy_url, "127.0.0.1:%u", proxy_listener.address.port);
    (void)snprintf(url, sizeof url, "https://localhost:%u/x", ends.listener.address.port);
    client_options.proxy = proxy_url;
    CHECK_INT(flare_client_create(&client, loop, &client_options), FLARE_OK);
    const flare_fetch_options options = {.url = flare_str_of(url)};
    for (int i = 0; i < 3; i++) {
        memset(&got, 0, sizeof got);
        CHECK_INT(flare_fetch_start(&fetch, client, &options, &handler, NULL), FLARE_OK);
        for (const uint64_t until = now_ms() + 5000; !got.done && now_ms() < until;) {
            (void)flare_loop_run_once(loop, 5);
            if (ends.server.told && ends.server.err == FLARE_OK) {
                flare_stream_watch(ends.server.stream, FLARE_READ, answer_tls, NULL);
                answer_tls(ends.server.stream, NULL, 0);
            }
        }
        CHECK_INT(got.err, FLARE_OK);
        CHECK_INT(got.status, 200);
        CHECK_INT(got.reused, i > 0);
    }
    flare_client_free(client);
    close_ends(&ends);
    (void)pthread_join(thread, NULL);
    flare_listener_close(&proxy_listener);
    flare_tls_connector_free(connector);
    flare_tls_acceptor_free(acceptor);
}

int main(void)
{
    make_certificates();
    open_loop();
    begin_serving();
    RUN(urls);
    RUN(hosts_that_are_spared);
    RUN(the_environment);
    RUN(plain_requests);
    RUN(replies_without_a_tunnel);
    RUN(tls_through_a_tunnel);
    end_serving();
    flare_loop_destroy(loop);
    remove_certificates();
    return TEST_END();
}
