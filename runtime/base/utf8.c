#include <flare/text.h>

#include "base/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

/* Are 16 bytes all ASCII, and none NUL if the rule says so? */
static inline bool block_plain(const unsigned char *p, flare_utf8_rule rule)
{
#if defined(__SSE2__)
    const __m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);
    const __m128i zero = _mm_setzero_si128();
    const __m128i bad = rule == FLARE_UTF8_NO_NUL ? _mm_or_si128(block, _mm_cmpeq_epi8(block, zero)) : block;

    return _mm_movemask_epi8(bad) == 0;
#elif defined(__ARM_NEON) && defined(__aarch64__)
    const uint8x16_t block = vld1q_u8(p);

    return vmaxvq_u8(block) < 0x80 && (rule == FLARE_UTF8_ANY || vminvq_u8(block) != 0);
#else
    uint64_t first, last;

    memcpy(&first, p, 8);
    memcpy(&last, p + 8, 8);
    return flarei_utf8_word_plain(first, rule) && flarei_utf8_word_plain(last, rule);
#endif
}

bool flarei_utf8_count_slow(flare_str text, flare_utf8_rule rule, size_t *scalars)
{
    const unsigned char *p = (const unsigned char *)text.ptr, *const end =
                                                                  (const unsigned char *)flarei_str_end(text);
    size_t count = 0;

    while (p < end) {
        const size_t left = (size_t)(end - p);

        if (*p >= 0x80) {
            const size_t bytes = flarei_utf8_sequence_bytes(p, left);

            if (bytes == 0)
                return false;
            p += bytes;
            count++;
        } else if (left >= 16 && block_plain(p, rule)) {
            p += 16;
            count += 16;
        } else if (left < 16 && text.len >= 16 && block_plain(end - 16, rule)) {
            count += left; /* the last block overlaps what was seen, all of it ASCII */
            break;
        } else {
            if (*p == 0 && rule == FLARE_UTF8_NO_NUL)
                return false;
            p++;
            count++;
        }
    }
    *scalars = count;
    return true;
}
