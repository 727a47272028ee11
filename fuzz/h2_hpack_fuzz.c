/* Header blocks of any bytes, each in a HEADERS frame and CONTINUATIONs of its own, on one connection whose
 * table goes on from block to block. libnghttp2's inflater, fed with the blocks alone, is the oracle: a
 * request that is delivered holds its fields and no others, also behind one that was refused or too large,
 * and a block that it can't read ends the connection.
 *
 * The first byte says how blocks are cut into frames; then come a length, and so many bytes of a block, in
 * turn. Target: runtime/wire/h2_head.c
 */
#include "wire/h2.h"

#include "fuzz.h"

#include <flare/text.h>

#include <nghttp2/nghttp2.h>

#include <string.h>

enum { FIELDS_MAX = 20, TOLD_MAX = 400, OUT_MAX = 1 << 24, HEADERS = 1, CONTINUATION = 9 };

static const struct flarei_h2_limits limits = {.h1 = {.head_max_bytes = 2000,
                                                      .target_max_bytes = 200,
                                                      .field_max_count = FIELDS_MAX,
                                                      .trailer_max_bytes = 500,
                                                      .chunk_line_max_bytes = 100},
                                               .streams_max = 10,
                                               .window_bytes = 10000,
                                               .connection_window_bytes = 70000};

/* ---- What the oracle says of a block ---- */

struct told {
    size_t count;
    flare_field fields[TOLD_MAX]; /* each a block of its own */
    bool more;                    /* than are kept here */
};

static void forget(struct told *told)
{
    for (size_t i = 0; i < told->count; i++)
        free((void *)(uintptr_t)told->fields[i].name.ptr);
    told->count = 0;
    told->more = false;
}

static void keep(struct told *told, const nghttp2_nv *field)
{
    char *block;

    told->more |= told->count == TOLD_MAX;
    if (told->more)
        return;
    block = malloc(field->namelen + field->valuelen + 1);
    FUZZ_CHECK(block != NULL);
    memcpy(block, field->name, field->namelen);
    memcpy(block + field->namelen, field->value, field->valuelen);
    told->fields[told->count++] =
        (flare_field){{block, field->namelen}, {block + field->namelen, field->valuelen}};
}

/* @return can it be read? */
static bool ask(nghttp2_hd_inflater *inflater, const uint8_t *block, size_t length, struct told *told)
{
    int flags = 0;

    while ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) {
        nghttp2_nv field;
        const ssize_t used = nghttp2_hd_inflate_hd2(inflater, &field, &flags, block, length, 1);

        if (used < 0)
            return false;
        block += used;
        length -= (size_t)used;
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
            keep(told, &field);
        else if ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0 && length == 0)
            return false;
    }
    return nghttp2_hd_inflate_end_headers(inflater) == 0;
}

static bool has(const struct told *told, flare_str name, flare_str value)
{
    for (size_t i = 0; i < told->count; i++)
        if (flare_str_equal(told->fields[i].name, name) && flare_str_equal(told->fields[i].value, value))
            return true;
    return false;
}

/* The oracle's next field that a handler finds under its own name. */
static size_t next_plain(const struct told *told, size_t at)
{
    for (; at < told->count; at++) {
        const flare_str name = told->fields[at].name;

        if (!(name.len > 0 && name.ptr[0] == ':') && !flare_str_equal(name, FLARE_STR("host")) &&
            !flare_str_equal(name, FLARE_STR("cookie")))
            break;
    }
    return at;
}

static void compare(const struct told *told, const struct flarei_h1_head *head)
{
    size_t at = 0;

    FUZZ_CHECK(has(told, FLARE_STR(":method"), head->method_token));
    FUZZ_CHECK(head->method == FLARE_METHOD_CONNECT || has(told, FLARE_STR(":path"), head->target));
    FUZZ_CHECK(has(told, FLARE_STR(":authority"), head->host) || has(told, FLARE_STR("host"), head->host));
    for (size_t i = 0; i < head->field_count; i++) {
        const flare_field *const field = &head->fields[i];

        if (flare_str_equal_nocase(field->name, FLARE_STR("host")) ||
            flare_str_equal(field->name, FLARE_STR("cookie")))
            continue;
        at = next_plain(told, at);
        FUZZ_CHECK(at < told->count);
        FUZZ_CHECK(flare_str_equal(field->name, told->fields[at].name));
        FUZZ_CHECK(flare_str_equal(field->value, told->fields[at].value));
        at++;
    }
    FUZZ_CHECK(next_plain(told, at) == told->count);
}

/* ---- An owner that answers at once ---- */

struct owner {
    struct flarei_h2_session session;
    struct flarei_h2_stream stream;
    struct flarei_h2_head head;
    struct flarei_h1_head parsed;
    flare_field fields[FIELDS_MAX];
    flare_arena arena;
    const struct told *told;
    bool open; /* one stream at a time */
    unsigned delivered;
};

static struct flarei_h2_stream *begin(void *context)
{
    struct owner *const owner = context;

