/* From HTTP/1 to HTTP/2 by Upgrade (RFC 7540, section 3.2). */
#include "h2_client.h"
#include "harness.h"
#include "test.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct h2_answer answer;

#define UPGRADE                                                                                              \
    "GET /plaintext HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"

TEST(upgrade)
{
    static const char *const others[] = {
        UPGRADE "\r\n",                                                         /* no settings */
        UPGRADE "HTTP2-Settings: AAMAAABk\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", /* twice */
        UPGRADE "HTTP2-Settings: !\r\n\r\n",                                    /* malformed */
        UPGRADE "HTTP2-Settings: AAMAAA\r\n\r\n",                               /* not whole */
        "GET /plaintext HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABk\r\n\r\n",
        "GET /plaintext HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2\r\n"
        "HTTP2-Settings: AAMAAABk\r\n\r\n",
    };
    struct harness h;
    static struct reply reply;

    CHECK(harness_start(&h, NULL));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CHECK_INT(client_status(&h, others[i]), 200);
    struct h2_client *c = calloc(1, sizeof *c);
    c->fd = client_dial(&h);
    client_send(c->fd, UPGRADE "HTTP2-Settings: AAMAAABk\r\n\r\n");
    client_read(c->fd, &reply, true);
    CHECK_INT(reply.status, 101);
    memcpy(c->out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    c->length = 24;
    h2_frame(c, H2_SETTINGS, 0, 0, NULL, 0);
    h2_send(c);
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 200);
    CHECK_INT(answer.bytes, 13);
    h2_get(c, 3, "/big/1000");
    h2_read(c, 3, &answer);
    CHECK_INT(answer.bytes, 1000);
    h2_hang_up(c);
    harness_stop(&h);
}

/* The bytes of content in the frames that came. */
static size_t content_in(const unsigned char *bytes, size_t length)
{
    size_t content = 0;

    for (size_t at = 0; at + 9 <= length;) {
        const size_t payload = (size_t)bytes[at] << 16 | (size_t)bytes[at + 1] << 8 | bytes[at + 2];

        if (bytes[at + 3] == H2_DATA)
            content += payload;
        at += 9 + payload;
    }
    return content;
}

/* What a client gets before it has said anything in HTTP/2: curl keeps at most 32 KiB of that. */
static size_t content_unasked(int fd)
{
    static unsigned char bytes[1 << 17];
    struct pollfd coming = {.fd = fd, .events = POLLIN};
    size_t length = 0;

    while (poll(&coming, 1, 300) > 0) {
        const ssize_t got = recv(fd, bytes + length, sizeof bytes - length, 0);

        if (got <= 0)
            break;
        length += (size_t)got;
    }
    return content_in(bytes, length);
}

static void begin_upgrade(const struct harness *h, struct h2_client *c, const char *request)
{
    static struct reply reply;

    c->fd = client_dial(h);
    client_send(c->fd, request);
    client_read(c->fd, &reply, true);
    CHECK_INT(reply.status, 101);
}

static void end_upgrade(struct h2_client *c)
{
    memcpy(c->out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    c->length = 24;
    h2_frame(c, H2_SETTINGS, 0, 0, NULL, 0);
    h2_window(c, 0, 1 << 20);
    h2_window(c, 1, 1 << 20);
    h2_send(c);
}

#define UPGRADE_OF(target)                                                                                   \
    "GET " target " HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"       \
    "HTTP2-Settings: AAMAAABk\r\n\r\n"

TEST(little_content_comes_before_the_preface)
{
    struct harness h;
    struct h2_client *c = calloc(1, sizeof *c);

    CHECK(harness_start(&h, NULL));
    begin_upgrade(&h, c, UPGRADE_OF("/big/16384"));
    CHECK_INT(content_unasked(c->fd), 16384);
    close(c->fd);
    begin_upgrade(&h, c, UPGRADE_OF("/big/16385"));
    CHECK_INT(content_unasked(c->fd), 16384);
    end_upgrade(c);
    h2_read(c, 1, &answer);
    CHECK(answer.ended);
    CHECK_INT(answer.bytes, 1);
    close(c->fd);
    begin_upgrade(&h, c, UPGRADE_OF("/big/100000"));
    CHECK_INT(content_unasked(c->fd), 16384);
    end_upgrade(c);
    h2_read(c, 1, &answer);
    CHECK_INT(answer.bytes, 100000 - 16384);
    h2_get(c, 3, "/big/20000");
    h2_read(c, 3, &answer);
    CHECK_INT(answer.bytes, 20000);
    h2_hang_up(c);
    harness_stop(&h);
}

/* It is cut like any other that reads nothing. */
TEST(who_never_speaks_http2_is_cut)
{
    struct harness h;
    struct h2_client *c = calloc(1, sizeof *c);
    struct pollfd ending = {.events = POLLIN};
    char bytes[4096];
    ssize_t got = 1;

    sample_limits.head_time_ms = sample_limits.write_time_ms = sample_limits.idle_time_ms = 300;
    CHECK(harness_start(&h, NULL));
    begin_upgrade(&h, c, UPGRADE_OF("/big/100000"));
    ending.fd = c->fd;
    while (got > 0 && poll(&ending, 1, 5000) > 0)
        got = recv(c->fd, bytes, sizeof bytes, 0);
    CHECK(got <= 0);
    h2_hang_up(c);
    harness_stop(&h);
}

/* Then the connection is as idle as any. */
TEST(the_request_that_asked_ends)
{
    struct harness h;
    struct h2_client *c = calloc(1, sizeof *c);

    sample_limits.idle_time_ms = 300;
    CHECK(harness_start(&h, NULL));
    begin_upgrade(&h, c, UPGRADE_OF("/plaintext"));
    end_upgrade(c);
    h2_read(c, 1, &answer);
    CHECK(answer.ended);
    h2_read(c, 0, &answer);
    CHECK_INT(answer.goaway, 0);
    CHECK(answer.closed);
    h2_hang_up(c);
    harness_stop(&h);
}

int main(void)
{
    RUN(upgrade);
    RUN(the_request_that_asked_ends);
    RUN(little_content_comes_before_the_preface);
    RUN(who_never_speaks_http2_is_cut);
    return TEST_END();
}
