/* Bodies that are read, and replies that are written, while the handler goes on: both framings, slow peers,
 * ends in the middle. */
#include "harness.h"
#include "net/sys.h"
#include "stream_service.h"
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct reply reply;

/* Reads a chunked body. @return its length, or -1 where it did not end */
static long read_chunks(int fd, char *trailer, size_t room)
{
    char line[256];
    long total = 0;

    for (;;) {
        size_t length = 0;
        long size;

        while (length + 1 < sizeof line && (length < 2 || memcmp(line + length - 2, "\r\n", 2) != 0))
            if (recv(fd, &line[length++], 1, 0) != 1)
                return -1;
        line[length] = '\0';
        size = strtol(line, NULL, 16);
        if (size == 0)
            break;
        total += size;
        for (size += 2; size > 0;) {
            char bytes[4096];
            const ssize_t got = recv(fd, bytes, (size_t)size < sizeof bytes ? (size_t)size : sizeof bytes, 0);

            if (got <= 0)
                return -1;
            size -= got;
        }
    }
    for (size_t length = 0; length + 1 < sizeof line;) {
        if (recv(fd, &line[length++], 1, 0) != 1)
            return -1;
        line[length] = '\0';
        if (strcmp(line, "\r\n") == 0)
            return total;
        if (length >= 2 && memcmp(line + length - 2, "\r\n", 2) == 0) {
            if (trailer != NULL)
                snprintf(trailer, room, "%.*s", (int)length - 2, line);
            length = 0;
        }
    }
    return -1;
}

static void check_streamed(int fd, const char *request, long bytes)
{
    client_send(fd, request);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(strstr(reply.head, "\r\nTransfer-Encoding: chunked\r\n") != NULL);
    CHECK_INT(read_chunks(fd, NULL, 0), bytes);
}

static bool comes(atomic_int *count, int want)
{
    for (int i = 0; i < 100 && atomic_load(count) != want; i++)
        sleep_ms(5);
    return atomic_load(count) == want;
}

TEST(replies_of_any_length)
{
    struct harness h;
    char request[64];

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    static const long lengths[] = {0, 1, 5000, 16000, 16384, 20000, 1 << 20};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        snprintf(request, sizeof request, GET("/give/%ld"), lengths[i]);
        check_streamed(fd, request, lengths[i]);
    }
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(pipelined_requests_wait_for_it)
{
    struct harness h;

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    client_send(fd, GET("/give/300000") GET("/give/1") GET("/none"));
    client_read(fd, &reply, false);
    CHECK_INT(read_chunks(fd, NULL, 0), 300000);
    client_read(fd, &reply, false);
    CHECK_INT(read_chunks(fd, NULL, 0), 1);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 404);
    close(fd);
    harness_stop(&h);
}

TEST(an_old_client_reads_to_the_end)
{
    struct harness h;
    char bytes[4096];
    long total = 0;

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    client_send(fd, "GET /give/100000 HTTP/1.0\r\n\r\n");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(reply.close);
    CHECK(strstr(reply.head, "Transfer-Encoding") == NULL);
    for (ssize_t got; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;)
        total += got;
    CHECK_INT(total, 100000);
    close(fd);
    harness_stop(&h);
}

TEST(head_is_told_that_it_is_closed)
{
    struct harness h;

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    atomic_store(&stream_lost, 0);
    client_send(fd, "HEAD /give/100000 HTTP/1.1\r\nHost: h\r\n\r\n");
    client_read(fd, &reply, true);
    CHECK_INT(reply.status, 200);
    CHECK(comes(&stream_lost, 1));
    check_streamed(fd, GET("/give/10"), 10);
    close(fd);
    harness_stop(&h);
}

/* The producer stops, and goes on when the reader does. */
TEST(a_slow_reader_stops_the_producer)
{
    struct harness h;
    uint64_t before = 0, later;

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial_small(&h);
    atomic_store(&stream_given, 0);
    client_send(fd, GET("/give/50000000"));
    client_read(fd, &reply, false);
    later = atomic_load(&stream_given);
    for (int i = 0; i < 50; i++) { /* it fills the buffers as fast as the machine lets it */
        before = later;
        sleep_ms(200);
        later = atomic_load(&stream_given);
        if (before > 0 && later == before)
            break;
    }
    CHECK_INT(later, before);
    CHECK(later < 20000000);
    CHECK_INT(read_chunks(fd, NULL, 0), 50000000);
    check_streamed(fd, GET("/give/10"), 10);
    close(fd);
    harness_stop(&h);
}

static bool send_much(int fd, size_t bytes)
{
    static const char zeros[16384];

    while (bytes > 0) {
        const size_t part = bytes < sizeof zeros ? bytes : sizeof zeros;

        if (!client_send_bytes(fd, zeros, part))
            return false;
        bytes -= part;
    }
    return true;
}

