/* permessage-deflate's messages (RFC 7692, section 7.2). */
#include "wire/ws.h"

#include "allocator.h"
#include "test.h"

#include <stdlib.h>

static const struct flarei_ws_deflate takeover = {false, false, 15, 15};
static const struct flarei_ws_deflate no_takeover = {true, true, 15, 15};

/* Section 7.2.3: each frame or two gives "Hello". */
static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    const char *message;
} rows[] = {
#define ROW(name, bytes, message)                                                                            \
    {                                                                                                        \
        name, bytes, sizeof(bytes) - 1, message                                                              \
    }
    ROW("7.2.3.1 one block", "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello"),
    ROW("7.2.3.1 in fragments", "\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00", "Hello"),
    ROW("7.2.3.3 a block without compression", "\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
        "Hello"),
    ROW("7.2.3.4 a last block", "\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello"),
    ROW("7.2.3.5 two blocks", "\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "Hello"),
    ROW("7.2.3.6 an empty message", "\xc1\x01\x00", ""),
    ROW("6.1 one that is not compressed", "\x81\x05Hello", "Hello"),
    ROW("6.1 a continuation with RSV1", "\x41\x03\xf2\x48\xcd\xc0\x04\xc9\xc9\x07\x00", "failed 1002"),
    ROW("a message that ends within a block", "\xc1\x03\xf2\x48\xcd", "failed 1007"),
    ROW("a block of a kind that is not", "\xc1\x03\xff\xff\xff", "failed 1007"),
    ROW("a reference to before the start", "\xc1\x05\xf2\x00\x11\x00\x00", "failed 1007"),
#undef ROW
};

static void read_one(struct flarei_ws_reader *reader, const char *bytes, size_t len, char *got)
{
    char *copy = malloc(len);
    size_t used = 0;
    struct flarei_ws_event event;

    memcpy(copy, bytes, len);
    do
        used += flarei_ws_read(reader, copy + used, len - used, &event);
    while (event.kind == FLAREI_WS_EVENT_MORE && used < len);
    if (event.kind == FLAREI_WS_EVENT_FAILED)
        snprintf(got, 64, "failed %u", event.code);
    else if (event.kind == FLAREI_WS_EVENT_MESSAGE)
        snprintf(got, 64, "%.*s", (int)event.payload.len, event.payload.len ? event.payload.ptr : "");
    else
        memcpy(got, "nothing", sizeof "nothing");
    free(copy);
}

TEST(rows_of_the_rfc)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct flarei_ws_reader reader;
        char got[64];

        flarei_ws_reader_init(&reader, false, 100, &no_takeover);
        read_one(&reader, rows[i].bytes, rows[i].len, got);
        if (strcmp(got, rows[i].message) != 0) {
            fprintf(stderr, "%s: \"%s\"\n", rows[i].name, got);
            test_ok = false;
        }
        flarei_ws_reader_free(&reader);
    }
}

/* Section 7.2.3.2: the second "Hello" refers to the first; also behind a last block. */
TEST(context_is_kept_where_agreed)
{
    static const char second[] = "\xc1\x05\xf2\x00\x11\x00\x00";

    for (size_t first = 0; first < 4; first++) {
        for (int keeps = 0; keeps < 2; keeps++) {
            struct flarei_ws_reader reader;
            char got[64];

            flarei_ws_reader_init(&reader, false, 100, keeps ? &takeover : &no_takeover);
            read_one(&reader, rows[first].bytes, rows[first].len, got);
            CHECK(strcmp(got, "Hello") == 0);
            read_one(&reader, second, sizeof second - 1, got);
            CHECK(strcmp(got, keeps ? "Hello" : "failed 1007") == 0);
            flarei_ws_reader_free(&reader);
        }
    }
}

/* A megabyte of zeros in about a kilobyte: the limit is of what comes out, to the byte. */
TEST(bombs_stop_at_the_limit)
{
    const size_t bytes = 1u << 20;
    char *zeros = calloc(1, bytes);
    struct flarei_ws_deflater *deflater = flarei_ws_deflater_new(15, false);
    flare_buffer out;

    flarei_buffer_init(&out, 1u << 20);
    CHECK(flarei_ws_write_deflated(&out, deflater, FLAREI_WS_BINARY, (flare_str){zeros, bytes}, NULL));
    CHECK(flarei_buffer_len(&out) < 8192);
    for (int less = 0; less < 2; less++) {
        struct flarei_ws_reader reader;
        struct flarei_ws_event event;

        flarei_ws_reader_init(&reader, false, bytes - (size_t)less, &no_takeover);
        (void)flarei_ws_read(&reader, out.ptr, out.end, &event);
        CHECK(event.kind == (less ? FLAREI_WS_EVENT_FAILED : FLAREI_WS_EVENT_MESSAGE));
        if (less)
            CHECK_INT(event.code, 1009);
        else
            CHECK_INT(event.payload.len, bytes);
        CHECK(reader.message.capacity <= 2 * bytes);
        flarei_ws_reader_free(&reader);
    }
    flarei_buffer_free(&out);
    flarei_ws_deflater_free(deflater);
    free(zeros);
}

