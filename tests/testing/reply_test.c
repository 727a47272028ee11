/* The reader of replies: whole and byte by byte the same, and strict. */
#include "test.h"

#include "testing/reply.h"

static struct flarei_test_reader reader;

/* @return what reading `text` in steps of `step` bytes came to */
static flare_err read_by(const char *text, size_t step, bool head_only)
{
    const size_t length = strlen(text);
    flare_err err = FLARE_ERR_AGAIN;
    flare_buffer in;

    flarei_buffer_init(&in, 1 << 20);
    flarei_test_reader_begin(&reader, head_only);
    for (size_t at = 0; at < length && err == FLARE_ERR_AGAIN; at += step) {
        CHECK(flarei_buffer_append(&in, text + at, length - at < step ? length - at : step));
        err = flarei_test_reader_take(&reader, &in);
    }
    flarei_buffer_free(&in);
    return err == FLARE_ERR_AGAIN ? flarei_test_reader_end(&reader) : err;
}

static flare_err reads(const char *text)
{
    const flare_err whole = read_by(text, strlen(text), false);

    CHECK_INT(read_by(text, 1, false), whole);
    return whole;
}

TEST(framings)
{
    CHECK_INT(reads("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), FLARE_OK);
    CHECK_STR(reader.reply.body, "hello");
    CHECK(reader.keep_alive);
    CHECK_INT(reads("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
              FLARE_OK);
    CHECK_STR(reader.reply.body, "hello");
    CHECK_INT(reads("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end"), FLARE_OK);
    CHECK_STR(reader.reply.body, "to the end");
    CHECK(!reader.keep_alive);
    CHECK_INT(reads("HTTP/1.1 204 No Content\r\nA:  b \r\n\r\n"), FLARE_OK);
    CHECK_INT(reader.reply.field_count, 1);
    CHECK_INT(reads("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"),
              FLARE_OK);
    CHECK_INT(reader.reply.status, 201);
    CHECK_INT(read_by("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 1, true), FLARE_OK);
    CHECK_INT(reads("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"), FLARE_OK);
    CHECK_INT(reader.reply.status, 101);
    CHECK(!reader.keep_alive);
}

TEST(ends_too_early)
{
    CHECK_INT(reads("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"), FLARE_ERR_CLOSED);
    CHECK_INT(reads("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\n"),
              FLARE_ERR_CLOSED);
    CHECK_INT(reads("HTTP/1.1 200 OK\r\nContent-Le"), FLARE_ERR_CLOSED);
}

TEST(what_is_no_reply)
{
    static const char *const wrong[] = {
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 200OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (reads(wrong[i]) != FLARE_ERR_SYNTAX) {
            CHECK_INT(i, -1);
        }
}

static void read_fields(size_t count, flare_err want)
{
    char text[4096] = "HTTP/1.1 204 No Content\r\n";
    size_t at = strlen(text);

    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "a: b\r\n");
    (void)snprintf(text + at, sizeof text - at, "\r\n");
    CHECK_INT(reads(text), want);
}

TEST(field_lines_have_a_number)
{
    read_fields(FLAREI_TEST_FIELDS_MAX, FLARE_OK);
    read_fields(FLAREI_TEST_FIELDS_MAX + 1, FLARE_ERR_SYNTAX);
}

int main(void)
{
    flarei_test_reader_init(&reader);
    RUN(framings);
    RUN(ends_too_early);
    RUN(what_is_no_reply);
    RUN(field_lines_have_a_number);
    flarei_test_reader_free(&reader);
    return TEST_END();
}
