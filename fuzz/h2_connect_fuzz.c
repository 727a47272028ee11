/* Extended CONNECT (RFC 8441): any bytes behind the preface and a SETTINGS, of a server that has WebSockets.
 * However they are split, the same tunnels come of them, the same messages in these, and the same frames go
 * out.
 *
 * The first byte says how the rest is split.
 * Target: runtime/wire/h2_session.c runtime/wire/h2_head.c runtime/wire/ws_read.c
 */
#include "wire/h2.h"
#include "wire/ws.h"

#include "fuzz.h"

#include <flare/loop.h>

#include <string.h>

enum { FIELDS_MAX = 20, MESSAGE_MAX = 1000, OUT_MAX = 1 << 26 };

static const struct flarei_h2_limits limits = {.h1 = {.head_max_bytes = 2000,
                                                      .target_max_bytes = 500,
                                                      .field_max_count = FIELDS_MAX,
                                                      .trailer_max_bytes = 500,
                                                      .chunk_line_max_bytes = 100},
                                               .streams_max = 10,
                                               .window_bytes = 10000,
                                               .connection_window_bytes = 70000,
                                               .connect_protocol = true};

/* ---- An owner that accepts each tunnel, and echoes its messages ---- */

struct stream {
    struct flarei_h2_stream stream;
    struct stream *next;
    struct flarei_h2_head head;
    struct flarei_h1_head parsed;
    flare_field fields[FIELDS_MAX];
    flare_arena arena;
    struct flarei_ws_reader reader;
    flare_buffer input, output;
    bool over;
};

struct owner {
    struct flarei_h2_session session;
    struct stream *streams;
    uint64_t seen;
};

static uint64_t mix(uint64_t sum, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < length; i++)
        sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
    return (sum ^ length) * UINT64_C(0x100000001b3);
}

static struct stream *of(struct flarei_h2_stream *stream)
{
    return FLARE_OWNER(stream, struct stream, stream);
}

static struct flarei_h2_stream *begin(void *context)
{
    struct owner *const owner = context;
    struct stream *const stream = calloc(1, sizeof *stream);

    stream->parsed.fields = stream->fields;
    stream->parsed.field_capacity = FIELDS_MAX;
    flarei_arena_init(&stream->arena, 512, 1 << 16);
    flarei_buffer_init(&stream->input, 1 << 20);
    flarei_buffer_init(&stream->output, 1 << 24);
    flarei_ws_reader_init(&stream->reader, true, MESSAGE_MAX, NULL);
    stream->head.limits = &limits.h1;
    stream->head.arena = &stream->arena;
    stream->head.head = &stream->parsed;
    flarei_h2_head_begin(&stream->head);
    stream->stream.head = &stream->head;
    stream->next = owner->streams;
    owner->streams = stream;
    return &stream->stream;
}

static void request(void *context, struct flarei_h2_stream *base, int refusal)
{
    struct owner *const owner = context;
    struct stream *const stream = of(base);
    const struct flarei_h1_head *const head = &stream->parsed;
    const uint8_t tunnel = stream->head.tunnel;

    owner->seen = mix(mix(owner->seen, &refusal, sizeof refusal), &tunnel, sizeof tunnel);
    if (refusal == 0 && tunnel != FLAREI_H2_NO_TUNNEL) {
        FUZZ_CHECK(head->method == FLARE_METHOD_CONNECT && head->host.len != 0);
        FUZZ_CHECK(head->path.len != 0 && head->path.ptr[0] == '/');
        FUZZ_CHECK(!head->has_body && !head->chunked && !head->expect_continue);
        FUZZ_CHECK(!stream->head.foreign_scheme);
    } else if (refusal == 0 && head->method == FLARE_METHOD_CONNECT) {
        FUZZ_CHECK(head->path.len == 0);
    }
    if (refusal == 0 && tunnel == FLAREI_H2_WEBSOCKET) {
        stream->stream.feed = &stream->output;
        FUZZ_CHECK(flarei_h2_accept(&owner->session, base, NULL, 0));
        return;
    }
    stream->over = true;
    FUZZ_CHECK(flarei_h2_reply(&owner->session, base, 501, NULL, 0, FLARE_STR("no")));
}

static void finish(struct owner *owner, struct stream *stream)
{
    stream->over = true;
    stream->stream.finished = true;
    FUZZ_CHECK(flarei_h2_resume(&owner->session, &stream->stream));
}