TEST(bodies_of_any_length)
{
    struct harness h;
    char text[128];

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    static const size_t lengths[] = {0, 1, 1000, 16384, 100000, 5000000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        snprintf(text, sizeof text, POST("/sink", "Content-Length: %zu\r\n", ""), lengths[i]);
        client_send(fd, text);
        CHECK(send_much(fd, lengths[i]));
        client_read(fd, &reply, false);
        snprintf(text, sizeof text, "%zu none", lengths[i]);
        CHECK_INT(reply.status, 200);
        CHECK(strcmp(reply.body, text) == 0);
    }
    close(fd);
    harness_stop(&h);
}

/* ---- A body that is saved ---- */

static struct {
    atomic_int calls;
    int fails_at; /* 0: never */
    int error;    /* 0: nothing is written */
} disk;

static ssize_t (*write_well)(int fd, const void *bytes, size_t length);

/* Writes half of what it is given. */
static ssize_t write_badly(int fd, const void *bytes, size_t length)
{
    if (fd != atomic_load(&stream_save_fd))
        return write_well(fd, bytes, length);
    if (atomic_fetch_add(&disk.calls, 1) + 1 != disk.fails_at)
        return write_well(fd, bytes, length / 2 + 1);
    errno = disk.error;
    return disk.error == 0 ? 0 : -1;
}

static void save(struct harness *h, int error, int at, const char *name)
{
    char text[128];
    const int fd = client_dial(h);

    atomic_store(&disk.calls, 0);
    disk.error = error;
    disk.fails_at = at;
    client_send(fd, POST("/save", "Content-Length: 50000\r\n", ""));
    CHECK(send_much(fd, 50000));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    snprintf(text, sizeof text, "%s ", name);
    CHECK(strncmp(reply.body, text, strlen(text)) == 0);
    CHECK((strtol(reply.body + strlen(text), NULL, 10) == 50000) == (strcmp(name, "FLARE_OK") == 0));
    close(fd);
}

TEST(a_body_is_saved_or_the_disk_is_full)
{
    struct harness h;

    write_well = flarei_sys.write;
    flarei_sys.write = write_badly;
    CHECK(harness_start(&h, &stream_service));
    save(&h, 0, 0, "FLARE_OK");
    for (int at = 1; at <= 3; at++) {
        save(&h, EINTR, at, "FLARE_OK");
        save(&h, ENOSPC, at, "FLARE_ERR_DISK_FULL");
        save(&h, EDQUOT, at, "FLARE_ERR_DISK_FULL");
        save(&h, 0, at, "FLARE_ERR_DISK_FULL");
        save(&h, EIO, at, "FLARE_ERR_IO");
    }
    harness_stop(&h);
    flarei_sys.write = write_well;
}

/* Each byte by itself, and all at once: the same. */
TEST(chunks_and_trailers)
{
    static const char request[] =
        POST("/sink", "Transfer-Encoding: chunked\r\nTrailer: Checksum\r\n",
             "5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nChecksum: f00d\r\n\r\n") GET("/give/3");
    struct harness h;

    CHECK(harness_start(&h, &stream_service));
    for (int split = 0; split < 2; split++) {
        const int fd = client_dial(&h);

        for (size_t i = 0; i + 1 < sizeof request; i++)
            if (split)
                client_send_bytes(fd, request + i, 1);
        if (!split)
            client_send(fd, request);
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, 200);
        CHECK(strcmp(reply.body, "8 f00d") == 0);
        client_read(fd, &reply, false);
        CHECK_INT(read_chunks(fd, NULL, 0), 3);
        close(fd);
    }
    harness_stop(&h);
}

TEST(what_is_wrong_with_a_body_is_the_clients)
{
    struct harness h;
    char text[256];

    CHECK(harness_start(&h, &stream_service));
    int fd = client_dial(&h);
    snprintf(text, sizeof text, POST("/sink", "Content-Length: %u\r\n", ""), STREAM_BODY_MAX + 1);
    client_send(fd, text);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 413);
    close(fd);
    fd = client_dial(&h);
    client_send(fd, POST("/sink", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"));
    sleep_ms(50);
    client_send(fd, "zz\r\n");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 400);
    CHECK(reply.close);
    close(fd);
    fd = client_dial(&h);
    snprintf(text, sizeof text, POST("/sink", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n%x\r\n"),
             STREAM_BODY_MAX);
    client_send(fd, text);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 413);
    close(fd);
    fd = client_dial(&h);
    client_send(fd, POST("/sink", "Content-Length: 10\r\n", "abc"));
    shutdown(fd, SHUT_WR);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 400);
    close(fd);
    harness_stop(&h);
}

TEST(a_body_that_pauses_too_long)
{
    struct harness h;

    stream_limits.body_time_ms = STREAM_PAUSE_MS;
    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    client_send(fd, POST("/sink", "Content-Length: 5\r\n", "a"));
    for (int i = 0; i < 3; i++) {
        sleep_ms(STREAM_PAUSE_MS / 2);
        client_send(fd, "b");
    }
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 408);
    close(fd);
    harness_stop(&h);
    stream_limits.body_time_ms = 0;
}

