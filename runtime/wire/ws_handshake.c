#include "wire/ws.h"

#include "base/sha1.h"

#include <flare/text.h>

bool flarei_ws_key_valid(flare_str key)
{
    char bytes[18];
    size_t len;

    return key.len == 24 && flare_base64_decode(FLARE_BASE64, key, bytes, &len) == FLARE_OK && len == 16;
}

void flarei_ws_accept(flare_str key, char accept[FLAREI_WS_ACCEPT_BYTES])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    struct flarei_sha1 sha1;
    uint8_t digest[FLAREI_SHA1_BYTES];

    flarei_sha1_init(&sha1);
    flarei_sha1_add(&sha1, key.ptr, key.len);
    flarei_sha1_add(&sha1, guid, sizeof guid - 1);
    flarei_sha1_end(&sha1, digest);
    (void)flare_base64_encode(FLARE_BASE64, digest, sizeof digest, accept);
}

static flare_str without_space(const char *start, const char *end)
{
    while (start < end && (*start == ' ' || *start == '\t'))
        start++;
    while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (flare_str){start, (size_t)(end - start)};
}

bool flarei_ws_list_has(flare_str list, flare_str token)
{
    const char *at = list.ptr;
    const char *const end = list.ptr + list.len;

    while (list.len != 0 && at <= end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *const stop = comma != NULL ? comma : end;

        if (flare_str_equal_nocase(without_space(at, stop), token))
            return true;
        at = stop + 1;
    }
    return false;
}