    FUZZ_CHECK(!owner->open);
    owner->open = true;
    flarei_arena_reset(&owner->arena);
    owner->parsed = (struct flarei_h1_head){.fields = owner->fields, .field_capacity = FIELDS_MAX};
    owner->head =
        (struct flarei_h2_head){.limits = &limits.h1, .arena = &owner->arena, .head = &owner->parsed};
    flarei_h2_head_begin(&owner->head);
    owner->stream.head = &owner->head;
    return &owner->stream;
}

static void request(void *context, struct flarei_h2_stream *stream, int refusal)
{
    struct owner *const owner = context;
    const unsigned status = refusal != 0 ? flarei_h1_refusal_status(refusal) : 200;

    FUZZ_CHECK(!owner->head.no_memory && status >= 200);
    if (refusal == 0) {
        FUZZ_CHECK(!owner->told->more);
        compare(owner->told, &owner->parsed);
        owner->delivered++;
        FUZZ_PLANT(owner->delivered > 2); /* as if tables were kept for one block more */
    }
    FUZZ_CHECK(flarei_h2_reply(&owner->session, stream, status, NULL, 0, (flare_str){NULL, 0}));
}

static void nothing_of_bytes(void *context, struct flarei_h2_stream *stream, flare_str bytes)
{
    (void)context, (void)stream, (void)bytes;
    FUZZ_CHECK(false); /* none are sent */
}

static void nothing(void *context, struct flarei_h2_stream *stream)
{
    (void)context, (void)stream;
}

static void nothing_of_trailer(void *context, struct flarei_h2_stream *stream, const flare_field *field)
{
    (void)context;
    (void)stream;
    (void)field;
}

static void nothing_of_urgency(void *context, struct flarei_h2_stream *stream, uint8_t urgency)
{
    (void)context, (void)stream, (void)urgency;
}

static void closed(void *context, struct flarei_h2_stream *stream)
{
    struct owner *const owner = context;

    FUZZ_CHECK(owner->open && stream == &owner->stream);
    owner->open = false;
}

static void noticed(void *context)
{
    (void)context;
}

static const struct flarei_h2_events events = {
    begin,   request, nothing_of_bytes,   nothing, nothing_of_trailer,
    nothing, nothing, nothing_of_urgency, closed,  noticed};

/* ---- Blocks as frames ---- */

static void send_frame(struct owner *owner, unsigned type, unsigned flags, uint32_t id, const uint8_t *bytes,
                       size_t length)
{
    const char head[FLAREI_H2_FRAME_HEAD_BYTES] = {
        0, (char)(length >> 8), (char)length, (char)type, (char)flags, 0, 0, (char)(id >> 8), (char)id};

    FUZZ_CHECK(flarei_h2_receive(&owner->session, head, sizeof head, 0));
    FUZZ_CHECK(flarei_h2_receive(&owner->session, (const char *)bytes, length, 0));
}

static void send_block(struct owner *owner, uint32_t id, const uint8_t *block, size_t length, size_t step)
{
    size_t at = 0;

    do {
        const size_t part = length - at < step ? length - at : step;
        const unsigned flags = (at == 0 ? 1u : 0u) | (at + part == length ? 4u : 0u);

        send_frame(owner, at == 0 ? HEADERS : CONTINUATION, flags, id, block + at, part);
        at += part;
    } while (at < length && !owner->session.ended);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct flarei_h2_blocks blocks; /* as of a worker: from one connection to the next */
    static const char settings[FLAREI_H2_FRAME_HEAD_BYTES] = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    struct owner *owner;
    nghttp2_hd_inflater *inflater;
    struct told told = {0};
    uint32_t id = 1;
    flare_buffer out;

    if (size < 3 || size > 16384)
        return 0;
    owner = calloc(1, sizeof *owner);
    FUZZ_CHECK(owner != NULL && nghttp2_hd_inflate_new(&inflater) == 0);
    flarei_arena_init(&owner->arena, 512, 1 << 16);
    flarei_buffer_init(&out, OUT_MAX);
    owner->told = &told;
    owner->session.blocks = &blocks;
    FUZZ_CHECK(flarei_h2_open(&owner->session, &limits, &events, owner, 0));
    FUZZ_CHECK(flarei_h2_receive(&owner->session, FLAREI_H2_PREFACE, FLAREI_H2_PREFACE_BYTES, 0));
    FUZZ_CHECK(flarei_h2_receive(&owner->session, settings, sizeof settings, 0));
    for (size_t at = 1; at < size && !owner->session.ended; id += 2) {
        const size_t rest = size - at - 1;
        const size_t length = data[at] < rest ? data[at] : rest;
        const uint8_t *const block = data + at + 1;
        const bool readable = ask(inflater, block, length, &told);

        send_block(owner, id, block, length, 1 + data[0] % 100);
        FUZZ_CHECK(flarei_h2_send(&owner->session, &out, SIZE_MAX));
        FUZZ_CHECK(readable || owner->session.ended);
        FUZZ_CHECK(!owner->open || owner->session.ended);
        forget(&told);
        flarei_buffer_clear(&out);
        at += 1 + length;
    }
    forget(&told);
    flarei_h2_close(&owner->session);
    flarei_buffer_free(&out);
    flarei_arena_free(&owner->arena);
    nghttp2_hd_inflate_del(inflater);
    (void)flarei_h2_blocks_trim(&blocks);
    free(owner);
    return 0;
}
