/* proxy() before upstreams of HTTP/2: where memory ends at any moment, and where ALPN chooses. */
#include "../client/certificates.h"
#include "../server/socket_service.h"
#include "pair.h"

#include <sys/socket.h>
#include <unistd.h>

/* Does it say that it came over HTTP/2? */
static bool came_over_h2(void)
{
    return strstr(pair_text, "\r\nVia: 2.0 flare\r\n") != NULL;
}

static bool gets(const struct pair *pair, const char *request, ptrdiff_t bytes)
{
    return pair_content(pair, request) == bytes && came_over_h2();
}

/* ---- Memory ---- */

static unsigned walk(const struct pair *pair)
{
    unsigned good = 0;

    good += gets(pair, OLD("/give/60000"), 60000);
    good += gets(pair, OLD_POST("/echo", "hello"), 5);
    good += client_status(&pair->front, POST("/sink", "Transfer-Encoding: chunked\r\n",
                                             "3\r\nabc\r\n0\r\nChecksum: 9\r\n\r\n")) == 200;
    good += gets(pair, OLD("/trailers"), 3);
    return good;
}

TEST(memory_that_ends_costs_one_request)
{
    pair_upstream.http2 = true;
    pair_fail_memory(&stream_service, walk, 4);
    pair_upstream.http2 = false;
}

/* ---- Which version ---- */

static int asked_over_tls(bool http2)
{
    const flare_options before = harness_options;
    struct pair pair;
    int bytes = 0;

    const flare_tls_pair certificate = {.certificate = certificate_path("good.crt"),
                                        .key = certificate_path("good.key")};
    const flare_tls_options tls = {.pairs = &certificate, .pair_count = 1};
    harness_options.tls = &tls;
    CHECK(harness_start_at(&pair.back, "tls:127.0.0.1:0"));
    harness_options = before;
    pair_upstream.port = pair.back.port;
    pair_upstream.secure = true;
    pair_upstream.http2 = http2;
    pair_upstream.ca = certificate_path("ca.crt");
    if (harness_start(&pair.front, &pair_front)) {
        bytes = (int)pair_content(&pair, OLD("/plaintext"));
        harness_stop(&pair.front);
    }
    harness_stop(&pair.back);
    pair_upstream.secure = pair_upstream.http2 = false;
    pair_upstream.ca = NULL;
    return bytes;
}

TEST(over_tls_the_upstream_chooses)
{
    make_certificates();
    CHECK_INT(asked_over_tls(true), 13);
    CHECK(came_over_h2());
    CHECK_INT(asked_over_tls(false), 13);
    CHECK(!came_over_h2());
    remove_certificates();
}

TEST(websockets_are_asked_for_over_http1)
{
    char head[64] = "";
    struct pair pair;
    int fd;

    pair_upstream.http2 = true;
    CHECK(pair_start(&pair, &socket_service));
    CHECK(gets(&pair, OLD("/plain"), 2));
    fd = client_dial(&pair.front);
    client_send(fd, "GET /echo HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    CHECK(recv(fd, head, 13, MSG_WAITALL) == 13);
    CHECK(strcmp(head, "HTTP/1.1 101 ") == 0);
    close(fd);
    CHECK(gets(&pair, OLD("/plain"), 2));
    pair_stop(&pair);
    pair_upstream.http2 = false;
}

int main(void)
{
    RUN(memory_that_ends_costs_one_request);
    RUN(over_tls_the_upstream_chooses);
    RUN(websockets_are_asked_for_over_http1);
    return TEST_END();
}
