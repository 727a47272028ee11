/* Memory that ends at each call in turn while a streamed reply is coded: it comes whole, or is cut where
 * everybody can see it, and whoever else is connected does not notice. */
#include "harness.h"
#include "http/coding.h"
#include "stream_service.h"
#include "test.h"

#include <errno.h>
#include <flare/gen_use.h>
#include <flare/memory.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BYTES = 15000, TRIES_MAX = 400 };

/* ---- Memory ---- */

static atomic_int calls, fails_at, fails_until; /* from 1 */

static bool fails(void)
{
    const int call = atomic_fetch_add(&calls, 1) + 1;

    return call >= atomic_load(&fails_at) && call < atomic_load(&fails_until);
}

static void *allocate(void *context, size_t bytes)
{
    (void)context;
    return fails() ? NULL : malloc(bytes);
}

static void *reallocate(void *context, void *block, size_t bytes)
{
    (void)context;
    return fails() ? NULL : realloc(block, bytes);
}

static void release(void *context, void *block)
{
    (void)context;
    free(block);
}

static const flare_allocator failing = {NULL, allocate, reallocate, release};

static void plan(int at, int count)
{
    atomic_store(&fails_until, 0);
    atomic_store(&calls, 0);
    atomic_store(&fails_at, at);
    atomic_store(&fails_until, at + count);
}

/* ---- A reply ---- */

struct got {
    int status;
    bool coded;
    bool ended; /* as one does that is whole */
    bool cut;   /* its connection or stream has ended, and that without an end of its own */
    size_t length;
    char bytes[1 << 17];
};

static struct reply reply;
static struct got got;
static const struct flarei_decoder *decoder;
static const char *coding;

static bool read_line(int fd, char *line, size_t room)
{
    size_t length = 0;

    while (length + 1 < room && (length < 2 || memcmp(line + length - 2, "\r\n", 2) != 0)) {
        const ssize_t one = recv(fd, &line[length], 1, 0);

        if (one != 1) {
            got.cut = one == 0 || errno == ECONNRESET;
            return false;
        }
        length++;
    }
    line[length] = '\0';
    return true;
}

/* @return false at the end, or where it is cut */
static bool read_chunk(int fd)
{
    char line[64];
    size_t left;

    if (!read_line(fd, line, sizeof line))
        return false;
    left = strtoul(line, NULL, 16);
    if (left == 0) {
        got.ended = read_line(fd, line, sizeof line);
        return false;
    }
    while (left != 0 && got.length + left <= sizeof got.bytes) {
        const ssize_t more = recv(fd, got.bytes + got.length, left, 0);

        if (more <= 0) {
            got.cut = more == 0 || errno == ECONNRESET;
            return false;
        }
        got.length += (size_t)more;
        left -= (size_t)more;
    }
    return read_line(fd, line, sizeof line);
}

static void get(const struct harness *h)
{
    const int fd = client_dial(h);
    char request[128];

    memset(&got, 0, offsetof(struct got, bytes));
    (void)snprintf(request, sizeof request,
                   "GET /text/%d HTTP/1.1\r\nHost: test\r\nAccept-Encoding: %s\r\n\r\n", BYTES, coding);
    client_send(fd, request);
    client_read(fd, &reply, false);
    got.status = reply.status;
    got.cut = reply.status == 0 && !reply.timed_out;
    got.coded = strstr(reply.head, "\r\nContent-Encoding: ") != NULL;
    if (strstr(reply.head, "\r\nTransfer-Encoding: chunked\r\n") == NULL)
        got.ended = reply.status != 0;
    else
        while (read_chunk(fd))
            continue;
    close(fd);
}

/* ---- What is to be seen of it ---- */

static bool is_content(flare_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != (char)('a' + i % 5000 % 26))
            return false;
    return text.len == BYTES;
}

static bool is_whole(void)
{
    flare_buffer content;
    bool whole;

    if (!got.coded)
        return is_content((flare_str){got.bytes, got.length});
    flarei_buffer_init(&content, BYTES + 1);
    whole = decoder->decode((flare_str){got.bytes, got.length}, &content) == FLARE_OK &&
            is_content(flarei_buffer_str(&content));
    flarei_buffer_free(&content);
    return whole;
}

struct outcome {
    unsigned whole, coded, cut, refused;
};

/* @return whether memory ended meanwhile */
static bool judge(struct outcome *outcome, int at)
{
    const bool ended_meanwhile = atomic_load(&calls) >= at;

    atomic_store(&fails_until, 0);
    CHECK(got.ended != got.cut);
    if (got.ended && got.status == 200) {
        CHECK(is_whole());
        outcome->whole++;
        outcome->coded += got.coded;
    } else if (got.ended) {
        CHECK(got.status == 500 || got.status == 503);
        outcome->refused++;
    } else {
        outcome->cut++;
    }
    return ended_meanwhile;
}

