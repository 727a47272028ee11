#include "wire/ws.h"

#if !defined(FLARE_NO_SIMD) && defined(__SSE2__)
#include <emmintrin.h>
#define BLOCKS 1

static inline void mask_block(char *at, const uint8_t pattern[16])
{
    const __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i with = _mm_loadu_si128((const __m128i *)(const void *)pattern);

    _mm_storeu_si128((__m128i *)(void *)at, _mm_xor_si128(block, with));
}

static inline bool block_ascii(const char *at)
{
    return _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)at)) == 0;
}

#elif !defined(FLARE_NO_SIMD) && defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#define BLOCKS 1

static inline void mask_block(char *at, const uint8_t pattern[16])
{
    vst1q_u8((uint8_t *)at, veorq_u8(vld1q_u8((const uint8_t *)at), vld1q_u8(pattern)));
}

static inline bool block_ascii(const char *at)
{
    return vmaxvq_u8(vld1q_u8((const uint8_t *)at)) < 0x80;
}

#else
#define BLOCKS 0
#endif

void flarei_ws_mask(char *bytes, size_t len, const uint8_t mask[4], size_t phase)
{
    size_t done = 0;

#if BLOCKS
    if (len >= 16) {
        uint8_t pattern[16];

        for (size_t i = 0; i < sizeof pattern; i++)
            pattern[i] = mask[(phase + i) & 3];
        for (; len - done >= 16; done += 16)
            mask_block(bytes + done, pattern);
    }
#endif
    for (; done < len; done++)
        bytes[done] = (char)((uint8_t)bytes[done] ^ mask[(phase + done) & 3]);
}

/* The first byte of a scalar value beyond ASCII: how many follow, and in which range the next one is. */
static bool lead(struct flarei_ws_utf8 *state, uint8_t byte)
{
    state->low = 0x80;
    state->high = 0xbf;
    if (byte < 0xc2 || byte > 0xf4)
        return false;
    state->tails = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte == 0xe0)
        state->low = 0xa0; /* overlong */
    else if (byte == 0xed)
        state->high = 0x9f; /* surrogates */
    else if (byte == 0xf0)
        state->low = 0x90; /* overlong */
    else if (byte == 0xf4)
        state->high = 0x8f; /* over U+10FFFF */
    return true;
}

bool flarei_ws_utf8_feed(struct flarei_ws_utf8 *state, const char *bytes, size_t len)
{
    const char *at = bytes;
    const char *const end = bytes + len;

    while (at < end) {
        const uint8_t byte = (uint8_t)*at;

        if (state->tails != 0) {
            if (byte < state->low || byte > state->high)
                return false;
            state->tails--;
            state->low = 0x80;
            state->high = 0xbf;
        } else if (byte >= 0x80) {
            if (!lead(state, byte))
                return false;
#if BLOCKS
        } else if (end - at >= 16 && block_ascii(at)) {
            at += 16;
            continue;
#endif
        }
        at++;
    }
    return true;
}
