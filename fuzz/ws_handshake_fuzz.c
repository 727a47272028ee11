/* Handshakes: what a server chooses of a client's offer it may choose; what it answers, a client that offered
 * so takes; keys and lists as a plain reading sees them.
 *
 * Target: runtime/wire/ws_extension.c runtime/wire/ws_handshake.c
 */
#include "fuzz.h"

#include "wire/ws.h"

#include <flare/text.h>

#include <stdlib.h>

static void offers(const struct flarei_ws_deflate *wanted, flare_str line)
{
    struct flarei_ws_deflate agreed = {0}, again = {0};
    char text[FLAREI_WS_DEFLATE_TEXT_BYTES];
    const enum flarei_ws_offer result = flarei_ws_deflate_choose(wanted, line, &agreed);

    if (result != FLAREI_WS_OFFER_AGREED)
        return;
    FUZZ_CHECK(agreed.server_max_window_bits >= 9 &&
               agreed.server_max_window_bits <= wanted->server_max_window_bits);
    FUZZ_CHECK(agreed.client_max_window_bits >= 8 && agreed.client_max_window_bits <= 15);
    FUZZ_CHECK(agreed.server_no_context_takeover || !wanted->server_no_context_takeover);
    FUZZ_CHECK(memmem(line.ptr, line.len, "permessage-deflate", 18) != NULL);
    /* The answer is itself an offer that can be met, and gives the same. */
    const size_t length = flarei_ws_deflate_format(&agreed, false, text);
    FUZZ_CHECK(length <= sizeof text);
    FUZZ_CHECK(flarei_ws_deflate_choose(wanted, (flare_str){text, length}, &again) == FLAREI_WS_OFFER_AGREED);
    FUZZ_CHECK(again.server_max_window_bits == agreed.server_max_window_bits);
    /* The least window that zlib has. */
    FUZZ_PLANT(agreed.server_max_window_bits == 9 && agreed.client_no_context_takeover);
}

static void answers(const struct flarei_ws_deflate *offered, flare_str line)
{
    struct flarei_ws_deflate agreed = {0};

    if (flarei_ws_deflate_agree(offered, line, &agreed) != FLAREI_WS_OFFER_AGREED)
        return;
    FUZZ_CHECK(agreed.server_max_window_bits <= offered->server_max_window_bits);
    FUZZ_CHECK(agreed.client_max_window_bits >= 9 &&
               agreed.client_max_window_bits <= offered->client_max_window_bits);
    FUZZ_CHECK(agreed.server_no_context_takeover || !offered->server_no_context_takeover);
}

static bool lists_plainly(flare_str list, flare_str token)
{
    for (size_t at = 0; at + token.len <= list.len; at++) {
        size_t before = at, behind = at + token.len;

        if (!flare_str_equal_nocase((flare_str){list.ptr + at, token.len}, token))
            continue;
        while (before > 0 && (list.ptr[before - 1] == ' ' || list.ptr[before - 1] == '\t'))
            before--;
        while (behind < list.len && (list.ptr[behind] == ' ' || list.ptr[behind] == '\t'))
            behind++;
        if ((before == 0 || list.ptr[before - 1] == ',') && (behind == list.len || list.ptr[behind] == ','))
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char accept[FLAREI_WS_ACCEPT_BYTES];
    char *copy;

    if (size < 1)
        return 0;
    copy = malloc(size); /* ends where the line ends */
    memcpy(copy, data + 1, size - 1);
    const flare_str line = {copy, size - 1};
    const uint8_t bits = (uint8_t)(9 + data[0] % 7);
    const struct flarei_ws_deflate wanted = {(data[0] & 64) != 0, (data[0] & 128) != 0, bits, bits};

    offers(&wanted, line);
    answers(&wanted, line);
    FUZZ_CHECK(flarei_ws_list_has(line, FLARE_STR("websocket")) ==
               lists_plainly(line, FLARE_STR("websocket")));
    if (flarei_ws_key_valid(line))
        flarei_ws_accept(line, accept);
    free(copy);
    return 0;
}
