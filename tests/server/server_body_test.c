/* Bodies over TCP: of both framings, at their limits, with 100 (Continue), and those that nobody wants. */
#include "harness.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct reply reply;

static void check_get(int fd)
{
    client_send(fd, GET("/plaintext"));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
}

static char *body_of(size_t bytes)
{
    char *body = malloc(bytes + 1);

    for (size_t i = 0; body != NULL && i < bytes; i++)
        body[i] = (char)('A' + i * 7 % 26);
    return body;
}

static void echo_length(const struct harness *h, size_t bytes, bool chunked, int status)
{
    char head[256];
    char *body = body_of(bytes);
    const int fd = client_dial(h);

    if (chunked)
        snprintf(head, sizeof head, POST("/echo", "Transfer-Encoding: chunked\r\n", "%zx\r\n"), bytes);
    else
        snprintf(head, sizeof head, POST("/echo", "Content-Length: %zu\r\n", ""), bytes);
    client_send(fd, head);
    client_send_bytes(fd, body, bytes);
    if (chunked)
        client_send(fd, "\r\n0\r\n\r\n");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, status);
    if (status == 200) {
        CHECK_INT(reply.body_bytes, bytes);
        CHECK(memcmp(reply.body, body, bytes) == 0);
        check_get(fd);
    } else {
        CHECK(reply.close);
    }
    close(fd);
    free(body);
}

TEST(takes_bodies_up_to_the_limit)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    for (int chunked = 0; chunked < 2; chunked++) {
        echo_length(&h, 1, chunked, 200);
        echo_length(&h, 10000, chunked, 200);
        echo_length(&h, SAMPLE_BODY_MAX - 1, chunked, 200);
        echo_length(&h, SAMPLE_BODY_MAX, chunked, 200);
        echo_length(&h, SAMPLE_BODY_MAX + 1, chunked, 413);
        echo_length(&h, 150000, chunked, 413);
    }
    harness_stop(&h);
}

/* Many chunks, so that the memory of the body grows, and a pipelined request behind the last. */
TEST(takes_a_body_of_many_chunks)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    const int fd = client_dial(&h);
    client_send(fd, POST("/echo", "Transfer-Encoding: chunked\r\n", ""));
    for (int i = 0; i < 2000; i++)
        client_send(fd, "0a\r\n0123456789\r\n");
    client_send(fd, "0\r\n\r\n" GET("/plaintext"));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK_INT(reply.body_bytes, 20000);
    CHECK(memcmp(reply.body + 19990, "0123456789", 10) == 0);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    close(fd);
    harness_stop(&h);
}

/* RFC 9110, section 10.1.1 */
TEST(says_continue_only_for_a_body_it_wants)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    int fd = client_dial(&h);
    client_send(fd, POST("/echo", "Content-Length: 3\r\nExpect: 100-continue\r\n", ""));
    client_read(fd, &reply, true);
    CHECK_INT(reply.status, 100);
    client_send(fd, "abc");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(!reply.close);
    check_get(fd);
    close(fd);

    fd = client_dial(&h);
    client_send(fd, POST("/echo", "Content-Length: 3\r\nExpect: 100-continue\r\n", "abc"));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    close(fd);

    fd = client_dial(&h);
    client_send(fd, POST("/ignore", "Content-Length: 3\r\nExpect: 100-continue\r\n", ""));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(reply.close);
    CHECK_INT(client_ended(fd), 1);
    close(fd);

    fd = client_dial(&h);
    client_send(fd, POST("/echo", "Content-Length: 100001\r\nExpect: 100-continue\r\n", ""));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 413);
    CHECK_INT(client_ended(fd), 1);
    close(fd);
    CHECK_INT(client_status(&h, POST("/echo", "Content-Length: 1\r\nExpect: 200-maybe\r\n", "x")), 417);
    harness_stop(&h);
}

static void ignored(const struct harness *h, bool chunked, size_t bytes, bool goes_on)
{
    char head[256];
    char *body = body_of(bytes);
    const int fd = client_dial(h);

    if (chunked)
        snprintf(head, sizeof head, POST("/ignore", "Transfer-Encoding: chunked\r\n", "%zx\r\n"), bytes);
    else
        snprintf(head, sizeof head, POST("/ignore", "Content-Length: %zu\r\n", ""), bytes);
    client_send(fd, head);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    client_send_bytes(fd, body, bytes);
    client_send(fd, chunked ? "\r\n0\r\n\r\n" : "");
    if (goes_on)
        check_get(fd);
    else
        CHECK_INT(client_ended(fd), 1);
    close(fd);
    free(body);
}

TEST(drops_a_body_that_nobody_wants)
{
    struct harness h;

    sample_limits.body_max_bytes = 50000;
    CHECK(harness_start(&h, NULL));
    for (int chunked = 0; chunked < 2; chunked++) {
        ignored(&h, chunked, 1, true);
        ignored(&h, chunked, 49999, true);
        ignored(&h, chunked, 50000, true);
        ignored(&h, chunked, 50001, false);
    }
    CHECK_INT(client_status(&h, POST("/ignore", "Transfer-Encoding: chunked\r\n", "3\r\nabcX")), 400);
    harness_stop(&h);
    sample_limits = (flare_limits){0};
}

static void run_all(void)
{
    RUN(takes_bodies_up_to_the_limit);
    RUN(takes_a_body_of_many_chunks);
    RUN(says_continue_only_for_a_body_it_wants);
    RUN(drops_a_body_that_nobody_wants);
}

int main(void)
{
    harness_each_way(run_all);
    return TEST_END();
}