TEST(a_client_that_waits_for_100)
{
    struct harness h;

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    client_send(fd, POST("/sink", "Content-Length: 5\r\nExpect: 100-continue\r\n", ""));
    client_read(fd, &reply, true);
    CHECK_INT(reply.status, 100);
    client_send(fd, "hello");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(strcmp(reply.body, "5 none") == 0);
    close(fd);
    harness_stop(&h);
}

TEST(an_unread_body_is_dropped)
{
    struct harness h;

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    client_send(fd, POST("/leave", "Content-Length: 100000\r\n", ""));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(send_much(fd, 100000));
    check_streamed(fd, GET("/give/10"), 10);
    close(fd);
    harness_stop(&h);
}

TEST(both_ways_at_once)
{
    struct harness h;

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    client_send(fd, POST("/echo", "Content-Length: 300000\r\n", ""));
    CHECK(send_much(fd, 300000));
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK_INT(read_chunks(fd, NULL, 0), 300000);
    check_streamed(fd, GET("/give/10"), 10);
    close(fd);
    harness_stop(&h);
}

TEST(a_broken_reply_has_no_end)
{
    struct harness h;

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    client_send(fd, GET("/break"));
    client_read(fd, &reply, false);
    CHECK_INT(read_chunks(fd, NULL, 0), -1);
    close(fd);
    harness_stop(&h);
}

TEST(trailers_follow_the_content)
{
    struct harness h;
    char trailer[64] = "";

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    client_send(fd, GET("/trailers"));
    client_read(fd, &reply, false);
    CHECK_INT(read_chunks(fd, trailer, sizeof trailer), 3);
    CHECK(strcmp(trailer, "X-Sum: 3") == 0);
    close(fd);
    harness_stop(&h);
}

TEST(a_handler_learns_that_its_peer_is_gone)
{
    struct harness h;

    CHECK(harness_start(&h, &stream_service));
    for (int reset = 0; reset < 2; reset++) {
        const struct linger now = {1, 0};
        const int fd = client_dial(&h);

        atomic_store(&stream_lost, 0);
        atomic_store(&stream_ended, 0);
        atomic_store(&stream_left, 0);
        client_send(fd, GET("/hold"));
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, 200);
        if (reset)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(fd);
        CHECK(comes(&stream_lost, 1));
        CHECK(comes(&stream_ended, 1));
        CHECK_INT(atomic_load(&stream_left), 1);
    }
    harness_stop(&h);
}

TEST(events_are_kept_alive_and_end_with_the_drain)
{
    struct harness h;
    char bytes[256] = "";
    size_t got = 0;

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    client_send(fd, GET("/events"));
    client_read(fd, &reply, false);
    while (got + 1 < sizeof bytes && strstr(bytes, ":\n\n") == NULL) {
        const ssize_t more = recv(fd, bytes + got, sizeof bytes - 1 - got, 0);

        if (more <= 0)
            break;
        got += (size_t)more;
        bytes[got] = '\0';
    }
    CHECK(strcmp(bytes, "d\r\nretry: 5000\n\n\r\n1b\r\nid: 7\nevent: tick\ndata: 1\n\n\r\n3\r\n:\n\n\r\n") ==
          0);
    flare_server_stop(h.server);
    got = 0;
    for (ssize_t more; (more = recv(fd, bytes + got, sizeof bytes - 1 - got, 0)) > 0;)
        got += (size_t)more;
    CHECK(got >= 5 && memcmp(bytes + got - 5, "0\r\n\r\n", 5) == 0);
    close(fd);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

static void run_all(void)
{
    RUN(replies_of_any_length);
    RUN(pipelined_requests_wait_for_it);
    RUN(an_old_client_reads_to_the_end);
    RUN(head_is_told_that_it_is_closed);
    RUN(a_slow_reader_stops_the_producer);
    RUN(bodies_of_any_length);
    RUN(a_body_is_saved_or_the_disk_is_full);
    RUN(chunks_and_trailers);
    RUN(what_is_wrong_with_a_body_is_the_clients);
    RUN(a_body_that_pauses_too_long);
    RUN(a_client_that_waits_for_100);
    RUN(an_unread_body_is_dropped);
    RUN(both_ways_at_once);
    RUN(a_broken_reply_has_no_end);
    RUN(trailers_follow_the_content);
    RUN(a_handler_learns_that_its_peer_is_gone);
    RUN(events_are_kept_alive_and_end_with_the_drain);
}

int main(void)
{
    run_all();
    harness_options.poll = true;
    run_all();
    stream_blocking = true;
    run_all();
    harness_options.poll = false;
    run_all();
    return TEST_END();
}
