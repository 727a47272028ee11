/* Any bytes behind the preface of an HTTP/2 connection: however they are split, the same requests come of
 * them, and the same frames go out. Before that, the preface is looked for in them.
 *
 * The first byte says how the rest is split.
 * Target: runtime/wire/h2_session.c runtime/wire/h2_head.c runtime/wire/h2_guard.c
 */
#include "wire/h2.h"

#include "fuzz.h"

#include <flare/loop.h>

#include <string.h>

enum { FIELDS_MAX = 20, BODY_MAX = 4096, OUT_MAX = 1 << 26 };

static const struct flarei_h2_limits limits = {.h1 = {.head_max_bytes = 2000,
                                                      .target_max_bytes = 500,
                                                      .field_max_count = FIELDS_MAX,
                                                      .trailer_max_bytes = 500,
                                                      .chunk_line_max_bytes = 100},
                                               .streams_max = 10,
                                               .window_bytes = 10000,
                                               .connection_window_bytes = 70000};

/* ---- An owner that answers at once, or with the end of the body, and remembers what it was told ---- */

struct stream {
    struct flarei_h2_stream stream;
    struct stream *next;
    struct flarei_h2_head head;
    struct flarei_h1_head parsed;
    flare_field fields[FIELDS_MAX];
    flare_arena arena;
    uint64_t sum;
    bool replied;
};

struct owner {
    struct flarei_h2_session session;
    struct stream *streams;
    uint64_t seen; /* of the requests, in their order */
};

static uint64_t mix(uint64_t sum, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < length; i++)
        sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
    return (sum ^ length) * UINT64_C(0x100000001b3);
}

static uint64_t mix_str(uint64_t sum, flare_str text)
{
    return mix(sum, text.ptr, text.len);
}

static struct stream *of(struct flarei_h2_stream *stream)
{
    return FLARE_OWNER(stream, struct stream, stream);
}

static struct flarei_h2_stream *begin(void *context)
{
    struct owner *owner = context;
    struct stream *stream = calloc(1, sizeof *stream);

    stream->parsed.fields = stream->fields;
    stream->parsed.field_capacity = FIELDS_MAX;
    flarei_arena_init(&stream->arena, 512, 1 << 16);
    stream->head.limits = &limits.h1;
    stream->head.arena = &stream->arena;
    stream->head.head = &stream->parsed;
    flarei_h2_head_begin(&stream->head);
    stream->stream.head = &stream->head;
    stream->next = owner->streams;
    owner->streams = stream;
    return &stream->stream;
}

static void reply(struct owner *owner, struct stream *stream, unsigned status)
{
    static const char content[20000] = "content";
    const flare_field fields[] = {{FLARE_STR_INIT("Content-Type"), FLARE_STR_INIT("text/plain")},
                                  {FLARE_STR_INIT("X-Longer"), FLARE_STR_INIT("than that")}};
    const flare_str bytes = {content,
                             stream->parsed.path.len == 2 ? sizeof content : stream->parsed.path.len};

    stream->replied = true;
    FUZZ_CHECK(flarei_h2_reply(&owner->session, &stream->stream, status, fields, 2, bytes));
}

static void request(void *context, struct flarei_h2_stream *base, int refusal)
{
    struct owner *owner = context;
    struct stream *stream = of(base);
    const struct flarei_h1_head *const head = &stream->parsed;

    owner->seen = mix(owner->seen, &refusal, sizeof refusal);
    owner->seen = mix(owner->seen, &base->id, sizeof base->id);
    if (refusal != 0) {
        FUZZ_CHECK(flarei_h1_refusal_status(refusal) >= 400);
        reply(owner, stream, flarei_h1_refusal_status(refusal));
        return;
    }
    owner->seen = mix_str(mix_str(mix_str(owner->seen, head->method_token), head->path), head->query);
    FUZZ_CHECK(head->host.len != 0);
    FUZZ_CHECK(head->method == FLARE_METHOD_CONNECT || head->path.len != 0);
    FUZZ_CHECK(head->field_count <= FIELDS_MAX);
    for (unsigned i = 0; i < head->field_count; i++) {
        FUZZ_CHECK(head->fields[i].name.len != 0 && head->fields[i].name.ptr[0] != ':');
        owner->seen = mix_str(mix_str(owner->seen, head->fields[i].name), head->fields[i].value);
    }
    for (unsigned i = 0; i < FLAREI_H1_NOTABLE_COUNT; i++)
        FUZZ_CHECK(head->notable[i] <= head->field_count);
    FUZZ_PLANT(stream->head.urgency == 0 && head->field_count > 3);
    if (head->expect_continue)
        FUZZ_CHECK(flarei_h2_continue(&owner->session, base));
    if (base->ended)
        reply(owner, stream, 200);
}

/* Byte by byte, so that splits don't matter. */
static void add(struct stream *stream, flare_str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        stream->sum = (stream->sum ^ (uint8_t)bytes.ptr[i]) * UINT64_C(0x100000001b3);
}

