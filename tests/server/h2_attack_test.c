/* Peers that mean harm: what they make the server hold stays small, and others are served meanwhile. */
#include "h2_client.h"
#include "meter.h"
#include "test.h"

/* ---- Attacks ---- */

static struct h2_answer answer;
static struct harness h;
static struct h2_client *c;

static void begin(const uint32_t (*settings)[2], size_t count_of)
{
    CHECK(harness_start(&h, NULL));
    c = h2_open_with(&h, settings, count_of);
    h2_get(c, 1, "/plaintext");
    h2_read(c, 1, &answer);
    meter_begin();
}

/* The attacker was told to calm down and is gone, a neighbour is served, and little was held. */
static void end(int want_goaway, size_t most_bytes)
{
    const size_t held = meter_peak();
    struct h2_client *neighbour;

    h2_send(c);
    if (want_goaway >= 0) {
        h2_read(c, 0, &answer);
        CHECK(answer.closed);
        if (answer.goaway != -1) /* which a reset may overtake */
            CHECK_INT(answer.goaway, want_goaway);
    }
    if (held > most_bytes)
        CHECK_INT(held, most_bytes);
    neighbour = h2_open(&h);
    h2_get(neighbour, 1, "/plaintext");
    h2_read(neighbour, 1, &answer);
    CHECK_INT(answer.status, 200);
    h2_hang_up(neighbour);
    h2_hang_up(c);
    harness_stop(&h);
}

/* CVE-2023-44487 */
TEST(rapid_reset)
{
    begin(NULL, 0);
    for (unsigned id = 3; id < 20003; id += 2) {
        h2_request(c, H2_END_STREAM, id, "GET", "/plaintext", "");
        h2_frame(c, H2_RST_STREAM, 0, id, "\0\0\0\10", 4);
    }
    end(11, 2 << 20);
}

/* The server is made to reset streams, by windows beyond what there may be (CVE-2025-8671). */
TEST(resets_by_the_server)
{
    begin(NULL, 0);
    for (unsigned id = 3; id < 20003; id += 2) {
        h2_request(c, 0, id, "POST", "/echo", "");
        h2_window(c, id, 0x7fffffff);
    }
    end(1, 2 << 20); /* resets that wait to be sent count as open streams: too many at once */
}

TEST(continuation_flood)
{
    char block[256];

    begin(NULL, 0);
    h2_frame(c, H2_HEADERS, 0, 3, block, h2_fields(block, "GET", "/plaintext", ""));
    for (int i = 0; i < 20000; i++)
        h2_frame(c, H2_CONTINUATION, 0, 3, "\0\1x\1y", 5);
    end(11, 1 << 20);
}

TEST(empty_continuation_flood)
{
    char block[256];

    begin(NULL, 0);
    h2_frame(c, H2_HEADERS, 0, 3, block, h2_fields(block, "GET", "/plaintext", ""));
    for (int i = 0; i < 20000; i++)
        h2_frame(c, H2_CONTINUATION, 0, 3, NULL, 0);
    end(11, 1 << 20);
}

TEST(ping_flood)
{
    begin(NULL, 0);
    for (int i = 0; i < 50000; i++)
        h2_frame(c, H2_PING, 0, 0, "12345678", 8);
    end(11, 1 << 20);
}

TEST(settings_flood)
{
    begin(NULL, 0);
    for (int i = 0; i < 50000; i++)
        h2_frame(c, H2_SETTINGS, 0, 0, "\0\4\0\0\377\377", 6);
    end(11, 1 << 20);
}

TEST(priority_and_unknown_flood)
{
    begin(NULL, 0);
    for (int i = 0; i < 50000; i++) {
        h2_frame(c, H2_PRIORITY, 0, 3, "\0\0\0\1\1", 5);
        h2_frame(c, 0x99, 0, 0, "x", 1);
    }
    end(11, 1 << 20);
}

TEST(empty_data_flood)
{
    begin(NULL, 0);
    h2_request(c, 0, 3, "POST", "/echo", "");
    for (int i = 0; i < 50000; i++)
        h2_frame(c, H2_DATA, 0, 3, NULL, 0);
    end(11, 1 << 20);
}

TEST(window_update_flood)
{
    begin(NULL, 0);
    for (int i = 0; i < 50000; i++)
        h2_window(c, 0, 1);
    end(11, 1 << 20);
}

/* Large replies are asked for, and no window is opened: what is held back has an end, and a time. */
TEST(window_stall)
{
    sample_limits = (flare_limits){.write_time_ms = 400};
    begin((const uint32_t[][2]){{4, 0}}, 1);
    for (unsigned id = 3; id < 203; id += 2)
        h2_request(c, H2_END_STREAM, id, "GET", "/big/60000", "");
    h2_send(c);
    sleep_ms(300);
    end(-1, 4 << 20);
    sample_limits = (flare_limits){0};
}

