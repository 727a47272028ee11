/* HTTP/2 on a running server: the same service, its bodies under flow control, deadlines, the drain. */
#include "h2_client.h"
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct h2_answer answer;
static struct h2_frame frame;

static char body[1 << 17];

/* DATA in frames of at most 16 KiB. */
static void send_body(struct h2_client *c, unsigned id, size_t bytes, bool end)
{
    do {
        const size_t part = bytes < 16384 ? bytes : 16384;

        bytes -= part;
        h2_frame(c, H2_DATA, end && bytes == 0 ? H2_END_STREAM : 0, id, body, part);
    } while (bytes > 0);
    h2_send(c);
}

TEST(requests_side_by_side)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open(&h);
    for (unsigned id = 1; id < 100; id += 2)
        h2_request(c, H2_END_STREAM, id, "GET", "/plaintext", "");
    h2_send(c);
    for (unsigned id = 1; id < 100; id += 2) {
        h2_read(c, id, &answer);
        CHECK_INT(answer.status, 200);
        CHECK_INT(answer.bytes, 13);
    }
    h2_request(c, H2_END_STREAM, 101, "HEAD", "/plaintext", "");
    h2_send(c);
    h2_read(c, 101, &answer);
    CHECK_INT(answer.status, 200);
    CHECK_INT(answer.bytes, 0);
    h2_get(c, 103, "/none");
    h2_read(c, 103, &answer);
    CHECK_INT(answer.status, 404);
    h2_get(c, 105, "/forged");
    h2_read(c, 105, &answer);
    CHECK_INT(answer.status, 500);
    h2_hang_up(c);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

/* The preface and all after it, one byte at a time. */
TEST(any_split_is_the_same)
{
    struct harness h;
    static char bytes[4096];

    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open(&h);
    h2_get(c, 1, "/plaintext");
    h2_read(c, 1, &answer);
    h2_hang_up(c);
    c = calloc(1, sizeof *c);
    c->fd = client_dial(&h);
    memcpy(c->out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    c->length = 24;
    h2_frame(c, H2_SETTINGS, 0, 0, NULL, 0);
    h2_request(c, 0, 1, "POST", "/echo", "");
    h2_frame(c, H2_PRIORITY, 0, 3, "\0\0\0\1\7", 5);
    h2_frame(c, H2_DATA, H2_PADDED, 1, "\2abc\0\0", 6);
    h2_frame(c, H2_DATA, H2_END_STREAM, 1, "def", 3);
    const size_t length = c->length;
    memcpy(bytes, c->out, length);
    for (size_t i = 0; i < length; i++)
        client_send_bytes(c->fd, bytes + i, 1);
    c->length = 0;
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 200);
    CHECK_INT(answer.bytes, 6);
    h2_hang_up(c);
    harness_stop(&h);
}

TEST(what_only_begins_like_the_preface_is_http1)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    CHECK_INT(client_status(&h, "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX"), 400);
    CHECK_INT(client_status(&h, "PRI * HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
    /* Behind a request there is no preface any more. */
    CHECK_INT(client_status(&h, GET("/plaintext") "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 200);
    harness_stop(&h);
}

TEST(bodies_of_every_size)
{
    static const size_t sizes[] = {0, 1, 4096, 16384, 65535, 65536, SAMPLE_BODY_MAX};
    struct harness h;
    char fields[64];
    unsigned id = 1;

    memset(body, 'b', sizeof body);
    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open_with(&h, (const uint32_t[][2]){{4, 1 << 20}}, 1);
    h2_window(c, 0, 16 << 20);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int declared = 0; declared < 2; declared++, id += 2) {
            snprintf(fields, sizeof fields, "content-length: %zu\n", sizes[i]);
            h2_request(c, 0, id, "POST", "/echo", declared ? fields : "");
            if (i % 2 == 0) { /* the head alone first: the request waits for its body */
                h2_send(c);
                sleep_ms(10);
            }
            send_body(c, id, sizes[i], true);
            h2_read(c, id, &answer);
            CHECK_INT(answer.status, 200);
            CHECK_INT(answer.bytes, sizes[i]);
            CHECK_INT(answer.sum, sizes[i] * 'b');
        }
    }
    h2_hang_up(c);
    harness_stop(&h);
}

TEST(a_body_too_large_is_refused)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open(&h);
    h2_request(c, 0, 1, "POST", "/echo", "content-length: 100001\n");
    h2_send(c);
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 413);
    h2_read(c, 1, &answer);
    CHECK_INT(answer.reset, 0); /* its body is not even dropped */
    h2_request(c, 0, 3, "POST", "/echo", "");
    h2_send(c);
    sleep_ms(10);
    send_body(c, 3, SAMPLE_BODY_MAX, false);
    send_body(c, 3, 1, true);
    h2_read(c, 3, &answer);
    CHECK_INT(answer.status, 413);
    h2_get(c, 5, "/plaintext");
    h2_read(c, 5, &answer);
    CHECK_INT(answer.status, 200);
    h2_hang_up(c);
    harness_stop(&h);
}

