#include "wire/ws.h"

/* Storage that an idle reader keeps. */
enum { KEEP_BYTES = 4096 };

struct frame {
    uint64_t payload_bytes;
    size_t head_bytes;
    uint8_t first;
    bool masked;
    const char *mask;
};

void flarei_ws_reader_init(struct flarei_ws_reader *reader, bool is_server, size_t message_max_bytes,
                           const struct flarei_ws_deflate *deflate)
{
    *reader = (struct flarei_ws_reader){.is_server = is_server, .may_compress = deflate != NULL};
    flarei_buffer_init(&reader->message, message_max_bytes);
    if (deflate != NULL)
        reader->keeps_context =
            !(is_server ? deflate->client_no_context_takeover : deflate->server_no_context_takeover);
}

void flarei_ws_reader_free(struct flarei_ws_reader *reader)
{
    flarei_buffer_free(&reader->message);
    flarei_ws_inflater_free(reader->inflater);
    reader->inflater = NULL;
}

static void fail(struct flarei_ws_reader *reader, struct flarei_ws_event *event, enum flarei_ws_code code,
                 const char *text)
{
    reader->ended = true;
    event->kind = FLAREI_WS_EVENT_FAILED;
    event->code = (uint16_t)code;
    event->payload = flare_str_of(text);
}

static bool is_control(unsigned first)
{
    return (first & 0x8) != 0;
}

/* ---- A frame's head (RFC 6455, section 5.2) ---- */

/* What is wrong with the first two bytes, or NULL. */
static const char *wrong_start(const struct flarei_ws_reader *reader, uint8_t first, uint8_t second)
{
    const unsigned opcode = first & 0xf;
    const bool starts = opcode == FLAREI_WS_TEXT || opcode == FLAREI_WS_BINARY;

    if ((first & 0x30) != 0)
        return "a reserved bit is set";
    if (opcode > FLAREI_WS_PONG || (opcode > FLAREI_WS_BINARY && opcode < FLAREI_WS_CLOSE))
        return "the opcode is reserved";
    if ((first & FLAREI_WS_RSV1) != 0 && !(reader->may_compress && starts))
        return "a reserved bit is set";
    if (((second & 0x80) != 0) != reader->is_server)
        return reader->is_server ? "a client's frame is not masked" : "a server's frame is masked";
    if (is_control(opcode)) {
        if ((first & FLAREI_WS_FIN) == 0)
            return "a control frame is fragmented";
        if ((second & 0x7f) > FLAREI_WS_CONTROL_MAX_BYTES)
            return "a control frame is too long";
        return NULL;
    }
    if (starts && reader->opcode != 0)
        return "a message starts within another";
    if (!starts && reader->opcode == 0)
        return "a continuation has nothing to continue";
    return NULL;
}

static uint64_t big_endian(const char *at, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | (uint8_t)at[i];
    return value;
}

/* @return 1 for a whole head, 0 for want of bytes, -1 after a failure */
static int read_head(struct flarei_ws_reader *reader, const char *bytes, size_t len, struct frame *frame,
                     struct flarei_ws_event *event)
{
    const char *wrong;
    size_t extended;

    if (len < 2)
        return 0;
    wrong = wrong_start(reader, (uint8_t)bytes[0], (uint8_t)bytes[1]);
    if (wrong != NULL) {
        fail(reader, event, FLAREI_WS_CODE_PROTOCOL, wrong);
        return -1;
    }
    frame->first = (uint8_t)bytes[0];
    frame->masked = reader->is_server;
    frame->payload_bytes = (uint8_t)bytes[1] & 0x7f;
    extended = frame->payload_bytes == 126 ? 2 : frame->payload_bytes == 127 ? 8 : 0;
    frame->head_bytes = 2 + extended + (frame->masked ? 4 : 0);
    if (len < 2 + extended)
        return 0;
    if (extended != 0) {
        frame->payload_bytes = big_endian(bytes + 2, extended);
        if (frame->payload_bytes < (extended == 2 ? 126u : 65536u) || frame->payload_bytes >> 63 != 0) {
            fail(reader, event, FLAREI_WS_CODE_PROTOCOL, "a length is not in its shortest form");
            return -1;
        }
    }
    frame->mask = bytes + 2 + extended;
    return len >= frame->head_bytes;
}

/* ---- Control frames (RFC 6455, section 5.5) ---- */