/* At the last try all was well; before, replies were cut. */
static void check_outcome(const struct outcome *outcome)
{
    CHECK(outcome->cut >= 1);
    CHECK(outcome->coded >= 1);
    CHECK(got.ended && got.coded && got.status == 200);
}

/* Each call, alone or with all that come behind it. */
static void each_call(int count)
{
    struct outcome outcome = {0};
    struct harness h;
    int at = 0;

    CHECK(harness_start(&h, &stream_service));
    const int other = client_dial(&h);
    do {
        at++;
        CHECK(at < TRIES_MAX);
        client_send(other, GET("/give/10")); /* one that is connected, and has what it needs */
        client_read(other, &reply, false);
        CHECK_INT(reply.status, 200);
        for (got.ended = false; !got.ended && read_chunk(other);)
            continue;
        CHECK(got.ended);
        plan(at, count);
        get(&h);
    } while (judge(&outcome, at) && at < TRIES_MAX);
    check_outcome(&outcome);
    close(other);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}

TEST(a_coded_stream_is_whole_or_cut)
{
    each_call(1);
    each_call(1000000);
}

#if FLARE_TEST_HTTP2
#include "h2_client.h"

static struct h2_answer answer;

static void h2_get_coded(struct h2_client *c, unsigned id)
{
    static struct h2_frame frame;
    char path[32], fields[64];

    memset(&got, 0, offsetof(struct got, bytes));
    (void)snprintf(path, sizeof path, "/text/%d", BYTES);
    (void)snprintf(fields, sizeof fields, "accept-encoding: %s\n", coding);
    h2_request(c, H2_END_STREAM | H2_END_HEADERS, id, "GET", path, fields);
    h2_send(c);
    while (!got.ended && !got.cut) {
        h2_next(c, &frame);
        if (frame.type == -2) /* nothing comes: neither */
            return;
        got.cut = frame.type < 0 || (frame.type == H2_RST_STREAM && frame.id == id);
        if (frame.id != id || (frame.type != H2_HEADERS && frame.type != H2_DATA))
            continue;
        if (frame.type == H2_HEADERS && got.status == 0)
            got.status = h2_status(&frame);
        if (frame.type == H2_DATA && got.length + frame.length <= sizeof got.bytes) {
            memcpy(got.bytes + got.length, frame.payload, frame.length);
            got.length += frame.length;
            if (frame.length != 0)
                h2_window(c, 0, (uint32_t)frame.length);
            h2_send(c);
        }
        got.ended = (frame.flags & H2_END_STREAM) != 0;
    }
    got.coded = got.length >= 8 && memcmp(got.bytes, "abcdefgh", 8) != 0;
}

/* The stream is reset, and the others of its connection go on. */
TEST(a_coded_stream_of_h2_is_whole_or_reset)
{
    struct outcome outcome = {0};
    struct h2_client *c = NULL;
    struct harness h;
    unsigned id = 1, alive = 0;
    int at = 0;

    CHECK(harness_start(&h, &stream_service));
    do {
        at++;
        CHECK(at < TRIES_MAX);
        if (c == NULL) {
            c = h2_open(&h);
            id = 1;
        }
        h2_get(c, id, "/give/10");
        h2_read(c, id, &answer);
        CHECK_INT(answer.status, 200);
        CHECK_INT(answer.bytes, 10);
        plan(at, 1);
        h2_get_coded(c, id + 2);
        if (!judge(&outcome, at))
            break;
        id += 4;
        h2_get(c, id, "/give/10");
        h2_read(c, id, &answer);
        id += 2;
        alive += answer.status == 200 && answer.bytes == 10;
        if (!answer.closed)
            continue;
        h2_hang_up(c);
        c = NULL;
    } while (at < TRIES_MAX);
    check_outcome(&outcome);
    CHECK(alive + 2 >= (unsigned)at - 1); /* but where there was none for the connection itself */
    if (c != NULL)
        h2_hang_up(c);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
}
#endif

static void run_all(void)
{
    RUN(a_coded_stream_is_whole_or_cut);
#if FLARE_TEST_HTTP2
    RUN(a_coded_stream_of_h2_is_whole_or_reset);
#endif
}

int main(void)
{
    flare_allocator_set(&failing);
    for (int i = 0; i < 2; i++) {
        stream_blocking = i != 0;
        coding = "gzip";
        decoder = &flarei_decoder_gzip;
        run_all();
#if STREAM_BROTLI
        coding = "br";
        decoder = &flarei_decoder_br;
        run_all();
#endif
    }
    flare_allocator_set(NULL);
    return TEST_END();
}