/* A lower window than the body: more comes only as it is read. */
TEST(windows_follow_the_reader)
{
    struct harness h;
    size_t windows = 0;

    sample_limits = (flare_limits){.window_bytes = 20000};
    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open(&h);
    h2_request(c, 0, 1, "POST", "/echo", "");
    h2_send(c);
    for (size_t sent = 0; sent < 100000; sent += 20000) {
        send_body(c, 1, 20000, sent == 80000);
        while (sent < 80000) {
            h2_next(c, &frame);
            CHECK(frame.type >= 0 && frame.type != H2_RST_STREAM && frame.type != H2_GOAWAY);
            windows += frame.type == H2_WINDOW_UPDATE && frame.id == 1;
            if (frame.type < 0 || (frame.type == H2_WINDOW_UPDATE && frame.id == 1 && frame.length == 4 &&
                                   windows > sent / 20000))
                break;
        }
    }
    h2_window(c, 0, 1 << 20);
    h2_window(c, 1, 1 << 20);
    h2_send(c);
    h2_read(c, 1, &answer);
    CHECK_INT(answer.bytes, 100000);
    CHECK(windows >= 4);
    h2_hang_up(c);
    harness_stop(&h);
    sample_limits = (flare_limits){0};
}

TEST(an_unread_body_is_dropped_and_the_connection_goes_on)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open(&h);
    h2_request(c, 0, 1, "POST", "/ignore", "");
    h2_send(c);
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 200);
    CHECK_INT(answer.reset, -1);
    send_body(c, 1, 60000, true);
    h2_get(c, 3, "/plaintext");
    h2_read(c, 3, &answer);
    CHECK_INT(answer.status, 200);
    /* Beyond the limit of the service it is not worth it. */
    h2_request(c, 0, 5, "POST", "/ignore", "content-length: 9999999\n");
    h2_send(c);
    h2_read(c, 5, &answer);
    CHECK_INT(answer.status, 200);
    h2_read(c, 5, &answer);
    CHECK_INT(answer.reset, 0);
    h2_hang_up(c);
    harness_stop(&h);
}

TEST(expect_and_trailers)
{
    struct harness h;
    char block[256];

    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open(&h);
    h2_request(c, 0, 1, "POST", "/echo", "expect: 100-continue\n");
    h2_send(c);
    h2_next(c, &frame);
    while (frame.type != H2_HEADERS && frame.type >= 0)
        h2_next(c, &frame);
    CHECK(frame.type == H2_HEADERS && frame.id == 1 && (frame.flags & H2_END_STREAM) == 0);
    h2_frame(c, H2_DATA, 0, 1, "abc", 3);
    block[0] = 0;
    memcpy(block, "\0\1x\1y", 5);
    h2_frame(c, H2_HEADERS, H2_END_STREAM | H2_END_HEADERS, 1, block, 5);
    h2_send(c);
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 200);
    CHECK_INT(answer.bytes, 3);
    h2_request(c, 0, 3, "POST", "/echo", "expect: a-miracle\n");
    h2_send(c);
    h2_read(c, 3, &answer);
    CHECK_INT(answer.status, 417);
    h2_hang_up(c);
    harness_stop(&h);
}

