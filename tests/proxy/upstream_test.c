/* proxy() where something is missing: memory at any moment, descriptors, trust in the upstream. Front and
 * upstream are servers of one process. */
#include "../client/certificates.h"
#include "net/sys.h"
#include "pair.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

static struct reply reply;

static int exchange(const struct harness *front, const char *request)
{
    const int fd = client_dial(front);

    client_send(fd, request);
    client_read(fd, &reply, false);
    close(fd);
    return reply.status;
}

/* ---- The tests ---- */

TEST(requests_go_through_two_servers)
{
    struct pair pair;

    CHECK(pair_start(&pair, &stream_service));
    CHECK_INT(pair_content(&pair, OLD("/give/100000")), 100000);
    CHECK_INT(pair_content(&pair, OLD_POST("/echo", "hello")), 5);
    CHECK_INT(exchange(&pair.front, POST("/sink", "Transfer-Encoding: chunked\r\n",
                                         "3\r\nabc\r\n0\r\nChecksum: 9\r\n\r\n")),
              200);
    CHECK(strcmp(reply.body, "3 9") == 0);
    pair_stop(&pair);
}

/* ---- Calls ---- */

static atomic_uint sockets;
static unsigned sockets_fail_from;

static int failing_socket(int domain, int type, int protocol)
{
    if (atomic_fetch_add(&sockets, 1) + 1 < sockets_fail_from || sockets_fail_from == 0)
        return socket(domain, type, protocol);
    errno = EMFILE;
    return -1;
}

TEST(no_descriptor_for_the_upstream_is_a_503)
{
    struct pair pair;

    flarei_sys.socket = failing_socket;
    atomic_store(&sockets, 0);
    CHECK(pair_start(&pair, &stream_service));
    sockets_fail_from = atomic_load(&sockets) + 2;
    CHECK_INT(exchange(&pair.front, GET("/give/3")), 200);
    CHECK_INT(exchange(&pair.front, GET("/give/3")), 200); /* over the connection that is there */
    CHECK_INT(exchange(&pair.front, GET("/break")), 200);  /* which is lost by this */
    CHECK_INT(exchange(&pair.front, GET("/give/3")), 503);
    sockets_fail_from = 0;
    CHECK_INT(exchange(&pair.front, GET("/give/3")), 200);
    pair_stop(&pair);
    flarei_sys_reset();
}

TEST(an_upstream_that_is_not_there_is_a_502)
{
    struct pair pair;

    CHECK(pair_start(&pair, &stream_service));
    harness_stop(&pair.back);
    CHECK_INT(exchange(&pair.front, GET("/give/3")), 502);
    CHECK_INT(exchange(&pair.front, POST("/echo", "Content-Length: 5\r\n", "hello")), 502);
    harness_stop(&pair.front);
}

/* ---- Memory ---- */

/* @return how many went well */
static unsigned walk(const struct pair *pair)
{
    const struct harness *const front = &pair->front;
    unsigned good = 0;

    good += pair_content(pair, OLD("/give/60000")) == 60000;
    good += pair_content(pair, OLD_POST("/echo", "hello")) == 5;
    good += exchange(front, POST("/sink", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")) == 200;
    good += pair_content(pair, OLD("/trailers")) == 3;
    return good;
}

TEST(memory_that_ends_costs_one_request)
{
    pair_fail_memory(&stream_service, walk, 4);
}

/* ---- Trust ---- */

/* What the front says when its upstream shows this certificate. */
static int asked_over_tls(const char *certificate, const char *ca)
{
    static char ca_path[128];
    const flare_options before = harness_options;
    char files[2][128];
    struct harness front, back;
    int status = 0;

    (void)snprintf(files[0], sizeof files[0], "%s/%s.crt", certificate_folder, certificate);
    (void)snprintf(files[1], sizeof files[1], "%s/%s.key", certificate_folder, certificate);
    (void)snprintf(ca_path, sizeof ca_path, "%s/%s.crt", certificate_folder, ca);
    const flare_tls_pair pair = {.certificate = files[0], .key = files[1]};
    const flare_tls_options tls = {.pairs = &pair, .pair_count = 1};
    harness_options.tls = &tls;
    CHECK(harness_start_at(&back, "tls:127.0.0.1:0"));
    harness_options = before;
    pair_upstream.port = back.port;
    pair_upstream.secure = true;
    pair_upstream.ca = ca_path;
    if (harness_start(&front, &pair_front)) {
        status = exchange(&front, GET("/plaintext"));
        if (status == 200)
            CHECK_INT(exchange(&front, GET("/plaintext")), 200);
        harness_stop(&front);
    }
    harness_stop(&back);
    pair_upstream.secure = false;
    pair_upstream.ca = NULL;
    return status;
}

TEST(an_upstream_that_is_not_who_it_should_be_is_a_502)
{
    make_certificates();
    CHECK_INT(asked_over_tls("good", "ca"), 200);
    CHECK_INT(asked_over_tls("good", "stranger"), 502);
    CHECK_INT(asked_over_tls("other", "ca"), 502);
    CHECK_INT(asked_over_tls("expired", "ca"), 502);
    CHECK_INT(asked_over_tls("good", "nowhere"), 502);
    remove_certificates();
}

int main(void)
{
    RUN(requests_go_through_two_servers);
    RUN(no_descriptor_for_the_upstream_is_a_503);
    RUN(an_upstream_that_is_not_there_is_a_502);
    RUN(memory_that_ends_costs_one_request);
    RUN(an_upstream_that_is_not_who_it_should_be_is_a_502);
    return TEST_END();
}