TEST(window_stall_of_very_large_replies)
{
    sample_limits = (flare_limits){.write_time_ms = 400};
    begin((const uint32_t[][2]){{4, 0}}, 1);
    for (unsigned id = 3; id < 203; id += 2)
        h2_request(c, H2_END_STREAM, id, "GET", "/big/1000000", "");
    h2_send(c);
    sleep_ms(300);
    end(-1, 12 << 20);
    sample_limits = (flare_limits){0};
}

/* One byte of an index names a field of 4 KiB: each request is a bomb. */
TEST(hpack_bomb)
{
    static char block[16384], field[4096];
    size_t at;

    begin(NULL, 0);
    at = h2_fields(block, "GET", "/plaintext", "");
    memset(field, 'y', sizeof field);
    block[at++] = 0x40; /* with indexing: a name of one byte, a value of 3900 */
    block[at++] = 1;
    block[at++] = 'x';
    block[at++] = 127;
    block[at++] = (char)((3900 - 127) % 128 | 128);
    block[at++] = (char)((3900 - 127) / 128);
    memcpy(block + at, field, 3900);
    at += 3900;
    h2_frame(c, H2_HEADERS, H2_END_STREAM | H2_END_HEADERS, 3, block, at);
    for (unsigned id = 5; id < 200; id += 2) {
        at = h2_fields(block, "GET", "/plaintext", "");
        memset(block + at, 0xbe, sizeof block - at);
        h2_frame(c, H2_HEADERS, H2_END_STREAM | H2_END_HEADERS, id, block, sizeof block);
    }
    end(11, 2 << 20);
}

/* Bodies for requests that can't run, because replies are held back: no more than the window. */
TEST(bodies_that_nobody_reads)
{
    static char part[16384];

    begin((const uint32_t[][2]){{4, 0}}, 1);
    for (unsigned id = 3; id < 11; id += 2)
        h2_request(c, H2_END_STREAM, id, "GET", "/big/1000000", "");
    for (unsigned id = 11; id < 111; id += 2)
        h2_request(c, 0, id, "POST", "/echo", "");
    for (int i = 0; i < 4; i++)
        for (unsigned id = 11; id < 111; id += 2)
            h2_frame(c, H2_DATA, 0, id, part, sizeof part);
    end(3, 12 << 20);
}

/* Every allocation fails once: whatever the peer gets, the server goes on and gives all back. */
TEST(memory_that_ends)
{
    static char part[5000];
    size_t last = 0;

    for (size_t nth = 1; nth <= last + 1 && nth < 500; nth++) {
        CHECK(harness_start(&h, NULL));
        CHECK_INT(client_status(&h, GET("/plaintext")), 200); /* the server has begun */
        meter_fail(nth);
        c = h2_open_with(&h, (const uint32_t[][2]){{4, 1000}}, 1);
        h2_request(c, 0, 1, "POST", "/echo", "cookie: a=1\ncookie: b=2\ncontent-length: 10000\n");
        h2_request(c, H2_END_STREAM, 3, "GET", "/big/5000", "");
        h2_send(c);
        h2_frame(c, H2_DATA, 0, 1, part, sizeof part);
        h2_frame(c, H2_DATA, H2_END_STREAM, 1, part, sizeof part);
        h2_window(c, 1, 20000);
        h2_window(c, 3, 20000);
        h2_send(c);
        h2_read(c, 1, &answer);
        last = meter_fail(0);
        h2_hang_up(c);
        c = h2_open(&h);
        h2_get(c, 1, "/plaintext");
        h2_read(c, 1, &answer);
        CHECK_INT(answer.status, 200);
        h2_hang_up(c);
        harness_stop(&h);
    }
    CHECK(last > 10);
}

TEST(no_byte_is_left)
{
    CHECK_INT(meter_live(), 0);
}

int main(void)
{
    meter_install();
    RUN(rapid_reset);
    RUN(resets_by_the_server);
    RUN(continuation_flood);
    RUN(empty_continuation_flood);
    RUN(ping_flood);
    RUN(settings_flood);
    RUN(priority_and_unknown_flood);
    RUN(empty_data_flood);
    RUN(window_update_flood);
    RUN(window_stall);
    RUN(window_stall_of_very_large_replies);
    RUN(hpack_bomb);
    RUN(bodies_that_nobody_reads);
    RUN(memory_that_ends);
    RUN(no_byte_is_left);
    return TEST_END();
}
