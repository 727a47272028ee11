/* permessage-deflate with context: the input's pieces are messages that were compressed by anybody. Nothing
 * inflates beyond the limit, any split gives the same, and what inflates comes back after being compressed
 * here. The first byte says whether contexts are kept, and which side writes.
 *
 * Target: runtime/wire/ws_deflate.c
 */
#include "fuzz.h"

#include "wire/ws.h"

#include <stdlib.h>

enum { MESSAGE_MAX = 4096 };

static flare_err inflate_split(struct flarei_ws_inflater *inflater, const uint8_t *bytes, size_t size,
                               size_t step, flare_buffer *out)
{
    flare_err err = FLARE_OK;
    size_t at = 0;

    do {
        const size_t take = size - at < step ? size - at : step;
        char *piece = malloc(take + 1);

        memcpy(piece, bytes + at, take);
        at += take;
        err = flarei_ws_inflate(inflater, (flare_str){piece, take}, at == size, out);
        free(piece);
    } while (err == FLARE_OK && at < size);
    FUZZ_CHECK(flarei_buffer_len(out) <= MESSAGE_MAX);
    return err;
}

static void comes_back(struct flarei_ws_deflater *deflater, struct flarei_ws_reader *reader,
                       flare_str message, const uint8_t *mask)
{
    struct flarei_ws_event event;
    flare_buffer frame;

    flarei_buffer_init(&frame, 1 << 20);
    FUZZ_CHECK(flarei_ws_write_deflated(&frame, deflater, FLAREI_WS_BINARY, message, mask));
    FUZZ_CHECK(flarei_ws_read(reader, frame.ptr, frame.end, &event) == frame.end);
    FUZZ_CHECK(event.kind == FLAREI_WS_EVENT_MESSAGE && flare_str_equal(event.payload, message));
    flarei_buffer_free(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t mask[4] = {1, 128, 3, 77};
    struct flarei_ws_inflater *whole, *split;
    struct flarei_ws_deflater *deflater;
    struct flarei_ws_reader reader;
    flare_buffer a, b;
    flare_err err = FLARE_OK;
    unsigned taken = 0;
    const bool masked = size != 0 && data[0] > 127, keeps = size != 0 && (data[0] & 64) == 0;
    const struct flarei_ws_deflate agreed = {!keeps, !keeps, 15, 15};

    if (size < 2)
        return 0;
    whole = flarei_ws_inflater_new(data[0] & 1);
    split = flarei_ws_inflater_new(data[0] & 1);
    deflater = flarei_ws_deflater_new(9 + (data[0] >> 1) % 7, keeps);
    flarei_buffer_init(&a, MESSAGE_MAX);
    flarei_buffer_init(&b, MESSAGE_MAX);
    flarei_ws_reader_init(&reader, masked, MESSAGE_MAX, &agreed);
    for (size_t at = 1; at < size && err == FLARE_OK;) {
        const size_t length = data[at] < size - at - 1 ? data[at] : size - at - 1;

        flarei_buffer_clear(&a);
        flarei_buffer_clear(&b);
        err = inflate_split(whole, data + at + 1, length, SIZE_MAX, &a);
        FUZZ_CHECK(inflate_split(split, data + at + 1, length, 3, &b) == err);
        if (err == FLARE_OK) {
            FUZZ_CHECK(flare_str_equal(flarei_buffer_str(&a), flarei_buffer_str(&b)));
            comes_back(deflater, &reader, flarei_buffer_str(&a), masked ? mask : NULL);
            taken += flarei_buffer_len(&a) > 4;
        }
        at += 1 + length;
    }
    FUZZ_PLANT(taken > 2);
    flarei_ws_inflater_free(whole);
    flarei_ws_inflater_free(split);
    flarei_ws_deflater_free(deflater);
    flarei_ws_reader_free(&reader);
    flarei_buffer_free(&a);
    flarei_buffer_free(&b);
    return 0;
}
