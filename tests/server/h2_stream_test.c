/* Streams over HTTP/2: windows in both directions, resets, trailers, and what a handler is told. */
#include "h2_client.h"
#include "stream_service.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

static struct h2_answer answer;
static struct h2_frame frame;
static char zeros[16384];

static bool comes(atomic_int *count, int want)
{
    for (int i = 0; i < 100 && atomic_load(count) != want; i++)
        sleep_ms(5);
    return atomic_load(count) == want;
}

TEST(replies_of_any_length)
{
    static const char *const paths[] = {"/give/0", "/give/1", "/give/16384", "/give/60000"};
    static const size_t lengths[] = {0, 1, 16384, 60000};
    struct harness h;

    CHECK(harness_start(&h, &stream_service));
    for (unsigned i = 0; i < 4; i++) {
        struct h2_client *c = h2_open(&h);

        h2_get(c, 1, paths[i]);
        h2_read(c, 1, &answer);
        CHECK_INT(answer.status, 200);
        CHECK(answer.ended);
        CHECK_INT(answer.bytes, lengths[i]);
        h2_hang_up(c);
    }
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

/* Without a window nothing more is made than is held for one reply; other streams go on. */
TEST(a_closed_window_stops_the_producer)
{
    const uint32_t settings[][2] = {{4, 1000}};
    struct harness h;
    uint64_t before;

    CHECK(harness_start(&h, &stream_service));
    struct h2_client *c = h2_open_with(&h, settings, 1);
    atomic_store(&stream_given, 0);
    h2_get(c, 1, "/give/3000000");
    sleep_ms(100);
    before = atomic_load(&stream_given);
    CHECK(before < 40000);
    sleep_ms(100);
    CHECK_INT(atomic_load(&stream_given), before);
    h2_get(c, 3, "/give/10");
    h2_read(c, 3, &answer);
    CHECK_INT(answer.bytes, 10);
    h2_window(c, 0, 4000000);
    h2_window(c, 1, 4000000);
    h2_send(c);
    h2_read(c, 1, &answer);
    CHECK(answer.ended);
    CHECK(answer.bytes >= 3000000 - 1000);
    h2_hang_up(c);
    harness_stop(&h);
}

/* Many times the window of a body that nobody has read. */
TEST(windows_open_as_the_handler_reads)
{
    struct harness h;
    size_t left = 4 << 20;
    long window = 262144; /* what the server announces */

    CHECK(harness_start(&h, &stream_service));
    struct h2_client *c = h2_open(&h);
    h2_get(c, 1, "/give/0"); /* so that the settings are known */
    h2_read(c, 1, &answer);
    h2_request(c, 0, 3, "POST", "/sink", "");
    h2_send(c);
    while (left > 0) {
        const size_t part = left < sizeof zeros ? left : sizeof zeros;

        while (window < (long)part) {
            h2_next(c, &frame);
            if (frame.type < 0)
                break;
            if (frame.type != H2_WINDOW_UPDATE || frame.id == 0) /* the connection's is wider */
                continue;
            window += (long)frame.payload[0] << 24 | frame.payload[1] << 16 | frame.payload[2] << 8 |
                      frame.payload[3];
        }
        if (frame.type < 0)
            break;
        left -= part;
        window -= (long)part;
        h2_frame(c, H2_DATA, left == 0 ? H2_END_STREAM : 0, 3, zeros, part);
        h2_send(c);
    }
    CHECK_INT(left, 0);
    h2_read(c, 3, &answer);
    CHECK_INT(answer.status, 200);
    CHECK_INT(answer.bytes, strlen("4194304 none"));
    h2_hang_up(c);
    harness_stop(&h);
}

TEST(a_reset_reaches_the_handler)
{
    struct harness h;

    CHECK(harness_start(&h, &stream_service));
    struct h2_client *c = h2_open(&h);
    for (unsigned id = 1; id < 4; id += 2) {
        atomic_store(&stream_lost, 0);
        if (id == 1)
            h2_get(c, id, "/hold");
        else
            h2_request(c, 0, id, "POST", "/sink", "");
        h2_send(c);
        sleep_ms(50);
        h2_frame(c, H2_RST_STREAM, 0, id, "\0\0\0\10", 4);
        h2_send(c);
        CHECK(comes(&stream_lost, 1));
    }
    h2_get(c, 5, "/give/10");
    h2_read(c, 5, &answer);
    CHECK_INT(answer.bytes, 10);
    atomic_store(&stream_lost, 0);
    h2_get(c, 7, "/hold");
    sleep_ms(50);
    h2_hang_up(c);
    CHECK(comes(&stream_lost, 1));
    harness_stop(&h);
}

TEST(a_broken_reply_is_reset)
{
    struct harness h;

    CHECK(harness_start(&h, &stream_service));
    struct h2_client *c = h2_open(&h);
    h2_get(c, 1, "/break");
    h2_read(c, 1, &answer);
    CHECK_INT(answer.reset, 2);
    CHECK(!answer.ended);
    h2_get(c, 3, "/give/10");
    h2_read(c, 3, &answer);
    CHECK_INT(answer.bytes, 10);
    h2_hang_up(c);
    harness_stop(&h);
}

TEST(trailers_both_ways)
{
    struct harness h;
    char fields[256];
    unsigned heads = 0;

    CHECK(harness_start(&h, &stream_service));
    struct h2_client *c = h2_open(&h);
    h2_request(c, 0, 1, "POST", "/sink", "");
    h2_frame(c, H2_DATA, 0, 1, "abc", 3);
    memcpy(fields, "\0\10checksum\4f00d", 15); /* a literal field that is not indexed (RFC 7541, 6.2.2) */
    h2_frame(c, H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 1, fields, 15);
    h2_send(c);
    h2_read(c, 1, &answer);
    CHECK_INT(answer.status, 200);
    CHECK_INT(answer.bytes, strlen("3 f00d"));
    h2_get(c, 3, "/trailers");
    do {
        h2_next(c, &frame);
        heads += frame.type == H2_HEADERS && frame.id == 3;
    } while (frame.type >= 0 && !(frame.id == 3 && (frame.flags & H2_END_STREAM) != 0));
    CHECK_INT(heads, 2);
    CHECK_INT(frame.type, H2_HEADERS);
    h2_hang_up(c);
    harness_stop(&h);
}

static void run_all(void)
{
    RUN(replies_of_any_length);
    RUN(a_closed_window_stops_the_producer);
    RUN(windows_open_as_the_handler_reads);
    RUN(a_reset_reaches_the_handler);
    RUN(a_broken_reply_is_reset);
    RUN(trailers_both_ways);
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
