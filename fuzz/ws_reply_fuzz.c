/* A server's reply to a client's handshake: what it means does not depend on how it was split, no byte behind
 * it counts, and only what the key and the offers allow opens a socket.
 *
 * Target: runtime/wire/ws_reply.c
 */
#include "fuzz.h"

#include "wire/ws.h"

#include <stdlib.h>

static const flare_str key = FLARE_STR_INIT("dGhlIHNhbXBsZSBub25jZQ==");
static const flare_str protocols[] = {FLARE_STR_INIT("chat"), FLARE_STR_INIT("superchat")};

static void judge(const struct flarei_ws_reply *reply, unsigned mode)
{
    const uint8_t bits = (uint8_t)(9 + mode % 7);
    const struct flarei_ws_deflate deflate = {(mode & 8) != 0, (mode & 16) != 0, bits, bits};
    const struct flarei_ws_offered offer = {protocols, mode & 32 ? 2 : 0, mode & 64 ? &deflate : NULL};
    struct flarei_ws_deflate agreed;
    bool deflates = true;

    if (flarei_ws_reply_wrong(reply, key, &offer, &agreed, &deflates) != NULL) {
        FUZZ_CHECK(!deflates);
        return;
    }
    FUZZ_CHECK(reply->status == 101 && reply->upgrades && reply->connects && !reply->repeats);
    FUZZ_CHECK(flare_str_equal(reply->accept, FLARE_STR("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
    FUZZ_CHECK(reply->protocol.ptr == NULL ||
               (offer.protocol_count != 0 && (flare_str_equal(reply->protocol, protocols[0]) ||
                                              flare_str_equal(reply->protocol, protocols[1]))));
    FUZZ_CHECK(!deflates || (offer.deflate != NULL && agreed.client_max_window_bits <= bits &&
                             agreed.server_max_window_bits <= bits && agreed.client_max_window_bits >= 9));
    /* As if the server's window had to be below the offered one, not at most that. */
    FUZZ_PLANT(deflates && bits < 15 && agreed.server_max_window_bits == bits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct flarei_ws_reply reply, again;
    ptrdiff_t used;
    char *copy;

    if (size < 1 || size > 4096)
        return 0;
    copy = malloc(size); /* ends where the reply ends */
    memcpy(copy, data + 1, size - 1);
    used = flarei_ws_reply_read((flare_str){copy, size - 1}, &reply);
    FUZZ_CHECK(used >= -1 && used <= (ptrdiff_t)size - 1);
    for (size_t part = 0; part < size - 1; part += 1 + part / 16) {
        const ptrdiff_t before = flarei_ws_reply_read((flare_str){copy, part}, &again);

        FUZZ_CHECK(before == (used > 0 && part >= (size_t)used ? used : before < 0 ? -1 : 0));
        FUZZ_CHECK(before >= 0 || used < 0);
    }
    if (used > 0) {
        FUZZ_CHECK(used >= 16 && memcmp(copy + used - 4, "\r\n\r\n", 4) == 0);
        judge(&reply, data[0]);
    }
    free(copy);
    return 0;
}
