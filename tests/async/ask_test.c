/* Handlers that ask another server: when nobody waits for their reply, neither do they, and the other server
 * is left. */
#include "../server/h2_client.h"
#include "handlers.h"
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct reply reply;
static struct h2_answer answer;

/* The other server: it accepts, and says only what a test says. */
static int listener;
static unsigned port;

static void listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    const struct timeval longest = {.tv_sec = 10};

    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(listener, 8) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &bytes) == 0);
    CHECK(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest) == 0);
    port = ntohs(address.sin_port);
}

static const char *path_of(const char *kind)
{
    static char path[64];

    (void)snprintf(path, sizeof path, "/%s/ask/%u", kind, port);
    return path;
}

/* Accepts the handler's connection and takes its request. */
static int be_asked(void)
{
    const struct timeval longest = {.tv_sec = 10};
    const int fd = accept(listener, NULL, NULL);
    char request[2048];
    ssize_t got;

    CHECK(fd >= 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest) == 0);
    got = recv(fd, request, sizeof request, 0);
    CHECK(got > 4 && memcmp(request, "GET ", 4) == 0);
    return fd;
}

static void check_left(int fd)
{
    char byte;

    CHECK_INT(recv(fd, &byte, 1, 0), 0);
    close(fd);
}

static int ask(const struct harness *h, const char *kind)
{
    const int fd = client_dial(h);
    char request[256];

    (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path_of(kind));
    client_send(fd, request);
    return fd;
}

static void stop(struct harness *h)
{
    harness_stop(h);
    CHECK_INT(h->result, FLARE_OK);
}

TEST(it_is_answered)
{
    static const char hello[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    static const char *const kinds[] = {"async", "blocking"};

    for (size_t i = 0; i < 2; i++) {
        struct harness h;

        CHECK(harness_start(&h, &work_service));
        const int fd = ask(&h, kinds[i]);
        const int other = be_asked();
        CHECK_INT(send(other, hello, sizeof hello - 1, MSG_NOSIGNAL), sizeof hello - 1);
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, 200);
        CHECK(strcmp(reply.body, "FLARE_OK") == 0);
        check_left(other);
        close(fd);
        stop(&h);
    }
}

TEST(the_peer_leaves)
{
    static const char *const kinds[] = {"async", "blocking"};

    for (size_t i = 0; i < 2; i++) {
        struct harness h;

        CHECK(harness_start(&h, &work_service));
        const int fd = ask(&h, kinds[i]);
        const int other = be_asked();
        (void)shutdown(fd, SHUT_WR);
        check_left(other);
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, 200);
        CHECK(strcmp(reply.body, "FLARE_ERR_CANCELLED") == 0);
        close(fd);
        stop(&h);
    }
}

TEST(a_stream_is_taken_back)
{
    const unsigned char code[4] = {0, 0, 0, 8};
    struct harness h;

    CHECK(harness_start(&h, &work_service));
    struct h2_client *c = h2_open(&h);
    h2_get(c, 1, path_of("async"));
    const int other = be_asked();
    h2_frame(c, H2_RST_STREAM, 0, 1, code, sizeof code);
    h2_send(c);
    check_left(other);
    h2_get(c, 3, "/quick");
    h2_read(c, 3, &answer);
    CHECK_INT(answer.status, 200);
    h2_hang_up(c);
    stop(&h);
}

int main(void)
{
    listen_somewhere();
    RUN(it_is_answered);
    RUN(the_peer_leaves);
    RUN(a_stream_is_taken_back);
    close(listener);
    return TEST_END();
}
