/* Frames in, events out: every rule of RFC 6455's framing, and each of its examples. */
#include "wire/ws.h"

#include "allocator.h"
#include "test.h"

#include <stdlib.h>

enum { EVENTS_BYTES = 1024 };
enum side { SERVER, CLIENT };

/* Frames are written without mask; the runner masks them on their way to a server. Events are one line:
 * "text:…", "binary:…", "ping:…", "pong:…", "close 1000:…", "failed 1002", divided by spaces. */
static const struct row {
    const char *name;
    const char *bytes;
    size_t len;
    const char *events;
} rows[] = {
#define ROW(name, bytes, events)                                                                             \
    {                                                                                                        \
        name, bytes, sizeof(bytes) - 1, events                                                               \
    }
    /* section 5.7 */
    ROW("5.7 a text", "\x81\x05Hello", "text:Hello"),
    ROW("5.7 a fragmented text", "\x01\x03Hel\x80\x02lo", "text:Hello"),
    ROW("5.7 ping and pong", "\x89\x05Hello\x8a\x05Hello", "ping:Hello pong:Hello"),
    ROW("5.6 binary", "\x82\x01\x61", "binary:a"),
    ROW("5.6 empty messages", "\x81\x00\x82\x00", "text: binary:"),
    ROW("5.4 empty fragments", "\x01\x00\x00\x00\x80\x00", "text:"),
    ROW("5.4 a control frame within a message",
        "\x01\x01"
        "a\x89\x01p\x80\x01"
        "b",
        "ping:p text:ab"),
    ROW("5.4 a message within another",
        "\x01\x01"
        "a\x81\x01"
        "b",
        "failed 1002"),
    ROW("5.4 nothing to continue",
        "\x80\x01"
        "a",
        "failed 1002"),
    ROW("5.4 nothing to continue after the end",
        "\x81\x01"
        "a\x00\x01"
        "b",
        "text:a failed 1002"),
    ROW("5.2 RSV1", "\xc1\x00", "failed 1002"),
    ROW("5.2 RSV2", "\xa1\x00", "failed 1002"),
    ROW("5.2 RSV3", "\x91\x00", "failed 1002"),
    ROW("5.2 RSV1 of a control frame", "\xc9\x00", "failed 1002"),
    ROW("5.2 opcode 3", "\x83\x00", "failed 1002"),
    ROW("5.2 opcode 7", "\x87\x00", "failed 1002"),
    ROW("5.2 opcode 11", "\x8b\x00", "failed 1002"),
    ROW("5.2 opcode 15", "\x8f\x00", "failed 1002"),
    ROW("5.2 125 in two bytes", "\x82\x7e\x00\x7d", "failed 1002"),
    ROW("5.2 65535 in eight bytes", "\x82\x7f\0\0\0\0\0\0\xff\xff", "failed 1002"),
    ROW("5.2 the length's highest bit", "\x82\x7f\x80\0\0\0\0\0\0\0", "failed 1002"),
    ROW("5.5 a control frame in fragments", "\x09\x00", "failed 1002"),
    ROW("5.5 a Close in fragments", "\x08\x00", "failed 1002"),
    ROW("5.5 a control frame of 126 bytes", "\x89\x7e\x00\x7e", "failed 1002"),
    ROW("5.5.1 nothing after a Close",
        "\x88\x02\x03\xe8\x81\x01"
        "a",
        "close 1000:"),
    ROW("5.5.1 a Close without a code", "\x88\x00", "close 1005:"),
    ROW("5.5.1 half a code", "\x88\x01\x03", "failed 1002"),
    ROW("5.5.1 a reason", "\x88\x06\x03\xe9 bye", "close 1001: bye"),
    ROW("5.5.1 a reason not in UTF-8", "\x88\x04\x03\xe8\xc0\xaf", "failed 1007"),
    ROW("5.5.1 a reason that is cut", "\x88\x03\x03\xe8\xc2", "failed 1007"),
    ROW("7.4.2 999", "\x88\x02\x03\xe7", "failed 1002"),
    ROW("7.4.1 1003", "\x88\x02\x03\xeb", "close 1003:"),
    ROW("7.4.1 1004", "\x88\x02\x03\xec", "failed 1002"),
    ROW("7.4.1 1005", "\x88\x02\x03\xed", "failed 1002"),
    ROW("7.4.1 1006", "\x88\x02\x03\xee", "failed 1002"),
    ROW("7.4.1 1014", "\x88\x02\x03\xf6", "close 1014:"),
    ROW("7.4.1 1015", "\x88\x02\x03\xf7", "failed 1002"),
    ROW("7.4.2 2999", "\x88\x02\x0b\xb7", "failed 1002"),
    ROW("7.4.2 3000", "\x88\x02\x0b\xb8", "close 3000:"),
    ROW("7.4.2 4999", "\x88\x02\x13\x87", "close 4999:"),
    ROW("7.4.2 5000", "\x88\x02\x13\x88", "failed 1002"),
    ROW("8.1 text that is not UTF-8", "\x81\x02\xc0\xaf", "failed 1007"),
    ROW("8.1 a scalar value over two frames", "\x01\x01\xc2\x80\x01\xa9", "text:\xc2\xa9"),
    ROW("8.1 known at the first wrong byte", "\x01\x04\xf4\x90", "failed 1007"),
    ROW("8.1 text that ends too early", "\x81\x01\xc2", "failed 1007"),
    ROW("8.1 text that ends too early in an empty frame", "\x01\x01\xc2\x80\x00", "failed 1007"),
    ROW("8.1 bytes of a binary are free", "\x82\x02\xc0\xaf", "binary:\xc0\xaf"),
    ROW("a head that is not whole", "\x82\x7e\x00", ""),
#undef ROW
};

