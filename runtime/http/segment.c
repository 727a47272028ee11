/* segment.c - how far a segment of a path goes. Nothing before or behind the path is read. */
#include <flare/gen.h>

#if defined(__SSE2__)
#include <emmintrin.h>

/* Bit n: byte n of 16 is a '/'. */
static unsigned slashes(const char *p)
{
    const __m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);

    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('/')));
}
#endif

/* The first '/' of a word whose lowest byte comes first, as a number of bytes; 8 without one. */
static unsigned first_slash(uint64_t word)
{
    const uint64_t rest = word ^ UINT64_C(0x2f2f2f2f2f2f2f2f);
    const uint64_t zero = (rest - UINT64_C(0x0101010101010101)) & ~rest & UINT64_C(0x8080808080808080);

    return zero == 0 ? 8 : (unsigned)__builtin_ctzll(zero) / 8;
}

const char *flarei_segment_end(const char *at, const char *end)
{
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        const unsigned found = slashes(at);

        if (found != 0)
            return at + __builtin_ctz(found);
    }
#endif
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        unsigned bytes;

        memcpy(&word, at, 8);
        bytes = first_slash(word);
        if (bytes != 8)
            return at + bytes;
    }
    if (end - at >= 4) {
        const unsigned left = (unsigned)(end - at);
        uint32_t low, high;
        unsigned bytes;

        memcpy(&low, at, 4);
        memcpy(&high, end - 4, 4);
        bytes = first_slash(low | (uint64_t)high << 8 * (left - 4));
        return at + (bytes < left ? bytes : left);
    }
#endif
    while (at != end && *at != '/')
        at++;
    return at;
}