bool flarei_ws_code_valid(unsigned code)
{
    if (code >= 3000)
        return code <= 4999;
    return code >= 1000 && code <= 1014 && code != 1004 && code != FLAREI_WS_CODE_NONE &&
           code != FLAREI_WS_CODE_LOST;
}

static void closed(struct flarei_ws_reader *reader, flare_str payload, struct flarei_ws_event *event)
{
    struct flarei_ws_utf8 utf8 = {0};

    event->code = FLAREI_WS_CODE_NONE;
    event->payload = payload;
    if (payload.len != 0) {
        if (payload.len == 1) {
            fail(reader, event, FLAREI_WS_CODE_PROTOCOL, "half a close code");
            return;
        }
        event->code = (uint16_t)big_endian(payload.ptr, 2);
        event->payload = (flare_str){payload.ptr + 2, payload.len - 2};
        if (!flarei_ws_code_valid(event->code)) {
            fail(reader, event, FLAREI_WS_CODE_PROTOCOL, "the close code is not allowed");
            return;
        }
        if (!flarei_ws_utf8_feed(&utf8, event->payload.ptr, event->payload.len) || utf8.tails != 0) {
            fail(reader, event, FLAREI_WS_CODE_DATA, "the close reason is not UTF-8");
            return;
        }
    }
    reader->ended = true;
    event->kind = FLAREI_WS_EVENT_CLOSE;
}

static size_t read_control(struct flarei_ws_reader *reader, char *bytes, size_t len,
                           const struct frame *frame, struct flarei_ws_event *event)
{
    const size_t payload_bytes = (size_t)frame->payload_bytes;
    char *const payload = bytes + frame->head_bytes;
    const unsigned opcode = frame->first & 0xf;

    if (len - frame->head_bytes < payload_bytes)
        return 0;
    if (frame->masked) {
        uint8_t mask[4];

        memcpy(mask, frame->mask, sizeof mask);
        flarei_ws_mask(payload, payload_bytes, mask, 0);
    }
    event->opcode = (enum flarei_ws_opcode)opcode;
    if (opcode == FLAREI_WS_CLOSE) {
        closed(reader, (flare_str){payload, payload_bytes}, event);
    } else {
        event->kind = opcode == FLAREI_WS_PING ? FLAREI_WS_EVENT_PING : FLAREI_WS_EVENT_PONG;
        event->payload = (flare_str){payload, payload_bytes};
    }
    return frame->head_bytes + payload_bytes;
}

/* ---- Messages ---- */

static bool text_feed(struct flarei_ws_reader *reader, const char *bytes, size_t len)
{
    return reader->opcode != FLAREI_WS_TEXT || flarei_ws_utf8_feed(&reader->utf8, bytes, len);
}

/* Begins a data frame whose head was read. @return false after a failure */
static bool begin(struct flarei_ws_reader *reader, const struct frame *frame, struct flarei_ws_event *event)
{
    const unsigned opcode = frame->first & 0xf;

    if (opcode != FLAREI_WS_CONTINUATION) {
        reader->opcode = (uint8_t)opcode;
        reader->compressed = (frame->first & FLAREI_WS_RSV1) != 0;
        reader->compressed_bytes = 0;
        reader->utf8 = (struct flarei_ws_utf8){0};
    }
    /* What is compressed is counted as it comes out; but it may also be made of nothing, for ever. */
    const uint64_t held = reader->compressed ? reader->compressed_bytes : flarei_buffer_len(&reader->message);
    const uint64_t max = reader->compressed ? 2 * (uint64_t)reader->message.max + 1024 : reader->message.max;
    if (frame->payload_bytes > max - held) {
        fail(reader, event, FLAREI_WS_CODE_TOO_BIG, "the message is too big");
        return false;
    }
    reader->compressed_bytes += reader->compressed ? frame->payload_bytes : 0;
    reader->left = frame->payload_bytes;
    reader->last = (frame->first & FLAREI_WS_FIN) != 0;
    reader->phase = 0;
    if (frame->masked)
        memcpy(reader->mask, frame->mask, sizeof reader->mask);
    reader->in_frame = true;
    return true;
}

static bool inflate_piece(struct flarei_ws_reader *reader, flare_str piece, bool last,
                          struct flarei_ws_event *event)
{
    const size_t before = flarei_buffer_len(&reader->message);
    flare_err err = FLARE_ERR_MEMORY;