static void trailer(void *context, struct flarei_h2_stream *base, const flare_field *field)
{
    (void)context;
    FUZZ_CHECK(!base->ended && field->name.len != 0 && field->name.ptr[0] != ':');
    add(of(base), field->name);
    add(of(base), field->value);
}

static void data(void *context, struct flarei_h2_stream *base, flare_str bytes)
{
    struct owner *owner = context;
    struct stream *stream = of(base);

    add(stream, bytes);
    FUZZ_CHECK(flarei_h2_consume(&owner->session, stream->replied ? NULL : base, bytes.len));
}

static void end(void *context, struct flarei_h2_stream *base)
{
    struct owner *owner = context;
    struct stream *stream = of(base);

    owner->seen = mix(owner->seen, &stream->sum, sizeof stream->sum);
    if (!stream->replied)
        reply(owner, stream, 201);
}

static void replied(void *context, struct flarei_h2_stream *base)
{
    struct owner *owner = context;

    FUZZ_CHECK(of(base)->replied && base->content.len == 0);
    if (!base->ended)
        flarei_h2_reset(&owner->session, base, FLAREI_H2_NO_ERROR);
}

static void sent(void *context, struct flarei_h2_stream *base)
{
    (void)context;
    FUZZ_CHECK(of(base)->replied);
}

static void priority(void *context, struct flarei_h2_stream *base, uint8_t urgency)
{
    (void)context;
    (void)base;
    FUZZ_CHECK(urgency <= 7);
}

static void forget(struct stream *stream)
{
    flarei_arena_free(&stream->arena);
    free(stream);
}

static void closed(void *context, struct flarei_h2_stream *base)
{
    struct owner *owner = context;
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
    uint64_t seen;
    uint64_t frames;
    bool ended;
    bool left; /* a peer that said GOAWAY is not listened to once all is answered, which a split may hasten */
};

static struct outcome run(const uint8_t *bytes, size_t size, size_t step, bool upgrade)
{
    struct owner *owner = calloc(1, sizeof *owner);
    struct outcome outcome;
    flare_buffer out;

    flarei_buffer_init(&out, OUT_MAX);
    FUZZ_CHECK(flarei_h2_open(&owner->session, &limits, &events, owner, 0));
    if (upgrade) {
        struct flarei_h2_stream *first = begin(owner);

        flarei_h2_head_field(first->head, FLARE_STR(":method"), FLARE_STR("GET"), true);
        flarei_h2_head_field(first->head, FLARE_STR(":path"), FLARE_STR("/x"), true);
        flarei_h2_head_field(first->head, FLARE_STR(":authority"), FLARE_STR("x"), true);
        FUZZ_CHECK(flarei_h2_head_end(first->head, true) == 0);
        FUZZ_CHECK(flarei_h2_upgrade(&owner->session, FLARE_STR("AAMAAABk"), false, first));
        reply(owner, of(first), 200);
    }
    FUZZ_CHECK(flarei_h2_receive(&owner->session, FLAREI_H2_PREFACE, FLAREI_H2_PREFACE_BYTES, 0));
    for (size_t at = 0; at < size && !owner->session.ended; at += step) {
        const size_t part = size - at < step ? size - at : step;

        FUZZ_CHECK(flarei_h2_receive(&owner->session, (const char *)bytes + at, part, 0));
    }
    while (flarei_h2_send(&owner->session, &out, SIZE_MAX) && flarei_buffer_len(&out) == 0 &&
           !flarei_h2_finished(&owner->session, owner->streams == NULL) && owner->session.ended)
        continue;
    FUZZ_CHECK(!owner->session.failed && !out.failed);
    outcome = (struct outcome){owner->seen, mix_str(0, flarei_buffer_str(&out)), owner->session.ended,
                               owner->session.left};
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

/* A verdict on the first bytes is final, and each prefix of the preface waits for more. */
static void peek(const char *bytes, size_t size)
{
    enum flarei_h2_peek before = FLAREI_H2_PEEK_MORE;

    for (size_t length = 1; length <= size && length <= FLAREI_H2_PREFACE_BYTES + 1; length++) {
        const enum flarei_h2_peek now = flarei_h2_peek(bytes, length);

        FUZZ_CHECK(before == FLAREI_H2_PEEK_MORE || now == before);
        FUZZ_CHECK((now == FLAREI_H2_PEEK_MORE) ==
                   (length < FLAREI_H2_PREFACE_BYTES && memcmp(bytes, FLAREI_H2_PREFACE, length) == 0));
        before = now;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data_bytes, size_t size)
{
    struct outcome whole, split;

    if (size < 2)
        return 0;
    peek((const char *)data_bytes + 1, size - 1);
    whole = run(data_bytes + 1, size - 1, size, (data_bytes[0] & 0x80) != 0);
    split = run(data_bytes + 1, size - 1, 1 + (data_bytes[0] & 0x7f) % 40, (data_bytes[0] & 0x80) != 0);
    if (whole.left || split.left)
        return 0;
    FUZZ_CHECK(whole.seen == split.seen);
    FUZZ_CHECK(whole.ended == split.ended);
    if (!whole.ended)
        FUZZ_CHECK(whole.frames == split.frames);
    return 0;
}