static void add(char *to, const char *format, unsigned code, flare_str payload)
{
    const size_t at = strlen(to);
    int head;

    snprintf(to + at, EVENTS_BYTES - at, "%s", at != 0 ? " " : "");
    head = snprintf(to + strlen(to), 32, format, code);
    snprintf(to + at + (at != 0) + (size_t)head, EVENTS_BYTES - at - 32, "%.*s", (int)payload.len,
             payload.len != 0 ? payload.ptr : "");
}

static void describe(const struct flarei_ws_event *event, char *to)
{
    switch (event->kind) {
    case FLAREI_WS_EVENT_MESSAGE:
        add(to, event->opcode == FLAREI_WS_TEXT ? "text:" : "binary:", 0, event->payload);
        return;
    case FLAREI_WS_EVENT_PING:
        add(to, "ping:", 0, event->payload);
        return;
    case FLAREI_WS_EVENT_PONG:
        add(to, "pong:", 0, event->payload);
        return;
    case FLAREI_WS_EVENT_CLOSE:
        add(to, "close %u:", event->code, event->payload);
        return;
    case FLAREI_WS_EVENT_FAILED:
        add(to, "failed %u", event->code, (flare_str){NULL, 0});
        return;
    case FLAREI_WS_EVENT_MORE:
    default:
        return;
    }
}

/* Gives a stream in pieces of at most `step` bytes, each in storage that ends where it ends. */
static void run_reader(struct flarei_ws_reader *reader, const char *bytes, size_t len, size_t step,
                       char *events)
{
    char *held = NULL;
    size_t held_bytes = 0, given = 0;

    *events = '\0';
    while (given < len && !reader->ended) {
        const size_t take = len - given < step ? len - given : step;
        size_t used = 0;
        struct flarei_ws_event event;

        held = realloc(held, held_bytes + take);
        memcpy(held + held_bytes, bytes + given, take);
        held_bytes += take;
        given += take;
        do {
            used += flarei_ws_read(reader, held + used, held_bytes - used, &event);
            describe(&event, events);
        } while (event.kind != FLAREI_WS_EVENT_MORE && !reader->ended);
        memmove(held, held + used, held_bytes - used);
        held_bytes -= used;
    }
    free(held);
}

