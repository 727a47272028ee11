/* Replies that are streamed under compress() and server_timing(): each send can be read when it comes, events
 * go as they are, and bodies are read meanwhile. */
#include "harness.h"
#include "stream_service.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#define CODED(path) "GET " path " HTTP/1.1\r\nHost: test\r\nAccept-Encoding: gzip\r\n\r\n"

static struct reply reply;

struct decoded {
    z_stream stream;
    uint64_t coded, bytes, sum;
    bool ended;
};

static void decode_begin(struct decoded *d)
{
    memset(d, 0, sizeof *d);
    CHECK_INT(inflateInit2(&d->stream, MAX_WBITS + 16), Z_OK);
}

static void decode(struct decoded *d, void *bytes, size_t length)
{
    static unsigned char out[1 << 16];

    d->coded += length;
    d->stream.next_in = bytes;
    d->stream.avail_in = (uInt)length;
    do {
        d->stream.next_out = out;
        d->stream.avail_out = sizeof out;
        const int result = inflate(&d->stream, Z_NO_FLUSH);

        CHECK(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);
        d->ended |= result == Z_STREAM_END;
        d->bytes += sizeof out - d->stream.avail_out;
        for (size_t i = 0; i < sizeof out - d->stream.avail_out; i++)
            d->sum += out[i];
    } while (d->stream.avail_out == 0);
}

static bool read_line(int fd, char *line, size_t room)
{
    size_t length = 0;

    while (length + 1 < room && (length < 2 || memcmp(line + length - 2, "\r\n", 2) != 0))
        if (recv(fd, &line[length++], 1, 0) != 1)
            return false;
    line[length] = '\0';
    return true;
}

/* Reads one chunk. @return its length, 0 at the end, -1 where nothing came */
static long read_chunk(int fd, struct decoded *d)
{
    static char bytes[1 << 16];
    char line[64];
    long size, got = 0;

    if (!read_line(fd, line, sizeof line))
        return -1;
    size = strtol(line, NULL, 16);
    while (got < size) {
        const ssize_t more = recv(fd, bytes + got, (size_t)(size - got), 0);

        if (more <= 0)
            return -1;
        got += more;
    }
    if (size != 0)
        decode(d, bytes, (size_t)size);
    return read_line(fd, line, sizeof line) ? size : -1;
}

static uint64_t sum_of(uint64_t bytes)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < bytes; i++)
        sum += (uint64_t)'a' + i % 5000 % 26;
    return sum;
}

TEST(streams_are_coded)
{
    static const unsigned lengths[] = {1, 5000, 16384, 3000000};
    struct harness h;
    struct decoded d;
    char request[128];

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    for (unsigned i = 0; i < 4; i++) {
        snprintf(request, sizeof request, CODED("/text/%u"), lengths[i]);
        client_send(fd, request);
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, 200);
        CHECK(strstr(reply.head, "\r\nContent-Encoding: gzip\r\n") != NULL);
        CHECK(strstr(reply.head, "\r\nVary: Accept-Encoding\r\n") != NULL);
        CHECK(strstr(reply.head, "\r\nServer-Timing: total;dur=") != NULL);
        CHECK(strstr(reply.head, "\r\nTransfer-Encoding: chunked\r\n") != NULL);
        decode_begin(&d);
        while (read_chunk(fd, &d) > 0)
            continue;
        CHECK(d.ended);
        CHECK_INT(d.bytes, lengths[i]);
        CHECK_INT(d.sum, sum_of(lengths[i]));
        CHECK(lengths[i] < 5000 || d.coded < lengths[i] / 8);
        inflateEnd(&d.stream);
    }
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

