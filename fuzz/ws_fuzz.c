/* Frames: any split of the bytes gives the same events, on either side, and they are those of a plain reading
 * that takes a whole stream and looks at one byte after the other.
 *
 * Target: runtime/wire/ws_read.c runtime/wire/ws_bytes.c runtime/wire/ws_write.c
 */
#include "fuzz.h"

#include "wire/ws.h"

#include <stdlib.h>

enum { MESSAGE_MAX = 300, LOG_MAX = 1 << 16 };

struct log {
    size_t bytes;
    char text[LOG_MAX];
};

static void note(struct log *log, char kind, unsigned code, const char *payload, size_t len)
{
    const char head[4] = {kind, (char)(code >> 8), (char)code, (char)len};

    if (log->bytes + sizeof head + len > LOG_MAX)
        return;
    memcpy(log->text + log->bytes, head, sizeof head);
    if (len != 0)
        memcpy(log->text + log->bytes + sizeof head, payload, len);
    log->bytes += sizeof head + len;
}

static void note_event(struct log *log, const struct flarei_ws_event *event)
{
    static const char kinds[] = {'?', 'm', 'p', 'q', 'c', 'f'};
    const bool failed = event->kind == FLAREI_WS_EVENT_FAILED;

    if (event->kind == FLAREI_WS_EVENT_MESSAGE)
        note(log, kinds[event->kind], event->opcode, event->payload.ptr, event->payload.len);
    else if (event->kind != FLAREI_WS_EVENT_MORE)
        note(log, kinds[event->kind], event->code, event->payload.ptr, failed ? 0 : event->payload.len);
}

/* ---- The plain reading ---- */

static bool good_text(const uint8_t *at, size_t len, bool whole)
{
    size_t i = 0;

    while (i < len) {
        const uint8_t lead = at[i];
        const size_t tails = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        uint32_t scalar = tails == 0 ? lead : lead & (0x3fu >> tails);

        if (lead >= 0x80 && (lead < 0xc2 || lead > 0xf4))
            return false;
        for (size_t k = 1; k <= tails; k++) {
            if (i + k == len) {
                /* Could any continuation make it valid? Only the second byte can rule that out. */
                if (whole)
                    return false;
                return true;
            }
            if ((at[i + k] & 0xc0) != 0x80)
                return false;
            if (k == 1 && ((lead == 0xe0 && at[i + 1] < 0xa0) || (lead == 0xed && at[i + 1] > 0x9f) ||
                           (lead == 0xf0 && at[i + 1] < 0x90) || (lead == 0xf4 && at[i + 1] > 0x8f)))
                return false;
            scalar = scalar << 6 | (at[i + k] & 0x3fu);
        }
        FUZZ_CHECK(scalar <= 0x10ffff);
        i += tails + 1;
    }
    return true;
}

static bool good_code(unsigned code)
{
    switch (code) {
    case 1000:
    case 1001:
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 1009:
    case 1010:
    case 1011:
    case 1012:
    case 1013:
    case 1014:
        return true;
    default:
        return code >= 3000 && code < 5000;
    }
}

static void read_plainly(bool is_server, const uint8_t *in, size_t size, struct log *log)
{
    static uint8_t message[MESSAGE_MAX];
    size_t at = 0, held = 0;
    unsigned message_opcode = 0;

    while (size - at >= 2) {
        const unsigned opcode = in[at] & 15u, fin = in[at] >> 7, masked = in[at + 1] >> 7;
        uint64_t len = in[at + 1] & 127u;
        const size_t wide = len == 126 ? 2 : len == 127 ? 8 : 0;
        const uint8_t *mask;
        size_t there;

        if ((in[at] & 0x70) != 0 || (opcode > 2 && opcode < 8) || opcode > 10 ||
            masked != (is_server ? 1u : 0u) || (opcode >= 8 && (!fin || len > 125)) ||
            (opcode == 0 && message_opcode == 0) || (opcode != 0 && opcode < 8 && message_opcode != 0)) {
            note(log, 'f', 1002, NULL, 0);
            return;
        }
        if (size - at < 2 + wide)
            return;
        if (wide != 0) {
            len = 0;
            for (size_t i = 0; i < wide; i++)
                len = len << 8 | in[at + 2 + i];
            if (len < (wide == 2 ? 126u : 65536u) || len >> 63) {
                note(log, 'f', 1002, NULL, 0);
                return;
            }
        }
        if (size - at < 2 + wide + 4 * masked)
            return;
        mask = in + at + 2 + wide;
        at += 2 + wide + 4 * masked;
        if (opcode < 8 && len > MESSAGE_MAX - held) {
            note(log, 'f', 1009, NULL, 0);
            return;
        }
        there = len < size - at ? (size_t)len : size - at;
        if (opcode >= 8) {
            uint8_t control[125];

            if (there < len)
                return;
            for (size_t i = 0; i < there; i++)
                control[i] = masked ? in[at + i] ^ mask[i & 3] : in[at + i];
            at += there;
            if (opcode == 8) {
                const unsigned code = there >= 2 ? control[0] * 256u + control[1] : 1005;

                if (there == 1 || (there >= 2 && !good_code(code)))
                    note(log, 'f', 1002, NULL, 0);
                else if (there > 2 && !good_text(control + 2, there - 2, true))
                    note(log, 'f', 1007, NULL, 0);
                else
                    note(log, 'c', code, (char *)control + 2, there > 2 ? there - 2 : 0);
                return;
            }
            note(log, opcode == 9 ? 'p' : 'q', 0, (char *)control, there);
            continue;
        }
        if (opcode != 0)
            message_opcode = opcode;
        for (size_t i = 0; i < there; i++)
            message[held + i] = masked ? in[at + i] ^ mask[i & 3] : in[at + i];
        held += there;
        at += there;
        if (message_opcode == 1 && !good_text(message, held, fin && there == len)) {
            note(log, 'f', 1007, NULL, 0);
            return;
        }
        if (there < len)
            return;
        if (fin) {
            note(log, 'm', message_opcode, (char *)message, held);
            message_opcode = 0;
            held = 0;
        }
    }
}