/* Puts masks into frames that have none: of those whose lengths are in one byte. */
static size_t masked(const struct row *row, char *to)
{
    static const uint8_t mask[4] = {1, 0x82, 3, 0x44};
    size_t at = 0, len = 0;

    while (at < row->len) {
        const size_t short_bytes = (uint8_t)row->bytes[at + 1];
        const size_t extended = short_bytes == 126 ? 2 : short_bytes == 127 ? 8 : 0;
        const size_t head = row->len - at < 2 + extended ? row->len - at : 2 + extended;
        size_t take = extended ? 0 : short_bytes;

        memcpy(to + len, row->bytes + at, head);
        to[len + 1] = (char)(to[len + 1] | (char)0x80);
        at += head;
        len += head;
        if (head < 2 + extended)
            return len;
        memcpy(to + len, mask, 4);
        len += 4;
        take = take < row->len - at ? take : row->len - at;
        memcpy(to + len, row->bytes + at, take);
        flarei_ws_mask(to + len, take, mask, 0);
        at += take;
        len += take;
    }
    return len;
}

static void check_row(const struct row *row, enum side side, size_t step)
{
    struct flarei_ws_reader reader;
    char bytes[256], events[EVENTS_BYTES];
    size_t len = row->len;

    memcpy(bytes, row->bytes, len);
    if (side == SERVER)
        len = masked(row, bytes);
    flarei_ws_reader_init(&reader, side == SERVER, 1000, NULL);
    run_reader(&reader, bytes, len, step, events);
    if (strcmp(events, row->events) != 0) {
        fprintf(stderr, "%s, as %s, by %zu: \"%s\", not \"%s\"\n", row->name,
                side == SERVER ? "server" : "client", step, events, row->events);
        test_ok = false;
    }
    flarei_ws_reader_free(&reader);
}

TEST(rows_on_both_sides_however_split)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t step = 1; step <= 32; step = step < 4 ? step + 1 : step * 2) {
            check_row(&rows[i], SERVER, step);
            check_row(&rows[i], CLIENT, step);
        }
}

/* Section 5.1: a server closes on a frame without a mask, a client on one with it. */
TEST(mask_is_the_clients)
{
    struct flarei_ws_event event;
    struct flarei_ws_reader reader;
    char from_server[] = "\x81\x01"
                         "a";
    char from_client[] = "\x81\x81\0\0\0\0a";

    flarei_ws_reader_init(&reader, true, 1000, NULL);
    (void)flarei_ws_read(&reader, from_server, 3, &event);
    CHECK(event.kind == FLAREI_WS_EVENT_FAILED);
    CHECK_INT(event.code, 1002);
    flarei_ws_reader_init(&reader, false, 1000, NULL);
    (void)flarei_ws_read(&reader, from_client, 7, &event);
    CHECK(event.kind == FLAREI_WS_EVENT_FAILED);
    CHECK_INT(event.code, 1002);
}