/* The handler holds after its first send: what that was is there. */
TEST(a_send_can_be_read_at_once)
{
    struct harness h;
    struct decoded d;

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    client_send(fd, CODED("/text/0"));
    client_read(fd, &reply, false);
    decode_begin(&d);
    while (d.bytes < 3 && read_chunk(fd, &d) > 0)
        continue;
    CHECK_INT(d.bytes, 3);
    CHECK(!d.ended);
    inflateEnd(&d.stream);
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

/* Nobody asked for a coding, nothing is to be sent, or it is of a kind that is not coded. */
TEST(what_goes_as_it_is)
{
    struct harness h;
    char bytes[512] = "";
    size_t got = 0;

    CHECK(harness_start(&h, &stream_service));
    int fd = client_dial(&h);
    client_send(fd, GET("/text/3"));
    client_read(fd, &reply, false);
    CHECK(strstr(reply.head, "Content-Encoding") == NULL);
    CHECK(strstr(reply.head, "\r\nVary: Accept-Encoding\r\n") != NULL);
    CHECK(strstr(reply.head, "\r\nServer-Timing: total;dur=") != NULL);
    close(fd);

    fd = client_dial(&h);
    client_send(fd, "HEAD /text/5000 HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n" GET("/give/1"));
    client_read(fd, &reply, true);
    CHECK_INT(reply.status, 200);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    close(fd);

    fd = client_dial(&h);
    client_send(fd, CODED("/feed"));
    client_read(fd, &reply, false);
    CHECK(strstr(reply.head, "Content-Encoding") == NULL);
    while (got + 1 < sizeof bytes && strstr(bytes, ":\n\n") == NULL) {
        const ssize_t more = recv(fd, bytes + got, sizeof bytes - 1 - got, 0);

        if (more <= 0)
            break;
        got += (size_t)more;
        bytes[got] = '\0';
    }
    CHECK(strstr(bytes, "id: 7\nevent: tick\ndata: 1\n\n") != NULL);
    CHECK(strstr(bytes, ":\n\n") != NULL);
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

/* Layers are there before the reply is opened: the body is read by the wire all the same. */
TEST(a_body_is_read_under_layers)
{
    struct harness h;

    CHECK(harness_start(&h, &stream_service));
    const int fd = client_dial(&h);
    client_send(fd, POST("/sink?coded", "Accept-Encoding: gzip\r\nContent-Length: 4\r\n", "ab"));
    sleep_ms(50);
    client_send(fd, "cd");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(strcmp(reply.body, "4 none") == 0);
    client_send(fd, POST("/upload", "Accept-Encoding: gzip\r\nContent-Length: 4\r\n", "ab"));
    sleep_ms(50);
    client_send(fd, "cd");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 200);
    CHECK(strstr(reply.head, "\r\nServer-Timing: total;dur=") != NULL);
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

#if FLARE_TEST_HTTP2
#include "h2_client.h"

TEST(streams_are_coded_on_h2)
{
    static struct h2_frame frame;
    static struct h2_answer answer;
    struct harness h;
    struct decoded d;

    CHECK(harness_start(&h, &stream_service));
    struct h2_client *c = h2_open(&h);
    h2_request(c, H2_END_STREAM | H2_END_HEADERS, 1, "GET", "/text/3000000", "accept-encoding: gzip\n");
    h2_send(c);
    decode_begin(&d);
    do {
        h2_next(c, &frame);
        if (frame.type == H2_DATA && frame.length != 0)
            decode(&d, frame.payload, frame.length);
    } while (frame.type >= 0 && (frame.type != H2_DATA || (frame.flags & H2_END_STREAM) == 0));
    CHECK(d.ended);
    CHECK_INT(d.bytes, 3000000);
    CHECK_INT(d.sum, sum_of(3000000));
    inflateEnd(&d.stream);
    h2_request(c, H2_END_STREAM | H2_END_HEADERS, 3, "GET", "/text/5000", "");
    h2_send(c);
    h2_read(c, 3, &answer);
    CHECK_INT(answer.status, 200);
    CHECK_INT(answer.bytes, 5000);
    h2_hang_up(c);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}
#endif

static void run_all(void)
{
    RUN(streams_are_coded);
    RUN(a_send_can_be_read_at_once);
    RUN(what_goes_as_it_is);
    RUN(a_body_is_read_under_layers);
#if FLARE_TEST_HTTP2
    RUN(streams_are_coded_on_h2);
#endif
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