/* ---- The writer ---- */

/* An event's frame as the other side writes it, in any size, is read as that event. */
static void comes_back(const struct flarei_ws_event *event, bool is_server)
{
    static const uint8_t mask[4] = {9, 0, 255, 100};
    const uint8_t *const used_mask = is_server ? mask : NULL;
    struct flarei_ws_reader reader;
    struct flarei_ws_event again;
    flare_buffer frame;

    flarei_buffer_init(&frame, 1 << 20);
    flarei_ws_reader_init(&reader, is_server, MESSAGE_MAX, NULL);
    if (event->kind == FLAREI_WS_EVENT_CLOSE)
        FUZZ_CHECK(flarei_ws_write_close(&frame, event->code, event->payload, used_mask));
    else
        FUZZ_CHECK(flarei_ws_write(&frame, FLAREI_WS_FIN | event->opcode, event->payload, used_mask));
    FUZZ_CHECK(flarei_ws_read(&reader, frame.ptr, frame.end, &again) == frame.end);
    FUZZ_CHECK(again.kind == event->kind && again.code == event->code);
    FUZZ_CHECK(flare_str_equal(again.payload, event->payload));
    flarei_ws_reader_free(&reader);
    flarei_buffer_free(&frame);
}

/* ---- The reader ---- */

static void read_split(bool is_server, const uint8_t *in, size_t size, uint32_t seed, struct log *log)
{
    struct flarei_ws_reader reader;
    struct flarei_ws_event event = {.kind = FLAREI_WS_EVENT_MORE};
    char *held = NULL;
    size_t held_bytes = 0, given = 0;

    flarei_ws_reader_init(&reader, is_server, MESSAGE_MAX, NULL);
    while (given < size && !reader.ended) {
        size_t take = size - given, used = 0;
        char *piece;

        if (seed != 0) {
            seed = seed * 1664525u + 1013904223u;
            take = take < 1 + (seed >> 24) % 40 ? take : 1 + (seed >> 24) % 40;
        }
        piece = malloc(held_bytes + take); /* ends where the bytes end */
        if (held_bytes != 0)
            memcpy(piece, held, held_bytes);
        memcpy(piece + held_bytes, in + given, take);
        free(held);
        held = piece;
        held_bytes += take;
        given += take;
        do {
            used += flarei_ws_read(&reader, held + used, held_bytes - used, &event);
            note_event(log, &event);
            if (event.kind == FLAREI_WS_EVENT_MESSAGE || event.kind == FLAREI_WS_EVENT_CLOSE)
                comes_back(&event, is_server);
        } while (event.kind != FLAREI_WS_EVENT_MORE && !reader.ended);
        memmove(held, held + used, held_bytes - used);
        held_bytes -= used;
        FUZZ_CHECK(reader.ended || held_bytes < FLAREI_WS_HEAD_MAX_BYTES + FLAREI_WS_CONTROL_MAX_BYTES);
    }
    free(held);
    flarei_ws_reader_free(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct log plain, whole, split;

    if (size < 2)
        return 0;
    plain.bytes = whole.bytes = split.bytes = 0;
    read_plainly(data[0] & 1, data + 2, size - 2, &plain);
    read_split(data[0] & 1, data + 2, size - 2, 0, &whole);
    read_split(data[0] & 1, data + 2, size - 2, data[1] + 1u, &split);
    FUZZ_CHECK(whole.bytes == plain.bytes && memcmp(whole.text, plain.text, plain.bytes) == 0);
    FUZZ_CHECK(split.bytes == plain.bytes && memcmp(split.text, plain.text, plain.bytes) == 0);
    /* The most that a length of seven bits says. */
    FUZZ_PLANT(plain.bytes > 4 && plain.text[0] == 'm' && plain.text[3] == 125);
    return 0;
}