/* Empty blocks for ever make no bytes, but are counted too. */
TEST(messages_of_nothing_end)
{
    struct flarei_ws_reader reader;
    struct flarei_ws_event event = {.kind = FLAREI_WS_EVENT_MORE};
    size_t given = 0;

    flarei_ws_reader_init(&reader, false, 1000, &no_takeover);
    while (event.kind == FLAREI_WS_EVENT_MORE && given < 100000) {
        char frame[] = "\x00\x05\x00\x00\x00\xff\xff";

        frame[0] = given == 0 ? 0x41 : 0;
        (void)flarei_ws_read(&reader, frame, 7, &event);
        given += 5;
    }
    CHECK(event.kind == FLAREI_WS_EVENT_FAILED);
    CHECK_INT(event.code, 1009);
    CHECK(given <= 2 * 1000 + 1024 + 5);
    flarei_ws_reader_free(&reader);
}

/* What is written is read again: all windows, with and without context, masked or not. */
TEST(messages_come_back)
{
    static char text[20000];
    uint32_t seed = 7;

    for (size_t i = 0; i < sizeof text; i++) {
        seed = seed * 1664525u + 1013904223u;
        text[i] = (char)('a' + (seed >> 24) % 7);
    }
    for (unsigned bits = 9; bits <= 15; bits++) {
        for (int keeps = 0; keeps < 2; keeps++) {
            static const uint8_t mask[4] = {1, 2, 3, 4};
            struct flarei_ws_deflater *deflater = flarei_ws_deflater_new(bits, keeps != 0);
            struct flarei_ws_reader reader;
            flare_buffer out;

            flarei_buffer_init(&out, 1u << 20);
            flarei_ws_reader_init(&reader, keeps != 0, sizeof text, keeps ? &takeover : &no_takeover);
            for (size_t len = 0; len <= sizeof text; len = len * 3 + 1) {
                struct flarei_ws_event event;

                flarei_buffer_clear(&out);
                CHECK(flarei_ws_write_deflated(&out, deflater, FLAREI_WS_TEXT, (flare_str){text, len},
                                               keeps ? mask : NULL));
                CHECK_INT(flarei_ws_read(&reader, out.ptr, out.end, &event), out.end);
                CHECK(event.kind == FLAREI_WS_EVENT_MESSAGE);
                CHECK_INT(event.payload.len, len);
                CHECK(len == 0 || memcmp(event.payload.ptr, text, len) == 0);
                if (len == 13) /* as after a broadcast that this deflater did not make */
                    flarei_ws_deflater_reset(deflater);
            }
            flarei_ws_reader_free(&reader);
            flarei_ws_deflater_free(deflater);
            flarei_buffer_free(&out);
        }
    }
}

TEST(each_want_of_memory)
{
    for (size_t nth = 1; nth < 12; nth++) {
        struct test_allocator heap = {.fail_at = nth};
        struct flarei_ws_deflater *deflater;
        struct flarei_ws_reader reader;
        flare_buffer out;

        test_allocator_use(&heap);
        flarei_buffer_init(&out, 1000);
        flarei_ws_reader_init(&reader, false, 1000, &takeover);
        deflater = flarei_ws_deflater_new(15, true);
        if (deflater != NULL &&
            flarei_ws_write_deflated(&out, deflater, FLAREI_WS_TEXT, FLARE_STR("Hello"), NULL)) {
            struct flarei_ws_event event;

            (void)flarei_ws_read(&reader, out.ptr, out.end, &event);
            if (event.kind == FLAREI_WS_EVENT_FAILED)
                CHECK_INT(event.code, 1011);
            else
                CHECK_STR(event.payload, "Hello");
        } else {
            CHECK(heap.calls >= nth);
            CHECK_INT(flarei_buffer_len(&out), 0);
        }
        flarei_ws_reader_free(&reader);
        flarei_ws_deflater_free(deflater);
        flarei_buffer_free(&out);
        test_allocator_use(NULL);
        CHECK_INT(heap.live, 0);
    }
}

int main(void)
{
    RUN(rows_of_the_rfc);
    RUN(context_is_kept_where_agreed);
    RUN(bombs_stop_at_the_limit);
    RUN(messages_of_nothing_end);
    RUN(messages_come_back);
    RUN(each_want_of_memory);
    return TEST_END();
}