/* A small window holds a reply back; other streams go on. */
TEST(a_stalled_reply_stops_no_other)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open_with(&h, (const uint32_t[][2]){{4, 100}}, 1);
    h2_get(c, 1, "/big/200000");
    h2_get(c, 3, "/plaintext");
    h2_read(c, 3, &answer);
    CHECK_INT(answer.status, 200);
    h2_window(c, 1, 1 << 20);
    h2_window(c, 0, 1 << 20);
    h2_send(c);
    h2_read(c, 1, &answer);
    CHECK_INT(answer.bytes + 100, 200000);
    CHECK(answer.ended);
    h2_hang_up(c);
    harness_stop(&h);
}

TEST(more_streams_than_allowed_end_the_connection)
{
    struct harness h;

    sample_limits = (flare_limits){.streams_max = 3};
    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open_with(&h, (const uint32_t[][2]){{4, 1}}, 1);
    do
        h2_next(c, &frame);
    while (frame.type >= 0 && frame.type != H2_WINDOW_UPDATE);
    sleep_ms(50);
    for (unsigned id = 1; id < 9; id += 2)
        h2_request(c, H2_END_STREAM, id, "GET", "/plaintext", "");
    h2_send(c);
    h2_read(c, 7, &answer);
    CHECK_INT(answer.goaway, 1); /* a stream error made one of the connection (section 5.4.1) */
    h2_hang_up(c);
    harness_stop(&h);
    sample_limits = (flare_limits){0};
}

/* In one batch the most urgent is answered first. */
TEST(urgency_orders_replies)
{
    static const char *const urgencies[] = {"priority: u=7\n", "", "priority: i, u=0\n",
                                            "priority: u=5, x\n"};
    static const unsigned order[] = {5, 3, 7, 1};
    struct harness h;
    size_t seen = 0;

    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open(&h);
    h2_get(c, 9, "/plaintext"); /* all is set up */
    h2_read(c, 9, &answer);
    h2_hang_up(c);
    c = h2_open(&h);
    for (unsigned i = 0; i < 4; i++)
        h2_request(c, H2_END_STREAM, 2 * i + 1, "GET", "/plaintext", urgencies[i]);
    h2_send(c);
    while (seen < 4) {
        h2_next(c, &frame);
        if (frame.type < 0)
            break;
        if (frame.type == H2_HEADERS) {
            CHECK_INT(frame.id, order[seen]);
            seen++;
        }
    }
    CHECK_INT(seen, 4);
    h2_hang_up(c);
    harness_stop(&h);
}