static void take(struct owner *owner, struct stream *stream)
{
    struct flarei_ws_event event;

    while (!stream->over && flarei_buffer_len(&stream->input) != 0) {
        const size_t used = flarei_ws_read(&stream->reader, stream->input.ptr + stream->input.start,
                                           flarei_buffer_len(&stream->input), &event);

        if (event.kind == FLAREI_WS_EVENT_MESSAGE) {
            owner->seen = mix(owner->seen, event.payload.ptr, event.payload.len);
            FUZZ_CHECK(event.payload.len <= MESSAGE_MAX);
            FUZZ_PLANT(event.payload.len > 1 && event.payload.ptr[0] > 'x');
            (void)flarei_ws_write(&stream->output, FLAREI_WS_FIN | event.opcode, event.payload, NULL);
            FUZZ_CHECK(flarei_h2_resume(&owner->session, &stream->stream));
        }
        if (event.kind == FLAREI_WS_EVENT_CLOSE || event.kind == FLAREI_WS_EVENT_FAILED)
            finish(owner, stream);
        if (used == 0)
            break;
        flarei_buffer_consume(&stream->input, used);
    }
}

static void data(void *context, struct flarei_h2_stream *base, flare_str bytes)
{
    struct owner *const owner = context;
    struct stream *const stream = of(base);

    if (!stream->over) {
        FUZZ_CHECK(flarei_buffer_append_str(&stream->input, bytes));
        take(owner, stream);
    }
    FUZZ_CHECK(flarei_h2_consume(&owner->session, stream->over ? NULL : base, bytes.len));
}

static void end(void *context, struct flarei_h2_stream *base)
{
    struct owner *const owner = context;

    if (!of(base)->over)
        finish(owner, of(base));
}

static void trailer(void *context, struct flarei_h2_stream *base, const flare_field *field)
{
    (void)context;
    (void)base;
    FUZZ_CHECK(field->name.len != 0);
}

static void replied(void *context, struct flarei_h2_stream *base)
{
    struct owner *const owner = context;

    FUZZ_CHECK(of(base)->over);
    if (!base->ended)
        flarei_h2_reset(&owner->session, base, FLAREI_H2_NO_ERROR);
}

static void sent(void *context, struct flarei_h2_stream *base)
{
    (void)context;
    (void)base;
}

static void priority(void *context, struct flarei_h2_stream *base, uint8_t urgency)
{
    (void)context;
    (void)base;
    FUZZ_CHECK(urgency <= 7);
}

static void forget(struct stream *stream)
{
    flarei_ws_reader_free(&stream->reader);
    flarei_buffer_free(&stream->input);
    flarei_buffer_free(&stream->output);
    flarei_arena_free(&stream->arena);
    free(stream);
}

static void closed(void *context, struct flarei_h2_stream *base)
{
    struct owner *const owner = context;
    struct stream **at = &owner->streams;

    while (*at != of(base))
        at = &(*at)->next;
    *at = (*at)->next;
    forget(of(base));
}

static void noticed(void *context)
{
    (void)context;
}

static const struct flarei_h2_events events = {begin,   request, data,     end,    trailer,
                                               replied, sent,    priority, closed, noticed};

/* ---- One connection ---- */

struct outcome {
    uint64_t seen, frames;
    bool ended, left;
};

static struct outcome run(const uint8_t *bytes, size_t size, size_t step)
{
    struct owner *const owner = calloc(1, sizeof *owner);
    struct outcome outcome;
    flare_buffer out;

    flarei_buffer_init(&out, OUT_MAX);
    FUZZ_CHECK(flarei_h2_open(&owner->session, &limits, &events, owner, 0));
    FUZZ_CHECK(flarei_h2_receive(&owner->session, FLAREI_H2_PREFACE "\0\0\0\4\0\0\0\0\0",
                                 FLAREI_H2_PREFACE_BYTES + 9, 0));
    for (size_t at = 0; at < size && !owner->session.ended; at += step) {
        const size_t part = size - at < step ? size - at : step;

        FUZZ_CHECK(flarei_h2_receive(&owner->session, (const char *)bytes + at, part, 0));
    }
    FUZZ_CHECK(flarei_h2_send(&owner->session, &out, SIZE_MAX));
    outcome = (struct outcome){owner->seen, mix(0, out.ptr + out.start, flarei_buffer_len(&out)),
                               owner->session.ended, owner->session.left};
    flarei_buffer_free(&out);
    flarei_h2_close(&owner->session);
    while (owner->streams != NULL) {
        struct stream *const next = owner->streams->next;

        forget(owner->streams);
        owner->streams = next;
    }
    free(owner);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct outcome whole, split;

    if (size < 2)
        return 0;
    whole = run(bytes + 1, size - 1, size);
    split = run(bytes + 1, size - 1, 1 + bytes[0] % 40);
    if (whole.left || split.left)
        return 0;
    FUZZ_CHECK(whole.seen == split.seen);
    FUZZ_CHECK(whole.ended == split.ended);
    return 0;
}