    if (reader->inflater == NULL)
        reader->inflater = flarei_ws_inflater_new(reader->keeps_context);
    if (reader->inflater != NULL)
        err = flarei_ws_inflate(reader->inflater, piece, last, &reader->message);
    if (err == FLARE_ERR_LIMIT)
        fail(reader, event, FLAREI_WS_CODE_TOO_BIG, "the message is too big");
    else if (err == FLARE_ERR_MEMORY)
        fail(reader, event, FLAREI_WS_CODE_INTERNAL, "no memory for the message");
    else if (err != FLARE_OK)
        fail(reader, event, FLAREI_WS_CODE_DATA, "the message can't be inflated");
    else if (!text_feed(reader, reader->message.ptr + reader->message.start + before,
                        flarei_buffer_len(&reader->message) - before))
        fail(reader, event, FLAREI_WS_CODE_DATA, "the text is not UTF-8");
    else
        return true;
    return false;
}

static bool take_piece(struct flarei_ws_reader *reader, flare_str piece, bool last,
                       struct flarei_ws_event *event)
{
    if (reader->compressed)
        return inflate_piece(reader, piece, last, event);
    if (!text_feed(reader, piece.ptr, piece.len)) {
        fail(reader, event, FLAREI_WS_CODE_DATA, "the text is not UTF-8");
        return false;
    }
    if (!flarei_buffer_append(&reader->message, piece.ptr, piece.len)) {
        fail(reader, event, FLAREI_WS_CODE_INTERNAL, "no memory for the message");
        return false;
    }
    return true;
}

static void deliver(struct flarei_ws_reader *reader, flare_str payload, struct flarei_ws_event *event)
{
    if (reader->utf8.tails != 0) {
        fail(reader, event, FLAREI_WS_CODE_DATA, "the text is not UTF-8");
        return;
    }
    event->kind = FLAREI_WS_EVENT_MESSAGE;
    event->opcode = (enum flarei_ws_opcode)reader->opcode;
    event->payload = payload;
    reader->opcode = 0;
    reader->compressed = false;
}

/* Reads on in a data frame. A message that is whole in one piece is lent out from where it is. */
static size_t read_data(struct flarei_ws_reader *reader, char *bytes, size_t len,
                        struct flarei_ws_event *event)
{
    const size_t take = len < reader->left ? len : (size_t)reader->left;
    const flare_str piece = {bytes, take};
    bool ends;

    if (reader->is_server) {
        flarei_ws_mask(bytes, take, reader->mask, reader->phase);
        reader->phase = (uint8_t)((reader->phase + take) & 3);
    }
    reader->left -= take;
    reader->in_frame = reader->left != 0;
    ends = reader->last && !reader->in_frame;
    if (ends && !reader->compressed && flarei_buffer_len(&reader->message) == 0) {
        if (!text_feed(reader, bytes, take))
            fail(reader, event, FLAREI_WS_CODE_DATA, "the text is not UTF-8");
        else
            deliver(reader, piece, event);
    } else if (take_piece(reader, piece, ends, event) && ends) {
        reader->delivered = true;
        deliver(reader, flarei_buffer_str(&reader->message), event);
    }
    return take;
}

/* What the last event lent out is over. */
static void take_back(struct flarei_ws_reader *reader)
{
    flarei_buffer_clear(&reader->message);
    if (reader->message.capacity > KEEP_BYTES)
        flarei_buffer_shrink(&reader->message, 0);
    reader->delivered = false;
}

size_t flarei_ws_read(struct flarei_ws_reader *reader, char *bytes, size_t len, struct flarei_ws_event *event)
{
    size_t used = 0;

    *event = (struct flarei_ws_event){.kind = FLAREI_WS_EVENT_MORE};
    if (reader->delivered)
        take_back(reader);
    while (event->kind == FLAREI_WS_EVENT_MORE && !reader->ended) {
        struct frame frame;
        int head;

        if (reader->in_frame) {
            if (used == len)
                break;
            used += read_data(reader, bytes + used, len - used, event);
            continue;
        }
        head = read_head(reader, bytes + used, len - used, &frame, event);
        if (head <= 0)
            break;
        if (is_control(frame.first)) {
            const size_t whole = read_control(reader, bytes + used, len - used, &frame, event);

            if (whole == 0)
                break;
            used += whole;
        } else if (begin(reader, &frame, event)) {
            used += frame.head_bytes;
            if (frame.payload_bytes == 0)
                (void)read_data(reader, bytes + used, 0, event);
        }
    }
    return used;
}
