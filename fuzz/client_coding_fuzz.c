/* Content in a coding, decoded as it comes: however it is split and however small the room, the bytes and the
 * verdict are the same. The first byte picks the coding and the split.
 * Target: runtime/client/coding.c
 */
#include "fuzz.h"

#include "client/coding.h"

#include <string.h>

enum { OUTPUT_MAX_BYTES = 1 << 16 };

struct decoded {
    char bytes[OUTPUT_MAX_BYTES];
    size_t length;
    flare_err err;
    bool complete;
};

static void decode(const char *data, size_t size, flare_str name, size_t step, size_t room,
                   struct decoded *out)
{
    struct flarei_coding coding;
    size_t at = 0;

    out->length = 0;
    out->err = flarei_coding_begin(&coding, name, NULL);
    while (out->err == FLARE_OK && at < size) {
        const size_t part = step < size - at ? step : size - at;
        char *const copy = malloc(part);
        flare_str input = {copy, part};
        size_t written = room;

        memcpy(copy, data + at, part);
        at += part;
        while (out->err == FLARE_OK && (input.len != 0 || written == room) &&
               out->length + room <= sizeof out->bytes) {
            out->err = flarei_coding_step(&coding, &input, out->bytes + out->length, room, &written);
            if (out->err == FLARE_OK)
                out->length += written;
        }
        free(copy);
        if (out->length + room > sizeof out->bytes)
            out->err = FLARE_ERR_LIMIT;
    }
    out->complete = flarei_coding_complete(&coding);
    flarei_coding_end(&coding);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decoded whole, split;

    if (size < 2 || size > 4096)
        return 0;
    const flare_str name = data[0] & 1 ? FLARE_STR("gzip") : FLARE_STR("deflate");
    decode((const char *)data + 1, size - 1, name, size, 4096, &whole);
    decode((const char *)data + 1, size - 1, name, 1 + (data[0] >> 1) % 17, 1 + data[0] % 64, &split);
    if (whole.err == FLARE_ERR_LIMIT || split.err == FLARE_ERR_LIMIT)
        return 0;
    FUZZ_CHECK(whole.err == split.err);
    if (whole.err == FLARE_OK) {
        FUZZ_CHECK(whole.complete == split.complete && whole.length == split.length);
        FUZZ_CHECK(memcmp(whole.bytes, split.bytes, whole.length) == 0);
        /* As if bytes had a sign. */
        FUZZ_PLANT(whole.complete && whole.length != 0 && (unsigned char)whole.bytes[whole.length - 1] > 127);
    }
    return 0;
}