/* The limit holds before a byte is stored: at the head that goes beyond it. */
TEST(message_limit)
{
    static const struct {
        const char *bytes;
        size_t len;
        size_t max;
        bool fails;
    } cases[] = {
        {"\x82\x04"
         "abcd",
         6, 4, false},
        {"\x82\x05", 2, 4, true},
        {"\x02\x02"
         "ab\x80\x02"
         "cd",
         8, 4, false},
        {"\x02\x02"
         "ab\x80\x03",
         6, 4, true},
        {"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10, 4, true},
        {"\x02\x02"
         "ab\x00\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",
         14, 4, true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flarei_ws_reader reader;
        char events[EVENTS_BYTES];

        flarei_ws_reader_init(&reader, false, cases[i].max, NULL);
        run_reader(&reader, cases[i].bytes, cases[i].len, 1, events);
        CHECK_INT(strcmp(events, "failed 1009") == 0, cases[i].fails);
        flarei_ws_reader_free(&reader);
    }
}

/* A head claims what never comes: what is stored grows with what came. */
TEST(claims_take_no_memory)
{
    struct flarei_ws_reader reader;
    struct flarei_ws_event event;
    char bytes[] = "\x82\x7f\0\0\0\0\x10\0\0\0abc";

    flarei_ws_reader_init(&reader, false, 1u << 30, NULL);
    (void)flarei_ws_read(&reader, bytes, 13, &event);
    CHECK(event.kind == FLAREI_WS_EVENT_MORE);
    CHECK(reader.message.capacity <= 65536);
    flarei_ws_reader_free(&reader);
}

TEST(without_memory_it_fails)
{
    struct flarei_ws_reader reader;
    char events[EVENTS_BYTES];
    struct test_allocator heap = {.fail_at = 1};

    test_allocator_use(&heap);
    flarei_ws_reader_init(&reader, false, 1000, NULL);
    run_reader(&reader,
               "\x02\x01"
               "a",
               3, 3, events);
    test_allocator_use(NULL);
    CHECK(strcmp(events, "failed 1011") == 0);
    flarei_ws_reader_free(&reader);
}

TEST(frames_are_written_as_short_as_can_be)
{
    static const size_t lengths[] = {0, 1, 125, 126, 127, 65535, 65536, 70000};
    static const uint8_t mask[4] = {9, 8, 7, 6};
    static char payload[70000];

    memset(payload, 'x', sizeof payload);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (int side = SERVER; side <= CLIENT; side++) {
            struct flarei_ws_reader reader;
            struct flarei_ws_event event;
            flare_buffer out;

            flarei_buffer_init(&out, 1u << 20);
            CHECK(flarei_ws_write(&out, FLAREI_WS_FIN | FLAREI_WS_TEXT, (flare_str){payload, lengths[i]},
                                  side == CLIENT ? mask : NULL));
            flarei_ws_reader_init(&reader, side == CLIENT, 70000, NULL);
            CHECK_INT(flarei_ws_read(&reader, out.ptr, out.end, &event), out.end);
            CHECK(event.kind == FLAREI_WS_EVENT_MESSAGE);
            CHECK_INT(event.payload.len, lengths[i]);
            CHECK(event.payload.len == 0 || memcmp(event.payload.ptr, payload, lengths[i]) == 0);
            flarei_ws_reader_free(&reader);
            flarei_buffer_free(&out);
        }
    }
}

TEST(a_frame_without_room_is_not_begun)
{
    flare_buffer out;
    char storage[20];

    flarei_buffer_over(&out, storage, sizeof storage);
    CHECK(!flarei_ws_write(&out, FLAREI_WS_FIN | FLAREI_WS_TEXT, FLARE_STR("more than there is"), NULL));
    CHECK_INT(flarei_buffer_len(&out), 0);
    CHECK(!out.failed);
    CHECK(flarei_ws_write(&out, FLAREI_WS_FIN | FLAREI_WS_TEXT, FLARE_STR("short"), NULL));
}

/* Section 5.5: a Close holds 125 bytes; a reason is cut between scalar values. */
TEST(close_reason_is_cut)
{
    char reason[200];
    flare_buffer out;

    for (size_t i = 0; i < sizeof reason; i += 2)
        memcpy(reason + i, "\xc2\xa9", 2);
    flarei_buffer_init(&out, 1000);
    CHECK(flarei_ws_write_close(&out, 1000, (flare_str){reason, sizeof reason}, NULL));
    CHECK_INT(out.ptr[1], 2 + 122);
    flarei_buffer_clear(&out);
    CHECK(flarei_ws_write_close(&out, 1005, FLARE_STR("not told"), NULL));
    CHECK_INT(flarei_buffer_len(&out), 2);
    flarei_buffer_free(&out);
}

int main(void)
{
    RUN(rows_on_both_sides_however_split);
    RUN(mask_is_the_clients);
    RUN(message_limit);
    RUN(claims_take_no_memory);
    RUN(without_memory_it_fails);
    RUN(frames_are_written_as_short_as_can_be);
    RUN(a_frame_without_room_is_not_begun);
    RUN(close_reason_is_cut);
    return TEST_END();
}
