#include "wire/ws.h"

size_t flarei_ws_head(char head[FLAREI_WS_HEAD_MAX_BYTES], unsigned first, uint64_t payload_bytes,
                      const uint8_t *mask)
{
    const size_t extended = payload_bytes < 126 ? 0 : payload_bytes < 65536 ? 2 : 8;
    const unsigned length = extended == 0 ? (unsigned)payload_bytes : extended == 2 ? 126u : 127u;
    size_t bytes = 2;

    head[0] = (char)first;
    head[1] = (char)(length | (mask != NULL ? 0x80u : 0u));
    for (size_t i = extended; i > 0; i--)
        head[bytes++] = (char)(payload_bytes >> (8 * (i - 1)));
    if (mask != NULL) {
        memcpy(head + bytes, mask, 4);
        bytes += 4;
    }
    return bytes;
}

bool flarei_ws_write(flare_buffer *out, unsigned first, flare_str payload, const uint8_t *mask)
{
    char *const to = flarei_buffer_reserve(out, FLAREI_WS_HEAD_MAX_BYTES + payload.len);
    size_t head_bytes;

    if (to == NULL) {
        flarei_buffer_truncate(out, flarei_buffer_len(out));
        return false;
    }
    head_bytes = flarei_ws_head(to, first, payload.len, mask);
    if (payload.len != 0)
        memcpy(to + head_bytes, payload.ptr, payload.len);
    if (mask != NULL)
        flarei_ws_mask(to + head_bytes, payload.len, mask, 0);
    flarei_buffer_commit(out, head_bytes + payload.len);
    return true;
}

bool flarei_ws_write_close(flare_buffer *out, unsigned code, flare_str reason, const uint8_t *mask)
{
    char payload[FLAREI_WS_CONTROL_MAX_BYTES];
    size_t take = reason.len < sizeof payload - 2 ? reason.len : sizeof payload - 2;

    if (code == FLAREI_WS_CODE_NONE)
        return flarei_ws_write(out, FLAREI_WS_FIN | FLAREI_WS_CLOSE, (flare_str){NULL, 0}, mask);
    while (take < reason.len && take > 0 && ((uint8_t)reason.ptr[take] & 0xc0) == 0x80)
        take--;
    payload[0] = (char)(code >> 8);
    payload[1] = (char)code;
    if (take != 0)
        memcpy(payload + 2, reason.ptr, take);
    return flarei_ws_write(out, FLAREI_WS_FIN | FLAREI_WS_CLOSE, (flare_str){payload, 2 + take}, mask);
}