TEST(the_drain_loses_no_request)
{
    struct harness h;
    unsigned id = 1, answered = 0;

    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open(&h);
    h2_get(c, id, "/plaintext");
    h2_read(c, id, &answer);
    CHECK_INT(answer.status, 200);
    h2_request(c, 0, id += 2, "POST", "/echo", ""); /* its body is under way */
    h2_send(c);
    sleep_ms(30);
    flare_server_stop(h.server);
    do /* the notice: no stream is refused yet */
        h2_next(c, &frame);
    while (frame.type >= 0 && frame.type != H2_GOAWAY);
    CHECK_INT(frame.payload[0], 0x7f);
    h2_get(c, id += 2, "/plaintext");
    h2_read(c, id, &answer);
    answered += answer.status == 200;
    CHECK_INT(answered, 1);
    h2_frame(c, H2_PING, H2_ACK, 0, "\0\0\0\0\0\0\0\0", 8);
    h2_send(c);
    do
        h2_next(c, &frame);
    while (frame.type >= 0 && frame.type != H2_GOAWAY);
    CHECK_INT(frame.payload[3], id);
    h2_frame(c, H2_DATA, H2_END_STREAM, 3, "abc", 3);
    h2_send(c);
    h2_read(c, 3, &answer);
    CHECK_INT(answer.status, 200);
    CHECK_INT(answer.bytes, 3);
    h2_read(c, 0, &answer);
    CHECK(answer.closed);
    h2_hang_up(c);
    harness_join(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(idle_connections_do_not_hold_the_drain)
{
    struct harness h;

    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open(&h); /* which never says that it has seen the notice */
    h2_get(c, 1, "/plaintext");
    h2_read(c, 1, &answer);
    const uint64_t began = now_ms();
    harness_stop(&h);
    CHECK(now_ms() - began < 4000);
    CHECK_INT(h.result, FLARE_OK);
    h2_hang_up(c);
}

/* After as many requests as a connection may have, the client is told to open another. */
TEST(requests_a_connection)
{
    struct harness h;

    sample_limits = (flare_limits){.keep_alive_max = 2};
    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open(&h);
    h2_request(c, H2_END_STREAM, 1, "GET", "/plaintext", "");
    h2_request(c, H2_END_STREAM, 3, "GET", "/plaintext", "");
    h2_send(c);
    h2_read(c, 3, &answer);
    CHECK_INT(answer.status, 200);
    h2_frame(c, H2_PING, H2_ACK, 0, "\0\0\0\0\0\0\0\0", 8);
    h2_send(c);
    h2_read(c, 0, &answer);
    CHECK_INT(answer.goaway, 0);
    CHECK(answer.closed);
    h2_hang_up(c);
    harness_stop(&h);
    sample_limits = (flare_limits){0};
}

static bool about(uint64_t began, uint64_t want_ms)
{
    const uint64_t took = now_ms() - began;

    return took + 20 >= want_ms && took <= want_ms + 1200;
}

TEST(deadlines)
{
    struct harness h;
    char block[256];

    sample_limits =
        (flare_limits){.head_time_ms = 300, .body_time_ms = 300, .idle_time_ms = 300, .write_time_ms = 300};
    CHECK(harness_start(&h, NULL));

    struct h2_client *c = h2_open(&h);
    uint64_t began = now_ms();
    h2_read(c, 0, &answer); /* idle */
    CHECK_INT(answer.goaway, 0);
    CHECK(answer.closed);
    CHECK(about(began, 300));
    h2_hang_up(c);

    c = h2_open(&h);
    h2_next(c, &frame);
    began = now_ms();
    h2_frame(c, H2_HEADERS, 0, 1, block, h2_fields(block, "GET", "/plaintext", ""));
    h2_send(c);
    h2_read(c, 0, &answer); /* a head without its end */
    CHECK_INT(answer.goaway, 11);
    CHECK(about(began, 300));
    h2_hang_up(c);

    c = h2_open(&h);
    began = now_ms();
    h2_request(c, 0, 1, "POST", "/echo", "");
    h2_send(c);
    h2_read(c, 1, &answer); /* a body that does not come */
    CHECK_INT(answer.status, 408);
    CHECK(about(began, 300));
    h2_hang_up(c);

    c = h2_open_with(&h, (const uint32_t[][2]){{4, 10}}, 1);
    began = now_ms();
    h2_get(c, 1, "/plaintext");
    h2_read(c, 1, &answer); /* a window that does not open */
    CHECK_INT(answer.bytes, 10);
    CHECK_INT(answer.reset, 8);
    CHECK(about(began, 300));
    h2_hang_up(c);
    harness_stop(&h);
    sample_limits = (flare_limits){0};
}

/* What a client may not say about a request (RFC 9113, section 8). */
TEST(malformed_requests)
{
    static const struct {
        const char *path;
        const char *fields;
        int status; /* or 0 for a reset as malformed */
    } rows[] = {
        {"/plaintext", "host: other\n", 400},
        {"/plaintext", "host: TEST\n", 200},
        {"/plain text", "", 0},
        {"/plaintext#x", "", 400},
        {"/../plaintext", "", 400},
        {"*", "", 0},
        {"/plaintext", "connection: close\n", 0},
        {"/plaintext", "transfer-encoding: chunked\n", 0},
        {"/plaintext", "te: gzip\n", 0},
        {"/plaintext", "te: trailers\n", 200},
        {"/plaintext", "Upper: x\n", 0},
        {"/plaintext", "x: a\001b\n", 0},
        {"/plaintext", "x:y: z\n", 0},
        {"/plaintext", "content-length: 1\n", 0},
        {"/plaintext", ":late: x\n", 0},
    };
    struct harness h;

    CHECK(harness_start(&h, NULL));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct h2_client *c = h2_open(&h);

        h2_request(c, H2_END_STREAM, 1, "GET", rows[i].path, rows[i].fields);
        h2_send(c);
        h2_read(c, 1, &answer);
        CHECK_INT(answer.status, rows[i].status);
        CHECK_INT(answer.reset, rows[i].status != 0 ? -1 : 1);
        h2_hang_up(c);
    }
    harness_stop(&h);
}

TEST(limits_of_a_head)
{
    struct harness h;
    static char fields[1 << 15];
    size_t at = 0;

    CHECK(harness_start(&h, NULL));
    struct h2_client *c = h2_open(&h);
    for (int i = 0; i < 100; i++) /* :authority counts as Host */
        at += (size_t)snprintf(fields + at, sizeof fields - at, "x: y\n");
    h2_request(c, H2_END_STREAM, 1, "GET", "/plaintext", fields);
    fields[99 * 5] = '\0';
    h2_request(c, H2_END_STREAM, 3, "GET", "/plaintext", fields);
    /* 16 KiB as section 6.5.2 counts: 178 of the pseudo fields, 33 beside the value. */
    memcpy(fields, "x: ", 3);
    memset(fields + 3, 'y', 16384 - 178 - 33 + 1);
    memcpy(fields + 3 + 16384 - 178 - 33, "\n", 2);
    h2_request(c, H2_END_STREAM, 5, "GET", "/plaintext", fields);
    memcpy(fields + 3 + 16384 - 178 - 33, "y\n", 3);
    h2_request(c, H2_END_STREAM, 7, "GET", "/plaintext", fields);
    fields[0] = '/';
    memset(fields + 1, 'y', 8192);
    fields[8192] = '\0';
    h2_request(c, H2_END_STREAM, 9, "GET", fields, "");
    memcpy(fields + 8192, "y", 2);
    h2_request(c, H2_END_STREAM, 11, "GET", fields, "");
    h2_send(c);
    static const int want[] = {431, 200, 200, 431, 404, 414};
    for (unsigned i = 0; i < 6; i++) {
        h2_read(c, 2 * i + 1, &answer);
        CHECK_INT(answer.status, want[i]);
    }
    h2_hang_up(c);
    harness_stop(&h);
}

static void run_all(void)
{
    RUN(requests_side_by_side);
    RUN(any_split_is_the_same);
    RUN(bodies_of_every_size);
    RUN(a_stalled_reply_stops_no_other);
    RUN(the_drain_loses_no_request);
}

int main(void)
{
    harness_each_way(run_all);
    RUN(what_only_begins_like_the_preface_is_http1);
    RUN(a_body_too_large_is_refused);
    RUN(windows_follow_the_reader);
    RUN(an_unread_body_is_dropped_and_the_connection_goes_on);
    RUN(expect_and_trailers);
    RUN(more_streams_than_allowed_end_the_connection);
    RUN(urgency_orders_replies);
    RUN(idle_connections_do_not_hold_the_drain);
    RUN(requests_a_connection);
    RUN(deadlines);
    RUN(malformed_requests);
    RUN(limits_of_a_head);
    return TEST_END();
}
